/* SPDX-License-Identifier: MIT
 *
 * How far reading is: a line on a terminal, taken away again.
 */
#ifndef DT_CLI_LOG_PROGRESS_H
#define DT_CLI_LOG_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct dt_log_progress {
    bool shown, wanted;
    struct timespec begin, last;
};

/* Shown only when the standard error is a terminal. */
void dt_log_progress_begin(struct dt_log_progress *progress);
/* total 0: not known. */
void dt_log_progress_show(struct dt_log_progress *progress, const char *what, uint64_t done,
                          uint64_t total, uint64_t lines);
void dt_log_progress_end(struct dt_log_progress *progress);

#endif
