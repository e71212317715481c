/* SPDX-License-Identifier: MIT
 *
 * The control process decides when to read the rules and what becomes of the result; jobs of its
 * own do the work. Rules that are refused change nothing: what is served stays, and the log says
 * why.
 *
 * It keeps a descriptor of each snapshot until the supervisor says that no worker maps it any more,
 * so that no worker is ever the last to let go of one: freeing it is work.
 */
#include "server/control.h"

#include "base/log.h"
#include "server/channel.h"
#include "server/job.h"
#include "server/limited.h"
#include "server/process.h"
#include "server/rulefiles.h"
#include "server/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEBOUNCE_MS 100
#define STARVED_MS 10000 /* a gentle compile that takes longer is begun again, less gently */
#define MAX_HELD 16
#define NEVER INT64_MAX

struct held {
    uint32_t generation;
    int fd;
};

struct control {
    const struct dt_control_start *start;
    struct dt_watch watch;
    struct dt_job job;
    pid_t reader;  /* of a snapshot file, before or after it is sent */
    int reader_fd; /* send this when the file is read; -1: it was sent already */
    uint64_t reader_rules;
    uint32_t generation; /* the newest that was sent */
    int64_t reload_at;   /* ms; NEVER: nothing is asked for */
    int64_t starved_at;  /* ms; when a gentle compile is looked after */
    bool ending;
    int exit_code;
    struct dt_limited_log limits;
    unsigned nheld;
    struct held held[MAX_HELD];
};

static void reload_soon(struct control *control, int64_t delay)
{
    int64_t at = dt_process_ms() + delay;
    if (control->reload_at > at)
        control->reload_at = at;
}

/* Rules were refused. At the first start there is nothing to fall back to. */
static void refused(struct control *control, int exit_code)
{
    if (control->generation == 0) {
        control->ending = true;
        control->exit_code = exit_code;
        return;
    }
    dt_log(DT_LOG_ERROR, "the rules were refused: the old ones stay");
}

static void release_before(struct control *control, uint32_t generation)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < control->nheld; i++) {
        if (control->held[i].generation < generation)
            dt_job_close(control->held[i].fd);
        else
            control->held[kept++] = control->held[i];
    }
    control->nheld = kept;
}

/* Sends a snapshot to be served, and keeps the descriptor. */
static void publish(struct control *control, int fd, uint64_t rules, bool in_memory)
{
    struct dt_message message = {.type = DT_MESSAGE_SNAPSHOT,
                                 .generation = ++control->generation,
                                 .value = rules,
                                 .in_memory = in_memory};
    if (!dt_channel_send(control->start->channel, &message, fd))
        dt_log(DT_LOG_ERROR, "the new rules could not be handed over: %s", strerror(errno));
    if (control->nheld == MAX_HELD)
        release_before(control, control->held[0].generation + 1);
    control->held[control->nheld++] = (struct held){control->generation, fd};
}

/* Conditions that nothing here can ever meet are a mistake of the command line's. */
static void warn_of_needs(const struct control *control, uint32_t needs)
{
    const struct dt_serve_options *options = control->start->options;
    if ((needs & DT_NEED_COUNTRY) && !options->country_header && !options->country_db)
        dt_log(DT_LOG_WARNING,
               "some rules have country=, and no country is known without --country-header or "
               "--country-db");
}

/* The number of rules in a snapshot and what they need; false when it cannot be used. */
static bool look_into(int fd, uint64_t *ret_rules, uint32_t *ret_needs)
{
    struct dt_snapshot snapshot;
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return false;
    size_t len = (size_t)st.st_size;
    void *mem = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    if (mem == MAP_FAILED)
        return false;
    bool good = dt_snapshot_open(mem, len, &snapshot) == DT_OK;
    munmap(mem, len);
    if (good) {
        *ret_rules = snapshot.rules;
        *ret_needs = snapshot.needs;
    }
    return good;
}

static void start_compile(struct control *control, enum dt_job_manner manner)
{
    control->starved_at = dt_process_ms() + STARVED_MS;
    if (dt_job_compile(&control->job, control->start->options, manner) != DT_OK) {
        dt_log(DT_LOG_ERROR, "cannot start to compile the rules: %s", strerror(errno));
        refused(control, 1);
    }
}

