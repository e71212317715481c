/* SPDX-License-Identifier: MIT
 *
 * The inside of a check: passes over the rules, each adding what it finds.
 */
#ifndef DT_RULES_CHECK_H
#define DT_RULES_CHECK_H

#include "base/arena.h"
#include "rules/witness/witness.h"
#include <detour/check.h>
#include <detour/match.h>

/* The kinds, in the order of the table in check_kinds.c. */
enum dt_finding_id {
    /* where requests end */
    DT_FIND_LOOP,
    DT_FIND_LOOP_POSSIBLE,
    DT_FIND_CHAIN,
    DT_FIND_CHAIN_MIXED,
    DT_FIND_UNREACHABLE,
    DT_FIND_SHADOWED,
    /* targets */
    DT_FIND_OPEN_REDIRECT,
    DT_FIND_TARGET_SUSPICIOUS,
    DT_FIND_TARGET_HOST_IN_PATH,
    DT_FIND_TARGET_PLACEHOLDER,
    DT_FIND_TARGET_INVISIBLE,
    DT_FIND_TARGET_ADDRESS,
    DT_FIND_TARGET_MIXED_SCRIPT,
    DT_FIND_TARGET_DOWNGRADE,
    DT_FIND_TARGET_HTTP,
    DT_FIND_TARGET_LONG,
    DT_FIND_HEAD_LONG,
    /* meaning */
    DT_FIND_PERMANENT_UNCACHED,
    DT_FIND_TEMPORARY_EXPIRED,
    DT_FIND_TEMPORARY_OLD,
    DT_FIND_METHOD_CHANGED,
    DT_FIND_SEE_OTHER_GET,
    DT_FIND_SOFT_404,
    DT_FIND_HSTS_ORDER,
    DT_FIND_SITE_TEMPORARY,
    /* silencing */
    DT_FIND_ALLOW_UNKNOWN,
    DT_FIND_ALLOW_REASON,
    DT_FIND_ALLOW_UNUSED,
    DT_FIND_COUNT,
};

#define DT_CHECK_NOBODY UINT32_MAX

struct dt_checker {
    const struct dt_ruleset *set;
    const struct dt_snapshot *snapshot;
    int64_t now;
    uint32_t count;
    const uint32_t *order; /* a decision's rule -> rule of the set */
    uint32_t *winner;      /* who answers each rule's plainest request: a rule, or DT_CHECK_NOBODY,
                              also when there is no such request; by dt_check_follow */
    struct dt_match_scratch *scratch;
    struct dt_witness_maker *maker;
    struct dt_arena arena; /* the result's: messages, examples */
    struct dt_check_result *result;
    const struct dt_check_options *options;
    uint64_t done, total; /* for progress */
    enum dt_err err;      /* sticky */
};

/* Adds a finding about a rule; copies example. message by printf. Returns it for what few have
 * (other, col, span, mend); NULL when memory is out. The pointer is good until the next one. */
__attribute__((format(printf, 5, 6))) struct dt_finding *
dt_check_add(struct dt_checker *checker, enum dt_finding_id kind, uint32_t rule,
             struct dt_slice example, const char *format, ...);

/* One more rule was looked at; each pass does it once for each rule. */
void dt_check_tick(struct dt_checker *checker);

/* All that was found so far, to be changed in place; sorted when dt_check_allow is called. Good
 * until the next dt_check_add. */
struct dt_finding *dt_check_findings(struct dt_checker *checker, size_t *ret_count);

/* Takes back what was found, of which `is` says so. */
void dt_check_drop(struct dt_checker *checker,
                   bool (*is)(const struct dt_finding *finding, void *ctx), void *ctx);

/* For one more rule no example could be made. */
void dt_check_unknown_add(struct dt_checker *checker);

/* A chain that can be resolved; target is copied. */
void dt_check_flat_add(struct dt_checker *checker, uint32_t rule, uint16_t status,
                       struct dt_slice target);

/* The passes. */
void dt_check_follow(struct dt_checker *checker);  /* loops, chains, flattening */
void dt_check_reach(struct dt_checker *checker);   /* unreachable, shadowed */
void dt_check_targets(struct dt_checker *checker); /* what targets look like; limits */
void dt_check_meaning(struct dt_checker *checker); /* statuses, caching, times, HSTS */
void dt_check_allow(struct dt_checker *checker);   /* silences; last */

#endif
