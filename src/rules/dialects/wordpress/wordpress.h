/* SPDX-License-Identifier: MIT
 *
 * Redirects of the WordPress plugin Redirection (redirection.me), by what its CSV and its JSON have
 * in common. A source is compared with path and query of the request; what becomes of the query is
 * a flag of the source:
 *
 *   exact    it must be the source's, in any order; none is passed on
 *   ignore   there may be more; none is passed on
 *   pass     there may be more, and it is passed on
 *
 * An expression is asked about path and query together, and what it matches is replaced by the
 * target, as PHP's preg_replace does: what is before and behind stays.
 */
#ifndef DT_RULES_WORDPRESS_H
#define DT_RULES_WORDPRESS_H

#include "rules/read/reader.h"
#include "rules/write/write.h"

enum dt_wordpress_query { DT_WORDPRESS_EXACT, DT_WORDPRESS_IGNORE, DT_WORDPRESS_PASS };

struct dt_wordpress_source {
    struct dt_slice text;
    uint8_t query; /* enum dt_wordpress_query */
    bool nocase, noslash, regex;
};

/* Reads one redirect and adds its rule; conditions of options are there already. at is what errors
 * about source and target point to; host may be empty. False after an error. */
bool dt_wordpress_add(struct dt_reader *reader, const struct dt_wordpress_source *source,
                      struct dt_slice target, const struct dt_options *options, uint32_t line);

/* ---- Writing ---- */

struct dt_wordpress_row {
    struct dt_wordpress_source source;
    struct dt_slice target; /* empty: none */
    unsigned status;
    const struct dt_condition *condition; /* what the JSON asks for besides; NULL: nothing */
    struct dt_slice server;               /* "http://host", "https://host"; empty: any */
};

/* The rule as a row; what cannot be said is told. flags: rows of JSON say what is ignored, those of
 * CSV cannot. Texts are in the writer's arena. */
void dt_wordpress_row(struct dt_write *write, const struct dt_rule *rule, bool flags,
                      struct dt_wordpress_row *ret);

#endif
