/* SPDX-License-Identifier: MIT
 *
 * Linear probing over words that hold a piece of the hash and the place of the entry: a text that
 * is not there costs one cache miss, one that is there costs two, since entry and text lie
 * together.
 */
#include "traffic/seen.h"

#include "base/hash.h"

#include <stdlib.h>

#define FIRST_SLOTS ((size_t)1 << 12)
#define PLACE ((UINT64_C(1) << 48) - 1)

void dt_seen_init(struct dt_seen *seen, size_t max)
{
    *seen = (struct dt_seen){.max = max};
}

void dt_seen_release(struct dt_seen *seen)
{
    dt_arena_release(&seen->arena);
    free(seen->slots);
    dt_seen_init(seen, seen->max);
}

uint64_t dt_seen_hash(uint64_t site, struct dt_slice text)
{
    return dt_hash64(text.len ? text.ptr : "", text.len, site);
}

static struct dt_seen_entry *entry_of(uint64_t slot)
{
    uintptr_t place = (uintptr_t)(slot & PLACE);
    return (struct dt_seen_entry *)place; /* NOLINT(performance-no-int-to-ptr) */
}

static uint64_t slot_of(const struct dt_seen_entry *entry)
{
    return (uint64_t)(uintptr_t)entry | (entry->hash & ~PLACE);
}

static bool grow(struct dt_seen *seen)
{
    size_t slots = seen->slots ? 2 * (seen->mask + 1) : FIRST_SLOTS;
    uint64_t *bigger = calloc(slots, sizeof *bigger);
    if (!bigger)
        return false;
    for (const struct dt_seen_entry *entry = seen->first; entry; entry = entry->next) {
        size_t at = (size_t)entry->hash & (slots - 1);
        while (bigger[at])
            at = (at + 1) & (slots - 1);
        bigger[at] = slot_of(entry);
    }
    free(seen->slots);
    seen->slots = bigger;
    seen->mask = slots - 1;
    return true;
}

struct dt_seen_entry *dt_seen_find(const struct dt_seen *seen, uint64_t hash, uint64_t site,
                                   struct dt_slice text)
{
    if (!seen->slots)
        return NULL;
    for (size_t at = (size_t)hash & seen->mask; seen->slots[at]; at = (at + 1) & seen->mask) {
        if ((seen->slots[at] ^ hash) & ~PLACE)
            continue;
        struct dt_seen_entry *entry = entry_of(seen->slots[at]);
        if (entry->hash == hash && entry->site == site && dt_slice_eq(dt_seen_text(entry), text))
            return entry;
    }
    return NULL;
}

bool dt_seen_add(struct dt_seen *seen, uint64_t hash, uint64_t site, struct dt_slice text,
                 struct dt_seen_entry **ret)
{
    *ret = NULL;
    if (seen->count >= seen->max)
        return true;
    if ((!seen->slots || seen->count >= seen->mask / 2) && !grow(seen))
        return false;
    struct dt_seen_entry *entry = dt_arena_alloc(&seen->arena, sizeof *entry + text.len);
    if (!entry)
        return false;
    *entry = (struct dt_seen_entry){.hash = hash, .site = site, .len = (uint32_t)text.len};
    if (text.len)
        memcpy(entry->text, text.ptr, text.len);
    if (seen->last)
        seen->last->next = entry;
    else
        seen->first = entry;
    seen->last = entry;
    seen->count++;
    size_t at = (size_t)hash & seen->mask;
    while (seen->slots[at])
        at = (at + 1) & seen->mask;
    seen->slots[at] = slot_of(entry);
    *ret = entry;
    return true;
}
