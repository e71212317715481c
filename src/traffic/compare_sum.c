/* SPDX-License-Identifier: MIT
 *
 * A change of one line changes the answers to thousands of URLs: what differs in the same way
 * between the same two rules is one thing to look at.
 */
#include "traffic/compare_priv.h"

#include <stdlib.h>

void dt_compare_answer_of(const struct dt_decision *decision, struct dt_compare_answer *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->rule = DT_COMPARE_NONE;
    ret->retry_after = DT_RETRY_AFTER_NONE;
    ret->matched = decision->matched;
    if (!decision->matched)
        return;
    ret->status = decision->status;
    ret->rule = decision->rule;
    ret->retry_after = decision->retry_after;
    ret->location = decision->location;
    ret->cache = decision->cache;
    ret->fields = decision->fields;
}

static bool add_row(struct dt_compare *compare, const struct dt_compare_group *group)
{
    if (compare->nrows == compare->rows_cap) {
        size_t cap = compare->rows_cap ? 2 * compare->rows_cap : 64;
        struct dt_compare_group *rows = realloc(compare->rows, cap * sizeof *rows);
        if (rows)
            compare->rows = rows;
        struct dt_compare_example **lasts =
            realloc(compare->lasts, cap * sizeof(struct dt_compare_example *));
        if (lasts)
            compare->lasts = lasts;
        uint32_t *kept = realloc(compare->kept, cap * sizeof *kept);
        if (kept)
            compare->kept = kept;
        if (!rows || !lasts || !kept)
            return false;
        compare->rows_cap = cap;
    }
    compare->lasts[compare->nrows] = NULL;
    compare->kept[compare->nrows] = 0;
    compare->rows[compare->nrows++] = *group;
    return true;
}

bool dt_compare_add(struct dt_compare *compare, unsigned change,
                    const struct dt_decision answers[2], uint32_t *ret_row)
{
    struct dt_compare_group group = {.change = change};
    unsigned char bits = (unsigned char)change;
    struct dt_slice text = dt_slice_of((const char *)&bits, 1);
    struct dt_seen_entry *entry;
    for (unsigned side = 0; side < 2; side++)
        group.rules[side] = answers[side].matched ? answers[side].rule : DT_COMPARE_NONE;
    uint64_t where = (uint64_t)group.rules[0] << 32 | group.rules[1];
    uint64_t hash = dt_seen_hash(where, text);
    entry = dt_seen_find(&compare->groups, hash, where, text);
    if (!entry) {
        if (!dt_seen_add(&compare->groups, hash, where, text, &entry) || !add_row(compare, &group))
            return false;
        entry->value = (uint32_t)(compare->nrows - 1);
    }
    *ret_row = entry->value;
    return true;
}

struct dt_compare_example *dt_compare_keep(struct dt_compare *compare, uint32_t row)
{
    if (!compare->options.all && compare->kept[row] >= DT_COMPARE_EXAMPLES)
        return NULL;
    struct dt_compare_example *example = dt_arena_alloc(&compare->arena, sizeof *example);
    if (!example)
        return NULL;
    memset(example, 0, sizeof *example);
    if (compare->lasts[row])
        compare->lasts[row]->next = example;
    else
        compare->rows[row].examples = example;
    compare->lasts[row] = example;
    compare->kept[row]++;
    return example;
}

/* What matters most comes first: what is no longer answered, then what leads elsewhere. */
static unsigned weight(unsigned change)
{
    return change & DT_CHANGE_REMOVED  ? 0
           : change & DT_CHANGE_TARGET ? 1
           : change & DT_CHANGE_STATUS ? 2
           : change & DT_CHANGE_ADDED  ? 3
                                       : 4;
}

static int by_weight(const void *va, const void *vb)
{
    const struct dt_compare_group *a = va, *b = vb;
    if (weight(a->change) != weight(b->change))
        return weight(a->change) < weight(b->change) ? -1 : 1;
    if (a->hits != b->hits)
        return a->hits > b->hits ? -1 : 1;
    if (a->urls != b->urls)
        return a->urls > b->urls ? -1 : 1;
    for (unsigned side = 0; side < 2; side++)
        if (a->rules[side] != b->rules[side])
            return a->rules[side] < b->rules[side] ? -1 : 1;
    return 0;
}

enum dt_err dt_compare_end(struct dt_compare *compare)
{
    for (struct dt_seen_entry *at = compare->requests.first; at; at = at->next) {
        compare->totals.log_requests += at->count;
        if (at->value) {
            compare->totals.log_differ += at->count;
            compare->rows[at->value - 1].hits += at->count;
        }
        at->count = 0;
    }
    if (compare->nrows)
        qsort(compare->rows, compare->nrows, sizeof *compare->rows, by_weight);
    return DT_OK;
}

const struct dt_compare_totals *dt_compare_totals(const struct dt_compare *compare)
{
    return &compare->totals;
}

const struct dt_compare_group *dt_compare_groups(const struct dt_compare *compare,
                                                 size_t *ret_count)
{
    *ret_count = compare->nrows;
    return compare->rows;
}

uint32_t dt_compare_unknown(const struct dt_compare *compare, unsigned side, size_t at)
{
    return at < compare->totals.unknown[side] ? compare->unknown[side][at] : DT_COMPARE_NONE;
}
