/* SPDX-License-Identifier: MIT
 *
 * What `detour diff` found, for people and for programs.
 */
#ifndef DT_CLI_DIFF_REPORT_H
#define DT_CLI_DIFF_REPORT_H

#include "cli/load.h"
#include "traffic/compare.h"

struct dt_diff_report {
    const struct dt_load *loads; /* two */
    const char *paths[2];
    struct dt_compare *compare;
    size_t top; /* groups of a kind */
    bool all, logs;
};

/* The five kinds of change, in the order of the report. */
enum dt_diff_kind {
    DT_DIFF_REMOVED,
    DT_DIFF_TARGET,
    DT_DIFF_STATUS,
    DT_DIFF_ADDED,
    DT_DIFF_OTHER,
    DT_DIFF_KINDS
};
enum dt_diff_kind dt_diff_kind_of(unsigned change);
extern const char *const dt_diff_kind_names[DT_DIFF_KINDS];

struct dt_diff_count {
    uint64_t groups, urls, hits;
};
void dt_diff_count_kinds(const struct dt_diff_report *report,
                         struct dt_diff_count ret[DT_DIFF_KINDS]);

DT_MUST_USE enum dt_err dt_diff_text(const struct dt_diff_report *report,
                                     const struct dt_render *render);
int dt_diff_json(const struct dt_diff_report *report, const struct dt_command *command, int code);

#endif
