/* SPDX-License-Identifier: MIT
 *
 * Matching a request against a snapshot: no allocation, no clock, no I/O.
 */
#ifndef DETOUR_MATCH_H
#define DETOUR_MATCH_H

#include <detour/err.h>
#include <detour/ruleset.h>
#include <detour/slice.h>
#include <detour/snapshot.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A request as rules see it. host, path and query are in the normal form of dt_norm_...; query is
 * without "?"; an absent and an empty query are the same. */
struct dt_request {
    struct dt_slice method;
    struct dt_slice host; /* without port */
    struct dt_slice path;
    struct dt_slice query;
    uint16_t port;  /* the one in effect: 80 or 443 when none was written */
    uint8_t scheme; /* DT_SCHEME_HTTP or DT_SCHEME_HTTPS */

    /* What conditions ask for. All zero is valid: such conditions do not hold then. A snapshot says
     * in `needs` which of them it asks for at all. */
    bool has_address;
    uint16_t nfields;
    const struct dt_field *fields;
    uint8_t address[16];     /* the client's: IPv6, or IPv4 as ::ffff:a.b.c.d */
    int64_t now;             /* seconds since 1970; 0: not known, and no condition on time holds */
    struct dt_slice country; /* two upper-case letters; empty: not known */
    struct dt_slice country_field; /* the header field that country came from, for Vary; empty: from
                                      the address */
};

/* The answer of the engine. Slices point into the snapshot, or for location into the scratch. */
struct dt_decision {
    bool matched;    /* false: no rule; then only vary, changes_at and limited are set besides */
    uint16_t status; /* DT_STATUS_PASS: answer as if there were no rule */
    bool note;
    uint32_t rule;            /* number for dt_snapshot_origin */
    uint32_t retry_after;     /* seconds, or DT_RETRY_AFTER_NONE */
    int64_t until;            /* of the rule's until=; DT_TIME_MAX: none */
    struct dt_slice location; /* empty: none */
    struct dt_slice cache;    /* Cache-Control value, not beyond changes_at; empty: none */
    struct dt_slice vary; /* Vary value: what the choice of this answer depended on; empty: none */
    struct dt_slice fields;    /* header lines to add, each with CR LF */
    struct dt_slice page;      /* template of the body; empty: the note */
    struct dt_slice note_text; /* UTF-8; empty: the default sentence */
    struct dt_slice owner;
    int64_t
        changes_at;   /* when another answer is due, as far as it was looked; DT_TIME_MAX: never */
    uint32_t limited; /* how many regexes hit their limit and were passed over */
    uint32_t limited_rule; /* the first of them */
};

#define DT_MATCH_LOCATION_MAX (80u << 10)

/* Memory that a match needs; the caller's, one for each thread, used again for each request. */
struct dt_match_scratch {
    char folded[96u << 10]; /* the path or query in lower case */
    char location[DT_MATCH_LOCATION_MAX];
    char subject[100u << 10]; /* the URL, for regexes that are asked about it */
    char vary[2u << 10];
    char cache[8u << 10];
};

/* Finds the rule that wins and builds its answer. DT_OK with matched false when there is none.
 * DT_ERR_DAMAGED when a check failed on the way: there is no answer, and none may be made up.
 * DT_ERR_SPACE when the Location does not fit; DT_ERR_LIMIT when the request's path or query is
 * longer than the scratch takes, or would cost many milliseconds: thousands of segments or
 * parameters against rules by the thousand. */
DT_MUST_USE enum dt_err dt_match(const struct dt_snapshot *snapshot,
                                 const struct dt_request *request, struct dt_match_scratch *scratch,
                                 struct dt_decision *ret);

/* Why: one candidate that was looked at, best first. */
struct dt_candidate {
    uint32_t rule;
    bool wins;
    const char *reason;         /* why it won, or lost to the winner: a static sentence */
    struct dt_slice expression; /* of a regex rule, its regex; else empty */
};

/* All rules that match the request, best first: up to max of them to ret, as many as ret_count then
 * says. Slower than dt_match, same answer for the first. DT_ERR_NOMEM besides dt_match's errors. */
DT_MUST_USE enum dt_err dt_match_all(const struct dt_snapshot *snapshot,
                                     const struct dt_request *request,
                                     struct dt_match_scratch *scratch, size_t max,
                                     struct dt_candidate *ret, size_t *ret_count);

/* ---- For explaining ---- */

/* Why a rule whose host and path are the request's does not apply all the same. */
enum dt_miss {
    DT_MISS_SCHEME,
    DT_MISS_PORT,
    DT_MISS_QUERY,
    DT_MISS_OPEN, /* open=yes: what was captured is no host */
    DT_MISS_CONDITION,
};

struct dt_missed {
    uint32_t rule;
    uint8_t why;       /* enum dt_miss */
    uint8_t condition; /* of CONDITION: enum dt_condition_kind */
    bool negated;      /* likewise */
    uint8_t nth;       /* of those of this kind and negation in the rule, from 0 */
};

/* Rules that were looked at and do not apply, best first, up to max of them. A rule whose query
 * conditions the request has none of may not be among them: it is not looked at. Errors as
 * dt_match_all. */
DT_MUST_USE enum dt_err dt_match_missed(const struct dt_snapshot *snapshot,
                                        const struct dt_request *request,
                                        struct dt_match_scratch *scratch, size_t max,
                                        struct dt_missed *ret, size_t *ret_count);

enum dt_built_kind {
    DT_BUILT_TEXT,    /* as the rule says it */
    DT_BUILT_CAPTURE, /* what was captured, or a part of the request, encoded for its place */
    DT_BUILT_QUERY,   /* of the request's query, with its "?" or "&" */
};

struct dt_built_piece {
    struct dt_slice text;
    uint8_t kind;   /* enum dt_built_kind */
    uint8_t number; /* of CAPTURE: as struct dt_rule_more counts, or enum dt_capture_own */
};

#define DT_BUILT_MAX 192u

/* How the winner's Location was put together: the texts of its pieces, one after another, are the
 * Location. Slices point into the scratch, the request and the snapshot. */
struct dt_built {
    struct dt_slice location;
    size_t npieces;
    struct dt_built_piece pieces[DT_BUILT_MAX];
    size_t ncaptures; /* that the target could have */
    struct dt_slice captures[DT_CAPTURES_MAX];
};

/* *ret is empty when there is no rule or no Location. Errors as dt_match. */
DT_MUST_USE enum dt_err dt_match_build(const struct dt_snapshot *snapshot,
                                       const struct dt_request *request,
                                       struct dt_match_scratch *scratch, struct dt_built *ret);

#ifdef __cplusplus
}
#endif
#endif
