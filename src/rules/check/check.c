/* SPDX-License-Identifier: MIT
 *
 * A check: the passes, one after another, and what they found.
 */
#include "rules/check/check.h"

#include "rules/write/order.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct dt_check_result {
    struct dt_arena arena;
    struct dt_finding *findings;
    size_t count, cap;
    size_t unknown;
    struct dt_flat *flat;
    size_t flat_count, flat_cap;
};
