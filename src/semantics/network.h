/* SPDX-License-Identifier: MIT
 *
 * Addresses and networks in text (RFC 4632, RFC 4291). IPv4 is kept as ::ffff:0:0/96, so that one
 * comparison does for both, and a client that comes as ::ffff:192.0.2.1 is 192.0.2.1.
 */
#ifndef DT_SEMANTICS_NETWORK_H
#define DT_SEMANTICS_NETWORK_H

#include <detour/condition.h>
#include <detour/err.h>

/* "192.0.2.7", "2001:db8::1", "[2001:db8::1]". Strict: four decimal numbers without leading zeros,
 * no zone identifiers. DT_ERR_INVALID. */
DT_MUST_USE enum dt_err dt_address_parse(struct dt_slice text, uint8_t ret[16]);

/* An address, or one with "/bits" (RFC 4632 section 3.1, RFC 4291 section 2.3). DT_ERR_INVALID;
 * also when bits behind the prefix are set. "::ffff:10.0.0.0/104" is 10.0.0.0/8. */
DT_MUST_USE enum dt_err dt_net_parse(struct dt_slice text, struct dt_net *ret);

#define DT_NET_TEXT 50u /* bytes that a network takes as text */

/* "192.0.2.0/24", "2001:db8::/32" (RFC 5952); a single address without a prefix, unless always. buf
 * has DT_NET_TEXT bytes. */
struct dt_slice dt_net_print(const struct dt_net *net, bool always, char *buf);

/* A network of less than 96 bits has no IPv4 addresses in it: ::/0 is all of IPv6, 0.0.0.0/0 all of
 * IPv4. A network never has more than 128 bits. */
bool dt_net_has(const struct dt_net *net, const uint8_t address[16]);

#endif
