/* SPDX-License-Identifier: MIT
 *
 * Conditions that follow from others: each of a's must follow from one of b's. Time runs forward,
 * so what a demanded of the past is as good as held, and what b allowed in the past counts no more.
 */
#include "rules/check/check_cover.h"

/* Every text of a is one of b's. */
static bool texts_within(const struct dt_condition *a, const struct dt_condition *b)
{
    for (unsigned i = 0; i < a->count; i++) {
        bool found = false;
        for (unsigned j = 0; j < b->count && !found; j++)
            found = dt_slice_eq(a->texts[i], b->texts[j]);
        if (!found)
            return false;
    }
    return true;
}

static bool net_within(const struct dt_net *a, const struct dt_net *b)
{
    if (a->bits < b->bits)
        return false;
    for (unsigned bit = 0; bit < b->bits; bit++)
        if ((a->address[bit / 8] ^ b->address[bit / 8]) & (0x80u >> bit % 8))
            return false;
    return true;
}

static bool nets_within(const struct dt_condition *a, const struct dt_condition *b)
{
    for (unsigned i = 0; i < a->count; i++) {
        bool found = false;
        for (unsigned j = 0; j < b->count && !found; j++)
            found = net_within(&a->nets[i], &b->nets[j]);
        if (!found)
            return false;
    }
    return true;
}

static bool ranges_within(const struct dt_condition *a, const struct dt_condition *b)
{
    for (unsigned i = 0; i < a->count; i++) {
        bool found = false;
        for (unsigned j = 0; j < b->count && !found; j++)
            found = b->ranges[j].from <= a->ranges[i].from && a->ranges[i].to <= b->ranges[j].to;
        if (!found)
            return false;
    }
    return true;
}

static bool rivals_alike(const struct dt_condition *a, const struct dt_condition *b)
{
    if (a->nrivals != b->nrivals)
        return false;
    for (unsigned i = 0; i < a->nrivals; i++)
        if (!dt_slice_eq(a->rivals[i], b->rivals[i]))
            return false;
    return true;
}

static bool windows_alike(const struct dt_condition *a, const struct dt_condition *b)
{
    return a->days == b->days && a->zone == b->zone && a->count == b->count &&
           ranges_within(a, b) && ranges_within(b, a);
}

/* Does what holds for a hold for b, both without their "!"? */
static bool within(const struct dt_condition *a, const struct dt_condition *b)
{
    switch ((enum dt_condition_kind)a->kind) {
    case DT_CONDITION_METHOD:
    case DT_CONDITION_COUNTRY:
    case DT_CONDITION_REFERER:
    case DT_CONDITION_UA:
    case DT_CONDITION_PATH:
        return texts_within(a, b);
    case DT_CONDITION_HEADER:
        return dt_slice_eq(a->name, b->name) && (!b->count || (a->count && texts_within(a, b)));
    case DT_CONDITION_COOKIE:
        return dt_slice_eq(a->name, b->name) && (!b->count || (a->count && texts_within(a, b)));
    case DT_CONDITION_LANG:
        return rivals_alike(a, b) && texts_within(a, b);
    case DT_CONDITION_IP:
        return nets_within(a, b);
    case DT_CONDITION_PERCENT:
        return a->key == b->key && dt_slice_eq(a->name, b->name) && ranges_within(a, b);
    case DT_CONDITION_WINDOW:
        return windows_alike(a, b);
    case DT_CONDITION_TIME:
        return b->from <= a->from && a->until <= b->until;
    }
    return false;
}

static bool follows(const struct dt_condition *a, const struct dt_condition *b)
{
    if (a->kind != b->kind || a->negated != b->negated)
        return false;
    return a->negated ? within(a, b) : within(b, a);
}

/* Does except= surely not speak of the only path? */
static bool path_decides(const struct dt_condition *a, struct dt_slice path)
{
    if (a->kind != DT_CONDITION_PATH || !a->negated || !path.len)
        return false;
    for (unsigned i = 0; i < a->count; i++) {
        struct dt_slice text = a->texts[i];
        bool star = text.len && text.ptr[text.len - 1] == '*';
        size_t folder = star && text.len > 1 ? text.len - 2 : 0;
        struct dt_slice start = dt_slice_of(path.ptr, folder < path.len ? folder : path.len);
        if (dt_slice_eq_nocase(text, path))
            return false;
        bool ends = path.len <= folder || path.ptr[folder] == '/';
        if (star && ends && dt_slice_eq_nocase(start, dt_slice_of(text.ptr, folder)))
            return false;
    }
    return true;
}

/* Will a's time have begun and not be over, whenever b's conditions hold from now on? */
static bool time_follows(const struct dt_condition *a, const struct dt_conditions *b, int64_t now)
{
    int64_t from = now, until = DT_TIME_MAX;
    for (uint32_t i = 0; i < b->count; i++) {
        const struct dt_condition *one = &b->list[i];
        if (one->kind != DT_CONDITION_TIME || one->negated)
            continue;
        from = one->from > from ? one->from : from;
        until = one->until < until ? one->until : until;
    }
    return a->from <= from && until <= a->until;
}

bool dt_conditions_implied(const struct dt_conditions *a, const struct dt_conditions *b,
                           struct dt_slice path, int64_t now)
{
    for (uint32_t i = 0; i < a->count; i++) {
        const struct dt_condition *one = &a->list[i];
        bool implied = one->kind == DT_CONDITION_TIME && !one->negated ? time_follows(one, b, now)
                                                                       : path_decides(one, path);
        for (uint32_t j = 0; j < b->count && !implied; j++)
            implied = follows(one, &b->list[j]);
        if (!implied)
            return false;
    }
    return true;
}

bool dt_conditions_over(const struct dt_conditions *conditions, int64_t now)
{
    for (uint32_t i = 0; i < conditions->count; i++) {
        const struct dt_condition *one = &conditions->list[i];
        if (one->kind == DT_CONDITION_TIME && !one->negated && one->until <= now)
            return true;
    }
    return false;
}
