/* SPDX-License-Identifier: MIT
 *
 * The bytes of conditions in a snapshot, between cond_write.c and cond_eval.c. All blocks begin as
 * strings and actions do: check, length of the body.
 *
 *   names     reference 0: varint count, then varint length and bytes of each field name, in order
 *             of the alphabet; the number of a field is its place here
 *   set       flags; until (8 bytes) if the flags say so; count; the conditions, in the order in
 *             which they are asked
 *   zone      references (4 bytes) of its spans
 *   span      count (4 bytes), the offset before them (4), the moments (8 each), the offsets from
 *             them on (4 each), of one piece of time and some days around it: a zone to the year
 *             2200 is 6 KB, too much to verify for each request. Such a block begins at a multiple
 *             of 8.
 *
 * A condition is its kind, with bit 7 when it is negated, then:
 *   METHOD, PATH, REFERER, UA      texts
 *   HEADER, COOKIE                 number of the field, name, texts
 *   LANG                           varint count of rivals, then varint length * 2 + 1 when it is
 * the rule's own, and bytes of each COUNTRY                        varint count, two bytes each IP
 * IPv6: varint count, 17 bytes each; IPv4: the same with 5 bytes TIME from, until, 8 bytes each
 *   WINDOW                         days, reference of the zone (4 bytes; 0: UTC), ranges
 *   PERCENT                        enum dt_percent_key, number of the field, name, the set's key,
 *                                  ranges
 * LANG, COOKIE, REFERER and UA have the number of their field before all that. Texts are a varint
 * count, then varint length and bytes each; ranges a varint count, then 4 bytes each.
 */
#ifndef DT_RULES_COND_BLOCK_H
#define DT_RULES_COND_BLOCK_H

#include "rules/cond/cond.h"

#define DT_COND_FIELDS 30u   /* that have a number */
#define DT_COND_NO_FIELD 31u /* one too many: its bit in a mask is DT_VARY_ANY */
_Static_assert(UINT32_C(1) << DT_COND_NO_FIELD == DT_VARY_ANY, "a field without a number is any");

#define DT_COND_NEGATED 0x80u
#define DT_COND_HAS_UNTIL 1u

#define DT_SPAN_BITS 28u                     /* seconds of a span: eight years and a half */
#define DT_SPAN_MARGIN (INT64_C(45) * 86400) /* that it knows before and behind itself */

#endif