/* A snapshot is served from its file: only the header is read here. At the first start it is served
 * at once, and read into memory meanwhile; later it is read first, so that no request waits for it.
 */
static void open_snapshot(struct control *control)
{
    const struct dt_serve_options *options = control->start->options;
    struct dt_rulefiles files;
    struct dt_buf problems;
    dt_buf_init(&problems, 4096);
    enum dt_err err = dt_rulefiles_load(options->paths, 1, options->format, &problems, &files);
    if (problems.len)
        dt_log_text(DT_LOG_ERROR, problems.ptr, problems.len);
    dt_buf_release(&problems);
    int fd = err == DT_OK && !files.set ? fcntl(files.snapshot_fd, F_DUPFD_CLOEXEC, 0) : -1;
    uint64_t rules = files.snapshot.rules;
    uint32_t needs = files.snapshot.needs;
    dt_rulefiles_release(&files);
    if (fd < 0) {
        refused(control, 1);
        return;
    }
    warn_of_needs(control, needs);
    bool first = control->generation == 0;
    if (first)
        publish(control, fd, rules, false);
    else
        control->reader_fd = fd;
    control->reader_rules = rules;
    control->reader = dt_job_read_ahead(fd);
    if (control->reader < 0 && !first) {
        publish(control, fd, rules, true);
        control->reader_fd = -1;
    }
}

static void reload(struct control *control)
{
    const struct dt_serve_options *options = control->start->options;
    control->reload_at = NEVER;
    if (options->npaths == 1 && dt_rulefiles_is_snapshot(options->paths[0]))
        open_snapshot(control);
    else
        start_compile(control, control->generation > 0 ? DT_JOB_IDLE : DT_JOB_FULL);
}

/* Watches what the compile has read: @include may have named new files. One that has changed since
 * the compile began may have been read before its change, and was not watched yet. */
static void watch_names(struct control *control)
{
    char name[PATH_MAX];
    size_t len = 0;
    FILE *names = fdopen(control->job.names, "r");
    if (!names)
        return;
    control->job.names = -1;
    rewind(names);
    for (int c; (c = getc(names)) != EOF;) {
        if (len < sizeof name)
            name[len++] = (char)c;
        if (c != '\0')
            continue;
        struct stat st;
        if (len < sizeof name) {
            dt_watch_add(&control->watch, name);
            if (stat(name, &st) == 0 && st.st_mtime > control->job.wall)
                reload_soon(control, DEBOUNCE_MS);
        }
        len = 0;
    }
    fclose(names);
}

static void compiled(struct control *control, int status)
{
    struct dt_job job = control->job;
    uint64_t rules = 0;
    uint32_t needs = 0;
    control->job.pid = 0;
    dt_budget_ended(&job.budget, status);
    dt_budget_release(&job.budget);
    if (control->watch.fd >= 0)
        watch_names(control);
    if (control->job.names >= 0)
        close(control->job.names);
    if (WIFEXITED(status) && WEXITSTATUS(status) == DT_JOB_DONE &&
        look_into(job.snapshot, &rules, &needs)) {
        warn_of_needs(control, needs);
        if (control->generation > 0)
            dt_log(DT_LOG_INFO, "compiled %llu rules in %lld ms", (unsigned long long)rules,
                   (long long)(dt_process_ms() - job.since));
        publish(control, job.snapshot, rules, true);
        return;
    }
    close(job.snapshot);
    bool usage = WIFEXITED(status) && WEXITSTATUS(status) == DT_JOB_USAGE;
    refused(control, usage ? DT_JOB_USAGE : DT_JOB_REFUSED);
}

static void read_ahead_done(struct control *control)
{
    control->reader = 0;
    if (control->reader_fd >= 0) {
        publish(control, control->reader_fd, control->reader_rules, true);
        control->reader_fd = -1;
        return;
    }
    struct dt_message message = {.type = DT_MESSAGE_WARM, .generation = control->generation};
    (void)dt_channel_send(control->start->channel, &message, -1);
}

/* A gentle compile on a machine with no CPU to spare does not come forward. One that is merely long
 * is let be. */
