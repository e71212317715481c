/* SPDX-License-Identifier: MIT
 *
 * What every child process does first, and small things about processes.
 */
#ifndef DT_SERVER_PROCESS_H
#define DT_SERVER_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* For a freshly forked child: its name for ps, death when the parent dies, no descriptors but 0, 1,
 * 2 and the n in keep. Exits at once when parent is gone already. */
void dt_process_begin(const char *name, pid_t parent, const int keep[], size_t n);

/* A descriptor that reads the signals in list (0 ends it), which are blocked from now on; -1 with
 * errno. */
int dt_process_signals(const int list[]);

/* Unblocks every signal. */
void dt_process_unblock(void);

/* Lets this process run only when nobody else wants the CPU, or nearly so. */
void dt_process_yield_cpu(void);

/* Milliseconds of a clock that only goes forward. */
int64_t dt_process_ms(void);

#endif
