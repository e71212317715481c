/* SPDX-License-Identifier: MIT
 *
 * A TZif file is three things one behind the other: a block with 32-bit times, kept for readers of
 * long ago and skipped here, a block with 64-bit times, and the rule for all years behind them.
 * What comes out is one list of moments at which the offset changes, so that whoever asks for an
 * offset needs a binary search and nothing else. Names of offsets and who calls them summer are
 * dropped.
 */
#include "semantics/zone.h"
#include "semantics/civil.h"
#include "semantics/zone_rule.h"

#define HEADER 44u
/* RFC 9636 section 3.2: more than -25 hours and less than 26. */
#define OFFSET_LEAST (-25 * 3600 + 1)
#define OFFSET_MOST (26 * 3600 - 1)
#define FIRST_YEAR 1969 /* of which a rule is written out */

/* ---- reading ---- */

struct block {
    uint32_t isut, isstd, leap, time, type, chars; /* the counts */
    const unsigned char *data;
    uint64_t size;
};

struct list {
    int64_t *since;
    int32_t *offsets;
    uint32_t count;
    int32_t first;
    bool full;
};

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Two's complement, RFC 9636 section 2. */
static int64_t get64(const unsigned char *at)
{
    return (int64_t)((uint64_t)get32(at) << 32 | get32(at + 4));
}

/* The header at the front of bytes and its block, with times of so many bytes; cut off. */
static bool take_block(struct dt_slice *bytes, unsigned width, struct block *ret)
{
    if (bytes->len < HEADER || memcmp(bytes->ptr, "TZif", 4) != 0 || bytes->ptr[4] < '2')
        return false;
    const unsigned char *at = (const unsigned char *)bytes->ptr;
    struct block b = {get32(at + 20), get32(at + 24), get32(at + 28), get32(at + 32),
                      get32(at + 36), get32(at + 40), at + HEADER,    0};
    b.size = (uint64_t)b.time * (width + 1) + (uint64_t)b.type * 6 + b.chars +
             (uint64_t)b.leap * (width + 4) + b.isstd + b.isut;
    if (b.size > bytes->len - HEADER)
        return false;
    *bytes = dt_slice_from(*bytes, HEADER + (size_t)b.size);
    *ret = b;
    return true;
}

static int32_t type_offset(const struct block *b, uint32_t type)
{
    const unsigned char *types = b->data + (size_t)b->time * 9;
    return (int32_t)get32(types + (size_t)type * 6);
}

/* RFC 9636 section 3.1 and 3.2. Leap seconds: such a file counts them in its times, which nobody
 * else here does. */
static bool block_is_sound(const struct block *b)
{
    if (b->type == 0 || b->type > 256 || b->chars == 0 || b->leap != 0 || b->time > DT_ZONE_MAX ||
        (b->isut != 0 && b->isut != b->type) || (b->isstd != 0 && b->isstd != b->type))
        return false;
    const unsigned char *types = b->data + (size_t)b->time * 9;
    const unsigned char *names = types + (size_t)b->type * 6;
    for (uint32_t i = 0; i < b->type; i++) {
        const unsigned char *type = types + (size_t)i * 6;
        int32_t offset = type_offset(b, i);
        if (offset < OFFSET_LEAST || offset > OFFSET_MOST || type[4] > 1 || type[5] >= b->chars ||
            !memchr(names + type[5], '\0', b->chars - type[5]))
            return false;
    }
    for (uint32_t i = 0; i < b->time; i++) {
        if (b->data[(size_t)b->time * 8 + i] >= b->type)
            return false;
        if (i > 0 && get64(b->data + (size_t)i * 8) <= get64(b->data + (size_t)i * 8 - 8))
            return false;
    }
    return true;
}

/* What changes no offset is left out. */
static void append(struct list *list, int64_t since, int32_t offset)
{
    if (offset == (list->count ? list->offsets[list->count - 1] : list->first))
        return;
    if (list->count == DT_ZONE_MAX) {
        list->full = true;
        return;
    }
    list->since[list->count] = since;
    list->offsets[list->count++] = offset;
}

/* Summers as intervals: those that touch are one, so that a rule of summer all year (RFC 9636
 * section 3.3.1) changes nothing at New Year. All that is not behind `after` is left out. */
