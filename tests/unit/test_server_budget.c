/* SPDX-License-Identifier: MIT
 *
 * What a compile may cost: a process that takes more time ends, memory past the limit is refused,
 * and the log says which limit it was and, when that is known, at which rule.
 */
#include "server/budget.h"

#include <detour/snapshot.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static char said[4096];

/* Runs say with the log in said. */
static void listen_to(void (*say)(const struct dt_budget *, int), const struct dt_budget *budget,
                      int status)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
    say(budget, status);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], said, sizeof said - 1);
    said[n > 0 ? n : 0] = '\0';
    close(ends[0]);
}

static void no_memory(const struct dt_budget *budget, int status)
{
    (void)status;
    dt_budget_no_memory(budget);
}

static int run_child(const struct dt_budget *budget, void (*work)(void))
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dt_budget_begin(budget);
        work();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void burn(void)
{
    for (volatile uint64_t i = 0; i < UINT64_MAX; i++)
        ;
}

static void grow(void)
{
    size_t len = (size_t)256 << 20;
    void *mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _exit(mem == MAP_FAILED ? 7 : 0);
}

static void nothing(void)
{
}

static void time_ends(void **state)
{
    (void)state;
    struct dt_budget budget;
    assert_int_equal(dt_budget_init(&budget, UINT64_C(1) << 40, 1), DT_OK);
    int status = run_child(&budget, burn);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == DT_BUDGET_SPENT);
    listen_to(dt_budget_ended, &budget, status);
    assert_non_null(strstr(said, "more than 1 s of CPU time (--compile-time)"));
    status = run_child(&budget, abort);
    listen_to(dt_budget_ended, &budget, status);
    assert_non_null(strstr(said, "killed by signal 6 (Aborted)\n"));
    status = run_child(&budget, nothing);
    listen_to(dt_budget_ended, &budget, status);
    assert_string_equal(said, "");
    dt_budget_release(&budget);
    dt_budget_release(&budget);
}

static void memory_ends(void **state)
{
    (void)state;
    struct dt_budget budget;
    if (SANITIZED)
        skip();
    assert_int_equal(dt_budget_init(&budget, 128u << 20, 10), DT_OK);
    int status = run_child(&budget, grow);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    listen_to(no_memory, &budget, 0);
    assert_non_null(strstr(said, "ran out of memory; it may take 128 MiB (--compile-memory)"));
    dt_budget_release(&budget);
}

/* The one that compiles says what it is at, the other reads it. */
static void rules_are_named(void **state)
{
    (void)state;
    static const char RULES[] = "/a /b\n~^/x(a+)+$ /y\n~^/z(b|c)$ /y\n";
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    struct dt_budget budget;
    struct dt_plan *plan;
    assert_int_equal(dt_budget_init(&budget, UINT64_C(1) << 40, 10), DT_OK);
    assert_int_equal(dt_ruleset_read(set, DT_S("t.rules"), dt_slice_str(RULES), DT_FORMAT_NATIVE),
                     DT_OK);
    dt_budget_watch(&budget, set);
    assert_int_equal(dt_plan_new(set, 1, 1, &plan), DT_OK);
    listen_to(no_memory, &budget, 0);
    assert_non_null(strstr(said, "ran out of memory while it compiled"));
    assert_non_null(strstr(said, " at t.rules:"));
    dt_plan_free(plan);
    dt_ruleset_free(set);
    dt_budget_release(&budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_ends),
        cmocka_unit_test(memory_ends),
        cmocka_unit_test(rules_are_named),
    };
    return cmocka_run_group_tests_name("server_budget", tests, NULL, NULL);
}
