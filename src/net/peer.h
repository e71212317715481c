/* SPDX-License-Identifier: MIT
 *
 * Who is at the other end of a connection.
 */
#ifndef DT_NET_PEER_H
#define DT_NET_PEER_H

#include "net/loop.h"

/* The peer's address, IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2): 16 bytes that live as long
 * as the connection, which is one of the loop's. NULL when it has none. */
const uint8_t *dt_net_peer(struct dt_net_loop *loop, struct dt_net_conn *conn);

#endif
