/* SPDX-License-Identifier: MIT
 *
 * Compiling without memory. Reading and compiling are done again and again, and each time one more
 * allocation succeeds before the next one fails, once alone and once with all that follow: the
 * failure is told, nothing is leaked, and nothing else is claimed. And matching, which may not
 * allocate at all, is counted.
 */
#include "snapshot_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *ptr);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *ptr);

static struct {
    unsigned long calls;    /* so far */
    unsigned long fail_at;  /* the number of the call that fails; 0: none */
    bool fail_all;          /* and all that follow */
    unsigned long failures; /* so far */
    unsigned long large;    /* calls for large blocks */
    unsigned long fail_large;
    long live; /* blocks that were not freed */
} heap;

static bool fails(void)
{
    heap.calls++;
    bool fail =
        heap.fail_at && (heap.fail_all ? heap.calls >= heap.fail_at : heap.calls == heap.fail_at);
    heap.failures += fail;
    return fail;
}

static void *counted(void *mem)
{
    heap.live += mem != NULL;
    return mem;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *ptr, size_t size)
{
    if (fails())
        return NULL;
    void *mem = __real_realloc(ptr, size);
    return ptr ? mem : counted(mem);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    bool large = ++heap.large == heap.fail_large;
    return large || fails() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *ptr)
{
    heap.live -= ptr != NULL;
    __real_free(ptr);
}

static void heap_reset(unsigned long fail_at, bool fail_all)
{
    heap.calls = 0;
    heap.failures = 0;
    heap.large = 0;
    heap.fail_large = 0;
    heap.live = 0;
    heap.fail_at = fail_at;
    heap.fail_all = fail_all;
}

static int memory_is_back(void **state)
{
    (void)state;
    heap_reset(0, false);
    return 0;
}

/* ---- reading and compiling ---- */

/* Every kind of line, so that everything that can be kept is kept once. */
static const char EACH_KIND[] =
    "@host www.example.ai\n"
    "@default 301 cache=1h owner=\"the \\\"a\\\" team\"\n"
    "/a /b note=\"Some \\\"words\\\" here\"\n"
    "/a /c\n"
    "@host *\n"
    "//b\xc3\xbc"
    "cher.example/caf\xc3\xa9?q=\xc3\xa9&R https://B\xc3\xbc"
    "cher.example/\xc3\xa9 "
    "case=ignore\n"
    "//*.x.example/d/* https://y.example/:splat query=keep:a,%62,c_*\n"
    "/q?b=2&a=1 /q params=only\n"
    "/slash/ /s slash=ignore priority=7\n"
    "/c /d lang=de header=A:b !cookie=c:d,e ip=10.0.0.0/8,::1 percent=5:header:u days=mon\n"
    "/c /e lang=en,fr until=2030-01-01T00:00Z retry-after=until set-header=\"A: b\"\n"
    "maintenance /m/* /m/x except=/m/y,192.0.2.1\n"
    "@include more.rules\n"
    "@expect POST http://www.example.ai/a -> 301 http://www.example.ai/b\n";

static char many_rules[200000];

static enum dt_err load(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    (void)ctx;
    if (!dt_slice_eq(name, DT_S("more.rules")))
        return DT_ERR_NOT_FOUND;
    *ret_text = dt_slice_str(many_rules);
    return DT_OK;
}

static void make_many_rules(void)
{
    char *at = many_rules;
    for (unsigned i = 0; i < 400; i++) {
        size_t room = (size_t)(many_rules + sizeof many_rules - at);
        int len = snprintf(at, room,
                           "//h%u.example/p%u/x https://target.example/folder%u/%u cache=%u\n"
                           "/page?id=%u&t=%u /p%u\n"
                           "/same-%u /x\n/same-%u /y\n",
                           i, i, i % 20, i, i % 100, i, i % 7, i, i % 100, i % 100);
        assert_true(len > 0 && (size_t)len < room);
        at += len;
    }
}

/* Reads one text and compiles what was read. */
static enum dt_err read_and_compile(const char *text)
{
    const struct dt_loader loader = {.load = load};
    struct dt_ruleset *set = dt_ruleset_new(&loader);
    if (!set)
        return DT_ERR_NOMEM;
    struct dt_plan *plan = NULL;
    enum dt_err err = dt_ruleset_read(set, DT_S("t.rules"), dt_slice_str(text), DT_FORMAT_NATIVE);
    if (err == DT_OK) {
        err = dt_plan_new(set, 1, 1, &plan);
        assert_true(err == DT_OK || !plan); /* untouched on failure */
    }
    dt_plan_free(plan);
    dt_ruleset_free(set);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const char *text = EACH_KIND;
    make_many_rules();
    heap_reset(0, false);
    assert_int_equal(read_and_compile(text), DT_OK);
    assert_int_equal(heap.live, 0);
    unsigned long calls = heap.calls;
    assert_true(calls > 5);
    for (unsigned long n = 1; n <= calls; n++)
        for (int all = 0; all < 2; all++) {
            heap_reset(n, all);
            enum dt_err err = read_and_compile(text);
            heap.fail_at = 0;
            if (err != DT_ERR_NOMEM || heap.live)
                print_error("allocation %lu of %lu%s: %s, %ld blocks left\n", n, calls,
                            all ? " and all behind it" : "", dt_err_name(err), heap.live);
            assert_true(heap.failures > 0);
            assert_int_equal(err, DT_ERR_NOMEM);
            assert_int_equal(heap.live, 0);
        }
    print_message("# each of %lu allocations failed\n", calls);
}

