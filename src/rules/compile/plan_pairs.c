/* SPDX-License-Identifier: MIT
 *
 * Query conditions, indexed. A rule with several conditions stands under the one that fewest rules
 * of its node share: of ?type=1&id=4711 that is id=4711. A request then finds all rules that could
 * match with one probe for each of its parameters, however many rules a path has.
 */
#include "rules/compile/plan.h"

#include <stdlib.h>

/* While pairs are counted, node numbers stand in for references, which are not known yet. */
static uint64_t hash_of(const struct dt_plan *plan, const struct dt_param *param, uint64_t owner)
{
    uint64_t hash = dt_name_hash(param->name, plan->seed, owner);
    return param->any_value ? hash : dt_value_hash(param->value, hash);
}

static uint64_t hash_of_row(const void *rows, uint32_t row)
{
    return ((const struct dt_plan_pair *)rows)[row].hash;
}

static enum dt_err find_pair(struct dt_plan *plan, struct dt_index *index,
                             const struct dt_param *param, uint32_t node, uint32_t *ret_row)
{
    enum dt_err err = dt_index_grow(index, hash_of_row, plan->pairs);
    if (err)
        return err;
    uint64_t hash = hash_of(plan, param, node);
    uint64_t at = dt_index_start(index, hash);
    for (; index->slots[at].row; at = (at + 1) & index->mask) {
        struct dt_plan_pair *pair = &plan->pairs[index->slots[at].row - 1];
        if (pair->hash == hash && pair->node == node && dt_param_is(param, pair)) {
            *ret_row = index->slots[at].row - 1;
            return DT_OK;
        }
    }
    void *rows = plan->pairs;
    if (!dt_grow(&rows, plan->pair_count, &plan->pair_room, sizeof *plan->pairs))
        return DT_ERR_NOMEM;
    plan->pairs = rows;
    plan->pairs[plan->pair_count++] = (struct dt_plan_pair){.hash = hash,
                                                            .name = param->name,
                                                            .value = param->value,
                                                            .node = node,
                                                            .first = DT_PLAN_NONE,
                                                            .last = DT_PLAN_NONE,
                                                            .any_value = param->any_value};
    index->slots[at] = (struct dt_index_slot){(uint32_t)(hash >> 32), (uint32_t)plan->pair_count};
    index->used++;
    *ret_row = (uint32_t)plan->pair_count - 1;
    return DT_OK;
}

static enum dt_err count_uses(struct dt_plan *plan, struct dt_index *index, uint32_t node)
{
    for (uint32_t rank = plan->nodes[node].pfirst; rank != DT_PLAN_NONE; rank = plan->next[rank]) {
        const struct dt_rule *rule = dt_plan_rule(plan, rank);
        for (unsigned i = 0; i < rule->nparams; i++) {
            uint32_t row;
            enum dt_err err = find_pair(plan, index, &rule->params[i], node, &row);
            if (err)
                return err;
            plan->pairs[row].uses++;
        }
    }
    return DT_OK;
}

/* Moves the node's rules from its list to their pairs' lists; order is kept. */
static enum dt_err place_rules(struct dt_plan *plan, struct dt_index *index, uint32_t node)
{
    uint32_t rank = plan->nodes[node].pfirst;
    while (rank != DT_PLAN_NONE) {
        uint32_t next = plan->next[rank];
        const struct dt_rule *rule = dt_plan_rule(plan, rank);
        uint32_t best = DT_PLAN_NONE;
        for (unsigned i = 0; i < rule->nparams; i++) {
            uint32_t row;
            enum dt_err err = find_pair(plan, index, &rule->params[i], node, &row);
            if (err)
                return err;
            if (best == DT_PLAN_NONE || plan->pairs[row].uses < plan->pairs[best].uses)
                best = row;
        }
        struct dt_plan_pair *pair = &plan->pairs[best];
        if (pair->first == DT_PLAN_NONE)
            pair->first = rank;
        else
            plan->next[pair->last] = rank;
        pair->last = rank;
        pair->count++;
        plan->next[rank] = DT_PLAN_NONE;
        plan->nodes[node].forms |= pair->any_value ? DT_NODE_HAS_NAMES : DT_NODE_HAS_PAIRS;
        rank = next;
    }
    return DT_OK;
}

/* Pairs that no rule stands under were only counted. */
static void drop_unused(struct dt_plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->pair_count; i++)
        if (plan->pairs[i].first != DT_PLAN_NONE)
            plan->pairs[kept++] = plan->pairs[i];
    plan->pair_count = kept;
}

enum dt_err dt_plan_pairs(struct dt_plan *plan)
{
    struct dt_index index = {0};
    enum dt_err err = DT_OK;
    for (uint32_t node = 0; !err && node < plan->node_count; node++) {
        if (plan->nodes[node].pfirst == DT_PLAN_NONE)
            continue;
        if (!index.slots)
            err = dt_index_init(&index, 1024);
        if (!err)
            err = count_uses(plan, &index, node);
        if (!err)
            err = place_rules(plan, &index, node);
    }
    dt_index_release(&index);
    drop_unused(plan);
    return err;
}
