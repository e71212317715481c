/* SPDX-License-Identifier: MIT
 *
 * The host parser (https://url.spec.whatwg.org/#concept-host-parser) for the URL parser's use;
 * dt_host_parse in <detour/uri.h> is the same for a special scheme.
 */
#ifndef DT_URI_HOST_H
#define DT_URI_HOST_H

#include "base/out.h"
#include <detour/err.h>

/* Appends the serialised host of a special URL to out; input must not be empty.
 * DT_ERR_HOST, DT_ERR_NOMEM; what does not fit shows in out. */
DT_MUST_USE enum dt_err dt_host_write(struct dt_slice input, struct dt_out *out);

/* The same for the host of a URL with another scheme, an opaque host or an IPv6 address. */
DT_MUST_USE enum dt_err dt_host_write_opaque(struct dt_slice input, struct dt_out *out);

#endif
