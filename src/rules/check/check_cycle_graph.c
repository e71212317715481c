/* SPDX-License-Identifier: MIT
 *
 * The graph of rules that may lead to one another, and its strongly connected components by
 * Tarjan's algorithm, without recursion: rule sets may be chains of a hundred thousand.
 */
#include "rules/check/check_cycle.h"

#include "rules/ruleset_priv.h"
#include <detour/status.h>

#include <stdlib.h>

#define LOOKED_MAX 4096u     /* sources that are looked at for one target */
#define EDGES_MAX (1u << 22) /* of all */

/* A rule that is for one URL is on a loop only if its own witness is. */
static bool is_node(const struct dt_cycle_graph *graph, const struct dt_rule *rule)
{
    const struct dt_action *action = dt_ruleset_action(graph->follow->checker->set, rule->action);
    const struct dt_status *status = dt_status_get(action->status);
    if (!rule->target.len || !status || !status->location)
        return false;
    return rule->path_kind != DT_PATH_EXACT ||
           (graph->follow->hosts && rule->host_kind != DT_HOST_EXACT);
}

bool dt_cycle_meets(struct dt_cycle_graph *graph, const struct dt_template *target,
                    const struct dt_rule *to)
{
    struct dt_paths made, asked;
    uint8_t scheme = target->own_scheme ? target->rule->scheme : target->scheme;
    if (scheme != DT_SCHEME_ANY && to->scheme != DT_SCHEME_ANY && scheme != to->scheme)
        return false;
    if (!(to->flags & DT_RULE_URL) &&
        !(target->own_host ? dt_hosts_meet(target->rule, to) : dt_host_among(to, target->host)))
        return false;
    dt_template_paths(target, graph->paths[0], &made);
    dt_paths_of(to, graph->paths[1], &asked);
    return dt_paths_meet(&made, &asked);
}

static bool add_edge(struct dt_cycle_graph *graph, uint32_t from, uint32_t to)
{
    void *mem = graph->edges;
    if (!dt_grow(&mem, graph->count, &graph->cap, sizeof *graph->edges)) {
        graph->follow->checker->err = DT_ERR_NOMEM;
        return false;
    }
    graph->edges = mem;
    graph->edges[graph->count++] = (struct dt_cycle_edge){from, to};
    return true;
}

static bool add_edges(struct dt_cycle_graph *graph, uint32_t from)
{
    const struct dt_ruleset *set = graph->follow->checker->set;
    const struct dt_rule *rule = dt_ruleset_rule(set, from);
    struct dt_template target;
    struct dt_paths made;
    unsigned looked = 0;
    if (!dt_template_of(rule, graph->room, &target))
        return true;
    struct dt_slice host = !target.own_host                   ? target.host
                           : rule->host_kind == DT_HOST_EXACT ? rule->host
                                                              : DT_SLICE_NONE;
    dt_template_paths(&target, graph->paths[0], &made);
    struct dt_slice form = made.forms[0];
    if (made.count > 1 && made.forms[1].len < form.len) /* the more open one finds both */
        form = made.forms[1];
    struct dt_source_walk walk;
    uint32_t to;
    dt_sources_start(&graph->sources, host, form, &walk);
    while (dt_sources_next(&walk, &to) && looked++ < LOOKED_MAX && graph->count < EDGES_MAX)
        if (is_node(graph, dt_ruleset_rule(set, to)) &&
            dt_cycle_meets(graph, &target, dt_ruleset_rule(set, to)) && !add_edge(graph, from, to))
            return false;
    return true;
}

/* ---- Components ---- */

struct tarjan {
    struct dt_cycle_graph *graph;
    uint32_t *index, *low; /* of each rule; index 0: not met yet */
    uint32_t *stack, *path, *edge;
    uint32_t stacked, depth, next, groups;
};

static void enter(struct tarjan *t, uint32_t rule)
{
    t->index[rule] = t->low[rule] = ++t->next;
    t->stack[t->stacked++] = rule;
    t->edge[t->depth] = t->graph->first[rule];
    t->path[t->depth++] = rule;
}

static void leave(struct tarjan *t)
{
    uint32_t rule = t->path[--t->depth];
    if (t->depth && t->low[rule] < t->low[t->path[t->depth - 1]])
        t->low[t->path[t->depth - 1]] = t->low[rule];
    if (t->low[rule] != t->index[rule])
        return;
    uint32_t member;
    do {
        member = t->stack[--t->stacked];
        t->graph->group[member] = t->groups;
    } while (member != rule);
    t->groups++;
}

static void visit(struct tarjan *t, uint32_t start)
{
    enter(t, start);
    while (t->depth) {
        uint32_t rule = t->path[t->depth - 1];
        if (t->edge[t->depth - 1] == t->graph->first[rule + 1]) {
            leave(t);
            continue;
        }
        uint32_t to = t->graph->edges[t->edge[t->depth - 1]++].to;
        if (!t->index[to])
            enter(t, to);
        else if (t->graph->group[to] == UINT32_MAX && t->index[to] < t->low[rule])
            t->low[rule] = t->index[to];
    }
}

static bool find_groups(struct dt_cycle_graph *graph)
{
    struct dt_checker *checker = graph->follow->checker;
    size_t count = (size_t)checker->count + 1;
    uint32_t *mem = calloc(5 * count, sizeof *mem);
    if (!mem) {
        checker->err = DT_ERR_NOMEM;
        return false;
    }
    memset(graph->group, 0xff, count * sizeof *graph->group);
    struct tarjan t = {.graph = graph,
                       .index = mem,
                       .low = mem + count,
                       .stack = mem + 2 * count,
                       .path = mem + 3 * count,
                       .edge = mem + 4 * count};
    for (uint32_t i = 0; i < checker->count; i++)
        if (!t.index[i] && graph->first[i] != graph->first[i + 1])
            visit(&t, i);
    free(mem);
    return true;
}

bool dt_cycle_graph_make(struct dt_cycle_graph *graph)
{
    struct dt_checker *checker = graph->follow->checker;
    size_t count = (size_t)checker->count + 2;
    bool any = false;
    for (uint32_t i = 0; i < checker->count && !any; i++)
        any = is_node(graph, dt_ruleset_rule(checker->set, i));
    if (!any)
        return false;
    graph->first = calloc(count, sizeof *graph->first);
    graph->group = malloc(count * sizeof *graph->group);
    if (!graph->first || !graph->group) {
        checker->err = DT_ERR_NOMEM;
        return false;
    }
    if (!dt_sources_init(&graph->sources, checker))
        return false;
    for (uint32_t i = 0; i < checker->count; i++) {
        graph->first[i] = (uint32_t)graph->count;
        if (is_node(graph, dt_ruleset_rule(checker->set, i)) && !add_edges(graph, i))
            return false;
    }
    graph->first[checker->count] = graph->first[checker->count + 1] = (uint32_t)graph->count;
    return graph->count && find_groups(graph);
}

void dt_cycle_graph_release(struct dt_cycle_graph *graph)
{
    dt_sources_release(&graph->sources);
    free(graph->edges);
    free(graph->first);
    free(graph->group);
}
