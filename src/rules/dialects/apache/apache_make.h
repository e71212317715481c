/* SPDX-License-Identifier: MIT
 *
 * A RewriteRule that was read, and how it becomes rules.
 */
#ifndef DT_RULES_APACHE_MAKE_H
#define DT_RULES_APACHE_MAKE_H

#include "rules/dialects/apache/apache_cond.h"
#include "rules/dialects/apache/apache_regex.h"

/* All conditions of one rule, an alternative of each. */
struct dt_apache_wants {
    struct dt_slice options[DT_APACHE_CONDS];
    struct dt_slice paths[DT_APACHE_CONDS];
    unsigned option_count, path_count;
    struct dt_slice params[DT_APACHE_CONDS];
    unsigned param_count;
    bool only; /* and no other parameters */
    struct dt_slice host, query, url_host, url_query;
    bool has_query; /* the whole query is said, which may be empty */
    unsigned scheme, port;
};

/* A row of a map: one page, in place of the pattern. */
struct dt_apache_page {
    struct dt_slice path; /* decoded, from its first slash on */
    struct dt_slice host; /* empty: any */
    struct dt_slice query;
    bool has_query; /* that is all of it */
    bool nocase, noslash;
    uint32_t file, line;
};

struct dt_apache_rewrite {
    const struct dt_apache_page *page; /* NULL: none */
    struct dt_slice pattern;           /* without "!" */
    struct dt_slice target; /* a substitution with its "?" at the end cut off; empty: none */
    uint16_t status;
    uint8_t query; /* enum dt_query_mode */
    bool negated, nocase, raw;
    unsigned cond_groups; /* of the last condition; its groups are %1 and so on */
};

/* Makes one rule, and lets it wait for the end of its scope. False after an error. */
bool dt_apache_make(struct dt_apache *apache, const struct dt_apache_rewrite *rewrite,
                    const struct dt_apache_wants *wants);

#endif
