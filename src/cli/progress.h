/* SPDX-License-Identifier: MIT
 *
 * One line on a terminal that says how far long work has come.
 */
#ifndef DT_CLI_PROGRESS_H
#define DT_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct dt_progress {
    const char *verb, *noun; /* "checking", "rule" */
    uint64_t number;         /* of them */
    struct timespec begin;
    bool terminal; /* stderr is one */
    bool shown;
    int percent; /* that was shown last */
};

void dt_progress_begin(struct dt_progress *progress, const char *verb, uint64_t number,
                       const char *noun);

/* "checking 1,000,000 rules ... 42 %", when it is a terminal and the work has taken a second. ctx
 * is a struct dt_progress. */
void dt_progress_tell(void *ctx, uint64_t done, uint64_t total);

/* Takes the line away. */
void dt_progress_end(struct dt_progress *progress);

#endif
