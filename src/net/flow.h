/* SPDX-License-Identifier: MIT
 *
 * What happens on one connection: reading, answering, holding what cannot be sent yet, closing.
 * Private to src/net: the loop calls these.
 */
#ifndef DT_NET_FLOW_H
#define DT_NET_FLOW_H

#include "net/loop.h"

/* Takes over an accepted, non-blocking socket and tries to read from it at once. */
void dt_net_flow_open(struct dt_net_loop *loop, int fd, const struct dt_net_proto *proto);

/* epoll says that something can be done. */
void dt_net_flow_ready(struct dt_net_loop *loop, int fd);

/* The deadline has passed. */
void dt_net_flow_late(struct dt_net_loop *loop, int fd);

void dt_net_flow_close(struct dt_net_loop *loop, int fd);

/* True when nothing of a request has come: the connection may be closed at any time (RFC 9112
 * section 9.5). */
bool dt_net_flow_idle(const struct dt_net_conn *conn);

#endif
