/* SPDX-License-Identifier: MIT
 *
 * The floor that everything stands on: slices, the fixed writer, the capped buffer, the arena,
 * errors and the hash. What happens without memory is test_base_alloc.c's.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/out.h"

#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_slice(struct dt_slice s, const char *want)
{
    assert_int_equal(s.len, strlen(want));
    assert_memory_equal(s.ptr ? s.ptr : "", want, s.len);
}

/* ---- slice ---- */

static void slice_of_a_literal_has_no_nul(void **state)
{
    (void)state;
    assert_slice(DT_S("abc"), "abc");
    assert_slice(DT_S(""), "");
    assert_int_equal(DT_S("a\0b").len, 3);
}

static void slice_of_no_string_is_empty(void **state)
{
    (void)state;
    assert_int_equal(dt_slice_str(NULL).len, 0);
    assert_slice(dt_slice_str("x"), "x");
}

static void slices_compare_by_bytes(void **state)
{
    (void)state;
    assert_true(dt_slice_eq(DT_S("a\0b"), DT_S("a\0b")));
    assert_false(dt_slice_eq(DT_S("a\0b"), DT_S("a\0c")));
    assert_false(dt_slice_eq(DT_S("ab"), DT_S("abc")));
    assert_true(dt_slice_eq(DT_SLICE_NONE, DT_S("")));
    assert_true(dt_slice_eq(DT_SLICE_NONE, DT_SLICE_NONE));
}

static void slice_from_stops_at_the_end(void **state)
{
    (void)state;
    assert_slice(dt_slice_from(DT_S("abc"), 0), "abc");
    assert_slice(dt_slice_from(DT_S("abc"), 2), "c");
    assert_slice(dt_slice_from(DT_S("abc"), 3), "");
    assert_slice(dt_slice_from(DT_S("abc"), SIZE_MAX), "");
    assert_slice(dt_slice_from(DT_SLICE_NONE, 0), "");
    assert_slice(dt_slice_from(DT_SLICE_NONE, 1), "");
}

static void slice_starts_with(void **state)
{
    (void)state;
    assert_true(dt_slice_starts(DT_S("abc"), DT_S("ab")));
    assert_true(dt_slice_starts(DT_S("abc"), DT_S("abc")));
    assert_false(dt_slice_starts(DT_S("abc"), DT_S("abcd")));
    assert_false(dt_slice_starts(DT_S("abc"), DT_S("b")));
    assert_true(dt_slice_starts(DT_S("abc"), DT_SLICE_NONE));
    assert_true(dt_slice_starts(DT_SLICE_NONE, DT_SLICE_NONE));
}

static void lower_case_is_ascii_only(void **state)
{
    (void)state;
    for (int c = CHAR_MIN; c <= CHAR_MAX; c++) {
        int want = c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
        assert_int_equal(dt_ascii_lower((char)c), want);
    }
}

/* ---- out ---- */

static void out_takes_exactly_its_room(void **state)
{
    (void)state;
    char *mem = malloc(4); /* of its own, so that ASan sees the byte behind it */
    assert_non_null(mem);
    struct dt_out out = dt_out_init(mem, 4);
    dt_out_put(&out, DT_S("ab"));
    dt_out_char(&out, 'c');
    assert_int_equal(dt_out_room(&out), 1);
    dt_out_char(&out, 'd');
    assert_false(out.overflow);
    assert_slice(dt_out_slice(&out), "abcd");
    dt_out_put(&out, DT_S(""));
    assert_false(out.overflow);
    dt_out_char(&out, 'e');
    assert_true(out.overflow);
    assert_slice(dt_out_slice(&out), "abcd");
    free(mem);
}

static void out_overflow_is_sticky(void **state)
{
    (void)state;
    char mem[4] = "____";
    struct dt_out out = dt_out_init(mem, sizeof mem);
    dt_out_put(&out, DT_S("a"));
    dt_out_put(&out, DT_S("12345"));
    assert_true(out.overflow);
    dt_out_put(&out, DT_S("b")); /* would fit, had there been no overflow */
    dt_out_char(&out, 'c');
    dt_out_uint(&out, 7);
    assert_true(out.overflow);
    assert_slice(dt_out_slice(&out), "a");
    assert_memory_equal(mem, "a___", 4);
}

static void out_of_no_memory(void **state)
{
    (void)state;
    char mem = 0;
    struct dt_out out = dt_out_init(&mem, 0);
    dt_out_put(&out, DT_SLICE_NONE);
    assert_false(out.overflow);
    assert_int_equal(dt_out_len(&out), 0);
    dt_out_char(&out, 'x');
    assert_true(out.overflow);
    assert_int_equal(mem, 0);
}

static void out_writes_decimals(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 1, 9, 10, 99, 100, 307, UINT32_MAX, INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char mem[20];
        char want[32];
        struct dt_out out = dt_out_init(mem, sizeof mem);
        dt_out_uint(&out, values[i]);
        (void)snprintf(want, sizeof want, "%" PRIu64, values[i]);
        assert_false(out.overflow);
        assert_slice(dt_out_slice(&out), want);
    }
}

