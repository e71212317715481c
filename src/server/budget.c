/* SPDX-License-Identifier: MIT
 *
 * One regular expression can ask for gigabytes or for minutes, by mistake or by malice. So the
 * process that compiles has limits that the kernel keeps (setrlimit(2)): memory that is refused is
 * an error like any other, time that is over ends it. When the machine itself is short of memory,
 * this process is the one to go, and not a worker. In each case what was served is served on.
 *
 * What was being compiled stands in a page that both processes see, since the one that knew it may
 * be gone.
 */
#include "server/budget.h"

#include "base/log.h"

#include <detour/snapshot.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Address space tells nothing of a program that AddressSanitizer allocates for. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

struct dt_budget_note {
    char where[1024]; /* " while ..."; empty: nothing in particular */
};

enum dt_err dt_budget_init(struct dt_budget *budget, uint64_t memory, unsigned seconds)
{
    void *mem =
        mmap(NULL, sizeof *budget->note, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (mem == MAP_FAILED)
        return DT_ERR_NOMEM;
    *budget = (struct dt_budget){.memory = memory, .seconds = seconds, .note = mem};
    return DT_OK;
}

void dt_budget_release(struct dt_budget *budget)
{
    if (budget->note)
        munmap(budget->note, sizeof *budget->note);
    budget->note = NULL;
}

static void time_is_over(int signal)
{
    (void)signal;
    _exit(DT_BUDGET_SPENT);
}

/* The first to be killed when the machine has no memory left (proc(5)). */
static void go_first(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!write(fd, "1000", 4);
    close(fd);
}

void dt_budget_begin(const struct dt_budget *budget)
{
    struct rlimit cpu = {budget->seconds, budget->seconds + 2}; /* then it is killed */
    struct rlimit memory = {budget->memory, budget->memory};
    signal(SIGXCPU, time_is_over);
    (void)setrlimit(RLIMIT_CPU, &cpu);
    if (!SANITIZED)
        (void)setrlimit(RLIMIT_AS, &memory);
    go_first();
}

static void note(void *ctx, uint32_t file, uint32_t line, size_t count)
{
    const struct dt_budget *budget = ctx;
    struct dt_budget_note *page = budget->note;
    struct dt_slice name = dt_ruleset_file(budget->set, file);
    if (count > 1)
        snprintf(page->where, sizeof page->where,
                 " while it compiled %zu regular expressions, the first of them at %.*s:%u", count,
                 DT_SLICE_FMT(name), line);
    else
        snprintf(page->where, sizeof page->where,
                 " while it compiled the regular expression at %.*s:%u", DT_SLICE_FMT(name), line);
}

void dt_budget_watch(struct dt_budget *budget, struct dt_ruleset *set)
{
    budget->set = set;
    dt_ruleset_tell(set, note, budget);
}

void dt_budget_no_memory(const struct dt_budget *budget)
{
    dt_log(DT_LOG_ERROR, "the compile ran out of memory%s; it may take %llu MiB (--compile-memory)",
           budget->note->where, (unsigned long long)(budget->memory >> 20));
}

void dt_budget_ended(const struct dt_budget *budget, int status)
{
    const char *where = budget->note->where;
    if (WIFEXITED(status) && WEXITSTATUS(status) == DT_BUDGET_SPENT)
        dt_log(DT_LOG_ERROR, "the compile took more than %u s of CPU time (--compile-time)%s",
               budget->seconds, where);
    else if (WIFSIGNALED(status))
        dt_log(DT_LOG_ERROR, "the compile was killed by signal %d (%s)%s", WTERMSIG(status),
               strsignal(WTERMSIG(status)), where);
}
