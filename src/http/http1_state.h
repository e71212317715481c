/* SPDX-License-Identifier: MIT
 *
 * What the parts of the head parser share while they read one head.
 */
#ifndef DT_HTTP_HTTP1_STATE_H
#define DT_HTTP_HTTP1_STATE_H

#include "http/http1_parse.h"
#include "http/http1_target.h"

struct dt_http1_state {
    const char *ptr; /* the request line begins here */
    size_t len;      /* bytes from there on, of what may be a head */
    size_t lead;     /* bytes of the empty line before it */
    struct dt_http_request *request;
    struct dt_http1_error *error;
    enum dt_http1_target_form form;
    unsigned seen; /* private to http1_known.c, as the next */
    size_t known;
};

/* Sets the error; at counts from the request line. Always false, for the caller to return. */
bool dt_http1_bad(const struct dt_http1_state *state, uint16_t status, size_t at,
                  const char *reason);

#endif
