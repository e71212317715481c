/* SPDX-License-Identifier: MIT
 *
 * One copy of each string: host names repeat from rule to rule, and equal hosts shall share one
 * pointer.
 */
#ifndef DT_RULES_INTERN_H
#define DT_RULES_INTERN_H

#include "base/arena.h"
#include <detour/slice.h>

/* {0} is a valid empty set. */
struct dt_intern {
    struct dt_slice *slots; /* open addressing; ptr NULL is free */
    size_t count;
    size_t mask; /* slots - 1; 0 when there are none */
};

void dt_intern_release(struct dt_intern *intern);

/* Sets *ret to the one string that equals s. When s is the first of its kind it is copied to the
 * arena, or kept as it is when stable (its bytes live as long as the set). False when memory is
 * out. */
bool dt_intern_get(struct dt_intern *intern, struct dt_arena *arena, struct dt_slice s, bool stable,
                   struct dt_slice *ret);

#endif
