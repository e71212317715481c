/* SPDX-License-Identifier: MIT
 *
 * What holds for a rule may stand on another line (@default), or in another language. So it is
 * written out again, in the words of docs/rules.md.
 */
#include "cli/conditions.h"
#include "semantics/civil.h"
#include "semantics/network.h"
#include "semantics/window.h"

#include <string.h>

#define STEPS 4000 /* edges of windows that are looked at, which is years */

/* ---- Words ---- */

static const char *const NAMES[] = {
    [DT_CONDITION_METHOD] = "method",   [DT_CONDITION_HEADER] = "header",
    [DT_CONDITION_COOKIE] = "cookie",   [DT_CONDITION_LANG] = "lang",
    [DT_CONDITION_COUNTRY] = "country", [DT_CONDITION_IP] = "ip",
    [DT_CONDITION_REFERER] = "referer", [DT_CONDITION_UA] = "ua",
    [DT_CONDITION_PERCENT] = "percent", [DT_CONDITION_PATH] = "except",
};

static void put_texts(const struct dt_condition *c, struct dt_buf *out)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (i)
            dt_buf_char(out, ',');
        dt_buf_put(out, c->texts[i]);
    }
}

static void put_nets(const struct dt_condition *c, struct dt_buf *out)
{
    char text[DT_NET_TEXT];
    for (unsigned i = 0; i < c->count; i++) {
        dt_buf_str(out, i ? "," : "");
        dt_buf_put(out, dt_net_print(&c->nets[i], false, text));
    }
}

static void put_percent(const struct dt_condition *c, struct dt_buf *out)
{
    for (unsigned i = 0; i < c->count; i++) {
        const uint16_t ends[2] = {c->ranges[i].from, c->ranges[i].to};
        for (int e = 0; e < 2; e++) {
            dt_buf_printf(out, "%s%u", e ? "-" : i ? "," : "", ends[e] / 100u);
            if (ends[e] % 100)
                dt_buf_printf(out, ends[e] % 10 ? ".%02u" : ".%u",
                              ends[e] % 10 ? ends[e] % 100u : ends[e] % 100u / 10);
        }
    }
    if (c->key != DT_PERCENT_ADDRESS)
        dt_buf_printf(out, ":%s:%.*s", c->key == DT_PERCENT_COOKIE ? "cookie" : "header",
                      DT_SLICE_FMT(c->name));
}

static void put_moments(const struct dt_condition *c, struct dt_buf *out)
{
    char text[32];
    bool from = c->from != DT_TIME_MIN;
    if (from)
        dt_buf_printf(out, "from=%.*s", DT_SLICE_FMT(dt_civil_print(c->from, text)));
    if (c->until != DT_TIME_MAX)
        dt_buf_printf(out, "%suntil=%.*s", from ? " " : "",
                      DT_SLICE_FMT(dt_civil_print(c->until, text)));
}

