/* SPDX-License-Identifier: MIT
 *
 * A rule set: rules in order with set-wide options, as read from files in the native language or
 * in a dialect. What could not be read is a diagnostic with file, line, column and reason: nothing
 * is dropped without a word. No I/O here: a loader of the caller's brings the text.
 */
#ifndef DETOUR_RULESET_H
#define DETOUR_RULESET_H

#include <detour/condition.h>
#include <detour/err.h>
#include <detour/location.h>
#include <detour/slice.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dt_scheme { DT_SCHEME_ANY, DT_SCHEME_HTTP, DT_SCHEME_HTTPS };

enum dt_host_kind {
    DT_HOST_ANY,        /* /path */
    DT_HOST_EXACT,      /* //host/path */
    DT_HOST_SUBDOMAINS, /* "*.host": any depth below, not the host itself */
    DT_HOST_DOMAIN,     /* //.host: the host and all below */
    DT_HOST_LABELS,     /* //:a.:b.host: as many labels below as there are names */
};

enum dt_path_kind {
    DT_PATH_EXACT,
    DT_PATH_PREFIX,  /* dir/...: path "/dir" matches /dir, /dir/ and /dir/x; path "" matches all */
    DT_PATH_PATTERN, /* with :name segments, and perhaps a final slash and star */
    DT_PATH_GLOB,    /* a star that is not a final segment, perhaps :name segments too */
    DT_PATH_REGEX,   /* ~... */
};

/* In the path of a PATTERN or GLOB. */
#define DT_PATH_NAME '\x01' /* a whole segment: one of any content but none */
#define DT_PATH_STAR '\x02' /* any run of bytes; of a PATTERN: the last segment, as in dir/... */

/* A header field of a request. */
struct dt_field {
    struct dt_slice name;  /* as sent; compared without case */
    struct dt_slice value; /* without leading and trailing white space */
};

/* One query condition. */
struct dt_param {
    struct dt_slice name;  /* normalised; lower-case when the rule ignores case */
    struct dt_slice value; /* likewise; empty when any_value */
    bool any_value;        /* "c" without "=": the name must be there, whatever its value */
};

enum dt_rule_flag {
    DT_RULE_IGNORE_CASE =
        1, /* case=ignore: path and query, ASCII; path and params are lower-case */
    DT_RULE_IGNORE_SLASH = 2, /* slash=ignore: one final "/" ignored; path is stored without it */
    DT_RULE_EXACT_QUERY = 4,  /* params=only: the request has these parameters and no others */
    DT_RULE_OPEN = 8,         /* open=yes: a capture may choose the host */
    DT_RULE_MAINTENANCE = 16, /* comes before all rules that are not */
    DT_RULE_URL = 32,         /* of a REGEX: it is asked about the whole URL */
    DT_RULE_RELATIVE = 64,    /* of a REGEX with DT_RULE_URL: without the scheme, from "//" on */
};

/* The status "pass": the answer is the one for a request that no rule matches. */
#define DT_STATUS_PASS 0u

#define DT_RETRY_AFTER_NONE UINT32_MAX
#define DT_RETRY_AFTER_UNTIL                                                                       \
    (UINT32_MAX - 1) /* of an action: counted down to the rule's until=                            \
                      */

/* What is answered; interned, so that rules that answer alike share one. */
struct dt_action {
    uint16_t status;
    uint8_t query;             /* enum dt_query_mode */
    bool note;                 /* false: note=no, an empty body */
    uint32_t retry_after;      /* seconds, or DT_RETRY_AFTER_NONE or _UNTIL */
    struct dt_slice names;     /* of query=keep: and without: */
    struct dt_slice cache;     /* Cache-Control value; empty: none is sent */
    struct dt_slice note_text; /* the note's sentence, UTF-8; empty: the default */
    struct dt_slice owner;     /* for people; shown by explain */
    struct dt_slice fields;    /* of set-header=: whole lines, "Name: value\r\n" each */
    struct dt_slice page;      /* of page=: a template in HTML; see note.h. Empty: the note */
};

