/* SPDX-License-Identifier: MIT
 *
 * Suggestions for diagnostics. The diagnostics themselves are added by dt_ruleset_diag_add and,
 * with a place in the line, by dt_reader_error.
 */
#ifndef DT_RULES_DIAG_H
#define DT_RULES_DIAG_H

#include <detour/slice.h>

/* The name in the list (count of them) that is nearest to word, at most 2 edits away and less than
 * half of the word; NULL when none is near. */
const char *dt_diag_nearest(struct dt_slice word, const char *const *names, size_t count);

/* How many edits (insert, delete, replace, swap of neighbours) lead from a to b, ASCII case
 * ignored; words longer than 31 bytes are far from everything (returns 32). */
size_t dt_diag_distance(struct dt_slice a, struct dt_slice b);

#endif
