/* SPDX-License-Identifier: MIT
 *
 * The one walk over everything that could match a request. dt_match wants the best rule and stops
 * as soon as none can be better; dt_match_all collects every rule that matches. Both take the same
 * steps, so that an explanation cannot differ from an answer.
 *
 *   walk.c          host by host, and in each the steps below
 *   walk_node.c     exact paths, folders, and query parameters below them
 *   walk_run.c      paths with names
 *   walk_regex.c    rules whose expression decides
 *   walk_entry.c    one rule: does it match, and is it the best so far
 *   walk_capture.c  what the winner captured
 *   walk_params.c   query conditions
 */
#ifndef DT_RULES_WALK_H
#define DT_RULES_WALK_H

#include "rules/snapshot/record.h"

#include <detour/location.h>
#include <detour/match.h>

/* A rule that matches, and what its answer is made of. */
struct dt_hit {
    uint32_t rank;
    uint16_t bits; /* enum dt_entry_bit */
    uint16_t port;
    uint64_t action;         /* reference */
    uint64_t string;         /* reference + 1, or 0 */
    struct dt_slice rest;    /* of the target */
    int64_t until;           /* DT_TIME_MAX: none */
    uint64_t conditions;     /* reference; with DT_ENTRY_CONDITIONS */
    struct dt_slice queries; /* captured parameters, as stored, behind their number */
    uint32_t nqueries;
    uint32_t nconditions;
    int32_t priority;
    uint32_t params;

    /* Set only when all rules are wanted, for explaining. */
    uint32_t host_len; /* of the host pattern; 0 for any */
    uint32_t labels;   /* names in it */
    uint64_t
        place;     /* two rules with the same path, or the same names and stars in it, agree here */
    uint32_t item; /* with DT_PATH_GLOB and DT_PATH_REGEX */
    uint8_t host_kind; /* enum dt_host_kind */
    uint8_t path_kind; /* enum dt_path_kind */
};

/* A rule whose conditions were looked at. Whether that matters is known when the winner is: what
 * stands behind the winner had no say. */
struct dt_consulted {
    uint32_t rank;
    uint32_t vary;
    int64_t changes_at;
};
#define DT_CONSULTED_MAX 32u

#define DT_BOUNDS_MAX 64u

/* Where a path can be cut: at each "/", and at its end. */
struct dt_bounds {
    struct dt_slice path;
    uint32_t count;               /* of segments */
    uint32_t cuts[DT_BOUNDS_MAX]; /* cuts[i]: where segment i begins, with its "/" */
};

struct dt_walk {
    const struct dt_snapshot *snapshot;
    const struct dt_request *request;
    struct dt_match_scratch *scratch;
    struct dt_slice folded_path, folded_query; /* set when is_folded */
    struct dt_slice url;                       /* set when not empty: the subject of URL regexes */
    uint32_t url_relative, url_query;          /* where "//", and what is behind "?", begin */
    struct dt_bounds bounds[2];                /* of the path; [1] without its final slash */
    uint8_t has_bounds;                        /* a bit for each of them that is set */
    bool is_folded;
    bool found;
    enum dt_err err;
    uint64_t work;      /* so far; see dt_walk_charge */
    struct dt_hit best; /* set when found */
    struct dt_hit *all; /* NULL: only the best is wanted */
    size_t all_max;
    size_t all_count;
    struct dt_missed *missed; /* NULL: nobody wants to know; only beside `all` */
    size_t missed_max;
    size_t missed_count;

    uint32_t limited; /* expressions that hit their limit */
    uint32_t limited_rule;

    uint32_t ncaptures; /* of the best, when its target has marks */
    struct dt_capture captures[DT_CAPTURES_MAX];

    uint32_t nconsulted;
    uint32_t vary_beyond;   /* of those for which there was no room */
    int64_t changes_beyond; /* likewise */
    struct dt_consulted consulted[DT_CONSULTED_MAX];
};

