/* SPDX-License-Identifier: MIT
 *
 * A Cookie field is cut at ";" and nowhere else: quotes protect nothing (RFC 6265 section 4.1.1: a
 * cookie-octet is no semicolon, in quotes or out of them), and browsers send whatever a script once
 * stored.
 */
#include "semantics/cookie.h"
#include "semantics/ows.h"

static struct dt_slice unquote(struct dt_slice s)
{
    if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
        return dt_slice_of(s.ptr + 1, s.len - 2);
    return s;
}

bool dt_cookie_next(struct dt_slice *field, struct dt_cookie *ret)
{
    while (field->len) {
        if (*field->ptr == ';' || dt_is_ows(*field->ptr)) { /* a row of them costs no search each */
            *field = dt_slice_from(*field, 1);
            continue;
        }
        const char *end = memchr(field->ptr, ';', field->len);
        size_t len = end ? (size_t)(end - field->ptr) : field->len;
        struct dt_slice piece = dt_slice_of(field->ptr, len);
        *field = dt_slice_from(*field, len + 1);
        const char *equals = len ? memchr(piece.ptr, '=', len) : NULL;
        if (!equals)
            continue;
        size_t at = (size_t)(equals - piece.ptr);
        struct dt_slice name = dt_ows_trim(dt_slice_of(piece.ptr, at));
        if (!name.len)
            continue;
        *ret = (struct dt_cookie){name, unquote(dt_ows_trim(dt_slice_from(piece, at + 1)))};
        return true;
    }
    return false;
}
