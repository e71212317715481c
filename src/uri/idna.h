/* SPDX-License-Identifier: MIT
 *
 * "Domain to ASCII" of the URL standard with beStrict false
 * (https://url.spec.whatwg.org/#concept-domain-to-ascii), by libidn2's UTS 46 processing.
 */
#ifndef DT_URI_IDNA_H
#define DT_URI_IDNA_H

#include "base/out.h"
#include <detour/err.h>

/* Appends the domain, lower-case ASCII, to out. domain is percent-decoded; it may hold anything.
 * A domain that is ASCII already is lower-cased and not looked at further, as the standard has it,
 * and costs no allocation. Forbidden code points are the caller's to find, before and behind.
 * DT_ERR_HOST, DT_ERR_NOMEM; what does not fit shows in out. */
DT_MUST_USE enum dt_err dt_domain_to_ascii(struct dt_slice domain, struct dt_out *out);

#endif
