/* SPDX-License-Identifier: MIT
 *
 * Precedence as a number. Which of two rules wins does not depend on the request: of all rules that
 * match it, each of these is fixed when the rules are written. So they are sorted once, and the
 * matcher takes the smallest rank that it finds.
 */
#include "base/pages.h"
#include "rules/plan.h"

#include <stdlib.h>

struct rank_key {
    uint64_t high; /* priority, host, path */
    uint32_t low;  /* query conditions, port, scheme */
    uint32_t rule; /* file order, last */
};

/* Past what a source can have (DT_LIMIT_SOURCE); URL hosts may be longer than DNS allows. */
#define HOST_LEN_CAP 8191u
#define DEPTH_CAP 8191u

/* Lower wins. */
static uint64_t host_rank(const struct dt_rule *rule)
{
    uint64_t len = rule->host.len < HOST_LEN_CAP ? rule->host.len : HOST_LEN_CAP;
    switch ((enum dt_host_kind)rule->host_kind) {
    case DT_HOST_EXACT:
        return 0;
    case DT_HOST_SUBDOMAINS:
    case DT_HOST_DOMAIN:
    case DT_HOST_LABELS:
        return 1 + (HOST_LEN_CAP - len);
    case DT_HOST_ANY:
        break;
    }
    return 2 + HOST_LEN_CAP;
}

static uint64_t path_rank(const struct dt_rule *rule)
{
    if (rule->path_kind == DT_PATH_EXACT)
        return 0;
    uint32_t depth = dt_path_depth(rule->path);
    return 1 + (DEPTH_CAP - (depth < DEPTH_CAP ? depth : DEPTH_CAP));
}

static struct rank_key key_of(const struct dt_rule *rule, uint32_t number, bool first)
{
    uint64_t priority = (uint64_t)((int64_t)INT32_MAX - rule->priority);
    struct rank_key key = {priority << 32, 0, number};
    if (first)
        return key;
    key.high |= host_rank(rule) << 16 | path_rank(rule);
    key.low = (uint32_t)(UINT16_MAX - rule->nparams) << 3;
    key.low |= (rule->flags & DT_RULE_EXACT_QUERY) ? 0 : 4u;
    key.low |= rule->port ? 0 : 2u;
    key.low |= rule->scheme != DT_SCHEME_ANY ? 0 : 1u;
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
        const struct dt_rule *rule = &plan->set->rules[i];
        struct rank_key key = key_of(rule, i, first);
        if (i && compare(&last, &key) > 0)
            sorted = false;
        if (i && last.high >> 32 != key.high >> 32)
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
        keys[i] = key_of(&plan->set->rules[i], i, first);
    qsort(keys, plan->count, sizeof *keys, compare);
    for (uint32_t i = 0; i < plan->count; i++)
        plan->rule_at[i] = keys[i].rule;
    free(keys);
    return DT_OK;
}