/* Field by field: clearing the whole of it costs more than the rest of a small match. */
static inline void dt_walk_init(struct dt_walk *walk, const struct dt_snapshot *snapshot,
                                const struct dt_request *request, struct dt_match_scratch *scratch)
{
    walk->snapshot = snapshot;
    walk->request = request;
    walk->scratch = scratch;
    walk->url = DT_SLICE_NONE;
    walk->has_bounds = 0;
    walk->is_folded = false;
    walk->found = false;
    walk->err = DT_OK;
    walk->work = 0;
    walk->all = NULL;
    walk->all_max = 0;
    walk->all_count = 0;
    walk->missed = NULL;
    walk->limited = 0;
    walk->ncaptures = 0;
    walk->nconsulted = 0;
    walk->vary_beyond = 0;
    walk->changes_beyond = DT_TIME_MAX;
}

/* Fills walk->best, and walk->all when given (in the order found; all_count may pass all_max, what
 * is past it is not stored). walk->err when the walk could not be trusted to its end. */
void dt_walk_run(struct dt_walk *walk);

/* ---- inside the walk ---- */

/* The rules of one host pattern, and which of its paths are worth a probe. */
struct dt_walk_level {
    const struct dt_part *part;
    struct dt_slice host; /* the pattern's name */
    uint32_t labels;      /* that stand for names */
    uint8_t host_kind;
    bool stop; /* a hit here cannot be beaten by a later step of this level */
};

/* Where in the walk an entry is read. */
struct dt_walk_place {
    const struct dt_walk_level *level;
    struct dt_slice path;  /* the request's, in the form of the node */
    struct dt_slice query; /* likewise */
    size_t key_len;        /* of the prefix; of a run with a star: up to it */
    uint8_t path_kind;
    bool star; /* what is behind key_len was matched by a star */
    const struct dt_wanted *pair;

    uint32_t nnames; /* what names stand for, as slices of the request's path */
    const struct dt_slice *names;

    uint32_t item;       /* with an expression: its number, */
    uint32_t star_group; /* of a glob, */
    uint8_t item_kind;
    struct dt_slice subject; /* and what it is asked about */
};

/* Remembers that the snapshot cannot be trusted; always false. */
bool dt_walk_damaged(struct dt_walk *walk);

/* Counts what one request may cost; false with walk->err when that is too much. */
bool dt_walk_charge(struct dt_walk *walk, uint64_t steps);

/* Brings the request's path and query to lower case, once. False when walk->err is set. */
bool dt_walk_fold(struct dt_walk *walk);

/* The next record that the probe comes upon; whether it has the key is for the caller to see. False
 * at the end, or when walk->err is set. */
bool dt_walk_next(struct dt_walk *walk, struct dt_probe *probe, struct dt_record *ret);

/* walk_node.c: takes what matches under one path in one form (enum dt_node_form). These return
 * false when walk->err is set. */
bool dt_walk_node(struct dt_walk *walk, const struct dt_walk_place *place, unsigned forms);

/* walk_run.c: takes what matches of the paths with names whose first run has `depth` segments. */
bool dt_walk_runs(struct dt_walk *walk, const struct dt_walk_level *level, uint32_t depth);

/* walk_run.c: the items whose beginning the path has, each given to visit until that says false. */
bool dt_walk_shapes(struct dt_walk *walk, const struct dt_walk_level *level,
                    bool (*visit)(struct dt_walk *walk, const struct dt_walk_level *level,
                                  uint32_t item));

/* walk_regex.c: takes what matches of the rules with an expression. */
bool dt_walk_items(struct dt_walk *walk, const struct dt_walk_level *level);

/* walk_entry.c: entries in order of rank; all of them are taken that match, or the first. */
bool dt_walk_entries(struct dt_walk *walk, const struct dt_walk_place *place, struct dt_cursor *c,
                     uint64_t count);

/* walk_regex.c: asks the expression at a place; what it captured stays until the next call. */
bool dt_walk_expression(struct dt_walk *walk, const struct dt_walk_place *place, uint32_t rank,
                        const size_t **ret_groups, unsigned *ret_count);

/* walk_capture.c: fills walk->captures from a hit at a place; groups is of its expression. */
void dt_walk_capture(struct dt_walk *walk, const struct dt_walk_place *place,
                     const struct dt_hit *hit, const size_t *groups, unsigned ngroups);

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
