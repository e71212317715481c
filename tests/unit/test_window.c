/* SPDX-License-Identifier: MIT
 *
 * Windows of the week: what is read, what is on at the edges of days, hours, years and daylight
 * saving, and that nothing changes before the moment that was told. The C library shows the local
 * time that a window is held against.
 */
#include "semantics/civil.h"
#include "semantics/window.h"
#include "semantics/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define ALL_DAYS 0x7f

static void days(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int want; /* -1: refused */
    } CASES[] = {
        {"mon", 0x01},
        {"sun", 0x40},
        {"mon-fri", 0x1f},
        {"sat,sun", 0x60},
        {"fri-mon", 0x71},
        {"sun-mon", 0x41},
        {"mon-sun", 0x7f},
        {"tue-mon", 0x7f},
        {"wed-wed", 0x04},
        {"mon,mon", 0x01},
        {"mon-wed,sat", 0x27},
        {"MON-Fri", 0x1f},
        {"mon,wed,fri", 0x15},
        {"", -1},
        {",", -1},
        {"mon,", -1},
        {",mon", -1},
        {"mon,,tue", -1},
        {"mon-", -1},
        {"-mon", -1},
        {"-", -1},
        {"mon-tue-wed", -1},
        {"monday", -1},
        {"mo", -1},
        {"mon -fri", -1},
        {"mon, tue", -1},
        {"mont", -1},
        {"ontu", -1},
        {"1-5", -1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint8_t got = 0x80;
        enum dt_err err = dt_window_days(dt_slice_str(CASES[i].text), &got);
        if ((err == DT_OK) != (CASES[i].want >= 0) || got != (err ? 0x80 : CASES[i].want))
            fail_msg("%s: %s, %x", CASES[i].text, dt_err_name(err), got);
    }
    uint8_t got;
    assert_int_equal(dt_window_days(DT_SLICE_NONE, &got), DT_ERR_INVALID);
}

static void ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int from, to; /* minutes; from -1: refused */
    } CASES[] = {
        {"9-17", 540, 1020},
        {"09:00-17:30", 540, 1050},
        {"9:15-17", 555, 1020},
        {"22:00-06:00", 1320, 360},
        {"22-24", 1320, 1440},
        {"22-24:00", 1320, 1440},
        {"22-0", 1320, 0},
        {"0-24", 0, 1440},
        {"00:00-00:01", 0, 1},
        {"23:59-24:00", 1439, 1440},
        {"", -1, 0},
        {"9", -1, 0},
        {"-", -1, 0},
        {"9-", -1, 0},
        {"-17", -1, 0},
        {"9-9", -1, 0},
        {"0-0", -1, 0},
        {"09:00-9", -1, 0},
        {"24-6", -1, 0},
        {"24:00-06:00", -1, 0},
        {"9-24:01", -1, 0},
        {"9-25", -1, 0},
        {"9:60-17", -1, 0},
        {"9:5-17", -1, 0},
        {"9:-17", -1, 0},
        {":30-17", -1, 0},
        {"009-17", -1, 0},
        {"9:000-17", -1, 0},
        {"9:00:00-17", -1, 0},
        {"9am-5pm", -1, 0},
        {"9 -17", -1, 0},
        {"9-12-17", -1, 0},
        {"9-17,18-20", -1, 0},
        {"+9-17", -1, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_range got = {7, 7};
        enum dt_err err = dt_window_range(dt_slice_str(CASES[i].text), &got);
        if ((err == DT_OK) != (CASES[i].from >= 0))
            fail_msg("%s: %s", CASES[i].text, dt_err_name(err));
        assert_int_equal(got.from, err ? 7 : CASES[i].from);
        assert_int_equal(got.to, err ? 7 : CASES[i].to);
    }
    struct dt_range got;
    assert_int_equal(dt_window_range(DT_SLICE_NONE, &got), DT_ERR_INVALID);
}

/* ---- moments ---- */

/* False when this machine does not have the zone. "UTC" needs no file. */
static bool load(const char *name, struct dt_zone *ret)
{
    static int64_t since[DT_ZONE_MAX];
    static int32_t offsets[DT_ZONE_MAX];
    static char bytes[1 << 16];
    char path[300];
    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    assert_int_equal(dt_zone_read(dt_slice_of(bytes, len), since, offsets, ret), DT_OK);
    return true;
}

static int64_t seconds(const char *text)
{
    int64_t at = 0;
    bool local;
    const char *why;
    assert_int_equal(dt_civil_parse(dt_slice_str(text), &at, &local, &why), DT_OK);
    return at;
}

