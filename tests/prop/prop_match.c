/* SPDX-License-Identifier: MIT
 *
 * The engine against the oracle: random rule sets are written as text, read, compiled and matched;
 * the oracle answers from the structures that the text was made of. Each pair of a rule set and a
 * request must agree on the rule that wins, its status and the whole Location.
 *
 *   prop_match [PAIRS [SEED]]
 */
#include "generate.h"

#include <detour/match.h>
#include <detour/uri.h>
#include <stdio.h>
#include <stdlib.h>

#define RULES_MAX 40
#define REQUESTS_PER_SET 250

struct world {
    struct random random;
    struct rule rules[RULES_MAX];
    int count;
    bool first;
    char text[RULES_MAX * 1024];
};

static void new_world(struct world *world)
{
    world->count = 1 + (int)random_below(&world->random, RULES_MAX);
    world->first = !random_below(&world->random, 4);
    snprintf(world->text, sizeof world->text, "@order %s\n", world->first ? "first" : "specific");
    bool flat = random_below(&world->random, 2); /* no priorities: the early exit is in use */
    for (int i = 0; i < world->count; i++) {
        size_t before = strlen(world->text);
        do {
            world->text[before] = 0;
            generate_rule(&world->random, i + 2, &world->rules[i], world->text, sizeof world->text);
        } while (flat && world->rules[i].priority);
    }
}

static void *compile(const struct world *world, struct dt_ruleset *set, size_t *ret_len)
{
    enum dt_err err =
        dt_ruleset_read(set, DT_S("world.rules"), dt_slice_str(world->text), DT_FORMAT_NATIVE);
    for (size_t i = 0; err && i < dt_ruleset_diag_count(set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(set, i);
        fprintf(stderr, "%u:%u: %.*s\n%.*s\n", diag->line, diag->col, DT_SLICE_FMT(diag->message),
                DT_SLICE_FMT(diag->text));
    }
    struct dt_plan *plan = NULL;
    if (err || dt_plan_new(set, 0x1234567, 0, &plan))
        return NULL;
    *ret_len = dt_plan_size(plan);
    size_t room = (*ret_len + 63) / 64 * 64;
    void *mem = aligned_alloc(64, room);
    if (mem) {
        memset(mem, 0, room);
        if (dt_plan_write(plan, mem)) {
            free(mem);
            mem = NULL;
        }
    }
    dt_plan_free(plan);
    return mem;
}

static bool agree(const struct world *world, const struct dt_snapshot *snapshot,
                  struct dt_match_scratch *scratch, const struct request *request,
                  const char *spelling)
{
    char path_buf[4 * TEXT], query_buf[4 * TEXT], want[16 * TEXT];
    struct dt_request asked = {.method = DT_S("GET"),
                               .host = dt_slice_str(request->host.s),
                               .port = (uint16_t)request->port,
                               .scheme =
                                   request->scheme == HTTP ? DT_SCHEME_HTTP : DT_SCHEME_HTTPS};
    if (dt_norm_path(dt_slice_str(spelling), path_buf, sizeof path_buf, &asked.path) ||
        dt_norm_query(dt_slice_str(request->query.s), query_buf, sizeof query_buf, &asked.query))
        return false;
    struct dt_decision got = {0};
    enum dt_err err = dt_match(snapshot, &asked, scratch, &got);
    const struct rule *best =
        oracle_best(world->rules, (size_t)world->count, world->first, request);
    int got_line = 0, want_line = best ? best->line : 0;
    struct dt_origin origin;
    if (!err && got.matched && !dt_snapshot_origin(snapshot, got.rule, &origin))
        got_line = (int)origin.line;
    want[0] = 0;
    if (best)
        oracle_location(best, request, want, sizeof want);
    bool same = !err && got_line == want_line && (!best || got.status == best->status) &&
                (!best || dt_slice_eq(got.location, dt_slice_str(want)));
    if (same)
        return true;
    printf("# %s://%s:%d%s?%s (%s)\n# engine: line %d, %.*s (%s)\n# oracle: line %d, %s\n%s",
           request->scheme == HTTP ? "http" : "https", request->host.s, request->port, spelling,
           request->query.s, request->path.s, got_line, DT_SLICE_FMT(got.location),
           dt_err_name(err), want_line, want, world->text);
    return false;
}

static bool run_world(struct world *world, struct dt_match_scratch *scratch, long *matched)
{
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    size_t len = 0;
    void *mem = set ? compile(world, set, &len) : NULL;
    struct dt_snapshot snapshot;
    bool good = mem && dt_snapshot_open(mem, len, &snapshot) == DT_OK;
    if (!good)
        printf("# the rule set was not compiled:\n%s", world->text);
    for (int i = 0; good && i < REQUESTS_PER_SET; i++) {
        struct request request;
        char spelling[8 * TEXT];
        generate_request(&world->random, &request, spelling, sizeof spelling);
        good = agree(world, &snapshot, scratch, &request, spelling);
        *matched += oracle_best(world->rules, (size_t)world->count, world->first, &request) != NULL;
    }
    free(mem);
    dt_ruleset_free(set);
    return good;
}

int main(int argc, char **argv)
{
    long pairs = argc > 1 ? atol(argv[1]) : 1000000, done = 0, matched = 0;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 20261122;
    struct world *world = calloc(1, sizeof *world);
    struct dt_match_scratch *scratch = malloc(sizeof *scratch);
    bool good = world && scratch;
    printf("1..1\n");
    if (world)
        world->random.state = seed * 2654435761u + 1;
    for (; good && done < pairs; done += REQUESTS_PER_SET) {
        new_world(world);
        good = run_world(world, scratch, &matched);
    }
    printf("%sok 1 - %ld pairs of rule set and request, %ld of them matched (seed %llu)\n",
           good ? "" : "not ", done, matched, (unsigned long long)seed);
    free(scratch);
    free(world);
    return good ? 0 : 1;
}
