/* SPDX-License-Identifier: MIT
 *
 * Random rule sets, from two sides. What the native writer makes of a set is read again: each rule
 * must come back as it was. And each witness that is made for a rule is asked of the compiled set:
 * the rule must be among those that match it.
 *
 *   prop_rewrite [WORLDS [SEED]]
 */
#include "../unit/test_rules_dump.h"
#include "generate.h"
#include "prop_engine.h"
#include "rules/witness/witness.h"
#include "rules/write/order.h"

#include <detour/convert.h>
#include <detour/uri.h>

#define CANDIDATES 512

struct counts {
    long rules, witnesses, without;
};

static bool same_rules(const struct dt_ruleset *a, const struct dt_ruleset *b, struct dt_slice text)
{
    struct dt_buf x, y;
    bool same = dt_ruleset_count(a) == dt_ruleset_count(b) && !dt_ruleset_error_count(b);
    dt_buf_init(&x, 1u << 20);
    dt_buf_init(&y, 1u << 20);
    for (size_t i = 0; same && i < dt_ruleset_count(a); i++) {
        struct dt_rule one = *dt_ruleset_rule(a, i), other = *dt_ruleset_rule(b, i);
        one.line = other.line = 0;
        dt_buf_clear(&x);
        dt_buf_clear(&y);
        dump_rule(&x, a, &one);
        dump_rule(&y, b, &other);
        same = dt_slice_eq(dt_buf_slice(&x), dt_buf_slice(&y));
        if (!same)
            printf("# was %.*s# is  %.*s", DT_SLICE_FMT(x), DT_SLICE_FMT(y));
    }
    if (!same) {
        for (size_t i = 0; i < dt_ruleset_diag_count(b); i++)
            printf("# %u: %.*s\n", dt_ruleset_diag(b, i)->line,
                   DT_SLICE_FMT(dt_ruleset_diag(b, i)->message));
        printf("%.*s", DT_SLICE_FMT(text));
    }
    dt_buf_release(&x);
    dt_buf_release(&y);
    return same;
}

static enum dt_err load(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    (void)ctx;
    *ret_text = DT_S(PAGE_TEXT);
    return dt_slice_eq(name, DT_S("page.html")) ? DT_OK : DT_ERR_NOT_FOUND;
}

static enum dt_err load_zone(void *ctx, struct dt_slice name, struct dt_slice *ret_bytes)
{
    (void)ctx;
    return zone_file(name, ret_bytes) ? DT_OK : DT_ERR_NOT_FOUND;
}

/* Compiling tells conditions on languages what their rivals are. */
static bool settle(struct dt_ruleset *set)
{
    struct dt_plan *plan = NULL;
    enum dt_err err = dt_plan_new(set, 1, 0, &plan);
    dt_plan_free(plan);
    return err == DT_OK;
}

static bool comes_back(const struct engine *engine)
{
    static const struct dt_loader LOADER = {.load = load, .zone = load_zone};
    const struct dt_convert_options options = {.to = DT_FORMAT_NATIVE};
    struct dt_convert *convert;
    if (dt_convert_new(engine->set, &options, &convert))
        return false;
    struct dt_slice text = dt_convert_file(convert, 0).text;
    struct dt_ruleset *set = dt_ruleset_new(&LOADER);
    bool good = set && dt_convert_count(convert, DT_CONVERTED_REFUSED) == 0;
    if (good) {
        enum dt_err err = dt_ruleset_read(set, DT_S("x.rules"), text, DT_FORMAT_NATIVE);
        good = (err == DT_OK || err == DT_ERR_SYNTAX) && settle(set) &&
               same_rules(engine->set, set, text);
    } else {
        for (size_t i = 0; i < dt_convert_note_count(convert); i++)
            printf("# refused: %.*s\n", DT_SLICE_FMT(dt_convert_note(convert, i)->message));
    }
    dt_ruleset_free(set);
    dt_convert_free(convert);
    return good;
}

