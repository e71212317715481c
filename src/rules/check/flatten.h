/* SPDX-License-Identifier: MIT
 *
 * Chains resolved in the rule set itself, so that it can be written anew.
 */
#ifndef DT_RULES_FLATTEN_H
#define DT_RULES_FLATTEN_H

#include <detour/check.h>

/* Gives every rule that begins a chain (dt_check_flat) the chain's last target, and the status that
 * keeps its meaning. What was compiled from the set before is not touched. DT_ERR_NOMEM: some rules
 * may have been changed. */
DT_MUST_USE enum dt_err dt_ruleset_flatten(struct dt_ruleset *set,
                                           const struct dt_check_result *result);

#endif
