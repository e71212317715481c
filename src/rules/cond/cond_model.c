/* SPDX-License-Identifier: MIT
 *
 * Sets of conditions, kept once each: a million rules may say the same window, and rules are the
 * same source with the same conditions when the numbers agree.
 */
#include "rules/cond/cond_read.h"
#include "rules/ruleset_priv.h"

#include "base/hash.h"
#include <stdlib.h>

#define FIRST_SLOTS 64u

static int cmp_number(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int cmp_texts(const struct dt_slice *a, size_t na, const struct dt_slice *b, size_t nb)
{
    for (size_t i = 0; i < na && i < nb; i++) {
        int c = dt_slice_cmp(a[i], b[i]);
        if (c)
            return c;
    }
    return cmp_number((int64_t)na, (int64_t)nb);
}

static int cmp_nets(const struct dt_condition *a, const struct dt_condition *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int c = memcmp(a->nets[i].address, b->nets[i].address, sizeof a->nets[i].address);
        if (!c)
            c = cmp_number(a->nets[i].bits, b->nets[i].bits);
        if (c)
            return c;
    }
    return cmp_number(a->count, b->count);
}

static int cmp_ranges(const struct dt_condition *a, const struct dt_condition *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int c = cmp_number(a->ranges[i].from, b->ranges[i].from);
        if (!c)
            c = cmp_number(a->ranges[i].to, b->ranges[i].to);
        if (c)
            return c;
    }
    return cmp_number(a->count, b->count);
}

static int cmp_values(const struct dt_condition *a, const struct dt_condition *b)
{
    if (a->kind == DT_CONDITION_IP)
        return cmp_nets(a, b);
    if (a->kind == DT_CONDITION_WINDOW || a->kind == DT_CONDITION_PERCENT)
        return cmp_ranges(a, b);
    return cmp_texts(a->texts, a->count, b->texts, b->count);
}

static struct dt_slice zone_name(const struct dt_condition *condition)
{
    return condition->zone ? condition->zone->name : DT_SLICE_NONE;
}

int dt_condition_cmp(const struct dt_condition *a, const struct dt_condition *b)
{
    const int64_t numbers[][2] = {
        {a->kind, b->kind}, {a->negated, b->negated}, {a->days, b->days},
        {a->key, b->key},   {a->from, b->from},       {a->until, b->until},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i][0] != numbers[i][1])
            return cmp_number(numbers[i][0], numbers[i][1]);
    int c = dt_slice_cmp(a->name, b->name);
    if (!c)
        c = dt_slice_cmp(zone_name(a), zone_name(b));
    if (!c)
        c = cmp_values(a, b);
    return c ? c : cmp_texts(a->rivals, a->nrivals, b->rivals, b->nrivals);
}

static bool same_set(const struct dt_conditions *a, const struct dt_conditions *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (dt_condition_cmp(&a->list[i], &b->list[i]))
            return false;
    return true;
}

static uint64_t hash_texts(const struct dt_slice *texts, size_t count, uint64_t hash)
{
    for (size_t i = 0; i < count; i++)
        hash = dt_hash64(texts[i].ptr, texts[i].len, hash + 1);
    return hash;
}

static uint64_t hash_one(const struct dt_condition *c, uint64_t hash)
{
    const int64_t numbers[] = {c->kind, c->negated, c->days, c->key, c->count, c->from, c->until};
    hash = dt_hash64(numbers, sizeof numbers, hash);
    hash = dt_hash64(c->name.ptr, c->name.len, hash);
    if (c->kind == DT_CONDITION_IP) {
        for (size_t i = 0; i < c->count; i++)
            hash = dt_hash64(c->nets[i].address, sizeof c->nets[i].address, hash + c->nets[i].bits);
        return hash;
    }
    if (c->kind == DT_CONDITION_WINDOW || c->kind == DT_CONDITION_PERCENT)
        return dt_hash64(c->ranges, c->count * sizeof *c->ranges, hash);
    return hash_texts(c->rivals, c->nrivals, hash_texts(c->texts, c->count, hash));
}

static uint64_t hash_set(const struct dt_conditions *conditions)
{
    uint64_t hash = conditions->count;
    for (size_t i = 0; i < conditions->count; i++)
        hash = hash_one(&conditions->list[i], hash);
    return hash;
}

static struct dt_condition_slot *find(const struct dt_ruleset *set, uint64_t hash,
                                      const struct dt_conditions *conditions)
{
    size_t at = (size_t)hash & set->condition_mask;
    for (;; at = (at + 1) & set->condition_mask) {
        struct dt_condition_slot *slot = &set->condition_slots[at];
        if (!slot->row || (slot->hash == (uint32_t)(hash >> 32) &&
                           same_set(&set->conditions[slot->row], conditions)))
            return slot;
    }
}

static bool grow_slots(struct dt_ruleset *set)
{
    size_t slots = set->condition_slots ? (set->condition_mask + 1) * 2 : FIRST_SLOTS;
    struct dt_condition_slot *mem = calloc(slots, sizeof *mem);
    if (!mem)
        return false;
    free(set->condition_slots);
    set->condition_slots = mem;
    set->condition_mask = slots - 1;
    for (uint32_t i = 1; i < set->condition_count; i++) {
        uint64_t hash = hash_set(&set->conditions[i]);
        *find(set, hash, &set->conditions[i]) =
            (struct dt_condition_slot){(uint32_t)(hash >> 32), i};
    }
    return true;
}

static bool add_row(struct dt_ruleset *set, const struct dt_conditions *conditions)
{
    void *mem = set->conditions;
    if (!dt_grow(&mem, set->condition_count, &set->condition_cap, sizeof *set->conditions))
        return false;
    set->conditions = mem;
    set->conditions[set->condition_count++] = *conditions;
    return true;
}

static bool nomem(struct dt_ruleset *set)
{
    set->err = DT_ERR_NOMEM;
    return false;
}

bool dt_ruleset_intern_conditions(struct dt_ruleset *set, const struct dt_conditions *conditions,
                                  uint32_t *ret_index)
{
    if (conditions->count == 0) {
        *ret_index = 0;
        return true;
    }
    if (set->condition_count == 0 && !add_row(set, &(struct dt_conditions){NULL, 0}))
        return nomem(set);
    if ((!set->condition_slots || set->condition_count >= set->condition_mask / 2) &&
        !grow_slots(set))
        return nomem(set);
    uint64_t hash = hash_set(conditions);
    struct dt_condition_slot *slot = find(set, hash, conditions);
    if (!slot->row) {
        if (!add_row(set, conditions))
            return nomem(set);
        *slot =
            (struct dt_condition_slot){(uint32_t)(hash >> 32), (uint32_t)set->condition_count - 1};
    }
    *ret_index = slot->row;
    return true;
}

size_t dt_ruleset_conditions_count(const struct dt_ruleset *set)
{
    return set->condition_count ? set->condition_count : 1;
}

const struct dt_conditions *dt_ruleset_conditions(const struct dt_ruleset *set, size_t at)
{
    static const struct dt_conditions none = {NULL, 0};
    if (at == 0)
        return &none;
    return at < set->condition_count ? &set->conditions[at] : NULL;
}
