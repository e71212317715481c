/* SPDX-License-Identifier: MIT
 *
 * Compiling a million rules takes a second of CPU and hundreds of megabytes. A worker on the same
 * core must not feel it: a process of the SCHED_IDLE class runs only when nobody else wants to, and
 * gives way at once.
 */
#include "server/job.h"

#include "base/file.h"
#include "base/log.h"
#include "server/process.h"
#include "server/rulefiles.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PROBLEMS_MAX (1u << 20)
#define LOG_CHUNK (64u << 10)
#define READ_SLICE (1u << 20)

static void log_diags(const struct dt_ruleset *set)
{
    struct dt_buf text;
    dt_buf_init(&text, LOG_CHUNK * 4);
    for (size_t i = 0; i < dt_ruleset_diag_count(set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(set, i);
        bool error = diag->severity == DT_SEVERITY_ERROR;
        dt_rulefiles_diag(set, diag, &text);
        dt_log_text(error ? DT_LOG_ERROR : DT_LOG_WARNING, text.ptr, text.len);
        dt_buf_clear(&text);
    }
    dt_buf_release(&text);
}

static void write_names(const struct dt_rulefiles *files, int fd)
{
    const struct dt_rulefiles_text *at = NULL;
    const char *name;
    while ((name = dt_rulefiles_next(files, &at)) != NULL) {
        size_t size = strlen(name) + 1;
        if (write(fd, name, size) != (ssize_t)size)
            return;
    }
}

static enum dt_err compile_set(struct dt_ruleset *set, int fd)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return DT_ERR_IO;
    enum dt_err err = dt_rulefiles_compile(set, seed, (uint64_t)time(NULL), fd);
    struct stat st;
    if (!err && fstat(fd, &st) == 0)
        dt_file_memory_gather(fd, (size_t)st.st_size);
    return err ? err : dt_file_memory_seal(fd);
}

/* What the child does; its exit status. A path that cannot be read is never passed over: a missing
 * file is not a line that was refused. */
static int compile(const struct dt_serve_options *options, struct dt_job *job)
{
    struct dt_rulefiles files;
    struct dt_buf problems;
    dt_buf_init(&problems, PROBLEMS_MAX);
    enum dt_err err =
        dt_rulefiles_load(options->paths, options->npaths, options->format, &problems, &files);
    if (problems.len)
        dt_log_text(DT_LOG_ERROR, problems.ptr, problems.len);
    if (!files.set) {
        dt_log(DT_LOG_ERROR, "cannot read the rules: %s", dt_err_message(err));
        return DT_JOB_REFUSED;
    }
    write_names(&files, job->names);
    if (err == DT_ERR_NOMEM) {
        dt_budget_no_memory(&job->budget);
        return DT_JOB_REFUSED;
    }
    dt_budget_watch(&job->budget, files.set);
    size_t rules = dt_ruleset_count(files.set);
    bool usable = err == DT_OK || (err == DT_ERR_SYNTAX && options->keep_going && rules > 0);
    enum dt_err failed = usable ? compile_set(files.set, job->snapshot) : DT_OK;
    log_diags(files.set);
    if (failed == DT_ERR_NOMEM)
        dt_budget_no_memory(&job->budget);
    else if (failed)
        dt_log(DT_LOG_ERROR, "cannot compile the rules: %s", dt_err_message(failed));
    size_t errors = dt_ruleset_error_count(files.set);
    if (errors)
        dt_log(DT_LOG_ERROR, "%zu error%s in the rules, %zu rule%s read%s", errors,
               errors == 1 ? "" : "s", rules, rules == 1 ? "" : "s",
               usable ? "" : " (--keep-going serves what could be read)");
    if (err == DT_ERR_INVALID)
        return DT_JOB_USAGE;
    return usable && !failed ? DT_JOB_DONE : DT_JOB_REFUSED;
}

/* Forks a child that is called name and keeps the descriptors; 0 in the child. */
static pid_t start(const char *name, const int keep[], size_t n, enum dt_job_manner manner)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    dt_process_begin(name, parent, keep, n);
    dt_process_unblock();
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (manner == DT_JOB_IDLE)
        dt_process_yield_cpu();
    else if (manner == DT_JOB_NICE)
        setpriority(PRIO_PROCESS, 0, 5);
    return 0;
}

enum dt_err dt_job_compile(struct dt_job *job, const struct dt_serve_options *options,
                           enum dt_job_manner manner)
{
    *job = (struct dt_job){.snapshot = -1,
                           .names = -1,
                           .since = dt_process_ms(),
                           .wall = time(NULL),
                           .manner = manner};
    enum dt_err err = dt_file_memory("detour-snapshot", &job->snapshot);
    if (!err)
        err = dt_file_memory("detour-names", &job->names);
    if (!err)
        err = dt_budget_init(&job->budget, options->compile_memory, options->compile_time);
    if (!err) {
        int keep[] = {job->snapshot, job->names};
        job->pid = start("detour-compile", keep, 2, manner);
        if (job->pid == 0) {
            dt_budget_begin(&job->budget);
            _exit(compile(options, job));
        }
        if (job->pid > 0)
            return DT_OK;
        err = DT_ERR_IO;
    }
    int saved = errno;
    if (job->snapshot >= 0)
        close(job->snapshot);
    if (job->names >= 0)
        close(job->names);
    dt_budget_release(&job->budget);
    job->pid = 0;
    errno = saved;
    return err;
}

int64_t dt_job_cpu_ms(const struct dt_job *job)
{
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(job->pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
        return 0;
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void read_all(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return;
    size_t len = (size_t)st.st_size;
    char *mem = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    if (mem == MAP_FAILED)
        return;
    for (size_t at = 0; at < len; at += READ_SLICE)
        (void)madvise(mem + at, len - at < READ_SLICE ? len - at : READ_SLICE, MADV_POPULATE_READ);
}

pid_t dt_job_read_ahead(int fd)
{
    int keep[] = {fd};
    pid_t pid = start("detour-read", keep, 1, DT_JOB_IDLE);
    if (pid == 0) {
        read_all(fd);
        _exit(0);
    }
    return pid;
}

void dt_job_close(int fd)
{
    int keep[] = {fd};
    pid_t pid = start("detour-free", keep, 1, DT_JOB_IDLE);
    if (pid == 0) {
        usleep(50000); /* until the parent has closed its own, below */
        _exit(0);
    }
    close(fd);
}
