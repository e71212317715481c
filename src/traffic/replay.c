/* SPDX-License-Identifier: MIT
 *
 * The loop over lines. A log repeats itself: most lines ask for what was asked before, from the
 * same host by the same method. So a request is known by the bytes of its target as they stand in
 * the log, without being normalised, and the rules are asked once for each. That holds as long as
 * rules look at the URI and the method only; where some look at the client or the time, each line
 * is asked for itself.
 */
#include "traffic/replay_priv.h"

#include <stdlib.h>

#define SITES_MAX 65536u

unsigned dt_replay_wants(const struct dt_snapshot *snapshot)
{
    unsigned wants = 0;
    if (snapshot->needs & DT_NEED_FIELDS)
        wants |= DT_LOG_WANT_FIELDS;
    if (snapshot->needs & (DT_NEED_ADDRESS | DT_NEED_COUNTRY))
        wants |= DT_LOG_WANT_ADDRESS;
    if (snapshot->needs & DT_NEED_TIME)
        wants |= DT_LOG_WANT_TIME;
    return wants;
}

struct dt_replay *dt_replay_new(const struct dt_replay_options *options)
{
    struct dt_replay *replay = calloc(1, sizeof *replay);
    if (!replay)
        return NULL;
    replay->options = *options;
    replay->hits = calloc(options->snapshot->rules + 1, sizeof *replay->hits);
    if (!replay->hits) {
        dt_replay_free(replay);
        return NULL;
    }
    replay->options.defaults.wants = dt_replay_wants(options->snapshot);
    replay->cached = options->snapshot->needs == 0 ||
                     (options->snapshot->needs == DT_NEED_TIME && options->defaults.at);
    dt_seen_init(&replay->sites, SITES_MAX);
    dt_seen_init(&replay->requests, options->distinct);
    dt_seen_init(&replay->misses, options->distinct);
    dt_seen_init(&replay->chains, DT_REPLAY_CHAINS_MAX);
    dt_log_reader_init(&replay->reader, &replay->options.defaults);
    return replay;
}

void dt_replay_free(struct dt_replay *replay)
{
    if (!replay)
        return;
    dt_seen_release(&replay->sites);
    dt_seen_release(&replay->requests);
    dt_seen_release(&replay->misses);
    dt_seen_release(&replay->chains);
    dt_sketch_release(&replay->sketch);
    dt_arena_release(&replay->arena);
    free(replay->outcomes);
    free(replay->chain_rows);
    free(replay->hits);
    free(replay->miss_list);
    free(replay->chain_list);
    free(replay);
}

void dt_replay_log(struct dt_replay *replay, const struct dt_log_format *format)
{
    replay->format = format;
    replay->file++;
    replay->line = 0;
}

static void note_bad(struct dt_replay *replay, enum dt_log_bad bad)
{
    struct dt_replay_totals *totals = &replay->totals;
    totals->bad++;
    totals->bad_by[bad]++;
    if (totals->nfirst_bad < DT_REPLAY_BAD_SHOWN)
        totals->first_bad[totals->nfirst_bad++] =
            (struct dt_replay_bad){replay->file - 1, replay->line, bad};
}

void dt_replay_long_line(struct dt_replay *replay)
{
    replay->line++;
    replay->totals.lines++;
    note_bad(replay, DT_LOG_BAD_LONG);
}

/* ---- One request ---- */

