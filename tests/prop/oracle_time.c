/* SPDX-License-Identifier: MIT
 * Calendars, zones and windows, as little of them as the test's worlds have. */
#include "oracle.h"

#define DAY 86400

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return DAYS[month - 1] + (month == 2 && is_leap(year));
}

int64_t civil_days(int year, int month, int day)
{
    int64_t days = day - 1;
    for (int y = 1970; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    for (int m = 1; m < month; m++)
        days += month_days(year, m);
    return days;
}

void civil_of(int64_t seconds, int ret[6])
{
    int days = (int)(seconds / DAY), rest = (int)(seconds % DAY);
    int year = 1970, month = 1;
    for (; days >= (is_leap(year) ? 366 : 365); year++)
        days -= is_leap(year) ? 366 : 365;
    for (; days >= month_days(year, month); month++)
        days -= month_days(year, month);
    int all[6] = {year, month, days + 1, rest / 3600, rest / 60 % 60, rest % 60};
    memcpy(ret, all, sizeof all);
}

/* 0: Monday. 1970-01-01 was a Thursday. */
static int weekday(int64_t seconds)
{
    return (int)((seconds / DAY + 3) % 7);
}

/* Summer time in the European Union: from 01:00 UTC on the last Sunday of March
 * to that of October. */
static int64_t last_sunday(int year, int month)
{
    int64_t last = civil_days(year, month, 31) * DAY;
    return last - (weekday(last) + 1) % 7 * DAY + 3600;
}

int zone_offset(const struct zone *zone, int64_t at)
{
    if (!zone)
        return 0;
    if (!zone->european)
        return at < zone->change ? zone->before : zone->after;
    int civil[6];
    civil_of(at, civil);
    return last_sunday(civil[0], 3) <= at && at < last_sunday(civil[0], 10) ? 7200 : 3600;
}

/* A local time that is twice is the first; one that is not is told by a clock
 * that went on. */
int64_t zone_instant(const struct zone *zone, int64_t local)
{
    int before = zone_offset(zone, local - DAY), after = zone_offset(zone, local + DAY);
    int greater = before > after ? before : after, lesser = before > after ? after : before;
    if (zone_offset(zone, local - greater) == greater)
        return local - greater;
    if (zone_offset(zone, local - lesser) == lesser)
        return local - lesser;
    return local - before;
}

static int day_number(const char *name)
{
    static const char DAYS[] = "montuewedthufrisatsun";
    for (int i = 0; i < 7; i++)
        if (strncmp(DAYS + 3 * i, name, 3) == 0)
            return i;
    abort();
}

/* "mon-fri,sun" */
static bool has_day(const char *days, int day)
{
    for (const char *s = days;; s++) {
        int from = day_number(s), to = from;
        s += 3;
        if (*s == '-') {
            to = day_number(s + 1);
            s += 4;
        }
        for (int i = from;; i = (i + 1) % 7) {
            if (i == day)
                return true;
            if (i == to)
                break;
        }
        if (*s != ',')
            return false;
    }
}

/* "9-17", "22:00-06:00": minutes of the day. */
static void read_hours(const char *text, int ret[2])
{
    ret[0] = ret[1] = 0;
    for (int i = 0; i < 2; i++) {
        char *end;
        ret[i] = (int)strtol(text, &end, 10) * 60;
        if (*end == ':')
            ret[i] += (int)strtol(end + 1, &end, 10);
        text = end + 1;
    }
}

bool window_on(const struct cond *cond, const struct zone *zone, int64_t now)
{
    int64_t local = now + zone_offset(zone, now);
    int minute = (int)(local % DAY / 60), today = weekday(local);
    bool on_today = !cond->days || has_day(cond->days, today);
    bool on_yesterday = !cond->days || has_day(cond->days, (today + 6) % 7);
    if (!cond->nvalues)
        return on_today;
    for (int i = 0; i < cond->nvalues; i++) {
        int at[2];
        read_hours(cond->values[i], at);
        if (at[0] < at[1] ? on_today && at[0] <= minute && minute < at[1]
                          : (on_today && minute >= at[0]) || (on_yesterday && minute < at[1]))
            return true;
    }
    return false;
}
