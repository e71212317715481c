/* SPDX-License-Identifier: MIT
 *
 * The one walk over everything that could match a request. dt_match wants the best rule and stops
 * as soon as none can be better; dt_match_all collects every rule that matches. Both take the same
 * steps, so that an explanation cannot differ from an answer.
 */
#ifndef DT_RULES_WALK_H
#define DT_RULES_WALK_H

#include "rules/record.h"

#include <detour/match.h>

/* A rule that matches, and what its answer is made of. */
struct dt_hit {
    uint32_t rank;
    int32_t priority;
    uint64_t action;       /* reference */
    uint64_t string;       /* reference + 1, or 0 */
    struct dt_slice rest;  /* of the target */
    struct dt_slice splat; /* of the path as requested */
    uint32_t host_len;     /* of the host pattern; 0 for any */
    uint32_t depth;        /* of a prefix */
    uint32_t params;
    uint16_t port;
    uint8_t bits;      /* enum dt_entry_bit */
    uint8_t host_kind; /* enum dt_host_kind */
    uint8_t path_kind; /* enum dt_path_kind */
};

struct dt_walk {
    const struct dt_snapshot *snapshot;
    const struct dt_request *request;
    struct dt_match_scratch *scratch;
    struct dt_slice folded_path, folded_query; /* set when is_folded */
    bool is_folded;
    bool found;
    enum dt_err err;
    uint64_t work;      /* so far; see charge in walk.c */
    struct dt_hit best; /* set when found */
    struct dt_hit *all; /* NULL: only the best is wanted */
    size_t all_max;
    size_t all_count;
};

/* Field by field: clearing the whole of it costs more than the rest of a small match. */
static inline void dt_walk_init(struct dt_walk *walk, const struct dt_snapshot *snapshot,
                                const struct dt_request *request, struct dt_match_scratch *scratch)
{
    walk->snapshot = snapshot;
    walk->request = request;
    walk->scratch = scratch;
    walk->is_folded = false;
    walk->found = false;
    walk->err = DT_OK;
    walk->work = 0;
    walk->all = NULL;
    walk->all_max = 0;
    walk->all_count = 0;
}

/* Fills walk->best, and walk->all when given (in the order found; all_count may pass all_max, what
 * is past it is not stored). walk->err when the walk could not be trusted to its end. */
void dt_walk_run(struct dt_walk *walk);

/* ---- walk_params.c: query conditions ---- */

/* One condition, as stored. */
struct dt_wanted {
    struct dt_slice name, value;
    bool any_value;
};

/* True when the query satisfies the conditions in `others` (an entry's DT_ENTRY_PARAMS, or empty);
 * with `only`, also when each of its parameters satisfies one of them or `pair` (may be NULL). The
 * cursor is left behind the conditions. */
bool dt_params_satisfy(struct dt_slice query, struct dt_cursor *others, uint64_t count,
                       const struct dt_wanted *pair, bool only);

#endif
