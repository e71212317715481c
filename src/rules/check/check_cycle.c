/* SPDX-License-Identifier: MIT
 *
 * Loops that take a certain word in a certain place: /:x/y to /y/:x goes around for /y/y alone. Of
 * rules that may lead to one another in a circle, each target is laid over the source that it may
 * lead to; a URL that is both is asked for, with words that stand in these rules where both leave
 * it open. A client on a loop may begin anywhere on it, so the URL need not be one that leads
 * there.
 */
#include "rules/check/check_cycle.h"

#include "base/out.h"

#include <stdlib.h>

#define TRIPS_MAX (1u << 17) /* of one check */
#define WORDS 6u             /* that stand in the rules of an edge */
#define URL_ROOM (20u << 10)

struct cycles {
    struct dt_cycle_graph graph;
    struct dt_slice words[WORDS + 1];
    unsigned count; /* of words */
    uint32_t trips;
    char path[URL_ROOM / 2], url[URL_ROOM];
    char target[DT_TEMPLATE_ROOM];
    char paths[2][DT_PATHS_ROOM];
};

/* ---- A URL ---- */

static void put_host(struct dt_out *out, const struct dt_rule *rule)
{
    unsigned labels = rule->host_kind == DT_HOST_LABELS       ? rule->more->labels
                      : rule->host_kind == DT_HOST_SUBDOMAINS ? 1
                                                              : 0;
    for (unsigned i = 0; i < labels; i++)
        dt_out_put(out, DT_S("anything."));
    dt_out_put(out, rule->host_kind == DT_HOST_ANY ? DT_S("www.example.com") : rule->host);
}

static void put_query(struct dt_out *out, const struct dt_template *target,
                      const struct dt_rule *to, bool more)
{
    char mark = '?';
    if (target->query.len > 1 && !dt_location_has_marks(target->query)) {
        dt_out_put(out, target->query);
        mark = '&';
    }
    for (unsigned i = 0; i < to->nparams; i++) {
        dt_out_char(out, mark);
        dt_out_put(out, to->params[i].name);
        if (!to->params[i].any_value) {
            dt_out_char(out, '=');
            dt_out_put(out, to->params[i].value);
        }
        mark = '&';
    }
    if (more) {
        dt_out_char(out, mark);
        dt_out_put(out, DT_S("anything=1"));
    }
}

/* A URL that the target may make and the source is for. */
static bool make_url(struct cycles *cycles, const struct dt_template *target,
                     const struct dt_rule *to, struct dt_slice path, bool more,
                     struct dt_slice *ret)
{
    const struct dt_rule *from = target->rule;
    struct dt_out out = dt_out_init(cycles->url, sizeof cycles->url);
    uint8_t scheme = target->own_scheme ? from->scheme : target->scheme;
    uint16_t port = target->relative ? from->port : target->port;
    if (scheme == DT_SCHEME_ANY)
        scheme = to->scheme;
    if (!port)
        port = to->port;
    dt_out_put(&out, scheme == DT_SCHEME_HTTPS ? DT_S("https://") : DT_S("http://"));
    if (!target->own_host)
        dt_out_put(&out, target->host);
    else
        put_host(&out, from->host_kind == DT_HOST_EXACT || to->host_kind == DT_HOST_ANY ||
                               (to->host_kind != DT_HOST_EXACT && from->host.len > to->host.len)
                           ? from
                           : to);
    if (port) {
        dt_out_char(&out, ':');
        dt_out_uint(&out, port);
    }
    dt_out_put(&out, path);
    put_query(&out, target, to, more);
    *ret = dt_out_slice(&out);
    return !out.overflow;
}

/* ---- Trying ---- */

static void try_url(struct cycles *cycles, const struct dt_cycle_edge *edge, struct dt_slice url)
{
    struct dt_follow *follow = cycles->graph.follow;
    struct dt_checker *checker = follow->checker;
    const struct dt_rule *to = dt_ruleset_rule(checker->set, edge->to);
    struct dt_witness witness;
    cycles->trips++;
    if (!dt_witness_make(checker->maker, to->conditions ? edge->to : edge->from, 0, &witness) ||
        !dt_client_start_url(&follow->client, &witness.request, url) ||
        !dt_trip_go(&follow->trip, &follow->client))
        return;
    dt_follow_tell_loop(follow, false);
}

