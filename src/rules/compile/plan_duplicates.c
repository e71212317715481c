/* SPDX-License-Identifier: MIT
 *
 * Two rules for exactly the same requests: the first in order wins, the other can never answer.
 * That is said, with both places: as a conflict when they would have answered differently.
 */
#include "rules/compile/plan.h"

#include <stdlib.h>

struct signature {
    uint64_t hash;
    uint32_t rank;
};

struct group {
    struct signature *rows;
    size_t count, room;
};

static uint64_t signature_of(const struct dt_rule *rule)
{
    uint64_t hash = (uint64_t)rule->conditions << 32 | (uint64_t)rule->port << 16 |
                    (uint64_t)rule->scheme << 8 | (rule->flags & DT_RULE_EXACT_QUERY);
    return dt_rule_params_hash(rule, hash);
}

static bool same_source(const struct dt_rule *a, const struct dt_rule *b)
{
    return a->port == b->port && a->scheme == b->scheme && a->conditions == b->conditions &&
           (a->flags & DT_RULE_EXACT_QUERY) == (b->flags & DT_RULE_EXACT_QUERY) &&
           dt_rule_params_eq(a, b);
}

static int compare(const void *a, const void *b)
{
    const struct signature *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static enum dt_err report(struct dt_plan *plan, uint32_t winner, uint32_t loser)
{
    const struct dt_rule *first = dt_plan_rule(plan, winner);
    const struct dt_rule *second = dt_plan_rule(plan, loser);
    bool alike = first->action == second->action && dt_slice_eq(first->target, second->target);
    struct dt_slice file = dt_ruleset_file(plan->set, first->file);
    return dt_ruleset_diag_add(
        plan->set, DT_SEVERITY_WARNING, (struct dt_place){second->file, second->line, 1, 1},
        alike ? "duplicate" : "conflict",
        alike ? "a duplicate of %.*s:%u"
              : "never answers: it conflicts with %.*s:%u, which has the same "
                "source and comes first",
        DT_SLICE_FMT(file), first->line);
}

static enum dt_err add(struct group *group, uint64_t hash, uint32_t rank)
{
    void *rows = group->rows;
    if (!dt_grow(&rows, group->count, &group->room, sizeof *group->rows))
        return DT_ERR_NOMEM;
    group->rows = rows;
    group->rows[group->count++] = (struct signature){hash, rank};
    return DT_OK;
}

/* Those that are alike stand side by side once they are sorted. */
static enum dt_err check_rows(struct dt_plan *plan, struct group *group,
                              bool (*same)(const struct dt_rule *a, const struct dt_rule *b))
{
    if (group->count)
        qsort(group->rows, group->count, sizeof *group->rows, compare);
    size_t leader = 0;
    for (size_t i = 1; i < group->count; i++) {
        const struct dt_rule *rule = dt_plan_rule(plan, group->rows[i].rank);
        const struct dt_rule *before = dt_plan_rule(plan, group->rows[leader].rank);
        if (group->rows[i].hash != group->rows[leader].hash || !same(before, rule)) {
            leader = i;
            continue;
        }
        enum dt_err err = report(plan, group->rows[leader].rank, group->rows[i].rank);
        if (err)
            return err;
    }
    return DT_OK;
}

static enum dt_err check_list(struct dt_plan *plan, struct group *group, uint32_t first)
{
    enum dt_err err = DT_OK;
    group->count = 0;
    for (uint32_t rank = first; !err && rank != DT_PLAN_NONE; rank = plan->next[rank])
        err = add(group, signature_of(dt_plan_rule(plan, rank)), rank);
    return err ? err : check_rows(plan, group, same_source);
}

static bool same_expression(const struct dt_rule *a, const struct dt_rule *b)
{
    const unsigned flags = DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH | DT_RULE_URL;
    return a->path_kind == b->path_kind && (a->flags & flags) == (b->flags & flags) &&
           a->host_kind == b->host_kind && dt_slice_eq(a->host, b->host) &&
           dt_slice_eq(a->path, b->path) && same_source(a, b);
}

static enum dt_err check_items(struct dt_plan *plan, struct group *group)
{
    enum dt_err err = DT_OK;
    group->count = 0;
    for (uint32_t i = 0; !err && i < plan->item_count; i++) {
        const struct dt_rule *rule = dt_plan_rule(plan, plan->items[i].rank);
        uint64_t hash = dt_hash64(rule->path.ptr, rule->path.len, signature_of(rule));
        err = add(group, dt_hash64(rule->host.ptr, rule->host.len, hash), plan->items[i].rank);
    }
    return err ? err : check_rows(plan, group, same_expression);
}

enum dt_err dt_plan_duplicates(struct dt_plan *plan)
{
    struct group group = {0};
    enum dt_err err = DT_OK;
    for (size_t i = 0; !err && i < plan->node_count; i++)
        if (plan->nodes[i].count > 1)
            err = check_list(plan, &group, plan->nodes[i].first);
    for (size_t i = 0; !err && i < plan->pair_count; i++)
        if (plan->pairs[i].count > 1)
            err = check_list(plan, &group, plan->pairs[i].first);
    for (size_t i = 0; !err && i < plan->run_count; i++)
        for (unsigned list = 0; !err && list < 2; list++)
            if (plan->runs[i].kind == DT_RECORD_RUN && plan->runs[i].count[list] > 1)
                err = check_list(plan, &group, plan->runs[i].first[list]);
    if (!err)
        err = check_items(plan, &group);
    free(group.rows);
    return err;
}
