/* SPDX-License-Identifier: MIT
 *
 * Conditions as text, for tables of cases, and what must be true of every set of them.
 */
#ifndef DT_TEST_COND_DUMP_H
#define DT_TEST_COND_DUMP_H

#include "base/buf.h"
#include "rules/cond/cond_read.h"
#include "semantics/civil.h"

#include <stdio.h>
#include <stdlib.h>

static inline void cond_dump_texts(struct dt_buf *out, const struct dt_slice *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        dt_buf_printf(out, "%s%.*s", i ? "|" : "", DT_SLICE_FMT(texts[i]));
}

static inline void cond_dump_nets(struct dt_buf *out, const struct dt_condition *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const uint8_t *a = c->nets[i].address;
        dt_buf_str(out, i ? "|" : "");
        if (dt_net_is_v4(&c->nets[i])) {
            dt_buf_printf(out, "%u.%u.%u.%u/%u", a[12], a[13], a[14], a[15], c->nets[i].bits - 96u);
            continue;
        }
        for (size_t at = 0; at < 16; at += 2)
            dt_buf_printf(out, "%s%x", at ? ":" : "", (unsigned)(a[at] << 8 | a[at + 1]));
        dt_buf_printf(out, "/%u", c->nets[i].bits);
    }
}

static inline void cond_dump_time(struct dt_buf *out, int64_t at)
{
    char text[32];
    if (at == DT_TIME_MIN || at == DT_TIME_MAX)
        dt_buf_char(out, '*');
    else
        dt_buf_put(out, dt_civil_print(at, text));
}

static inline void cond_dump_ranges(struct dt_buf *out, const struct dt_condition *c)
{
    for (size_t i = 0; i < c->count; i++)
        dt_buf_printf(out, "%s%u-%u", i ? "|" : "", c->ranges[i].from, c->ranges[i].to);
}

/* " !cookie(name:a|b)" */
static inline void cond_dump_one(struct dt_buf *out, const struct dt_condition *c)
{
    static const char *const names[] = {"method",  "header", "cookie", "lang",   "country", "ip",
                                        "referer", "ua",     "time",   "window", "percent", "path"};
    static const char *const keys[] = {"", "cookie:", "header:"};
    dt_buf_printf(out, " %s%s(", c->negated ? "!" : "", names[c->kind]);
    if (c->kind == DT_CONDITION_PERCENT)
        dt_buf_str(out, keys[c->key]);
    if (c->name.len)
        dt_buf_printf(out, "%.*s%s", DT_SLICE_FMT(c->name), c->count ? ":" : "");
    if (c->kind == DT_CONDITION_TIME) {
        cond_dump_time(out, c->from);
        dt_buf_str(out, "..");
        cond_dump_time(out, c->until);
    } else if (c->kind == DT_CONDITION_WINDOW) {
        dt_buf_printf(out, "%02x ", c->days);
        cond_dump_ranges(out, c);
        if (c->zone)
            dt_buf_printf(out, " %.*s", DT_SLICE_FMT(c->zone->name));
    } else if (c->kind == DT_CONDITION_PERCENT) {
        cond_dump_ranges(out, c);
    } else if (c->kind == DT_CONDITION_IP) {
        cond_dump_nets(out, c);
    } else {
        cond_dump_texts(out, c->texts, c->count);
    }
    if (c->nrivals) {
        dt_buf_str(out, " of ");
        cond_dump_texts(out, c->rivals, c->nrivals);
    }
    dt_buf_char(out, ')');
}

static inline void cond_dump(struct dt_buf *out, const struct dt_conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++)
        cond_dump_one(out, &conditions->list[i]);
}

/* ---- Promises of condition.h ---- */

#define COND_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline void cond_check_one(const struct dt_condition *c)
{
    bool range = c->kind == DT_CONDITION_WINDOW || c->kind == DT_CONDITION_PERCENT;
    bool bare = c->kind == DT_CONDITION_HEADER || c->kind == DT_CONDITION_COOKIE ||
                c->kind == DT_CONDITION_TIME || c->kind == DT_CONDITION_WINDOW;
    COND_CHECK(c->kind <= DT_CONDITION_PATH);
    COND_CHECK(bare || c->count > 0);
    COND_CHECK(c->kind != DT_CONDITION_TIME || (c->from < c->until && !c->negated));
    COND_CHECK(c->kind != DT_CONDITION_WINDOW || (c->days && c->days <= 0x7f));
    for (size_t i = 0; range && i < c->count; i++)
        COND_CHECK(c->ranges[i].from <= 10000 && c->ranges[i].to <= 10000);
    for (size_t i = 1; !range && c->kind != DT_CONDITION_IP && i < c->count; i++)
        COND_CHECK(dt_slice_cmp(c->texts[i - 1], c->texts[i]) < 0);
    for (size_t i = 1; c->kind == DT_CONDITION_IP && i < c->count; i++)
        COND_CHECK(memcmp(c->nets[i - 1].address, c->nets[i].address, 16) <= 0);
    for (size_t i = 0; c->kind == DT_CONDITION_HEADER && i < c->name.len; i++)
        COND_CHECK(c->name.ptr[i] > ' ' && !(c->name.ptr[i] >= 'A' && c->name.ptr[i] <= 'Z'));
}

static inline void cond_check(const struct dt_conditions *conditions)
{
    COND_CHECK(conditions->count <= DT_LIMIT_CONDITIONS);
    for (size_t i = 0; i < conditions->count; i++) {
        cond_check_one(&conditions->list[i]);
        COND_CHECK(i == 0 || dt_condition_cmp(&conditions->list[i - 1], &conditions->list[i]) < 0);
        COND_CHECK(i == 0 || conditions->list[i - 1].kind <= conditions->list[i].kind);
    }
}

#endif
