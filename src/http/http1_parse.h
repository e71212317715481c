/* SPDX-License-Identifier: MIT
 *
 * The HTTP/1 request head parser (RFC 9112), strict and in place: no byte is copied or changed.
 */
#ifndef DT_HTTP_HTTP1_PARSE_H
#define DT_HTTP_HTTP1_PARSE_H

#include "http/request.h"

#define DT_HTTP1_MAX_HEAD (16u << 10) /* bytes of request line and fields, with the empty line */

enum dt_http1_result {
    DT_HTTP1_DONE, /* a whole head was read */
    DT_HTTP1_MORE, /* a good beginning; more bytes are needed */
    DT_HTTP1_BAD,  /* answer with error->status and close */
};

struct dt_http1_error {
    uint16_t status;    /* 400, 414, 431, 501, 505; 0: close without an answer (TLS bytes) */
    uint32_t at;        /* byte offset in the input */
    const char *reason; /* a static sentence, for the log and the error page */
};

/* Reads one head from the beginning of input. One CRLF before the request line is skipped (RFC 9112
 * section 2.2). On DONE ret_request is filled (its scheme is DT_SCHEME_HTTP unless absolute-form
 * says other) and *ret_used is the head's length in bytes; the body begins there. Slices point into
 * the input, or path to a static "/" or "*"; a Content-Length of 0 is DT_HTTP_BODY_NONE. Otherwise
 * what ret_request holds means nothing. Safe on any input, reads nothing past its end. A MORE that
 * has reached DT_HTTP1_MAX_HEAD bytes is BAD with 414 or 431. After MORE come again with the same
 * bytes and more behind them: the outcome does not depend on the cuts. docs/http1.md lists what is
 * accepted and what is refused. */
enum dt_http1_result dt_http1_parse(struct dt_slice input, struct dt_http_request *ret_request,
                                    size_t *ret_used, struct dt_http1_error *ret_error);

#endif
