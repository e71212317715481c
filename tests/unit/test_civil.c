/* SPDX-License-Identifier: MIT
 *
 * The calendar against the C library's, day by day; and what RFC 3339 allows, refuses and leaves to
 * us.
 */
#include "semantics/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void assert_as_the_library(int64_t seconds)
{
    time_t at = (time_t)seconds;
    struct tm tm;
    assert_non_null(gmtime_r(&at, &tm));
    struct dt_civil civil = dt_civil_of(seconds);
    if (civil.year != tm.tm_year + 1900LL || civil.month != tm.tm_mon + 1 ||
        civil.day != tm.tm_mday || civil.hour != tm.tm_hour || civil.minute != tm.tm_min ||
        civil.second != tm.tm_sec || civil.weekday != (tm.tm_wday + 6) % 7)
        fail_msg("%lld", (long long)seconds);
    assert_int_equal(dt_civil_seconds(&civil), seconds);
}

/* Two eras and more before and behind 1970. */
static void every_day(void **state)
{
    (void)state;
    for (int64_t day = -400000; day < 400000; day++)
        assert_as_the_library(day * 86400 + day % 86400);
    unsigned seed = 3;
    for (unsigned i = 0; i < 200000; i++)
        assert_as_the_library((int64_t)rand_r(&seed) * rand_r(&seed) / 64 - (INT64_C(1) << 55));
}

static void ends_of_days_and_months(void **state)
{
    (void)state;
    static const int64_t AT[] = {
        0,          -1,         86399,        86400,        951782399,   951782400,
        951868799,  951868800,  4107542399,   4107542400,   1835395199,  1835395200,
        1835481599, 1835481600, 253402300799, -62167219200, -62167219201};
    for (size_t i = 0; i < sizeof AT / sizeof AT[0]; i++)
        assert_as_the_library(AT[i]);
    assert_int_equal(dt_civil_month_days(2028, 2), 29);
    assert_int_equal(dt_civil_month_days(2100, 2), 28);
    assert_int_equal(dt_civil_month_days(2000, 2), 29);
    assert_int_equal(dt_civil_month_days(2027, 2), 28);
    assert_int_equal(dt_civil_month_days(2027, 12), 31);
    assert_int_equal(dt_civil_days(1970, 1, 1), 0);
    assert_int_equal(dt_civil_days(2000, 3, 1), 11017);
}

