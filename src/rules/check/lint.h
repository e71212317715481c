/* SPDX-License-Identifier: MIT
 *
 * What the passes over single rules share: a target in its parts, an example, a place in the line,
 * and what the conditions of a rule come to.
 */
#ifndef DT_RULES_LINT_H
#define DT_RULES_LINT_H

#include "rules/check/checker.h"

/* A compiled target in its parts; marks of captures stay in them. */
struct dt_lint_target {
    struct dt_slice whole;
    struct dt_slice scheme; /* "https", or a mark; empty: a path */
    struct dt_slice host;   /* of http, https and {scheme} only */
    struct dt_slice port;   /* without ":" */
    struct dt_slice rest;   /* path, query and fragment; of other schemes all behind the ":" */
    bool web;               /* http, https or {scheme}: there is a host */
    bool has_port;          /* there is a ":", perhaps with nothing behind it */
};

struct dt_lint_target dt_lint_target(struct dt_slice target);

static inline bool dt_lint_is_mark(char c)
{
    return c >= DT_MARK_PATH && c <= DT_MARK_HOST;
}

static inline bool dt_lint_marked(struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (dt_lint_is_mark(s.ptr[i]))
            return true;
    return false;
}

/* A URL that the rule is for; empty when none is known. Good until the next witness. */
struct dt_slice dt_lint_example(struct dt_checker *checker, uint32_t rule);

/* Points a finding (NULL is accepted) to these bytes, when they lie in the rule's line. */
void dt_lint_at(const struct dt_checker *checker, struct dt_finding *finding, struct dt_slice at);
/* The same to the target of its rule, as far as it stands there as it was written. */
void dt_lint_at_target(const struct dt_checker *checker, struct dt_finding *finding);
/* And to a word of the line, between blanks. */
void dt_lint_at_word(const struct dt_checker *checker, struct dt_finding *finding,
                     struct dt_slice word);

/* What the conditions of a rule say of when and for whom it is. */
struct dt_lint_when {
    bool some;           /* it is for a part of the visitors: by language, cookie, address ... */
    bool recurring;      /* days=, hours= */
    int64_t from, until; /* DT_TIME_MIN, DT_TIME_MAX */
    const struct dt_condition *methods; /* NULL: any */
};

/* Is the rule for every path of its host, whatever the query? */
bool dt_lint_is_site(const struct dt_rule *rule);

struct dt_lint_when dt_lint_when(const struct dt_checker *checker, const struct dt_rule *rule);

/* ---- Parts of the passes, a rule at a time ---- */

void dt_lint_open(struct dt_checker *checker, uint32_t number, const struct dt_lint_target *target);
void dt_lint_malformed(struct dt_checker *checker, uint32_t number,
                       const struct dt_lint_target *target);
void dt_lint_host(struct dt_checker *checker, uint32_t number, const struct dt_lint_target *target);
void dt_lint_limits(struct dt_checker *checker, uint32_t number,
                    const struct dt_lint_target *target);

/* ---- And those that look at all rules together ---- */

void dt_lint_homes(struct dt_checker *checker); /* many URLs sent to one home page */
void dt_lint_sites(struct dt_checker *checker); /* whole sites: HSTS, temporary */
void dt_lint_dates(struct dt_checker *checker); /* temporary, and old */

#endif
