/* SPDX-License-Identifier: MIT
 *
 * The fields that this layer must understand itself: Host, Connection, Content-Length,
 * Transfer-Encoding, Expect.
 */
#ifndef DT_HTTP_HTTP1_KNOWN_H
#define DT_HTTP_HTTP1_KNOWN_H

#include "http/http1_state.h"

/* By the low five bits of a name's first letter, the lengths (one bit each) of the names that
 * dt_http1_known_read knows and that begin so. */
extern const uint32_t dt_http1_known_lengths[32];

/* May the name, which is not empty, be one of them? Seldom true for another. */
static inline bool dt_http1_known_maybe(struct dt_slice name)
{
    return name.len < 32 && (dt_http1_known_lengths[name.ptr[0] & 31] >> name.len & 1);
}

/* Reads the field if it is one of them. The request line was read before, and its authority is
 * empty or the target's. False with the error set when the field makes the head bad. */
bool dt_http1_known_read(struct dt_http1_state *state, const struct dt_field *field);

/* What only a whole head can lack, and the body and keep_alive of the request, which follow from
 * all fields together; at is where the head ends. False with the error set. */
bool dt_http1_known_finish(struct dt_http1_state *state, size_t at);

#endif
