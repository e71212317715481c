/* SPDX-License-Identifier: MIT
 *
 * The reading of nginx's configuration, for the files that share the work.
 *
 * What nginx does with a request is followed as a tree of decisions: each `if`, location and row of
 * a map narrows down which requests are meant (struct dt_nginx_want), and where a redirect is
 * reached, what has been gathered becomes rules. They are added in the order in which nginx would
 * decide, and the first that matches wins.
 */
#ifndef DT_RULES_NGINX_H
#define DT_RULES_NGINX_H

#include "base/buf.h"
#include "rules/dialects/apache/apache.h"
#include "rules/dialects/apache/apache_literal.h"
#include "rules/dialects/nginx/nginx_lex.h"

#define DT_NGINX_PARTS 24u   /* of one text with variables */
#define DT_NGINX_PATHS 6u    /* expressions about the path, of one rule */
#define DT_NGINX_OPTIONS 12u /* conditions of one rule */
#define DT_NGINX_ALTS 32u    /* alternatives of one test */
#define DT_NGINX_DEPTH 64u   /* decisions inside of decisions */
#define DT_NGINX_RULES 8000000u

/* ---- nginx_var.c: texts with variables ---- */

enum dt_nginx_kind {
    DT_NGINX_TEXT,        /* text */
    DT_NGINX_URI,         /* $uri: decoded */
    DT_NGINX_REQUEST_URI, /* as sent, with the query */
    DT_NGINX_ARGS,
    DT_NGINX_IS_ARGS,
    DT_NGINX_HOST,
    DT_NGINX_HTTP_HOST, /* with the port */
    DT_NGINX_SERVER_NAME,
    DT_NGINX_SCHEME,
    DT_NGINX_HTTPS,
    DT_NGINX_METHOD,
    DT_NGINX_HEADER, /* text: its name, lower-case with "-" */
    DT_NGINX_COOKIE, /* text: its name */
    DT_NGINX_ARG,    /* text: its name */
    DT_NGINX_ADDRESS,
    DT_NGINX_PORT,
    DT_NGINX_GROUP, /* number */
    DT_NGINX_NAME,  /* text: of a named group */
    DT_NGINX_TABLE, /* of a map or geo */
    /* What the maps that we write ourselves stand for (nginx_helper.h). */
    DT_NGINX_PATH,      /* in normal form */
    DT_NGINX_LOWER,     /* the same, when it has no capital */
    DT_NGINX_BARE,      /* without a final slash */
    DT_NGINX_REST_ARGS, /* "&" and what the query has besides these names: text */
    DT_NGINX_KEEP_ARGS, /* "?" and what the query has of these names: text */
    DT_NGINX_LEFT_ARGS, /* "?" and what the query has besides these names: text */
};

struct dt_nginx_table;

struct dt_nginx_part {
    enum dt_nginx_kind kind;
    unsigned number;
    struct dt_slice text;
    const struct dt_nginx_table *table;
};

struct dt_nginx_text {
    struct dt_nginx_part list[DT_NGINX_PARTS];
    unsigned count;
    const struct dt_nginx_word *word; /* where it stands */
};

/* A variable whose value is known: of a map's row, or by `set`. */
struct dt_nginx_bound {
    struct dt_slice name; /* without "$" */
    const struct dt_nginx_text *value;
    const struct dt_nginx_bound *next;
};

/* ---- nginx_table.c: map and geo ---- */

enum dt_nginx_row_kind { DT_NGINX_STRING, DT_NGINX_WILD, DT_NGINX_REGEX };

struct dt_nginx_row {
    struct dt_nginx_word key;
    const struct dt_nginx_word *value;
    uint8_t kind;
    bool nocase; /* of a REGEX */
};

struct dt_nginx_table {
    struct dt_slice name; /* without "$" */
    const struct dt_nginx_word *word;
    struct dt_nginx_word source;          /* what is looked up */
    const struct dt_nginx_word *standard; /* NULL: empty */
    struct dt_nginx_row *rows;
    size_t count, cap;
    bool geo, hostnames, sorted, broken;
    enum dt_nginx_kind helper; /* TEXT: none */
    struct dt_slice names;     /* of a helper */
    struct dt_nginx_table *next;
};

