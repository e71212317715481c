/* SPDX-License-Identifier: MIT
 *
 * The reading of one HAProxy configuration, for the files that share the work: words, expressions,
 * tests, maps, and the rules that come of them.
 */
#ifndef DT_RULES_HAPROXY_H
#define DT_RULES_HAPROXY_H

#include "base/buf.h"
#include "rules/dialects/haproxy/haproxy_form.h"
#include "rules/read/reader.h"

#define DT_HAPROXY_WORDS 256u  /* of a line */
#define DT_HAPROXY_CALLS 40u   /* of an expression: the fetch and its converters */
#define DT_HAPROXY_ARGS 3u     /* of one of them */
#define DT_HAPROXY_TESTS 24u   /* that must all hold */
#define DT_HAPROXY_CHOICES 64u /* of which one must */

/* ---- Words (haproxy_words.c) ---- */

struct dt_haproxy_words {
    struct dt_slice list[DT_HAPROXY_WORDS]; /* without quotes and backslashes */
    unsigned count;
};

struct dt_haproxy_call {
    struct dt_slice name;
    struct dt_slice args[DT_HAPROXY_ARGS];
    unsigned nargs;
};

struct dt_haproxy_expression {
    struct dt_slice text;
    struct dt_haproxy_call calls[DT_HAPROXY_CALLS];
    unsigned count;
};

/* ---- Values (haproxy_value.c) ---- */

enum dt_haproxy_subject {
    DT_HAPROXY_NOTHING,
    DT_HAPROXY_IS_PATH,
    DT_HAPROXY_IS_HOST,
    DT_HAPROXY_IS_BASE,  /* host and path */
    DT_HAPROXY_IS_BASEQ, /* host, path, "?" and the query, with "?" also without one */
    DT_HAPROXY_IS_PATHQ, /* the same without the host */
    DT_HAPROXY_IS_URI,   /* path, and "?" and the query when there is one */
    DT_HAPROXY_IS_QUERY,
    DT_HAPROXY_IS_TAIL, /* "?" and the query, or nothing */
    DT_HAPROXY_IS_PARAM,
    DT_HAPROXY_IS_FIELD,
    DT_HAPROXY_IS_COOKIE,
    DT_HAPROXY_IS_METHOD,
    DT_HAPROXY_IS_SSL,
    DT_HAPROXY_IS_SCHEME,
    DT_HAPROXY_IS_PORT,
    DT_HAPROXY_IS_SRC,
    DT_HAPROXY_IS_DATE,
    DT_HAPROXY_IS_URL,
    DT_HAPROXY_IS_REL_URL, /* the URL from "//" on */
    DT_HAPROXY_IS_TEXT,    /* name */
    DT_HAPROXY_IS_TRUE,
    DT_HAPROXY_IS_FALSE,
    DT_HAPROXY_IS_VARIABLE, /* name: one that holds a map's value, or a format */
};

enum dt_haproxy_how {
    DT_HAPROXY_STR,
    DT_HAPROXY_BEG,
    DT_HAPROXY_END,
    DT_HAPROXY_SUB,
    DT_HAPROXY_DIR,
    DT_HAPROXY_DOM,
    DT_HAPROXY_REG,
    DT_HAPROXY_REGM, /* of a map: the value has \1 to \9 */
    DT_HAPROXY_FOUND,
    DT_HAPROXY_NUMBER,
    DT_HAPROXY_ADDRESS,
    DT_HAPROXY_YES, /* a boolean */
};

struct dt_haproxy_map;

struct dt_haproxy_value {
    uint8_t subject;
    bool lower;   /* in lower case */
    bool noslash; /* without a final slash */
    bool folder;  /* with a "/" behind it */
    bool dotted;  /* of a host: with a dot before it */
    bool guard;
    bool before_hash, from_hash; /* of a map's value */
    bool below;                  /* likewise: "folder target", with what is below */
    bool less_dot;
    struct dt_slice name;
    struct dt_slice regex, with; /* of regsub; empty: none */
    bool regex_nocase;
    struct dt_slice keep, less, less_too; /* of a query: alternatives of names */
    const struct dt_haproxy_map *map;     /* what it is looked up in */
    uint8_t how;                          /* of the map */
    bool has_default;
    struct dt_slice otherwise;
};

/* ---- Conditions (haproxy_acl.c) ---- */

struct dt_haproxy_test {
    struct dt_haproxy_value value;
    uint8_t how;
    bool nocase, negated;
    uint32_t count;
    struct dt_slice *patterns;
    uint32_t line;
};