struct moment {
    const char *zone;
    const char *days;
    const char *hours;
    const char *now;
    bool on;
    const char *changes;
};

static const struct moment MOMENTS[] = {
    /* plain */
    {"UTC", "mon-sun", "9-17", "2026-07-01T08:59:59Z", false, "2026-07-01T09:00Z"},
    {"UTC", "mon-sun", "9-17", "2026-07-01T09:00Z", true, "2026-07-01T17:00Z"},
    {"UTC", "mon-sun", "9-17", "2026-07-01T16:59:59Z", true, "2026-07-01T17:00Z"},
    {"UTC", "mon-sun", "9-17", "2026-07-01T17:00Z", false, "2026-07-02T09:00Z"},
    {"UTC", "mon-fri", "", "2026-07-03T12:00Z", true, "2026-07-04T00:00Z"}, /* a Friday */
    {"UTC", "mon-fri", "", "2026-07-04T00:00Z", false, "2026-07-06T00:00Z"},
    {"UTC", "mon-fri", "9-17", "2026-07-03T17:00Z", false, "2026-07-06T09:00Z"},
    {"UTC", "mon-sun", "22-24", "2026-07-03T23:59:59Z", true, "2026-07-04T00:00Z"},
    {"UTC", "mon-sun", "0-24", "2026-07-03T23:59:59Z", true, NULL},
    {"UTC", "mon-sun", "", "2026-07-03T23:59:59Z", true, NULL},
    /* over midnight, the day is that of the beginning */
    {"UTC", "fri", "22-6", "2026-07-03T21:59:59Z", false, "2026-07-03T22:00Z"},
    {"UTC", "fri", "22-6", "2026-07-03T23:00Z", true, "2026-07-04T06:00Z"},
    {"UTC", "fri", "22-6", "2026-07-04T03:00Z", true, "2026-07-04T06:00Z"},
    {"UTC", "fri", "22-6", "2026-07-04T06:00Z", false, "2026-07-10T22:00Z"},
    {"UTC", "fri", "22-6", "2026-07-03T03:00Z", false, "2026-07-03T22:00Z"},
    {"UTC", "sun", "22-6", "2026-07-06T03:00Z", true, "2026-07-06T06:00Z"}, /* Monday */
    {"UTC", "mon-sun", "22-6", "2026-12-31T23:59:59Z", true, "2027-01-01T06:00Z"},
    {"UTC", "fri", "22-0", "2026-07-03T23:30Z", true, "2026-07-04T00:00Z"},
    /* leap days: 2028-02-29 is a Tuesday, 2100-03-01 a Monday behind a Sunday */
    {"UTC", "tue", "", "2028-02-28T23:59:59Z", false, "2028-02-29T00:00Z"},
    {"UTC", "tue", "", "2028-02-29T12:00Z", true, "2028-03-01T00:00Z"},
    {"UTC", "mon", "22-6", "2028-02-29T05:59:59Z", true, "2028-02-29T06:00Z"},
    {"UTC", "sun", "", "2100-02-28T12:00Z", true, "2100-03-01T00:00Z"},
    {"UTC", "mon", "", "2100-03-01T12:00Z", true, "2100-03-02T00:00Z"},
    /* Berlin, forward: 02:00 to 03:00 is never shown */
    {"Europe/Berlin", "mon-sun", "2-3", "2026-03-28T23:30Z", false, "2026-03-30T00:00Z"},
    {"Europe/Berlin", "mon-sun", "2:30-4", "2026-03-29T00:59:59Z", false, "2026-03-29T01:00Z"},
    {"Europe/Berlin", "mon-sun", "2:30-4", "2026-03-29T01:00Z", true, "2026-03-29T02:00Z"},
    {"Europe/Berlin", "sun", "1-4", "2026-03-29T00:00Z", true, "2026-03-29T02:00Z"},
    {"Europe/Berlin", "sat", "22-6", "2026-03-28T21:00Z", true, "2026-03-29T04:00Z"},
    /* back: 02:00 to 03:00 is shown twice */
    {"Europe/Berlin", "sun", "2-2:30", "2026-10-25T00:00Z", true, "2026-10-25T00:30Z"},
    {"Europe/Berlin", "sun", "2-2:30", "2026-10-25T00:30Z", false, "2026-10-25T01:00Z"},
    {"Europe/Berlin", "sun", "2-2:30", "2026-10-25T01:00Z", true, "2026-10-25T01:30Z"},
    {"Europe/Berlin", "sun", "1-4", "2026-10-24T23:00Z", true, "2026-10-25T03:00Z"},
    {"Europe/Berlin", "sun", "", "2026-10-24T22:00Z", true, "2026-10-25T23:00Z"}, /* 25 hours */
    {"Europe/Berlin", "sun", "2-3", "2026-10-25T00:00Z", true, "2026-10-25T02:00Z"},
    {"America/New_York", "sun", "1-2", "2026-11-01T05:00Z", true, "2026-11-01T07:00Z"},
    {"America/New_York", "sun", "2-3", "2026-03-08T06:59:59Z", false, "2026-03-15T06:00Z"},
    /* Lord Howe: half an hour */
    {"Australia/Lord_Howe", "sun", "2:15-2:45", "2026-10-03T15:00Z", false, "2026-10-03T15:30Z"},
    {"Australia/Lord_Howe", "sun", "2:15-2:45", "2026-10-03T15:30Z", true, "2026-10-03T15:45Z"},
    {"Australia/Lord_Howe", "sun", "1:30-2", "2026-04-04T14:30Z", true, "2026-04-04T15:30Z"},
    /* Casablanca: back for Ramadan, from 03:00 to 02:00 on 2026-02-15 */
    {"Africa/Casablanca", "sun", "2-3", "2026-02-15T01:00Z", true, "2026-02-15T03:00Z"},
    {"Africa/Casablanca", "sun", "2-3", "2026-03-22T01:00Z", false, "2026-03-29T01:00Z"},
    /* other days than in UTC */
    {"Asia/Tokyo", "mon", "", "2026-07-05T15:00Z", true, "2026-07-06T15:00Z"},
    {"Pacific/Kiritimati", "thu", "", "2026-12-31T09:59:59Z", true, "2026-12-31T10:00Z"},
    {"Asia/Kathmandu", "mon-sun", "9-17", "2026-07-01T03:15Z", true, "2026-07-01T11:15Z"},
};

