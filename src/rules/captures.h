/* SPDX-License-Identifier: MIT
 *
 * The names by which a target may ask for what its source captured, in the order in which
 * struct dt_rule_more counts. A source fills it, the target of the same line reads it.
 */
#ifndef DT_RULES_CAPTURES_H
#define DT_RULES_CAPTURES_H

#include <detour/location.h>

struct dt_capture_name {
    struct dt_slice name; /* "id" of ":id"; "splat" of "*" */
    uint8_t number;
    uint8_t from; /* enum dt_capture_from */
};

struct dt_capture_names {
    struct dt_capture_name list[DT_CAPTURES_MAX];
    uint8_t count; /* of list */
    bool regex;    /* $1 and ${name} are good; `groups` of them, and the names are in the regex */
    uint8_t groups;
    struct dt_slice expression;
};

static inline const struct dt_capture_name *
dt_capture_find(const struct dt_capture_names *names, struct dt_slice name)
{
    for (unsigned i = 0; i < names->count; i++)
        if (dt_slice_eq(names->list[i].name, name))
            return &names->list[i];
    return NULL;
}

#endif
