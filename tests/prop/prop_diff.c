/* SPDX-License-Identifier: MIT
 *
 * What `diff` says of two random rule sets. About the same requests its verdict is that of the
 * oracle: what is added, removed, sent elsewhere, answered with another status. And when two sets
 * differ in one rule only, and a random request finds that they do, the requests that are made from
 * the rules find it too: but where better rules answer all of the rule's own requests, which is
 * then looked at, and it keeps what they leave.
 *
 *   prop_diff [WORLDS [SEED]]
 */
#include "generate.h"
#include "prop_engine.h"
#include "rules/witness/witness.h"
#include "rules/write/order.h"
#include "traffic/compare.h"

#include <detour/uri.h>

#define REQUESTS 150

struct counts {
    long pairs, changed[4], one_rule, found, told, missed;
};

/* What a client sees of an answer, by the oracle. */
static unsigned status_of(const struct answer *answer)
{
    return answer->rule && answer->rule->status != STATUS_PASS ? (unsigned)answer->rule->status : 0;
}

/* Where the Location leads, by the URL parser: an answer to the same request on both sides. */
static bool same_place(const struct request *request, const char *a, const char *b)
{
    char base[8 * TEXT];
    struct dt_url from = {.href = DT_SLICE_NONE}, to[2] = {from, from};
    if (strcmp(a, b) == 0)
        return true;
    snprintf(base, sizeof base, "%s://%s:%d/", request->scheme == HTTPS ? "https" : "http",
             request->host.s, request->port);
    bool same = dt_url_parse(dt_slice_str(base), NULL, &from) == DT_OK &&
                dt_url_parse(dt_slice_str(a), &from, &to[0]) == DT_OK &&
                dt_url_parse(dt_slice_str(b), &from, &to[1]) == DT_OK &&
                dt_slice_eq(to[0].href, to[1].href);
    dt_url_release(&from);
    dt_url_release(&to[0]);
    dt_url_release(&to[1]);
    return same;
}

#define SEEN ((unsigned)(DT_CHANGE_ADDED | DT_CHANGE_REMOVED | DT_CHANGE_STATUS | DT_CHANGE_TARGET))

static unsigned oracle_change(const struct world *const worlds[2], const struct request *request)
{
    static struct answer answers[2];
    for (int side = 0; side < 2; side++)
        oracle_answer(worlds[side], request, &answers[side]);
    unsigned a = status_of(&answers[0]), b = status_of(&answers[1]);
    if (!a || !b)
        return a ? DT_CHANGE_REMOVED : b ? DT_CHANGE_ADDED : 0;
    const char *to[2];
    for (int side = 0; side < 2; side++)
        to[side] = answers[side].rule->target.s[0] ? answers[side].location : "";
    bool same = !to[0][0] || !to[1][0] ? !to[0][0] == !to[1][0] : same_place(request, to[0], to[1]);
    return (a != b ? DT_CHANGE_STATUS : 0u) | (same ? 0u : DT_CHANGE_TARGET);
}

static void tell(const struct world *const worlds[2], const struct request *request)
{
    for (int side = 0; side < 2; side++)
        for (const char *at = worlds[side]->text; *at;) {
            size_t len = strcspn(at, "\n");
            printf("# %c %.*s\n", "AB"[side], (int)len, at);
            at += len + (at[len] == '\n');
        }
    if (request)
        printf("# %s %s:%d%s ? %s\n", request->method, request->host.s, request->port,
               request->path.s, request->query.s);
}

static bool agrees(struct engine engines[2], const struct world *const worlds[2],
                   const struct request *request, struct counts *counts)
{
    struct dt_decision decisions[2];
    struct dt_request asked;
    for (int side = 0; side < 2; side++)
        if (!engine_request(&engines[side], request, false, &asked) ||
            dt_match(&engines[side].snapshot, &asked, engines[side].scratch, &decisions[side]))
            return false;
    unsigned want = oracle_change(worlds, request);
    unsigned got = dt_compare_answers(&asked, &decisions[0], &decisions[1]) & SEEN;
    for (int bit = 0; bit < 4; bit++)
        counts->changed[bit] += (got >> bit) & 1;
    counts->pairs++;
    if (got == want)
        return true;
    printf("# the oracle says %u, diff says %u\n", want, got);
    tell(worlds, request);
    return false;
}

/* Does diff tell the two apart by its own requests? */
static bool differ(struct engine engines[2], int64_t now, bool *ret)
{
    const struct dt_compare_options options = {
        .snapshots = {&engines[0].snapshot, &engines[1].snapshot},
        .sets = {engines[0].set, engines[1].set},
        .now = now,
        .distinct = 1000,
    };
    struct dt_compare *compare = dt_compare_new(&options);
    bool good = compare && dt_compare_rules(compare) == DT_OK && dt_compare_end(compare) == DT_OK;
    if (good)
        *ret = dt_compare_totals(compare)->differ > 0;
    dt_compare_free(compare);
    return good;
}

