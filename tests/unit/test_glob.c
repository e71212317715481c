/* SPDX-License-Identifier: MIT
 *
 * Patterns with stars: a table, then random patterns against a naive matcher that backtracks, then
 * texts made to be slow.
 */
#include "semantics/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <time.h>

static void cases(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *text;
        bool exact;  /* matches with its case */
        bool folded; /* matches without */
    } CASES[] = {
        {"", "", true, true},
        {"", "a", false, false},
        {"*", "", true, true},
        {"*", "anything at all", true, true},
        {"**", "", true, true},
        {"a", "a", true, true},
        {"a", "A", false, true},
        {"a", "ab", false, false},
        {"a*", "a", true, true},
        {"a*", "abc", true, true},
        {"a*", "ba", false, false},
        {"*a", "ba", true, true},
        {"*a", "ab", false, false},
        {"a*a", "a", false, false}, /* head and tail do not share bytes */
        {"a*a", "aa", true, true},
        {"ab*ba", "aba", false, false},
        {"*bot*", "Googlebot/2.1", true, true},
        {"*bot*", "bingBOT", false, true},
        {"*bot*", "bo", false, false},
        {"*a*b*", "ba", false, false},
        {"*a*b*", "xaxbx", true, true},
        {"a*b*c", "abc", true, true},
        {"a*b*c", "acb", false, false},
        {"a*b*b*c", "abc", false, false},
        {"https://news.example/*", "https://news.example/", true, true},
        {"https://news.example/*", "HTTPS://news.EXAMPLE/x", false, true},
        {"a?c", "abc", false, false}, /* nothing but the star is special */
        {"[a]*", "[a]b", true, true},
        {"@*", "`", false, false}, /* 0x40 and 0x60 are not a letter's two cases */
        {"`*", "@", false, false},
        {"*{*", "[", false, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_slice pattern = dt_slice_str(CASES[i].pattern);
        struct dt_slice text = dt_slice_str(CASES[i].text);
        if (dt_glob_match(pattern, text, false) != CASES[i].exact ||
            dt_glob_match(pattern, text, true) != CASES[i].folded)
            fail_msg("%s, %s", CASES[i].pattern, CASES[i].text);
    }
    assert_true(dt_glob_match(DT_SLICE_NONE, DT_SLICE_NONE, true));
    assert_true(dt_glob_match(DT_S("*"), DT_SLICE_NONE, false));
    assert_false(dt_glob_match(DT_S("a*"), DT_SLICE_NONE, true));
    assert_true(dt_glob_contains(DT_SLICE_NONE, DT_SLICE_NONE, true));
    assert_true(dt_glob_contains(DT_S(""), DT_S("a"), false));
    assert_false(dt_glob_contains(DT_S("a"), DT_SLICE_NONE, true));
}

static bool match_naively(struct dt_slice p, struct dt_slice t, bool fold)
{
    if (!p.len)
        return !t.len;
    if (p.ptr[0] == '*')
        return match_naively(dt_slice_from(p, 1), t, fold) ||
               (t.len && match_naively(p, dt_slice_from(t, 1), fold));
    if (!t.len || p.ptr[0] != (fold ? dt_ascii_lower(t.ptr[0]) : t.ptr[0]))
        return false;
    return match_naively(dt_slice_from(p, 1), dt_slice_from(t, 1), fold);
}

static bool contains_naively(struct dt_slice p, struct dt_slice t, bool fold)
{
    for (size_t at = 0; at + p.len <= t.len; at++)
        if (match_naively(p, dt_slice_of(t.ptr + at, p.len), fold))
            return true;
    return false;
}

/* In a block of exactly its length, so that a read past the end is seen. */
static struct dt_slice random_text(unsigned *seed, size_t max, const char *from)
{
    size_t len = (size_t)rand_r(seed) % (max + 1);
    char *mem = malloc(len ? len : 1);
    assert_non_null(mem);
    for (size_t i = 0; i < len; i++)
        mem[i] = from[(size_t)rand_r(seed) % strlen(from)];
    return dt_slice_of(mem, len);
}

static void release(struct dt_slice s)
{
    char *mem;
    memcpy(&mem, &s.ptr, sizeof mem);
    free(mem);
}

static void random_patterns(void **state)
{
    (void)state;
    unsigned seed = 5;
    unsigned yes = 0;
    for (unsigned round = 0; round < 100000; round++) {
        struct dt_slice pattern = random_text(&seed, 8, "ab*{");
        struct dt_slice text = random_text(&seed, 24, "abAB{[");
        bool fold = round & 1;
        bool want = match_naively(pattern, text, fold);
        if (dt_glob_match(pattern, text, fold) != want)
            fail_msg("%.*s, %.*s", DT_SLICE_FMT(pattern), DT_SLICE_FMT(text));
        yes += want;
        release(pattern);
        release(text);
    }
    assert_in_range(yes, 1000, 99000);
}

/* Long enough for blocks of 16, for a spent budget, and for what is left over behind the blocks. */
static void random_pieces(void **state)
{
    (void)state;
    unsigned seed = 6;
    unsigned yes = 0;
    for (unsigned round = 0; round < 50000; round++) {
        struct dt_slice piece = random_text(&seed, round % 3 ? 5 : 12, "aab");
        struct dt_slice text =
            random_text(&seed, 100, round % 2 ? "aaaAb" : "aaaaaaaaaaaaaaaaaaab");
        for (int fold = 0; fold < 2; fold++) {
            bool want = contains_naively(piece, text, fold);
            if (dt_glob_contains(piece, text, fold) != want)
                fail_msg("%.*s, %.*s", DT_SLICE_FMT(piece), DT_SLICE_FMT(text));
            yes += want;
        }
        release(piece);
        release(text);
    }
    assert_in_range(yes, 1000, 99000);
}

static double microseconds(struct dt_slice pattern, struct dt_slice text, bool fold)
{
    enum { ROUNDS = 100 };
    struct timespec from, to;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned i = 0; i < ROUNDS; i++)
        assert_false(dt_glob_match(pattern, text, fold));
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    return ((double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3) /
           ROUNDS;
}

/* 8 KiB of a's: each is the first byte of a piece that fails at its middle. A quadratic matcher
 * takes milliseconds; the bound leaves room for sanitizers and a busy machine. */
static void hostile_texts_are_cheap(void **state)
{
    (void)state;
    static char text[8192], piece[515];
    memset(text, 'a', sizeof text);
    memset(piece, 'a', sizeof piece);
    piece[0] = piece[sizeof piece - 1] = '*';
    piece[sizeof piece / 2] = 'b';
    struct dt_slice many = DT_S("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab*");
    struct dt_slice whole = dt_slice_of(text, sizeof text);
    for (int fold = 0; fold < 2; fold++) {
        double one = microseconds(dt_slice_of(piece, sizeof piece), whole, fold);
        double stars = microseconds(many, whole, fold);
        print_message("# 8 KiB, fold %d: long piece %.1f, many stars %.1f microseconds\n", fold,
                      one, stars);
        assert_true(one < 2000 && stars < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(random_patterns),
        cmocka_unit_test(random_pieces),
        cmocka_unit_test(hostile_texts_are_cheap),
    };
    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