static void put_days(unsigned days, struct dt_buf *out)
{
    static const char *const DAYS[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    bool first = true;
    for (unsigned day = 0; day < 7; day++) {
        unsigned last = day;
        if (!(days >> day & 1))
            continue;
        while (last < 6 && (days >> (last + 1) & 1))
            last++;
        dt_buf_printf(out, "%s%s", first ? "" : ",", DAYS[day]);
        if (last > day)
            dt_buf_printf(out, "%s%s", last == day + 1 ? "," : "-", DAYS[last]);
        day = last;
        first = false;
    }
}

static void put_window(const struct dt_condition *c, struct dt_buf *out)
{
    bool days = c->days != 0x7f || c->count == 0;
    if (days) {
        dt_buf_str(out, "days=");
        put_days(c->days, out);
    }
    if (c->count)
        dt_buf_str(out, days ? " hours=" : "hours=");
    for (unsigned i = 0; i < c->count; i++)
        dt_buf_printf(out, "%s%02u:%02u-%02u:%02u", i ? "," : "", c->ranges[i].from / 60u,
                      c->ranges[i].from % 60u, c->ranges[i].to / 60u, c->ranges[i].to % 60u);
    if (c->zone)
        dt_buf_printf(out, " tz=%.*s", DT_SLICE_FMT(c->zone->name));
}

static bool has_blank(const struct dt_condition *c)
{
    bool texts = c->kind != DT_CONDITION_IP && c->kind != DT_CONDITION_PERCENT;
    for (unsigned i = 0; texts && i < c->count; i++)
        for (size_t j = 0; j < c->texts[i].len; j++)
            if (c->texts[i].ptr[j] == ' ' || c->texts[i].ptr[j] == '\t')
                return true;
    return false;
}

static void put_value(const struct dt_condition *c, struct dt_buf *out)
{
    bool named = c->kind == DT_CONDITION_HEADER || c->kind == DT_CONDITION_COOKIE;
    const char *quote = has_blank(c) ? "\"" : "";
    dt_buf_printf(out, "%s=%s", NAMES[c->kind], quote);
    if (named)
        dt_buf_printf(out, "%.*s%s", DT_SLICE_FMT(c->name), c->count ? ":" : "");
    if (c->kind == DT_CONDITION_IP)
        put_nets(c, out);
    else if (c->kind == DT_CONDITION_PERCENT)
        put_percent(c, out);
    else
        put_texts(c, out);
    dt_buf_str(out, quote);
}

void dt_condition_text(const struct dt_condition *condition, struct dt_buf *out)
{
    if (condition->negated && condition->kind != DT_CONDITION_PATH)
        dt_buf_char(out, '!');
    if (condition->kind == DT_CONDITION_TIME)
        put_moments(condition, out);
    else if (condition->kind == DT_CONDITION_WINDOW)
        put_window(condition, out);
    else
        put_value(condition, out);
}

/* ---- Time ---- */

/* Does a condition on time hold at a moment? *changes becomes the next one at which that may be
 * otherwise, if that is earlier. */
static bool holds(const struct dt_condition *c, int64_t at, int64_t *changes)
{
    int64_t next = DT_TIME_MAX;
    bool on;
    if (c->kind == DT_CONDITION_TIME) {
        on = at >= c->from && at < c->until;
        next = at < c->from ? c->from : at < c->until ? c->until : DT_TIME_MAX;
    } else {
        on = dt_window_on(c->days, c->ranges, c->count, c->zone, at, &next);
    }
    if (next < *changes)
        *changes = next;
    return on != c->negated;
}

static bool is_on(const struct dt_conditions *conditions, int64_t at, int64_t *ret_changes)
{
    bool on = true;
    *ret_changes = DT_TIME_MAX;
    for (uint32_t i = 0; i < conditions->count; i++) {
        const struct dt_condition *c = &conditions->list[i];
        if (c->kind == DT_CONDITION_TIME || c->kind == DT_CONDITION_WINDOW)
            on &= holds(c, at, ret_changes);
    }
    return on;
}

struct dt_timed dt_timed_rule(const struct dt_ruleset *set, const struct dt_rule *rule, int64_t at)
{
    struct dt_timed timed = {.on = true, .changes_at = DT_TIME_MAX};
    if (!rule->conditions)
        return timed;
    const struct dt_conditions *conditions = dt_ruleset_conditions(set, rule->conditions);
    for (uint32_t i = 0; i < conditions->count; i++) {
        unsigned kind = conditions->list[i].kind;
        timed.timed |= kind == DT_CONDITION_TIME || kind == DT_CONDITION_WINDOW;
    }
    if (!timed.timed)
        return timed;
    int64_t next = DT_TIME_MAX;
    int64_t after = DT_TIME_MAX;
    timed.on = is_on(conditions, at, &next);
    /* An edge of one condition need not change the whole: midnight does not end "all days". */
    for (int i = 0; i < STEPS && next != DT_TIME_MAX; i++) {
        if (is_on(conditions, next, &after) != timed.on) {
            timed.changes_at = next;
            break;
        }
        next = after;
    }
    return timed;
}
