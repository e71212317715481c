/* SPDX-License-Identifier: MIT
 *
 * The inside of a replay, for the file that answers lines and the one that sums up.
 */
#ifndef DT_TRAFFIC_REPLAY_PRIV_H
#define DT_TRAFFIC_REPLAY_PRIV_H

#include "traffic/hops.h"
#include "traffic/replay.h"
#include "traffic/seen.h"
#include "traffic/sketch.h"

enum dt_outcome_kind {
    DT_OUTCOME_ANSWERED,
    DT_OUTCOME_PASSED,
    DT_OUTCOME_MISSED,
    DT_OUTCOME_FAILED,
};

/* What became of a request. */
struct dt_outcome {
    uint8_t kind;  /* enum dt_outcome_kind */
    uint8_t walks; /* 1: a chain, 2: a loop */
    bool hostless;
    bool timeless;
    uint16_t status;
    uint32_t rule;               /* of ANSWERED and PASSED */
    struct dt_seen_entry *miss;  /* of MISSED; NULL: counted already */
    struct dt_seen_entry *chain; /* NULL: none, or one of too many */
};

struct dt_chain_row {
    bool loop;
    unsigned again, nhops;
    struct dt_replay_hop *hops;
    struct dt_slice end;
};

struct dt_replay {
    struct dt_replay_options options;
    const struct dt_log_format *format;
    uint32_t file; /* number of the log + 1 */
    uint64_t line;
    bool cached; /* the URI and the method decide, so equal requests have one answer */

    struct dt_seen sites; /* host, port, scheme, method: value is a number for the key below */
    struct dt_seen requests;
    struct dt_seen misses;
    struct dt_seen chains; /* by the numbers of their rules; value is a row of chain_rows */
    struct dt_seen_entry *last_site;
    struct dt_sketch sketch; /* of misses beyond the limit */
    struct dt_outcome *outcomes;
    size_t noutcomes, outcomes_cap;
    struct dt_chain_row *chain_rows;
    size_t nchain_rows, chain_rows_cap;

    uint64_t *hits;
    struct dt_replay_totals totals;
    struct dt_replay_miss *miss_list;
    size_t nmisses;
    struct dt_replay_chain *chain_list;
    size_t nchains;

    struct dt_arena arena; /* what chains show */
    struct dt_match_scratch scratch;
    struct dt_hops hops;
    struct dt_log_line parsed;
    struct dt_log_reader reader;
    char url[4 * DT_LOG_TARGET_MAX + 1024];
};

void dt_replay_account(struct dt_replay *replay, const struct dt_outcome *outcome, uint64_t count);

/* Notes the chain that begins with this answer, if one does. */
DT_MUST_USE enum dt_err dt_replay_chain(struct dt_replay *replay, const struct dt_request *request,
                                        const struct dt_decision *decision,
                                        struct dt_outcome *outcome);

#endif
