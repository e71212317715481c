/* SPDX-License-Identifier: MIT
 * The compiler's hash index; see plan.h. Not the snapshot's table: this one lives for a plan only.
 */
#include "base/pages.h"
#include "rules/compile/plan.h"

#include <stdlib.h>

enum dt_err dt_index_init(struct dt_index *index, size_t rows)
{
    uint64_t slots = 64;
    while (slots < (uint64_t)rows + rows / 2)
        slots *= 2;
    index->slots = dt_pages_zalloc(slots, sizeof *index->slots);
    if (!index->slots)
        return DT_ERR_NOMEM;
    index->mask = slots - 1;
    index->used = 0;
    return DT_OK;
}

void dt_index_release(struct dt_index *index)
{
    free(index->slots);
    *index = (struct dt_index){0};
}

enum dt_err dt_index_grow(struct dt_index *index,
                          uint64_t (*hash_of)(const void *rows, uint32_t row), const void *rows)
{
    if (index->used * 2 <= index->mask)
        return DT_OK;
    struct dt_index bigger;
    enum dt_err err = dt_index_init(&bigger, (size_t)(index->mask + 1) * 4 / 3);
    if (err)
        return err;
    for (uint64_t i = 0; i <= index->mask; i++) {
        struct dt_index_slot slot = index->slots[i];
        if (!slot.row)
            continue;
        uint64_t at = dt_index_start(&bigger, hash_of(rows, slot.row - 1));
        while (bigger.slots[at].row)
            at = (at + 1) & bigger.mask;
        bigger.slots[at] = slot;
    }
    bigger.used = index->used;
    dt_index_release(index);
    *index = bigger;
    return DT_OK;
}
