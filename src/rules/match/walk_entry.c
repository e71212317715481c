/* SPDX-License-Identifier: MIT
 *
 * One rule, met on the way: its entry is read in place, and it is asked in the order of what costs
 * least and depends on least: scheme, port and query; its expression; whether what it captured can
 * be a host, if it asks for that; then its conditions. What was looked at to decide is noted, since
 * an answer's Vary must name it even when the rule did not apply.
 */
#include "rules/cond/cond.h"
#include "rules/match/walk.h"

bool dt_walk_damaged(struct dt_walk *walk)
{
    walk->err = DT_ERR_DAMAGED;
    return false;
}

/* What one request may cost, in steps of a few nanoseconds: no rule set is slow for a request that
 * people send, but 8,000 segments against deep folders, or 4,000 parameters against thousands of
 * rules that share one, multiply. To explain, there is time. */
#define WORK_MAX (UINT64_C(1) << 20)

bool dt_walk_charge(struct dt_walk *walk, uint64_t steps)
{
    walk->work += steps;
    if (walk->work <= WORK_MAX || walk->all)
        return true;
    walk->err = DT_ERR_LIMIT;
    return false;
}

/* ---- reading ---- */

static void skip_queries(struct dt_cursor *c, struct dt_hit *hit)
{
    hit->nqueries = (uint32_t)dt_cursor_varint(c);
    const unsigned char *start = c->pos;
    for (uint32_t i = 0; i < hit->nqueries && !c->bad; i++)
        (void)dt_cursor_bytes(c, dt_cursor_varint(c));
    hit->queries = dt_slice_of((const char *)start, (size_t)(c->pos - start));
}

/* What few rules have: conditions, captured parameters, a priority. */
static void read_more(struct dt_cursor *c, struct dt_hit *hit)
{
    hit->nconditions = 0;
    hit->nqueries = 0;
    hit->priority = 0;
    if (hit->bits & DT_ENTRY_CONDITIONS) {
        hit->nconditions = (uint32_t)dt_cursor_varint(c);
        hit->conditions = dt_cursor_varint(c);
    }
    if (hit->bits & DT_ENTRY_QUERIES)
        skip_queries(c, hit);
    if (hit->bits & DT_ENTRY_PRIORITY)
        hit->priority = (int32_t)dt_cursor_fixed(c, 4);
}

/* Reads one entry; true when scheme, port and query agree. The cursor is behind it either way. */
static bool read_entry(struct dt_walk *walk, const struct dt_walk_place *place, struct dt_cursor *c,
                       struct dt_hit *hit)
{
    const struct dt_request *request = walk->request;
    unsigned bits = dt_cursor_fixed(c, 1);
    if (bits & DT_ENTRY_MORE)
        bits |= dt_cursor_fixed(c, 1) << 8;
    hit->bits = (uint16_t)bits;
    hit->rank = (uint32_t)dt_cursor_varint(c);
    bool match = !(bits & DT_ENTRY_HTTP) || request->scheme == DT_SCHEME_HTTP;
    match = match && (!(bits & DT_ENTRY_HTTPS) || request->scheme == DT_SCHEME_HTTPS);
    hit->port = 0;
    if (bits & DT_ENTRY_PORT) {
        hit->port = (uint16_t)dt_cursor_fixed(c, 2);
        match = match && hit->port == request->port;
    }
    uint64_t others = bits & DT_ENTRY_PARAMS ? dt_cursor_varint(c) : 0;
    hit->params = (uint32_t)others + (place->pair ? 1 : 0);
    if (bits & (DT_ENTRY_PARAMS | DT_ENTRY_ONLY)) {
        if (!dt_walk_charge(walk, (others + 1) * (place->query.len / 2 + 1)))
            return false;
        bool satisfied =
            dt_params_satisfy(place->query, c, others, place->pair, bits & DT_ENTRY_ONLY);
        match = match && satisfied;
    }
    hit->string = 0;
    hit->rest = DT_SLICE_NONE;
    if (bits & DT_ENTRY_TARGET) {
        hit->string = dt_cursor_varint(c);
        hit->rest = dt_cursor_bytes(c, dt_cursor_varint(c));
    }
    if (__builtin_expect((bits & DT_ENTRY_MORE) != 0, 0)) {
        read_more(c, hit);
    } else {
        hit->nconditions = 0;
        hit->nqueries = 0;
        hit->priority = 0;
    }
    hit->action = dt_cursor_varint(c);
    return match && !c->bad;
}

/* ---- deciding ---- */

static void note_consulted(struct dt_walk *walk, uint32_t rank,
                           const struct dt_cond_outcome *outcome)
{
    if (walk->nconsulted < DT_CONSULTED_MAX) {
        walk->consulted[walk->nconsulted++] =
            (struct dt_consulted){rank, outcome->vary, outcome->changes_at};
        return;
    }
    walk->vary_beyond |= outcome->vary;
    if (outcome->changes_at < walk->changes_beyond)
        walk->changes_beyond = outcome->changes_at;
}

