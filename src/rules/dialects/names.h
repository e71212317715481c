/* SPDX-License-Identifier: MIT
 *
 * What the writers of dialects with named placeholders (":id") share: names for captures, and
 * targets in which they stand.
 */
#ifndef DT_RULES_NAMES_H
#define DT_RULES_NAMES_H

#include "rules/write/write.h"

struct dt_names {
    struct dt_slice list[DT_CAPTURES_MAX]; /* labels, names of the path, names of the query */
    unsigned count;
    unsigned labels, paths; /* how many of each */
};

/* The author's own names, where they can still be read in the rule's line; else a, b, c. None of
 * them is the beginning of another. */
void dt_names_choose(const struct dt_write *write, const struct dt_rule *rule,
                     struct dt_names *ret);

void dt_names_read(const struct dt_ruleset *set, const struct dt_rule *rule, struct dt_names *ret);

/* The name of a LABEL, NAME or QUERY. */
struct dt_slice dt_names_of(const struct dt_names *names, const struct dt_piece *piece);

/* The name of the capture for a query parameter; empty: it is not captured. */
struct dt_slice dt_names_query(const struct dt_names *names, const struct dt_rule *rule,
                               struct dt_slice param);

/* What an OWN piece always is, when the source says it: {host} of an exact host, {scheme} of a
 * pinned one, {path} of a path without captures. False when requests decide. */
bool dt_names_own(const struct dt_rule *rule, const struct dt_piece *piece, struct dt_slice *ret);

/* A literal ":" that would begin a placeholder. */
bool dt_names_colon(struct dt_slice text, size_t at);

#endif
