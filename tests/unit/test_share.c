/* SPDX-License-Identifier: MIT
 *
 * Shares: spread evenly, one key independent of another, and the same numbers on every machine.
 */
#include "semantics/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int from, to; /* from -1: refused */
    } CASES[] = {
        {"10", 0, 1000},     {"0", 0, 0},
        {"100", 0, 10000},   {"12.5", 0, 1250},
        {"12.55", 0, 1255},  {"0.01", 0, 1},
        {"00.01", 0, 1},     {"10-20", 1000, 2000},
        {"0-100", 0, 10000}, {"99.99-100.00", 9999, 10000},
        {"012", 0, 1200},    {"", -1, 0},
        {"-", -1, 0},        {"-10", -1, 0},
        {"10-", -1, 0},      {"20-10", -1, 0},
        {"10-10", -1, 0},    {"101", -1, 0},
        {"100.01", -1, 0},   {"999", -1, 0},
        {"0012", -1, 0},     {"12.555", -1, 0},
        {"12.", -1, 0},      {".5", -1, 0},
        {"1.2.3", -1, 0},    {"1..5", -1, 0},
        {"1.2.", -1, 0},     {"10%", -1, 0},
        {"+10", -1, 0},      {"1e1", -1, 0},
        {" 10", -1, 0},      {"10 - 20", -1, 0},
        {"10-20-30", -1, 0}, {"ten", -1, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_range range = {7, 7};
        enum dt_err err = dt_share_range(dt_slice_str(CASES[i].text), &range);
        if ((err == DT_OK) != (CASES[i].from >= 0))
            fail_msg("%s: %s", CASES[i].text, dt_err_name(err));
        assert_int_equal(range.from, err ? 7 : CASES[i].from); /* untouched on failure */
        assert_int_equal(range.to, err ? 7 : CASES[i].to);
    }
    struct dt_range range;
    assert_int_equal(dt_share_range(DT_SLICE_NONE, &range), DT_ERR_INVALID);
}

/* Whoever breaks these moves every client of every running experiment. */
static void the_same_on_every_machine(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *text;
        unsigned want;
    } CASES[] = {
        {"detour", "", 2115},
        {"detour", "a", 9598},
        {"detour", "192.0.2.7", 2905},
        {"detour", "31d4d96e407aad42", 5127},
        {"detour",
         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef012345678"
         "9abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
         5768},
        {"spring", "192.0.2.7", 1505},
        {"", "a", 4740},
        {"", "", 2546},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_int_equal(dt_share_of(dt_slice_str(CASES[i].key), dt_slice_str(CASES[i].text)),
                         CASES[i].want);
    assert_int_equal(dt_share_of(DT_SLICE_NONE, DT_SLICE_NONE), dt_share_of(DT_S(""), DT_S("")));
}

/* Chi-squared with 9999 degrees of freedom: mean 9999, deviation 141; six of those either way. */
static void evenly_spread(void **state)
{
    (void)state;
    enum { TEXTS = 1000000, PLACES = 10000 };
    static unsigned counts[PLACES];
    unsigned in_tenth = 0;
    for (unsigned i = 0; i < TEXTS; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "user-%u", i);
        unsigned place = dt_share_of(DT_S("detour"), dt_slice_of(text, (size_t)len));
        assert_true(place < PLACES);
        counts[place]++;
        in_tenth += place < 1000;
    }
    double chi = 0;
    for (unsigned i = 0; i < PLACES; i++) {
        double off = (double)counts[i] - (double)TEXTS / PLACES;
        chi += off * off / ((double)TEXTS / PLACES);
    }
    print_message("# chi-squared %.0f, %u of a million in the first tenth\n", chi, in_tenth);
    assert_true(chi > 9999 - 6 * 141 && chi < 9999 + 6 * 141);
    assert_in_range(in_tenth, 98200, 101800); /* six deviations of 300 */
}

/* Of those in the first tenth by one key, a tenth is there by another key too. */
static void keys_are_independent(void **state)
{
    (void)state;
    unsigned first = 0;
    unsigned both = 0;
    for (unsigned i = 0; i < 300000; i++) {
        char text[32];
        struct dt_slice s = dt_slice_of(text, (size_t)snprintf(text, sizeof text, "10.%u.%u.%u",
                                                               i >> 16, i >> 8 & 255, i & 255));
        if (dt_share_of(DT_S("spring"), s) >= 1000)
            continue;
        first++;
        both += dt_share_of(DT_S("summer"), s) < 1000;
    }
    assert_in_range(first, 29000, 31000);
    assert_in_range(both, 2700, 3300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),
        cmocka_unit_test(the_same_on_every_machine),
        cmocka_unit_test(evenly_spread),
        cmocka_unit_test(keys_are_independent),
    };
    return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