struct dt_haproxy_all { /* must all hold */
    const struct dt_haproxy_test *list[DT_HAPROXY_TESTS];
    unsigned count;
};

struct dt_haproxy_cond { /* of which one must; one that is kept is only as long as it has to be */
    unsigned count;
    struct dt_haproxy_all list[DT_HAPROXY_CHOICES];
};

/* Read when it is asked for, so that tests of other lines may be about anything. */
struct dt_haproxy_acl {
    struct dt_slice name;
    struct dt_haproxy_words words;
    uint32_t line;
    bool tried;
    const struct dt_haproxy_test *test;
    struct dt_haproxy_acl *next; /* the one defined before */
};

/* ---- Maps (haproxy_map.c) ---- */

struct dt_haproxy_entry {
    struct dt_slice key, value;
    uint32_t line;
};

struct dt_haproxy_map {
    struct dt_slice name;
    uint32_t file;
    uint32_t count;
    struct dt_haproxy_entry *entries;
    struct dt_haproxy_map *next;
};

/* ---- Variables ---- */

/* What a variable may hold: the first alternative whose condition holds, and that is found. */
struct dt_haproxy_held {
    struct dt_haproxy_value value;
    struct dt_slice format; /* of set-var-fmt; empty: value */
    const struct dt_haproxy_cond *cond;
    struct dt_haproxy_held *next;
};

struct dt_haproxy_var {
    struct dt_slice name;
    struct dt_haproxy_held *held;
    struct dt_haproxy_var *next;
};

/* ---- Answers ---- */

/* What a line answers. */
struct dt_haproxy_answer {
    uint16_t status;
    uint8_t query; /* enum dt_query_mode */
    bool location; /* it redirects */
    bool append_slash;
    bool ignore_empty;       /* a Location that is empty is none */
    struct dt_slice format;  /* of the Location */
    struct dt_slice options; /* cache=, retry-after=, set-header= */
};

struct dt_haproxy_rules {
    struct dt_rule *list;
    size_t count, cap;
};

struct dt_haproxy_passed { /* a kind of line that is passed over */
    struct dt_slice name;
    uint32_t line;
    unsigned count;
    struct dt_haproxy_passed *next;
};

#define DT_HAPROXY_PORTS 16u

struct dt_haproxy {
    struct dt_reader *reader;
    struct dt_haproxy_acl *acls; /* of the section */
    struct dt_haproxy_var *vars;
    struct dt_haproxy_map *maps;
    struct dt_haproxy_passed *passed;
    struct dt_haproxy_rules rules; /* of the section */
    struct dt_haproxy_rules late;  /* of "redirect", which come behind http-request */
    bool into_late;
    uint8_t section;
    uint32_t last_line;
    uint32_t changed_line; /* of a line that changes what later ones ask */
    uint16_t ports[DT_HAPROXY_PORTS];
    unsigned port_count;
    unsigned frontends; /* in the file */

    /* Used again for each line. */
    struct dt_haproxy_expression expression;
    struct dt_haproxy_cond cond;               /* the line's */
    struct dt_haproxy_cond all, term, product; /* while it is read */
    char argument[DT_LIMIT_LINE + 1];
};

/* ---- haproxy_words.c ---- */

/* Lines, cut into words; false at the end. */
bool dt_haproxy_line(struct dt_haproxy *haproxy, struct dt_haproxy_words *ret);
/* "path,regsub(...)" from *at on; *at moves behind it (to "]" or a blank). */
bool dt_haproxy_parse(struct dt_haproxy *haproxy, struct dt_slice text, size_t *at,
                      struct dt_haproxy_expression *ret);
void dt_haproxy_go_to(struct dt_haproxy *haproxy, uint32_t file, uint32_t line);
/* What a buffer has, in the set's arena; releases it. */
bool dt_haproxy_keep(struct dt_haproxy *haproxy, struct dt_buf *buf, struct dt_slice *ret);
bool dt_haproxy_refuse(struct dt_haproxy *haproxy, struct dt_slice at, const char *name,
                       const char *why);

/* ---- haproxy_value.c ---- */

bool dt_haproxy_value(struct dt_haproxy *haproxy, const struct dt_haproxy_expression *expression,
                      struct dt_haproxy_value *ret);
bool dt_haproxy_value_of(struct dt_haproxy *haproxy, struct dt_slice text,
                         struct dt_haproxy_value *ret);
