/* SPDX-License-Identifier: MIT
 *
 * HTTP/1 on a connection: keep-alive, pipelining, bodies. A protocol of the event loop whose
 * context is a struct dt_http1_context.
 */
#ifndef DT_SERVER_HTTP1_CONN_H
#define DT_SERVER_HTTP1_CONN_H

#include "http/http1_write.h"
#include "http/request.h"
#include "net/loop.h"
#include "server/handler.h"

#define DT_HTTP1_DRAIN_MAX                                                                         \
    (64u << 10) /* bytes of a request body that are read to keep a connection */

/* One for each loop. */
struct dt_http1_context {
    struct dt_handler *handler;
    struct dt_net_loop *loop; /* whose connections these are; NULL: their peers are not known */
    struct dt_http_date date; /* the caller keeps it up to date */
    uint64_t requests;
    struct dt_http_request request; /* the one being read */
};

extern const struct dt_net_proto dt_http1_proto;

#endif
