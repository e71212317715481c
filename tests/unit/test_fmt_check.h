/* SPDX-License-Identifier: MIT
 *
 * What the formatter promises for every text: the rules that are read from what it wrote are those
 * of the original, errors too, and it leaves alone what it has written. For the unit tests and the
 * fuzzer.
 */
#ifndef DT_TEST_FMT_CHECK_H
#define DT_TEST_FMT_CHECK_H

#include "rules/fmt/fmt.h"
#include <detour/ruleset.h>

#include <stdio.h>
#include <stdlib.h>

#define FMT_CAP (64u << 20)

#define FMT_CHECK(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline bool fmt_same_slices(const struct dt_slice *a, const struct dt_slice *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!dt_slice_eq(a[i], b[i]))
            return false;
    return true;
}

static inline bool fmt_same_action(const struct dt_action *a, const struct dt_action *b)
{
    return a->status == b->status && a->query == b->query && a->note == b->note &&
           a->retry_after == b->retry_after && dt_slice_eq(a->names, b->names) &&
           dt_slice_eq(a->cache, b->cache) && dt_slice_eq(a->note_text, b->note_text) &&
           dt_slice_eq(a->owner, b->owner) && dt_slice_eq(a->fields, b->fields) &&
           dt_slice_eq(a->page, b->page);
}

static inline bool fmt_same_condition(const struct dt_condition *a, const struct dt_condition *b)
{
    bool texts = a->texts && b->texts;
    if (a->kind != b->kind || a->negated != b->negated || a->days != b->days || a->key != b->key ||
        a->count != b->count || !dt_slice_eq(a->name, b->name) || a->from != b->from ||
        a->until != b->until || (a->zone != NULL) != (b->zone != NULL))
        return false;
    if (a->zone && !dt_slice_eq(a->zone->name, b->zone->name))
        return false;
    if (a->nets && (!b->nets || memcmp(a->nets, b->nets, a->count * sizeof *a->nets) != 0))
        return false;
    if (a->ranges &&
        (!b->ranges || memcmp(a->ranges, b->ranges, a->count * sizeof *a->ranges) != 0))
        return false;
    return !texts || fmt_same_slices(a->texts, b->texts, a->count);
}

static inline bool fmt_same_conditions(const struct dt_ruleset *x, uint32_t a,
                                       const struct dt_ruleset *y, uint32_t b)
{
    if (!a || !b)
        return a == b;
    const struct dt_conditions *one = dt_ruleset_conditions(x, a);
    const struct dt_conditions *two = dt_ruleset_conditions(y, b);
    if (one->count != two->count)
        return false;
    for (uint32_t i = 0; i < one->count; i++)
        if (!fmt_same_condition(&one->list[i], &two->list[i]))
            return false;
    return true;
}

static inline bool fmt_same_rule(const struct dt_ruleset *x, const struct dt_rule *a,
                                 const struct dt_ruleset *y, const struct dt_rule *b)
{
    if (!dt_slice_eq(a->host, b->host) || !dt_slice_eq(a->path, b->path) ||
        !dt_slice_eq(a->target, b->target) || a->priority != b->priority ||
        a->nparams != b->nparams || a->port != b->port || a->scheme != b->scheme ||
        a->host_kind != b->host_kind || a->path_kind != b->path_kind || a->flags != b->flags ||
        (a->more != NULL) != (b->more != NULL))
        return false;
    for (unsigned i = 0; i < a->nparams; i++)
        if (!dt_slice_eq(a->params[i].name, b->params[i].name) ||
            !dt_slice_eq(a->params[i].value, b->params[i].value) ||
            a->params[i].any_value != b->params[i].any_value)
            return false;
    if (a->more && (a->more->captures != b->more->captures || a->more->names != b->more->names ||
                    a->more->nqueries != b->more->nqueries ||
                    !fmt_same_slices(a->more->queries, b->more->queries, a->more->nqueries)))
        return false;
    return fmt_same_action(dt_ruleset_action(x, a->action), dt_ruleset_action(y, b->action)) &&
           fmt_same_conditions(x, a->conditions, y, b->conditions);
}

static inline void fmt_same_sets(const struct dt_ruleset *x, const struct dt_ruleset *y)
{
    FMT_CHECK(dt_ruleset_count(x) == dt_ruleset_count(y));
    FMT_CHECK(dt_ruleset_error_count(x) == dt_ruleset_error_count(y));
    FMT_CHECK(dt_ruleset_diag_count(x) == dt_ruleset_diag_count(y));
    FMT_CHECK(dt_ruleset_expect_count(x) == dt_ruleset_expect_count(y));
    FMT_CHECK(dt_ruleset_order(x) == dt_ruleset_order(y));
    for (size_t i = 0; i < dt_ruleset_count(x); i++)
        FMT_CHECK(fmt_same_rule(x, dt_ruleset_rule(x, i), y, dt_ruleset_rule(y, i)));
    for (size_t i = 0; i < dt_ruleset_diag_count(x); i++)
        FMT_CHECK(strcmp(dt_ruleset_diag(x, i)->name, dt_ruleset_diag(y, i)->name) == 0);
    for (size_t i = 0; i < dt_ruleset_expect_count(x); i++) {
        const struct dt_expect *a = dt_ruleset_expect(x, i), *b = dt_ruleset_expect(y, i);
        FMT_CHECK(dt_slice_eq(a->method, b->method) && dt_slice_eq(a->url, b->url) &&
                  dt_slice_eq(a->location, b->location) && a->status == b->status &&
                  a->at == b->at && a->nfields == b->nfields);
    }
}

static inline struct dt_ruleset *fmt_read(struct dt_slice text)
{
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    FMT_CHECK(set);
    enum dt_err err = dt_ruleset_read(set, DT_S("fmt.rules"), text, DT_FORMAT_NATIVE);
    FMT_CHECK(err == DT_OK || err == DT_ERR_SYNTAX);
    return set;
}

static inline void fmt_holds(struct dt_slice text)
{
    struct dt_buf once, again;
    size_t refused, still;
    dt_buf_init(&once, FMT_CAP);
    dt_buf_init(&again, FMT_CAP);
    FMT_CHECK(dt_fmt(text, &once, &refused) == DT_OK);
    FMT_CHECK(dt_fmt(dt_buf_slice(&once), &again, &still) == DT_OK);
    FMT_CHECK(refused == still);
    FMT_CHECK(dt_slice_eq(dt_buf_slice(&once), dt_buf_slice(&again)));
    struct dt_ruleset *before = fmt_read(text), *after = fmt_read(dt_buf_slice(&once));
    fmt_same_sets(before, after);
    dt_ruleset_free(before);
    dt_ruleset_free(after);
    dt_buf_release(&once);
    dt_buf_release(&again);
}

#endif
