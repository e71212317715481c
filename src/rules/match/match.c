/* SPDX-License-Identifier: MIT
 *
 * From the best hit to a decision: the shared parts of the answer are looked up, and the Location
 * is built.
 */
#include "rules/match/walk_answer.h"

#include "rules/cond/cond.h"
#include "semantics/freshness.h"
#include <detour/status.h>

static enum dt_err build_location(const struct dt_walk *walk, const struct dt_walk_action *action,
                                  struct dt_slice *ret)
{
    struct dt_walk_parts parts;
    if (!dt_walk_parts(walk, action, &parts))
        return DT_ERR_DAMAGED;
    return dt_location_build(&parts.location, walk->scratch->location,
                             sizeof walk->scratch->location, ret);
}

/* What the choice depended on: all that was looked at in the winner and in rules before it. */
static enum dt_err fill_dependence(const struct dt_walk *walk, struct dt_decision *ret)
{
    ret->vary = DT_SLICE_NONE;
    ret->changes_at = DT_TIME_MAX;
    if (!walk->nconsulted)
        return DT_OK;
    uint32_t vary = walk->vary_beyond;
    ret->changes_at = walk->changes_beyond;
    for (uint32_t i = 0; i < walk->nconsulted; i++) {
        const struct dt_consulted *one = &walk->consulted[i];
        if (walk->found && one->rank > walk->best.rank)
            continue;
        vary |= one->vary;
        if (one->changes_at < ret->changes_at)
            ret->changes_at = one->changes_at;
    }
    if (vary && !dt_cond_vary(walk->snapshot, vary, walk->request->country_field,
                              walk->scratch->vary, sizeof walk->scratch->vary, &ret->vary))
        return DT_ERR_DAMAGED;
    return DT_OK;
}

/* Does the answer's own rule end, or only make way for another some day? */
static bool ends_itself(const struct dt_walk *walk)
{
    for (uint32_t i = 0; i < walk->nconsulted; i++)
        if (walk->consulted[i].rank == walk->best.rank)
            return walk->consulted[i].changes_at != DT_TIME_MAX;
    return false;
}

/* A cache may not keep an answer past the moment at which it changes. Where nothing is said of
 * caches, they keep permanent redirects without end (RFC 9110 section 15.1), and those are told; a
 * 410 is told only when its own rule ends, since a max-age would also invite what keeps nothing. */
static enum dt_err limit_cache(const struct dt_walk *walk, struct dt_decision *decision)
{
    int64_t now = walk->request->now;
    if (decision->changes_at == DT_TIME_MAX || !now)
        return DT_OK;
    const struct dt_status *status = dt_status_get(decision->status);
    if (!status)
        return DT_OK; /* pass */
    uint64_t left = decision->changes_at > now ? (uint64_t)(decision->changes_at - now) : 0;
    bool kept = status->heuristic_cache &&
                (status->permanence == DT_PERMANENCE_PERMANENT || ends_itself(walk));
    return dt_freshness_cap(decision->cache, left, kept, walk->scratch->cache,
                            sizeof walk->scratch->cache, &decision->cache);
}

/* Retry-After counted down to the rule's end. */
static uint32_t retry_after(const struct dt_walk *walk, const struct dt_walk_action *action)
{
    int64_t until = walk->best.until, now = walk->request->now;
    if (action->retry_after != DT_RETRY_AFTER_UNTIL)
        return action->retry_after;
    if (until == DT_TIME_MAX || !now)
        return DT_RETRY_AFTER_NONE;
    int64_t left = until > now ? until - now : 0;
    return left < INT32_MAX ? (uint32_t)left : INT32_MAX;
}

static enum dt_err decide(const struct dt_walk *walk, struct dt_decision *ret)
{
    struct dt_walk_action action;
    if (!dt_walk_read_action(walk->snapshot, walk->best.action, &action))
        return DT_ERR_DAMAGED;
    ret->matched = true;
    ret->status = action.status;
    ret->note = action.note;
    ret->rule = walk->best.rank;
    ret->retry_after = retry_after(walk, &action);
    ret->until = walk->best.until;
    ret->location = DT_SLICE_NONE;
    ret->cache = action.cache;
    ret->fields = action.fields;
    ret->page = action.page;
    ret->note_text = action.note_text;
    ret->owner = action.owner;
    enum dt_err err = DT_OK;
    if (walk->best.bits & DT_ENTRY_TARGET)
        err = build_location(walk, &action, &ret->location);
    return err ? err : limit_cache(walk, ret);
}

enum dt_err dt_match(const struct dt_snapshot *snapshot, const struct dt_request *request,
                     struct dt_match_scratch *scratch, struct dt_decision *ret)
{
    struct dt_walk walk;
    dt_walk_init(&walk, snapshot, request, scratch);
    dt_walk_run(&walk);
    if (walk.err)
        return walk.err;
    ret->matched = false;
    ret->limited = walk.limited;
    ret->limited_rule = walk.limited_rule;
    enum dt_err err = fill_dependence(&walk, ret);
    if (err || !walk.found)
        return err;
    return decide(&walk, ret);
}
