/* SPDX-License-Identifier: MIT
 *
 * Time zones: files made by hand, whole and damaged, and every zone of this machine against the C
 * library, from 1970 to 2199.
 */
#include "semantics/civil.h"
#include "semantics/zone.h"
#include "semantics/zone_rule.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define ZONEINFO "/usr/share/zoneinfo"
#define HOUR 3600

static int64_t since[DT_ZONE_MAX];
static int32_t offsets[DT_ZONE_MAX];

/* ---- files made by hand ---- */

struct file {
    unsigned char bytes[16384];
    size_t len;
};

static void put(struct file *file, const void *bytes, size_t len)
{
    assert_true(file->len + len <= sizeof file->bytes);
    memcpy(file->bytes + file->len, bytes, len);
    file->len += len;
}

static void put_number(struct file *file, uint64_t value, unsigned width)
{
    for (unsigned i = width; i > 0; i--)
        put(file, &(unsigned char){(unsigned char)(value >> (8 * (i - 1)))}, 1);
}

static void put_header(struct file *file, unsigned times, unsigned types, unsigned chars)
{
    put(file, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32);
    put_number(file, times, 4);
    put_number(file, types, 4);
    put_number(file, chars, 4);
}

/* Changes at these times, to type 1, 0, 1, 0... of these two offsets. */
static struct file made(const int64_t *times, unsigned count, int32_t zero, int32_t one,
                        const char *footer)
{
    struct file file = {.len = 0};
    put_header(&file, 0, 0, 0); /* RFC 9636 section 4: the old block may be empty */
    put_header(&file, count, 2, 8);
    for (unsigned i = 0; i < count; i++)
        put_number(&file, (uint64_t)times[i], 8);
    for (unsigned i = 0; i < count; i++)
        put_number(&file, (i + 1) % 2, 1);
    put_number(&file, (uint32_t)zero, 4);
    put(&file, "\0\0", 2);
    put_number(&file, (uint32_t)one, 4);
    put(&file, "\1\4", 2);
    put(&file, "STD\0DST\0", 8);
    put(&file, "\n", 1);
    put(&file, footer, strlen(footer));
    put(&file, "\n", 1);
    return file;
}

/* From a block of exactly the length, so that a read past the end is seen. */
static enum dt_err read_zone(const void *bytes, size_t len, struct dt_zone *ret)
{
    char *exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    enum dt_err err = dt_zone_read(dt_slice_of(exact, len), since, offsets, ret);
    free(exact);
    assert_true(err == DT_OK || err == DT_ERR_INVALID);
    return err;
}

static int64_t seconds(const char *text)
{
    int64_t at = 0;
    bool local;
    const char *why;
    assert_int_equal(dt_civil_parse(dt_slice_str(text), &at, &local, &why), DT_OK);
    return at;
}

static void a_file_by_hand(void **state)
{
    (void)state;
    const int64_t times[] = {-1000, 0, 5000};
    struct file file = made(times, 3, HOUR, 2 * HOUR, "");
    struct dt_zone zone = {.name = DT_S("kept")};
    assert_int_equal(read_zone(file.bytes, file.len, &zone), DT_OK);
    assert_int_equal(zone.count, 3);
    assert_int_equal(zone.name.len, 4);
    assert_int_equal(dt_zone_offset(&zone, INT64_MIN), HOUR);
    assert_int_equal(dt_zone_offset(&zone, -1001), HOUR);
    assert_int_equal(dt_zone_offset(&zone, -1000), 2 * HOUR);
    assert_int_equal(dt_zone_offset(&zone, -1), 2 * HOUR);
    assert_int_equal(dt_zone_offset(&zone, 0), HOUR);
    assert_int_equal(dt_zone_offset(&zone, 5000), 2 * HOUR);
    assert_int_equal(dt_zone_offset(&zone, INT64_MAX), 2 * HOUR);
    assert_int_equal(dt_zone_next(&zone, INT64_MIN), -1000);
    assert_int_equal(dt_zone_next(&zone, -1000), 0);
    assert_int_equal(dt_zone_next(&zone, 4999), 5000);
    assert_int_equal(dt_zone_next(&zone, 5000), INT64_MAX);
    assert_int_equal(dt_zone_offset(NULL, 5), 0);
    assert_int_equal(dt_zone_next(NULL, 5), INT64_MAX);
    assert_int_equal(dt_zone_instant(NULL, 5), 5);
    (void)dt_zone_instant(&zone, INT64_MIN);
    (void)dt_zone_instant(&zone, INT64_MAX);
}

