/* SPDX-License-Identifier: MIT
 *
 * Which rules may lead to which: a graph of those whose source is open, and its cycles.
 */
#ifndef DT_RULES_CHECK_CYCLE_H
#define DT_RULES_CHECK_CYCLE_H

#include "rules/check/check_follow.h"
#include "rules/check/check_sources.h"
#include "rules/check/check_template.h"

struct dt_cycle_edge {
    uint32_t from, to; /* rules */
};

struct dt_cycle_graph {
    struct dt_follow *follow;
    struct dt_sources sources;
    struct dt_cycle_edge *edges; /* by from */
    size_t count, cap;
    uint32_t *first; /* rule -> its first edge; count + 1 of them */
    uint32_t *group; /* rule -> its group: rules that lead to one another have the same */
    char room[DT_TEMPLATE_ROOM];
    char paths[2][DT_PATHS_ROOM];
};

/* May anything that the target makes be asked of this rule? */
bool dt_cycle_meets(struct dt_cycle_graph *graph, const struct dt_template *target,
                    const struct dt_rule *to);

/* Finds the edges, then the groups. False: the checker has an error, or there are none. */
bool dt_cycle_graph_make(struct dt_cycle_graph *graph);
void dt_cycle_graph_release(struct dt_cycle_graph *graph);

/* An edge within a group is part of a cycle. */
static inline bool dt_cycle_has(const struct dt_cycle_graph *graph,
                                const struct dt_cycle_edge *edge)
{
    return graph->group[edge->from] == graph->group[edge->to];
}

#endif
