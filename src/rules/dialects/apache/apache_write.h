/* SPDX-License-Identifier: MIT
 *
 * The writing of a file of Apache's directives (httpd 2.4), for the files that share the work.
 */
#ifndef DT_RULES_APACHE_WRITE_H
#define DT_RULES_APACHE_WRITE_H

#include "rules/write/write.h"

#define DT_APACHE_MAP_LEAST 20u /* rules that make a map worth its while */
#define DT_APACHE_FIELDS 256u   /* sets of header fields, for one file */

struct dt_apache_maps;

struct dt_apache_write {
    struct dt_write *write;
    bool directory; /* a .htaccess */
    bool escape;    /* the map int:escape is used */
    bool lower;     /* the map int:tolower is used */
    bool apart;     /* the last rule has conditions */
    struct dt_buf body;
    struct dt_apache_maps *maps;                  /* NULL: none may be used */
    struct dt_slice field_sets[DT_APACHE_FIELDS]; /* "Header ..." lines, less the variable */
    size_t field_set_count;
};

/* One RewriteRule, with its conditions. */
struct dt_apache_line {
    struct dt_buf conds; /* lines, each with its end; those whose groups are asked for last */
    struct dt_buf last;  /* a condition that captures */
    struct dt_buf pattern;
    struct dt_buf target;
    unsigned env;      /* which set of fields; 0: none */
    char groups;       /* whose groups %1 are: 'h'ost, 'q'uery, 'u'ri; 0: nobody's yet */
    bool raw;          /* NE */
    bool back;         /* B */
    bool append, drop; /* QSA, QSD */
    bool again;        /* a target with a fragment: a second rule, for requests with a query */
};

/* ---- apache_write_text.c ---- */

/* A word of a directive: in quotes when it needs some. */
void dt_apache_put_word(struct dt_buf *out, struct dt_slice text);

/* The same for mod_rewrite, whose words end at the quote that they begin with, backslash or not: a
 * pattern that has both kinds has one of them by its number. */
void dt_apache_put_raw_word(struct dt_buf *out, struct dt_slice text);

/* Text that means itself in a substitution. */
void dt_apache_put_literal(struct dt_buf *out, struct dt_slice text);

/* "RewriteCond TEST PATTERN [FLAGS]" as a line; flags may be empty. */
void dt_apache_put_cond(struct dt_buf *out, const char *test, struct dt_slice pattern,
                        const char *flags);

/* Would ap_escape_uri change a byte of it? */
bool dt_apache_is_odd(struct dt_slice text);

/* ---- apache_write_cond.c ---- */

/* What a rule asks besides its path, as conditions. What cannot be said is said of the rule. */
void dt_apache_put_source(struct dt_apache_write *apache, const struct dt_rule *rule,
                          struct dt_apache_line *line);
/* Scheme, port and host. */
void dt_apache_put_host(struct dt_apache_write *apache, const struct dt_rule *rule,
                        struct dt_apache_line *line);
void dt_apache_put_conditions(struct dt_apache_write *apache, const struct dt_rule *rule,
                              struct dt_apache_line *line);

/* ---- apache_write_target.c ---- */

/* The substitution, and the flags that it needs. */
void dt_apache_put_target(struct dt_apache_write *apache, const struct dt_rule *rule,
                          struct dt_apache_line *line);

/* ---- apache_write_rule.c ---- */

/* A rule as RewriteCond and RewriteRule, at the end of the body. */
void dt_apache_write_rule(struct dt_apache_write *apache, const struct dt_rule *rule);

/* The number of the set of header fields that the action sends besides: 0: none; more than
 * DT_APACHE_FIELDS: there is no room for it. */
unsigned dt_apache_env(struct dt_apache_write *apache, const struct dt_action *action);
/* The same for the rule that is being written: what cannot be said is told. */
unsigned dt_apache_fields_of(struct dt_apache_write *apache, const struct dt_action *action);

/* ",E=...", or nothing. */
void dt_apache_put_env(unsigned env, struct dt_buf *out);

/* ---- apache_write_alias.c ---- */

/* Can all rules be said with Redirect and RedirectMatch, which never look at more than the path? */
bool dt_apache_all_alias(struct dt_write *write);
void dt_apache_write_alias(struct dt_apache_write *apache);

/* ---- apache_write_map.c ---- */

/* Counts what could stand in maps. False: no memory. */
bool dt_apache_maps_begin(struct dt_apache_write *apache);
/* Writes the rule as a row of a map, if it can be one and comes out in its order there. */
bool dt_apache_maps_take(struct dt_apache_write *apache, uint32_t number);
/* The rule was written into the body. */
void dt_apache_maps_note(struct dt_apache_write *apache, const struct dt_rule *rule);
/* The lines that name the maps. */
void dt_apache_maps_head(const struct dt_apache_write *apache, struct dt_buf *out);
void dt_apache_maps_free(struct dt_apache_write *apache);

#endif