/* ---- nginx_want.c: which requests are meant ---- */

struct dt_nginx_host {
    struct dt_slice host; /* as dt_source_host reads it */
    bool below;           /* "*.host" */
};

struct dt_nginx_path {
    struct dt_slice text; /* an expression for paths in normal form */
    struct dt_slice written;
    uint8_t groups;
    bool nocase, negated;
    bool prefix; /* "^" and a location's name, which is `written` */
};

struct dt_nginx_want {
    const struct dt_nginx_host *hosts; /* any of these; none: every host */
    unsigned host_count;
    struct dt_slice host_regex; /* an expression for the host; empty: none */
    uint8_t host_groups;
    struct dt_nginx_path paths[DT_NGINX_PATHS];
    unsigned path_count;
    struct dt_slice exact; /* a path as URLs have it; empty: none */
    bool exact_nocase, exact_bare;
    struct dt_slice options[DT_NGINX_OPTIONS]; /* conditions as the native language has them */
    unsigned option_count;
    struct dt_slice params; /* "a=1&b", parameters that must be there; in normal form */
    bool params_nocase;
    bool only;                   /* and no others */
    struct dt_slice query_regex; /* an expression for the whole query */
    uint8_t query_groups;
    uint8_t scheme;
    uint16_t port;
    int latest; /* the expression that $1 is of: a number of paths, or one of these */
#define DT_NGINX_NO_GROUPS (-1)
#define DT_NGINX_OF_HOST (-2)
#define DT_NGINX_OF_QUERY (-3)
};

struct dt_nginx_alts {
    struct dt_nginx_want list[DT_NGINX_ALTS];
    unsigned count;
};

enum dt_nginx_how { DT_NGINX_EQUALS, DT_NGINX_MATCHES, DT_NGINX_TRUE };

struct dt_nginx_test {
    enum dt_nginx_how how;
    bool nocase, negated;
    struct dt_slice pattern;          /* a text, or an expression */
    const struct dt_nginx_word *word; /* for errors */
};

/* ---- The whole ---- */

struct dt_nginx_passed {
    struct dt_slice name;
    const struct dt_nginx_word *word;
    uint32_t count;
    struct dt_nginx_passed *next;
};

struct dt_nginx_server {
    const struct dt_nginx_dir *dir;
    const struct dt_nginx_dir *children;
    struct dt_nginx_host *hosts;
    unsigned host_count;
    struct dt_slice first_name;
    struct dt_slice regexes[8]; /* of server_name ~ */
    const struct dt_nginx_word *regex_words[8];
    unsigned regex_count;
    bool standard; /* of its listen */
    bool http, https;
    bool catch_all; /* no name at all, or "_" */
};

struct dt_nginx {
    struct dt_reader *reader;
    struct dt_apache *apache; /* what its expressions are rewritten with */
    struct dt_nginx_table *tables;
    struct dt_nginx_passed *passed;
    struct dt_nginx_server *servers;
    size_t server_count, server_cap;
    const struct dt_nginx_server *server; /* that is being followed */
    bool by_scheme;                       /* some servers listen with ssl, others without */
    const struct dt_nginx_dir *locations; /* of the server, for its last step */
    unsigned nesting;                     /* of values in values */
    size_t steps;                         /* that may still be followed: decisions multiply */
};

/* A text with variables; those that are bound are replaced. False after an error. */
bool dt_nginx_text(struct dt_nginx *nginx, const struct dt_nginx_word *word,
                   const struct dt_nginx_bound *bound, struct dt_nginx_text *ret);
/* Appends a text that was read. */
bool dt_nginx_append(struct dt_nginx *nginx, struct dt_nginx_text *to,
                     const struct dt_nginx_text *from);
