/* SPDX-License-Identifier: MIT
 *
 * A RewriteRule that looks its target up in a text map: as many rules as the map has rows.
 */
#ifndef DT_RULES_APACHE_LOOKUP_H
#define DT_RULES_APACHE_LOOKUP_H

#include "rules/dialects/apache/apache_make.h"

/* Which part of a row is the target. */
enum dt_apache_value {
    DT_APACHE_VALUE_ALL,   /* every row is */
    DT_APACHE_VALUE_QUERY, /* those with a query are: "%1?%2" */
    DT_APACHE_VALUE_NONE,  /* there is no target */
};

/* What a rule asks a map. */
struct dt_apache_lookup {
    const struct dt_apache_map *map;
    struct dt_slice key;      /* what stands for the key, without int:tolower */
    struct dt_slice fallback; /* behind "|"; empty: none */
    enum dt_apache_value value;
    bool nocase;
};

/* Is it a lookup, as a whole? */
bool dt_apache_is_lookup(struct dt_slice text);

/* "${map:key|fallback}". False after an error. */
bool dt_apache_lookup_read(struct dt_apache *apache, struct dt_slice text,
                           struct dt_apache_lookup *ret);

/* How the keys of a rule with this pattern are cut into pages. */
struct dt_apache_cut {
    struct dt_slice front; /* of the path, before what the key has of it */
    bool host, query, noslash;
    bool slash; /* the key itself begins with the path's slash */
};

/* False after an error: a key or a pattern of which it cannot be told which path it is for. */
bool dt_apache_cut_find(struct dt_apache *apache, const struct dt_apache_lookup *lookup,
                        struct dt_slice pattern, struct dt_apache_cut *ret);

/* The page that a row is for; false when no request asks for that row. */
bool dt_apache_cut_row(struct dt_apache *apache, const struct dt_apache_cut *cut,
                       const struct dt_apache_lookup *lookup, const struct dt_apache_row *row,
                       struct dt_apache_page *ret);

#endif