/* For who asks why not. */
static void miss(struct dt_walk *walk, const struct dt_hit *hit, enum dt_miss why,
                 const struct dt_cond_outcome *outcome)
{
    if (!walk->missed)
        return;
    if (walk->missed_count < walk->missed_max) {
        struct dt_missed *missed = &walk->missed[walk->missed_count];
        *missed = (struct dt_missed){.rule = hit->rank, .why = (uint8_t)why};
        if (outcome) {
            missed->condition = outcome->kind;
            missed->negated = outcome->negated;
            missed->nth = outcome->nth;
        }
    }
    walk->missed_count++;
}

/* Scheme, port or query do not agree: which? */
static void miss_source(struct dt_walk *walk, const struct dt_hit *hit)
{
    const struct dt_request *request = walk->request;
    if (((hit->bits & DT_ENTRY_HTTP) && request->scheme != DT_SCHEME_HTTP) ||
        ((hit->bits & DT_ENTRY_HTTPS) && request->scheme != DT_SCHEME_HTTPS))
        miss(walk, hit, DT_MISS_SCHEME, NULL);
    else if (hit->port && hit->port != request->port)
        miss(walk, hit, DT_MISS_PORT, NULL);
    else
        miss(walk, hit, DT_MISS_QUERY, NULL);
}

static bool conditions_hold(struct dt_walk *walk, struct dt_hit *hit)
{
    struct dt_cond_outcome outcome;
    if (!dt_walk_charge(walk, 16 * (hit->nconditions + 1)))
        return false;
    if (!dt_cond_hold(walk->snapshot, hit->conditions, walk->request, &outcome))
        return dt_walk_damaged(walk);
    note_consulted(walk, hit->rank, &outcome);
    hit->until = outcome.until;
    if (!outcome.holds)
        miss(walk, hit, DT_MISS_CONDITION, &outcome);
    return outcome.holds;
}

/* open=yes: what would be the host must be one. */
static bool host_fits(struct dt_walk *walk, const struct dt_walk_place *place,
                      const struct dt_hit *hit, const size_t *groups, unsigned ngroups)
{
    uint32_t before = walk->ncaptures;
    struct dt_capture kept[DT_CAPTURES_MAX];
    memcpy(kept, walk->captures, before * sizeof *kept);
    dt_walk_capture(walk, place, hit, groups, ngroups);
    struct dt_location parts = {
        .rest = hit->rest, .ncaptures = walk->ncaptures, .captures = walk->captures};
    bool fits = dt_location_host_ok(&parts);
    memcpy(walk->captures, kept, before * sizeof *kept);
    walk->ncaptures = before;
    return fits;
}

/* Tells paths that are equally specific from others: of two rules for one request, where static
 * segments end and where names stand. */
static uint64_t place_of(const struct dt_walk *walk, const struct dt_walk_place *place)
{
    uint64_t mark = (uint64_t)place->key_len << 1 | place->star;
    for (uint32_t i = 0; i < place->nnames; i++)
        mark = mark * UINT64_C(0x9E3779B97F4A7C15) +
               (uint64_t)(place->names[i].ptr - walk->request->path.ptr);
    return mark;
}

static void take(struct dt_walk *walk, const struct dt_walk_place *place, struct dt_hit *hit,
                 const size_t *groups, unsigned ngroups)
{
    if (walk->all) {
        hit->host_kind = place->level->host_kind;
        hit->host_len = (uint32_t)place->level->host.len;
        hit->path_kind = place->path_kind;
        hit->item = place->item;
        hit->labels = place->level->labels;
        hit->place = place_of(walk, place);
        if (walk->all_count < walk->all_max)
            walk->all[walk->all_count] = *hit;
        walk->all_count++;
    }
    if (walk->found && hit->rank >= walk->best.rank)
        return;
    walk->best = *hit;
    walk->found = true;
    if (hit->bits & DT_ENTRY_MARKS)
        dt_walk_capture(walk, place, hit, groups, ngroups);
}

/* The rest of what a rule asks for; true when it was taken. */
static bool confirm(struct dt_walk *walk, const struct dt_walk_place *place, struct dt_hit *hit)
{
    const size_t *groups = NULL;
    unsigned ngroups = 0;
    if (place->path_kind >= DT_PATH_GLOB &&
        !dt_walk_expression(walk, place, hit->rank, &groups, &ngroups))
        return false;
    if ((hit->bits & DT_ENTRY_OPEN) && !host_fits(walk, place, hit, groups, ngroups)) {
        miss(walk, hit, DT_MISS_OPEN, NULL);
        return false;
    }
    hit->until = DT_TIME_MAX;
    if ((hit->bits & DT_ENTRY_CONDITIONS) && !conditions_hold(walk, hit))
        return false;
    take(walk, place, hit, groups, ngroups);
    return true;
}

bool dt_walk_entries(struct dt_walk *walk, const struct dt_walk_place *place, struct dt_cursor *c,
                     uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct dt_hit hit;
        bool match = read_entry(walk, place, c, &hit);
        if (walk->err)
            return false;
        if (c->bad)
            return dt_walk_damaged(walk);
        if (walk->found && !walk->all && hit.rank > walk->best.rank)
            return true; /* so are all that follow */
        if (!match) {
            if (walk->missed &&
                place->path_kind < DT_PATH_GLOB) /* else its path was not looked at */
                miss_source(walk, &hit);
            continue;
        }
        bool taken = confirm(walk, place, &hit);
        if (walk->err)
            return false;
        if (taken && !walk->all)
            return true;
    }
    return !c->bad || dt_walk_damaged(walk);
}
