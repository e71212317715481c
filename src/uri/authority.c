/* SPDX-License-Identifier: MIT
 *
 * An authority as requests carry it, in Host or in an absolute-form target: host and port, never
 * userinfo (RFC 9110 section 7.2, RFC 3986 section 3.2).
 */
#include "uri/char_class.h"
#include <detour/uri.h>

/* RFC 3986 section 3.2.3: port = *DIGIT. */
static bool parse_port(struct dt_slice s, uint16_t *ret)
{
    unsigned port = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!dt_char_is(s.ptr[i], DT_CHAR_DIGIT))
            return false;
        port = port * 10 + dt_hex_value(s.ptr[i]);
        if (port > UINT16_MAX)
            return false;
    }
    *ret = (uint16_t)port;
    return true;
}

/* Length of the host in front of the port; 0 when there is none. */
static size_t host_length(struct dt_slice s)
{
    if (s.len && s.ptr[0] == '[') {
        const char *end = memchr(s.ptr, ']', s.len);
        return end ? (size_t)(end - s.ptr) + 1 : 0;
    }
    size_t len = 0;
    while (len < s.len && s.ptr[len] != ':')
        len++;
    return len;
}

enum dt_err dt_authority_split(struct dt_slice authority, struct dt_slice *ret_host,
                               uint16_t *ret_port)
{
    size_t len = host_length(authority);
    if (len == 0 || memchr(authority.ptr, '@', authority.len))
        return DT_ERR_HOST;
    uint16_t port = 0;
    if (len < authority.len) {
        if (authority.ptr[len] != ':' || !parse_port(dt_slice_from(authority, len + 1), &port))
            return DT_ERR_HOST;
    }
    *ret_host = dt_slice_of(authority.ptr, len);
    *ret_port = port;
    return DT_OK;
}
