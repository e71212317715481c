/* SPDX-License-Identifier: MIT
 *
 * The most frequent of more texts than can be kept: Metwally, Agrawal and El Abbadi, "Efficient
 * computation of frequent and top-k elements in data streams" (2005), called space-saving. A text
 * that comes more often than one in DT_SKETCH_MAX is certainly among those kept, and no count is
 * less than the truth; it may be more by as much as it says.
 */
#ifndef DT_TRAFFIC_SKETCH_H
#define DT_TRAFFIC_SKETCH_H

#include <detour/slice.h>
#include <stdint.h>

#define DT_SKETCH_MAX 8192u
#define DT_SKETCH_TEXT 2048u /* bytes of a text that are kept and compared */

struct dt_sketch_row {
    uint64_t count;
    uint64_t excess; /* the count may be too high by this */
    uint64_t hash;
    uint32_t len;
    uint32_t cap;
    char *text;
};

struct dt_sketch {
    struct dt_sketch_row *rows; /* a heap: the least count first */
    uint32_t *slots;            /* by hash: row + 1; 0 is free */
    uint32_t count;
};

/* All zero is an empty sketch. */
void dt_sketch_release(struct dt_sketch *sketch);

/* One more of a text, which is not empty. False: no memory. */
bool dt_sketch_add(struct dt_sketch *sketch, struct dt_slice text);

#endif
