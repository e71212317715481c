/* SPDX-License-Identifier: MIT
 *
 * A unified diff of a text and what a formatter made of it.
 */
#ifndef DT_CLI_UNIFIED_H
#define DT_CLI_UNIFIED_H

#include <detour/slice.h>
#include <stdio.h>

/* Prints the difference as patch(1) reads it, three lines of context around each. Each line of the
 * new text comes from one of the old, in order; the old may have empty lines besides. False without
 * memory. */
bool dt_unified_print(FILE *out, const char *name, struct dt_slice before, struct dt_slice after);

#endif