/* Is it written out, without variables? It may be empty. */
bool dt_nginx_plain(const struct dt_nginx_text *text, struct dt_slice *ret);
/* The first part that is a table's variable; NULL. */
const struct dt_nginx_table *dt_nginx_wants_table(const struct dt_nginx_text *text);

bool dt_nginx_table_read(struct dt_nginx *nginx, const struct dt_nginx_dir *dir, bool geo);
const struct dt_nginx_table *dt_nginx_table_find(const struct dt_nginx *nginx,
                                                 struct dt_slice name);

/* Of the requests that are wanted those for which a variable is so; appends the alternatives.
 * False after an error. */
bool dt_nginx_test_part(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                        const struct dt_nginx_part *part, const struct dt_nginx_test *test,
                        struct dt_nginx_alts *ret);
/* The same for a row of a table. */
bool dt_nginx_test_row(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       const struct dt_nginx_table *table, const struct dt_nginx_row *row,
                       struct dt_nginx_alts *ret);
bool dt_nginx_test_text(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                        const struct dt_nginx_text *text, const struct dt_nginx_test *test,
                        struct dt_nginx_alts *ret);

/* Adds one expression about the decoded path, or an exact decoded path. False after an error;
 * *ret_never: no path is both. */
bool dt_nginx_want_regex(struct dt_nginx *nginx, struct dt_nginx_want *want,
                         const struct dt_nginx_test *test);
bool dt_nginx_want_exact(struct dt_nginx *nginx, struct dt_nginx_want *want, struct dt_slice path,
                         bool nocase, bool *ret_never);
bool dt_nginx_want_prefix(struct dt_nginx *nginx, struct dt_nginx_want *want,
                          const struct dt_nginx_word *word, struct dt_slice prefix,
                          bool *ret_never);

/* ---- For the files that read tests ---- */

/* One more alternative; NULL after an error: too many. */
struct dt_nginx_want *dt_nginx_add_alt(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                                       const struct dt_nginx_test *test, struct dt_nginx_alts *ret);
/* An error at the test; false. */
bool dt_nginx_refuse_test(struct dt_nginx *nginx, const struct dt_nginx_test *test,
                          const char *why);
bool dt_nginx_has_letter(struct dt_slice s);

/* [!]field:"a,b" as one condition; field is "header=Name" or "ua=". */
bool dt_nginx_add_option(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                         const struct dt_nginx_test *test, const char *field,
                         const struct dt_apache_texts *texts, struct dt_nginx_alts *ret);
/* In lower case, in copies. False: no memory. */
bool dt_nginx_lower(struct dt_nginx *nginx, struct dt_apache_texts *texts);

/* $host and its like; $args, $arg_name, $request_uri. */
bool dt_nginx_test_host(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                        const struct dt_nginx_test *test, struct dt_nginx_alts *ret);
bool dt_nginx_test_args(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                        const struct dt_nginx_test *test, struct dt_nginx_alts *ret);
bool dt_nginx_test_arg(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                       struct dt_slice name, const struct dt_nginx_test *test,
                       struct dt_nginx_alts *ret);
bool dt_nginx_test_request_uri(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                               const struct dt_nginx_test *given, struct dt_nginx_alts *ret);

/* ---- Rules ---- */

/* What is answered. */
struct dt_nginx_answer {
    unsigned status;                    /* 0: the request passes */
    const struct dt_nginx_text *target; /* NULL: none */
    bool append;                        /* rewrite: the query is put behind */
    const struct dt_nginx_word *word;
    struct dt_slice options; /* native: cache= and the like */
};

bool dt_nginx_make(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                   const struct dt_nginx_answer *answer);

/* Follows a server's directives. */
void dt_nginx_follow(struct dt_nginx *nginx, const struct dt_nginx_dir *dirs,
                     const struct dt_nginx_want *want);

/* A buffer's bytes in the arena; releases it. */
bool dt_nginx_keep(struct dt_nginx *nginx, struct dt_buf *buf, struct dt_slice *ret);
/* The path as a URL has it, of decoded bytes. */
bool dt_nginx_encode(struct dt_nginx *nginx, struct dt_slice path, struct dt_slice *ret);

#endif