static void printing(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *want;
    } CASES[] = {
        {0, "1970-01-01T00:00:00Z"},
        {1796162400, "2026-12-01T22:00:00Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {253402300800, "10000-01-01T00:00:00Z"},
        {-62135596801, "0000-12-31T23:59:59Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {INT64_MAX, "292277026596-12-04T15:30:07Z"},
        {INT64_MIN, "-292277022657-01-27T08:29:52Z"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *mem = malloc(32); /* so that a write past the end is seen */
        assert_non_null(mem);
        struct dt_slice got = dt_civil_print(CASES[i].seconds, mem);
        assert_int_equal(got.len, strlen(CASES[i].want));
        assert_memory_equal(got.ptr, CASES[i].want, got.len);
        free(mem);
    }
}

static const struct {
    const char *text;
    const char *want; /* as printed; NULL: refused */
    bool local;
    const char *why; /* a part of the sentence */
} READINGS[] = {
    /* RFC 3339 section 5.8 */
    {"1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50Z", false, NULL},
    {"1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z", false, NULL},
    {"1990-12-31T23:59:60Z", "1991-01-01T00:00:00Z", false, NULL},
    {"1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z", false, NULL},
    {"1937-01-01T12:00:27.87+00:20", NULL, false, "1970 to 9999"},
    /* its freedoms, and ours */
    {"2026-12-01t22:00:00z", "2026-12-01T22:00:00Z", false, NULL},
    {"2026-12-01 22:00:00Z", "2026-12-01T22:00:00Z", false, NULL},
    {"2026-12-01T22:00Z", "2026-12-01T22:00:00Z", false, NULL},
    {"2026-12-01T22:00+05:30", "2026-12-01T16:30:00Z", false, NULL},
    {"2026-12-01T22:00-00:00", "2026-12-01T22:00:00Z", false, NULL},
    {"2026-12-01T22:00+23:59", "2026-11-30T22:01:00Z", false, NULL},
    {"2026-12-01T22:00:00.999999999999999999999Z", "2026-12-01T22:00:00Z", false, NULL},
    {"2026-12-01T22:00:00", "2026-12-01T22:00:00Z", true, NULL},
    {"2026-12-01T22:00:00.5", "2026-12-01T22:00:00Z", true, NULL},
    {"2026-12-01T22:00", "2026-12-01T22:00:00Z", true, NULL},
    {"2026-12-01", "2026-12-01T00:00:00Z", true, NULL},
    {"2028-02-29T00:00Z", "2028-02-29T00:00:00Z", false, NULL},
    {"2000-02-29", "2000-02-29T00:00:00Z", true, NULL},
    {"1970-01-01T00:00+01:00", "1969-12-31T23:00:00Z", false, NULL},
    {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", false, NULL},
    /* no such moment */
    {"2027-02-29", NULL, false, "does not have this day"},
    {"2100-02-29", NULL, false, "does not have this day"},
    {"2026-04-31", NULL, false, "does not have this day"},
    {"2026-04-00", NULL, false, "does not have this day"},
    {"2026-13-01", NULL, false, "months go"},
    {"2026-00-01", NULL, false, "months go"},
    {"1969-12-31", NULL, false, "1970 to 9999"},
    {"2026-12-01T24:00Z", NULL, false, "hours go"},
    {"2026-12-01T22:60Z", NULL, false, "minutes go"},
    {"2026-12-01T22:00:61Z", NULL, false, "seconds go"},
    {"2026-12-01T22:00+24:00", NULL, false, "offsets go"},
    {"2026-12-01T22:00+01:60", NULL, false, "offsets go"},
    /* other forms */
    {"", NULL, false, "2026-12-01"},
    {"now", NULL, false, "2026-12-01"},
    {"20261201T2200Z", NULL, false, "2026-12-01"},
    {"2026-12-1", NULL, false, "2026-12-01"},
    {"01.12.2026", NULL, false, "2026-12-01"},
    {"12026-12-01", NULL, false, "2026-12-01"},
    {"+2026-12-01", NULL, false, "2026-12-01"},
    {"2026-12-01T", NULL, false, "22:00"},
    {"2026-12-01T9:00Z", NULL, false, "22:00"},
    {"2026-12-01T22Z", NULL, false, "22:00"},
    {"2026-12-01T2200Z", NULL, false, "22:00"},
    {"2026-12-01T22:00:Z", NULL, false, "22:00"},
    {"2026-12-01T22:0", NULL, false, "22:00"},
    {"2026-12-01_22:00Z", NULL, false, "stands a T"},
    {"2026-12-01Z", NULL, false, "stands a T"},
    {"2026-12-01T22:00.5Z", NULL, false, "offset"},
    {"2026-12-01T22:00:00,5Z", NULL, false, "offset"},
    {"2026-12-01T22:00:00.Z", NULL, false, "fraction"},
    {"2026-12-01T22:00:00.", NULL, false, "fraction"},
    {"2026-12-01T22:00+0100", NULL, false, "offset"},
    {"2026-12-01T22:00+01", NULL, false, "offset"},
    {"2026-12-01T22:00 CET", NULL, false, "offset"},
    {"2026-12-01T22:00ZZ", NULL, false, "behind the time"},
    {"2026-12-01T22:00+01:00x", NULL, false, "behind the time"},
    {"2026-12-01T22:00Z ", NULL, false, "behind the time"},
};

static void reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof READINGS / sizeof READINGS[0]; i++) {
        size_t len = strlen(READINGS[i].text);
        char *exact = malloc(len ? len : 1), printed[32];
        assert_non_null(exact);
        memcpy(exact, READINGS[i].text, len);
        int64_t seconds = 77;
        bool local = false;
        const char *why = NULL;
        enum dt_err err = dt_civil_parse(dt_slice_of(exact, len), &seconds, &local, &why);
        free(exact);
        if ((err == DT_OK) != (READINGS[i].want != NULL))
            fail_msg("%s: %s", READINGS[i].text, err ? why : "taken");
        if (err) {
            assert_int_equal(err, DT_ERR_INVALID);
            assert_int_equal(seconds, 77);
            if (!READINGS[i].why || !strstr(why, READINGS[i].why))
                fail_msg("%s: %s", READINGS[i].text, why);
            continue;
        }
        assert_null(why);
        assert_int_equal(local, READINGS[i].local);
        struct dt_slice got = dt_civil_print(seconds, printed);
        if (!dt_slice_eq(got, dt_slice_str(READINGS[i].want)))
            fail_msg("%s: %.*s", READINGS[i].text, DT_SLICE_FMT(got));
    }
}

/* What is printed is read as the same moment. */
static void round_trips(void **state)
{
    (void)state;
    for (int64_t seconds = 0; seconds < 253402300800; seconds += 7919 * 3571) {
        char mem[32];
        int64_t again = 0;
        bool local = true;
        const char *why;
        struct dt_slice printed = dt_civil_print(seconds, mem);
        assert_int_equal(dt_civil_parse(printed, &again, &local, &why), DT_OK);
        assert_int_equal(again, seconds);
        assert_false(local);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day),   cmocka_unit_test(ends_of_days_and_months),
        cmocka_unit_test(printing),    cmocka_unit_test(reading),
        cmocka_unit_test(round_trips),
    };
    return cmocka_run_group_tests_name("civil", tests, NULL, NULL);
}
