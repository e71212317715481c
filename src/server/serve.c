/* SPDX-License-Identifier: MIT
 *
 * The supervisor: it holds what must outlive a crash (the listeners, the newest snapshot), starts
 * the other processes, starts them again when they die, and passes signals and snapshots on. It
 * reads no file and parses nothing, so that there is little in it that can fail.
 */
#include "server/serve.h"

#include "base/log.h"
#include "server/channel.h"
#include "server/child.h"
#include "server/control.h"
#include "server/options.h"
#include "server/process.h"
#include "server/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SNAPSHOTS 16
#define CONTROL "the control process"
#define WORKER "a worker"

struct snapshot {
    uint32_t generation;
    int fd;
    uint64_t rules;
    bool in_memory;
};

struct supervisor {
    struct dt_setup setup;
    pid_t pid;
    int signals;
    struct dt_child control;
    struct dt_child *workers;
    unsigned nsnapshots; /* the last one is the newest */
    struct snapshot snapshots[MAX_SNAPSHOTS];
    uint32_t announced; /* the newest generation that the log has named */
    bool stopping;
    int64_t kill_at; /* ms; when stopping */
    int exit_code;
};

static const struct snapshot *newest(const struct supervisor *s)
{
    return s->nsnapshots ? &s->snapshots[s->nsnapshots - 1] : NULL;
}

/* ---- Starting ---- */

static void start_control(struct supervisor *s)
{
    int channel = dt_child_fork(&s->control, CONTROL);
    if (channel > 0) {
        const struct dt_control_start start = {
            .options = &s->setup.options,
            .supervisor = s->pid,
            .channel = channel,
            .generation = s->nsnapshots ? newest(s)->generation : 0,
        };
        exit(dt_control_run(&start));
    }
}

static void start_worker(struct supervisor *s, unsigned number)
{
    struct dt_child *child = &s->workers[number];
    int channel = dt_child_fork(child, WORKER);
    if (channel > 0) {
        const struct snapshot *snapshot = newest(s);
        const struct dt_worker_start start = {
            .setup = &s->setup,
            .supervisor = s->pid,
            .number = number,
            .channel = channel,
            .snapshot_fd = snapshot->fd,
            .generation = snapshot->generation,
            .in_memory = snapshot->in_memory,
        };
        exit(dt_worker_run(&start));
    }
}

static void start_what_is_due(struct supervisor *s)
{
    int64_t now = dt_process_ms();
    if (s->stopping)
        return;
    if (s->control.start_at <= now)
        start_control(s);
    for (unsigned i = 0; i < s->setup.options.workers; i++)
        if (s->workers[i].start_at <= now)
            start_worker(s, i);
}

/* ---- Stopping ---- */

static void kill_all(const struct supervisor *s, int signal)
{
    if (s->control.pid > 0)
        kill(s->control.pid, signal);
    for (unsigned i = 0; i < s->setup.options.workers; i++)
        if (s->workers[i].pid > 0)
            kill(s->workers[i].pid, signal);
}

static void stop(struct supervisor *s)
{
    if (s->stopping) {
        kill_all(s, SIGKILL);
        return;
    }
    s->stopping = true;
    /* The workers keep their own time; this is for one that does not. */
    s->kill_at = dt_process_ms() + (int64_t)s->setup.options.drain_timeout * 1000 + 2000;
    dt_setup_close_listeners(&s->setup);
    struct dt_message message = {.type = DT_MESSAGE_DRAIN};
    for (unsigned i = 0; i < s->setup.options.workers; i++)
        if (s->workers[i].pid > 0 && !dt_channel_send(s->workers[i].channel, &message, -1))
            kill(s->workers[i].pid, SIGTERM);
    if (s->control.pid > 0)
        kill(s->control.pid, SIGTERM);
}

static bool anybody_lives(const struct supervisor *s)
{
    if (s->control.pid > 0)
        return true;
    for (unsigned i = 0; i < s->setup.options.workers; i++)
        if (s->workers[i].pid > 0)
            return true;
    return false;
}

/* ---- Deaths ---- */

static void control_died(struct supervisor *s, int status)
{
    if (s->nsnapshots > 0 || s->stopping) {
        dt_child_bury(&s->control, CONTROL, status, s->stopping);
        return;
    }
    /* Nothing was ever served: its verdict on the rules is ours. */
    close(s->control.channel);
    s->control.pid = 0;
    s->stopping = true;
    s->exit_code = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1;
}

