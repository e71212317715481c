/* SPDX-License-Identifier: MIT
 *
 * Apache's patterns. Apache asks PCRE as we do, but about the decoded path, and in a .htaccess
 * without its first slash: so a pattern is written anew for the normal form.
 */
#ifndef DT_RULES_APACHE_REGEX_H
#define DT_RULES_APACHE_REGEX_H

#include "rules/dialects/apache/apache.h"

/* A pattern that every path matches, as many do: what $1 of it is. */
enum dt_apache_all {
    DT_APACHE_NOT_ALL,
    DT_APACHE_ALL,      /* no group */
    DT_APACHE_ALL_REST, /* the path without its first slash */
    DT_APACHE_ALL_PATH, /* the path */
};

enum dt_apache_all dt_apache_all(struct dt_slice pattern, bool directory);

enum dt_apache_form {
    DT_APACHE_DIRECTORY = 1, /* of a .htaccess */
    DT_APACHE_NEGATED = 2,   /* for all paths that do not match it */
    DT_APACHE_GROUPED = 8,   /* of a .htaccess: a group around what is matched */
    DT_APACHE_IN_URL = 4,    /* to stand in an expression for URLs: it begins with "^/" */
};

/* Writes the pattern as an expression for paths; form: enum dt_apache_form. False, with an error,
 * when it cannot be. */
bool dt_apache_regex(struct dt_apache *apache, struct dt_slice pattern, unsigned form,
                     struct dt_buf *out);

/* The same for a pattern about something that has no normal form to be brought to; dot is what "."
 * stands for. */
bool dt_apache_regex_part(struct dt_apache *apache, struct dt_slice pattern, const char *dot,
                          struct dt_buf *out);

/* Has it a "|" outside of groups? */
bool dt_apache_choice(struct dt_slice pattern);

/* How many groups capture. */
unsigned dt_apache_groups(struct dt_slice pattern);

#endif
