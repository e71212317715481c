/* SPDX-License-Identifier: MIT
 *
 * @expect lines: what a rule file promises, held against what its compiled rules answer.
 */
#ifndef DT_CLI_EXPECT_H
#define DT_CLI_EXPECT_H

#include "cli/load.h"

enum dt_expect_result {
    DT_EXPECT_HOLDS,
    DT_EXPECT_STATUS,   /* another status came */
    DT_EXPECT_LOCATION, /* the status is right, the Location is not */
    DT_EXPECT_FAILED,   /* the rules could not be asked: err says why */
};

struct dt_expect_outcome {
    const struct dt_expect *expect;
    enum dt_expect_result result;
    enum dt_err err;
    uint16_t status;          /* that came */
    bool matched;             /* a rule answered: place is filled */
    bool passed;              /* and says "pass" */
    struct dt_slice location; /* as sent; empty: none */
    struct dt_slice resolved; /* against the URL asked for; empty: the same as location */
    struct dt_place place;    /* of the rule that answered */
};

/* Called for each expectation, in the order of the files. outcome lives until it returns. */
typedef void dt_expect_visit(void *ctx, const struct dt_expect_outcome *outcome);

struct dt_expect_counts {
    size_t total, failed;
};

struct dt_expect_run {
    const struct dt_load *load;
    int64_t at; /* for expectations that name no time */
    dt_expect_visit *visit;
    void *ctx;
};

/* Asks the compiled rules (dt_load_compile) every @expect of the set. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_expect_try(const struct dt_expect_run *run,
                                      struct dt_expect_counts *ret);

#endif
