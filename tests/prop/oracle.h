/* SPDX-License-Identifier: MIT
 *
 * A second reading of the rule language: rules as plain structures, matched one
 * after another, with strings compared where the engine hashes. It shares no
 * code with the library and is written from the language's definition
 * (docs/rules.md), for clarity only.
 */
#ifndef DT_TEST_ORACLE_H
#define DT_TEST_ORACLE_H

#include "prop_text.h"

#include <stdint.h>

#define RULES_MAX 40
#define MAX_PARAMS 8
#define MAX_CONDS 6
#define MAX_VALUES 3
#define MAX_HEADERS 12
#define MAX_CAPTURES 20
#define NEVER INT64_MAX
#define STATUS_PASS 0
#define NO_RETRY_AFTER (-1)
#define RETRY_AFTER_UNTIL (-2)

/* ---- Rules ---- */

enum scheme { ANY_SCHEME, HTTP, HTTPS };
enum host_form { ANY_HOST, EXACT_HOST, SUBDOMAINS, DOMAIN_AND_SUBDOMAINS, LABELS };
enum passing { PASS, DROP, KEEP, WITHOUT };
enum subject { ON_PATH, ON_URL, ON_URL_FROM_SLASHES };

struct pair {
    struct text name, value;
    bool has_value;      /* "=" was written */
    const char *capture; /* "?name=:capture": any value */
};

/* An expression of the pool; see pool_regex.c. */
struct regex {
    const char *written;
    const char *meaning; /* for PCRE2; NULL: what is written */
    enum subject subject;
    int groups;
    const char *name;       /* of the group that has one; NULL: none has */
    const char *samples[3]; /* paths that match it, in normal form */
};

/* A time zone with one change of its offset, or none; or Europe/Berlin. */
struct zone {
    const char *name;
    int before, after; /* seconds east of UTC */
    int64_t change;
    bool european;
};

/* In the order in which they are asked: what makes the fewest caches keep answers apart first. */
enum cond_kind {
    EXCEPT, /* paths and networks that are left alone */
    TIME,
    WINDOW,
    METHOD,
    HEADER,
    COOKIE,
    LANG,
    REFERER,
    UA,
    PERCENT, /* by address: behind IP */
    COUNTRY,
    IP,
    COND_KINDS
};

struct cond {
    enum cond_kind kind;
    bool negated;
    const char *name;               /* of a header or a cookie */
    const char *values[MAX_VALUES]; /* as written */
    int nvalues;
    const char *key;     /* of PERCENT: "header", "cookie"; NULL: the address */
    const char *days;    /* of WINDOW; NULL: all. values are the hours */
    int64_t from, until; /* of TIME; 0 and NEVER: none */
    char from_text[40], until_text[40];
};

struct rule {
    bool maintenance;
    enum scheme scheme;
    enum host_form host_form;
    struct text host; /* what is written out of it */
    int labels;       /* names before it: ":t." or ":t.:u." */
    int port;         /* 0: any */
    const struct regex *regex;
    bool star_case;   /* "~*": the regex's own way to say nocase */
    struct text path; /* as written, in normal form */
    struct pair params[MAX_PARAMS];
    int nparams;
    bool nocase, noslash, only;
    int priority;
    int status;
    struct text target; /* empty: none */
    bool open;
    enum passing passing;
    struct text names[2]; /* of keep and without; a final * is a wildcard */
    int nnames;
    struct cond conds[MAX_CONDS];
    int nconds;
    const struct zone *zone; /* of tz=; NULL: not written, UTC */
    int retry_after;         /* seconds, or one of the above */
    const char *cache;       /* as written; NULL: none */
    const char *set_header;  /* likewise */
    bool page;
    int line; /* in the world's text */
};

struct world {
    struct rule rules[RULES_MAX];
    int count;
    bool first;      /* @order first */
    const char *key; /* of @key; NULL: the default */
    char text[RULES_MAX * 1024];
};