static void write_out(const struct dt_zone_rule *rule, int64_t after, struct list *list)
{
    int64_t year = dt_civil_of(after).year - 1;
    if (year < FIRST_YEAR - 1)
        year = FIRST_YEAR - 1;
    int64_t ended = INT64_MIN; /* the summer before, told with the next one */
    for (; year <= DT_ZONE_YEAR + 1; year++) {
        int64_t begin, end, unused;
        dt_zone_rule_summer(rule, year, &begin, &end);
        if (end <= begin)
            dt_zone_rule_summer(rule, year + 1, &unused, &end);
        if (begin > ended) {
            if (ended > after)
                append(list, ended, rule->standard);
            if (begin > after && year <= DT_ZONE_YEAR)
                append(list, begin, rule->summer);
        }
        if (end > ended)
            ended = end;
    }
}

/* The footer, between two newlines; empty: nothing is known of the future. */
static bool read_footer(struct dt_slice bytes, int64_t after, bool alone, struct list *list)
{
    if (bytes.len < 2 || bytes.ptr[0] != '\n')
        return false;
    const char *end = memchr(bytes.ptr + 1, '\n', bytes.len - 1);
    if (!end)
        return false;
    struct dt_slice text = dt_slice_of(bytes.ptr + 1, (size_t)(end - bytes.ptr) - 1);
    if (!text.len)
        return true;
    struct dt_zone_rule rule;
    if (dt_zone_rule_parse(text, &rule) != DT_OK)
        return false;
    if (alone)
        list->first = rule.standard;
    if (rule.has_dst)
        write_out(&rule, after, list);
    return true;
}

enum dt_err dt_zone_read(struct dt_slice bytes, int64_t *since, int32_t *offsets,
                         struct dt_zone *ret)
{
    struct block old, b;
    if (!take_block(&bytes, 4, &old) || !take_block(&bytes, 8, &b) || !block_is_sound(&b))
        return DT_ERR_INVALID;
    struct list list = {.first = type_offset(&b, 0)};
    list.since = since;
    list.offsets = offsets;
    int64_t after = INT64_MIN;
    for (uint32_t i = 0; i < b.time; i++) {
        after = get64(b.data + (size_t)i * 8);
        append(&list, after, type_offset(&b, b.data[(size_t)b.time * 8 + i]));
    }
    if (!read_footer(bytes, after, b.time == 0, &list) || list.full)
        return DT_ERR_INVALID;
    ret->count = list.count;
    ret->since = since;
    ret->offsets = offsets;
    ret->first = list.first;
    return DT_OK;
}

/* ---- asking ---- */

/* How many of the zone's changes are not behind `at`. */
static uint32_t changes_by(const struct dt_zone *zone, int64_t at)
{
    uint32_t from = 0;
    uint32_t to = zone->count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (zone->since[middle] <= at)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static int32_t offset_behind(const struct dt_zone *zone, uint32_t changes)
{
    return changes ? zone->offsets[changes - 1] : zone->first;
}

int32_t dt_zone_offset(const struct dt_zone *zone, int64_t at)
{
    return zone ? offset_behind(zone, changes_by(zone, at)) : 0;
}

int64_t dt_zone_next(const struct dt_zone *zone, int64_t at)
{
    uint32_t by = zone ? changes_by(zone, at) : 0;
    return zone && by < zone->count ? zone->since[by] : INT64_MAX;
}

/* a - b, held at the ends. */
static int64_t minus(int64_t a, int64_t b)
{
    int64_t result;
    if (__builtin_sub_overflow(a, b, &result))
        return b < 0 ? INT64_MAX : INT64_MIN;
    return result;
}

int64_t dt_zone_instant(const struct dt_zone *zone, int64_t local)
{
    if (!zone)
        return local;
    /* From the offset that was in force a day and two hours before, which is before the answer. */
    uint32_t by = changes_by(zone, minus(local, OFFSET_MOST + 1));
    int64_t at = minus(local, offset_behind(zone, by));
    for (; by < zone->count && at >= zone->since[by]; by++) {
        int64_t next = minus(local, zone->offsets[by]);
        if (next < zone->since[by])
            return at; /* left out: by the clock that was not changed */
        at = next;
    }
    return at;
}
