/* SPDX-License-Identifier: MIT
 *
 * An authority as requests carry it, in Host or in an absolute-form target: host and port, never
 * userinfo (RFC 9110 section 7.2, RFC 3986 section 3.2).
 */
#include "uri/port.h"
#include <detour/uri.h>

/* Length of the host in front of the port; 0 when there is none, or with userinfo in sight. A "@"
 * behind the host's end is no digit and so no port either. */
static size_t host_length(struct dt_slice s)
{
    bool bracket = s.len > 0 && s.ptr[0] == '[';
    char end = bracket ? ']' : ':';
    size_t len = 0;
    for (; len < s.len && s.ptr[len] != end; len++)
        if (s.ptr[len] == '@')
            return 0;
    if (bracket)
        return len < s.len ? len + 1 : 0;
    return len;
}

enum dt_err dt_authority_split(struct dt_slice authority, struct dt_slice *ret_host,
                               uint16_t *ret_port)
{
    size_t len = host_length(authority);
    if (len == 0)
        return DT_ERR_HOST;
    int port = DT_PORT_NONE;
    if (len < authority.len) {
        if (authority.ptr[len] != ':' || !dt_port_parse(dt_slice_from(authority, len + 1), &port))
            return DT_ERR_HOST;
    }
    *ret_host = dt_slice_of(authority.ptr, len);
    *ret_port = port < 0 ? 0 : (uint16_t)port;
    return DT_OK;
}