static void try_words(struct cycles *cycles, const struct dt_cycle_edge *edge,
                      const struct dt_template *target, const struct dt_paths_words *words)
{
    const struct dt_rule *to = dt_ruleset_rule(cycles->graph.follow->checker->set, edge->to);
    struct dt_paths made, asked;
    struct dt_slice path, url;
    dt_template_paths(target, cycles->paths[0], &made);
    dt_paths_of(to, cycles->paths[1], &asked);
    for (unsigned i = 0; i < made.count; i++)
        for (unsigned j = 0; j < asked.count; j++) {
            if (!dt_paths_common(made.forms[i], asked.forms[j], words, cycles->path,
                                 sizeof cycles->path, &path))
                continue;
            for (unsigned more = 0; more < (cycles->graph.follow->queries ? 2u : 1u); more++)
                if (make_url(cycles, target, to, path, more, &url))
                    try_url(cycles, edge, url);
        }
}

/* The segments of a source that are written out. */
static void take_words(struct cycles *cycles, const struct dt_rule *rule)
{
    struct dt_slice path = rule->path;
    if (rule->path_kind == DT_PATH_REGEX)
        return;
    for (size_t i = 0; i < path.len && cycles->count < WORDS;) {
        size_t end = i + 1;
        bool open = false;
        for (; end < path.len && path.ptr[end] != '/'; end++)
            open |= (unsigned char)path.ptr[end] < 0x20;
        struct dt_slice word = dt_slice_of(path.ptr + i + 1, end - i - 1);
        bool known = !word.len || open;
        for (unsigned k = 0; k < cycles->count && !known; k++)
            known = dt_slice_eq(cycles->words[k], word);
        if (!known)
            cycles->words[cycles->count++] = word;
        i = end;
    }
}

static void try_edge(struct cycles *cycles, const struct dt_cycle_edge *edge)
{
    const struct dt_ruleset *set = cycles->graph.follow->checker->set;
    static const struct dt_slice fresh[] = {{"anything", 8}, {"other", 5}, {"third", 5}};
    struct dt_template target;
    if (!dt_template_of(dt_ruleset_rule(set, edge->from), cycles->target, &target))
        return;
    cycles->count = 0;
    take_words(cycles, dt_ruleset_rule(set, edge->from));
    take_words(cycles, dt_ruleset_rule(set, edge->to));
    for (unsigned stars = 0; stars < 2; stars++) {
        const struct dt_paths_words open = {fresh, 3, stars};
        try_words(cycles, edge, &target, &open);
        for (unsigned i = 0; i < cycles->count; i++) {
            const struct dt_paths_words same = {&cycles->words[i], 1, stars};
            try_words(cycles, edge, &target, &same);
        }
        const struct dt_paths_words turn = {cycles->words, cycles->count, stars};
        if (cycles->count > 1)
            try_words(cycles, edge, &target, &turn);
    }
}

static bool both_told(const struct dt_follow *follow, const struct dt_cycle_edge *edge)
{
    return (follow->flags[edge->from] & DT_FOLLOW_LOOP) &&
           (follow->flags[edge->to] & DT_FOLLOW_LOOP);
}

void dt_follow_cycles(struct dt_follow *follow)
{
    struct dt_checker *checker = follow->checker;
    struct cycles *cycles = malloc(sizeof *cycles);
    if (!cycles) {
        checker->err = DT_ERR_NOMEM;
        return;
    }
    cycles->trips = 0;
    cycles->graph = (struct dt_cycle_graph){.follow = follow};
    if (dt_cycle_graph_make(&cycles->graph))
        for (size_t i = 0; i < cycles->graph.count && !checker->err; i++) {
            const struct dt_cycle_edge *edge = &cycles->graph.edges[i];
            if (cycles->trips < TRIPS_MAX && dt_cycle_has(&cycles->graph, edge) &&
                !both_told(follow, edge))
                try_edge(cycles, edge);
        }
    dt_cycle_graph_release(&cycles->graph);
    free(cycles);
}
