/* SPDX-License-Identifier: MIT
 *
 * Telling a trip: a loop at the first of its rules, a chain at the rule with which it begins, since
 * that is the one to mend.
 */
#include "rules/check/check_follow.h"

#include "base/buf.h"
#include <detour/status.h>

#define MESSAGE_MAX 4000u
#define HOPS_TOLD 6u
#define URL_TOLD 300u /* bytes of a URL in a message */

static void put_url(struct dt_buf *out, struct dt_slice url)
{
    bool cut = url.len > URL_TOLD;
    dt_buf_put(out, dt_slice_of(url.ptr, cut ? URL_TOLD : url.len));
    if (cut)
        dt_buf_str(out, "...");
}

static void put_place(struct dt_buf *out, const struct dt_checker *checker, uint32_t rule)
{
    const struct dt_rule *of = dt_ruleset_rule(checker->set, rule);
    struct dt_slice file = dt_ruleset_file(checker->set, of->file);
    dt_buf_printf(out, "%.*s:%u", DT_SLICE_FMT(file), of->line);
}

/* "301 to http://www.example.com/b (news.rules:5)" */
static void put_hop(struct dt_buf *out, const struct dt_follow *follow, uint32_t hop, uint32_t told)
{
    const struct dt_trip *trip = &follow->trip;
    uint32_t rule = trip->hops[hop].rule;
    dt_buf_printf(out, "%u to ", trip->hops[hop].status);
    put_url(out, hop + 1 == trip->count ? dt_trip_final(trip) : dt_trip_url(trip, hop + 1));
    if (rule == told)
        return;
    dt_buf_str(out, " (");
    put_place(out, follow->checker, rule);
    dt_buf_char(out, ')');
}

static void put_hops(struct dt_buf *out, const struct dt_follow *follow, uint32_t from,
                     uint32_t count, uint32_t told)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i == HOPS_TOLD) {
            dt_buf_str(out, ", ...");
            return;
        }
        dt_buf_str(out, i ? ", " : "");
        put_hop(out, follow, from + i, told);
    }
}

static bool marked(const struct dt_follow *follow, uint32_t rule, enum dt_follow_flag flag)
{
    return (follow->flags[rule] & (unsigned)flag) != 0;
}

static void mark(struct dt_follow *follow, uint32_t rule, enum dt_follow_flag flag)
{
    follow->flags[rule] = (uint8_t)(follow->flags[rule] | (unsigned)flag);
}

static struct dt_finding *add(struct dt_follow *follow, enum dt_finding_id kind, uint32_t rule,
                              struct dt_slice example, const struct dt_buf *text)
{
    if (dt_buf_err(text) == DT_ERR_NOMEM)
        follow->checker->err = DT_ERR_NOMEM;
    return dt_check_add(follow->checker, kind, rule, example, "%.*s",
                        DT_SLICE_FMT(dt_buf_slice(text)));
}

/* ---- Loops ---- */

/* The hop of [from, to) whose rule comes first in the files. */
static uint32_t first_hop(const struct dt_trip *trip, uint32_t from, uint32_t to)
{
    uint32_t best = from;
    for (uint32_t i = from + 1; i < to; i++)
        if (trip->hops[i].rule < trip->hops[best].rule)
            best = i;
    return best;
}

/* A loop is known by its rules. True when these are all part of loops that were told, one of them
 * at a rule of this one. */
static bool loop_is_known(const struct dt_follow *follow, uint32_t from, uint32_t to)
{
    bool told = false;
    for (uint32_t i = from; i < to; i++) {
        if (!marked(follow, follow->trip.hops[i].rule, DT_FOLLOW_LOOP))
            return false;
        told = told || marked(follow, follow->trip.hops[i].rule, DT_FOLLOW_TOLD);
    }
    return told;
}

