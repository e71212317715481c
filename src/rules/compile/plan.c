/* SPDX-License-Identifier: MIT
 * A plan's life: its passes in order, and its end. */
#include "rules/compile/plan.h"
#include "rules/cond/cond.h"

#include <stdlib.h>

#define RULES_MAX (UINT32_C(1) << 31)

void dt_plan_free(struct dt_plan *plan)
{
    if (!plan)
        return;
    dt_index_release(&plan->host_index);
    dt_index_release(&plan->run_index);
    dt_arena_release(&plan->arena);
    free(plan->runs);
    free(plan->items);
    free(plan->expressions);
    free(plan->pool);
    free(plan->shape_at);
    free(plan->condition_refs);
    free(plan->condition_section);
    free(plan->rule_at);
    free(plan->next);
    free(plan->string_at);
    free(plan->hosts);
    free(plan->nodes);
    free(plan->pairs);
    free(plan->strings);
    free(plan->action_refs);
    free(plan->file_bases);
    free(plan);
}

size_t dt_plan_size(const struct dt_plan *plan)
{
    return (size_t)plan->size;
}

enum dt_err dt_plan_new(struct dt_ruleset *set, uint64_t seed, uint64_t created,
                        struct dt_plan **ret_plan)
{
    static enum dt_err (*const PASSES[])(struct dt_plan *) = {
        dt_plan_conditions, dt_plan_shapes, dt_plan_rank,       dt_plan_nodes,   dt_plan_runs,
        dt_plan_regexes,    dt_plan_pairs,  dt_plan_duplicates, dt_plan_strings, dt_plan_layout,
    };
    if (dt_ruleset_count(set) > RULES_MAX)
        return DT_ERR_LIMIT;
    struct dt_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return DT_ERR_NOMEM;
    plan->set = set;
    plan->seed = seed;
    plan->created = created;
    plan->count = (uint32_t)dt_ruleset_count(set);
    enum dt_err err = dt_index_init(&plan->host_index, 64);
    for (size_t i = 0; !err && i < sizeof PASSES / sizeof PASSES[0]; i++)
        err = PASSES[i](plan);
    if (err) {
        dt_plan_free(plan);
        return err;
    }
    *ret_plan = plan;
    return DT_OK;
}
