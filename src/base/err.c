/* SPDX-License-Identifier: MIT
 * Names and messages of enum dt_err, made from the one list in err.h. */
#include <detour/err.h>

static const struct {
    const char *name;
    const char *message;
} TABLE[] = {
#define X(name, message) {"DT_ERR_" #name, message},
    DT_ERR_LIST(X)
#undef X
};

static unsigned row_of(enum dt_err err)
{
    unsigned row = (unsigned)err;
    return row < sizeof TABLE / sizeof TABLE[0] ? row : (unsigned)DT_ERR_INVALID;
}

const char *dt_err_name(enum dt_err err)
{
    return TABLE[row_of(err)].name;
}

const char *dt_err_message(enum dt_err err)
{
    return TABLE[row_of(err)].message;
}
