/* SPDX-License-Identifier: MIT
 *
 * The reading of a Caddyfile (Caddy 2.6), for the files that share the work:
 *
 *   caddy_lex.c    tokens
 *   caddy_tree.c   lines with their blocks, snippets and imports
 *   caddy_match.c  matchers
 *   caddy_map.c    maps, and what placeholders stand for
 *   caddy_walk.c   which directive answers before which
 *   caddy_make.c   conditions and an answer become rules
 *   caddy_path.c   what is asked of the path
 *   caddy_target.c targets
 */
#ifndef DT_RULES_CADDY_H
#define DT_RULES_CADDY_H

#include "base/buf.h"
#include "rules/read/reader.h"

#define DT_CADDY_DEPTH 16u /* imports in imports, blocks in blocks */
#define DT_CADDY_CONDS 64u /* of one directive, with those around it */
#define DT_CADDY_TOKENS (16u << 20)

struct dt_caddy_token {
    struct dt_slice text;
    uint32_t file, line, col, span;
    uint32_t row, last; /* as Caddy counts lines: those it begins and ends on */
    bool quoted;
};

/* A directive, a matcher, a site, an option: the tokens of a line, and the block behind them. */
struct dt_caddy_node {
    const struct dt_caddy_token *tokens;
    size_t count; /* 0: a block without anything before it */
    bool block;
    struct dt_caddy_node *children, *next;
};

struct dt_caddy_snippet {
    struct dt_slice name;
    const struct dt_caddy_token *tokens;
    size_t count;
    struct dt_caddy_snippet *next;
};

/* Directives that are passed over, by name. */
struct dt_caddy_passed {
    struct dt_slice name;
    const struct dt_caddy_token *at;
    uint32_t count;
    struct dt_caddy_passed *next;
};

struct dt_caddy {
    struct dt_reader *reader;
    struct dt_caddy_snippet *snippets;
    struct dt_caddy_passed *passed;
    unsigned imports; /* that are open */
    uint16_t http_port, https_port;
    bool auto_https;
    bool auto_told; /* the warning about it */
};

/* ---- Places ---- */

/* Makes the token's line the reader's; the token in it. */
struct dt_slice dt_caddy_at(struct dt_caddy *caddy, const struct dt_caddy_token *token);

#define DT_CADDY_REFUSE(caddy, token, ...)                                                         \
    DT_REFUSE((caddy)->reader, dt_caddy_at((caddy), (token)), __VA_ARGS__)

static inline bool dt_caddy_is_text(const struct dt_caddy_token *token, const char *text)
{
    return dt_slice_eq(token->text, dt_slice_str(text));
}

/* Does the directive have this name? */
static inline bool dt_caddy_named(const struct dt_caddy_node *node, const char *name)
{
    return node->count && dt_caddy_is_text(&node->tokens[0], name);
}

/* Memory in the set's arena, zeroed; NULL and the set's error when it is out. */
void *dt_caddy_new(struct dt_caddy *caddy, size_t size);
struct dt_slice dt_caddy_keep(struct dt_caddy *caddy, struct dt_buf *buf);

/* ---- caddy_lex.c ---- */

/* Cuts a file that was opened into tokens. False after an error. */
bool dt_caddy_lex(struct dt_caddy *caddy, uint32_t file, const struct dt_caddy_token **ret,
                  size_t *ret_count);

/* ---- caddy_tree.c ---- */

/* The file's sites, in their order, with all imports done. False after an error. */
bool dt_caddy_tree(struct dt_caddy *caddy, const struct dt_caddy_token *tokens, size_t count,
                   struct dt_caddy_node **ret);

/* ---- caddy_match.c ---- */

enum dt_caddy_cond_kind {
    DT_CADDY_PATH,       /* args: patterns */
    DT_CADDY_PATH_RE,    /* name, and one expression */
    DT_CADDY_METHOD,     /* args */
    DT_CADDY_HOST,       /* args */
    DT_CADDY_HEADER,     /* name, and args; none: it must not be there */
    DT_CADDY_HEADER_RE,  /* name, and one expression */
    DT_CADDY_PARAMS,     /* args: name=value, alternatives */
    DT_CADDY_PROTOCOL,   /* one */
    DT_CADDY_IP,         /* args */
    DT_CADDY_VARS,       /* name: a placeholder; args: values */
    DT_CADDY_VARS_RE,    /* group, name: a placeholder; one expression */
    DT_CADDY_EXACT_PATH, /* of a map: one path, decoded, case counts */
    DT_CADDY_PATH_MAP,   /* of a map: one expression for the decoded path */
    DT_CADDY_RAW_MAP,    /* for the path as it was sent */
    DT_CADDY_URI_MAP,    /* for path and query */
    DT_CADDY_EXACT_URI,  /* one path and query */
};

