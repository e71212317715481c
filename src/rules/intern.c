/* SPDX-License-Identifier: MIT
 *
 * A hash set of strings with linear probing; see intern.h.
 */
#include "rules/intern.h"

#include "base/hash.h"
#include <stdlib.h>

#define FIRST_SLOTS 64u

void dt_intern_release(struct dt_intern *intern)
{
    free(intern->slots);
    *intern = (struct dt_intern){0};
}

static struct dt_slice *find(const struct dt_intern *intern, struct dt_slice s)
{
    size_t at = (size_t)dt_hash64(s.ptr, s.len, 0) & intern->mask;
    while (intern->slots[at].ptr && !dt_slice_eq(intern->slots[at], s))
        at = (at + 1) & intern->mask;
    return &intern->slots[at];
}

static bool grow(struct dt_intern *intern)
{
    size_t old = intern->slots ? intern->mask + 1 : 0;
    struct dt_intern bigger = {.mask = (old ? old * 2 : FIRST_SLOTS) - 1, .count = intern->count};
    bigger.slots = calloc(bigger.mask + 1, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < old; i++)
        if (intern->slots[i].ptr)
            *find(&bigger, intern->slots[i]) = intern->slots[i];
    free(intern->slots);
    *intern = bigger;
    return true;
}

bool dt_intern_get(struct dt_intern *intern, struct dt_arena *arena, struct dt_slice s, bool stable,
                   struct dt_slice *ret)
{
    if (s.len == 0) {
        *ret = DT_SLICE_NONE;
        return true;
    }
    if ((!intern->slots || intern->count >= intern->mask / 2) && !grow(intern))
        return false;
    struct dt_slice *slot = find(intern, s);
    if (!slot->ptr) {
        struct dt_slice kept = stable ? s : dt_arena_copy(arena, s);
        if (!kept.ptr)
            return false;
        *slot = kept;
        intern->count++;
    }
    *ret = *slot;
    return true;
}
