/* SPDX-License-Identifier: MIT
 *
 * Captures that begin with the path's first slash; see pattern_lead.c.
 */
#ifndef DT_RULES_PATTERN_LEAD_H
#define DT_RULES_PATTERN_LEAD_H

#include <detour/slice.h>

struct dt_reader;

/* An expression in the parts around the slash that its first group begins with. */
struct dt_lead {
    bool anchored;         /* to the path's first slash */
    bool may_be_empty;     /* the group is (.*) */
    struct dt_slice open;  /* "(" or "(?P<name>" */
    const char *body;      /* instead of what was cut off: "" or ".*" */
    struct dt_slice rest;  /* of the group, and all behind it */
    struct dt_slice after; /* all behind the group */
};

/* False when the first group may begin with something else. */
bool dt_lead_find(struct dt_slice text, struct dt_lead *ret);

/* The expression with the slash before its first group; and, when that may be empty, the one for
 * paths in which it is. Empty when memory is out. */
struct dt_slice dt_lead_first(struct dt_reader *reader, const struct dt_lead *lead);
struct dt_slice dt_lead_second(struct dt_reader *reader, const struct dt_lead *lead);

#endif