/* What few rules have. Captures are numbered: the labels of the host, the names in the path, the
 * star, then the query's; of a REGEX: its groups from 0 (all of the match) on, then the labels. */
struct dt_rule_more {
    uint8_t labels;   /* of DT_HOST_LABELS: how many */
    uint8_t names;    /* in the path */
    uint8_t captures; /* in all */
    uint8_t nqueries;
    const struct dt_slice *queries; /* parameter names, normalised as params are */
};

struct dt_rule {
    struct dt_slice host;   /* normalised, without wildcard; empty for DT_HOST_ANY */
    struct dt_slice path;   /* normalised as the flags say; a prefix without its final "/"; of a
                               REGEX: the expression, ASCII */
    struct dt_slice target; /* compiled: encoded, with DT_MARK_... for captures; empty: none */
    const struct dt_param *params;   /* sorted by name, then value; no duplicates */
    const struct dt_rule_more *more; /* NULL: no labels, no names, nothing captured but the star */
    uint32_t action;                 /* index for dt_ruleset_action */
    uint32_t conditions;             /* index for dt_ruleset_conditions; 0: none */
    int32_t priority;                /* higher wins; 0 by default */
    uint32_t file;                   /* index for dt_ruleset_file */
    uint32_t line;                   /* 1-based */
    uint16_t nparams;
    uint16_t port;     /* 0: any */
    uint8_t scheme;    /* enum dt_scheme */
    uint8_t host_kind; /* enum dt_host_kind */
    uint8_t path_kind; /* enum dt_path_kind */
    uint8_t flags;     /* enum dt_rule_flag */
};

/* @order. UNSET means specific, and lets a dialect ask for first. */
enum dt_order { DT_ORDER_UNSET, DT_ORDER_SPECIFIC, DT_ORDER_FIRST };

/* @expect [METHOD] URL [at=TIME] [header="Name: value"] [ip=ADDRESS] [country=XX] -> STATUS
 * [LOCATION] */
struct dt_expect {
    struct dt_slice method;   /* "GET" when not given */
    struct dt_slice url;      /* absolute, as written */
    struct dt_slice location; /* absolute, as written; empty when not given */
    uint16_t status;          /* 404 also when no rule is expected to match */
    uint32_t file, line, col;
    int64_t at; /* seconds since 1970; DT_TIME_MIN: the present */
    const struct dt_field *fields;
    size_t nfields;
    uint8_t address[16]; /* as dt_request's */
    bool has_address;
    struct dt_slice country;
};

enum dt_severity { DT_SEVERITY_ERROR, DT_SEVERITY_WARNING };

struct dt_diag {
    enum dt_severity severity;
    uint32_t file, line, col; /* 1-based line and col (bytes); 0: not known */
    uint32_t span;            /* bytes to underline, at least 1 */
    struct dt_slice text;     /* the line itself, without its end; may be empty */
    struct dt_slice message;  /* "a relative reference, did you mean http://www.example.ai/x" */
    const char *name;         /* stable, "target-relative"; for programs */
};

enum dt_format {
    DT_FORMAT_AUTO, /* by the file's name and beginning */
    DT_FORMAT_NATIVE,
    DT_FORMAT_GOVUK,           /* gov.uk transition CSV */
    DT_FORMAT_MDN,             /* MDN _redirects.txt, tab-separated */
    DT_FORMAT_NETLIFY,         /* Netlify _redirects */
    DT_FORMAT_FIREBASE,        /* firebase.json: hosting.redirects */
    DT_FORMAT_APACHE,          /* .htaccess, httpd.conf: mod_alias and mod_rewrite */
    DT_FORMAT_PAGES,           /* Cloudflare Pages _redirects */
    DT_FORMAT_CLOUDFLARE_BULK, /* Cloudflare Bulk Redirects CSV */
    DT_FORMAT_VERCEL,          /* vercel.json: redirects */
    DT_FORMAT_VERCEL_BULK,     /* Vercel bulk redirects CSV */
    DT_FORMAT_NGINX,           /* map, return, rewrite, server_name */
    DT_FORMAT_HAPROXY,         /* http-request redirect, and map files */
    DT_FORMAT_CADDY,           /* Caddyfile: redir, map */
    DT_FORMAT_WORDPRESS_CSV,   /* the plugin Redirection's export */
    DT_FORMAT_WORDPRESS_JSON,
    DT_FORMAT_OPENPUBLISHING, /* Microsoft .openpublishing.redirection.json */
};

