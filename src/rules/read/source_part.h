/* SPDX-License-Identifier: MIT
 *
 * What the files that read a source share.
 */
#ifndef DT_RULES_SOURCE_PART_H
#define DT_RULES_SOURCE_PART_H

#include "rules/read/reader.h"

static inline bool dt_source_has(struct dt_slice s, char c)
{
    return s.len && memchr(s.ptr, c, s.len) != NULL;
}

/* The last place of text, a name or a segment that came out of raw by normalising, in raw; all of
 * raw when an escape hides it. */
struct dt_slice dt_source_place(struct dt_slice raw, struct dt_slice text);

/* The params in the order that rules keep them in, without those that are there twice. Returns how
 * many are left. */
size_t dt_source_order(struct dt_param *params, size_t count);

/* A warning when an expression asks for an escape in lower case, which no path has. */
void dt_source_regex_escapes(struct dt_reader *reader);

#endif
