/* SPDX-License-Identifier: MIT
 *
 * IPv6 addresses of the URL standard, without the brackets.
 */
#ifndef DT_URI_IPV6_H
#define DT_URI_IPV6_H

#include "base/out.h"
#include <detour/err.h>

/* https://url.spec.whatwg.org/#concept-ipv6-parser. Zone identifiers are refused, as there.
 * DT_ERR_HOST. */
DT_MUST_USE enum dt_err dt_ipv6_parse(struct dt_slice input, uint16_t ret_pieces[8]);

/* The shortest form, the first longest run of zeros as "::" (RFC 5952). */
void dt_ipv6_write(struct dt_out *out, const uint16_t pieces[8]);

#endif