static void changes_of_nothing_are_left_out(void **state)
{
    (void)state;
    const int64_t times[] = {-1000, 0, 5000};
    struct dt_zone zone;
    struct file file = made(times, 3, HOUR, HOUR, "XXX-1");
    assert_int_equal(read_zone(file.bytes, file.len, &zone), DT_OK);
    assert_int_equal(zone.count, 0); /* and without daylight saving nothing is written out */
    assert_int_equal(zone.first, HOUR);
}

/* Every byte cut, and every byte flipped in every bit: refused or read, and nothing worse. */
static void damaged_files(void **state)
{
    (void)state;
    const int64_t times[] = {-1000, 0, 5000};
    struct file file = made(times, 3, HOUR, 2 * HOUR, "CET-1CEST,M3.5.0,M10.5.0/3");
    struct dt_zone zone;
    assert_int_equal(read_zone(file.bytes, file.len, &zone), DT_OK);
    for (size_t len = 0; len < file.len; len++)
        assert_int_equal(read_zone(file.bytes, len, &zone), DT_ERR_INVALID);
    for (size_t i = 0; i < file.len * 8; i++) {
        struct file flipped = file;
        flipped.bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        if (read_zone(flipped.bytes, flipped.len, &zone) == DT_OK) {
            assert_true(zone.count <= DT_ZONE_MAX);
            (void)dt_zone_instant(&zone, dt_zone_offset(&zone, 0));
        }
    }
}

/* Where each thing stands in a file of two changes; see made(). */
enum {
    AT_VERSION = 44 + 4,
    AT_LEAP = 44 + 28,
    AT_TYPES = 44 + 36,
    AT_CHARS = 44 + 40,
    AT_TIMES = 88,
    AT_INDEX = 88 + 16,
    AT_OFFSET = 88 + 16 + 2,
    AT_DST = AT_OFFSET + 4,
    AT_NAME = AT_OFFSET + 5,
    AT_LAST_NUL = AT_OFFSET + 12 + 7,
    AT_FOOTER = AT_LAST_NUL + 1,
};

static void refused_files(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t at;
        unsigned char byte;
    } CASES[] = {
        {"magic", 0, 't'},
        {"version 1, first header", 4, 0},
        {"version 1, second header", AT_VERSION, '1'},
        {"leap seconds", AT_LEAP + 3, 1},
        {"no types", AT_TYPES + 3, 0},
        {"no names", AT_CHARS + 3, 0},
        {"more of everything than there is", AT_TYPES, 0xff},
        {"times not in order", AT_TIMES, 0x7f},
        {"a type that is not there", AT_INDEX + 1, 2},
        {"an offset of a year", AT_OFFSET, 1},
        {"neither summer nor not", AT_DST, 2},
        {"a name that is not there", AT_NAME, 8},
        {"a name without end", AT_LAST_NUL, 'x'},
        {"no footer", AT_FOOTER, 'x'},
    };
    const int64_t times[] = {0, 5000};
    const struct file file = made(times, 2, HOUR, 2 * HOUR, "");
    struct dt_zone zone = {.count = 99};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct file bad = file;
        assert_int_not_equal(bad.bytes[CASES[i].at], CASES[i].byte);
        bad.bytes[CASES[i].at] = CASES[i].byte;
        if (read_zone(bad.bytes, bad.len, &zone) == DT_OK)
            fail_msg("%s", CASES[i].what);
        assert_int_equal(zone.count, 99);
    }
    assert_int_equal(read_zone(file.bytes, file.len, &zone), DT_OK);
    assert_int_equal(read_zone("", 0, &zone), DT_ERR_INVALID);
}

static void no_more_changes_than_fit(void **state)
{
    (void)state;
    enum { SUMMERS_TO_2200 = 2 * (2200 - 1970 + 1) };
    static int64_t times[DT_ZONE_MAX + 1];
    for (unsigned i = 0; i <= DT_ZONE_MAX; i++)
        times[i] = (int64_t)i - 100000;
    static const char RULE[] = "AAA0BBB,M3.5.0,M10.5.0";
    struct dt_zone zone;
    for (unsigned count = DT_ZONE_MAX - 1; count <= DT_ZONE_MAX + 1; count++) {
        struct file file = made(times, count, 0, HOUR, "");
        assert_int_equal(read_zone(file.bytes, file.len, &zone) == DT_OK, count <= DT_ZONE_MAX);
    }
    for (unsigned more = 0; more < 2; more++) {
        unsigned count = DT_ZONE_MAX - SUMMERS_TO_2200 + 2 * more;
        struct file file = made(times, count, 0, HOUR, RULE);
        assert_int_equal(read_zone(file.bytes, file.len, &zone) == DT_OK, more == 0);
    }
    assert_int_equal(DT_ZONE_YEAR, 2200);
}

