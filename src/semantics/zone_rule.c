/* SPDX-License-Identifier: MIT
 * POSIX TZ strings; see zone_rule.h. */
#include "semantics/zone_rule.h"
#include "semantics/civil.h"

#define SECONDS_A_DAY 86400

struct cursor {
    const char *at;
    const char *end;
    bool bad;
};

static bool take(struct cursor *c, char want)
{
    if (c->at == c->end || *c->at != want)
        return false;
    c->at++;
    return true;
}

static void expect(struct cursor *c, char want)
{
    if (!take(c, want))
        c->bad = true;
}

static bool at_digit(const struct cursor *c)
{
    return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static bool at_letter(const struct cursor *c)
{
    return c->at < c->end && dt_ascii_lower(*c->at) >= 'a' && dt_ascii_lower(*c->at) <= 'z';
}

/* At most so many digits, least to most. */
static unsigned number(struct cursor *c, unsigned digits, unsigned least, unsigned most)
{
    unsigned value = 0;
    const char *from = c->at;
    while (at_digit(c) && c->at - from < (ptrdiff_t)digits)
        value = value * 10 + (unsigned)(*c->at++ - '0');
    if (c->at == from || value < least || value > most)
        c->bad = true;
    return value;
}

/* CET, or <+03>. */
static void skip_name(struct cursor *c)
{
    bool quoted = take(c, '<');
    const char *from = c->at;
    while (at_letter(c) || (quoted && (at_digit(c) || (c->at < c->end && strchr("+-", *c->at)))))
        c->at++;
    if (c->at - from < 3)
        c->bad = true;
    if (quoted)
        expect(c, '>');
}

/* [+-]hh[:mm[:ss]] in seconds. */
static int32_t read_hours(struct cursor *c, unsigned digits, unsigned most)
{
    bool negative = take(c, '-');
    if (!negative)
        (void)take(c, '+');
    int32_t seconds = (int32_t)number(c, digits, 0, most) * 3600;
    if (take(c, ':')) {
        seconds += (int32_t)number(c, 2, 0, 59) * 60;
        if (take(c, ':'))
            seconds += (int32_t)number(c, 2, 0, 59);
    }
    return negative ? -seconds : seconds;
}

static struct dt_zone_change read_change(struct cursor *c)
{
    struct dt_zone_change change = {.time = 2 * 3600};
    expect(c, ',');
    if (take(c, 'M')) {
        change.date = DT_ZONE_WEEKDAY;
        change.month = (uint8_t)number(c, 2, 1, 12);
        expect(c, '.');
        change.week = (uint8_t)number(c, 1, 1, 5);
        expect(c, '.');
        change.day = (uint16_t)number(c, 1, 0, 6);
    } else if (take(c, 'J')) {
        change.date = DT_ZONE_JULIAN;
        change.day = (uint16_t)number(c, 3, 1, 365);
    } else {
        change.date = DT_ZONE_ORDINAL;
        change.day = (uint16_t)number(c, 3, 0, 365);
    }
    if (take(c, '/'))
        change.time = read_hours(c, 3, 167);
    return change;
}

enum dt_err dt_zone_rule_parse(struct dt_slice text, struct dt_zone_rule *ret)
{
    if (!text.len || memchr(text.ptr, '\0', text.len))
        return DT_ERR_INVALID;
    struct cursor c = {text.ptr, text.ptr + text.len, false};
    struct dt_zone_rule rule = {0};
    skip_name(&c);
    rule.standard = -read_hours(&c, 2, 24); /* POSIX counts to the west */
    if (c.at < c.end) {
        rule.has_dst = true;
        skip_name(&c);
        rule.summer = rule.standard + 3600;
        if (c.at < c.end && *c.at != ',')
            rule.summer = -read_hours(&c, 2, 24);
        rule.to_summer = read_change(&c);
        rule.to_standard = read_change(&c);
    }
    if (c.bad || c.at != c.end)
        return DT_ERR_INVALID;
    *ret = rule;
    return DT_OK;
}

static int64_t day_of(const struct dt_zone_change *change, int64_t year)
{
    int64_t january = dt_civil_days(year, 1, 1);
    if (change->date == DT_ZONE_ORDINAL)
        return january + change->day;
    if (change->date == DT_ZONE_JULIAN) {
        bool behind_leap_day = change->day >= 60 && dt_civil_month_days(year, 2) == 29;
        return january + change->day - 1 + behind_leap_day;
    }
    int64_t first = dt_civil_days(year, change->month, 1);
    unsigned weekday = dt_civil_of(first * SECONDS_A_DAY).weekday + 1u; /* 7: Sunday */
    unsigned day = (change->day + 14 - weekday) % 7 + 7u * (change->week - 1u);
    if (day >= dt_civil_month_days(year, change->month))
        day -= 7;
    return first + day;
}

void dt_zone_rule_summer(const struct dt_zone_rule *rule, int64_t year, int64_t *ret_begin,
                         int64_t *ret_end)
{
    const struct dt_zone_change *begin = &rule->to_summer;
    const struct dt_zone_change *end = &rule->to_standard;
    *ret_begin = day_of(begin, year) * SECONDS_A_DAY + begin->time - rule->standard;
    *ret_end = day_of(end, year) * SECONDS_A_DAY + end->time - rule->summer;
}