static void put_circle(struct dt_buf *text, const struct dt_follow *follow, uint32_t first)
{
    const struct dt_trip *trip = &follow->trip;
    uint32_t count = trip->count - trip->circle;
    dt_buf_printf(text, count == 1 ? "sends back to itself: " : "a circle of %u hops: ", count);
    for (uint32_t i = 0; i < count; i++) {
        if (i == HOPS_TOLD) {
            dt_buf_str(text, ", ...");
            return;
        }
        dt_buf_str(text, i ? ", " : "");
        uint32_t hop = trip->circle + (first - trip->circle + i) % count;
        put_hop(text, follow, hop, trip->hops[first].rule);
    }
}

static void tell_circle(struct dt_follow *follow, bool possible)
{
    const struct dt_trip *trip = &follow->trip;
    uint32_t count = trip->count - trip->circle;
    if (loop_is_known(follow, trip->circle, trip->count))
        return;
    uint32_t first = first_hop(trip, trip->circle, trip->count);
    uint32_t next = trip->circle + (first - trip->circle + 1) % count;
    struct dt_buf text;
    dt_buf_init(&text, MESSAGE_MAX);
    put_circle(&text, follow, first);
    struct dt_finding *finding =
        add(follow, possible || trip->unsure ? DT_FIND_LOOP_POSSIBLE : DT_FIND_LOOP,
            trip->hops[first].rule, dt_trip_url(trip, first), &text);
    if (finding)
        finding->other = trip->hops[next].rule;
    mark(follow, trip->hops[first].rule, DT_FOLLOW_TOLD);
    for (uint32_t i = trip->circle; i < trip->count; i++)
        mark(follow, trip->hops[i].rule, DT_FOLLOW_LOOP);
    dt_buf_release(&text);
}

/* No URL comes again, but rules do; what they are is seen in the second half. */
static void tell_growth(struct dt_follow *follow, bool possible)
{
    const struct dt_trip *trip = &follow->trip;
    uint32_t half = trip->count / 2;
    if (loop_is_known(follow, half, trip->count))
        return;
    uint32_t rule = trip->hops[first_hop(trip, half, trip->count)].rule;
    uint32_t at = 0;
    while (trip->hops[at].rule != rule)
        at++;
    struct dt_buf text;
    dt_buf_init(&text, MESSAGE_MAX);
    dt_buf_str(&text, "the URL changes with each hop, without end: ");
    put_hops(&text, follow, at, 3, rule);
    dt_buf_str(&text, ", ...");
    struct dt_finding *finding =
        add(follow, possible || trip->unsure ? DT_FIND_LOOP_POSSIBLE : DT_FIND_LOOP, rule,
            dt_trip_url(trip, at), &text);
    if (finding)
        finding->other = trip->hops[at + 1].rule;
    mark(follow, rule, DT_FOLLOW_TOLD);
    for (uint32_t i = half; i < trip->count; i++)
        mark(follow, trip->hops[i].rule, DT_FOLLOW_LOOP);
    dt_buf_release(&text);
}

void dt_follow_tell_loop(struct dt_follow *follow, bool possible)
{
    if (follow->trip.end == DT_TRIP_CIRCLE)
        tell_circle(follow, possible);
    else if (follow->trip.end == DT_TRIP_GROWS)
        tell_growth(follow, possible);
}

/* ---- Chains ---- */

static void put_chain(struct dt_buf *text, const struct dt_follow *follow)
{
    const struct dt_trip *trip = &follow->trip;
    uint32_t told = trip->hops[0].rule;
    uint32_t count = trip->end == DT_TRIP_CIRCLE ? trip->circle : trip->count;
    if (trip->end == DT_TRIP_ENDS) {
        dt_buf_printf(text, "%u hops to ", count);
        put_url(text, dt_trip_final(trip));
    } else if (trip->end == DT_TRIP_LONG) {
        dt_buf_printf(text, "more than %u hops", count);
    } else {
        dt_buf_str(text, "leads into a loop");
    }
    dt_buf_str(text, ": ");
    put_hops(text, follow, 0, count, told);
    if (trip->last == UINT32_MAX)
        return;
    dt_buf_str(text, ", which is answered by ");
    put_place(text, follow->checker, trip->last);
}