static void out_never_writes_half_a_number(void **state)
{
    (void)state;
    char mem[3];
    struct dt_out out = dt_out_init(mem, sizeof mem);
    dt_out_uint(&out, 1234);
    assert_true(out.overflow);
    assert_int_equal(dt_out_len(&out), 0);
}

/* ---- buf ---- */

static void buf_grows_to_its_cap_and_no_further(void **state)
{
    (void)state;
    struct dt_buf buf;
    for (size_t cap = 1; cap < 2000; cap += 37) {
        dt_buf_init(&buf, cap);
        for (size_t i = 0; i < cap; i++)
            dt_buf_char(&buf, (char)('a' + i % 26));
        assert_int_equal(dt_buf_err(&buf), DT_OK);
        assert_int_equal(dt_buf_slice(&buf).len, cap);
        assert_true(buf.size <= cap);
        dt_buf_char(&buf, '!');
        assert_int_equal(dt_buf_err(&buf), DT_ERR_LIMIT);
        assert_int_equal(buf.len, cap);
        for (size_t i = 0; i < cap; i++)
            assert_int_equal(buf.ptr[i], 'a' + i % 26);
        dt_buf_release(&buf);
    }
}

static void buf_error_is_sticky_until_cleared(void **state)
{
    (void)state;
    struct dt_buf buf;
    dt_buf_init(&buf, 4);
    dt_buf_str(&buf, "abcde");
    assert_int_equal(dt_buf_err(&buf), DT_ERR_LIMIT);
    dt_buf_str(&buf, "a");
    dt_buf_printf(&buf, "%d", 1);
    assert_int_equal(dt_buf_err(&buf), DT_ERR_LIMIT);
    assert_int_equal(buf.len, 0);
    dt_buf_clear(&buf);
    assert_int_equal(dt_buf_err(&buf), DT_OK);
    dt_buf_str(&buf, "abcd");
    assert_int_equal(dt_buf_err(&buf), DT_OK);
    assert_slice(dt_buf_slice(&buf), "abcd");
    dt_buf_release(&buf);
}

static void buf_is_usable_after_release(void **state)
{
    (void)state;
    struct dt_buf buf;
    dt_buf_init(&buf, 100);
    dt_buf_release(&buf);
    dt_buf_str(&buf, "x");
    dt_buf_release(&buf);
    assert_null(buf.ptr);
    assert_int_equal(buf.cap, 100);
    dt_buf_str(&buf, "y");
    assert_slice(dt_buf_slice(&buf), "y");
    dt_buf_release(&buf);
}

static void buf_prints(void **state)
{
    (void)state;
    struct dt_buf buf;
    dt_buf_init(&buf, 1000);
    dt_buf_printf(&buf, "%s:%d: ", "news.rules", 12);
    dt_buf_printf(&buf, "%.*s", DT_SLICE_FMT(DT_S("error")));
    dt_buf_printf(&buf, "%s", "");
    assert_slice(dt_buf_slice(&buf), "news.rules:12: error");
    dt_buf_clear(&buf);
    dt_buf_printf(&buf, "%0900d", 1);
    assert_int_equal(buf.len, 900);
    assert_int_equal(dt_buf_err(&buf), DT_OK);
    dt_buf_release(&buf);
}

static void buf_print_past_the_cap_writes_nothing(void **state)
{
    (void)state;
    struct dt_buf buf;
    dt_buf_init(&buf, 8);
    dt_buf_printf(&buf, "%s", "1234567"); /* 7 and the NUL that vsnprintf writes */
    assert_int_equal(dt_buf_err(&buf), DT_OK);
    dt_buf_clear(&buf);
    dt_buf_printf(&buf, "%s", "12345678");
    assert_int_equal(dt_buf_err(&buf), DT_ERR_LIMIT);
    assert_int_equal(buf.len, 0);
    dt_buf_release(&buf);
}

static void buf_takes_nothing_for_nothing(void **state)
{
    (void)state;
    struct dt_buf buf;
    dt_buf_init(&buf, 1);
    dt_buf_put(&buf, DT_SLICE_NONE);
    dt_buf_str(&buf, "");
    assert_int_equal(dt_buf_err(&buf), DT_OK);
    assert_null(buf.ptr);
    assert_int_equal(dt_buf_slice(&buf).len, 0);
    dt_buf_release(&buf);
}

/* ---- arena ---- */

static void arena_is_empty_at_first(void **state)
{
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    assert_null(arena.chunks);
    dt_arena_release(&arena);
    struct dt_arena zero = {0};
    assert_non_null(dt_arena_alloc(&zero, 1));
    dt_arena_release(&zero);
    assert_null(zero.chunks);
    dt_arena_release(&zero);
}

static void arena_memory_is_aligned_and_apart(void **state)
{
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    enum { COUNT = 4000 };
    static unsigned char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i * 7 % 301;
        blocks[i] = dt_arena_alloc(&arena, size);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 8, 0);
        memset(blocks[i], (int)(i % 251), size);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t n = 0; n < i * 7 % 301; n++)
            assert_int_equal(blocks[i][n], i % 251);
    dt_arena_release(&arena);
}

