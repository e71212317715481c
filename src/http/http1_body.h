/* SPDX-License-Identifier: MIT
 *
 * Skipping a request body, so that the connection keeps its step (RFC 9112 sections 6 and 7).
 * Detour never reads what a body says; it only must know where the body ends.
 */
#ifndef DT_HTTP_HTTP1_BODY_H
#define DT_HTTP_HTTP1_BODY_H

#include "http/request.h"

/* Zero cost while idle: small enough to live in a connection. All fields are private but `total`.
 */
struct dt_http1_body {
    uint64_t left;  /* of the content or of the chunk */
    uint32_t total; /* bytes skipped so far, chunk framing included; saturates */
    uint8_t state;
    uint8_t digits;
    uint16_t line; /* bytes of the chunk-size line or trailer so far */
};

enum dt_http1_body_result {
    DT_HTTP1_BODY_DONE,
    DT_HTTP1_BODY_MORE,
    DT_HTTP1_BODY_BAD, /* framing broken: the connection must be closed */
};

void dt_http1_body_begin(struct dt_http1_body *body, const struct dt_http_request *request);

/* Consumes input; *ret_used is how much of it belongs to the body. Any split of the input gives the
 * same result. Strict: CRLF only, hexadecimal sizes without sign or space, 16 digits at most,
 * bounded chunk extensions (256 bytes a line) and trailers (8 KiB), no overflow. */
enum dt_http1_body_result dt_http1_body_skip(struct dt_http1_body *body, struct dt_slice input,
                                             size_t *ret_used);

#endif
