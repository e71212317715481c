/* SPDX-License-Identifier: MIT
 *
 * What `check` says of random rule sets, held against a naive follower that asks the oracle. A loop
 * that is told loops; a loop that a random request finds was told; a rule that is said never to
 * answer never does; a chain is as long as it is said to be and ends where it is said to end. And
 * when all chains are resolved that can be, every request ends where it ended before, by no more
 * hops.
 *
 *   prop_check [WORLDS [SEED]]
 */
#include "generate.h"
#include "prop_engine.h"
#include "rules/ruleset_priv.h"

#include <detour/check.h>
#include <detour/status.h>
#include <detour/uri.h>

#define HOPS 64
#define REQUESTS 120
#define LONG 90 /* bytes of a path or a query that grew: the oracle's texts are short */

enum end { ENDS, LOOPS, UNKNOWN };

struct trip {
    char urls[HOPS + 1][6 * TEXT];
    const struct rule *rules[HOPS];
    int count;  /* of hops */
    int circle; /* of LOOPS: where it begins; -1: it grows */
    enum end end;
};

struct counts {
    long worlds, loops, told_loops, unreachable, chains, flat, ends, shorter;
};

/* ---- The follower ---- */

static bool add_params(struct request *request)
{
    char copy[TEXT], *save = NULL;
    snprintf(copy, sizeof copy, "%s", request->query.s);
    request->nparams = 0;
    for (char *piece = strtok_r(copy, "&", &save); piece; piece = strtok_r(NULL, "&", &save)) {
        if (request->nparams == MAX_PARAMS)
            return false;
        struct pair *pair = &request->params[request->nparams++];
        size_t name = strcspn(piece, "=");
        memset(pair, 0, sizeof *pair);
        pair->has_value = piece[name] != 0;
        piece[name] = 0;
        text_set(&pair->name, piece);
        text_set(&pair->value, pair->has_value ? piece + name + 1 : "");
    }
    return true;
}

static bool take_text(struct text *to, struct dt_slice s)
{
    if (s.len >= TEXT - 1)
        return false;
    to->s[0] = 0;
    put_bytes(to->s, TEXT, s.ptr, s.len);
    return true;
}

/* The request for a URL, by the same client. */
static bool take_url(struct request *request, const struct dt_url *url)
{
    static char mem[3][200 * TEXT];
    struct dt_slice host, path, query;
    if (!dt_url_is_http(url) || url->path.len > 20 * TEXT || url->query.len > 20 * TEXT ||
        url->host.len > 20 * TEXT || dt_norm_host(url->host, mem[0], sizeof mem[0], &host) ||
        dt_norm_path(url->path, mem[1], sizeof mem[1], &path) ||
        dt_norm_query(url->query, mem[2], sizeof mem[2], &query))
        return false;
    request->scheme = dt_slice_eq(url->scheme, DT_S("https")) ? HTTPS : HTTP;
    request->port = dt_url_port(url);
    if (!take_text(&request->host, host) || !take_text(&request->path, path) ||
        !take_text(&request->query, query))
        return false;
    snprintf(request->spelling, sizeof request->spelling, "%s", request->path.s);
    return add_params(request);
}

static void url_of(const struct request *request, char *to, size_t cap)
{
    snprintf(to, cap, "%s://%s:%d%s%s%s", request->scheme == HTTP ? "http" : "https",
             request->host.s, request->port, request->path.s, request->query.s[0] ? "?" : "",
             request->query.s);
}

static bool resolve(struct request *request, const char *location)
{
    struct dt_url base = {0}, url = {0};
    char from[6 * TEXT];
    url_of(request, from, sizeof from);
    bool good = !dt_url_parse(dt_slice_str(from), NULL, &base) &&
                !dt_url_parse(dt_slice_str(location), &base, &url) && take_url(request, &url);
    dt_url_release(&base);
    dt_url_release(&url);
    return good;
}

static bool redirects(const struct rule *rule, const char *location)
{
    return rule && location[0] && rule->status >= 301 && rule->status <= 308;
}

static const char *next_method(const struct rule *rule, const char *method)
{
    bool head = strcmp(method, "HEAD") == 0;
    if (rule->status == 303)
        return head ? "HEAD" : "GET";
    return rule->status <= 302 && strcmp(method, "POST") == 0 ? "GET" : method;
}

