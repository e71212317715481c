/* SPDX-License-Identifier: MIT
 *
 * Which of several languages a client would rather have, by Accept-Language (RFC 9110 section
 * 12.5.4) and language ranges (RFC 4647 section 3).
 */
#ifndef DT_SEMANTICS_LANG_H
#define DT_SEMANTICS_LANG_H

#include <detour/slice.h>

#define DT_LANG_RANGES 64 /* of a field that are read: browsers send up to ten or so */

/* A language tag by its looks (RFC 5646 section 2.1), in lower case: letters, then letters and
 * digits, in pieces of 1 to 8, "-" between. */
bool dt_lang_valid(struct dt_slice tag);

/* The number of the offer (lower-case tags) that the client prefers, or -1 when it accepts none or
 * sent no field. An offer's quality is that of the longest range that it is of (basic filtering,
 * RFC 4647 section 3.3.1): a range "de" holds for de and de-AT. A range that no offer is of is cut
 * from its end until there is one (lookup, section 3.4), unless its quality is 0: "de-AT" holds for
 * the offer de when de-AT is not offered and the field says nothing of de itself; of several such
 * ranges the best quality counts. "*" matches what no other range does. q=0 excludes. Of offers of
 * equal quality the one whose range comes first in the field wins, then the first offer. values are
 * the lines of the field; what is not valid in them is passed over, and so is what stands behind
 * DT_LANG_RANGES ranges. */
int dt_lang_choose(const struct dt_slice *values, size_t nvalues, const struct dt_slice *offers,
                   size_t noffers);

#endif
