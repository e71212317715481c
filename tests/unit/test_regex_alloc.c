/* SPDX-License-Identifier: MIT
 *
 * Expressions when memory is out: the nth allocation of libdetour fails, for every n until all goes
 * well. Nothing may leak, crash, or be said that is not so.
 */
#include "rules/regex/regex.h"
#include "rules/regex/regex_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

static int until_failure = -1; /* allocations that still succeed; below 0: all */

static bool fails(void)
{
    if (until_failure > 0)
        until_failure--;
    return until_failure == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return fails() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(align, size);
}

static const char *const texts[] = {
    "^/archive/([0-9]+)/team7(/.*)?$",
    "/(old|former)-news/",
    "^/[a-z]+$",
    "^/[0-9]+$",
    "^/a-\\d$",
    "(?<!a)b$",
    "^/[m-z]{2}$",
    "(\\d)\\1",
};

static void check_runs_out(void **state)
{
    (void)state;
    enum dt_err err = DT_ERR_NOMEM;
    for (int n = 1; err; n++) {
        struct dt_arena arena;
        struct dt_regex regex = {0};
        struct dt_regex_error error;
        dt_arena_init(&arena);
        until_failure = n;
        err = dt_regex_check(dt_slice_str(texts[0]), false, &arena, &regex, &error);
        until_failure = -1;
        assert_true(err == DT_ERR_NOMEM || (err == DT_OK && n > 2));
        assert_int_equal(regex.shape.len > 0, !err);
        dt_arena_release(&arena);
        assert_true(n < 100);
    }
}

static enum dt_err make(struct dt_regex_item *items, void **ret_bytes, struct dt_regex_pool **ret)
{
    struct dt_regex_build build = {.seed = 1};
    size_t len;
    enum dt_err err = dt_regex_pool_build(items, COUNT(texts), &build, ret_bytes, &len);
    if (!err)
        err = dt_regex_pool_open(*ret_bytes, len, 1, ret);
    for (bool done = false; !err && !done;)
        err = dt_regex_pool_step(*ret, &done);
    return err;
}

static void pool_runs_out(void **state)
{
    (void)state;
    static struct dt_regex_item items[COUNT(texts)];
    enum dt_err err = DT_ERR_NOMEM;
    for (size_t i = 0; i < COUNT(texts); i++)
        items[i] = (struct dt_regex_item){.text = dt_slice_str(texts[i]), .scan = true};
    for (int n = 1; err; n++) {
        void *bytes = NULL;
        struct dt_regex_pool *pool = NULL;
        until_failure = n;
        err = make(items, &bytes, &pool);
        until_failure = -1;
        assert_true(err == DT_ERR_NOMEM || (err == DT_OK && n > 20));
        dt_regex_pool_free(pool);
        free(bytes);
        assert_true(n < 1000);
    }
}

static void scanning_needs_none(void **state)
{
    (void)state;
    static struct dt_regex_item items[COUNT(texts)];
    for (size_t i = 0; i < COUNT(texts); i++)
        items[i] = (struct dt_regex_item){.text = dt_slice_str(texts[i]), .scan = true};
    void *bytes = NULL;
    struct dt_regex_pool *pool = NULL;
    const uint32_t *found;
    const size_t *groups;
    size_t count;
    unsigned ngroups;
    assert_int_equal(make(items, &bytes, &pool), DT_OK);
    until_failure = 1;
    enum dt_err err = dt_regex_pool_scan(pool, 0, DT_S("/archive/1/team7/x"), &found, &count);
    until_failure = -1;
    assert_int_equal(err, DT_OK);
    assert_true(count >= 1 && found[0] == 0);
    enum dt_regex_result result = DT_REGEX_NO;
    for (int round = 0; round < 2; round++) {
        until_failure = round ? 1 : -1;
        result = dt_regex_pool_match(pool, 0, DT_S("/archive/1/team7/x"), &groups, &ngroups);
        until_failure = -1;
        assert_int_equal(result, DT_REGEX_YES);
    }
    dt_regex_pool_free(pool);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_runs_out),
        cmocka_unit_test(pool_runs_out),
        cmocka_unit_test(scanning_needs_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