static bool is_mixed(const struct dt_trip *trip)
{
    unsigned seen = 0;
    for (uint32_t i = 0; i < trip->count; i++)
        seen |= 1u << dt_status_get(trip->hops[i].status)->permanence;
    return (seen & 1u << DT_PERMANENCE_PERMANENT) && (seen & 1u << DT_PERMANENCE_TEMPORARY);
}

static void tell_mixed(struct dt_follow *follow)
{
    const struct dt_trip *trip = &follow->trip;
    struct dt_buf text;
    dt_buf_init(&text, MESSAGE_MAX);
    for (uint32_t i = 0; i < trip->count && i < HOPS_TOLD; i++)
        dt_buf_printf(&text, "%s%u", i ? ", then " : "", trip->hops[i].status);
    dt_buf_str(&text, trip->count > HOPS_TOLD ? ", ... to " : " to ");
    put_url(&text, dt_trip_final(trip));
    struct dt_finding *finding =
        add(follow, DT_FIND_CHAIN_MIXED, trip->hops[0].rule, dt_trip_url(trip, 0), &text);
    if (finding)
        finding->other = trip->hops[1].rule;
    dt_buf_release(&text);
}

static void tell_chain(struct dt_follow *follow)
{
    const struct dt_trip *trip = &follow->trip;
    uint32_t rule = trip->hops[0].rule;
    if (marked(follow, rule, DT_FOLLOW_CHAIN))
        return;
    mark(follow, rule, DT_FOLLOW_CHAIN);
    struct dt_buf text;
    dt_buf_init(&text, MESSAGE_MAX);
    put_chain(&text, follow);
    struct dt_finding *finding = add(follow, DT_FIND_CHAIN, rule, dt_trip_url(trip, 0), &text);
    if (finding)
        finding->other = trip->hops[1].rule;
    dt_buf_release(&text);
    if (trip->end == DT_TRIP_ENDS && is_mixed(trip))
        tell_mixed(follow);
}

/* ---- What may be a loop ---- */

/* The hop at which an expression answers that has answered before; 0: there is none. */
static uint32_t expression_again(const struct dt_follow *follow)
{
    const struct dt_trip *trip = &follow->trip;
    for (uint32_t i = 1; i < trip->count; i++) {
        uint32_t rule = trip->hops[i].rule;
        if (dt_ruleset_rule(follow->checker->set, rule)->path_kind != DT_PATH_REGEX)
            continue;
        for (uint32_t j = 0; j < i; j++)
            if (trip->hops[j].rule == rule)
                return i;
    }
    return 0;
}

/* What an expression captures is not known: when one leads back to itself, though in the example
 * the way ends, for other words it may not. */
static void tell_possible(struct dt_follow *follow)
{
    const struct dt_trip *trip = &follow->trip;
    uint32_t at = trip->end == DT_TRIP_ENDS ? expression_again(follow) : 0;
    uint32_t rule = trip->hops[at].rule;
    if (!at || marked(follow, rule, DT_FOLLOW_TOLD))
        return;
    mark(follow, rule, DT_FOLLOW_TOLD);
    struct dt_buf text;
    dt_buf_init(&text, MESSAGE_MAX);
    dt_buf_str(&text, "its expression answers again behind its own target: ");
    put_hops(&text, follow, 0, trip->count, rule);
    (void)add(follow, DT_FIND_LOOP_POSSIBLE, rule, dt_trip_url(trip, 0), &text);
    dt_buf_release(&text);
}

void dt_follow_tell(struct dt_follow *follow)
{
    const struct dt_trip *trip = &follow->trip;
    dt_follow_tell_loop(follow, false);
    tell_possible(follow);
    /* What is part of a loop has no end to be sent to. */
    if (trip->count > 1 && !marked(follow, trip->hops[0].rule, DT_FOLLOW_LOOP))
        tell_chain(follow);
}
