/* SPDX-License-Identifier: MIT
 *
 * Hosts get ids, so that a path's key need not hold the name; and each notes which forms and depths
 * of paths its rules have, so that the matcher probes for no others.
 */
#include "rules/compile/plan.h"

static uint64_t hash_of_host(const void *rows, uint32_t row)
{
    return ((const struct dt_plan_host *)rows)[row].hash;
}

static enum dt_err find_host(struct dt_plan *plan, struct dt_slice name,
                             struct dt_plan_host **ret_host)
{
    enum dt_err err = dt_index_grow(&plan->host_index, hash_of_host, plan->hosts);
    if (err)
        return err;
    struct dt_index *index = &plan->host_index;
    uint64_t hash = dt_key_hash(name, plan->seed, DT_RECORD_HOST, 0);
    uint64_t at = dt_index_start(index, hash);
    for (; index->slots[at].row; at = (at + 1) & index->mask) {
        struct dt_plan_host *host = &plan->hosts[index->slots[at].row - 1];
        if (host->hash == hash && dt_slice_eq(host->name, name)) {
            *ret_host = host;
            return DT_OK;
        }
    }
    void *rows = plan->hosts;
    if (!dt_grow(&rows, plan->host_count, &plan->host_room, sizeof *plan->hosts))
        return DT_ERR_NOMEM;
    plan->hosts = rows;
    struct dt_plan_host *host = &plan->hosts[plan->host_count++];
    *host = (struct dt_plan_host){.name = name, .hash = hash};
    index->slots[at] = (struct dt_index_slot){(uint32_t)(hash >> 32), (uint32_t)plan->host_count};
    index->used++;
    *ret_host = host;
    return DT_OK;
}

static void note_path(struct dt_part *part, const struct dt_rule *rule)
{
    if (rule->path_kind == DT_PATH_EXACT)
        part->variants |= 1u << dt_plan_forms(rule);
    else if (rule->path_kind == DT_PATH_PREFIX)
        part->depths[(rule->flags & DT_RULE_IGNORE_CASE) ? 1 : 0] |=
            1u << dt_depth_bit(dt_path_depth(rule->path));
}

static enum dt_err find_labels(struct dt_plan *plan, struct dt_plan_host *host, uint32_t count,
                               struct dt_part **ret_part)
{
    struct dt_plan_labels **link = &host->labels;
    while (*link && (*link)->count < count)
        link = &(*link)->next;
    if (!*link || (*link)->count != count) {
        struct dt_plan_labels *labels = dt_arena_alloc(&plan->arena, sizeof *labels);
        if (!labels)
            return DT_ERR_NOMEM;
        *labels = (struct dt_plan_labels){.next = *link, .count = count};
        *link = labels;
    }
    *ret_part = &(*link)->part;
    return DT_OK;
}

enum dt_err dt_plan_host_id(struct dt_plan *plan, const struct dt_rule *rule,
                            struct dt_part **ret_part)
{
    struct dt_part *part = &plan->any;
    if (rule->host_kind != DT_HOST_ANY) {
        struct dt_plan_host *host;
        enum dt_err err = find_host(plan, rule->host, &host);
        if (err)
            return err;
        if (rule->host_kind == DT_HOST_LABELS)
            err = find_labels(plan, host, rule->more->labels, &part);
        else
            part = &host->parts[rule->host_kind - DT_HOST_EXACT];
        if (err)
            return err;
        if (!part->id)
            part->id = ++plan->next_host_id;
        if (rule->host_kind != DT_HOST_EXACT)
            plan->suffix_labels |= 1u << dt_host_labels(rule->host);
    }
    note_path(part, rule);
    *ret_part = part;
    return DT_OK;
}
