/* SPDX-License-Identifier: MIT
 *
 * Whether a window is on is asked of the local time of day and the weekday only. It can change at
 * midnight, at the ends of ranges, and when the zone's offset does; so from one such moment to the
 * next the answer is asked again until it is another one. Most of them change nothing (days=mon-fri
 * at midnight on Tuesday), and an answer that may be cached until Friday evening should be.
 */
#include "semantics/window.h"
#include "semantics/zone.h"

#define MINUTES_A_DAY 1440u
#define SECONDS_A_DAY 86400
#define ALL_DAYS 0x7fu
#define THURSDAY 3 /* 1970-01-01 */
#define STEPS 24u  /* that are looked ahead: a week of one range over midnight, and more */

/* ---- reading ---- */

/* "fri" as 4; 7 for anything else. */
static unsigned day_named(struct dt_slice text)
{
    static const char NAMES[] = "montuewedthufrisatsun";
    unsigned day = 0;
    while (day < 7 && !dt_slice_eq_nocase(text, dt_slice_of(NAMES + (size_t)3 * day, 3)))
        day++;
    return day;
}

static struct dt_slice cut(struct dt_slice *rest, char at)
{
    const char *found = rest->len ? memchr(rest->ptr, at, rest->len) : NULL;
    size_t len = found ? (size_t)(found - rest->ptr) : rest->len;
    struct dt_slice piece = dt_slice_of(rest->ptr, len);
    *rest = dt_slice_from(*rest, len + 1);
    return piece;
}

enum dt_err dt_window_days(struct dt_slice text, uint8_t *ret_days)
{
    unsigned days = 0;
    if (!text.len || text.ptr[text.len - 1] == ',')
        return DT_ERR_INVALID;
    while (text.len) {
        struct dt_slice to = cut(&text, ',');
        bool range = to.len && memchr(to.ptr, '-', to.len);
        struct dt_slice from = range ? cut(&to, '-') : to;
        unsigned day = day_named(from);
        unsigned last = day_named(to);
        if (day == 7 || last == 7)
            return DT_ERR_INVALID;
        for (; day != last; day = (day + 1) % 7)
            days |= 1u << day;
        days |= 1u << last;
    }
    *ret_days = (uint8_t)days;
    return DT_OK;
}

/* One or two digits. */
static bool parse_number(struct dt_slice text, unsigned *ret)
{
    if (text.len < 1 || text.len > 2)
        return false;
    unsigned value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *ret = value;
    return true;
}

/* "9", "09", "9:30" in minutes. */
static bool parse_clock(struct dt_slice text, uint16_t *ret)
{
    bool colon = text.len && memchr(text.ptr, ':', text.len);
    struct dt_slice rest = text;
    unsigned hour;
    unsigned minute = 0;
    if (!parse_number(cut(&rest, ':'), &hour) || (colon && rest.len != 2) ||
        (colon && !parse_number(rest, &minute)))
        return false;
    *ret = (uint16_t)(hour * 60 + minute);
    return minute < 60 && *ret <= MINUTES_A_DAY;
}

enum dt_err dt_window_range(struct dt_slice text, struct dt_range *ret)
{
    struct dt_slice to = text;
    struct dt_slice from = cut(&to, '-');
    struct dt_range range;
    if (!parse_clock(from, &range.from) || !parse_clock(to, &range.to) || range.from == range.to ||
        range.from == MINUTES_A_DAY)
        return DT_ERR_INVALID;
    *ret = range;
    return DT_OK;
}

/* ---- asking ---- */

struct window {
    uint8_t days;
    const struct dt_range *ranges;
    size_t count;
};

/* a + b, held at the ends. */
static int64_t plus(int64_t a, int64_t b)
{
    int64_t result;
    if (__builtin_add_overflow(a, b, &result))
        return b < 0 ? INT64_MIN : INT64_MAX;
    return result;
}

/* At a local time; *ret_left: the seconds to the next end of a range or of the day. */
static bool on(const struct window *window, int64_t local, int64_t *ret_left)
{
    int64_t rest = local % SECONDS_A_DAY;
    unsigned second = (unsigned)(rest < 0 ? rest + SECONDS_A_DAY : rest);
    unsigned weekday = (unsigned)((local / SECONDS_A_DAY - (rest < 0)) % 7 + 7 + THURSDAY) % 7;
    bool today = window->days >> weekday & 1;
    bool yesterday = window->days >> (weekday + 6) % 7 & 1;
    bool is_on = window->count == 0 && today;
    unsigned next = SECONDS_A_DAY;
    for (size_t i = 0; i < window->count; i++) {
        unsigned from = window->ranges[i].from * 60u;
        unsigned to = window->ranges[i].to * 60u;
        if (from < to)
            is_on |= today && second >= from && second < to;
        else
            is_on |= (today && second >= from) || (yesterday && second < to);
        if (from > second && from < next)
            next = from;
        if (to > second && to < next)
            next = to;
    }
    *ret_left = next - second;
    return is_on;
}

bool dt_window_on(uint8_t days, const struct dt_range *ranges, size_t count,
                  const struct dt_zone *zone, int64_t now, int64_t *ret_changes)
{
    struct window window = {days & ALL_DAYS, ranges, count};
    int64_t change = dt_zone_next(zone, now);
    int32_t offset = dt_zone_offset(zone, now);
    int64_t at = now;
    int64_t left;
    bool is_on = on(&window, plus(at, offset), &left);
    for (unsigned i = 0; i < STEPS; i++) {
        at = plus(at, left);
        if (at >= change) {
            at = change;
            change = dt_zone_next(zone, at);
            offset = dt_zone_offset(zone, at);
        }
        if (on(&window, plus(at, offset), &left) != is_on)
            break;
    }
    *ret_changes = at;
    return is_on;
}
