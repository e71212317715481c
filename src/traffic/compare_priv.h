/* SPDX-License-Identifier: MIT
 *
 * The inside of a comparison: requests from rules in compare.c, from logs in compare_log.c, and
 * groups in compare_sum.c.
 */
#ifndef DT_TRAFFIC_COMPARE_PRIV_H
#define DT_TRAFFIC_COMPARE_PRIV_H

#include "rules/witness/witness.h"
#include "traffic/compare.h"
#include "traffic/hops.h"
#include "traffic/seen.h"

#define DT_NEAR_PATH ((size_t)20 << 10)

struct dt_compare {
    struct dt_compare_options options;
    struct dt_witness_maker *makers[2];
    struct dt_match_scratch scratches[2];

    uint64_t *asked; /* hashes of what was asked; 0 is free */
    size_t asked_count, asked_mask;
    uint32_t *unknown[2];
    size_t unknown_cap[2];

    struct dt_seen groups; /* site: the rules; text: the change; value: a row of rows */
    struct dt_compare_group *rows;
    struct dt_compare_example **lasts; /* of each row */
    uint32_t *kept;                    /* examples of each row */
    size_t nrows, rows_cap;

    /* logs */
    const struct dt_log_format *format;
    bool cached;
    size_t noted;                   /* URLs of logs that differ */
    struct dt_seen sites, requests; /* value of a request: its row + 1; 0: the same */
    struct dt_log_line line;
    struct dt_log_reader reader;

    struct dt_compare_totals totals;
    struct dt_arena arena;
    char near_path[DT_NEAR_PATH];
    char url[4 * DT_LOG_TARGET_MAX + 1024];
    struct dt_request shown_request;
};

/* Asks both sides. A request that cannot be answered is answered with 500. */
DT_MUST_USE enum dt_err dt_compare_ask(struct dt_compare *compare, const struct dt_request *request,
                                       struct dt_decision ret[2]);
/* What changes, less what is ignored. */
unsigned dt_compare_change(const struct dt_compare *compare, const struct dt_request *request,
                           const struct dt_decision answers[2]);

/* Notes that a request is asked; *ret_new is false when one like it was. False: no memory. */
DT_MUST_USE bool dt_compare_note(struct dt_compare *compare, const struct dt_request *request,
                                 bool *ret_new);
/* The group of a difference: *ret_row is its number. False: no memory. */
DT_MUST_USE bool dt_compare_add(struct dt_compare *compare, unsigned change,
                                const struct dt_decision answers[2], uint32_t *ret_row);
/* Room for one more example of a group: NULL when it has enough, or without memory. */
struct dt_compare_example *dt_compare_keep(struct dt_compare *compare, uint32_t row);
void dt_compare_answer_of(const struct dt_decision *decision, struct dt_compare_answer *ret);

#endif