static bool again(struct trip *trip)
{
    for (int i = 0; i < trip->count; i++)
        if (strcmp(trip->urls[i], trip->urls[trip->count]) == 0) {
            trip->circle = i;
            return true;
        }
    return false;
}

static int times(const struct trip *trip, const struct rule *rule)
{
    int count = 0;
    for (int i = 0; i < trip->count; i++)
        count += trip->rules[i] == rule;
    return count;
}

static bool names_host(const struct rule *rule, const char *host)
{
    if (rule->host_form == ANY_HOST)
        return false;
    return ends_with(host, rule->host.s);
}

/* A rule for any host answers for a host that was not asked first, and that no rule names. */
static bool is_guess(const struct world *world, const struct rule *by, const struct request *first,
                     const struct request *request)
{
    if (!by || by->host_form != ANY_HOST || strcmp(first->host.s, request->host.s) == 0)
        return false;
    for (int i = 0; i < world->count; i++)
        if (names_host(&world->rules[i], request->host.s))
            return false;
    return true;
}

/* With home, such a host is the end. */
static void follow(const struct world *world, const struct request *first, bool home,
                   struct trip *ret)
{
    static struct answer answer;
    struct request request = *first;
    struct trip *trip = ret;
    trip->count = 0;
    trip->circle = -1;
    trip->end = ENDS;
    for (;;) {
        char *url = trip->urls[trip->count];
        url_of(&request, url, sizeof trip->urls[0]);
        if (again(trip)) {
            trip->end = LOOPS;
            return;
        }
        bool long_enough = strlen(request.path.s) > LONG || strlen(request.query.s) > LONG;
        if (long_enough) {
            bool grows = trip->count && times(trip, trip->rules[trip->count - 1]) > 3;
            trip->end = grows ? LOOPS : UNKNOWN;
            return;
        }
        oracle_answer(world, &request, &answer);
        if (!redirects(answer.rule, answer.location) ||
            (home && is_guess(world, answer.rule, first, &request)))
            return;
        if (trip->count == HOPS) {
            trip->end = times(trip, trip->rules[HOPS - 1]) > 3 ? LOOPS : UNKNOWN;
            return;
        }
        trip->rules[trip->count++] = answer.rule;
        request.method = next_method(answer.rule, request.method);
        if (!resolve(&request, answer.location)) {
            trip->urls[trip->count][0] = 0;
            trip->end = strstr(answer.location, "://") && strncmp(answer.location, "http", 4) != 0
                            ? ENDS
                            : UNKNOWN;
            return;
        }
    }
}

static bool request_of(struct dt_slice url, struct request *ret)
{
    struct dt_url parsed = {0};
    memset(ret, 0, sizeof *ret);
    ret->method = "GET";
    ret->country = ret->country_field = "";
    bool good = !dt_url_parse(url, NULL, &parsed) && take_url(ret, &parsed);
    dt_url_release(&parsed);
    return good;
}

/* ---- What was found ---- */

struct state {
    struct world *world;
    struct engine *engine;
    struct dt_check_result *result;
    struct counts *counts;
    bool plain;      /* no conditions: who asks does not matter */
    bool understood; /* no expressions, and no stars inside paths */
};

static bool is(const struct dt_finding *finding, const char *name)
{
    return strcmp(finding->kind->name, name) == 0;
}

static bool fail(const struct state *state, const char *what, const struct dt_finding *finding)
{
    printf("# %s\n", what);
    if (finding)
        printf("# line %u: %s: %.*s [%.*s]\n", finding->line, finding->kind->name,
               DT_SLICE_FMT(finding->message), DT_SLICE_FMT(finding->example));
    printf("%s", state->world->text);
    return false;
}

static bool loop_is_true(const struct state *state, const struct dt_finding *finding)
{
    static struct trip trip;
    struct request request;
    if (!request_of(finding->example, &request))
        return fail(state, "the example is no URL", finding);
    follow(state->world, &request, false, &trip);
    state->counts->told_loops++;
    if (trip.end == UNKNOWN)
        return true;
    if (trip.end != LOOPS)
        return fail(state, "a loop that is none", finding);
    return trip.count && trip.rules[0]->line == (int)finding->line
               ? true
               : fail(state, "a loop at a rule that does not answer", finding);
}

