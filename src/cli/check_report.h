/* SPDX-License-Identifier: MIT
 *
 * What `detour check` found, as text, JSON, SARIF or JUnit.
 */
#ifndef DT_CLI_CHECK_REPORT_H
#define DT_CLI_CHECK_REPORT_H

#include "cli/check_list.h"
#include "cli/expect.h"

struct dt_check {
    const struct dt_call *call;
    int64_t at;    /* for expectations without a time, and for rules with one */
    bool at_given; /* by --at */
    struct dt_texts ignore;
    uint8_t fail_on; /* enum dt_finding_severity: this and what is worse */
    bool all;        /* as text: every repetition */
    bool verbose;    /* as text: notes, and what is silenced */

    struct dt_load load;
    bool whole;                     /* of a snapshot: every checksum agrees */
    bool ready;                     /* it could be compiled: expectations can be tried */
    const char *what;               /* of a damaged one: which part; may be NULL */
    struct dt_check_result *result; /* NULL: nothing was looked at */
    struct dt_check_list list;
};

/* Compiles what was loaded, looks at everything, and fills the list. False, with a message: memory
 * is out. */
bool dt_check_prepare(struct dt_check *check);
/* Of what dt_check_prepare made; the load is the caller's. */
void dt_check_release(struct dt_check *check);

/* Each tries the expectations, prints, and gives the exit code. */
int dt_check_text(struct dt_check *check, const struct dt_render *render);
int dt_check_json(struct dt_check *check);
int dt_check_sarif(struct dt_check *check);
int dt_check_junit(struct dt_check *check);

/* What the reports share. */

/* Error diagnostics, findings that are errors, and problems without a place. */
size_t dt_check_errors(const struct dt_check *check);
size_t dt_check_problems(const struct dt_check *check);
uint64_t dt_check_rules(const struct dt_check *check);
int dt_check_exit(const struct dt_check *check, const struct dt_expect_counts *counts);
struct dt_slice dt_check_message(const struct dt_check_item *item);
/* The line of an item; empty when there is none. */
struct dt_slice dt_check_line(const struct dt_check *check, const struct dt_check_item *item);
/* The diagnostic that a failed expectation is. */
struct dt_diag dt_check_expect_diag(const struct dt_ruleset *set,
                                    const struct dt_expect_outcome *outcome);

#endif
