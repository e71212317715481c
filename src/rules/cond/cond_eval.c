/* SPDX-License-Identifier: MIT
 *
 * Asking a request for a set of conditions, in place: no copy is made of the block, and nothing is
 * allocated. Each condition holds, does not, or cannot be told (the time is not known, say); the
 * last is no, for the condition and for its negation alike. Conditions on fields are in
 * cond_field.c.
 */
#include "rules/cond/cond_ask.h"

#include "rules/snapshot/record.h"
#include "semantics/network.h"
#include "semantics/share.h"
#include "semantics/window.h"

#define RANGES_MAX 64u

/* ---- Texts ---- */

static enum dt_answer ask_method(struct dt_ask *ask)
{
    uint64_t count = dt_cursor_varint(&ask->block);
    bool found = false;
    for (uint64_t i = 0; i < count && !ask->block.bad; i++)
        found |= dt_slice_eq(dt_ask_text(ask), ask->request->method);
    return found ? DT_ANSWER_YES : DT_ANSWER_NO;
}

/* "/dir/" + "*" is the folder, with and without its slash, and all below; as in sources. */
static bool path_is(struct dt_slice text, struct dt_slice path)
{
    if (text.len < 2 || text.ptr[text.len - 1] != '*')
        return dt_slice_eq(text, path);
    text.len--;
    return dt_slice_starts(path, text) || dt_slice_eq(path, dt_slice_of(text.ptr, text.len - 1));
}

static enum dt_answer ask_path(struct dt_ask *ask)
{
    uint64_t count = dt_cursor_varint(&ask->block);
    bool found = false;
    for (uint64_t i = 0; i < count && !ask->block.bad; i++)
        found |= path_is(dt_ask_text(ask), ask->request->path);
    return found ? DT_ANSWER_YES : DT_ANSWER_NO;
}

/* ---- Time ---- */

static int64_t take_time(struct dt_ask *ask)
{
    struct dt_slice bytes = dt_cursor_bytes(&ask->block, 8);
    int64_t time = 0;
    if (bytes.len)
        memcpy(&time, bytes.ptr, sizeof time);
    return time;
}

static void changes_at(struct dt_ask *ask, int64_t at)
{
    if (at < ask->ret->changes_at)
        ask->ret->changes_at = at;
}

static enum dt_answer ask_time(struct dt_ask *ask)
{
    int64_t from = take_time(ask), until = take_time(ask), now = ask->request->now;
    if (!now)
        return DT_ANSWER_UNKNOWN;
    if (now < from)
        changes_at(ask, from);
    else if (now < until)
        changes_at(ask, until);
    return now >= from && now < until ? DT_ANSWER_YES : DT_ANSWER_NO;
}

/* The span of a zone around a moment. False: damaged. */
static bool zone_around(const struct dt_snapshot *snapshot, uint32_t ref, int64_t now,
                        struct dt_zone *ret)
{
    struct dt_slice refs, span;
    uint32_t at = 0, count;
    int32_t first;
    if (!dt_block_at(snapshot, DT_SECTION_CONDITIONS, ref, &refs) || refs.len < sizeof at)
        return false;
    uint64_t number = now > 0 ? (uint64_t)now >> DT_SPAN_BITS : 0;
    if (number >= refs.len / sizeof at)
        number = refs.len / sizeof at - 1;
    memcpy(&at, refs.ptr + number * sizeof at, sizeof at);
    if (at % 2 || !dt_block_at(snapshot, DT_SECTION_CONDITIONS, at, &span) || span.len < 8)
        return false;
    memcpy(&count, span.ptr, sizeof count);
    memcpy(&first, span.ptr + 4, sizeof first);
    if ((span.len - 8) / 12 < count)
        return false;
    const void *since = span.ptr + 8, *offsets = span.ptr + 8 + (size_t)count * 8;
    *ret = (struct dt_zone){DT_SLICE_NONE, count, since, offsets, first};
    return true;
}

