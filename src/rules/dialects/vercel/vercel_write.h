/* SPDX-License-Identifier: MIT
 *
 * A redirect of vercel.json while it is written, for the files that share the work.
 */
#ifndef DT_RULES_VERCEL_WRITE_H
#define DT_RULES_VERCEL_WRITE_H

#include "rules/dialects/names.h"

struct dt_vercel_out {
    struct dt_write *write;
    const struct dt_rule *rule;
    struct dt_names names;
    struct dt_buf source, target; /* texts, not yet JSON */
    struct dt_buf has, missing;   /* JSON objects, each with ",\n" in front but the first */
    unsigned nhas, nmissing;
    uint8_t groups[DT_CAPTURES_MAX]; /* of a regex: a group's number in the source; 0: none */
    unsigned ngroups;                /* of a regex's source */
    unsigned unnamed;                /* how many of them have no name */
};

/* Appends the source; says what cannot be said. */
void dt_vercel_put_source(struct dt_vercel_out *out);
/* A regular expression as a source. False: it cannot be said. */
bool dt_vercel_put_regex(struct dt_vercel_out *out);
/* Appends text so that path-to-regexp takes it for itself. */
void dt_vercel_put_literal(struct dt_buf *out, struct dt_slice text);

/* A name for the star that no segment has. */
const char *dt_vercel_star(const struct dt_names *names);

/* Appends the destination; behind the source and the conditions. */
void dt_vercel_put_target(struct dt_vercel_out *out);

/* Host, query and conditions. */
void dt_vercel_put_has(struct dt_vercel_out *out);

#endif
