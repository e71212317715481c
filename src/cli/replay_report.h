/* SPDX-License-Identifier: MIT
 *
 * What `detour replay` found, for people and for programs.
 */
#ifndef DT_CLI_REPLAY_REPORT_H
#define DT_CLI_REPLAY_REPORT_H

#include "cli/load.h"
#include "traffic/near.h"
#include "traffic/replay.h"

struct dt_replay_log_name {
    const char *path;
    const char *format; /* NULL: it could not be read */
};

struct dt_rule_hits {
    uint32_t rule; /* number for dt_load_place */
    uint64_t hits;
};

struct dt_replay_report {
    const struct dt_load *load;
    const struct dt_replay *replay;
    const struct dt_near_index *near; /* NULL: the rules are a snapshot, or nothing was missed */
    const struct dt_replay_log_name *logs;
    size_t nlogs;
    size_t top;
    bool all;
    struct dt_rule_hits *hits; /* most hits first; those without any behind, in file order */
    size_t nhit, nrules;
};

/* Fills hits, for free(). DT_ERR_NOMEM, DT_ERR_DAMAGED. */
DT_MUST_USE enum dt_err dt_replay_report_hits(struct dt_replay_report *report);

/* The rule that a miss was perhaps meant for. */
bool dt_replay_report_near(const struct dt_replay_report *report, struct dt_slice url,
                           struct dt_near *ret);
struct dt_place dt_replay_report_place(const struct dt_replay_report *report, uint32_t rule);

/* DT_ERR_DAMAGED when a rule's place cannot be found. */
DT_MUST_USE enum dt_err dt_replay_text(const struct dt_replay_report *report,
                                       const struct dt_render *render);
int dt_replay_json(const struct dt_replay_report *report, const struct dt_command *command,
                   int code);

#endif