void dt_replay_account(struct dt_replay *replay, const struct dt_outcome *outcome, uint64_t count)
{
    struct dt_replay_totals *totals = &replay->totals;
    totals->requests += count;
    totals->hostless += outcome->hostless ? count : 0;
    totals->timeless += outcome->timeless ? count : 0;
    switch ((enum dt_outcome_kind)outcome->kind) {
    case DT_OUTCOME_ANSWERED:
        totals->answered += count;
        totals->by_status[outcome->status % 1000] += count;
        replay->hits[outcome->rule] += count;
        if (outcome->walks)
            *(outcome->walks == 2 ? &totals->looped : &totals->chained) += count;
        if (outcome->chain)
            outcome->chain->count += count;
        break;
    case DT_OUTCOME_PASSED:
        totals->passed += count;
        replay->hits[outcome->rule] += count;
        break;
    case DT_OUTCOME_MISSED:
        totals->missed += count;
        if (outcome->miss)
            outcome->miss->count += count;
        break;
    case DT_OUTCOME_FAILED:
        totals->failed += count;
        break;
    }
}

/* *ret_kept: the miss has a place of its own. */
static enum dt_err miss(struct dt_replay *replay, const struct dt_request *request,
                        struct dt_outcome *outcome, bool *ret_kept)
{
    struct dt_request shown = *request;
    if (replay->options.without_query)
        shown.query = DT_SLICE_NONE;
    struct dt_slice url = dt_request_url(&shown, replay->url, sizeof replay->url);
    uint64_t hash = dt_seen_hash(0, url);
    outcome->kind = DT_OUTCOME_MISSED;
    outcome->miss = dt_seen_find(&replay->misses, hash, 0, url);
    if (!outcome->miss && !dt_seen_add(&replay->misses, hash, 0, url, &outcome->miss))
        return DT_ERR_NOMEM;
    *ret_kept = outcome->miss != NULL;
    if (!*ret_kept && !dt_sketch_add(&replay->sketch, url))
        return DT_ERR_NOMEM;
    return DT_OK;
}

/* Asks the rules. */
static enum dt_err ask(struct dt_replay *replay, const struct dt_request *request,
                       struct dt_outcome *outcome, bool *ret_kept)
{
    struct dt_decision decision;
    const struct dt_snapshot *snapshot = replay->options.snapshot;
    outcome->hostless = !request->host.len;
    outcome->timeless = (snapshot->needs & DT_NEED_TIME) && !request->now;
    *ret_kept = true;
    enum dt_err err = dt_match(snapshot, request, &replay->scratch, &decision);
    if (err == DT_ERR_DAMAGED || err == DT_ERR_NOMEM || err == DT_ERR_INVALID)
        return err;
    if (err) {
        outcome->kind = DT_OUTCOME_FAILED;
        return DT_OK;
    }
    if (!decision.matched)
        return miss(replay, request, outcome, ret_kept);
    outcome->rule = decision.rule;
    outcome->status = decision.status;
    if (decision.rule >= snapshot->rules)
        return DT_ERR_DAMAGED;
    outcome->kind = decision.status == DT_STATUS_PASS ? DT_OUTCOME_PASSED : DT_OUTCOME_ANSWERED;
    if (outcome->kind == DT_OUTCOME_ANSWERED && decision.location.len)
        return dt_replay_chain(replay, request, &decision, outcome);
    return DT_OK;
}

/* Keeps an outcome with the request that it is for, or counts it when there is no room. */
static enum dt_err keep(struct dt_replay *replay, const struct dt_outcome *outcome, uint64_t hash,
                        uint64_t site, struct dt_slice target)
{
    struct dt_seen_entry *entry;
    if (!dt_seen_add(&replay->requests, hash, site, target, &entry))
        return DT_ERR_NOMEM;
    if (!entry) {
        dt_replay_account(replay, outcome, 1);
        return DT_OK;
    }
    if (replay->noutcomes == replay->outcomes_cap) {
        size_t cap = replay->outcomes_cap ? 2 * replay->outcomes_cap : 4096;
        struct dt_outcome *bigger = realloc(replay->outcomes, cap * sizeof *bigger);
        if (!bigger)
            return DT_ERR_NOMEM;
        replay->outcomes = bigger;
        replay->outcomes_cap = cap;
    }
    entry->value = (uint32_t)replay->noutcomes;
    entry->count = 1;
    replay->outcomes[replay->noutcomes++] = *outcome;
    return DT_OK;
}