/* ---- the footer ---- */

static void rules(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int32_t standard, summer;
    } CASES[] = {
        {"CET-1CEST,M3.5.0,M10.5.0/3", true, HOUR, 2 * HOUR},
        {"EST5EDT,M3.2.0,M11.1.0", true, -5 * HOUR, -4 * HOUR},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", true, 10 * HOUR + 1800, 11 * HOUR},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", true, HOUR, 0},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", true, -2 * HOUR, -HOUR},
        {"XXX3EDT4,0/0,J365/23", true, -3 * HOUR, -4 * HOUR},
        {"A-BC1", false, 0, 0},
        {"UTC0", true, 0, 0},
        {"<+03>-3", true, 3 * HOUR, 0},
        {"ABC+24:59:59", true, -(24 * HOUR + 3599), 0},
        {"ABC-0:00:01", true, 1, 0},
        {"XYZ0ABC,J1/-167,J365/167", true, 0, HOUR},
        {"XYZ0ABC,J1/-167:59:59,365/+167:59:59", true, 0, HOUR},
        {"XYZ0ABC,J60,M12.5.6", true, 0, HOUR},
        {"", false, 0, 0},
        {":Europe/Berlin", false, 0, 0},
        {"CET", false, 0, 0},
        {"CE-1", false, 0, 0},
        {"<CE>-1", false, 0, 0},
        {"<CET-1", false, 0, 0},
        {"<C@T>-1", false, 0, 0},
        {"CET25", false, 0, 0},
        {"CET-1:60", false, 0, 0},
        {"CET-1:", false, 0, 0},
        {"CET--1", false, 0, 0},
        {"CET-1 ", false, 0, 0},
        {"EST5EDT", false, 0, 0}, /* when, POSIX leaves open */
        {"EST5EDT,M3.2.0", false, 0, 0},
        {"EST5EDT,M3.2.0,M11.1.0,", false, 0, 0},
        {"EST5EDT,M13.2.0,M11.1.0", false, 0, 0},
        {"EST5EDT,M0.2.0,M11.1.0", false, 0, 0},
        {"EST5EDT,M3.6.0,M11.1.0", false, 0, 0},
        {"EST5EDT,M3.0.0,M11.1.0", false, 0, 0},
        {"EST5EDT,M3.2.7,M11.1.0", false, 0, 0},
        {"EST5EDT,M3.2,M11.1.0", false, 0, 0},
        {"EST5EDT,J0,J365", false, 0, 0},
        {"EST5EDT,J1,J366", false, 0, 0},
        {"EST5EDT,0,366", false, 0, 0},
        {"EST5EDT,0/168,365", false, 0, 0},
        {"EST5EDT,0/-168,365", false, 0, 0},
        {"EST5EDT,0/,365", false, 0, 0},
        {"EST5ED,0,365", false, 0, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_zone_rule rule;
        enum dt_err err = dt_zone_rule_parse(dt_slice_str(CASES[i].text), &rule);
        if ((err == DT_OK) != CASES[i].ok)
            fail_msg("%s: %s", CASES[i].text, dt_err_name(err));
        if (err)
            continue;
        assert_int_equal(rule.standard, CASES[i].standard);
        assert_int_equal(rule.summer, CASES[i].summer);
    }
    struct dt_zone_rule rule;
    assert_int_equal(dt_zone_rule_parse(dt_slice_of("UTC0\0", 5), &rule), DT_ERR_INVALID);
}

/* A zone that is its footer only. */
static struct dt_zone of_rule(const char *rule, int32_t first)
{
    struct file file = made(NULL, 0, first, first, rule);
    struct dt_zone zone;
    assert_int_equal(read_zone(file.bytes, file.len, &zone), DT_OK);
    return zone;
}