struct dt_caddy_cond {
    uint8_t kind; /* enum dt_caddy_cond_kind */
    bool negated;
    bool doubled; /* a `not not`: it stands alone */
    const struct dt_caddy_token *at;
    struct dt_slice group; /* the name that {re.NAME.1} asks for */
    struct dt_slice name;
    struct dt_slice *args;
    size_t count, cap;
    struct dt_slice prefix; /* that handle_path took off the path */
    struct dt_caddy_cond *next;
};

struct dt_caddy_matcher_def {
    struct dt_slice name; /* "@x" */
    struct dt_caddy_cond *conds;
    bool broken;
    struct dt_caddy_matcher_def *next;
};

struct dt_caddy_map;

/* What is known in a block. */
struct dt_caddy_scope {
    const struct dt_caddy_scope *outer;
    struct dt_caddy_matcher_def *matchers;
    struct dt_caddy_map *maps; /* in the order in which Caddy sees them */
};

/* Reads the matchers that a block defines. */
void dt_caddy_matchers(struct dt_caddy *caddy, const struct dt_caddy_node *nodes,
                       struct dt_caddy_scope *scope);

/* The matcher behind a directive's name, if there is one: *ret_args is where its arguments begin.
 * False after an error. */
bool dt_caddy_matcher(struct dt_caddy *caddy, const struct dt_caddy_scope *scope,
                      const struct dt_caddy_node *node, const struct dt_caddy_cond **ret,
                      size_t *ret_args);

/* ---- caddy_map.c ---- */

struct dt_caddy_row {
    const struct dt_caddy_token *tokens; /* input and outputs */
    size_t count;
    struct dt_caddy_row *next;
};

enum dt_caddy_special {
    DT_CADDY_NOT_SPECIAL,
    DT_CADDY_RAW_PATH, /* map {uri} {x} { ~^[^?]* $0 } */
    DT_CADDY_QS,       /* map {query} {x} { ~.+ ?$0 } */
};

struct dt_caddy_map {
    const struct dt_caddy_token *at;
    struct dt_slice source;
    const struct dt_caddy_token *dests;
    size_t ndests;
    struct dt_caddy_row *rows, *defaults;
    uint8_t special; /* enum dt_caddy_special */
    struct dt_caddy_map *next;
};

/* Reads a map into the scope. */
void dt_caddy_map(struct dt_caddy *caddy, const struct dt_caddy_node *node,
                  struct dt_caddy_scope *scope);

/* The map that a placeholder ("moved", without braces) comes from; NULL: none. */
const struct dt_caddy_map *dt_caddy_map_of(const struct dt_caddy_scope *scope, struct dt_slice name,
                                           size_t *ret_dest);

/* The long name of a placeholder, without braces: "http.request.uri.path" for "path". */
struct dt_slice dt_caddy_long(struct dt_slice name);

/* What stands behind "http.regexp." in a name, or behind its short form; empty: it does not begin
 * so. */
struct dt_slice dt_caddy_prefixed(struct dt_slice name, const char *long_prefix);

/* The next placeholder in text from `at` on: where it begins, and its name. False: none. */
bool dt_caddy_placeholder(struct dt_slice text, size_t at, size_t *ret_at, struct dt_slice *ret);

/* ---- caddy_walk.c ---- */

struct dt_caddy_when {
    const struct dt_caddy_scope *scope;
    const struct dt_caddy_cond *conds[DT_CADDY_CONDS];
    size_t count;
    struct dt_slice prefix;  /* that was taken off the path */
    struct dt_slice options; /* native options of `header` directives */
    /* The site. */
    struct dt_slice host; /* as the native language writes it; empty: any */
    uint16_t port;
    uint8_t scheme;
    bool wild; /* the host is *.host: one label */
};

