/* SPDX-License-Identifier: MIT
 *
 * Where everything will stand.
 */
#include "rules/compile/plan.h"

#include <stdlib.h>

#define RECORDS_MAX (UINT64_C(4) * UINT32_MAX) /* a reference counts 4 bytes */

static size_t action_len(const struct dt_action *action)
{
    size_t len = 2 * sizeof(uint32_t) + 2 + 1 + 1 + 4;
    const struct dt_slice texts[] = DT_ACTION_TEXTS(action);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        len += dt_varint_len(texts[i].len) + texts[i].len;
    return dt_align(len, 4);
}

static enum dt_err layout_actions(struct dt_plan *plan, uint64_t *ret_len)
{
    size_t count = dt_ruleset_action_count(plan->set);
    plan->action_refs = malloc(sizeof *plan->action_refs * (count ? count : 1));
    if (!plan->action_refs)
        return DT_ERR_NOMEM;
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        plan->action_refs[i] = (uint32_t)(at / 4);
        at += action_len(dt_ruleset_action(plan->set, i));
        if (at > RECORDS_MAX)
            return DT_ERR_LIMIT;
    }
    *ret_len = at;
    return DT_OK;
}

/* Gives a string its place at its first use: what stays unused is not written. */
static void place_string(struct dt_plan *plan, uint32_t row, uint64_t *at)
{
    if (row == DT_PLAN_NONE || plan->strings[row].ref != DT_PLAN_NONE)
        return;
    plan->strings[row].ref = (uint32_t)(*at / 4);
    *at += dt_align(2 * sizeof(uint32_t) + plan->strings[row].text.len, 4);
}

static enum dt_err layout_strings(struct dt_plan *plan, uint64_t *ret_len)
{
    uint64_t at = 0;
    for (uint32_t rank = 0; rank < plan->count && at <= RECORDS_MAX; rank++)
        place_string(plan, plan->string_at[rank], &at);
    for (size_t i = 0; i < plan->node_count && at <= RECORDS_MAX; i++)
        place_string(plan, plan->nodes[i].string, &at);
    *ret_len = at;
    return at > RECORDS_MAX ? DT_ERR_LIMIT : DT_OK;
}

static size_t host_len(const struct dt_plan_host *host)
{
    size_t len = sizeof(struct dt_record_head) + dt_varint_len(host->name.len) + host->name.len;
    for (size_t i = 0; i < 3; i++)
        len += dt_part_len(&host->parts[i]);
    for (const struct dt_plan_labels *l = host->labels; l; l = l->next)
        len += dt_varint_len(l->count) + dt_part_len(&l->part);
    return dt_align(len + 1, 4);
}

static size_t node_len(const struct dt_plan *plan, const struct dt_plan_node *node)
{
    size_t len = sizeof(struct dt_record_head) + dt_varint_len(node->host_id) +
                 dt_shared_len(plan, node->string, node->path) + dt_varint_len(node->count);
    for (uint32_t rank = node->first; rank != DT_PLAN_NONE; rank = plan->next[rank])
        len += dt_entry_len(plan, rank, NULL);
    return dt_align(len, 4);
}

static size_t pair_len(const struct dt_plan *plan, const struct dt_plan_pair *pair)
{
    size_t len = sizeof(struct dt_record_head) + 4 + dt_varint_len(pair->name.len) +
                 dt_varint_len(pair->any_value ? 0 : pair->value.len + 1) + pair->name.len +
                 pair->value.len + dt_varint_len(pair->count);
    for (uint32_t rank = pair->first; rank != DT_PLAN_NONE; rank = plan->next[rank])
        len += dt_entry_len(plan, rank, pair);
    return dt_align(len, 4);
}

static size_t run_len(const struct dt_plan *plan, const struct dt_plan_run *run)
{
    size_t len = sizeof(struct dt_record_head) + dt_varint_len(run->owner) +
                 dt_varint_len(run->text.len) + run->text.len + dt_varint_len(run->state);
    len += run->state ? dt_varint_len(run->lengths) : 0;
    if (run->kind == DT_RECORD_SHAPE) {
        len += dt_varint_len(run->count[0]);
        for (uint32_t i = run->first[0]; i != DT_PLAN_NONE; i = plan->items[i].next)
            len += dt_varint_len(i);
    } else {
        for (unsigned list = 0; list < 2; list++)
            len += dt_run_list_len(plan, run, list);
    }
    return dt_align(len, 4);
}

