/* SPDX-License-Identifier: MIT
 *
 * Summing up a replay: chains as they are met, and all counts at its end.
 */
#include "traffic/replay_priv.h"

#include <stdlib.h>

/* ---- Chains ---- */

static struct dt_slice copy(struct dt_replay *replay, struct dt_slice text)
{
    return text.len ? dt_arena_copy(&replay->arena, text) : DT_SLICE_NONE;
}

/* Shows the chain by the request that was the first to walk it. */
static bool fill(struct dt_replay *replay, struct dt_chain_row *row)
{
    const struct dt_hops *hops = &replay->hops;
    row->loop = hops->end == DT_HOPS_LOOP;
    row->again = hops->again;
    row->nhops = hops->count;
    row->hops = dt_arena_alloc(&replay->arena, hops->count * sizeof *row->hops);
    if (!row->hops)
        return false;
    for (unsigned i = 0; i < hops->count; i++) {
        const struct dt_hop *hop = &hops->hops[i];
        struct dt_slice url = dt_request_url(&hop->request, replay->url, sizeof replay->url);
        row->hops[i] = (struct dt_replay_hop){copy(replay, url), hop->rule, hop->status};
        if (url.len && !row->hops[i].url.ptr)
            return false;
    }
    struct dt_slice end = hops->hops[hops->count - 1].location;
    row->end = copy(replay, end);
    return !end.len || row->end.ptr;
}

static bool add_row(struct dt_replay *replay, uint32_t *ret)
{
    if (replay->nchain_rows == replay->chain_rows_cap) {
        size_t cap = replay->chain_rows_cap ? 2 * replay->chain_rows_cap : 64;
        struct dt_chain_row *bigger = realloc(replay->chain_rows, cap * sizeof *bigger);
        if (!bigger)
            return false;
        replay->chain_rows = bigger;
        replay->chain_rows_cap = cap;
    }
    *ret = (uint32_t)replay->nchain_rows;
    return fill(replay, &replay->chain_rows[replay->nchain_rows++]);
}

enum dt_err dt_replay_chain(struct dt_replay *replay, const struct dt_request *request,
                            const struct dt_decision *decision, struct dt_outcome *outcome)
{
    struct dt_hops *hops = &replay->hops;
    enum dt_err err =
        dt_hops_follow(replay->options.snapshot, request, decision, &replay->scratch, hops);
    if (err)
        return err;
    if (hops->count < 2 && hops->end != DT_HOPS_LOOP)
        return DT_OK;
    uint32_t rules[DT_HOPS_MAX];
    for (unsigned i = 0; i < hops->count; i++)
        rules[i] = hops->hops[i].rule;
    struct dt_slice key = dt_slice_of((const char *)rules, hops->count * sizeof *rules);
    uint64_t where = (uint64_t)hops->end << 8 | hops->again;
    uint64_t hash = dt_seen_hash(where, key);
    outcome->walks = hops->end == DT_HOPS_LOOP ? 2 : 1;
    outcome->chain = dt_seen_find(&replay->chains, hash, where, key);
    if (outcome->chain)
        return DT_OK;
    if (!dt_seen_add(&replay->chains, hash, where, key, &outcome->chain))
        return DT_ERR_NOMEM;
    if (outcome->chain && !add_row(replay, &outcome->chain->value))
        return DT_ERR_NOMEM;
    return DT_OK;
}

static int by_chain_count(const void *va, const void *vb)
{
    const struct dt_replay_chain *a = va, *b = vb;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return dt_slice_cmp(a->hops[0].url, b->hops[0].url);
}

static bool list_chains(struct dt_replay *replay)
{
    replay->chain_list = calloc(replay->nchain_rows + 1, sizeof *replay->chain_list);
    if (!replay->chain_list)
        return false;
    for (const struct dt_seen_entry *at = replay->chains.first; at; at = at->next) {
        const struct dt_chain_row *row = &replay->chain_rows[at->value];
        replay->chain_list[replay->nchains++] = (struct dt_replay_chain){
            at->count, row->loop, row->again, row->nhops, row->hops, row->end};
    }
    qsort(replay->chain_list, replay->nchains, sizeof *replay->chain_list, by_chain_count);
    return true;
}

/* ---- Misses ---- */

static int by_miss_count(const void *va, const void *vb)
{
    const struct dt_replay_miss *a = va, *b = vb;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return dt_slice_cmp(a->url, b->url);
}

static bool list_misses(struct dt_replay *replay)
{
    size_t count = replay->misses.count + replay->sketch.count;
    replay->miss_list = calloc(count + 1, sizeof *replay->miss_list);
    if (!replay->miss_list)
        return false;
    for (const struct dt_seen_entry *at = replay->misses.first; at; at = at->next)
        if (at->count)
            replay->miss_list[replay->nmisses++] =
                (struct dt_replay_miss){dt_seen_text(at), at->count, 0};
    for (uint32_t i = 0; i < replay->sketch.count; i++) {
        const struct dt_sketch_row *row = &replay->sketch.rows[i];
        replay->miss_list[replay->nmisses++] =
            (struct dt_replay_miss){dt_slice_of(row->text, row->len), row->count, row->excess};
    }
    qsort(replay->miss_list, replay->nmisses, sizeof *replay->miss_list, by_miss_count);
    return true;
}

/* ---- The end ---- */

enum dt_err dt_replay_end(struct dt_replay *replay)
{
    for (struct dt_seen_entry *at = replay->requests.first; at; at = at->next) {
        dt_replay_account(replay, &replay->outcomes[at->value], at->count);
        at->count = 0;
    }
    replay->totals.whole = replay->sketch.count == 0;
    return list_misses(replay) && list_chains(replay) ? DT_OK : DT_ERR_NOMEM;
}

const struct dt_replay_totals *dt_replay_totals(const struct dt_replay *replay)
{
    return &replay->totals;
}

const uint64_t *dt_replay_hits(const struct dt_replay *replay)
{
    return replay->hits;
}

const struct dt_replay_miss *dt_replay_misses(const struct dt_replay *replay, size_t *ret_count)
{
    *ret_count = replay->nmisses;
    return replay->miss_list;
}

const struct dt_replay_chain *dt_replay_chains(const struct dt_replay *replay, size_t *ret_count)
{
    *ret_count = replay->nchains;
    return replay->chain_list;
}
