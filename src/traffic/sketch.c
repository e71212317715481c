/* SPDX-License-Identifier: MIT
 *
 * A heap for the least count and a hash table for the texts, each knowing where the other has a
 * row. A new text takes the place of the least, and inherits its count: it cannot have come more
 * often.
 */
#include "traffic/sketch.h"

#include "base/hash.h"

#include <stdlib.h>

#define SLOTS (4 * DT_SKETCH_MAX)
#define MASK (SLOTS - 1u)

void dt_sketch_release(struct dt_sketch *sketch)
{
    for (uint32_t i = 0; i < sketch->count; i++)
        free(sketch->rows[i].text);
    free(sketch->rows);
    free(sketch->slots);
    *sketch = (struct dt_sketch){0};
}

/* The slot that holds the row of this number. */
static uint32_t *slot_of(const struct dt_sketch *sketch, uint64_t hash, uint32_t row)
{
    uint32_t at = (uint32_t)hash & MASK;
    while (sketch->slots[at] != row + 1)
        at = (at + 1) & MASK;
    return &sketch->slots[at];
}

static void swap(struct dt_sketch *sketch, uint32_t a, uint32_t b)
{
    uint32_t *slot_a = slot_of(sketch, sketch->rows[a].hash, a);
    uint32_t *slot_b = slot_of(sketch, sketch->rows[b].hash, b);
    struct dt_sketch_row row = sketch->rows[a];
    sketch->rows[a] = sketch->rows[b];
    sketch->rows[b] = row;
    *slot_a = b + 1;
    *slot_b = a + 1;
}

static void sink(struct dt_sketch *sketch, uint32_t at)
{
    for (;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < sketch->count; child++)
            if (sketch->rows[child].count < sketch->rows[least].count)
                least = child;
        if (least == at)
            return;
        swap(sketch, at, least);
        at = least;
    }
}

static void rise(struct dt_sketch *sketch, uint32_t at)
{
    while (at && sketch->rows[at].count < sketch->rows[(at - 1) / 2].count) {
        swap(sketch, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

/* Takes a slot out, and moves back what had to step over it. */
static void drop_slot(struct dt_sketch *sketch, const uint32_t *slot)
{
    uint32_t hole = (uint32_t)(slot - sketch->slots);
    for (uint32_t at = (hole + 1) & MASK; sketch->slots[at]; at = (at + 1) & MASK) {
        uint32_t home = (uint32_t)sketch->rows[sketch->slots[at] - 1].hash & MASK;
        if (((at - home) & MASK) < ((at - hole) & MASK))
            continue;
        sketch->slots[hole] = sketch->slots[at];
        hole = at;
    }
    sketch->slots[hole] = 0;
}

static void put_slot(struct dt_sketch *sketch, uint64_t hash, uint32_t row)
{
    uint32_t at = (uint32_t)hash & MASK;
    while (sketch->slots[at])
        at = (at + 1) & MASK;
    sketch->slots[at] = row + 1;
}

static bool set_text(struct dt_sketch_row *row, struct dt_slice text)
{
    if (text.len > row->cap || !row->text) {
        size_t cap = text.len < 120 ? 120 : text.len;
        char *mem = realloc(row->text, cap);
        if (!mem)
            return false;
        row->text = mem;
        row->cap = (uint32_t)cap;
    }
    if (text.len)
        memcpy(row->text, text.ptr, text.len);
    row->len = (uint32_t)text.len;
    return true;
}

static bool begin(struct dt_sketch *sketch)
{
    if (!sketch->rows)
        sketch->rows = calloc(DT_SKETCH_MAX, sizeof *sketch->rows);
    if (!sketch->slots)
        sketch->slots = calloc(SLOTS, sizeof *sketch->slots);
    return sketch->rows && sketch->slots;
}

bool dt_sketch_add(struct dt_sketch *sketch, struct dt_slice text)
{
    if (!begin(sketch))
        return false;
    if (text.len > DT_SKETCH_TEXT)
        text.len = DT_SKETCH_TEXT;
    uint64_t hash = dt_hash64(text.ptr, text.len, 0);
    for (uint32_t at = (uint32_t)hash & MASK; sketch->slots[at]; at = (at + 1) & MASK) {
        uint32_t number = sketch->slots[at] - 1;
        struct dt_sketch_row *row = &sketch->rows[number];
        if (row->hash != hash || !dt_slice_eq(dt_slice_of(row->text, row->len), text))
            continue;
        row->count++;
        sink(sketch, number);
        return true;
    }
    bool full = sketch->count == DT_SKETCH_MAX;
    uint32_t number = full ? 0 : sketch->count;
    struct dt_sketch_row *row = &sketch->rows[number];
    uint64_t least = full ? row->count : 0;
    uint32_t *old = full ? slot_of(sketch, row->hash, number) : NULL;
    if (!set_text(row, text))
        return false;
    if (old)
        drop_slot(sketch, old);
    else
        sketch->count++;
    row->hash = hash;
    row->excess = least;
    row->count = least + 1;
    put_slot(sketch, hash, number);
    if (full)
        sink(sketch, number);
    else
        rise(sketch, number);
    return true;
}