/* All of a site's addresses. */
void dt_caddy_walk(struct dt_caddy *caddy, const struct dt_caddy_node *directives,
                   struct dt_caddy_when *when, bool last);

/* Names a directive in the one warning of its kind. */
void dt_caddy_pass_over(struct dt_caddy *caddy, const struct dt_caddy_token *token);

/* ---- caddy_make.c ---- */

struct dt_caddy_answer {
    const struct dt_caddy_token *at;
    const struct dt_caddy_token *to; /* NULL: none */
    struct dt_slice code;            /* "301", a placeholder, or "pass" */
};

/* Adds the rules for an answer. */
void dt_caddy_make(struct dt_caddy *caddy, const struct dt_caddy_when *when,
                   const struct dt_caddy_answer *answer);

/* One rule of them: each condition is decided on. */
struct dt_caddy_rule {
    struct dt_caddy *caddy;
    const struct dt_caddy_when *when;
    const struct dt_caddy_answer *answer;
    const struct dt_caddy_cond *conds[DT_CADDY_CONDS + 1];
    size_t chosen[DT_CADDY_CONDS + 1]; /* which of its alternatives */
    size_t count;
    const struct dt_caddy_map *map; /* a row of one */
    const struct dt_caddy_row *row;

    struct dt_rule rule;
    struct dt_slice host; /* as the native language writes it; empty: any */
    unsigned labels;      /* of the host, from the left, that are captured: :h0 and on */
    uint8_t scheme;       /* enum dt_scheme */
    uint16_t port;
    struct dt_buf options;
    struct dt_buf query; /* a=1&b=:q0 */
    bool only;           /* params=only */
    bool nocase, slash;  /* case=ignore, slash=ignore */

    /* Of the path, for the target. */
    bool exact; /* path is all of it, decoded */
    struct dt_slice path;
    bool folder;    /* it is /dir/..., and group 1 its splat */
    bool regex;     /* it became an expression */
    unsigned first; /* $1 of its own expression is group first + 1 */
    unsigned groups;
    struct dt_slice group;      /* by which {re.NAME.1} asks for them */
    bool map_groups;            /* $1 of the map's output is a group */
    struct dt_slice host_group; /* {re.NAME.1} is label 0 */
    bool rest;                  /* group 1 is the path behind the prefix, without its slash */
    bool split;                 /* the next two are {dir}, without its first slash, and {file} */
    bool never;                 /* no request is like this */
};

#define DT_CADDY_RULE_REFUSE(made, ...)                                                            \
    DT_CADDY_REFUSE((made)->caddy, (made)->answer->at, __VA_ARGS__)

/* ---- caddy_cond.c ---- */

/* Conditions that are not about the path. False after an error. */
bool dt_caddy_conds(struct dt_caddy_rule *made);

/* ---- caddy_form.c: expressions that say what can be said plainly ---- */

/* Appends the bytes that the expression begins with, unquoted; returns how much of it that is. */
size_t dt_caddy_literal(struct dt_slice expression, struct dt_buf *out);

/* Cuts text off the beginning. */
bool dt_caddy_cut(struct dt_slice *expression, const char *text);

/* An expression as texts with stars, with commas between them; false when it is none. */
bool dt_caddy_globs(struct dt_slice expression, struct dt_buf *out);

/* One about the query, as native conditions. */
bool dt_caddy_query_form(struct dt_caddy_rule *made, struct dt_slice expression,
                         struct dt_slice group);

/* What follows the path in one about path and query: nothing, or conditions. */
bool dt_caddy_uri_form(struct dt_caddy_rule *made, struct dt_slice expression);

/* ---- caddy_path.c ---- */

/* Reads the path into rule->rule; false after an error, or when never. */
bool dt_caddy_path(struct dt_caddy_rule *rule);

/* ---- caddy_target.c ---- */

/* The native target; *ret_pass: the query is passed on. False after an error. */
bool dt_caddy_target(struct dt_caddy_rule *rule, struct dt_slice *ret, bool *ret_pass);

/* What a placeholder of the row's map stands for in it. False: nothing. */
bool dt_caddy_output(const struct dt_caddy_map *map, const struct dt_caddy_row *row, size_t dest,
                     struct dt_slice *ret);

#endif
