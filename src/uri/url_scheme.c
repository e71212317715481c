/* SPDX-License-Identifier: MIT
 * The table of special schemes; see url_scheme.h. */
#include "uri/url_scheme.h"

static const struct dt_url_scheme SPECIAL[] = {
    {{"https", 5}, 443, false}, {{"http", 4}, 80, false}, {{"ws", 2}, 80, false},
    {{"wss", 3}, 443, false},   {{"ftp", 3}, 21, false},  {{"file", 4}, 0, true},
};

const struct dt_url_scheme *dt_url_scheme_special(struct dt_slice scheme)
{
    for (size_t i = 0; i < sizeof SPECIAL / sizeof SPECIAL[0]; i++)
        if (dt_slice_eq(scheme, SPECIAL[i].name))
            return &SPECIAL[i];
    return NULL;
}
