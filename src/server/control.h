/* SPDX-License-Identifier: MIT
 *
 * The control process: turns rule files into snapshots and sends them to the supervisor, at first
 * and whenever they change.
 */
#ifndef DT_SERVER_CONTROL_H
#define DT_SERVER_CONTROL_H

#include "server/serve.h"

#include <stdint.h>
#include <sys/types.h>

struct dt_control_start {
    const struct dt_serve_options *options;
    pid_t supervisor;
    int channel;         /* to the supervisor */
    uint32_t generation; /* the newest that is served; 0: nothing is served yet, and rules that are
                            refused end the process with the exit code for the program */
};

/* Runs until the supervisor is gone or SIGTERM; returns the exit code. For a process that was just
 * forked. */
int dt_control_run(const struct dt_control_start *start);

#endif