static size_t item_len(const struct dt_plan *plan, uint32_t number)
{
    const struct dt_plan_item *item = &plan->items[number];
    size_t len = sizeof(struct dt_record_head) + dt_varint_len(number) + 1;
    len += item->kind >= DT_ITEM_GLOB ? dt_varint_len(item->star) : 0;
    return dt_align(len + dt_entry_len(plan, item->rank, NULL), 4);
}

/* Reserves a record; fails when it or the section outgrows what a reference can say. */
static enum dt_err reserve(uint64_t *at, size_t len, uint32_t *ret_ref)
{
    if (len / 4 >= 1u << 24 || *at + len > RECORDS_MAX)
        return DT_ERR_LIMIT;
    *ret_ref = (uint32_t)(*at / 4);
    *at += len;
    return DT_OK;
}

static enum dt_err layout_records(struct dt_plan *plan, uint64_t *ret_len)
{
    uint64_t at = 0;
    enum dt_err err = DT_OK;
    for (size_t i = 0; !err && i < plan->host_count; i++)
        err = reserve(&at, host_len(&plan->hosts[i]), &plan->hosts[i].ref);
    for (size_t i = 0; !err && i < plan->node_count; i++)
        err = reserve(&at, node_len(plan, &plan->nodes[i]), &plan->nodes[i].ref);
    for (size_t i = 0; !err && i < plan->pair_count; i++) {
        struct dt_plan_pair *pair = &plan->pairs[i];
        err = reserve(&at, pair_len(plan, pair), &pair->ref);
        pair->hash = dt_name_hash(pair->name, plan->seed, plan->nodes[pair->node].ref);
        if (!pair->any_value)
            pair->hash = dt_value_hash(pair->value, pair->hash);
    }
    for (size_t i = 0; !err && i < plan->run_count; i++)
        err = reserve(&at, run_len(plan, &plan->runs[i]), &plan->runs[i].ref);
    for (uint32_t i = 0; !err && i < plan->item_count; i++)
        err = reserve(&at, item_len(plan, i), &plan->items[i].ref);
    *ret_len = at;
    return err;
}

/* Global line numbers: the files' lines one after another, so that 4 bytes say file and line. */
static enum dt_err layout_files(struct dt_plan *plan, uint64_t *ret_len)
{
    size_t count = dt_ruleset_file_count(plan->set);
    plan->file_bases = calloc(count + 1, sizeof *plan->file_bases);
    if (!plan->file_bases)
        return DT_ERR_NOMEM;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(plan->set, i);
        if (rule->line > plan->file_bases[rule->file + 1])
            plan->file_bases[rule->file + 1] = rule->line;
    }
    uint64_t len = 4, base = 0;
    for (size_t i = 0; i < count; i++) {
        base += plan->file_bases[i + 1];
        if (base > UINT32_MAX)
            return DT_ERR_LIMIT;
        plan->file_bases[i + 1] = (uint32_t)base;
        len += 8 + dt_ruleset_file(plan->set, i).len;
    }
    *ret_len = len;
    return DT_OK;
}

enum dt_err dt_plan_layout(struct dt_plan *plan)
{
    enum dt_err err = layout_actions(plan, &plan->lens[DT_SECTION_ACTIONS]);
    if (!err)
        err = layout_strings(plan, &plan->lens[DT_SECTION_STRINGS]);
    if (!err)
        err = layout_records(plan, &plan->lens[DT_SECTION_RECORDS]);
    if (!err)
        err = layout_files(plan, &plan->lens[DT_SECTION_FILES]);
    if (err)
        return err;
    uint64_t keys = plan->host_count + plan->node_count + plan->pair_count + plan->run_count;
    plan->bucket_count = keys * 100 / (DT_BUCKET_SLOTS * DT_BUCKET_FILL) + 1;
    plan->lens[DT_SECTION_BUCKETS] = plan->bucket_count * sizeof(struct dt_bucket);
    plan->lens[DT_SECTION_ORIGIN] = (uint64_t)plan->count * sizeof(uint32_t);
    plan->lens[DT_SECTION_REGEXES] = plan->pool_len;
    plan->lens[DT_SECTION_ITEMS] = (uint64_t)plan->item_count * sizeof(uint32_t);
    uint64_t at = dt_align(sizeof(struct dt_snap_header), 64);
    for (size_t i = 0; i < DT_SECTION_COUNT; i++) {
        plan->offsets[i] = at;
        at = dt_align(at + plan->lens[i], 64);
    }
    plan->size = at;
    return DT_OK;
}
