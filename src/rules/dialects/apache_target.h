/* SPDX-License-Identifier: MIT
 *
 * Apache's targets, written anew as native ones.
 */
#ifndef DT_RULES_APACHE_TARGET_H
#define DT_RULES_APACHE_TARGET_H

#include "rules/dialects/apache_regex.h"

/* What the numbers in a target stand for. */
struct dt_apache_captures {
    enum dt_apache_all all; /* of a source that every path matches */
    unsigned path_first;    /* $N is group path_first + N of the expression */
    unsigned path_groups;   /* how many there are */
    unsigned cond_first;    /* %N is group cond_first + N */
    unsigned cond_groups;
    bool cond_known; /* these groups are in the expression */
};

/* Can a target have what $1 is for a source that every path matches? */
bool dt_apache_fits_all(struct dt_slice text, enum dt_apache_all all);

/* Appends text, of which every byte means itself. path: it is the path of a URL as decoded bytes,
 * and a "%" is a percent sign. */
void dt_apache_put(struct dt_buf *out, struct dt_slice text, bool path);

/* The target of RedirectMatch. */
void dt_apache_match_target(struct dt_slice text, const struct dt_apache_captures *captures,
                            struct dt_buf *out);

/* The substitution of RewriteRule; raw: NE. False after an error. */
bool dt_apache_substitution(struct dt_apache *apache, struct dt_slice text, bool raw,
                            const struct dt_apache_captures *captures, struct dt_buf *out);

#endif