/* Each footer as the C library reads it in TZ. */
static void rules_as_the_library(void **state)
{
    (void)state;
    static const char *const RULES[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "EST5EDT,M3.2.0,M11.1.0",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", /* south, half an hour */
        "IST-1GMT0,M10.5.0,M3.5.0/1",           /* winter is the exception */
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "IST-2IDT,M3.4.4/26,M10.5.0",
        "<-04>4<-03>,M9.1.6/24,M4.1.6/24",
        "ABC3DEF,J60/2,J300/2",
        "ABC3DEF,59/2,299/2",
        "ABC3DEF,J1/12,J365/12",
        "ABC-12DEF,M2.5.2/23,M3.1.3/25",
        "UTC0",
        "<+03>-3",
    };
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        struct dt_zone zone = of_rule(RULES[i], 0);
        assert_int_equal(setenv("TZ", RULES[i], 1), 0);
        tzset();
        int64_t last = seconds("2199-12-31T23:00Z");
        for (int64_t at = 0; at < last; at += 5 * HOUR + 17) {
            time_t t = (time_t)at;
            struct tm tm;
            assert_non_null(localtime_r(&t, &tm));
            if (dt_zone_offset(&zone, at) != tm.tm_gmtoff)
                fail_msg("%s at %lld", RULES[i], (long long)at);
        }
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

/* RFC 9636 section 3.3.1: summer from the first moment of a year to the last is summer for ever. */
static void summer_all_year(void **state)
{
    (void)state;
    static const char *const RULES[] = {"XXX3EDT4,0/0,J365/23", "XXX3EDT4,0/0,J365/24",
                                        "XXX3EDT4,J1/0,J365/30"};
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        struct dt_zone zone = of_rule(RULES[i], -3 * HOUR);
        assert_int_equal(zone.count, 1);
        assert_int_equal(dt_zone_offset(&zone, 0), -4 * HOUR);
        assert_int_equal(dt_zone_offset(&zone, seconds("2199-12-31T23:00Z")), -4 * HOUR);
    }
}

/* ---- local times ---- */