/* Is none of the requests that are made from this rule of the first set answered by it, or all the
 * same by the second set? Then it keeps only what better rules leave, which no request of its own
 * shows. */
static bool keeps_what_is_left(struct engine engines[2], uint32_t rule, int64_t now)
{
    uint32_t *order = malloc((dt_ruleset_count(engines[0].set) + 1) * sizeof *order);
    struct dt_witness_maker *maker = dt_witness_new(engines[0].set, now);
    struct dt_witness witness;
    struct dt_decision one, other;
    bool left = order && maker && !dt_rules_order(engines[0].set, order);
    for (unsigned variant = 0; left && dt_witness_make(maker, rule, variant, &witness); variant++)
        left = !dt_match(&engines[0].snapshot, &witness.request, engines[0].scratch, &one) &&
               !dt_match(&engines[1].snapshot, &witness.request, engines[1].scratch, &other) &&
               (!one.matched || order[one.rule] != rule ||
                !dt_compare_answers(&witness.request, &one, &other));
    dt_witness_free(maker);
    free(order);
    return left;
}

/* The second world is the first but for one rule: left out, or with another status. Its number. */
static uint32_t change_one(struct maker *maker, const struct world *from, struct world *to)
{
    *to = *from;
    int at = (int)random_below(&maker->random, (uint32_t)to->count);
    struct rule *rule = &to->rules[at];
    if (random_one_in(&maker->random, 2) && rule->status >= 301 && rule->status <= 308 &&
        !rule->maintenance) {
        rule->status = rule->status == 301 ? 308 : 301;
    } else if (to->count > 1) {
        memmove(rule, rule + 1, (size_t)(to->count - at - 1) * sizeof *rule);
        to->count--;
    }
    render_world(to);
    return (uint32_t)at;
}

static bool run_pair(struct maker *maker, struct world *worlds, struct dt_match_scratch *scratches,
                     int changed, struct counts *counts)
{
    static struct request request;
    const struct world *const both[2] = {&worlds[0], &worlds[1]};
    struct engine engines[2] = {{.scratch = &scratches[0]}, {.scratch = &scratches[1]}};
    if (!engine_open(&engines[0], &worlds[0], true))
        return false;
    if (!engine_open(&engines[1], &worlds[1], true)) {
        engine_close(&engines[0]);
        return false;
    }
    bool good = true, found = false, told = false;
    for (int i = 0; i < REQUESTS && good; i++) {
        generate_request(maker, &worlds[i % 2], &request);
        good = agrees(engines, both, &request, counts);
        found |= good && oracle_change(both, &request) != 0;
    }
    good = good && differ(engines, maker->noon, &told);
    if (good && changed >= 0) {
        counts->one_rule++;
        counts->found += found;
        counts->told += told;
        counts->missed += found && !told;
        if (found && !told && !keeps_what_is_left(engines, (uint32_t)changed, maker->noon)) {
            printf("# rule %d has requests of its own that tell the sets apart\n", changed + 1);
            tell(both, NULL);
            good = false;
        }
    }
    engine_close(&engines[0]);
    engine_close(&engines[1]);
    return good;
}

int main(int argc, char **argv)
{
    long sets = argc > 1 ? atol(argv[1]) : 400;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 20261122;
    struct world *worlds = calloc(2, sizeof *worlds);
    struct dt_match_scratch *scratches = calloc(2, sizeof *scratches);
    struct maker maker = {.random = {seed * 2654435761u + 1}};
    struct counts counts = {0};
    bool good = worlds && scratches;
    printf("1..2\n");
    for (long i = 0; good && i < sets; i++) {
        generate_world(&maker, &worlds[0]);
        int changed = -1;
        if (i % 2)
            changed = (int)change_one(&maker, &worlds[0], &worlds[1]);
        else
            generate_world(&maker, &worlds[1]);
        good = run_pair(&maker, worlds, scratches, changed, &counts);
    }
    bool met = true;
    for (int bit = 0; bit < 4; bit++)
        met &= counts.changed[bit] > 0;
    printf("%sok 1 - %ld requests to two rule sets: %ld added, %ld removed, %ld to another target, "
           "%ld with another status, as the oracle says (seed %llu)\n",
           good && met ? "" : "not ", counts.pairs, counts.changed[0], counts.changed[1],
           counts.changed[2], counts.changed[3], (unsigned long long)seed);
    bool all = good && counts.found > 0 && counts.missed < counts.found / 10;
    printf(
        "%sok 2 - %ld sets differ in one rule, %ld visibly; diff tells %ld apart and misses %ld\n",
        all ? "" : "not ", counts.one_rule, counts.found, counts.told, counts.missed);
    free(scratches);
    free(worlds);
    return good && met && all ? 0 : 1;
}