static void release_old(struct supervisor *s);

static void reap(struct supervisor *s)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == s->control.pid) {
            control_died(s, status);
            continue;
        }
        for (unsigned i = 0; i < s->setup.options.workers; i++)
            if (pid == s->workers[i].pid)
                dt_child_bury(&s->workers[i], WORKER, status, s->stopping);
    }
    release_old(s);
}

/* ---- Snapshots ---- */

/* The oldest generation that a worker may still have mapped. */
static uint32_t oldest_in_use(const struct supervisor *s)
{
    uint32_t oldest = newest(s)->generation;
    for (unsigned i = 0; i < s->setup.options.workers; i++)
        if (s->workers[i].pid > 0 && s->workers[i].adopted < oldest)
            oldest = s->workers[i].adopted;
    return oldest;
}

static void drop_before(struct supervisor *s, uint32_t generation)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < s->nsnapshots; i++) {
        if (s->snapshots[i].generation < generation)
            close(s->snapshots[i].fd);
        else
            s->snapshots[kept++] = s->snapshots[i];
    }
    s->nsnapshots = kept;
}

/* Old snapshots that nobody maps: our descriptors first, then the control process, last and gently.
 */
static void release_old(struct supervisor *s)
{
    if (s->nsnapshots < 2 || oldest_in_use(s) <= s->snapshots[0].generation)
        return;
    struct dt_message message = {.type = DT_MESSAGE_RELEASE, .generation = oldest_in_use(s)};
    drop_before(s, message.generation);
    if (s->control.pid > 0)
        (void)dt_channel_send(s->control.channel, &message, -1);
}

static void take_snapshot(struct supervisor *s, const struct dt_message *message, int fd)
{
    bool first = s->nsnapshots == 0;
    if (s->nsnapshots == MAX_SNAPSHOTS)
        drop_before(s, s->snapshots[0].generation + 1);
    s->snapshots[s->nsnapshots++] =
        (struct snapshot){message->generation, fd, message->value, message->in_memory != 0};
    for (unsigned i = 0; i < s->setup.options.workers; i++) {
        struct dt_child *child = &s->workers[i];
        if (first)
            child->start_at = 0;
        else if (child->pid > 0 && !dt_channel_send(child->channel, message, fd))
            kill(child->pid, SIGKILL); /* it reads no messages: a new one will */
    }
}

static void warm(struct supervisor *s, const struct dt_message *message)
{
    if (!s->nsnapshots || newest(s)->generation != message->generation)
        return;
    s->snapshots[s->nsnapshots - 1].in_memory = true;
    for (unsigned i = 0; i < s->setup.options.workers; i++)
        if (s->workers[i].pid > 0)
            (void)dt_channel_send(s->workers[i].channel, message, -1);
}

/* Says so when every worker answers by the newest snapshot. */
static void announce(struct supervisor *s)
{
    const struct snapshot *snapshot = newest(s);
    if (s->announced == snapshot->generation || s->stopping)
        return;
    for (unsigned i = 0; i < s->setup.options.workers; i++)
        if (s->workers[i].adopted != snapshot->generation)
            return;
    if (s->announced == 0)
        dt_setup_log(&s->setup, snapshot->rules);
    else
        dt_log(DT_LOG_INFO, "serving %llu rules now", (unsigned long long)snapshot->rules);
    s->announced = snapshot->generation;
}

/* ---- Messages and signals ---- */

static void read_control(struct supervisor *s)
{
    struct dt_message message;
    int fd;
    while (s->control.pid > 0 && dt_channel_receive(s->control.channel, &message, &fd) > 0) {
        if (message.type == DT_MESSAGE_SNAPSHOT && fd >= 0) {
            take_snapshot(s, &message, fd);
            continue;
        }
        if (fd >= 0)
            close(fd);
        if (message.type == DT_MESSAGE_WARM)
            warm(s, &message);
    }
}

/* The control process may have been started anew and not know the snapshot: it goes along. */
static void pass_limit(const struct supervisor *s, const struct dt_message *message)
{
    for (unsigned i = 0; s->control.pid > 0 && i < s->nsnapshots; i++)
        if (s->snapshots[i].generation == message->generation)
            (void)dt_channel_send(s->control.channel, message, s->snapshots[i].fd);
}

