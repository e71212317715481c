/* SPDX-License-Identifier: MIT
 *
 * Log lines on standard error, for programs: the library never logs. One line is one write, so that
 * lines of several processes do not mix.
 */
#ifndef DT_BASE_LOG_H
#define DT_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dt_log_level { DT_LOG_ERROR, DT_LOG_WARNING, DT_LOG_INFO };

/* Lines above this level are dropped; at first DT_LOG_INFO. */
void dt_log_set_level(enum dt_log_level level);

/* From now on a line that standard error cannot take at once is dropped and counted, and the next
 * one that goes through says how many were: for processes that may never wait. */
void dt_log_set_nonblocking(void);

/* Writes "detour: TEXT\n"; text longer than 4 KiB is cut. Keeps errno. */
void dt_log(enum dt_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes text as it is (whole lines: diagnostics of rule files), whatever its length, when the
 * level is wanted. */
void dt_log_text(enum dt_log_level level, const char *text, size_t len);

/* At most burst lines a second of one kind. All zero is a limit that has seen nothing. */
struct dt_log_limit {
    int64_t second;
    unsigned count;
    unsigned held; /* lines not written since the last one that was */
};

/* True when the caller may log now; *ret_held is then the number held back before. */
bool dt_log_allow(struct dt_log_limit *limit, int64_t now, unsigned burst, unsigned *ret_held);

#endif
