/* SPDX-License-Identifier: MIT
 *
 * Chains resolved. A rule may send straight to where the next one sends when that changes nothing
 * for any request: whatever the rule's target makes, for all its captures and queries, must be
 * answered by that one rule, for any client at any time; no rule that comes before it may have a
 * part of it. Then both targets are put together. What cannot be proven stays as it is.
 */
#include "rules/check/check_compose.h"
#include "rules/check/check_cover.h"
#include "rules/check/check_follow.h"
#include "rules/check/check_sources.h"

#include "semantics/query.h"
#include <detour/status.h>

#include <stdlib.h>

#define CANDIDATES_MAX 4096u

struct flatten {
    struct dt_follow *follow;
    struct dt_sources sources;
    uint32_t *place; /* rule -> its place in the order of precedence */
    char room[DT_TEMPLATE_ROOM];
    char paths[3][DT_PATHS_ROOM];
    char text[2][DT_TEMPLATE_ROOM]; /* targets, from one hop to the next */
};

/* ---- Will the next rule always match? ---- */

static bool origin_has(const struct dt_template *target, const struct dt_rule *next)
{
    const struct dt_rule *rule = target->rule;
    uint8_t scheme = target->own_scheme ? rule->scheme : target->scheme;
    uint16_t port = target->relative ? rule->port : target->port;
    return (next->scheme == DT_SCHEME_ANY || next->scheme == scheme) &&
           (!next->port || next->port == port);
}

static bool host_has(const struct dt_template *target, const struct dt_rule *next)
{
    return target->own_host ? dt_hosts_cover(next, target->rule)
                            : dt_host_among(next, target->host);
}

/* The parameters that are asked for stand in the target itself. */
static bool query_has(const struct flatten *flatten, const struct dt_template *target,
                      const struct dt_rule *next)
{
    struct dt_slice query = dt_slice_from(target->query, 1), rest = query;
    struct dt_query_param param;
    for (unsigned i = 0; i < next->nparams; i++) {
        bool found = false;
        for (rest = query; !found && dt_query_next(&rest, &param);)
            found = dt_slice_eq(param.name, next->params[i].name) &&
                    (next->params[i].any_value || dt_slice_eq(param.value, next->params[i].value));
        if (!found)
            return false;
    }
    if (!(next->flags & DT_RULE_EXACT_QUERY))
        return true;
    if (!dt_compose_no_query(flatten->follow->checker->set, target->rule))
        return false;
    for (rest = query; dt_query_next(&rest, &param);) {
        bool found = false;
        for (unsigned i = 0; i < next->nparams && !found; i++)
            found = dt_slice_eq(param.name, next->params[i].name);
        if (!found)
            return false;
    }
    return true;
}

static bool always_matches(struct flatten *flatten, const struct dt_template *target,
                           const struct dt_paths *paths, const struct dt_rule *next)
{
    const struct dt_action *action = dt_ruleset_action(flatten->follow->checker->set, next->action);
    const struct dt_status *status = dt_status_get(action->status);
    struct dt_paths sources;
    if (!status || !status->location || !next->target.len || next->conditions ||
        (next->flags & DT_RULE_OPEN) || action->fields.len)
        return false;
    dt_paths_of(next, flatten->paths[1], &sources);
    return host_has(target, next) && origin_has(target, next) && dt_paths_cover(&sources, paths) &&
           query_has(flatten, target, next);
}

/* ---- Will it always win? ---- */

static bool may_match(struct flatten *flatten, const struct dt_template *target,
                      const struct dt_paths *paths, const struct dt_rule *other)
{
    const struct dt_checker *checker = flatten->follow->checker;
    const struct dt_rule *rule = target->rule;
    uint8_t scheme = target->own_scheme ? rule->scheme : target->scheme;
    uint16_t port = target->relative ? rule->port : target->port;
    struct dt_paths sources;
    if (scheme != DT_SCHEME_ANY && other->scheme != DT_SCHEME_ANY && scheme != other->scheme)
        return false;
    if (port && other->port && port != other->port)
        return false;
    if (other->conditions &&
        dt_conditions_over(dt_ruleset_conditions(checker->set, other->conditions), checker->now))
        return false;
    if (other->flags & DT_RULE_URL)
        return true;
    if (!(target->own_host ? dt_hosts_meet(other, rule) : dt_host_among(other, target->host)))
        return false;
    dt_paths_of(other, flatten->paths[1], &sources);
    return dt_paths_meet(&sources, paths);
}

/* Where the other rule would have the target, it has had the request already: it takes all that the
 * rule is for on its hosts, which the target does not leave. */
static bool was_first(struct flatten *flatten, const struct dt_template *target, uint32_t number,
                      uint32_t by)
{
    const struct dt_rule *other = dt_ruleset_rule(flatten->follow->checker->set, by);
    struct dt_paths sources, paths;
    bool open = other->conditions || other->nparams ||
                (other->flags & (DT_RULE_EXACT_QUERY | DT_RULE_OPEN | DT_RULE_URL));
    if (open || !target->relative || other->path_kind == DT_PATH_REGEX ||
        flatten->place[number] < flatten->place[by])
        return false;
    dt_paths_of(other, flatten->paths[1], &sources);
    dt_paths_of(target->rule, flatten->paths[2], &paths);
    return dt_paths_cover(&sources, &paths);
}