static enum dt_err answer(struct dt_replay *replay, const struct dt_log_site *site,
                          struct dt_slice target, uint64_t key, uint64_t hash)
{
    struct dt_request request;
    struct dt_outcome outcome = {.chain = NULL};
    bool kept;
    enum dt_log_bad bad =
        dt_log_reader_request(&replay->reader, &replay->parsed, site, target, &request);
    if (bad) {
        note_bad(replay, bad);
        return DT_OK;
    }
    enum dt_err err = ask(replay, &request, &outcome, &kept);
    if (err)
        return err;
    if (replay->cached && kept && key)
        return keep(replay, &outcome, hash, key, target);
    dt_replay_account(replay, &outcome, 1);
    return DT_OK;
}

/* A number for host, port, scheme and method together; 0: there are too many. */
static bool site_key(struct dt_replay *replay, const struct dt_log_site *site, uint64_t *ret)
{
    struct dt_slice method = replay->parsed.parts[DT_LOG_METHOD];
    char text[DT_LOG_HOST_MAX * 3 + 64];
    size_t len = 0;
    uint64_t where = (uint64_t)site->port << 8 | site->scheme;
    if (method.len + site->host.len + 1 > sizeof text) {
        *ret = 0;
        return true;
    }
    memcpy(text, method.len ? method.ptr : "GET", method.len ? method.len : 3);
    len += method.len ? method.len : 3;
    text[len++] = ' ';
    if (site->host.len)
        memcpy(text + len, site->host.ptr, site->host.len);
    struct dt_slice whole = dt_slice_of(text, len + site->host.len);
    struct dt_seen_entry *entry = replay->last_site;
    if (!entry || entry->site != where || !dt_slice_eq(dt_seen_text(entry), whole)) {
        uint64_t hash = dt_seen_hash(where, whole);
        entry = dt_seen_find(&replay->sites, hash, where, whole);
        if (!entry && !dt_seen_add(&replay->sites, hash, where, whole, &entry))
            return false;
        if (entry && !entry->value)
            entry->value = (uint32_t)replay->sites.count;
        replay->last_site = entry;
    }
    *ret = entry ? entry->value : 0;
    return true;
}

/* ---- Lines ---- */

static enum dt_err line(struct dt_replay *replay, struct dt_slice text)
{
    struct dt_log_site site;
    struct dt_slice target;
    uint64_t key = 0;
    bool asked;
    replay->line++;
    if (text.len && text.ptr[text.len - 1] == '\r')
        text.len--;
    if (text.len == 0)
        return DT_OK;
    replay->totals.lines++;
    enum dt_log_bad bad = dt_log_line_read(replay->format, text, &replay->parsed);
    if (!bad)
        bad = dt_log_reader_site(&replay->reader, &replay->parsed, &site, &target, &asked);
    if (bad) {
        note_bad(replay, bad);
        return DT_OK;
    }
    if (!asked) {
        replay->totals.requests++;
        replay->totals.unasked++;
        return DT_OK;
    }
    if (!replay->cached)
        return answer(replay, &site, target, 0, 0);
    if (!site_key(replay, &site, &key))
        return DT_ERR_NOMEM;
    uint64_t hash = dt_seen_hash(key, target);
    struct dt_seen_entry *entry = key ? dt_seen_find(&replay->requests, hash, key, target) : NULL;
    if (!entry)
        return answer(replay, &site, target, key, hash);
    entry->count++;
    return DT_OK;
}

enum dt_err dt_replay_lines(struct dt_replay *replay, struct dt_slice lines)
{
    const char *at = lines.ptr, *end = lines.ptr + lines.len;
    enum dt_err err = DT_OK;
    while (at < end && err == DT_OK) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        err = line(replay, dt_slice_of(at, (size_t)(stop - at)));
        at = stop + 1;
    }
    return err;
}
