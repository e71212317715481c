/* SPDX-License-Identifier: MIT
 *
 * Base without memory. malloc and realloc are wrapped at link time and fail when told to: the first
 * time, or every time, or the n-th time of a longer piece of work. What was there before stays as
 * it was, the failure is told, and the next try may succeed.
 */
#include "base/arena.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static unsigned calls_left = UINT32_MAX; /* that succeed; then all fail */

static bool may_succeed(void)
{
    if (calls_left == 0)
        return false;
    if (calls_left != UINT32_MAX)
        calls_left--;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return may_succeed() ? __real_malloc(size) : NULL;
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return may_succeed() ? __real_realloc(ptr, size) : NULL;
}

static int memory_is_back(void **state)
{
    (void)state;
    calls_left = UINT32_MAX;
    return 0;
}

static void arena_says_when_memory_is_out(void **state)
{
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    calls_left = 0;
    assert_null(dt_arena_alloc(&arena, 1));
    struct dt_slice copy = dt_arena_copy(&arena, DT_S("abc"));
    assert_null(copy.ptr);
    assert_int_equal(copy.len, 0);
    calls_left = UINT32_MAX;
    assert_non_null(dt_arena_alloc(&arena, 1));
    dt_arena_release(&arena);
}

static void arena_uses_up_its_chunk_when_no_more_comes(void **state)
{
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    calls_left = 1;
    size_t taken = 0;
    while (dt_arena_alloc(&arena, 64))
        taken += 64;
    assert_true(taken >= 8u << 10);
    assert_null(dt_arena_alloc(&arena, 64));
    dt_arena_release(&arena);
}

/* The work of arena_survives_each_failure: returns how many copies it got. */
static size_t fill(struct dt_arena *arena, struct dt_slice *copies, size_t count)
{
    static char text[3000];
    for (size_t i = 0; i < count; i++) {
        memset(text, (int)('a' + i % 26), sizeof text);
        copies[i] = dt_arena_copy(arena, dt_slice_of(text, sizeof text));
        if (!copies[i].ptr)
            return i;
    }
    return count;
}

static void arena_survives_each_failure(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct dt_slice copies[COUNT];
    bool done = false;
    for (unsigned succeed = 0; !done; succeed++) {
        struct dt_arena arena;
        dt_arena_init(&arena);
        calls_left = succeed;
        size_t got = fill(&arena, copies, COUNT);
        calls_left = UINT32_MAX;
        done = got == COUNT;
        for (size_t i = 0; i < got; i++) {
            assert_int_equal(copies[i].ptr[0], 'a' + i % 26);
            assert_int_equal(copies[i].ptr[copies[i].len - 1], 'a' + i % 26);
        }
        assert_non_null(dt_arena_alloc(&arena, 100000));
        dt_arena_release(&arena);
        assert_true(succeed < 100); /* it does end: chunks grow */
    }
}

static void buf_keeps_what_it_has(void **state)
{
    (void)state;
    struct dt_buf buf;
    dt_buf_init(&buf, 1u << 20);
    dt_buf_str(&buf, "kept");
    calls_left = 0;
    dt_buf_str(&buf, " too"); /* there is room without a new block */
    assert_int_equal(dt_buf_err(&buf), DT_OK);
    dt_buf_printf(&buf, "%05000d", 1);
    assert_int_equal(dt_buf_err(&buf), DT_ERR_NOMEM);
    dt_buf_char(&buf, 'x');
    dt_buf_printf(&buf, "%02000000d",
                  1); /* past the cap: the first error is the one that is told */
    assert_int_equal(dt_buf_err(&buf), DT_ERR_NOMEM);
    assert_true(dt_slice_eq(dt_buf_slice(&buf), DT_S("kept too")));
    dt_buf_release(&buf);
}

static void buf_recovers_when_memory_is_back(void **state)
{
    (void)state;
    struct dt_buf buf;
    dt_buf_init(&buf, 1000);
    calls_left = 0;
    dt_buf_str(&buf, "a");
    assert_int_equal(dt_buf_err(&buf), DT_ERR_NOMEM);
    assert_int_equal(dt_buf_slice(&buf).len, 0);
    calls_left = UINT32_MAX;
    dt_buf_clear(&buf);
    dt_buf_str(&buf, "a");
    assert_int_equal(dt_buf_err(&buf), DT_OK);
    assert_true(dt_slice_eq(dt_buf_slice(&buf), DT_S("a")));
    dt_buf_release(&buf);
}

static void buf_survives_each_failure(void **state)
{
    (void)state;
    bool done = false;
    for (unsigned succeed = 0; !done; succeed++) {
        struct dt_buf buf;
        dt_buf_init(&buf, 100000);
        calls_left = succeed;
        for (unsigned i = 0; i < 20000; i++)
            dt_buf_char(&buf, (char)('a' + i % 26));
        done = dt_buf_err(&buf) == DT_OK;
        assert_true(done || dt_buf_err(&buf) == DT_ERR_NOMEM);
        assert_true(!done || buf.len == 20000);
        for (size_t i = 0; i < buf.len; i++)
            assert_int_equal(buf.ptr[i], 'a' + i % 26);
        dt_buf_release(&buf);
        assert_true(succeed < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(arena_says_when_memory_is_out, memory_is_back),
        cmocka_unit_test_teardown(arena_uses_up_its_chunk_when_no_more_comes, memory_is_back),
        cmocka_unit_test_teardown(arena_survives_each_failure, memory_is_back),
        cmocka_unit_test_teardown(buf_keeps_what_it_has, memory_is_back),
        cmocka_unit_test_teardown(buf_recovers_when_memory_is_back, memory_is_back),
        cmocka_unit_test_teardown(buf_survives_each_failure, memory_is_back),
    };
    return cmocka_run_group_tests_name("base_alloc", tests, NULL, NULL);
}