/* ---- Requests ---- */

struct header {
    const char *name, *value;
};

struct request {
    const char *method;
    enum scheme scheme;
    struct text host;
    int port;
    struct text path; /* normal form */
    struct pair params[MAX_PARAMS];
    int nparams;
    struct text query; /* normal form, as it was written */
    struct header headers[MAX_HEADERS];
    int nheaders;
    const char *address; /* NULL: not known */
    int64_t now;         /* 0: not known */
    const char *country; /* "": not known */
    const char *country_field;
    char spelling[8 * TEXT]; /* the path as it is sent */
};

/* ---- What a source captured ---- */

enum origin { FROM_PATH, FROM_VALUE, FROM_QUERY, FROM_HOST };

struct capture {
    char name[8];
    char text[2 * TEXT];
    enum origin from;
};

struct captures {
    struct capture list[MAX_CAPTURES];
    int count;
};

void capture_add(struct captures *captures, const char *name, const char *s, size_t len,
                 enum origin from);
const struct capture *capture_find(const struct captures *captures, const char *name, size_t len);

/* ---- The parts of the oracle ---- */

/* oracle_path.c */
bool path_is_exact(const struct rule *rule);
bool path_matches(const struct rule *rule, const char *path, struct captures *captures);
/* Which path comes first: negative, 0 or positive. */
int path_order(const struct rule *a, const struct rule *b);

/* oracle_regex.c */
bool regex_matches(const struct rule *rule, const struct request *request,
                   struct captures *captures);

/* oracle_source.c: the URI, without conditions */
bool equal(const char *a, const char *b, bool nocase);
bool source_matches(const struct rule *rule, const struct request *request,
                    struct captures *captures);
bool source_same(const struct rule *a, const struct rule *b);
int source_params(const struct rule *rule); /* different ones */

/* oracle_rank.c */
bool rule_beats(const struct rule *a, const struct rule *b, bool order_first);

/* oracle_lang.c: number of the offer, or -1. */
int lang_choose(const struct request *request, const char *const *offers, int count);

/* oracle_time.c */
int64_t civil_days(int year, int month, int day);
void civil_of(int64_t seconds, int ret[6]); /* year, month, day, hour, minute, second */
int zone_offset(const struct zone *zone, int64_t at);
int64_t zone_instant(const struct zone *zone, int64_t local);
bool window_on(const struct cond *cond, const struct zone *zone, int64_t now);

/* oracle_cond.c */
#define MAX_LOOKED 16

/* What the choice of an answer depended on, besides the URI and the time. */
struct looked {
    const char *fields[MAX_LOOKED];
    int count;
    bool any; /* something that no field tells */
};

bool conds_hold(const struct world *world, const struct rule *rule, const struct request *request,
                struct looked *looked);
int conds_count(const struct rule *rule);
/* The moment of the rule's until=, or NEVER. */
int64_t conds_until(const struct rule *rule);
/* The path that a maintenance rule spares since it is its own target; false:
 * none. */
bool conds_own_path(const struct rule *rule, struct text *ret);

/* oracle_location.c */
#define LOCATION_MAX (24 * TEXT)

void location_build(const struct rule *rule, const struct request *request,
                    const struct captures *captures, char *ret, size_t cap);
/* False when what was captured would choose the host and is none. */
bool location_host_ok(const struct rule *rule, const struct request *request,
                      const struct captures *captures);

/* ---- The answer: oracle.c ---- */

struct answer {
    const struct rule *rule; /* NULL: none matches */
    char location[LOCATION_MAX];
    int64_t retry_after; /* NO_RETRY_AFTER: none */
    struct looked looked;
};

void oracle_answer(const struct world *world, const struct request *request, struct answer *ret);

/* All rules that match, best first; how many. */
int oracle_all(const struct world *world, const struct request *request,
               const struct rule *ret[RULES_MAX]);

#endif
