/* SPDX-License-Identifier: MIT
 *
 * Time zones in a snapshot, in spans: a request is about one moment, and verifies the few changes
 * around it.
 */
#include "rules/cond/cond_write.h"

#include "semantics/zone.h"

/* 1970 to DT_ZONE_YEAR; the first span is for all before it too, the last for all behind it. */
#define SPANS ((unsigned)(INT64_C(7258118400) >> DT_SPAN_BITS) + 1)
_Static_assert(DT_ZONE_YEAR == 2200, "7258118400 is the beginning of that year");

static uint32_t write_span(struct dt_cond_writer *w, const struct dt_zone *zone, unsigned number)
{
    int64_t from = ((int64_t)number << DT_SPAN_BITS) - DT_SPAN_MARGIN;
    int64_t to = ((int64_t)(number + 1) << DT_SPAN_BITS) + DT_SPAN_MARGIN;
    uint32_t begin = 0, end = 0;
    while (end < zone->count && (number + 1 == SPANS || zone->since[end] < to)) {
        if (number && zone->since[end] < from)
            begin = end + 1;
        end++;
    }
    dt_cond_begin(w, 8);
    dt_cond_put(w, end - begin, 4);
    dt_cond_put(w, (uint32_t)(begin ? zone->offsets[begin - 1] : zone->first), 4);
    for (uint32_t i = begin; i < end; i++)
        dt_cond_put(w, (uint64_t)zone->since[i], 8);
    for (uint32_t i = begin; i < end; i++)
        dt_cond_put(w, (uint32_t)zone->offsets[i], 4);
    return dt_cond_end(w);
}

bool dt_cond_zone_write(struct dt_cond_writer *w, const struct dt_zone *zone)
{
    uint32_t refs[SPANS];
    void *mem = w->zones;
    for (size_t i = 0; i < w->zone_count; i++)
        if (w->zones[i].zone == zone)
            return true;
    if (!dt_grow(&mem, w->zone_count, &w->zone_room, sizeof *w->zones))
        return false;
    w->zones = mem;
    for (unsigned i = 0; i < SPANS; i++)
        refs[i] = write_span(w, zone, i);
    dt_cond_begin(w, 4);
    for (unsigned i = 0; i < SPANS; i++)
        dt_cond_put(w, refs[i], 4);
    w->zones[w->zone_count++] = (struct dt_cond_zone){zone, dt_cond_end(w)};
    return true;
}

uint32_t dt_cond_zone_ref(const struct dt_cond_writer *w, const struct dt_zone *zone)
{
    for (size_t i = 0; i < w->zone_count; i++)
        if (w->zones[i].zone == zone)
            return w->zones[i].ref;
    return 0;
}