static void arena_takes_blocks_larger_than_a_chunk(void **state)
{
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    char *small = dt_arena_alloc(&arena, 8);
    char *large = dt_arena_alloc(&arena, 5u << 20);
    char *after = dt_arena_alloc(&arena, 8);
    assert_non_null(small);
    assert_non_null(large);
    assert_non_null(after);
    memset(large, 1, 5u << 20);
    memset(after, 2, 8);
    assert_int_equal(large[(5u << 20) - 1], 1);
    dt_arena_release(&arena);
}

static void arena_refuses_impossible_sizes(void **state)
{
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    for (size_t less = 0; less < 64; less++)
        assert_null(dt_arena_alloc(&arena, SIZE_MAX - less));
    assert_non_null(dt_arena_alloc(&arena, 16));
    dt_arena_release(&arena);
}

static void arena_copies(void **state)
{
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    char text[] = "a\0b";
    struct dt_slice copy = dt_arena_copy(&arena, dt_slice_of(text, 3));
    text[0] = 'x';
    assert_true(dt_slice_eq(copy, DT_S("a\0b")));
    struct dt_slice empty = dt_arena_copy(&arena, DT_SLICE_NONE);
    assert_int_equal(empty.len, 0);
    dt_arena_release(&arena);
}

/* ---- err ---- */

static void each_error_has_its_name_and_message(void **state)
{
    (void)state;
    assert_int_equal(DT_OK, 0);
#define X(name, message)                                                                           \
    assert_string_equal(dt_err_name(DT_ERR_##name), "DT_ERR_" #name);                              \
    assert_string_equal(dt_err_message(DT_ERR_##name), message);
    DT_ERR_LIST(X)
#undef X
}

static void unknown_errors_have_a_name_too(void **state)
{
    (void)state;
    enum dt_err beyond = DT_ERR_DAMAGED + 1;
    assert_string_equal(dt_err_name(beyond), "DT_ERR_INVALID");
    assert_string_equal(dt_err_message(beyond), "invalid argument");
}

/* ---- hash ---- */

static void hash_is_xxh3(void **state)
{
    (void)state;
    /* From the XXH3 reference implementation's own sanity checks: the empty input. */
    assert_true(dt_hash64("", 0, 0) == UINT64_C(0x2D06800538D394C2));
}

static void hash_depends_on_bytes_length_and_seed(void **state)
{
    (void)state;
    /* Lengths on both sides of each of XXH3's code paths; at every alignment the same. */
    static const size_t lengths[] = {1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 1024};
    static unsigned char bytes[1024 + 8];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t len = lengths[i];
        uint64_t first = 0;
        for (size_t shift = 0; shift < 8; shift++) {
            memset(bytes, 0, sizeof bytes);
            for (size_t n = 0; n < len; n++)
                bytes[shift + n] = (unsigned char)(n * 31 + 7);
            uint64_t hash = dt_hash64(bytes + shift, len, 1);
            if (shift == 0)
                first = hash;
            assert_true(hash == first);
            assert_true(hash != dt_hash64(bytes + shift, len, 2));
            assert_true(hash != dt_hash64(bytes + shift, len - 1, 1));
            bytes[shift + len - 1] ^= 1;
            assert_true(hash != dt_hash64(bytes + shift, len, 1));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slice_of_a_literal_has_no_nul),
        cmocka_unit_test(slice_of_no_string_is_empty),
        cmocka_unit_test(slices_compare_by_bytes),
        cmocka_unit_test(slice_from_stops_at_the_end),
        cmocka_unit_test(slice_starts_with),
        cmocka_unit_test(lower_case_is_ascii_only),
        cmocka_unit_test(out_takes_exactly_its_room),
        cmocka_unit_test(out_overflow_is_sticky),
        cmocka_unit_test(out_of_no_memory),
        cmocka_unit_test(out_writes_decimals),
        cmocka_unit_test(out_never_writes_half_a_number),
        cmocka_unit_test(buf_grows_to_its_cap_and_no_further),
        cmocka_unit_test(buf_error_is_sticky_until_cleared),
        cmocka_unit_test(buf_is_usable_after_release),
        cmocka_unit_test(buf_prints),
        cmocka_unit_test(buf_print_past_the_cap_writes_nothing),
        cmocka_unit_test(buf_takes_nothing_for_nothing),
        cmocka_unit_test(arena_is_empty_at_first),
        cmocka_unit_test(arena_memory_is_aligned_and_apart),
        cmocka_unit_test(arena_takes_blocks_larger_than_a_chunk),
        cmocka_unit_test(arena_refuses_impossible_sizes),
        cmocka_unit_test(arena_copies),
        cmocka_unit_test(each_error_has_its_name_and_message),
        cmocka_unit_test(unknown_errors_have_a_name_too),
        cmocka_unit_test(hash_is_xxh3),
        cmocka_unit_test(hash_depends_on_bytes_length_and_seed),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
