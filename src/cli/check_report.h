/* SPDX-License-Identifier: MIT
 *
 * What `detour check` found, as text or as JSON.
 */
#ifndef DT_CLI_CHECK_REPORT_H
#define DT_CLI_CHECK_REPORT_H

#include "cli/expect.h"

struct dt_check {
    const struct dt_call *call;
    int64_t at;    /* for expectations without a time, and for rules with one */
    bool at_given; /* by --at */
    struct dt_load load;
    bool whole;       /* of a snapshot: every checksum agrees */
    const char *what; /* of a damaged one: which part; may be NULL */
};

/* Each compiles, tries the expectations, prints, and gives the exit code. */
int dt_check_text(struct dt_check *check, const struct dt_render *render);
int dt_check_json(struct dt_check *check);

#endif