/* The URL says what the request does. */
static bool url_agrees(const struct dt_witness *witness)
{
    static char host[4096], path[65536], query[65536];
    struct dt_slice normal[3];
    struct dt_url url;
    if (dt_url_parse(witness->url, NULL, &url))
        return false;
    bool agrees = !dt_norm_host(url.host, host, sizeof host, &normal[0]) &&
                  !dt_norm_path(url.path, path, sizeof path, &normal[1]) &&
                  !dt_norm_query(url.query, query, sizeof query, &normal[2]) &&
                  dt_slice_eq(normal[0], witness->request.host) &&
                  dt_slice_eq(normal[1], witness->request.path) &&
                  dt_slice_eq(normal[2], witness->request.query) &&
                  dt_url_port(&url) == witness->request.port;
    dt_url_release(&url);
    return agrees;
}

static bool is_matched(struct engine *engine, const uint32_t *order, uint32_t rule,
                       const struct dt_witness *witness)
{
    static struct dt_candidate candidates[CANDIDATES];
    size_t count = 0;
    if (dt_match_all(&engine->snapshot, &witness->request, engine->scratch, CANDIDATES, candidates,
                     &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (order[candidates[i].rule] == rule)
            return true;
    return false;
}

static bool witnesses_match(struct engine *engine, const struct maker *maker, struct counts *counts)
{
    size_t count = dt_ruleset_count(engine->set);
    uint32_t *order = malloc((count + 1) * sizeof *order);
    struct dt_witness_maker *witnesses = dt_witness_new(engine->set, maker->noon);
    struct dt_witness witness;
    bool good = order && witnesses && !dt_rules_order(engine->set, order);
    for (uint32_t rule = 0; good && rule < count; rule++) {
        unsigned variant = 0;
        const struct dt_rule *r = dt_ruleset_rule(engine->set, rule);
        if (r->flags & DT_RULE_OPEN)
            continue; /* what is captured need not be a host */
        for (; good && dt_witness_make(witnesses, rule, variant, &witness); variant++) {
            good = url_agrees(&witness) && is_matched(engine, order, rule, &witness);
            if (!good)
                printf("# line %u, variant %u: %.*s %.*s is not matched\n",
                       dt_ruleset_rule(engine->set, rule)->line, variant,
                       DT_SLICE_FMT(witness.request.method), DT_SLICE_FMT(witness.url));
            counts->witnesses++;
        }
        counts->rules++;
        counts->without += variant == 0;
    }
    dt_witness_free(witnesses);
    free(order);
    return good;
}

int main(int argc, char **argv)
{
    long worlds = argc > 1 ? atol(argv[1]) : 3000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 20261123;
    struct world *world = calloc(1, sizeof *world);
    struct dt_match_scratch *scratch = malloc(sizeof *scratch);
    struct counts counts = {0};
    bool written = world && scratch, matched = written;
    for (long i = 0; written && matched && i < worlds; i++) {
        struct maker maker = {.random = {(seed + (uint64_t)i) * 2654435761u + 1}};
        struct engine engine = {.scratch = scratch};
        generate_noon(&maker);
        generate_world(&maker, world);
        if (!engine_open(&engine, world, true)) {
            written = false;
            break;
        }
        written = comes_back(&engine);
        matched = witnesses_match(&engine, &maker, &counts);
        engine_close(&engine);
        if (!written || !matched)
            printf("# world %ld of seed %llu:\n%s", i, (unsigned long long)seed, world->text);
    }
    free(scratch);
    free(world);
    printf("1..3\n%sok 1 - rules are written as they were read\n%sok 2 - witnesses are matched by "
           "their rules\n",
           written ? "" : "not ", matched ? "" : "not ");
    bool enough = counts.without * 10 < counts.rules;
    printf("%sok 3 - %ld witnesses for %ld rules, none for %ld\n", enough ? "" : "not ",
           counts.witnesses, counts.rules, counts.without);
    return written && matched && enough ? 0 : 1;
}
