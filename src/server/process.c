/* SPDX-License-Identifier: MIT
 *
 * A child must not outlive its supervisor, and must not hold a copy of another's socket: a listener
 * that a forgotten process keeps open would take connections that nobody answers.
 */
#include "server/process.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FIRST_FD 3u

static int kept(unsigned fd, const int keep[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (keep[i] >= 0 && (unsigned)keep[i] == fd)
            return 1;
    return 0;
}

/* Closes every gap between the kept ones, and what is above the highest. */
static void close_others(const int keep[], size_t n)
{
    unsigned top = FIRST_FD;
    for (size_t i = 0; i < n; i++)
        if (keep[i] >= 0 && (unsigned)keep[i] >= top)
            top = (unsigned)keep[i] + 1;
    for (unsigned fd = FIRST_FD; fd < top; fd++)
        if (!kept(fd, keep, n))
            close((int)fd);
    if (syscall(SYS_close_range, top, ~0u, 0) == 0)
        return;
    long max = sysconf(_SC_OPEN_MAX); /* before Linux 5.9 */
    for (long fd = top; fd < (max > 0 ? max : 1024); fd++)
        close((int)fd);
}

void dt_process_begin(const char *name, pid_t parent, const int keep[], size_t n)
{
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    close_others(keep, n);
}

int dt_process_signals(const int list[])
{
    sigset_t set;
    sigemptyset(&set);
    for (; *list; list++)
        sigaddset(&set, *list);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

void dt_process_unblock(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void dt_process_yield_cpu(void)
{
    struct sched_param param = {0};
    setpriority(PRIO_PROCESS, 0, 19);
    (void)sched_setscheduler(0, SCHED_IDLE, &param);
}

int64_t dt_process_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
