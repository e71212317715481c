/* SPDX-License-Identifier: MIT
 *
 * What a rule set does before it is live: loops, chains, rules that never answer, targets and
 * statuses that were hardly meant. What is said is proven by asking the compiled rules, and comes
 * with a URL that shows it; what is only likely says so.
 */
#ifndef DETOUR_CHECK_H
#define DETOUR_CHECK_H

#include <detour/err.h>
#include <detour/ruleset.h>
#include <detour/slice.h>
#include <detour/snapshot.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dt_finding_severity { DT_FINDING_ERROR, DT_FINDING_WARNING, DT_FINDING_NOTE };

/* A kind of finding; its name is stable. */
struct dt_finding_kind {
    const char *name; /* "loop" */
    uint8_t severity; /* enum dt_finding_severity */
    const char *says; /* one sentence for people: what it means */
    const char *mend; /* and how to mend it */
};

/* All kinds; NULL past the last. */
const struct dt_finding_kind *dt_finding_kind(size_t at);
/* The kind of this name; NULL: there is none. */
const struct dt_finding_kind *dt_finding_kind_find(struct dt_slice name);

struct dt_finding {
    const struct dt_finding_kind *kind;
    uint32_t rule;           /* of the set */
    uint32_t file, line;     /* of that rule; line is 1-based */
    uint32_t col, span;      /* what in the line is meant: 1-based byte, bytes; 0: the whole line */
    struct dt_slice message; /* what happens: "3 hops to http://www.example.com/d" */
    struct dt_slice mend;    /* how to mend this one; empty: as the kind says */
    struct dt_slice example; /* a URL that shows it; empty: none */
    uint32_t other;          /* the rule that wins, or the next of the loop; UINT32_MAX: none */
    bool allowed;            /* silenced by "# detour-allow: NAME REASON" on its line or above it */
    struct dt_slice reason;  /* of that */
};

struct dt_check_options {
    const struct dt_ruleset *set;
    const struct dt_snapshot *snapshot; /* compiled from the set, and prepared */
    int64_t now;                        /* seconds since 1970 */
    /* May be NULL; called now and then. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};

struct dt_check_result;

/* Looks at everything. What options point to must outlive the result. DT_ERR_NOMEM, DT_ERR_DAMAGED.
 */
DT_MUST_USE enum dt_err dt_check_new(const struct dt_check_options *options,
                                     struct dt_check_result **ret);
void dt_check_free(struct dt_check_result *result); /* accepts NULL */

/* Sorted by file, line, kind. */
size_t dt_check_count(const struct dt_check_result *result);
const struct dt_finding *dt_check_finding(const struct dt_check_result *result, size_t at);
/* Rules for which no example could be made, so that loops and chains through them are not known. */
size_t dt_check_unknown(const struct dt_check_result *result);

/* ---- Chains resolved ---- */

/* What a rule should answer so that a client needs one hop. */
struct dt_flat {
    uint32_t rule;
    uint16_t status;
    struct dt_slice target; /* compiled, as dt_rule's; in the result's memory */
};
/* Rules that are the beginning of a chain which can be resolved without changing where any request
 * ends; in order of rule. */
size_t dt_check_flat_count(const struct dt_check_result *result);
const struct dt_flat *dt_check_flat(const struct dt_check_result *result, size_t at);

#ifdef __cplusplus
}
#endif
#endif