static void read_worker(struct supervisor *s, struct dt_child *child)
{
    struct dt_message message;
    int fd;
    while (child->pid > 0 && dt_channel_receive(child->channel, &message, &fd) > 0) {
        if (fd >= 0)
            close(fd);
        if (message.type == DT_MESSAGE_LIMITED)
            pass_limit(s, &message);
        if (message.type != DT_MESSAGE_ADOPTED)
            continue;
        child->adopted = message.generation;
        announce(s);
        release_old(s);
    }
}

static void read_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        struct dt_message reload = {.type = DT_MESSAGE_RELOAD};
        switch (info.ssi_signo) {
        case SIGTERM:
        case SIGINT:
        case SIGQUIT:
            stop(s);
            break;
        case SIGHUP:
            if (s->control.pid > 0)
                (void)dt_channel_send(s->control.channel, &reload, -1);
            break;
        default:
            break; /* SIGCHLD: see reap */
        }
    }
    reap(s);
}

/* Milliseconds until something is due; -1: nothing is. */
static int next_due(const struct supervisor *s)
{
    int64_t at = s->stopping ? s->kill_at : s->control.start_at;
    for (unsigned i = 0; !s->stopping && i < s->setup.options.workers; i++)
        if (s->workers[i].start_at < at)
            at = s->workers[i].start_at;
    int64_t now = dt_process_ms();
    if (at == DT_CHILD_NEVER)
        return -1;
    return at > now ? (int)(at - now) : 0;
}

static void turn(struct supervisor *s)
{
    struct pollfd fds[DT_SERVE_MAX_WORKERS + 2];
    unsigned workers = s->setup.options.workers;
    fds[0] = (struct pollfd){.fd = s->signals, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = s->control.pid > 0 ? s->control.channel : -1, .events = POLLIN};
    for (unsigned i = 0; i < workers; i++)
        fds[i + 2] = (struct pollfd){.fd = s->workers[i].pid > 0 ? s->workers[i].channel : -1,
                                     .events = POLLIN};
    if (poll(fds, workers + 2, next_due(s)) < 0)
        return;
    /* Messages before deaths: a child's last words count. A hang-up is followed by SIGCHLD; its
     * channel is closed there. */
    if (fds[1].revents & POLLIN)
        read_control(s);
    for (unsigned i = 0; i < workers; i++)
        if (fds[i + 2].revents & POLLIN)
            read_worker(s, &s->workers[i]);
    if (fds[0].revents & POLLIN)
        read_signals(s);
    if (s->stopping && dt_process_ms() >= s->kill_at)
        kill_all(s, SIGKILL);
    start_what_is_due(s);
}

static bool begin(struct supervisor *s)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD, 0};
    signal(SIGPIPE, SIG_IGN);
    s->pid = getpid();
    s->signals = dt_process_signals(signals);
    s->workers = calloc(s->setup.options.workers, sizeof *s->workers);
    if (s->signals < 0 || !s->workers) {
        dt_log(DT_LOG_ERROR, "cannot start: %s", strerror(errno));
        return false;
    }
    for (unsigned i = 0; i < s->setup.options.workers; i++)
        s->workers[i] = (struct dt_child){.channel = -1, .start_at = DT_CHILD_NEVER};
    s->kill_at = DT_CHILD_NEVER;
    start_control(s);
    return true;
}

int dt_serve(const struct dt_serve_options *options)
{
    struct supervisor s = {.control = {.channel = -1, .start_at = DT_CHILD_NEVER}, .signals = -1};
    dt_log_set_level(options->quiet ? DT_LOG_ERROR : DT_LOG_INFO);
    int code = dt_setup_init(&s.setup, options);
    if (code)
        return code;
    if (begin(&s)) {
        while (!s.stopping || anybody_lives(&s))
            turn(&s);
    } else {
        s.exit_code = 1;
    }
    for (unsigned i = 0; i < s.nsnapshots; i++)
        close(s.snapshots[i].fd);
    if (s.signals >= 0)
        close(s.signals);
    free(s.workers);
    dt_setup_release(&s.setup);
    return s.exit_code;
}
