/* SPDX-License-Identifier: MIT
 *
 * Rules with the same host id, path and form stand in one node, best first. This is the pass that
 * touches memory at random, once a rule, so it works in blocks: hash some rules, ask for the index
 * lines that they will need, then insert them.
 */
#include "base/pages.h"
#include "rules/compile/plan.h"

#define BLOCK 32u

struct pending {
    uint64_t hash;
    uint32_t host_id;
    uint8_t kind;
    uint8_t forms;
};

static void append(struct dt_plan *plan, uint32_t *first, uint32_t *last, uint32_t rank)
{
    if (*first == DT_PLAN_NONE)
        *first = rank;
    else
        plan->next[*last] = rank;
    *last = rank;
}

static bool same_node(const struct dt_plan_node *node, const struct pending *want,
                      struct dt_slice path)
{
    return node->hash == want->hash && node->host_id == want->host_id && node->kind == want->kind &&
           node->forms == want->forms && dt_slice_eq(node->path, path);
}

static void insert(struct dt_plan *plan, struct dt_index *index, const struct pending *want,
                   uint32_t rank)
{
    const struct dt_rule *rule = dt_plan_rule(plan, rank);
    uint32_t tag = (uint32_t)(want->hash >> 32);
    uint64_t at = dt_index_start(index, want->hash);
    struct dt_plan_node *node = NULL;
    for (; index->slots[at].row; at = (at + 1) & index->mask) {
        struct dt_plan_node *other = &plan->nodes[index->slots[at].row - 1];
        if (index->slots[at].tag == tag && same_node(other, want, rule->path)) {
            node = other;
            break;
        }
    }
    if (!node) {
        node = &plan->nodes[plan->node_count++];
        *node = (struct dt_plan_node){.hash = want->hash,
                                      .path = rule->path,
                                      .host_id = want->host_id,
                                      .first = DT_PLAN_NONE,
                                      .last = DT_PLAN_NONE,
                                      .pfirst = DT_PLAN_NONE,
                                      .plast = DT_PLAN_NONE,
                                      .string = DT_PLAN_NONE,
                                      .kind = want->kind,
                                      .forms = want->forms};
        index->slots[at] = (struct dt_index_slot){tag, (uint32_t)plan->node_count};
    }
    if (rule->nparams) {
        append(plan, &node->pfirst, &node->plast, rank);
    } else {
        append(plan, &node->first, &node->last, rank);
        node->count++;
    }
}

static enum dt_err prepare(struct dt_plan *plan, uint32_t rank, struct pending *ret)
{
    const struct dt_rule *rule = dt_plan_rule(plan, rank);
    struct dt_part *part;
    enum dt_err err = dt_plan_host_id(plan, rule, &part);
    if (err)
        return err;
    ret->host_id = part->id;
    ret->hash = 0;
    ret->kind = rule->path_kind == DT_PATH_EXACT    ? DT_RECORD_EXACT
                : rule->path_kind == DT_PATH_PREFIX ? DT_RECORD_PREFIX
                                                    : 0;
    if (!ret->kind)
        return DT_OK; /* found another way: plan_run.c, plan_regex.c */
    ret->forms = dt_plan_forms(rule);
    ret->hash =
        dt_key_hash(rule->path, plan->seed, ret->kind | (unsigned)ret->forms << 4, part->id);
    return DT_OK;
}

enum dt_err dt_plan_nodes(struct dt_plan *plan)
{
    struct dt_index index = {0};
    enum dt_err err = dt_index_init(&index, plan->count);
    plan->nodes = dt_pages_alloc(plan->count, sizeof *plan->nodes);
    plan->next = dt_pages_alloc(plan->count, sizeof *plan->next);
    if (!err && (!plan->nodes || !plan->next))
        err = DT_ERR_NOMEM;
    for (uint32_t from = 0; !err && from < plan->count; from += BLOCK) {
        struct pending block[BLOCK];
        uint32_t count = plan->count - from < BLOCK ? plan->count - from : BLOCK;
        for (uint32_t i = 0; !err && i < count; i++) {
            plan->next[from + i] = DT_PLAN_NONE;
            err = prepare(plan, from + i, &block[i]);
            if (!err)
                __builtin_prefetch(&index.slots[dt_index_start(&index, block[i].hash)]);
        }
        for (uint32_t i = 0; !err && i < count; i++)
            if (block[i].kind)
                insert(plan, &index, &block[i], from + i);
    }
    dt_index_release(&index);
    return err;
}
