/* SPDX-License-Identifier: MIT
 *
 * Conditions in the native language. A value that has what separates values in it cannot be
 * written, and is told.
 */
#include "rules/write/native_write.h"

#include "rules/ruleset_priv.h"
#include "semantics/civil.h"
#include "semantics/network.h"

#define LONGEST 60000u

struct work {
    struct dt_write *write;
    struct dt_buf *out;
    struct dt_buf value;
    bool zoned; /* tz= is there already */
};

static void put(struct work *work, const struct dt_condition *condition, const char *name)
{
    char text[24];
    size_t len = 0;
    if (condition->negated)
        text[len++] = '!';
    for (; *name; name++)
        text[len++] = *name;
    text[len] = 0;
    dt_native_option(work->out, text, dt_buf_slice(&work->value));
}

static void put_texts(struct work *work, const struct dt_condition *condition)
{
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        bool blank = text.len && (text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' ');
        if (text.len == 0 || blank || memchr(text.ptr, ',', text.len))
            dt_write_cannot(work->write, "condition",
                            "a value with a comma, or blanks around it, cannot be written");
        if (i)
            dt_buf_char(&work->value, ',');
        dt_buf_put(&work->value, text);
    }
}

static void put_hundredths(struct dt_buf *out, unsigned value)
{
    dt_buf_printf(out, "%u", value / 100);
    if (value % 100)
        dt_buf_printf(out, value % 10 ? ".%02u" : ".%u",
                      value % 10 ? value % 100 : value % 100 / 10);
}

static void put_share(struct work *work, const struct dt_condition *condition)
{
    for (unsigned i = 0; i < condition->count; i++) {
        const struct dt_range *range = &condition->ranges[i];
        if (i)
            dt_buf_char(&work->value, ',');
        if (range->from) {
            put_hundredths(&work->value, range->from);
            dt_buf_char(&work->value, '-');
        }
        put_hundredths(&work->value, range->to);
    }
    if (condition->key != DT_PERCENT_ADDRESS)
        dt_buf_printf(&work->value, ":%s:%.*s",
                      condition->key == DT_PERCENT_COOKIE ? "cookie" : "header",
                      DT_SLICE_FMT(condition->name));
    put(work, condition, "percent");
}

/* What except= left alone is a second list of networks that must not be. */
static void put_nets(struct work *work, const struct dt_condition *condition, bool again)
{
    for (unsigned i = 0; i < condition->count; i++) {
        if (i)
            dt_buf_char(&work->value, ',');
        char text[DT_NET_TEXT];
        dt_buf_put(&work->value, dt_net_print(&condition->nets[i], false, text));
    }
    if (again)
        dt_native_option(work->out, "except", dt_buf_slice(&work->value));
    else
        put(work, condition, "ip");
}

static void put_time(struct work *work, const struct dt_condition *condition)
{
    char text[32];
    if (condition->from != DT_TIME_MIN)
        dt_native_option(work->out, "from", dt_civil_print(condition->from, text));
    if (condition->until != DT_TIME_MAX)
        dt_native_option(work->out, "until", dt_civil_print(condition->until, text));
}

static void put_days(struct dt_buf *out, uint8_t days)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    bool any = false;
    for (unsigned day = 0; day < 7; day++) {
        unsigned last = day;
        if (!(days >> day & 1))
            continue;
        while (last < 6 && (days >> (last + 1) & 1))
            last++;
        dt_buf_printf(out, "%s%s", any ? "," : "", names[day]);
        if (last > day)
            dt_buf_printf(out, "%c%s", last == day + 1 ? ',' : '-', names[last]);
        any = true;
        day = last;
    }
}

static void put_window(struct work *work, const struct dt_condition *condition)
{
    if (condition->days != 0x7f) {
        put_days(&work->value, condition->days);
        put(work, condition, "days");
        dt_buf_clear(&work->value);
    }
    for (unsigned i = 0; i < condition->count; i++) {
        const struct dt_range *range = &condition->ranges[i];
        dt_buf_printf(&work->value, "%s%02u:%02u-%02u:%02u", i ? "," : "", range->from / 60u,
                      range->from % 60u, range->to / 60u, range->to % 60u);
    }
    if (condition->count)
        put(work, condition, "hours");
    if (condition->zone && !work->zoned)
        dt_native_option(work->out, "tz", condition->zone->name);
    work->zoned |= condition->zone != NULL;
}

static void put_named(struct work *work, const struct dt_condition *condition, const char *name)
{
    dt_buf_put(&work->value, condition->name);
    if (condition->count)
        dt_buf_char(&work->value, ':');
    put_texts(work, condition);
    put(work, condition, name);
}

static void put_list(struct work *work, const struct dt_condition *condition, const char *name)
{
    put_texts(work, condition);
    put(work, condition, name);
}

static void put_one(struct work *work, const struct dt_condition *condition, bool again)
{
    switch ((enum dt_condition_kind)condition->kind) {
    case DT_CONDITION_METHOD:
        put_list(work, condition, "method");
        break;
    case DT_CONDITION_HEADER:
        put_named(work, condition, "header");
        break;
    case DT_CONDITION_COOKIE:
        put_named(work, condition, "cookie");
        break;
    case DT_CONDITION_LANG:
        put_list(work, condition, "lang");
        break;
    case DT_CONDITION_COUNTRY:
        put_list(work, condition, "country");
        break;
    case DT_CONDITION_IP:
        put_nets(work, condition, again);
        break;
    case DT_CONDITION_REFERER:
        put_list(work, condition, "referer");
        break;
    case DT_CONDITION_UA:
        put_list(work, condition, "ua");
        break;
    case DT_CONDITION_TIME:
        put_time(work, condition);
        break;
    case DT_CONDITION_WINDOW:
        put_window(work, condition);
        break;
    case DT_CONDITION_PERCENT:
        put_share(work, condition);
        break;
    case DT_CONDITION_PATH:
        put_texts(work, condition);
        dt_native_option(work->out, "except", dt_buf_slice(&work->value));
        break;
    }
}

void dt_native_conditions(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *out)
{
    const struct dt_conditions *conditions = dt_write_conditions(write, rule);
    struct work work = {.write = write, .out = out};
    bool not_ip = false;
    dt_buf_init(&work.value, LONGEST);
    for (uint32_t i = 0; i < conditions->count; i++) {
        const struct dt_condition *condition = &conditions->list[i];
        dt_buf_clear(&work.value);
        put_one(&work, condition, not_ip);
        not_ip |= condition->kind == DT_CONDITION_IP && condition->negated;
    }
    if (dt_buf_err(&work.value))
        dt_write_cannot(write, "line-long", "a condition is too long for a line");
    dt_buf_release(&work.value);
}