static bool chain_is_true(const struct state *state, const struct dt_finding *finding)
{
    static struct trip trip;
    struct request request;
    char *end;
    long hops = strtol(finding->message.ptr, &end, 10);
    if (!request_of(finding->example, &request))
        return fail(state, "the example is no URL", finding);
    follow(state->world, &request, true, &trip);
    state->counts->chains++;
    if (trip.end == UNKNOWN || end == finding->message.ptr)
        return true;
    if (trip.end != ENDS || trip.count != hops || trip.rules[0]->line != (int)finding->line)
        return fail(state, "a chain that is otherwise", finding);
    return true;
}

static bool findings_are_true(const struct state *state)
{
    for (size_t i = 0; i < dt_check_count(state->result); i++) {
        const struct dt_finding *finding = dt_check_finding(state->result, i);
        if (state->plain && is(finding, "loop") && !loop_is_true(state, finding))
            return false;
        if (state->plain && is(finding, "chain") && !chain_is_true(state, finding))
            return false;
        state->counts->unreachable += is(finding, "unreachable");
    }
    return true;
}

/* ---- What was not ---- */

static bool loop_was_told(const struct state *state, const struct trip *trip)
{
    int from = trip->circle < 0 ? trip->count / 2 : trip->circle;
    for (size_t i = 0; i < dt_check_count(state->result); i++) {
        const struct dt_finding *finding = dt_check_finding(state->result, i);
        if (!is(finding, "loop") && !is(finding, "loop-possible"))
            continue;
        for (int j = from; j < trip->count; j++)
            if (trip->rules[j]->line == (int)finding->line)
                return true;
    }
    return false;
}

static const struct dt_finding *unreachable_at(const struct state *state, int line)
{
    for (size_t i = 0; i < dt_check_count(state->result); i++) {
        const struct dt_finding *finding = dt_check_finding(state->result, i);
        if (is(finding, "unreachable") && finding->line == (unsigned)line)
            return finding;
    }
    return NULL;
}

static bool trip_was_foreseen(const struct state *state, const struct request *request)
{
    static struct trip trip;
    follow(state->world, request, false, &trip);
    state->counts->ends += trip.end == ENDS;
    for (int i = 0; i < trip.count; i++)
        if (unreachable_at(state, trip.rules[i]->line))
            return fail(state, trip.urls[i], unreachable_at(state, trip.rules[i]->line));
    if (trip.end != LOOPS)
        return true;
    state->counts->loops++;
    if (!state->plain || !state->understood || loop_was_told(state, &trip))
        return true;
    for (int i = 0; i <= trip.count; i++)
        printf("# %s (line %d)\n", trip.urls[i], i < trip.count ? trip.rules[i]->line : 0);
    return fail(state, "a loop that was not told", NULL);
}

/* ---- Chains resolved ---- */

static bool resolve_chains(const struct state *state, struct engine *flat)
{
    const struct dt_check_result *result = state->result;
    for (size_t i = 0; i < dt_check_flat_count(result); i++) {
        const struct dt_flat *one = dt_check_flat(result, i);
        struct dt_rule *rule = &flat->set->rules[one->rule];
        struct dt_action action = flat->set->actions[rule->action];
        action.status = one->status;
        rule->target = one->target;
        if (!dt_ruleset_intern_action(flat->set, &action, &rule->action))
            return false;
        state->counts->flat++;
    }
    return engine_compile(flat);
}

/* Hops to where an engine sends a request in the end; -1: it is not known, or goes around. */
static int hops_to(const struct engine *engine, const struct request *first, char *ret, size_t cap)
{
    struct request request = *first;
    for (int hops = 0; hops <= HOPS / 2; hops++) {
        struct dt_request asked;
        struct dt_decision got;
        char location[8 * TEXT];
        if (!engine_request(engine, &request, false, &asked) ||
            dt_match(&engine->snapshot, &asked, engine->scratch, &got))
            return -1;
        url_of(&request, ret, cap);
        const struct dt_status *status = got.matched ? dt_status_get(got.status) : NULL;
        if (!status || !status->location || !got.location.len)
            return hops;
        if (got.location.len >= sizeof location)
            return -1;
        snprintf(location, sizeof location, "%.*s", DT_SLICE_FMT(got.location));
        struct rule rule = {.status = got.status};
        request.method = next_method(&rule, request.method);
        if (!resolve(&request, location)) {
            snprintf(ret, cap, "%s", location);
            return hops + 1;
        }
    }
    return -1;
}

