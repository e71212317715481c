/* SPDX-License-Identifier: MIT
 *
 * What a request is aimed at: the four forms of the request target (RFC 9112 section 3.2) and the
 * authority that it or the Host field names.
 */
#ifndef DT_HTTP_HTTP1_TARGET_H
#define DT_HTTP_HTTP1_TARGET_H

#include "http/request.h"

enum dt_http1_target_form {
    DT_HTTP1_TARGET_ORIGIN,
    DT_HTTP1_TARGET_ABSOLUTE,
    DT_HTTP1_TARGET_AUTHORITY, /* CONNECT only */
    DT_HTTP1_TARGET_ASTERISK,  /* OPTIONS only */
};

#define DT_HTTP1_MAX_AUTHORITY 1024u /* a DNS name of 255 bytes, each percent-encoded, fits */

/* uri-host [ ":" port ] of RFC 3986 section 3.2, with a host that is not empty and a port of at
 * most 65535, in at most DT_HTTP1_MAX_AUTHORITY bytes; the port may be empty unless need_port.
 * Userinfo never. */
bool dt_http1_authority_valid(struct dt_slice authority, bool need_port);

/* Sets scheme, authority (not for the origin and asterisk forms), path and query of the request,
 * whose method is set already. query_at is where target has its first "?", or target.len. The
 * target has no white space, control bytes or "#". NULL when it is good, else the reason why not.
 */
const char *dt_http1_target_read(struct dt_slice target, size_t query_at,
                                 struct dt_http_request *request,
                                 enum dt_http1_target_form *ret_form);

#endif
