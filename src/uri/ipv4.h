/* SPDX-License-Identifier: MIT
 *
 * IPv4 addresses as the host parser reads them: one to four numbers, each decimal, octal (0...) or
 * hexadecimal (0x...), the last one filling all bytes that are left. http://0x7f.1/ is 127.0.0.1,
 * and who filters hosts must know it.
 */
#ifndef DT_URI_IPV4_H
#define DT_URI_IPV4_H

#include "base/out.h"
#include <detour/err.h>

/* True when the last label is a number, so that the domain must be an IPv4 address or is bad
 * (https://url.spec.whatwg.org/#ends-in-a-number-checker). */
bool dt_ipv4_ends_in_number(struct dt_slice domain);

/* https://url.spec.whatwg.org/#concept-ipv4-parser. DT_ERR_HOST. */
DT_MUST_USE enum dt_err dt_ipv4_parse(struct dt_slice domain, uint32_t *ret_address);

/* True for an address written as dt_ipv4_write writes it. */
bool dt_ipv4_is_canonical(struct dt_slice s);

/* "127.0.0.1" */
void dt_ipv4_write(struct dt_out *out, uint32_t address);

#endif
