/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a TZif file; what does not begin like one is the footer of a file that is otherwise
 * sound. What was read is asked for offsets, changes, instants and a window.
 */
#include "semantics/window.h"
#include "semantics/zone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* A first block of nothing, a second one with one type, up to the footer. */
static const char SOUND[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                            "\0\0\0\0\0\0\0\0\0\0\0\0"
                            "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                            "\0\0\0\0\0\0\0\1\0\0\0\4"
                            "\0\0\0\0\0\0UTC\0";

static void ask(const struct dt_zone *zone, int64_t at)
{
    const struct dt_range range = {1320, 360};
    int32_t offset = dt_zone_offset(zone, at);
    require(offset > -25 * 3600 && offset < 26 * 3600);
    int64_t next = dt_zone_next(zone, at);
    require(next > at || at == INT64_MAX);
    int64_t instant = dt_zone_instant(zone, at);
    if (at > INT64_MIN / 2 && at < INT64_MAX / 2) {
        require(llabs(instant - at) < 26 * 3600);
        require(zone->count || dt_zone_instant(zone, at + offset) == at);
    }
    int64_t changes;
    (void)dt_window_on(0x55, &range, 1, zone, at, &changes);
    require(changes > at || at > INT64_MAX / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool whole = size >= 4 && memcmp(data, "TZif", 4) == 0;
    size_t len = whole ? size : sizeof SOUND - 1 + size + 2;
    char *bytes = malloc(len);
    int64_t *since = malloc(DT_ZONE_MAX * sizeof *since);
    int32_t *offsets = malloc(DT_ZONE_MAX * sizeof *offsets);
    require(bytes && since && offsets);
    char *at = bytes;
    if (!whole) {
        memcpy(at, SOUND, sizeof SOUND - 1);
        at += sizeof SOUND - 1;
        *at++ = '\n';
    }
    if (size)
        memcpy(at, data, size);
    if (!whole)
        at[size] = '\n';
    struct dt_zone zone = {0};
    if (dt_zone_read(dt_slice_of(bytes, len), since, offsets, &zone) == DT_OK) {
        require(zone.count <= DT_ZONE_MAX);
        for (uint32_t i = 1; i < zone.count; i++)
            require(since[i] > since[i - 1] && offsets[i] != offsets[i - 1]);
        static const int64_t AT[] = {INT64_MIN, -1, 0, 1790000000, 4102444800, INT64_MAX};
        for (size_t i = 0; i < sizeof AT / sizeof AT[0]; i++)
            ask(&zone, AT[i]);
        for (uint32_t i = 0; i < zone.count; i += 1 + zone.count / 7)
            ask(&zone, since[i]);
    }
    free(offsets);
    free(since);
    free(bytes);
    return 0;
}
