/* SPDX-License-Identifier: MIT
 *
 * The compiler's first two passes alone: they settle precedence from the rules.
 */
#include "rules/write/order.h"

#include "rules/compile/plan.h"

#include <stdlib.h>

enum dt_err dt_rules_order(const struct dt_ruleset *set, uint32_t *ret)
{
    struct dt_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return DT_ERR_NOMEM;
    plan->set = (struct dt_ruleset *)(uintptr_t)set; /* these passes do not change it */
    plan->count = (uint32_t)dt_ruleset_count(set);
    enum dt_err err = dt_plan_shapes(plan);
    if (!err)
        err = dt_plan_rank(plan);
    for (uint32_t i = 0; !err && i < plan->count; i++)
        ret[i] = plan->rule_at ? plan->rule_at[i] : i;
    dt_plan_free(plan);
    return err;
}