static bool load(const char *name, struct dt_zone *ret)
{
    static char bytes[1 << 16];
    char path[700];
    (void)snprintf(path, sizeof path, ZONEINFO "/%s", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    return read_zone(bytes, len, ret) == DT_OK;
}

static void local_times(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *local;
        const char *want;
    } CASES[] = {
        {"Europe/Berlin", "2026-01-15T12:00", "2026-01-15T11:00Z"},
        {"Europe/Berlin", "2026-07-15T12:00", "2026-07-15T10:00Z"},
        {"Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"},
        {"Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00Z"}, /* left out: shows 03:00 */
        {"Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30Z"},
        {"Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00Z"},
        {"Europe/Berlin", "2026-10-25T01:59:59", "2026-10-24T23:59:59Z"},
        {"Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00Z"}, /* twice: the first */
        {"Europe/Berlin", "2026-10-25T02:59:59", "2026-10-25T00:59:59Z"},
        {"Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00Z"},
        {"America/New_York", "2026-03-08T02:30", "2026-03-08T07:30Z"},
        {"America/New_York", "2026-11-01T01:30", "2026-11-01T05:30Z"}, /* RFC 5545 section 3.3.5 */
        {"America/New_York", "2150-07-01T00:00", "2150-07-01T04:00Z"},
        {"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45Z"},
        {"Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45Z"},
        {"Africa/Casablanca", "2026-02-15T02:30", "2026-02-15T01:30Z"},
        {"Africa/Casablanca", "2026-03-22T02:30", "2026-03-22T02:30Z"},
        {"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00Z"}, /* a day left out */
        {"Asia/Tokyo", "2026-07-01T00:00", "2026-06-30T15:00Z"},
        {"Asia/Kathmandu", "2026-07-01T00:00", "2026-06-30T18:15Z"},
        {"Etc/GMT+12", "2026-07-01T00:00", "2026-07-01T12:00Z"},
        {"Pacific/Kiritimati", "2026-07-01T00:00", "2026-06-30T10:00Z"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_zone zone;
        if (!load(CASES[i].zone, &zone)) {
            print_message("# no " ZONEINFO "/%s\n", CASES[i].zone);
            skip();
        }
        int64_t got = dt_zone_instant(&zone, seconds(CASES[i].local));
        if (got != seconds(CASES[i].want))
            fail_msg("%s %s: off by %lld", CASES[i].zone, CASES[i].local,
                     (long long)(got - seconds(CASES[i].want)));
    }
}

/* ---- every zone of this machine ---- */

/* By the C library, which has the zone in TZ. */
static int32_t library_offset(int64_t at)
{
    time_t t = (time_t)at;
    struct tm tm;
    assert_non_null(localtime_r(&t, &tm));
    return (int32_t)tm.tm_gmtoff;
}

/* The first instant that shows this local time, by the offsets around a change; or none. */
static bool found_by_trying(const struct dt_zone *zone, uint32_t change, int64_t local,
                            int64_t *ret)
{
    bool found = false;
    for (uint32_t i = change > 4 ? change - 4 : 0; i <= zone->count && i < change + 6; i++) {
        int64_t at = local - (i ? zone->offsets[i - 1] : zone->first);
        if (dt_zone_offset(zone, at) == local - at && (!found || at < *ret)) {
            found = true;
            *ret = at;
        }
    }
    return found;
}

static void compare_instants(const char *name, const struct dt_zone *zone, uint32_t change)
{
    int64_t around = zone->since[change];
    static const int64_t APART[] = {-86400, -7200, -1801, -1, 0, 1, 1799, 1800, 3599, 3600, 86400};
    for (size_t i = 0; i < sizeof APART / sizeof APART[0]; i++) {
        int64_t local = around + dt_zone_offset(zone, around) + APART[i];
        int64_t got = dt_zone_instant(zone, local);
        int64_t want = got;
        if (found_by_trying(zone, change, local, &want) ? got != want
                                                        : got + dt_zone_offset(zone, got) < local)
            fail_msg("%s: local %lld", name, (long long)local);
    }
}

static unsigned compare_zone(const char *name, const struct dt_zone *zone, int64_t step)
{
    char tz[700];
    unsigned compared = 0;
    const int64_t last = seconds("2199-12-31T23:00Z");
    (void)snprintf(tz, sizeof tz, ":%s", name);
    assert_int_equal(setenv("TZ", tz, 1), 0);
    tzset();
    for (int64_t at = 0; at < last; at += step, compared++)
        if (dt_zone_offset(zone, at) != library_offset(at))
            fail_msg("%s at %lld: %d, %d", name, (long long)at, dt_zone_offset(zone, at),
                     library_offset(at));
    for (uint32_t i = 0; i < zone->count; i++) {
        if (zone->since[i] < 0 || zone->since[i] > last)
            continue;
        for (int64_t at = zone->since[i] - 1; at <= zone->since[i]; at++, compared++)
            if (dt_zone_offset(zone, at) != library_offset(at))
                fail_msg("%s at %lld", name, (long long)at);
        compare_instants(name, zone, i);
    }
    return compared;
}

static int is_area(const struct dirent *entry)
{
    return entry->d_name[0] >= 'A' && entry->d_name[0] <= 'Z';
}

static void every_zone_as_the_library(void **state)
{
    (void)state;
    unsigned zones = 0;
    unsigned compared = 0;
    struct dirent **areas = NULL;
    int count = scandir(ZONEINFO, &areas, is_area, alphasort);
    for (int i = 0; i < count; i++) {
        char path[512];
        struct dirent **names = NULL;
        (void)snprintf(path, sizeof path, ZONEINFO "/%s", areas[i]->d_name);
        int more = scandir(path, &names, is_area, alphasort);
        for (int n = 0; n < more; n++) {
            char name[600];
            struct dt_zone zone;
            (void)snprintf(name, sizeof name, "%s/%s", areas[i]->d_name, names[n]->d_name);
            if (names[n]->d_type != DT_DIR) {
                if (!load(name, &zone))
                    fail_msg("%s", name);
                compared += compare_zone(name, &zone, INT64_C(86400) * 97 + 4321);
                zones++;
            }
            free(names[n]);
        }
        free(names);
        free(areas[i]);
    }
    free(areas);
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
    print_message("# %u zones, %u instants\n", zones, compared);
    if (zones == 0)
        skip();
}

static void some_zones_closely(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"Europe/Berlin",       "America/New_York",
                                        "Australia/Lord_Howe", "Africa/Casablanca",
                                        "Europe/Dublin",       "America/Nuuk"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct dt_zone zone;
        if (!load(NAMES[i], &zone)) {
            print_message("# no " ZONEINFO "/%s\n", NAMES[i]);
            skip();
        }
        (void)compare_zone(NAMES[i], &zone, 11 * HOUR + 7);
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_by_hand),
        cmocka_unit_test(changes_of_nothing_are_left_out),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(refused_files),
        cmocka_unit_test(no_more_changes_than_fit),
        cmocka_unit_test(rules),
        cmocka_unit_test(rules_as_the_library),
        cmocka_unit_test(summer_all_year),
        cmocka_unit_test(local_times),
        cmocka_unit_test(every_zone_as_the_library),
        cmocka_unit_test(some_zones_closely),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
