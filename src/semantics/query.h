/* SPDX-License-Identifier: MIT
 *
 * How a query is read as parameters, by rules and by what builds a Location alike: pieces between
 * "&", empty ones skipped; the name ends at the first "=", and without one the value is empty.
 */
#ifndef DT_SEMANTICS_QUERY_H
#define DT_SEMANTICS_QUERY_H

#include <detour/slice.h>

struct dt_query_param {
    struct dt_slice text; /* the piece as it stands, "name=value" or "name" */
    struct dt_slice name;
    struct dt_slice value;
};

/* Cuts the next parameter off *query, from the front. False when there is none left. */
static inline bool dt_query_next(struct dt_slice *query, struct dt_query_param *ret)
{
    while (query->len) {
        const char *amp = memchr(query->ptr, '&', query->len);
        size_t len = amp ? (size_t)(amp - query->ptr) : query->len;
        struct dt_slice text = dt_slice_of(query->ptr, len);
        *query = dt_slice_from(*query, amp ? len + 1 : len);
        if (!len)
            continue;
        const char *eq = memchr(text.ptr, '=', len);
        size_t name = eq ? (size_t)(eq - text.ptr) : len;
        *ret = (struct dt_query_param){text, dt_slice_of(text.ptr, name),
                                       dt_slice_from(text, eq ? name + 1 : len)};
        return true;
    }
    return false;
}

#endif
