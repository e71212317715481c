/* SPDX-License-Identifier: MIT
 *
 * Listening sockets from what people write.
 */
#ifndef DT_NET_LISTEN_H
#define DT_NET_LISTEN_H

#include <detour/err.h>
#include <sys/socket.h>

struct dt_net_address {
    struct sockaddr_storage addr;
    socklen_t len;
};

/* Reads "ADDR:PORT", "[v6]:PORT", ":PORT" or "PORT"; without an address: all of IPv4. Addresses are
 * numeric: no resolver is asked. DT_ERR_INVALID. */
DT_MUST_USE enum dt_err dt_net_address_parse(const char *text, struct dt_net_address *ret);

#define DT_NET_ADDRESS_MAX 64

/* "127.0.0.1:8307" or "[::1]:8307". */
void dt_net_address_text(const struct dt_net_address *address, char out[DT_NET_ADDRESS_MAX]);

/* Opens n sockets that share the address by SO_REUSEPORT, each with a queue of its own, listening,
 * non-blocking and close-on-exec. Port 0 is replaced by the one the system picked, in *address.
 * Refused with EADDRINUSE when anybody else listens there, even with SO_REUSEPORT: two servers that
 * share a port by mistake would each get half the visitors. DT_ERR_IO, errno says why. */
DT_MUST_USE enum dt_err dt_net_listen(struct dt_net_address *address, size_t n, int ret_fds[]);

#endif
