/* SPDX-License-Identifier: MIT
 *
 * A port as it is written behind a host (RFC 3986 section 3.2.3: port = *DIGIT).
 */
#ifndef DT_URI_PORT_H
#define DT_URI_PORT_H

#include <detour/slice.h>

#define DT_PORT_NONE (-1)

/* Digits up to 65535, leading zeros allowed; DT_PORT_NONE for an empty port. */
bool dt_port_parse(struct dt_slice s, int *ret_port);

#endif
