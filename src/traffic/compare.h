/* SPDX-License-Identifier: MIT
 *
 * Comparing what two rule sets do: both are asked the same requests, and what is answered otherwise
 * is put together by what changed and by the two rules that answered.
 *
 * Requests come from the rules themselves, of both sides: those that a rule is for (witness.h), and
 * some that just miss it; and from logs.
 */
#ifndef DT_TRAFFIC_COMPARE_H
#define DT_TRAFFIC_COMPARE_H

#include "traffic/log_request.h"

#include <detour/snapshot.h>

#define DT_COMPARE_NONE UINT32_MAX /* no rule answered */
#define DT_COMPARE_EXAMPLES 3u     /* kept of a group, unless all are */

/* What differs between two answers; several may. */
enum dt_change {
    DT_CHANGE_ADDED = 1,   /* there was no answer */
    DT_CHANGE_REMOVED = 2, /* there is none any more */
    DT_CHANGE_TARGET = 4,  /* where a client ends */
    DT_CHANGE_STATUS = 8,
    DT_CHANGE_CACHE = 16, /* Cache-Control */
    DT_CHANGE_RETRY = 32, /* Retry-After */
    DT_CHANGE_FIELDS = 64,
    DT_CHANGE_BODY = 128, /* the note or page */
    DT_CHANGE_ALL = 255,
};

struct dt_compare_options {
    const struct dt_snapshot *snapshots[2]; /* prepared */
    const struct dt_ruleset *sets[2];       /* NULL: only the snapshot is known */
    unsigned ignore;                        /* of enum dt_change */
    int64_t now;                            /* for rules without a time of their own */
    struct dt_log_defaults defaults;        /* of logs */
    size_t distinct;                        /* requests of logs that are remembered */
    bool all;                               /* keep every example */
    /* May be NULL; called now and then. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};

/* One side's answer. */
struct dt_compare_answer {
    bool matched;
    uint16_t status; /* DT_STATUS_PASS: the rule says pass */
    uint32_t rule;   /* number for dt_snapshot_origin; DT_COMPARE_NONE */
    uint32_t retry_after;
    struct dt_slice location, cache, fields;
};

/* A request that is answered otherwise. */
struct dt_compare_example {
    const struct dt_compare_example *next;
    uint64_t hits; /* of a log; 0: it comes from a rule */
    uint32_t rule; /* of the set that it comes from */
    uint8_t side, variant, near;
    struct dt_slice method, url; /* of a log: kept; else made anew when it is shown */
    const struct dt_compare_answer *answers;
};

/* What differs in one way between the same two rules. */
struct dt_compare_group {
    unsigned change;   /* of enum dt_change */
    uint32_t rules[2]; /* numbers for dt_snapshot_origin; DT_COMPARE_NONE */
    uint64_t urls;     /* different requests */
    uint64_t hits;     /* requests of logs */
    const struct dt_compare_example *examples;
};

struct dt_compare_totals {
    uint64_t asked;        /* different requests from rules */
    uint64_t differ;       /* of these */
    uint64_t log_lines;    /* of logs, with bad ones */
    uint64_t log_requests; /* of logs */
    uint64_t log_differ;
    uint64_t log_bad;
    uint64_t unknown[2]; /* rules for which no request was found */
};

struct dt_compare;

/* NULL: no memory. */
struct dt_compare *dt_compare_new(const struct dt_compare_options *options);
void dt_compare_free(struct dt_compare *compare); /* accepts NULL */

/* Asks what the rules of both sides are for. DT_ERR_NOMEM, DT_ERR_DAMAGED. */
DT_MUST_USE enum dt_err dt_compare_rules(struct dt_compare *compare);

/* Logs, as replay.h has them. */
unsigned dt_compare_wants(const struct dt_compare_options *options);
void dt_compare_log(struct dt_compare *compare, const struct dt_log_format *format);
DT_MUST_USE enum dt_err dt_compare_lines(struct dt_compare *compare, struct dt_slice lines);
void dt_compare_long_line(struct dt_compare *compare);

/* Settles counts and sorts: by what changed, then most hits, most URLs. */
DT_MUST_USE enum dt_err dt_compare_end(struct dt_compare *compare);
const struct dt_compare_totals *dt_compare_totals(const struct dt_compare *compare);
const struct dt_compare_group *dt_compare_groups(const struct dt_compare *compare,
                                                 size_t *ret_count);
/* Rules for which no request was found: number i of a side; DT_COMPARE_NONE past the last. */
uint32_t dt_compare_unknown(const struct dt_compare *compare, unsigned side, size_t at);

/* An example as people see it; lives until the next call. */
struct dt_compare_shown {
    struct dt_slice method, url;
    int64_t at;  /* of a request about a moment; 0: about none */
    bool client; /* the request has fields, an address or a country besides */
    struct dt_compare_answer answers[2];
};
bool dt_compare_show(struct dt_compare *compare, const struct dt_compare_example *example,
                     struct dt_compare_shown *ret);

/* Two answers of the same request: enum dt_change. */
unsigned dt_compare_answers(const struct dt_request *request, const struct dt_decision *a,
                            const struct dt_decision *b);

#endif
