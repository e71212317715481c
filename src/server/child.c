/* SPDX-License-Identifier: MIT
 *
 * Starting children and burying them. A crash costs its own connections and a moment; a crash that
 * comes back at once must not become a busy loop of forks.
 */
#include "server/child.h"

#include "base/log.h"
#include "server/channel.h"
#include "server/process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUICK_DEATH_MS 1000 /* a child that lived for less died young */
#define FIRST_DELAY_MS 100  /* the second time; then doubled, up to: */
#define LONGEST_DELAY_MS 10000

static int fork_with_channel(struct dt_child *child)
{
    int ends[2];
    if (dt_channel_pair(ends) != DT_OK)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        return ends[1];
    }
    int saved = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        errno = saved;
        return -1;
    }
    child->pid = pid;
    child->channel = ends[0];
    child->adopted = 0;
    return 0;
}

int dt_child_fork(struct dt_child *child, const char *what)
{
    child->start_at = DT_CHILD_NEVER;
    child->started = dt_process_ms();
    int end = fork_with_channel(child);
    if (end < 0) {
        dt_log(DT_LOG_ERROR, "cannot start %s: %s", what, strerror(errno));
        child->start_at = child->started + QUICK_DEATH_MS;
    }
    return end;
}

static void log_death(const char *what, pid_t pid, int status, int64_t delay)
{
    char when[64] = "it is started again";
    if (delay > 0)
        snprintf(when, sizeof when, "it is started again in %lld ms", (long long)delay);
    if (WIFSIGNALED(status))
        dt_log(DT_LOG_ERROR, "%s (process %d) was killed by signal %d (%s): %s", what, (int)pid,
               WTERMSIG(status), strsignal(WTERMSIG(status)), when);
    else
        dt_log(DT_LOG_ERROR, "%s (process %d) ended with status %d: %s", what, (int)pid,
               WEXITSTATUS(status), when);
}

void dt_child_bury(struct dt_child *child, const char *what, int status, bool for_good)
{
    pid_t pid = child->pid;
    int64_t now = dt_process_ms();
    int64_t delay = 0;
    close(child->channel);
    child->pid = 0;
    child->channel = -1;
    if (for_good)
        return;
    child->quick_deaths = now - child->started < QUICK_DEATH_MS ? child->quick_deaths + 1 : 0;
    if (child->quick_deaths > 1) {
        unsigned doublings = child->quick_deaths - 2 < 7 ? child->quick_deaths - 2 : 7;
        delay = (int64_t)FIRST_DELAY_MS << doublings;
        delay = delay > LONGEST_DELAY_MS ? LONGEST_DELAY_MS : delay;
    }
    child->start_at = now + delay;
    log_death(what, pid, status, delay);
}
