/* SPDX-License-Identifier: MIT
 *
 * Conditions on the time. Zones are read once for the whole set, by a name that cannot lead out of
 * the folder of zones.
 */
#include "rules/cond/cond_read.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "semantics/civil.h"
#include "semantics/window.h"
#include "semantics/zone.h"
#include <stdlib.h>

/* ---- from=, until= ---- */

bool dt_cond_time(const struct dt_given *given, struct dt_cond_item *ret)
{
    const char *why;
    ret->condition.kind = DT_CONDITION_TIME;
    if (dt_civil_parse(given->value, &ret->condition.from, &ret->local, &why))
        return dt_cond_refuse(given, given->value, "a time such as 2026-12-01T22:00Z: %s", why);
    return true;
}

/* ---- days=, hours= ---- */

bool dt_cond_days(const struct dt_given *given, struct dt_cond_item *ret)
{
    struct dt_slice list = given->value, piece;
    unsigned all = 0;
    ret->condition.kind = DT_CONDITION_WINDOW;
    while (dt_cond_next(&list, &piece)) {
        uint8_t days;
        if (dt_window_days(piece, &days))
            return dt_cond_refuse(given, piece, "days, such as mon-fri or sat,sun");
        all |= days;
    }
    ret->condition.days = (uint8_t)all;
    return true;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct dt_range *x = a, *y = b;
    return x->from != y->from ? x->from - y->from : x->to - y->to;
}

bool dt_cond_hours(const struct dt_given *given, struct dt_cond_item *ret)
{
    struct dt_slice list = given->value, piece;
    struct dt_range *ranges = dt_cond_rows(given, list, sizeof *ranges);
    size_t count = 0, kept = 0;
    ret->condition.kind = DT_CONDITION_WINDOW;
    ret->condition.days = 0x7f;
    if (!ranges)
        return false;
    while (dt_cond_next(&list, &piece))
        if (dt_window_range(piece, &ranges[count++]))
            return dt_cond_refuse(given, piece, "hours, such as 9-17 or 22:00-06:00");
    qsort(ranges, count, sizeof *ranges, compare_ranges);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_ranges(&ranges[kept - 1], &ranges[i]))
            ranges[kept++] = ranges[i];
    if (kept > DT_LIMIT_RANGES)
        return dt_cond_refuse(given, given->value, "at most %u ranges", DT_LIMIT_RANGES);
    ret->condition.ranges = ranges;
    ret->condition.count = (uint16_t)kept;
    return true;
}

/* ---- tz= ---- */

/* Letters, digits and "_+-" in pieces between "/": Europe/Berlin, Etc/GMT+1. */
static bool is_zone_name(struct dt_slice name)
{
    if (name.len == 0 || name.len > 64 || name.ptr[0] == '/' || name.ptr[name.len - 1] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!dt_is_word(c) && c != '+' && c != '-' && c != '/')
            return false;
        if (c == '/' && name.ptr[i + 1] == '/')
            return false;
    }
    return true;
}

/* A copy that lives as long as the set. */
static const struct dt_zone *keep_zone(struct dt_ruleset *set, struct dt_slice name,
                                       const struct dt_zone *zone)
{
    struct dt_set_zone *row = dt_arena_alloc(&set->arena, sizeof *row);
    int64_t *since = dt_arena_alloc(&set->arena, zone->count * sizeof *since);
    int32_t *offsets = dt_arena_alloc(&set->arena, zone->count * sizeof *offsets);
    struct dt_slice kept = dt_arena_copy(&set->arena, name);
    if (!row || !since || !offsets || !kept.ptr)
        return NULL;
    if (zone->count) {
        memcpy(since, zone->since, zone->count * sizeof *since);
        memcpy(offsets, zone->offsets, zone->count * sizeof *offsets);
    }
    *row = (struct dt_set_zone){.zone = {kept, zone->count, since, offsets, zone->first},
                                .next = set->zones};
    set->zones = row;
    return &row->zone;
}

static bool load_zone(const struct dt_given *given, const struct dt_zone **ret)
{
    struct dt_reader *reader = given->reader;
    struct dt_ruleset *set = reader->set;
    struct dt_slice name = given->value, at = dt_given_at(given, name), bytes;
    int64_t since[DT_ZONE_MAX];
    int32_t offsets[DT_ZONE_MAX];
    struct dt_zone zone = {0};
    if (!set->loader.zone)
        return DT_REFUSE(reader, at, "cond-zone", "time zones cannot be read here");
    enum dt_err err = set->loader.zone(set->loader.ctx, name, &bytes);
    if (err == DT_ERR_NOMEM)
        return dt_reader_nomem(reader);
    if (err == DT_ERR_NOT_FOUND)
        return DT_REFUSE(reader, at, "cond-zone",
                         "no time zone has the name %.*s (they are as in Europe/Berlin)",
                         DT_SLICE_FMT(name));
    if (err)
        return DT_REFUSE(reader, at, "cond-zone",
                         "the time zone %.*s cannot be read: is tzdata installed?",
                         DT_SLICE_FMT(name));
    if (dt_zone_read(bytes, since, offsets, &zone))
        return DT_REFUSE(reader, at, "cond-zone", "the file of the time zone %.*s is damaged",
                         DT_SLICE_FMT(name));
    *ret = keep_zone(set, name, &zone);
    return *ret || dt_reader_nomem(reader);
}

bool dt_cond_tz(const struct dt_given *given, struct dt_cond_item *ret)
{
    struct dt_slice name = given->value;
    const struct dt_set_zone *row = given->reader->set->zones;
    if (dt_slice_eq(name, DT_S("UTC")))
        return true;
    if (!is_zone_name(name))
        return DT_REFUSE(given->reader, dt_given_at(given, name), "cond-zone",
                         "tz= wants the name of a time zone, such as Europe/Berlin");
    while (row && !dt_slice_eq(row->zone.name, name))
        row = row->next;
    if (!row)
        return load_zone(given, &ret->condition.zone);
    ret->condition.zone = &row->zone;
    return true;
}
