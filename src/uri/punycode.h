/* SPDX-License-Identifier: MIT
 *
 * Punycode (RFC 3492), without the "xn--". libidn2 keeps its own to itself.
 */
#ifndef DT_URI_PUNYCODE_H
#define DT_URI_PUNYCODE_H

#include "base/out.h"
#include <detour/err.h>

/* Appends the code points, lower-case ones, to out. DT_ERR_HOST when a delta overflows; what does
 * not fit shows in out. */
DT_MUST_USE enum dt_err dt_punycode_encode(const uint32_t *cps, size_t len, struct dt_out *out);

/* Decodes lower- or upper-case digits to at most cap code points. DT_ERR_HOST. */
DT_MUST_USE enum dt_err dt_punycode_decode(struct dt_slice in, uint32_t *cps, size_t cap,
                                           size_t *ret_len);

#endif
