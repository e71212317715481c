/* SPDX-License-Identifier: MIT
 * Optional whitespace in field values (RFC 9110 section 5.6.3).
 */
#ifndef DT_SEMANTICS_OWS_H
#define DT_SEMANTICS_OWS_H

#include <detour/slice.h>

static inline bool dt_is_ows(char c)
{
    return c == ' ' || c == '\t';
}

static inline struct dt_slice dt_ows_trim(struct dt_slice s)
{
    size_t from = 0;
    while (from < s.len && dt_is_ows(s.ptr[from]))
        from++;
    s = dt_slice_from(s, from);
    while (s.len && dt_is_ows(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

#endif
