/* SPDX-License-Identifier: MIT
 *
 * What a chain comes to was found by following it; here it is written into the rules. Everything
 * else of a rule stays as it is.
 */
#include "rules/check/flatten.h"

#include "rules/ruleset_priv.h"

static bool flatten(struct dt_ruleset *set, struct dt_rule *rule, const struct dt_flat *flat)
{
    struct dt_slice target = dt_arena_copy(&set->arena, flat->target);
    if (!target.ptr)
        return false;
    struct dt_action action = *dt_ruleset_action(set, rule->action);
    if (action.status != flat->status) {
        action.status = flat->status;
        if (!dt_ruleset_intern_action(set, &action, &rule->action))
            return false;
    }
    rule->target = target;
    return true;
}

enum dt_err dt_ruleset_flatten(struct dt_ruleset *set, const struct dt_check_result *result)
{
    size_t count;
    struct dt_rule *rules = dt_ruleset_rules(set, &count);
    for (size_t i = 0; i < dt_check_flat_count(result); i++) {
        const struct dt_flat *flat = dt_check_flat(result, i);
        if (flat->rule < count && !flatten(set, &rules[flat->rule], flat))
            return DT_ERR_NOMEM;
    }
    return DT_OK;
}
