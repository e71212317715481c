/* SPDX-License-Identifier: MIT
 *
 * Conditions in a snapshot: a section of blocks, each with its check as actions have it, which are
 * evaluated as they lie. The first block (reference 0) holds the names of all header fields that
 * any condition looks at: they are numbered, and a set of them is a mask.
 */
#ifndef DT_RULES_COND_H
#define DT_RULES_COND_H

#include "rules/compile/plan.h"

#include <detour/match.h>

/* ---- cond_write.c: compiling ---- */

/* A pass of the compiler: gives language conditions their rivals (see dt_condition), numbers the
 * fields, measures: plan->condition_refs (for free()), plan->lens[DT_SECTION_CONDITIONS],
 * plan->needs. No section is made when no rule has conditions (length 0). */
DT_MUST_USE enum dt_err dt_plan_conditions(struct dt_plan *plan);

/* Writes the section, lens[DT_SECTION_CONDITIONS] bytes. */
void dt_conditions_write(const struct dt_plan *plan, unsigned char *section);

/* ---- cond_eval.c: matching ---- */

/* Bit 31: something that is in no header field, such as the address. */
#define DT_VARY_ANY (UINT32_C(1) << 31)
#define DT_VARY_COUNTRY (UINT32_C(1) << 30) /* the country: its field, or as above */

/* What was found out on the way to a yes or a no. Only what was looked at counts: conditions are
 * asked one by one, and the first that does not hold ends it. The order: except='s paths; from= and
 * until=; windows; the method; header=, cookie=, lang=, referer=, ua=, shares by field; the
 * country; the address, shares by address. Of one kind, plain ones come before negated ones, then
 * by name. What cannot be told (no time, no address, no country) counts as looked at, and does not
 * hold. */
struct dt_cond_outcome {
    bool holds;
    uint32_t vary;      /* fields that were looked at,DT_VARY_ANY, DT_VARY_COUNTRY */
    int64_t changes_at; /* the outcome may be another one from here on; DT_TIME_MAX: never */
    int64_t until;      /* of the set's until=; DT_TIME_MAX: none */
    uint8_t kind;       /* of the one that does not hold: enum dt_condition_kind, */
    bool negated;       /* whether it is negated, */
    uint8_t nth;        /* and its number among those of this kind and negation, from 0 */
};

/* False when the block is damaged. */
bool dt_cond_hold(const struct dt_snapshot *snapshot, uint64_t ref,
                  const struct dt_request *request, struct dt_cond_outcome *ret);

/* The Vary value of a mask: "Accept-Language, Cookie", "*", or empty. False: damaged, or no room.
 */
bool dt_cond_vary(const struct dt_snapshot *snapshot, uint32_t vary, struct dt_slice country_field,
                  char *mem, size_t cap, struct dt_slice *ret);

#endif
