/* SPDX-License-Identifier: MIT
 *
 * What the dialects with patterns of their own need to write them anew as regular expressions.
 */
#ifndef DT_RULES_PATTERN_H
#define DT_RULES_PATTERN_H

#include "base/buf.h"
#include <detour/ruleset.h>

struct dt_reader;

#define DT_PATTERN_MAX (8u << 10) /* bytes of an expression */

/* Begins a rule: its host is that of @host, nothing is captured yet. */
bool dt_pattern_begin(struct dt_reader *reader, struct dt_rule *rule);

/* The source for every path, whose rest has this name for the target. */
bool dt_pattern_all(struct dt_reader *reader, struct dt_slice name, struct dt_rule *rule);

/* An expression that asks about the path, whatever it looks like: one that begins with "//" or
 * "http" asks about the URL in the native language. An empty one when memory is out. */
struct dt_slice dt_pattern_of_path(struct dt_reader *reader, struct dt_slice regex);

/* Texts behind each other, in the arena; an empty one when memory is out. */
struct dt_slice dt_pattern_join(struct dt_reader *reader, const struct dt_slice *parts,
                                size_t count);

/* Appends an expression for these bytes as they stand in a path in normal form. With escapes, "%41"
 * is an "A"; else the bytes are decoded ones, and a "%" is a percent sign. "/" stays. */
void dt_pattern_literal(struct dt_buf *out, struct dt_slice text, bool escapes);

/* Appends the bytes as a path or URL is written from decoded ones: "%" becomes "%25", and "?" and
 * "#" are escaped. */
void dt_pattern_encode(struct dt_buf *out, struct dt_slice text);

#endif