/* How many; more than there can be is damage. */
static size_t take_ranges(struct dt_ask *ask, struct dt_range *ret)
{
    uint64_t count = dt_cursor_varint(&ask->block);
    struct dt_slice bytes = DT_SLICE_NONE;
    if (count > RANGES_MAX)
        ask->block.bad = true;
    else
        bytes = dt_cursor_bytes(&ask->block, count * sizeof *ret);
    if (bytes.len)
        memcpy(ret, bytes.ptr, bytes.len);
    return bytes.len / sizeof *ret;
}

static enum dt_answer ask_window(struct dt_ask *ask)
{
    struct dt_range ranges[RANGES_MAX];
    struct dt_zone zone;
    uint8_t days = (uint8_t)dt_cursor_fixed(&ask->block, 1);
    uint32_t ref = dt_cursor_fixed(&ask->block, 4);
    size_t count = take_ranges(ask, ranges);
    int64_t now = ask->request->now, changes;
    if (!now || ask->block.bad)
        return DT_ANSWER_UNKNOWN;
    if (ref && !zone_around(ask->snapshot, ref, now, &zone)) {
        ask->block.bad = true;
        return DT_ANSWER_UNKNOWN;
    }
    bool on = dt_window_on(days, ranges, count, ref ? &zone : NULL, now, &changes);
    changes_at(ask, changes);
    return on ? DT_ANSWER_YES : DT_ANSWER_NO;
}

/* ---- What no field tells ---- */

static enum dt_answer ask_country(struct dt_ask *ask)
{
    struct dt_slice country = ask->request->country;
    uint64_t count = dt_cursor_varint(&ask->block);
    bool found = false;
    ask->ret->vary |= DT_VARY_COUNTRY;
    for (uint64_t i = 0; i < count && !ask->block.bad; i++)
        found |= dt_slice_eq(dt_cursor_bytes(&ask->block, 2), country);
    if (!country.len)
        return DT_ANSWER_UNKNOWN;
    return found ? DT_ANSWER_YES : DT_ANSWER_NO;
}

/* Networks of one list are apart from each other and in order: the last one that does not begin
 * behind the address is the only one that can have it. skip: bytes that IPv4's leave out. */