static void moments(void **state)
{
    (void)state;
    bool missing = false;
    for (size_t i = 0; i < sizeof MOMENTS / sizeof MOMENTS[0]; i++) {
        const struct moment *m = &MOMENTS[i];
        struct dt_zone zone;
        bool utc = strcmp(m->zone, "UTC") == 0;
        if (!utc && !load(m->zone, &zone)) {
            missing = true;
            continue;
        }
        uint8_t mask;
        struct dt_range range;
        assert_int_equal(dt_window_days(dt_slice_str(m->days), &mask), DT_OK);
        size_t count = m->hours[0] != '\0';
        if (count)
            assert_int_equal(dt_window_range(dt_slice_str(m->hours), &range), DT_OK);
        int64_t now = seconds(m->now);
        int64_t changes = 0;
        bool on = dt_window_on(mask, &range, count, utc ? NULL : &zone, now, &changes);
        bool right = m->changes ? changes == seconds(m->changes) : changes > now + 7 * 86400;
        if (on != m->on || !right) {
            char mem[32];
            struct dt_slice at = dt_civil_print(changes, mem);
            fail_msg("%s %s %s at %s: %d until %.*s", m->zone, m->days, m->hours, m->now, on,
                     DT_SLICE_FMT(at));
        }
    }
    if (missing) {
        print_message("# zones are missing\n");
        skip();
    }
}

static void the_ends_of_time(void **state)
{
    (void)state;
    const struct dt_range range = {540, 1020};
    const int64_t NOW[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < sizeof NOW / sizeof NOW[0]; i++) {
        int64_t changes = 0;
        (void)dt_window_on(0x1f, &range, 1, NULL, NOW[i], &changes);
        assert_true(changes > NOW[i] || NOW[i] >= INT64_MAX - 1);
    }
}

/* ---- minute by minute ---- */

struct window {
    uint8_t days;
    size_t count;
    struct dt_range ranges[3];
};

static struct window random_window(unsigned *seed)
{
    struct window w = {.days = (uint8_t)(rand_r(seed) % 128), .count = (size_t)rand_r(seed) % 4};
    if (rand_r(seed) % 3 == 0)
        w.days = ALL_DAYS;
    for (size_t i = 0; i < w.count; i++) {
        unsigned grain = rand_r(seed) % 2 ? 15 : 1; /* half of the edges where clocks change too */
        w.ranges[i].from = (uint16_t)((unsigned)rand_r(seed) % (1440 / grain) * grain);
        do
            w.ranges[i].to = (uint16_t)((unsigned)rand_r(seed) % (1440 / grain + 1) * grain);
        while (w.ranges[i].to == w.ranges[i].from);
        if (rand_r(seed) % 2) { /* in the small hours */
            w.ranges[i].from %= 240;
            w.ranges[i].to = (uint16_t)(w.ranges[i].from + 30);
        }
    }
    return w;
}

