/* SPDX-License-Identifier: MIT
 *
 * The calendar is counted in years that begin in March, so that the leap day is the last day of its
 * year, and in eras of 400 years, which all have 146097 days.
 */
#include "semantics/civil.h"
#include "base/out.h"

#define SECONDS_A_DAY 86400
#define DAYS_AN_ERA 146097
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned dt_civil_month_days(int64_t year, unsigned month)
{
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : DAYS[month - 1];
}

int64_t dt_civil_days(int64_t year, unsigned month, unsigned day)
{
    int64_t march_year = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(march_year, 400);
    int64_t of_era = march_year - era * 400;
    int64_t from_march = month <= 2 ? month + 9 : month - 3;
    int64_t of_year = (153 * from_march + 2) / 5 + day - 1;
    return era * DAYS_AN_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

struct dt_civil dt_civil_of(int64_t seconds)
{
    int64_t days = floor_div(seconds, SECONDS_A_DAY);
    int64_t rest = seconds % SECONDS_A_DAY;
    unsigned second = (unsigned)(rest < 0 ? rest + SECONDS_A_DAY : rest);
    int64_t era = floor_div(days + DAYS_TO_1970, DAYS_AN_ERA);
    unsigned of_era = (unsigned)(days + DAYS_TO_1970 - era * DAYS_AN_ERA);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153; /* from March */
    struct dt_civil civil = {
        .year = era * 400 + year + (month >= 10),
        .month = (uint8_t)(month < 10 ? month + 3 : month - 9),
        .day = (uint8_t)(of_year - (153 * month + 2) / 5 + 1),
        .hour = (uint8_t)(second / 3600),
        .minute = (uint8_t)(second / 60 % 60),
        .second = (uint8_t)(second % 60),
        .weekday = (uint8_t)(days + 3 - floor_div(days + 3, 7) * 7), /* 1970 began on a Thursday */
    };
    return civil;
}

int64_t dt_civil_seconds(const struct dt_civil *civil)
{
    return dt_civil_days(civil->year, civil->month, civil->day) * SECONDS_A_DAY +
           civil->hour * 3600 + civil->minute * 60 + civil->second;
}

/* ---- reading: RFC 3339 section 5.6 ---- */

struct cursor {
    const char *at;
    const char *end;
    const char *why; /* the first thing that was wrong */
};

static void complain(struct cursor *c, const char *why)
{
    if (!c->why)
        c->why = why;
}

static bool take(struct cursor *c, char want)
{
    if (c->at == c->end || dt_ascii_lower(*c->at) != want)
        return false;
    c->at++;
    return true;
}

static bool at_digit(const struct cursor *c)
{
    return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

/* Exactly so many digits. */
static unsigned number(struct cursor *c, unsigned digits, const char *why)
{
    unsigned value = 0;
    for (; digits > 0; digits--) {
        if (!at_digit(c)) {
            complain(c, why);
            return value;
        }
        value = value * 10 + (unsigned)(*c->at++ - '0');
    }
    return value;
}

static void expect(struct cursor *c, char want, const char *why)
{
    if (!c->why && !take(c, want))
        complain(c, why);
}

static int64_t read_date(struct cursor *c)
{
    static const char FORM[] = "a date is written 2026-12-01";
    unsigned year = number(c, 4, FORM);
    expect(c, '-', FORM);
    unsigned month = number(c, 2, FORM);
    expect(c, '-', FORM);
    unsigned day = number(c, 2, FORM);
    if (!c->why && year < 1970)
        complain(c, "the year is 1970 to 9999");
    if (!c->why && (month < 1 || month > 12))
        complain(c, "months go from 01 to 12");
    if (!c->why && (day < 1 || day > dt_civil_month_days(year, month)))
        complain(c, "that month does not have this day");
    return c->why ? 0 : dt_civil_days(year, month, day) * SECONDS_A_DAY;
}

static int64_t read_time(struct cursor *c)
{
    static const char FORM[] = "a time of day is written 22:00 or 22:00:00";
    unsigned hour = number(c, 2, FORM);
    expect(c, ':', FORM);
    unsigned minute = number(c, 2, FORM);
    unsigned second = 0;
    if (take(c, ':')) {
        second = number(c, 2, FORM);
        if (take(c, '.')) {
            (void)number(c, 1, "a fraction of a second has digits behind its point");
            while (at_digit(c))
                c->at++;
        }
    }
    if (hour > 23)
        complain(c, "hours go from 00 to 23");
    if (minute > 59)
        complain(c, "minutes go from 00 to 59");
    if (second > 60) /* 60: a leap second (section 5.7) */
        complain(c, "seconds go from 00 to 60");
    return (int64_t)hour * 3600 + minute * 60 + second;
}

/* Seconds to take off for UTC. */
static int64_t read_offset(struct cursor *c, bool *ret_local)
{
    static const char FORM[] = "an offset is written Z, +01:00 or -05:30";
    *ret_local = c->at == c->end;
    if (*ret_local || take(c, 'z'))
        return 0;
    bool west = take(c, '-');
    if (!west)
        expect(c, '+', FORM);
    unsigned hours = number(c, 2, FORM);
    expect(c, ':', FORM);
    unsigned minutes = number(c, 2, FORM);
    if (hours > 23 || minutes > 59)
        complain(c, "offsets go from -23:59 to +23:59");
    int64_t offset = (int64_t)hours * 3600 + minutes * 60;
    return west ? -offset : offset;
}

enum dt_err dt_civil_parse(struct dt_slice text, int64_t *ret_seconds, bool *ret_local,
                           const char **ret_why)
{
    const char *start = text.len ? text.ptr : "";
    struct cursor c = {start, start + text.len, NULL};
    bool local = true;
    int64_t seconds = read_date(&c);
    if (!c.why && c.at < c.end) {
        if (!take(&c, 't') && !take(&c, ' '))
            complain(&c, "between the date and the time stands a T");
        seconds += read_time(&c);
        if (!c.why)
            seconds -= read_offset(&c, &local);
    }
    if (!c.why && c.at < c.end)
        complain(&c, "something stands behind the time");
    if (c.why) {
        *ret_why = c.why;
        return DT_ERR_INVALID;
    }
    *ret_seconds = seconds;
    *ret_local = local;
    return DT_OK;
}

/* ---- writing ---- */

static void put_two(struct dt_out *out, char before, unsigned value)
{
    dt_out_char(out, before);
    dt_out_char(out, (char)('0' + value / 10));
    dt_out_char(out, (char)('0' + value % 10));
}

struct dt_slice dt_civil_print(int64_t seconds, char *buf)
{
    struct dt_out out = dt_out_init(buf, 32);
    struct dt_civil civil = dt_civil_of(seconds);
    uint64_t year = (uint64_t)(civil.year < 0 ? -civil.year : civil.year);
    if (civil.year < 0)
        dt_out_char(&out, '-');
    for (uint64_t less = 1000; less > 1 && year < less; less /= 10)
        dt_out_char(&out, '0');
    dt_out_uint(&out, year);
    put_two(&out, '-', civil.month);
    put_two(&out, '-', civil.day);
    put_two(&out, 'T', civil.hour);
    put_two(&out, ':', civil.minute);
    put_two(&out, ':', civil.second);
    dt_out_char(&out, 'Z');
    return dt_out_slice(&out);
}
