/* SPDX-License-Identifier: MIT
 *
 * Writing an answer as HTTP/1.1 bytes into the connection's output memory.
 */
#ifndef DT_HTTP_HTTP1_WRITE_H
#define DT_HTTP_HTTP1_WRITE_H

#include "base/out.h"
#include "http/answer.h"
#include "http/request.h"

/* The Date field, formatted once a second: "Date: Sun, 22 Nov 2026 14:00:00 GMT\r\n" (IMF-fixdate,
 * RFC 9110 section 5.6.7). now is seconds since 1970. */
struct dt_http_date {
    int64_t now;
    char line[40];
    size_t len;
};
void dt_http_date_update(struct dt_http_date *date, int64_t now);

/* Writes status line, Date, Location, Content-Type, Content-Length, Cache-Control, Vary,
 * Retry-After, Allow, Connection and the answer's own lines as needed, the empty line, and the body
 * unless head (for HEAD give the body that GET would get, so that Content-Length is right; RFC 9110
 * section 9.3.2). keep_alive false, or answer->close, adds "Connection: close"; a 1.0 request kept
 * alive adds "Connection: keep-alive" (version 10). out overflows when it does not fit; the caller
 * checks. */
void dt_http1_write(struct dt_out *out, const struct dt_answer *answer,
                    const struct dt_http_date *date, bool head, bool keep_alive, unsigned version);

#endif
