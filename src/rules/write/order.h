/* SPDX-License-Identifier: MIT
 *
 * Precedence without a snapshot: the rules of a set, best first.
 */
#ifndef DT_RULES_ORDER_H
#define DT_RULES_ORDER_H

#include <detour/err.h>
#include <detour/ruleset.h>

/* Fills ret with dt_ruleset_count numbers of rules: no rule wins over one before it. What a
 * decision calls its rule is a place in this list. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_rules_order(const struct dt_ruleset *set, uint32_t *ret);

#endif
