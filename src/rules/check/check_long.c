/* SPDX-License-Identifier: MIT
 *
 * Circles longer than a client goes. Each rule's plainest request leads to one rule: where that
 * comes around is found by walking from rule to rule, each once, and proven by asking all the way
 * around once.
 */
#include "rules/check/check_follow.h"

#include "base/pages.h"
#include "rules/match/request_url.h"

#include <stdlib.h>

#define URL_ROOM 4096u

/* Asks from a rule's plainest request on, until its URL comes again. */
static bool goes_around(struct dt_follow *follow, uint32_t rule, uint32_t length)
{
    struct dt_client *client = &follow->client;
    char first[URL_ROOM], last[URL_ROOM];
    struct dt_witness witness;
    if (!dt_witness_make(follow->checker->maker, rule, 0, &witness))
        return false;
    struct dt_slice start = dt_request_url(&witness.request, first, sizeof first);
    dt_client_start(client, &witness.request);
    for (uint32_t i = 0; i < length; i++) {
        struct dt_decision decision;
        uint32_t by;
        if (!dt_client_ask(client, &decision, &by) || !dt_decision_redirects(&decision) ||
            !dt_client_go(client, &decision))
            return false;
    }
    return start.len && dt_slice_eq(start, dt_request_url(&client->request, last, sizeof last));
}

static void tell(struct dt_follow *follow, uint32_t rule, uint32_t length)
{
    struct dt_checker *checker = follow->checker;
    struct dt_witness witness;
    if (!dt_witness_make(checker->maker, rule, 0, &witness))
        return;
    struct dt_finding *finding = dt_check_add(checker, DT_FIND_LOOP, rule, witness.url,
                                              "a circle of %u hops and as many rules", length);
    if (finding)
        finding->other = follow->next[rule];
    follow->flags[rule] |= DT_FOLLOW_TOLD;
}

static void look_at(struct dt_follow *follow, uint32_t start)
{
    uint32_t length = 0, first = start, rule = start;
    do {
        length++;
        first = rule < first ? rule : first;
        rule = follow->next[rule];
    } while (rule != start);
    if (length <= DT_TRIP_MAX || !goes_around(follow, first, length))
        return;
    tell(follow, first, length);
    do {
        follow->flags[rule] |= DT_FOLLOW_LOOP;
        rule = follow->next[rule];
    } while (rule != start);
}

/* A chain of a rule that goes around is none. */
static bool is_stale(const struct dt_finding *finding, void *ctx)
{
    const struct dt_follow *follow = ctx;
    bool chain = finding->kind == dt_finding_kind(DT_FIND_CHAIN) ||
                 finding->kind == dt_finding_kind(DT_FIND_CHAIN_MIXED);
    return chain && (follow->flags[finding->rule] & DT_FOLLOW_LOOP);
}

void dt_follow_long(struct dt_follow *follow)
{
    struct dt_checker *checker = follow->checker;
    uint32_t *seen = dt_pages_zalloc((size_t)checker->count + 1, sizeof *seen);
    if (!seen) {
        checker->err = DT_ERR_NOMEM;
        return;
    }
    for (uint32_t i = 0; i < checker->count && !checker->err; i++) {
        uint32_t rule = i;
        while (rule != UINT32_MAX && !seen[rule]) {
            seen[rule] = i + 1;
            rule = follow->next[rule];
        }
        if (rule != UINT32_MAX && seen[rule] == i + 1)
            look_at(follow, rule);
    }
    free(seen);
    dt_check_drop(checker, is_stale, follow);
}