/* By the local time that the C library shows: is each minute of the week listed? */
static bool on_naively(const struct window *w, int64_t now)
{
    time_t t = (time_t)now;
    struct tm tm;
    assert_non_null(localtime_r(&t, &tm));
    int day = (tm.tm_wday + 6) % 7;
    int minute = tm.tm_hour * 60 + tm.tm_min;
    if (w->count == 0)
        return w->days >> day & 1;
    for (size_t i = 0; i < w->count; i++)
        for (int begun = 0; begun < 2; begun++) { /* today, or yesterday */
            int to = w->ranges[i].to;
            if (to < w->ranges[i].from)
                to += 1440;
            int from_there = minute + 1440 * begun;
            if ((w->days >> (day + 7 - begun) % 7 & 1) && from_there >= w->ranges[i].from &&
                from_there < to)
                return true;
        }
    return false;
}

/* Three weeks around a change. A moment that is told and near is one at which something changes. */
static void step_through(const struct window *w, const struct dt_zone *zone, int64_t middle)
{
    int64_t promised = INT64_MIN;
    bool was = false;
    for (int64_t now = middle - 10 * 86400; now < middle + 11 * 86400; now += 60) {
        int64_t changes = 0;
        bool on = dt_window_on(w->days, w->ranges, w->count, zone, now, &changes);
        if (on != on_naively(w, now))
            fail_msg("at %lld: %d", (long long)now, on);
        if (now < promised && on != was)
            fail_msg("at %lld, not before %lld", (long long)now, (long long)promised);
        assert_true(changes > now);
        if (changes > promised && changes < now + 2 * 86400)
            assert_int_not_equal(on_naively(w, changes), on);
        if (changes > promised)
            promised = changes;
        was = on;
    }
}

static void nothing_changes_before_it_was_told(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *change;
    } CASES[] = {
        {"Europe/Berlin", "2026-03-29T01:00Z"},
        {"Europe/Berlin", "2026-10-25T01:00Z"},
        {"America/New_York", "2026-03-08T07:00Z"},
        {"America/New_York", "2026-11-01T06:00Z"},
        {"Australia/Lord_Howe", "2026-04-04T15:00Z"},
        {"Australia/Lord_Howe", "2026-10-03T15:30Z"},
        {"Africa/Casablanca", "2026-02-15T02:00Z"},
        {"Africa/Casablanca", "2026-03-22T02:00Z"},
        {"Pacific/Apia", "2011-12-30T10:00Z"},
        {"America/Nuuk", "2026-03-29T01:00Z"},
        {"UTC", "2028-02-29T00:00Z"},
        {"UTC", "2027-01-01T00:00Z"},
        {"Europe/London", "2100-03-28T01:00Z"},
    };
    unsigned seed = 9;
    unsigned windows = 0;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_zone zone;
        if (!load(CASES[i].zone, &zone)) {
            print_message("# no zone %s\n", CASES[i].zone);
            continue;
        }
        assert_int_equal(setenv("TZ", CASES[i].zone, 1), 0);
        tzset();
        for (unsigned round = 0; round < 12; round++, windows++) {
            struct window w = random_window(&seed);
            step_through(&w, &zone, seconds(CASES[i].change));
        }
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
    print_message("# %u windows\n", windows);
    if (windows == 0)
        skip();
}

static void it_is_cheap(void **state)
{
    (void)state;
    struct dt_zone zone;
    if (!load("Europe/Berlin", &zone))
        skip();
    enum { ROUNDS = 100000 };
    const struct dt_range range = {540, 1020};
    struct timespec from, to;
    int64_t sum = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    for (int64_t i = 0; i < ROUNDS; i++) {
        int64_t changes = 0;
        (void)dt_window_on(0x1f, &range, 1, &zone, 1790000000 + i * 61, &changes);
        sum += changes;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    assert_true(sum > 0);
    print_message("# %.0f nanoseconds\n",
                  ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
                      ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days),
        cmocka_unit_test(ranges),
        cmocka_unit_test(moments),
        cmocka_unit_test(the_ends_of_time),
        cmocka_unit_test(nothing_changes_before_it_was_told),
        cmocka_unit_test(it_is_cheap),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
