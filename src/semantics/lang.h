/* SPDX-License-Identifier: MIT
 *
 * Which of several languages a client would rather have, by Accept-Language (RFC 9110 section
 * 12.5.4) and language ranges (RFC 4647 section 3).
 */
#ifndef DT_SEMANTICS_LANG_H
#define DT_SEMANTICS_LANG_H

#include <detour/slice.h>

/* A language tag as RFC 5646 section 2.1 forms it, in lower case: letters and digits in pieces of 1
 * to 8, "-" between. */
bool dt_lang_valid(struct dt_slice tag);

/* The number of the offer (lower-case tags) that the client prefers, or -1 when it accepts none or
 * sent no field. Each offer's quality is that of the most specific range that matches it: a range
 * "de" matches de and de-AT (basic filtering, section 3.3.1), and a range "de-AT" matches the offer
 * de when no offer fits better (lookup, section 3.4). Of offers of equal quality the one whose range
 * comes first in the field wins, then the first offer. "*" matches what no other range does. q=0
 * excludes. values are the lines of the field; what is not valid in them is passed over. */
int dt_lang_choose(const struct dt_slice *values, size_t nvalues, const struct dt_slice *offers,
                   size_t noffers);

#endif