static bool ends_alike(const struct state *state, const struct engine *flat,
                       const struct request *request)
{
    char before[8 * TEXT], after[8 * TEXT];
    int hops = hops_to(state->engine, request, before, sizeof before);
    int now = hops < 0 ? -1 : hops_to(flat, request, after, sizeof after);
    if (hops < 0)
        return true;
    state->counts->shorter += now < hops;
    if (now >= 0 && now <= hops && strcmp(before, after) == 0)
        return true;
    char url[6 * TEXT];
    url_of(request, url, sizeof url);
    printf("# %s %s: %d hops to %s, and resolved %d to %s\n", request->method, url, hops, before,
           now, after);
    for (size_t i = 0; i < dt_check_flat_count(state->result); i++)
        printf("# line %u: %u %.*s\n",
               dt_ruleset_rule(state->engine->set, dt_check_flat(state->result, i)->rule)->line,
               dt_check_flat(state->result, i)->status,
               DT_SLICE_FMT(dt_check_flat(state->result, i)->target));
    return fail(state, "a chain resolved to something else", NULL);
}

/* ---- Worlds ---- */

static bool try_requests(const struct state *state, struct maker *maker)
{
    static struct request request;
    struct engine flat = {.scratch = state->engine->scratch};
    bool has_flat = dt_check_flat_count(state->result) > 0;
    bool good = true;
    if (has_flat && (!engine_open(&flat, state->world, true) || !resolve_chains(state, &flat)))
        return fail(state, "the resolved rules cannot be compiled", NULL);
    for (int i = 0; good && i < REQUESTS; i++) {
        generate_request(maker, state->world, &request);
        good =
            trip_was_foreseen(state, &request) && (!has_flat || ends_alike(state, &flat, &request));
    }
    if (has_flat)
        engine_close(&flat);
    return good;
}

static bool run_world(struct maker *maker, struct world *world, struct dt_match_scratch *scratch,
                      struct counts *counts)
{
    struct engine engine = {.scratch = scratch};
    if (!engine_open(&engine, world, true))
        return false;
    const unsigned asking = WITH_CONDITIONS | WITH_TIMES | WITH_MAINTENANCE;
    struct state state = {.world = world,
                          .engine = &engine,
                          .counts = counts,
                          .plain = !(maker->features & asking),
                          .understood = true};
    for (int i = 0; i < world->count; i++)
        if (world->rules[i].regex ||
            (strchr(world->rules[i].path.s, '*') && !ends_with(world->rules[i].path.s, "/*")))
            state.understood = false;
    struct dt_check_options options = {
        .set = engine.set, .snapshot = &engine.snapshot, .now = maker->noon - 400 * 86400};
    bool good = dt_check_new(&options, &state.result) == DT_OK;
    if (good) {
        good = findings_are_true(&state) && try_requests(&state, maker);
        dt_check_free(state.result);
    }
    engine_close(&engine);
    counts->worlds++;
    return good;
}

int main(int argc, char **argv)
{
    long worlds = argc > 1 ? atol(argv[1]) : 700;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 20261122;
    struct world *world = calloc(1, sizeof *world);
    struct dt_match_scratch *scratch = malloc(sizeof *scratch);
    struct maker maker = {.random = {seed * 2654435761u + 1}};
    struct counts counts = {0};
    bool good = world && scratch;
    printf("1..1\n");
    while (good && counts.worlds < worlds) {
        generate_world(&maker, world);
        good = run_world(&maker, world, scratch, &counts);
    }
    bool met = worlds < 500 || (counts.loops && counts.told_loops && counts.unreachable &&
                                counts.chains && counts.flat && counts.ends && counts.shorter);
    printf("# %ld loops met, %ld told, %ld rules never answer, %ld chains, %ld resolved, %ld "
           "requests shorter\n",
           counts.loops, counts.told_loops, counts.unreachable, counts.chains, counts.flat,
           counts.shorter);
    printf("%sok 1 - what is said of %ld rule sets is so (seed %llu)\n", good && met ? "" : "not ",
           counts.worlds, (unsigned long long)seed);
    free(scratch);
    free(world);
    return good && met ? 0 : 1;
}
