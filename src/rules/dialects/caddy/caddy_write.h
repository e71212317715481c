/* SPDX-License-Identifier: MIT
 *
 * The writing of a Caddyfile, for the files that share the work. A rule is first put into Caddy's
 * words, whatever site it will stand in (caddy_write_rule.c); then every site takes the rules that
 * are for it (caddy_write_site.c).
 *
 * Most rules are lines of a `map`, for one map and one redir are what a person would write for a
 * hundred redirects. What a map asks for is one of three placeholders:
 *
 *   {path}      the decoded path: for paths that are written out
 *   {raw_path}  the path as it was sent, so that what is captured may be sent on as it is. Caddy
 *               has none, so a map of its own makes it from {uri}
 *   {uri}       path and query: for rules with query conditions
 *
 * All else is a matcher and a redir of its own.
 */
#ifndef DT_RULES_CADDY_WRITE_H
#define DT_RULES_CADDY_WRITE_H

#include "rules/write/write.h"

enum dt_caddy_form {
    DT_CADDY_EXACT,   /* lines of a map of {path} */
    DT_CADDY_PATTERN, /* an expression in a map of {raw_path} */
    DT_CADDY_URI,     /* an expression in a map of {uri} */
    DT_CADDY_SINGLE,  /* a matcher, or every path */
};

/* What follows a target. */
enum dt_caddy_tail { DT_CADDY_NO_TAIL, DT_CADDY_QUERY, DT_CADDY_MORE };

/* A rule in Caddy's words; texts are in the writer's arena. */
struct dt_caddy_line {
    const struct dt_rule *rule;
    const struct dt_action *action;
    struct dt_slice lead;    /* comment lines, "# ..." */
    struct dt_slice input;   /* of a map: a path, or an expression */
    struct dt_slice second;  /* of an EXACT: another path; empty: none */
    struct dt_slice target;  /* empty: none */
    struct dt_slice matcher; /* of a SINGLE: lines; empty: every request */
    struct dt_slice begins;  /* what every path that it matches begins with */
    uint8_t form;            /* enum dt_caddy_form */
    uint8_t tail;            /* enum dt_caddy_tail */
    bool raw;                /* {raw_path} is asked for */
    bool whole;              /* it is all of the path, give or take case and a final slash */
};

/* Puts the rule into words, between dt_write_begin and dt_write_go; says what cannot be. */
void dt_caddy_line(struct dt_write *write, const struct dt_rule *rule, struct dt_caddy_line *ret);

/* ---- caddy_write_match.c ---- */

/* A matcher while it is written. */
struct dt_caddy_matcher {
    struct dt_write *write;
    struct dt_buf out;
    unsigned expressions; /* vars_regexp that were written */
    uint32_t fields;      /* header fields that were asked for, by a hash of the name */
};

/* A line "vars_regexp NAME {WHAT} EXPRESSION". Caddy takes several as alternatives: each but the
 * first is written as the opposite of its opposite. */
void dt_caddy_expression(struct dt_caddy_matcher *matcher, const char *name, const char *what,
                         struct dt_slice expression);

/* The rule's conditions, and its host when that is a pattern. */
void dt_caddy_conditions(struct dt_caddy_matcher *matcher, const struct dt_rule *rule);
bool dt_caddy_asks_host(const struct dt_rule *rule);

/* ---- caddy_write_query.c ---- */

/* The expression for one query condition, without what stands around it: its value is a group when
 * the rule captures it. */
void dt_caddy_param(const struct dt_rule *rule, unsigned at, struct dt_buf *out);
unsigned dt_caddy_param_count(const struct dt_rule *rule);

/* The whole query, behind "?" in an expression for {uri}. False: there are too many parameters. */
bool dt_caddy_uri_query(const struct dt_rule *rule, struct dt_buf *out);

/* Lines of a matcher for the query. */
void dt_caddy_query_lines(struct dt_caddy_matcher *matcher, const struct dt_rule *rule);

/* ---- caddy_write_text.c ---- */

/* What a buffer holds, in the arena; releases it. */
struct dt_slice dt_caddy_kept(struct dt_write *write, struct dt_buf *buf);

/* A token of a Caddyfile, in quotes when it needs them. */
void dt_caddy_token(struct dt_buf *out, struct dt_slice text);

/* An expression of the rule's own in RE2's words; false when RE2 has none for it. */
bool dt_caddy_re2(struct dt_slice expression, struct dt_buf *out);

/* ---- caddy_write_site.c ---- */

/* Writes the sites of all lines, which stand best first. */
void dt_caddy_sites(struct dt_write *write, const struct dt_caddy_line *lines, size_t count);

#endif
