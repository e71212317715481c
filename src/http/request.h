/* SPDX-License-Identifier: MIT
 *
 * One request, whatever protocol brought it (HTTP/1 now, HTTP/2 and HTTP/3 later), and the one
 * handler entry that all protocols meet at. Slices point into the connection's input bytes and live
 * until the handler returns.
 */
#ifndef DT_HTTP_REQUEST_H
#define DT_HTTP_REQUEST_H

#include "http/answer.h"

#include <detour/ruleset.h>

#define DT_HTTP_MAX_FIELDS 100

enum dt_http_body {
    DT_HTTP_BODY_NONE,
    DT_HTTP_BODY_LENGTH, /* content_length bytes follow */
    DT_HTTP_BODY_CHUNKED,
};

struct dt_http_request {
    struct dt_slice method;
    struct dt_slice
        authority; /* of the target in absolute-form, else the Host value; may be empty in 1.0 */
    struct dt_slice path;    /* raw, begins with "/"; "*" for OPTIONS * */
    struct dt_slice query;   /* raw, without "?" */
    uint64_t content_length; /* for DT_HTTP_BODY_LENGTH */
    uint8_t version;         /* 10 or 11 (later 20, 30) */
    uint8_t scheme;          /* enum dt_scheme: of the absolute-form target, else of the listener */
    uint8_t body;            /* enum dt_http_body */
    bool keep_alive;         /* what the request's version and Connection ask for */
    bool expect_continue;
    bool head; /* HEAD: the answer has no body */
    uint16_t nfields;
    const uint8_t *peer; /* 16 bytes: who sent it, IPv4 as ::ffff:a.b.c.d; NULL: not known, or
                            nobody asked */
    struct dt_field fields[DT_HTTP_MAX_FIELDS];
};

/* The handler: fills the answer for a request. Never fails: what goes wrong is a 4xx or 5xx answer.
 * Slices in the answer live until the next call with the same ctx. */
typedef void dt_http_handler(void *ctx, const struct dt_http_request *request,
                             struct dt_answer *ret_answer);

#endif
