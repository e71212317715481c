/* SPDX-License-Identifier: MIT
 *
 * Two hops as one: the target that a rule must have so that it answers what a client gets when it
 * follows the rule's own target through another rule.
 */
#ifndef DT_RULES_CHECK_COMPOSE_H
#define DT_RULES_CHECK_COMPOSE_H

#include "rules/check/check_template.h"

struct dt_compose {
    const struct dt_ruleset *set;
    const struct dt_rule *rule; /* with the target as it is so far */
    struct dt_template target;  /* that, taken apart */
    const struct dt_rule *next; /* answers whatever this target makes */
};

/* Writes the target through both to mem (cap bytes). False: it cannot be said as one target, or not
 * for certain. */
bool dt_compose(const struct dt_compose *hops, char *mem, size_t cap, struct dt_slice *ret);

/* No request of the rule's has a query that goes on to its target. */
bool dt_compose_no_query(const struct dt_ruleset *set, const struct dt_rule *rule);

#endif