/* "auto", "native", "govuk-csv" and so on; past the last: NULL. */
const char *dt_format_name(enum dt_format format);
/* For people: "Netlify _redirects"; NULL for AUTO and past the last. */
const char *dt_format_title(enum dt_format format);
/* Can a rule set be written in it (see convert.h)? */
bool dt_format_writes(enum dt_format format);
DT_MUST_USE enum dt_err dt_format_parse(struct dt_slice name, enum dt_format *ret);

/* Brings the text of a file for @include. name is relative to nothing: the reader has joined it to
 * the including file's folder already. The text must live until the rule set is freed.
 * DT_ERR_NOT_FOUND or DT_ERR_IO on failure. */
struct dt_loader {
    enum dt_err (*load)(void *ctx, struct dt_slice name, struct dt_slice *ret_text);
    void *ctx;
    /* The TZif file (RFC 9636) of an IANA time zone, likewise; NULL: tz= is an error. */
    enum dt_err (*zone)(void *ctx, struct dt_slice name, struct dt_slice *ret_bytes);
};

struct dt_ruleset;

/* loader may be NULL: @include is then an error at its line. NULL when memory is out. */
struct dt_ruleset *dt_ruleset_new(const struct dt_loader *loader);

/* Accepts NULL. */
void dt_ruleset_free(struct dt_ruleset *set);

/* Reads one file's text and appends its rules. name is for messages and for format recognition.
 * text must live as long as the set: rules point into it. DT_ERR_SYNTAX when there was at least one
 * error: the rules that could be read are in the set all the same, and every error is a diagnostic;
 * the caller decides whether to go on. DT_ERR_NOMEM leaves the set unusable but for freeing. */
DT_MUST_USE enum dt_err dt_ruleset_read(struct dt_ruleset *set, struct dt_slice name,
                                        struct dt_slice text, enum dt_format format);

size_t dt_ruleset_count(const struct dt_ruleset *set);
const struct dt_rule *dt_ruleset_rule(const struct dt_ruleset *set, size_t at);
size_t dt_ruleset_action_count(const struct dt_ruleset *set);
const struct dt_action *dt_ruleset_action(const struct dt_ruleset *set, size_t at);
/* Numbers 1 to count - 1; number 0 stands for no conditions. */
size_t dt_ruleset_conditions_count(const struct dt_ruleset *set);
const struct dt_conditions *dt_ruleset_conditions(const struct dt_ruleset *set, size_t at);
size_t dt_ruleset_file_count(const struct dt_ruleset *set);
struct dt_slice dt_ruleset_file(const struct dt_ruleset *set, size_t at);
/* The text of line `line` of file `file`, without its end; empty when there is none. */
struct dt_slice dt_ruleset_line(const struct dt_ruleset *set, uint32_t file, uint32_t line);
size_t dt_ruleset_diag_count(const struct dt_ruleset *set);
const struct dt_diag *dt_ruleset_diag(const struct dt_ruleset *set, size_t at);
size_t dt_ruleset_error_count(const struct dt_ruleset *set);
size_t dt_ruleset_expect_count(const struct dt_ruleset *set);
const struct dt_expect *dt_ruleset_expect(const struct dt_ruleset *set, size_t at);
enum dt_order dt_ruleset_order(const struct dt_ruleset *set);

#ifdef __cplusplus
}
#endif
#endif
