/* SPDX-License-Identifier: MIT
 *
 * Apache's targets, written anew as native ones.
 */
#ifndef DT_RULES_APACHE_TARGET_H
#define DT_RULES_APACHE_TARGET_H

#include "rules/dialects/apache/apache_regex.h"

/* What the numbers in a target stand for. */
struct dt_apache_captures {
    enum dt_apache_all all; /* of a source that every path matches */
    unsigned path_first;    /* $N is group path_first + N of the expression; 0 is $0 as it is */
    unsigned path_groups;   /* how many there are */
    unsigned cond_first;    /* %N is group cond_first + N */
    unsigned cond_groups;
    bool lead;       /* of group `lead_group` the slash that it begins with was taken */
    bool lead_empty; /* and there is nothing else in it, nor the slash */
    unsigned lead_group;
    bool cond_known; /* these groups are in the expression */
};

/* The name of what a folder leaves over, in targets. */
#define DT_APACHE_REST "_"

/* Is there a group right behind the host, or at the very beginning, where it must begin with a
 * slash? */
bool dt_apache_edge(struct dt_slice text, unsigned *ret_group);

/* The patterns that mean the same with the slash of that group before it: one or two, the second of
 * them with an empty group. 0, with an error, when it cannot be told that it begins with one.
 * captures is for the first. */
unsigned dt_apache_leads(struct dt_apache *apache, struct dt_slice pattern, struct dt_slice target,
                         unsigned group, struct dt_slice ret[2],
                         struct dt_apache_captures *captures);

/* What is left of a target whose group is empty: nothing that could be sent. */
bool dt_apache_is_nothing(struct dt_slice target, const struct dt_apache_captures *captures);

/* Has it "$0", all that was matched? */
bool dt_apache_asks_all(struct dt_slice text);

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
