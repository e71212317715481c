/* SPDX-License-Identifier: MIT
 *
 * Paths with names in them, cut into runs of what is written out. Runs are keys of the table, found
 * under the state that all before them led to; so paths that begin alike share their states, and a
 * request's path is followed by a few probes, however many paths there are.
 */
#include "rules/compile/plan.h"

static uint64_t hash_of_row(const void *rows, uint32_t row)
{
    return ((const struct dt_plan_run *)rows)[row].hash;
}

static bool same_run(const struct dt_plan_run *a, const struct dt_plan_run *b)
{
    return a->hash == b->hash && a->owner == b->owner && a->kind == b->kind &&
           a->forms == b->forms && dt_slice_eq(a->text, b->text);
}

/* like has all of the key but the hash. */
static enum dt_err find_run(struct dt_plan *plan, struct dt_plan_run *like, uint32_t *ret_row)
{
    if (!plan->run_index.slots) {
        enum dt_err err = dt_index_init(&plan->run_index, 64);
        if (err)
            return err;
    }
    enum dt_err err = dt_index_grow(&plan->run_index, hash_of_row, plan->runs);
    if (err)
        return err;
    struct dt_index *index = &plan->run_index;
    like->hash =
        dt_key_hash(like->text, plan->seed, like->kind | (unsigned)like->forms << 4, like->owner);
    uint32_t tag = (uint32_t)(like->hash >> 32);
    uint64_t at = dt_index_start(index, like->hash);
    for (; index->slots[at].row; at = (at + 1) & index->mask) {
        if (index->slots[at].tag == tag && same_run(&plan->runs[index->slots[at].row - 1], like)) {
            *ret_row = index->slots[at].row - 1;
            return DT_OK;
        }
    }
    void *rows = plan->runs;
    if (!dt_grow(&rows, plan->run_count, &plan->run_room, sizeof *plan->runs))
        return DT_ERR_NOMEM;
    plan->runs = rows;
    like->first[0] = like->first[1] = like->last[0] = like->last[1] = DT_PLAN_NONE;
    plan->runs[plan->run_count++] = *like;
    index->slots[at] = (struct dt_index_slot){tag, (uint32_t)plan->run_count};
    index->used++;
    *ret_row = (uint32_t)plan->run_count - 1;
    return DT_OK;
}

static void append(struct dt_plan *plan, struct dt_plan_run *run, unsigned list, uint32_t number)
{
    uint32_t *last = &run->last[list];
    bool item = run->kind == DT_RECORD_SHAPE;
    if (run->first[list] == DT_PLAN_NONE)
        run->first[list] = number;
    else if (item)
        plan->items[*last].next = number;
    else
        plan->next[*last] = number;
    *last = number;
    run->count[list]++;
}

/* The bytes up to the next segment that is a mark alone, or the end. */
static struct dt_slice run_of(struct dt_slice path)
{
    for (size_t i = 0; i + 1 < path.len; i++)
        if (path.ptr[i] == '/' &&
            (path.ptr[i + 1] == DT_PATH_NAME || path.ptr[i + 1] == DT_PATH_STAR))
            return dt_slice_of(path.ptr, i);
    return path;
}

enum dt_err dt_plan_run_add(struct dt_plan *plan, struct dt_part *part,
                            const struct dt_plan_run *like, struct dt_slice path, uint32_t number)
{
    uint64_t owner = DT_PLAN_ROOT + part->id;
    uint32_t *lengths = like->kind == DT_RECORD_SHAPE ? &part->shapes[like->forms & DT_FORM_NOCASE]
                                                      : &part->patterns[like->forms];
    for (;;) {
        struct dt_plan_run want = {
            .owner = owner, .text = run_of(path), .kind = like->kind, .forms = like->forms};
        uint32_t row;
        *lengths |= 1u << dt_depth_bit(dt_path_depth(want.text));
        enum dt_err err = find_run(plan, &want, &row);
        if (err)
            return err;
        struct dt_plan_run *run = &plan->runs[row];
        path = dt_slice_from(path, want.text.len);
        if (path.len == 0 || path.ptr[1] == DT_PATH_STAR) {
            append(plan, run, path.len != 0, number);
            return DT_OK;
        }
        if (!run->state)
            run->state = ++plan->next_state;
        owner = run->state;
        lengths = &run->lengths;
        path = dt_slice_from(path, 2);
    }
}

enum dt_err dt_plan_runs(struct dt_plan *plan)
{
    enum dt_err err = DT_OK;
    for (uint32_t rank = 0; !err && rank < plan->count; rank++) {
        const struct dt_rule *rule = dt_plan_rule(plan, rank);
        if (rule->path_kind != DT_PATH_PATTERN)
            continue;
        struct dt_plan_run like = {.kind = DT_RECORD_RUN, .forms = dt_plan_forms(rule)};
        struct dt_part *part;
        err = dt_plan_host_id(plan, rule, &part);
        if (!err)
            err = dt_plan_run_add(plan, part, &like, rule->path, rank);
    }
    return err;
}
