/* SPDX-License-Identifier: MIT
 *
 * The engine against the oracle: random rule sets are written as text, read,
 * compiled and matched; the oracle answers from the structures that the text
 * was made of. Each pair of a rule set and a request must agree on the rule
 * that wins, its status, the whole Location, Vary, Retry-After and what else is
 * sent; what caches are told must not outlive the answer; and for some pairs
 * all rules that match must come in the same order. A pair that fails is made
 * small before it is told.
 *
 *   prop_match [PAIRS [SEED]]
 */
#include "generate.h"
#include "prop_engine.h"
#include "prop_shrink.h"
#include "prop_tally.h"

#define REQUESTS_PER_SET 250
#define ALL_EVERY 16          /* pairs, from one list of all rules to the next */
#define ENOUGH_FOR_ALL 100000 /* pairs after which every construct must have been met */

static bool agrees(struct engine *engine, struct world *world, struct request *request, bool all,
                   bool say)
{
    static struct answer answer;
    oracle_answer(world, request, &answer);
    return engine_agrees(engine, world, request, &answer, say) &&
           (!all || engine_agrees_on_all(engine, world, request, say));
}

static bool pair_fails(struct world *world, struct request *request, void *ctx)
{
    struct engine engine = {.scratch = ctx};
    if (!engine_open(&engine, world, false))
        return false;
    bool same = agrees(&engine, world, request, true, false);
    engine_close(&engine);
    return !same;
}

static void tell_small(struct world *world, struct request *request,
                       struct dt_match_scratch *scratch)
{
    struct engine engine = {.scratch = scratch};
    shrink(world, request, pair_fails, scratch);
    if (engine_open(&engine, world, true)) {
        agrees(&engine, world, request, true, true);
        engine_close(&engine);
    }
}

static bool run_world(struct maker *maker, struct world *world, struct dt_match_scratch *scratch,
                      long *matched)
{
    static struct answer answer;
    static struct request request;
    struct engine engine = {.scratch = scratch};
    if (!engine_open(&engine, world, true))
        return false;
    bool good = true;
    for (int i = 0; good && i < REQUESTS_PER_SET; i++) {
        generate_request(maker, world, &request);
        oracle_answer(world, &request, &answer);
        good = engine_agrees(&engine, world, &request, &answer, false) &&
               (i % ALL_EVERY || engine_agrees_on_all(&engine, world, &request, false));
        *matched += answer.rule != NULL;
        tally_answer(world, &request, &answer);
    }
    engine_close(&engine);
    if (!good)
        tell_small(world, &request, scratch);
    return good;
}

int main(int argc, char **argv)
{
    long pairs = argc > 1 ? atol(argv[1]) : 1000000, done = 0, matched = 0;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 20261122;
    struct world *world = calloc(1, sizeof *world);
    struct dt_match_scratch *scratch = malloc(sizeof *scratch);
    struct maker maker = {.random = {seed * 2654435761u + 1}};
    bool good = world && scratch;
    printf("1..2\n");
    for (; good && done < pairs; done += REQUESTS_PER_SET) {
        generate_world(&maker, world);
        good = run_world(&maker, world, scratch, &matched);
    }
    printf("%sok 1 - %ld pairs of rule set and request, %ld of them matched "
           "(seed %llu)\n",
           good ? "" : "not ", done, matched, (unsigned long long)seed);
    bool met = tally_report() || pairs < ENOUGH_FOR_ALL;
    printf("%sok 2 - every construct decided an answer\n", met ? "" : "not ");
    free(scratch);
    free(world);
    return good && met ? 0 : 1;
}
