/* SPDX-License-Identifier: MIT
 *
 * Precedence as a number. Which of two rules wins does not depend on the request: of all rules that
 * match it, each of these is fixed when the rules are written. So they are sorted once, and the
 * matcher takes the smallest rank that it finds.
 */
#include "base/pages.h"
#include "rules/compile/plan.h"

#include <stdlib.h>

struct rank_key {
    uint64_t high; /* maintenance and priority, host */
    uint64_t low;  /* path, query conditions, port, scheme, conditions */
    uint32_t rule; /* file order, last */
};

/* Past what a source can have (DT_LIMIT_SOURCE); URL hosts may be longer than DNS allows. */
#define HOST_LEN_CAP 8191u
#define DEPTH_CAP 8191u
#define CONDITIONS_CAP 1023u

/* Lower wins. */
static uint64_t host_rank(const struct dt_rule *rule)
{
    uint64_t len = rule->host.len < HOST_LEN_CAP ? rule->host.len : HOST_LEN_CAP;
    uint64_t longer = 2 * (HOST_LEN_CAP - len);
    switch ((enum dt_host_kind)rule->host_kind) {
    case DT_HOST_EXACT:
        return 0;
    case DT_HOST_LABELS:
        return 1 + longer;
    case DT_HOST_SUBDOMAINS:
    case DT_HOST_DOMAIN:
        return 2 + longer;
    case DT_HOST_ANY:
        break;
    }
    return 3 + 2 * HOST_LEN_CAP;
}

static uint64_t path_rank(const struct dt_plan *plan, const struct dt_rule *rule, uint32_t number)
{
    if (rule->path_kind == DT_PATH_EXACT)
        return 0;
    if (rule->path_kind == DT_PATH_REGEX)
        return UINT32_MAX;
    if (plan->shape_at)
        return plan->shape_at[number];
    uint32_t depth = dt_path_depth(rule->path);
    return 1 + (DEPTH_CAP - (depth < DEPTH_CAP ? depth : DEPTH_CAP));
}

static uint64_t priority_rank(const struct dt_rule *rule)
{
    if (rule->flags & DT_RULE_MAINTENANCE)
        return 0;
    return 1 + (uint64_t)((int64_t)INT32_MAX - rule->priority);
}

static struct rank_key key_of(const struct dt_plan *plan, uint32_t number, bool first)
{
    const struct dt_rule *rule = &plan->set->rules[number];
    struct rank_key key = {priority_rank(rule) << 16, 0, number};
    if (first)
        return key;
    uint32_t conditions = dt_ruleset_conditions(plan->set, rule->conditions)->count;
    key.high |= host_rank(rule);
    key.low = path_rank(plan, rule, number) << 32;
    key.low |= (uint64_t)(UINT16_MAX - rule->nparams) << 13;
    key.low |= (rule->flags & DT_RULE_EXACT_QUERY) ? 0 : 1u << 12;
    key.low |= rule->port ? 0 : 1u << 11;
    key.low |= rule->scheme != DT_SCHEME_ANY ? 0 : 1u << 10;
    key.low |= CONDITIONS_CAP - (conditions < CONDITIONS_CAP ? conditions : CONDITIONS_CAP);
    return key;
}

static int compare(const void *a, const void *b)
{
    const struct rank_key *x = a, *y = b;
    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    return x->rule < y->rule ? -1 : 1;
}

enum dt_err dt_plan_rank(struct dt_plan *plan)
{
    bool first = dt_ruleset_order(plan->set) == DT_ORDER_FIRST;
    plan->monotone = !first;
    bool sorted = true;
    struct rank_key last = {0};
    for (uint32_t i = 0; i < plan->count; i++) {
        struct rank_key key = key_of(plan, i, first);
        if (i && compare(&last, &key) > 0)
            sorted = false;
        if (i && last.high >> 16 != key.high >> 16)
            plan->monotone = false;
        last = key;
    }
    if (sorted)
        return DT_OK;

    struct rank_key *keys = dt_pages_alloc(plan->count, sizeof *keys);
    plan->rule_at = dt_pages_alloc(plan->count, sizeof *plan->rule_at);
    if (!keys || !plan->rule_at) {
        free(keys);
        return DT_ERR_NOMEM;
    }
    for (uint32_t i = 0; i < plan->count; i++)
        keys[i] = key_of(plan, i, first);
    qsort(keys, plan->count, sizeof *keys, compare);
    for (uint32_t i = 0; i < plan->count; i++)
        plan->rule_at[i] = keys[i].rule;
    free(keys);
    return DT_OK;
}