/* From some megabytes on, arrays come from elsewhere: base/pages.c. */
static void large_arrays_may_fail(void **state)
{
    (void)state;
    enum { COUNT = 150000 };
    char *text = malloc(COUNT * 32), *at = text;
    assert_non_null(text);
    for (unsigned i = 0; i < COUNT; i++)
        at += sprintf(at, "/%u /to/folder/%u%s\n", i * 7 % COUNT, i % 1000, i % 2 ? "" : " 301");
    heap_reset(0, false);
    assert_int_equal(read_and_compile(text), DT_OK);
    unsigned long large = heap.large;
    assert_true(large > 0);
    for (unsigned long n = 1; n <= large; n++) {
        heap_reset(0, false);
        heap.fail_large = n;
        assert_int_equal(read_and_compile(text), DT_ERR_NOMEM);
        assert_int_equal(heap.live, 0);
    }
    heap_reset(0, false);
    heap.live = 1; /* text */
    free(text);
}

/* ---- matching ---- */

static const char *const URLS[] = {
    "http://www.example.ai/a",
    "http://xn--bcher-kva.example/CAF%C3%A9?r&q=%C3%A9",
    "http://z.x.example/d/e/f?a=1&b=2&c_=3",
    "http://h/q?a=1&b=2",
    "http://h/slash",
    "http://h/none",
    "https://h:8443/q",
};

static void matching_allocates_nothing(void **state)
{
    (void)state;
    static struct question question;
    make_many_rules();
    const struct dt_loader loader = {.load = load};
    struct dt_ruleset *set = dt_ruleset_new(&loader);
    assert_int_equal(
        dt_ruleset_read(set, DT_S("t.rules"), dt_slice_str(EACH_KIND), DT_FORMAT_NATIVE), DT_OK);
    struct compiled c;
    compile_set(set, 1, &c);
    for (int damage = 0; damage < 2; damage++) {
        for (size_t i = 0; i < sizeof URLS / sizeof URLS[0]; i++) {
            question_set(&question, URLS[i]);
            heap_reset(1, true); /* and if it did, it would get none */
            struct dt_snapshot snapshot;
            struct dt_decision decision;
            struct dt_origin origin;
            assert_int_equal(dt_snapshot_open(c.mem, c.len, &snapshot), DT_OK);
            enum dt_err err = dt_match(&snapshot, &question.request, scratch(), &decision);
            if (err == DT_OK && decision.matched)
                (void)!dt_snapshot_origin(&snapshot, decision.rule, &origin);
            assert_int_equal(heap.calls, 0);
            heap_reset(0, false);
            assert_int_equal(err, damage ? DT_ERR_DAMAGED : DT_OK);
        }
        struct dt_snap_section_row buckets = section_row(c.mem, DT_SECTION_BUCKETS);
        for (uint64_t at = buckets.offset; at < buckets.offset + buckets.len; at += 64)
            c.mem[at] ^= 1;
    }
    compiled_release(&c);
}

static void explaining_without_memory(void **state)
{
    (void)state;
    make_many_rules();
    char *rules = malloc(1000 * 8 + 1), *at = rules;
    assert_non_null(rules);
    for (unsigned i = 0; i < 1000; i++)
        at = stpcpy(at, "/a /b\n");
    struct compiled c;
    struct question question;
    struct dt_candidate all[4];
    size_t count = 4711;
    compile(rules, &c);
    free(rules);
    question_set(&question, "http://h/a");
    unsigned long n = 0;
    enum dt_err err;
    do {
        heap_reset(++n, false);
        err = dt_match_all(&c.snapshot, &question.request, scratch(), 4, all, &count);
        assert_int_equal(heap.live, 0);
        assert_int_equal(err, heap.failures ? DT_ERR_NOMEM : DT_OK);
        assert_int_equal(count, err ? 4711 : 4);
    } while (err);
    assert_true(n > 2); /* the first room was too small */
    heap_reset(0, false);
    compiled_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_allocation_may_fail, memory_is_back),
        cmocka_unit_test_teardown(large_arrays_may_fail, memory_is_back),
        cmocka_unit_test_teardown(matching_allocates_nothing, memory_is_back),
        cmocka_unit_test_teardown(explaining_without_memory, memory_is_back),
    };
    return cmocka_run_group_tests_name("plan_alloc", tests, NULL, NULL);
}
