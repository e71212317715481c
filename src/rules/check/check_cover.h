/* SPDX-License-Identifier: MIT
 *
 * Does one rule match all that another one matches? Yes is a proof, no is not.
 */
#ifndef DT_RULES_CHECK_COVER_H
#define DT_RULES_CHECK_COVER_H

#include "rules/check/checker.h"

enum dt_cover_part {
    DT_COVER_PLACE = 1,      /* host and path */
    DT_COVER_ORIGIN = 2,     /* scheme and port */
    DT_COVER_PARAMS = 4,     /* the query */
    DT_COVER_CONDITIONS = 8, /* from now on */
    DT_COVER_ALL = 15,
};

/* What of a covers what of b: enum dt_cover_part. asked: a is known to match a request that b is
 * for, so that an expression need not be understood where b has one path only. */
unsigned dt_rule_covers(const struct dt_checker *checker, const struct dt_rule *a,
                        const struct dt_rule *b, bool asked);

/* check_implied.c: whenever b's conditions hold, now or later, a's hold too. path is b's only one,
 * or empty. */
bool dt_conditions_implied(const struct dt_conditions *a, const struct dt_conditions *b,
                           struct dt_slice path, int64_t now);

/* True when the conditions can never hold again: their time is over. */
bool dt_conditions_over(const struct dt_conditions *conditions, int64_t now);

#endif
