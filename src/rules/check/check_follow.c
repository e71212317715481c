/* SPDX-License-Identifier: MIT
 *
 * Each rule's witnesses are followed. Of nearly all, the target is asked for once and no rule
 * answers: that much costs a rule about as much as two requests cost the server, and nothing is
 * written down. Only what goes on is followed to its end.
 */
#include "rules/check/check_follow.h"

#include "base/out.h"
#include "base/pages.h"
#include "rules/check/check_cover.h"

#include <stdlib.h>

#define VARIANTS 16u /* of a witness */

bool dt_follow_request(struct dt_follow *follow, const struct dt_request *request)
{
    struct dt_client *client = &follow->client;
    struct dt_decision decision;
    uint32_t rule;
    dt_client_start(client, request);
    if (!dt_client_ask(client, &decision, &rule) || !dt_decision_redirects(&decision) ||
        !dt_client_go(client, &decision) || !dt_client_ask(client, &decision, &rule) ||
        !dt_decision_redirects(&decision))
        return false;
    dt_client_start(client, request);
    return dt_trip_go(&follow->trip, client);
}

/* Who answers the plainest request, and whither: true when that leads on. */
static bool follow_plainest(struct dt_follow *follow, uint32_t rule)
{
    struct dt_checker *checker = follow->checker;
    struct dt_client *client = &follow->client;
    struct dt_witness witness;
    struct dt_decision decision;
    uint32_t winner, next;
    if (!dt_witness_make(checker->maker, rule, 0, &witness)) {
        dt_check_unknown_add(checker);
        return false;
    }
    dt_client_start(client, &witness.request);
    if (!dt_client_ask(client, &decision, &winner))
        return false;
    checker->winner[rule] = winner;
    if (!dt_decision_redirects(&decision) || !dt_client_go(client, &decision) ||
        !dt_client_ask(client, &decision, &next) || !dt_decision_redirects(&decision))
        return false;
    if (winner != rule && follow->stranger[winner] == UINT32_MAX)
        follow->stranger[winner] = rule;
    if (winner != rule)
        return false;
    follow->flags[rule] |= DT_FOLLOW_OWN;
    follow->next[rule] = next;
    follow->goes_on = true;
    dt_client_start(client, &witness.request);
    return dt_trip_go(&follow->trip, client);
}

/* The same request with one more parameter, where that may make a difference. */
static void follow_query(struct dt_follow *follow, const struct dt_rule *rule,
                         struct dt_request request)
{
    struct dt_out out = dt_out_init(follow->query, sizeof follow->query);
    if (!follow->queries || (rule->flags & DT_RULE_EXACT_QUERY))
        return;
    dt_out_put(&out, request.query);
    dt_out_put(&out, request.query.len ? DT_S("&anything=1") : DT_S("anything=1"));
    request.query = dt_out_slice(&out);
    if (!out.overflow && dt_follow_request(follow, &request))
        dt_follow_tell(follow);
}

static bool has_variants(const struct dt_follow *follow, const struct dt_rule *rule)
{
    if (!rule->target.len)
        return false;
    return rule->path_kind != DT_PATH_EXACT || (follow->schemes && rule->scheme == DT_SCHEME_ANY) ||
           rule->nparams || rule->conditions || follow->queries;
}

/* A rule whose time is over is told as such; where it led is past. */
static bool is_over(const struct dt_checker *checker, const struct dt_rule *rule)
{
    return rule->conditions &&
           dt_conditions_over(dt_ruleset_conditions(checker->set, rule->conditions), checker->now);
}

static void follow_rule(struct dt_follow *follow, uint32_t number)
{
    struct dt_checker *checker = follow->checker;
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    struct dt_witness witness;
    if (is_over(checker, rule))
        return;
    if (follow_plainest(follow, number))
        dt_follow_tell(follow);
    if (!has_variants(follow, rule))
        return;
    for (unsigned variant = follow->queries ? 0 : 1; variant < VARIANTS && !checker->err;
         variant++) {
        if (!dt_witness_make(checker->maker, number, variant, &witness))
            return;
        if (variant && dt_follow_request(follow, &witness.request))
            dt_follow_tell(follow);
        follow_query(follow, rule, witness.request);
    }
}

/* Rules whose own request is one hop, but which answer another rule's in front of it: what sends
 * all of a host to https, and then the page has moved. */
static void follow_strangers(struct dt_follow *follow)
{
    struct dt_checker *checker = follow->checker;
    struct dt_witness witness;
    for (uint32_t i = 0; i < checker->count && !checker->err; i++)
        if (follow->stranger[i] != UINT32_MAX && !(follow->flags[i] & DT_FOLLOW_CHAIN) &&
            dt_witness_make(checker->maker, follow->stranger[i], 0, &witness) &&
            dt_follow_request(follow, &witness.request))
            dt_follow_tell(follow);
}

static void look(struct dt_follow *follow)
{
    const struct dt_ruleset *set = follow->checker->set;
    for (uint32_t i = 0; i < follow->checker->count; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        follow->schemes |= rule->scheme != DT_SCHEME_ANY || rule->port || rule->flags & DT_RULE_URL;
        follow->queries |= (rule->flags & DT_RULE_EXACT_QUERY) != 0;
        follow->hosts |= rule->host_kind != DT_HOST_ANY || rule->flags & DT_RULE_URL;
    }
}

static void follow_all(struct dt_follow *follow)
{
    struct dt_checker *checker = follow->checker;
    look(follow);
    for (uint32_t i = 0; i < checker->count && !checker->err; i++) {
        follow_rule(follow, i);
        dt_check_tick(checker);
    }
    if (!checker->err)
        follow_strangers(follow);
    if (!checker->err && follow->goes_on)
        dt_follow_long(follow);
    if (!checker->err)
        dt_follow_cycles(follow);
    if (!checker->err)
        dt_follow_flatten(follow);
}

void dt_check_follow(struct dt_checker *checker)
{
    struct dt_follow follow = {.checker = checker};
    size_t count = (size_t)checker->count + 1;
    follow.flags = dt_pages_zalloc(count, sizeof *follow.flags);
    follow.stranger = dt_pages_alloc(count, sizeof *follow.stranger);
    follow.next = dt_pages_alloc(count, sizeof *follow.next);
    if (follow.flags && follow.stranger && follow.next && dt_names_init(&follow.names, checker) &&
        dt_client_init(&follow.client, checker)) {
        follow.client.names = &follow.names;
        memset(follow.stranger, 0xff, count * sizeof *follow.stranger);
        memset(follow.next, 0xff, count * sizeof *follow.next);
        follow_all(&follow);
    } else {
        checker->err = DT_ERR_NOMEM;
    }
    dt_client_release(&follow.client);
    dt_names_release(&follow.names);
    dt_trip_release(&follow.trip);
    free(follow.flags);
    free(follow.stranger);
    free(follow.next);
}
