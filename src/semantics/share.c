/* SPDX-License-Identifier: MIT
 *
 * XXH3 gives the same number on every machine and has been frozen since version 0.8, so a share
 * stays what it was when the program, or the machine behind a balancer, changes. The key seeds it:
 * two experiments with two keys do not pick the same people.
 */
#include "semantics/share.h"
#include "base/hash.h"

#define PLACES 10000u

unsigned dt_share_of(struct dt_slice key, struct dt_slice text)
{
    uint64_t seed = dt_hash64(key.len ? key.ptr : "", key.len, 0);
    uint64_t hash = dt_hash64(text.len ? text.ptr : "", text.len, seed);
    return (unsigned)((hash >> 32) * PLACES >> 32); /* all 2^32 heights, so no place is favoured */
}

/* "12.5" as 1250: up to three digits, then up to two. */
static bool parse_percent(struct dt_slice text, uint16_t *ret)
{
    const char *point = text.len ? memchr(text.ptr, '.', text.len) : NULL;
    size_t whole = point ? (size_t)(point - text.ptr) : text.len;
    size_t places = point ? text.len - whole - 1 : 0;
    if (whole < 1 || whole > 3 || places > 2 || (point && places == 0))
        return false;
    unsigned value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (i == whole)
            continue;
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    for (; places < 2; places++)
        value *= 10;
    *ret = (uint16_t)value;
    return value <= PLACES;
}

enum dt_err dt_share_range(struct dt_slice text, struct dt_range *ret)
{
    const char *dash = text.len ? memchr(text.ptr, '-', text.len) : NULL;
    struct dt_range range = {0, 0};
    if (!dash) {
        if (!parse_percent(text, &range.to))
            return DT_ERR_INVALID;
        *ret = range;
        return DT_OK;
    }
    size_t len = (size_t)(dash - text.ptr);
    if (!parse_percent(dt_slice_of(text.ptr, len), &range.from) ||
        !parse_percent(dt_slice_from(text, len + 1), &range.to) || range.from >= range.to)
        return DT_ERR_INVALID;
    *ret = range;
    return DT_OK;
}
