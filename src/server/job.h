/* SPDX-License-Identifier: MIT
 *
 * The control process's heavy work, each piece in a process of its own: it takes no CPU that a
 * worker wants, its memory is gone when it ends, and when it dies nothing is lost.
 */
#ifndef DT_SERVER_JOB_H
#define DT_SERVER_JOB_H

#include "server/budget.h"
#include "server/serve.h"

#include <detour/err.h>
#include <stdint.h>
#include <sys/types.h>

enum dt_job_exit {
    DT_JOB_DONE = 0,
    DT_JOB_REFUSED = 1,
    DT_JOB_USAGE = 2,
    DT_JOB_SPENT = DT_BUDGET_SPENT,
};

/* What CPU time a job takes. */
enum dt_job_manner {
    DT_JOB_FULL, /* its share: nobody is served yet */
    DT_JOB_IDLE, /* only what nobody else wants */
    DT_JOB_NICE, /* a quarter or so of a busy CPU */
};

/* A process that compiles the rules. It logs what is wrong with them. Exit status: enum
 * dt_job_exit. */
struct dt_job {
    pid_t pid;     /* 0: none is running */
    int snapshot;  /* memory file; sealed and whole when the status is DT_JOB_DONE */
    int names;     /* memory file: the paths of all files read, each ended by NUL */
    int64_t since; /* ms */
    time_t wall;   /* seconds since 1970, when it began */
    enum dt_job_manner manner;
    struct dt_budget budget; /* to be released when it has ended */
};

/* DT_ERR_IO, errno says why. */
DT_MUST_USE enum dt_err dt_job_compile(struct dt_job *job, const struct dt_serve_options *options,
                                       enum dt_job_manner manner);

/* Milliseconds of CPU time that it has had. */
int64_t dt_job_cpu_ms(const struct dt_job *job);

/* A process that reads a file into the system's memory, gently; its pid, or -1. */
pid_t dt_job_read_ahead(int fd);

/* Closes fd, and lets another process, gently, be the last to hold it: freeing a large file takes
 * milliseconds. */
void dt_job_close(int fd);

#endif
