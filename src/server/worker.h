/* SPDX-License-Identifier: MIT
 *
 * A worker process: one loop, one listener for each address, one snapshot at a time.
 */
#ifndef DT_SERVER_WORKER_H
#define DT_SERVER_WORKER_H

#include "server/options.h"

#include <sys/types.h>

struct dt_worker_start {
    const struct dt_setup *setup;
    pid_t supervisor;
    unsigned number;     /* from 0; names the listeners in setup */
    int channel;         /* to the supervisor */
    int snapshot_fd;     /* the one to begin with */
    uint32_t generation; /* its */
    bool in_memory;      /* it is in memory, not on a disk */
};

/* Serves until it is told to drain or the supervisor is gone; returns the exit code. For a process
 * that was just forked: it closes every descriptor but its own. */
int dt_worker_run(const struct dt_worker_start *start);

#endif
