/* SPDX-License-Identifier: MIT
 *
 * A child process as the supervisor sees it: how it is started, and when it is started again.
 */
#ifndef DT_SERVER_CHILD_H
#define DT_SERVER_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define DT_CHILD_NEVER INT64_MAX

struct dt_child {
    pid_t pid;        /* 0: not running */
    int channel;      /* to it; -1: not running */
    int64_t started;  /* ms */
    int64_t start_at; /* ms; DT_CHILD_NEVER: not to be started */
    unsigned quick_deaths;
    uint32_t adopted; /* a worker: the oldest snapshot that it may have mapped; 0: none yet */
};

/* Forks, with a channel between the two. Returns the child's end in the child, 0 in the parent, and
 * -1 when it failed: that is logged, with what as its name, and tried again in a while. */
int dt_child_fork(struct dt_child *child, const char *what);

/* It has died with a status of waitpid: closes the channel, and unless it is not to come back (for
 * good) says when it is started again, and in the log why: at once, but later and later when it
 * dies young again and again. */
void dt_child_bury(struct dt_child *child, const char *what, int status, bool for_good);

#endif