struct dt_haproxy_var *dt_haproxy_var(struct dt_haproxy *haproxy, struct dt_slice name);
/* set-var(name) words... */
void dt_haproxy_set_var(struct dt_haproxy *haproxy, struct dt_slice call,
                        const struct dt_haproxy_words *words, unsigned at);

/* ---- haproxy_acl.c ---- */

bool dt_haproxy_acl(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words);
/* From words[at] on: nothing, or if/unless and its condition. */
bool dt_haproxy_cond(struct dt_haproxy *haproxy, const struct dt_haproxy_words *words, unsigned at,
                     struct dt_haproxy_cond *ret);

/* ---- haproxy_map.c ---- */

const struct dt_haproxy_map *dt_haproxy_map(struct dt_haproxy *haproxy, struct dt_slice at,
                                            struct dt_slice name, bool values);

/* ---- haproxy_rule.c ---- */

/* All rules of a line that answers. */
void dt_haproxy_answer(struct dt_haproxy *haproxy, const struct dt_haproxy_answer *answer,
                       const struct dt_haproxy_cond *cond);

/* ---- haproxy_want.c ---- */

#define DT_HAPROXY_REGEXES 24u
#define DT_HAPROXY_OPTIONS 32u
#define DT_HAPROXY_PARAMS 16u

struct dt_haproxy_regex {
    struct dt_slice text; /* about the path in normal form */
    bool nocase, negated;
};

/* What a rule's source and conditions have to be. */
struct dt_haproxy_wants {
    struct dt_slice host; /* as behind "//"; empty: any */
    unsigned scheme, port;
    struct dt_slice exact, folder; /* paths as written; ptr NULL: not asked for */
    bool nocase, noslash;
    struct dt_haproxy_regex regexes[DT_HAPROXY_REGEXES];
    unsigned regex_count;
    struct dt_slice url; /* an expression for the URL */
    bool url_nocase;
    struct dt_slice params[DT_HAPROXY_PARAMS]; /* "name=value", or "name" for any value */
    unsigned param_count;
    bool whole_query; /* and no others */
    struct dt_slice options[DT_HAPROXY_OPTIONS];
    unsigned option_count;
};

enum dt_haproxy_outcome { DT_HAPROXY_FINE, DT_HAPROXY_NEVER, DT_HAPROXY_ERROR };

/* Adds what one test asks for; pattern: which of those of a test that is one rule a pattern. */
enum dt_haproxy_outcome dt_haproxy_want(struct dt_haproxy *haproxy,
                                        const struct dt_haproxy_test *test, uint32_t pattern,
                                        struct dt_haproxy_wants *wants);
/* Is a test one rule for each of its patterns? */
bool dt_haproxy_is_choice(const struct dt_haproxy_test *test);

/* ---- haproxy_make.c ---- */

enum { DT_HAPROXY_PIECES = 32 };

/* A Location taken apart. */
struct dt_haproxy_pieces {
    struct {
        struct dt_slice text; /* when value is nothing */
        struct dt_haproxy_value value;
    } list[DT_HAPROXY_PIECES];
    unsigned count;
};

/* One rule. entry: what the map of a piece has; NULL: there is none. */
bool dt_haproxy_make(struct dt_haproxy *haproxy, const struct dt_haproxy_answer *answer,
                     const struct dt_haproxy_pieces *pieces, const struct dt_haproxy_wants *wants,
                     const struct dt_haproxy_value *lookup, const struct dt_haproxy_entry *entry);

/* ---- haproxy_target.c ---- */

struct dt_haproxy_target {
    struct dt_slice text; /* of the native language, or a literal */
    bool captures;
    uint8_t query; /* enum dt_query_mode */
    struct dt_slice names;
    struct dt_slice regex; /* the source has to be this, for its groups; empty: as it is */
    bool regex_nocase;
    bool replaces; /* with regsub: where it does not match, the path goes as it is */
    bool rest;     /* and what is left may be nothing: the target up to there */
    size_t before; /* length of the text that is then sent */
    bool params[DT_HAPROXY_PARAMS]; /* captured as "p0" and so on */
};

bool dt_haproxy_target(struct dt_haproxy *haproxy, const struct dt_haproxy_pieces *pieces,
                       const struct dt_haproxy_wants *wants, const struct dt_haproxy_value *lookup,
                       const struct dt_haproxy_entry *entry, struct dt_haproxy_target *ret);

#endif