static void give_up_gentleness(struct control *control)
{
    int status;
    int64_t now = dt_process_ms();
    if (2 * dt_job_cpu_ms(&control->job) >= now - control->job.since) {
        control->starved_at = now + STARVED_MS;
        return;
    }
    kill(control->job.pid, SIGKILL);
    waitpid(control->job.pid, &status, 0);
    close(control->job.snapshot);
    close(control->job.names);
    dt_budget_release(&control->job.budget);
    control->job.pid = 0;
    dt_log(DT_LOG_INFO, "no CPU was free to compile the rules in %d s: taking some",
           STARVED_MS / 1000);
    start_compile(control, DT_JOB_NICE);
}

static void note_limit(struct control *control, const struct dt_message *message, int fd)
{
    uint32_t rule = (uint32_t)message->value;
    uint64_t count = 0;
    if (dt_limited_add(&control->limits, message->generation, rule,
                       (uint32_t)(message->value >> 32), time(NULL), &count))
        dt_limited_name(fd, rule, count);
}

static void read_messages(struct control *control)
{
    struct dt_message message;
    int fd;
    int got;
    while ((got = dt_channel_receive(control->start->channel, &message, &fd)) > 0) {
        if (message.type == DT_MESSAGE_LIMITED)
            note_limit(control, &message, fd);
        if (fd >= 0)
            close(fd);
        if (message.type == DT_MESSAGE_RELOAD)
            reload_soon(control, 0);
        else if (message.type == DT_MESSAGE_RELEASE)
            release_before(control, message.generation);
    }
    if (got < 0)
        control->ending = true;
}

static void read_signals(struct control *control, int fd)
{
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGTERM)
            control->ending = true;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == control->job.pid)
            compiled(control, status);
        else if (pid == control->reader)
            read_ahead_done(control);
    }
}

static bool is_busy(const struct control *control)
{
    return control->job.pid > 0 || control->reader > 0;
}

/* Milliseconds until something is due; -1: nothing is. */
static int next_due(const struct control *control)
{
    int64_t at = is_busy(control) ? NEVER : control->reload_at;
    if (control->job.pid > 0 && control->job.manner == DT_JOB_IDLE)
        at = control->starved_at;
    int64_t now = dt_process_ms();
    if (control->watch.lost && at > now + 1000)
        at = now + 1000;
    if (at == NEVER)
        return -1;
    return at > now ? (int)(at - now) : 0;
}

static void do_due(struct control *control)
{
    int64_t now = dt_process_ms();
    if (control->job.pid > 0 && control->job.manner == DT_JOB_IDLE && now >= control->starved_at)
        give_up_gentleness(control);
    if (control->watch.lost && dt_watch_retry(&control->watch))
        reload_soon(control, DEBOUNCE_MS);
    if (!is_busy(control) && now >= control->reload_at)
        reload(control);
}

static void start_watch(struct control *control)
{
    const struct dt_serve_options *options = control->start->options;
    if (!options->watch)
        return;
    if (dt_watch_init(&control->watch) != DT_OK) {
        dt_log(DT_LOG_WARNING, "cannot watch files: %s", strerror(errno));
        return;
    }
    for (size_t i = 0; i < options->npaths; i++)
        dt_watch_add(&control->watch, options->paths[i]);
}

int dt_control_run(const struct dt_control_start *start)
{
    static const int signals[] = {SIGTERM, SIGCHLD, 0};
    struct control control = {.start = start,
                              .watch = {.fd = -1},
                              .reader_fd = -1,
                              .generation = start->generation,
                              .reload_at = NEVER};
    int keep[] = {start->channel};
    dt_process_begin("detour-control", start->supervisor, keep, 1);
    dt_process_unblock();
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    int signal_fd = dt_process_signals(signals);
    if (signal_fd < 0)
        return 1;
    start_watch(&control);
    reload(&control);
    while (!control.ending) {
        struct pollfd fds[] = {{.fd = start->channel, .events = POLLIN},
                               {.fd = signal_fd, .events = POLLIN},
                               {.fd = control.watch.fd, .events = POLLIN}};
        if (poll(fds, 3, next_due(&control)) < 0 && errno != EINTR)
            break;
        if (fds[0].revents)
            read_messages(&control);
        if (fds[1].revents)
            read_signals(&control, signal_fd);
        if (fds[2].revents && dt_watch_read(&control.watch))
            reload_soon(&control, DEBOUNCE_MS);
        do_due(&control);
    }
    if (control.job.pid > 0)
        kill(control.job.pid, SIGKILL);
    dt_watch_release(&control.watch);
    return control.exit_code;
}
