/* SPDX-License-Identifier: MIT
 *
 * Why a rule won: of two that match, the first step of precedence at which they differ. The steps
 * are those of plan_rank.c, told in words.
 */
#include "rules/match/walk.h"
#include "rules/regex/regex_pool.h"

#include <stdlib.h>

#define FIRST_ROOM 256u

static int by_rank(const void *a, const void *b)
{
    const struct dt_hit *x = a, *y = b;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static bool is_suffix(const struct dt_hit *hit)
{
    return hit->host_kind == DT_HOST_SUBDOMAINS || hit->host_kind == DT_HOST_DOMAIN ||
           hit->host_kind == DT_HOST_LABELS;
}

static const char *host_reason(const struct dt_hit *better, const struct dt_hit *worse)
{
    if (better->host_kind == DT_HOST_EXACT && worse->host_kind != DT_HOST_EXACT)
        return "the other names this host exactly";
    if (is_suffix(better) && worse->host_kind == DT_HOST_ANY)
        return "the other is for this domain, this one for any host";
    if (is_suffix(better) && is_suffix(worse) && better->host_len > worse->host_len)
        return "the other's domain is longer";
    if (better->labels && is_suffix(worse) && !worse->labels)
        return "the other says how many labels are in front of the domain";
    return NULL;
}

static const char *path_reason(const struct dt_hit *better, const struct dt_hit *worse)
{
    if (better->path_kind == DT_PATH_EXACT && worse->path_kind != DT_PATH_EXACT)
        return "the other names this path exactly";
    if (better->path_kind != DT_PATH_REGEX && worse->path_kind == DT_PATH_REGEX)
        return "regular expressions come last";
    if (better->path_kind == DT_PATH_PREFIX && worse->path_kind == DT_PATH_PREFIX &&
        better->place > worse->place)
        return "the other's path is longer";
    if (better->path_kind != DT_PATH_REGEX &&
        (better->place != worse->place || better->path_kind != worse->path_kind))
        return "the other's path says more, from the left";
    return NULL;
}

static const char *rest_reason(const struct dt_hit *better, const struct dt_hit *worse)
{
    const unsigned pins = DT_ENTRY_HTTP | DT_ENTRY_HTTPS;
    if (better->params > worse->params)
        return "the other has more query conditions";
    if (better->params == worse->params && (better->bits & DT_ENTRY_ONLY) &&
        !(worse->bits & DT_ENTRY_ONLY))
        return "the other wants exactly these query parameters";
    if (better->port && !worse->port)
        return "the other names the port";
    if ((better->bits & pins) && !(worse->bits & pins))
        return "the other names the scheme";
    if (better->nconditions > worse->nconditions)
        return "the other has more conditions";
    return NULL;
}

/* Why `worse` lost to `better`. With @order first nothing but priority and place counts. */
static const char *reason_of(const struct dt_hit *better, const struct dt_hit *worse, bool first)
{
    if ((better->bits & DT_ENTRY_MAINTENANCE) && !(worse->bits & DT_ENTRY_MAINTENANCE))
        return "the other is maintenance";
    if (better->priority != worse->priority)
        return "the other has a higher priority";
    if (first)
        return "the other comes first";
    const char *reason = host_reason(better, worse);
    if (!reason)
        reason = path_reason(better, worse);
    if (!reason)
        reason = rest_reason(better, worse);
    return reason ? reason : "the other comes first";
}

/* A parameter that the request repeats finds its rules again. */
static size_t drop_repeated(struct dt_hit *hits, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || hits[kept - 1].rank != hits[i].rank)
            hits[kept++] = hits[i];
    return kept;
}

static int by_missed(const void *a, const void *b)
{
    const struct dt_missed *x = a, *y = b;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Every rule that matches, in no order; the caller frees them. How many there are is known at the
 * end of the walk: when the room was too small, the next one will do. */
static enum dt_err collect(const struct dt_snapshot *snapshot, const struct dt_request *request,
                           struct dt_match_scratch *scratch, struct dt_hit **ret_hits,
                           size_t *ret_count)
{
    size_t room = FIRST_ROOM;
    for (;;) {
        struct dt_hit *hits = malloc(room * sizeof *hits);
        if (!hits)
            return DT_ERR_NOMEM;
        struct dt_walk walk;
        dt_walk_init(&walk, snapshot, request, scratch);
        walk.all = hits;
        walk.all_max = room;
        dt_walk_run(&walk);
        if (!walk.err && walk.all_count <= room) {
            *ret_hits = hits;
            *ret_count = walk.all_count;
            return DT_OK;
        }
        free(hits);
        if (walk.err)
            return walk.err;
        room = walk.all_count;
    }
}

static struct dt_slice expression_of(const struct dt_snapshot *snapshot, const struct dt_hit *hit)
{
    return hit->path_kind == DT_PATH_REGEX ? dt_regex_pool_text(snapshot->pool, hit->item)
                                           : DT_SLICE_NONE;
}

enum dt_err dt_match_all(const struct dt_snapshot *snapshot, const struct dt_request *request,
                         struct dt_match_scratch *scratch, size_t max, struct dt_candidate *ret,
                         size_t *ret_count)
{
    struct dt_hit *hits;
    size_t count;
    enum dt_err err = collect(snapshot, request, scratch, &hits, &count);
    if (err)
        return err;
    bool first = snapshot->flags & DT_SNAP_FIRST;
    qsort(hits, count, sizeof *hits, by_rank);
    count = drop_repeated(hits, count);
    for (size_t i = 0; i < count && i < max; i++)
        ret[i] = (struct dt_candidate){.rule = hits[i].rank,
                                       .wins = i == 0,
                                       .reason = i == 0 ? "it comes before all others"
                                                        : reason_of(&hits[0], &hits[i], first),
                                       .expression = expression_of(snapshot, &hits[i])};
    *ret_count = count < max ? count : max;
    free(hits);
    return DT_OK;
}

enum dt_err dt_match_missed(const struct dt_snapshot *snapshot, const struct dt_request *request,
                            struct dt_match_scratch *scratch, size_t max, struct dt_missed *ret,
                            size_t *ret_count)
{
    size_t room = FIRST_ROOM;
    struct dt_hit unused;
    struct dt_missed *missed = NULL;
    struct dt_walk walk;
    for (;;) {
        missed = malloc(room * sizeof *missed);
        if (!missed)
            return DT_ERR_NOMEM;
        dt_walk_init(&walk, snapshot, request, scratch);
        walk.all = &unused;
        walk.missed = missed;
        walk.missed_max = room;
        walk.missed_count = 0;
        dt_walk_run(&walk);
        if (walk.err || walk.missed_count <= room)
            break;
        room = walk.missed_count;
        free(missed);
    }
    size_t kept = 0;
    if (walk.err == DT_OK)
        qsort(missed, walk.missed_count, sizeof *missed, by_missed);
    for (size_t i = 0; walk.err == DT_OK && i < walk.missed_count && kept < max; i++)
        if (!kept || ret[kept - 1].rule != missed[i].rule)
            ret[kept++] = missed[i];
    free(missed);
    *ret_count = kept;
    return walk.err;
}