static bool in_nets(struct dt_ask *ask, const uint8_t address[16], size_t skip)
{
    size_t row = 16 - skip + 1;
    uint64_t low = 0, high = dt_cursor_varint(&ask->block);
    if (high > (uint64_t)(ask->block.end - ask->block.pos) / row)
        ask->block.bad = true;
    if (ask->block.bad)
        return false;
    struct dt_slice rows = dt_cursor_bytes(&ask->block, high * row);
    while (low < high) {
        uint64_t mid = (low + high) / 2;
        if (memcmp(rows.ptr + mid * row, address + skip, 16 - skip) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == 0)
        return false;
    struct dt_net net = {{[10] = 0xff, [11] = 0xff}, 0};
    memcpy(net.address + skip, rows.ptr + (low - 1) * row, 16 - skip);
    net.bits = (uint8_t)rows.ptr[low * row - 1];
    return net.bits <= 128 && dt_net_has(&net, address);
}

static enum dt_answer ask_ip(struct dt_ask *ask)
{
    const uint8_t *address = ask->request->address;
    ask->ret->vary |= DT_VARY_ANY;
    bool v6 = in_nets(ask, address, 0);
    bool v4 = in_nets(ask, address, 12);
    if (!ask->request->has_address)
        return DT_ANSWER_UNKNOWN;
    return v6 || v4 ? DT_ANSWER_YES : DT_ANSWER_NO;
}

static enum dt_answer ask_percent(struct dt_ask *ask)
{
    struct dt_range ranges[RANGES_MAX];
    unsigned by = dt_cursor_fixed(&ask->block, 1);
    unsigned field = dt_cursor_fixed(&ask->block, 1);
    struct dt_slice name = dt_ask_text(ask), key = dt_ask_text(ask), text = DT_SLICE_NONE;
    size_t count = take_ranges(ask, ranges);
    if (ask->block.bad)
        return DT_ANSWER_UNKNOWN;
    if (by != DT_PERCENT_ADDRESS)
        text = dt_ask_value(ask, field, by == DT_PERCENT_COOKIE, name);
    if (!text.len) {
        ask->ret->vary |= DT_VARY_ANY;
        if (!ask->request->has_address)
            return DT_ANSWER_UNKNOWN;
        text = dt_slice_of((const char *)ask->request->address, sizeof ask->request->address);
    }
    unsigned share = dt_share_of(key, text);
    for (size_t i = 0; i < count; i++)
        if (share >= ranges[i].from && share < ranges[i].to)
            return DT_ANSWER_YES;
    return DT_ANSWER_NO;
}

/* ---- All ---- */

static enum dt_answer ask_one(struct dt_ask *ask, unsigned kind)
{
    switch (kind) {
    case DT_CONDITION_METHOD:
        return ask_method(ask);
    case DT_CONDITION_HEADER:
        return dt_ask_header(ask);
    case DT_CONDITION_COOKIE:
        return dt_ask_cookie(ask);
    case DT_CONDITION_LANG:
        return dt_ask_lang(ask);
    case DT_CONDITION_COUNTRY:
        return ask_country(ask);
    case DT_CONDITION_IP:
        return ask_ip(ask);
    case DT_CONDITION_REFERER:
        return dt_ask_referer(ask);
    case DT_CONDITION_UA:
        return dt_ask_ua(ask);
    case DT_CONDITION_TIME:
        return ask_time(ask);
    case DT_CONDITION_WINDOW:
        return ask_window(ask);
    case DT_CONDITION_PERCENT:
        return ask_percent(ask);
    case DT_CONDITION_PATH:
        return ask_path(ask);
    default:
        ask->block.bad = true;
        return DT_ANSWER_UNKNOWN;
    }
}

bool dt_cond_hold(const struct dt_snapshot *snapshot, uint64_t ref,
                  const struct dt_request *request, struct dt_cond_outcome *ret)
{
    struct dt_slice body;
    struct dt_cond_outcome outcome = {.changes_at = DT_TIME_MAX, .until = DT_TIME_MAX};
    if (!ref || !dt_block_at(snapshot, DT_SECTION_CONDITIONS, ref, &body))
        return false;
    struct dt_ask ask;
    ask.snapshot = snapshot;
    ask.request = request;
    ask.ret = &outcome;
    ask.known = 0;
    ask.block = (struct dt_cursor){(const unsigned char *)body.ptr,
                                   (const unsigned char *)body.ptr + body.len, false};
    if (dt_cursor_fixed(&ask.block, 1) & DT_COND_HAS_UNTIL)
        outcome.until = take_time(&ask);
    unsigned count = dt_cursor_fixed(&ask.block, 1);
    bool holds = true;
    unsigned kind = 0, last = UINT32_MAX, nth = 0;
    for (unsigned i = 0; i < count && holds && !ask.block.bad; i++) {
        kind = dt_cursor_fixed(&ask.block, 1);
        bool negated = kind & DT_COND_NEGATED;
        nth = kind == last ? nth + 1 : 0; /* those that are alike stand together */
        last = kind;
        enum dt_answer answer = ask_one(&ask, kind & ~DT_COND_NEGATED);
        holds = answer != DT_ANSWER_UNKNOWN && (answer == DT_ANSWER_YES) != negated;
    }
    outcome.kind = (uint8_t)(kind & ~DT_COND_NEGATED);
    outcome.negated = kind & DT_COND_NEGATED;
    outcome.nth = (uint8_t)nth;
    if (ask.block.bad)
        return false;
    outcome.holds = holds;
    *ret = outcome;
    return true;
}