static bool always_wins(struct flatten *flatten, const struct dt_template *target,
                        const struct dt_paths *paths, uint32_t number, uint32_t next)
{
    const struct dt_ruleset *set = flatten->follow->checker->set;
    struct dt_slice host = target->own_host ? target->rule->host : target->host;
    if (target->own_host && target->rule->host_kind != DT_HOST_EXACT)
        host = DT_SLICE_NONE;
    unsigned looked = 0;
    for (unsigned i = 0; i < paths->count; i++) {
        struct dt_source_walk walk;
        uint32_t other;
        dt_sources_start(&flatten->sources, host, paths->forms[i], &walk);
        while (dt_sources_next(&walk, &other)) {
            if (flatten->place[other] >= flatten->place[next])
                continue;
            const struct dt_rule *rule = dt_ruleset_rule(set, other);
            if (++looked > CANDIDATES_MAX || (may_match(flatten, target, paths, rule) &&
                                              !was_first(flatten, target, number, other)))
                return false;
        }
    }
    return true;
}

/* ---- One rule ---- */

/* One status for several: permanent when all are, the method kept when all keep it. */
static uint16_t status_of(const struct dt_trip *trip, uint32_t hops)
{
    bool permanent = true, keep = true, other = false;
    for (uint32_t i = 0; i < hops; i++) {
        const struct dt_status *status = dt_status_get(trip->hops[i].status);
        permanent = permanent && status->permanence == DT_PERMANENCE_PERMANENT;
        keep = keep && status->method == DT_METHOD_KEEP;
        other = other || status->method == DT_METHOD_GET;
    }
    if (other)
        return 303;
    if (keep)
        return permanent ? 308 : 307;
    return permanent ? 301 : 302;
}

struct hop {
    uint32_t number, next; /* the rule, and the one that answers its target */
};

static bool step(struct flatten *flatten, struct dt_rule *rule, struct hop hop, char *mem)
{
    const struct dt_ruleset *set = flatten->follow->checker->set;
    struct dt_compose hops = {.set = set, .rule = rule, .next = dt_ruleset_rule(set, hop.next)};
    struct dt_paths paths;
    struct dt_slice text;
    if (!dt_template_of(rule, flatten->room, &hops.target) || !dt_template_is_whole(&hops.target))
        return false;
    dt_template_paths(&hops.target, flatten->paths[0], &paths);
    if (!always_matches(flatten, &hops.target, &paths, hops.next) ||
        !always_wins(flatten, &hops.target, &paths, hop.number, hop.next) ||
        !dt_compose(&hops, mem, DT_TEMPLATE_ROOM, &text))
        return false;
    rule->target = text;
    return true;
}

static void flatten_trip(struct flatten *flatten, uint32_t number)
{
    struct dt_checker *checker = flatten->follow->checker;
    const struct dt_trip *trip = &flatten->follow->trip;
    struct dt_rule rule = *dt_ruleset_rule(checker->set, number);
    uint32_t hops = 1;
    while (hops < trip->count && step(flatten, &rule, (struct hop){number, trip->hops[hops].rule},
                                      flatten->text[hops & 1]))
        hops++;
    if (hops > 1)
        dt_check_flat_add(checker, number, status_of(trip, hops), rule.target);
}

static bool prepare(struct flatten *flatten)
{
    struct dt_checker *checker = flatten->follow->checker;
    flatten->place = malloc(((size_t)checker->count + 1) * sizeof *flatten->place);
    if (!flatten->place) {
        checker->err = DT_ERR_NOMEM;
        return false;
    }
    for (uint32_t i = 0; i < checker->count; i++)
        flatten->place[checker->order[i]] = i;
    return dt_sources_init(&flatten->sources, checker);
}

static void flatten_all(struct flatten *flatten)
{
    struct dt_follow *follow = flatten->follow;
    struct dt_checker *checker = follow->checker;
    struct dt_witness witness;
    for (uint32_t i = 0; i < checker->count && !checker->err; i++) {
        if (!(follow->flags[i] & DT_FOLLOW_OWN) || (follow->flags[i] & DT_FOLLOW_LOOP) ||
            !dt_witness_make(checker->maker, i, 0, &witness) ||
            !dt_follow_request(follow, &witness.request))
            continue;
        if (follow->trip.end == DT_TRIP_ENDS && follow->trip.hops[0].rule == i)
            flatten_trip(flatten, i);
    }
}

void dt_follow_flatten(struct dt_follow *follow)
{
    struct dt_checker *checker = follow->checker;
    bool any = false;
    for (uint32_t i = 0; i < checker->count && !any; i++)
        any = follow->flags[i] & DT_FOLLOW_OWN;
    if (!any)
        return;
    struct flatten *flatten = calloc(1, sizeof *flatten);
    if (!flatten) {
        checker->err = DT_ERR_NOMEM;
        return;
    }
    flatten->follow = follow;
    if (prepare(flatten))
        flatten_all(flatten);
    dt_sources_release(&flatten->sources);
    free(flatten->place);
    free(flatten);
}
