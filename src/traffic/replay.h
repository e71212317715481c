/* SPDX-License-Identifier: MIT
 *
 * Answering an access log from the rules: which rules real requests hit, what they miss, and the
 * chains that they walk. Blocks of lines come in, counts go out; reading files is the caller's.
 *
 * Memory is bounded: `distinct` requests are remembered with their answers, and as many URLs that
 * no rule answers; what comes beyond is asked anew each time, and its misses are counted by a
 * sketch (sketch.h). Counts of rules and totals are always exact.
 */
#ifndef DT_TRAFFIC_REPLAY_H
#define DT_TRAFFIC_REPLAY_H

#include "traffic/log_request.h"

#include <detour/snapshot.h>

#define DT_REPLAY_BAD_SHOWN 10u
#define DT_REPLAY_CHAINS_MAX 100000u /* different ones; beyond it they are counted as others */

struct dt_replay_options {
    const struct dt_snapshot *snapshot; /* prepared; must outlive the replay */
    struct dt_log_defaults defaults;    /* wants is set here */
    size_t distinct;
    bool without_query; /* misses are counted by path */
};

struct dt_replay_bad {
    uint32_t file; /* number of the log, from 0 */
    uint64_t line; /* 1-based */
    enum dt_log_bad bad;
};

struct dt_replay_totals {
    uint64_t lines;    /* without empty ones */
    uint64_t requests; /* lines that have one: answered + passed + missed + unasked + failed */
    uint64_t answered;
    uint64_t passed; /* a rule says pass */
    uint64_t missed;
    uint64_t unasked; /* TRACE, CONNECT, "*": no rule is asked about them */
    uint64_t failed;  /* too long, or too dear, to be answered */
    uint64_t bad;
    uint64_t bad_by[DT_LOG_BAD_COUNT];
    uint64_t by_status[1000]; /* of answered ones */
    uint64_t hostless;        /* requests without a host */
    uint64_t timeless;        /* requests whose time is not known, where rules ask for it */
    bool whole;               /* every URL that was missed is known, with its exact count */
    uint64_t chained;         /* requests that walk a chain */
    uint64_t looped;
    struct dt_replay_bad first_bad[DT_REPLAY_BAD_SHOWN];
    unsigned nfirst_bad;
};

struct dt_replay_miss {
    struct dt_slice url;
    uint64_t count;
    uint64_t excess; /* the count may be too high by this */
};

struct dt_replay_hop {
    struct dt_slice url; /* of the first request that walked it */
    uint32_t rule;       /* number for dt_snapshot_origin */
    uint16_t status;
};

struct dt_replay_chain {
    uint64_t count;
    bool loop;
    unsigned again; /* of a loop: the hop that the last one leads back to */
    unsigned nhops;
    const struct dt_replay_hop *hops;
    struct dt_slice end; /* where the last one sends; empty: it does not redirect */
};

struct dt_replay;

/* NULL: no memory. */
struct dt_replay *dt_replay_new(const struct dt_replay_options *options);
void dt_replay_free(struct dt_replay *replay); /* accepts NULL */

/* What is to be read of lines besides the request: enum dt_log_want. */
unsigned dt_replay_wants(const struct dt_snapshot *snapshot);

/* From now on lines are of another log. The format must live until the next one. */
void dt_replay_log(struct dt_replay *replay, const struct dt_log_format *format);

/* Whole lines; the last may be without its end. DT_ERR_NOMEM, DT_ERR_DAMAGED. */
DT_MUST_USE enum dt_err dt_replay_lines(struct dt_replay *replay, struct dt_slice lines);
/* A line that is too long to be handed over. */
void dt_replay_long_line(struct dt_replay *replay);

/* No more lines: settles the counts. What follows is good until the replay is freed. */
DT_MUST_USE enum dt_err dt_replay_end(struct dt_replay *replay);

const struct dt_replay_totals *dt_replay_totals(const struct dt_replay *replay);
/* By number of the rule: snapshot->rules of them. */
const uint64_t *dt_replay_hits(const struct dt_replay *replay);
/* Most frequent first. */
const struct dt_replay_miss *dt_replay_misses(const struct dt_replay *replay, size_t *ret_count);
const struct dt_replay_chain *dt_replay_chains(const struct dt_replay *replay, size_t *ret_count);

#endif
