/* SPDX-License-Identifier: MIT
 * What the engine answers beside what the oracle does. */
#include "generate.h"
#include "prop_engine.h"

#include <ctype.h>

struct pair_of {
    const struct world *world;
    const struct request *request;
    const struct answer *want;
    const struct dt_decision *got;
};

/* ---- Vary ---- */

static bool looked_has(const struct looked *looked, const char *name, size_t len)
{
    for (int i = 0; i < looked->count; i++)
        if (strlen(looked->fields[i]) == len && strncasecmp(looked->fields[i], name, len) == 0)
            return true;
    return false;
}

/* The same set of names, in any order, none twice; or "*". */
static bool vary_agrees(const struct pair_of *pair)
{
    struct dt_slice vary = pair->got->vary;
    const struct looked *looked = &pair->want->looked;
    if (looked->any)
        return dt_slice_eq(vary, DT_S("*"));
    int count = 0;
    for (size_t at = 0; at < vary.len;) {
        const char *name = vary.ptr + at, *comma = memchr(name, ',', vary.len - at);
        size_t len = comma ? (size_t)(comma - name) : vary.len - at;
        if (!looked_has(looked, name, len))
            return false;
        count++;
        at += len;
        while (at < vary.len && (vary.ptr[at] == ',' || vary.ptr[at] == ' '))
            at++;
    }
    return count == looked->count;
}

/* ---- Time ---- */

/* The oracle's winner at another moment. */
static const struct rule *winner_at(const struct pair_of *pair, int64_t now)
{
    static struct request then;
    static struct answer answer;
    then = *pair->request;
    then.now = now;
    oracle_answer(pair->world, &then, &answer);
    return answer.rule;
}

static bool has_times(const struct world *world)
{
    for (int i = 0; i < world->count; i++)
        for (int j = 0; j < world->rules[i].nconds; j++)
            if (world->rules[i].conds[j].kind == TIME || world->rules[i].conds[j].kind == WINDOW)
                return true;
    return false;
}

/* Up to the moment that was told, the answer is this one. */
static bool change_agrees(const struct pair_of *pair)
{
    int64_t at = pair->got->changes_at, now = pair->request->now;
    if (!has_times(pair->world))
        return at == DT_TIME_MAX;
    if (!now)
        return true;
    if (at == DT_TIME_MAX)
        return winner_at(pair, now + 86400) == pair->want->rule &&
               winner_at(pair, now + 3600) == pair->want->rule;
    return at > now && winner_at(pair, at - 1) == pair->want->rule &&
           winner_at(pair, now + (at - now) / 2) == pair->want->rule;
}

/* ---- Cache-Control ---- */

/* Every number of seconds in a value, "max-age=60", is at most so many. */
static bool at_most(const char *value, int64_t most)
{
    for (const char *s = strchr(value, '='); s; s = strchr(s + 1, '='))
        if (strtoll(s + 1, NULL, 10) > most)
            return false;
    return true;
}

/* Statuses that caches keep without end, and others that they keep without being told (RFC 9110
 * section 15.1; 451: RFC 7725). */
static bool is_permanent(int status)
{
    return status == 301 || status == 308;
}

static bool is_kept(int status)
{
    return is_permanent(status) || status == 404 || status == 410 || status == 451;
}

static const char *cache_value(const struct rule *rule)
{
    static const char *const VALUES[][2] = {
        {"no", "no-store"},
        {"60", "max-age=60"},
        {"1h", "max-age=3600"},
        {"86400", "max-age=86400"},
        {"\"public, max-age=600\"", "public, max-age=600"},
        {"\"s-maxage=7200, max-age=60, immutable\"", "s-maxage=7200, max-age=60, immutable"},
    };
    const char *cache = rule->cache ? rule->cache : rule->maintenance ? "no" : "";
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++)
        if (strcmp(VALUES[i][0], cache) == 0)
            return VALUES[i][1];
    return "";
}

static bool cache_agrees(const struct pair_of *pair)
{
    const struct rule *rule = pair->want->rule;
    const char *value = cache_value(rule);
    int64_t left =
        pair->got->changes_at == DT_TIME_MAX ? NEVER : pair->got->changes_at - pair->request->now;
    char got[512], want[64];
    snprintf(got, sizeof got, "%.*s", DT_SLICE_FMT(pair->got->cache));
    if (rule->status == STATUS_PASS)
        return true;
    if (!value[0]) {
        snprintf(want, sizeof want, "max-age=%lld", (long long)left);
        /* A 410 is told when its own rule depends on time, and not when only others do. */
        bool told = left != NEVER && is_kept(rule->status);
        return strcmp(got, told ? want : "") == 0 || (!is_permanent(rule->status) && !got[0]);
    }
    if (at_most(value, left) && (left == NEVER || !strstr(value, "immutable")))
        return strcmp(got, value) == 0;
    return at_most(got, left) && !strstr(got, "immutable") && strstr(got, "max-age=");
}

/* ---- All of it ---- */

static bool retry_agrees(const struct pair_of *pair)
{
    int64_t want = pair->want->retry_after;
    return want == NO_RETRY_AFTER ? pair->got->retry_after == DT_RETRY_AFTER_NONE
                                  : pair->got->retry_after == (uint64_t)want;
}

static bool fields_agree(const struct pair_of *pair)
{
    char want[128] = "";
    if (pair->want->rule->set_header) {
        put(want, sizeof want, pair->want->rule->set_header);
        put(want, sizeof want, "\r\n");
    }
    return dt_slice_eq(pair->got->fields, dt_slice_str(want)) &&
           dt_slice_eq(pair->got->page, pair->want->rule->page ? DT_S(PAGE_TEXT) : DT_SLICE_NONE);
}

/* What they do not agree on; NULL: nothing. */
static const char *difference(const struct engine *engine, const struct pair_of *pair)
{
    const struct rule *rule = pair->want->rule;
    int line = pair->got->matched ? engine_line(engine, pair->got->rule) : 0;
    if (line != (rule ? rule->line : 0))
        return "rule";
    if (!vary_agrees(pair))
        return "Vary";
    if (!change_agrees(pair))
        return "changes_at";
    if (!rule)
        return NULL;
    if (pair->got->status != rule->status)
        return "status";
    if (!dt_slice_eq(pair->got->location, dt_slice_str(pair->want->location)))
        return "Location";
    if (!retry_agrees(pair))
        return "Retry-After";
    if (!cache_agrees(pair))
        return "Cache-Control";
    return fields_agree(pair) ? NULL : "fields or page";
}

static void tell_request(const struct request *request)
{
    printf("# %s %s://%s:%d%s?%s (%s)\n", request->method,
           request->scheme == HTTP ? "http" : "https", request->host.s, request->port,
           request->spelling, request->query.s, request->path.s);
    printf("#   at %lld, address %s, country \"%s\" of \"%s\"\n", (long long)request->now,
           request->address ? request->address : "none", request->country, request->country_field);
    for (int i = 0; i < request->nheaders; i++)
        printf("#   %s: %s\n", request->headers[i].name, request->headers[i].value);
}

static void tell(const struct engine *engine, const struct pair_of *pair, const char *what)
{
    const struct dt_decision *got = pair->got;
    const struct rule *rule = pair->want->rule;
    printf("# they do not agree on: %s\n", what);
    tell_request(pair->request);
    printf("# engine: line %d, %u %.*s; vary \"%.*s\", retry %lld, cache "
           "\"%.*s\", changes %lld\n",
           got->matched ? engine_line(engine, got->rule) : 0, got->status,
           DT_SLICE_FMT(got->location), DT_SLICE_FMT(got->vary), (long long)got->retry_after,
           DT_SLICE_FMT(got->cache), (long long)got->changes_at);
    printf("# oracle: line %d, %d %s; vary \"", rule ? rule->line : 0, rule ? rule->status : 0,
           pair->want->location);
    for (int i = 0; i < pair->want->looked.count; i++)
        printf("%s%s", i ? ", " : "", pair->want->looked.fields[i]);
    printf("%s\", retry %lld\n", pair->want->looked.any ? " *" : "",
           (long long)pair->want->retry_after);
    printf("%s", pair->world->text);
}

bool engine_agrees(struct engine *engine, const struct world *world, const struct request *request,
                   const struct answer *answer, bool say)
{
    struct dt_request asked;
    struct dt_decision got = {0};
    struct pair_of pair = {world, request, answer, &got};
    const char *what = "the normal form";
    if (engine_request(engine, request, true, &asked)) {
        enum dt_err err = dt_match(&engine->snapshot, &asked, engine->scratch, &got);
        what = err ? dt_err_name(err) : difference(engine, &pair);
    }
    if (what && say)
        tell(engine, &pair, what);
    return !what;
}

/* The pieces of a Location are the Location, and who is said not to apply does not match. */
static bool explains(struct engine *engine, const struct dt_request *asked,
                     const struct dt_candidate *all, size_t count)
{
    static struct dt_built built;
    static char location[DT_MATCH_LOCATION_MAX];
    struct dt_missed missed[RULES_MAX];
    struct dt_decision decision;
    size_t nmissed = 0, at = 0;
    if (dt_match(&engine->snapshot, asked, engine->scratch, &decision))
        return count == 0;
    size_t len = decision.matched ? decision.location.len : 0;
    if (len)
        memcpy(location, decision.location.ptr, len);
    if (dt_match_build(&engine->snapshot, asked, engine->scratch, &built))
        return false;
    for (size_t i = 0; i < built.npieces; i++) {
        struct dt_slice text = built.pieces[i].text;
        if (text.len > len - at || memcmp(location + at, text.ptr, text.len) != 0)
            return false;
        at += text.len;
    }
    if (at != len ||
        dt_match_missed(&engine->snapshot, asked, engine->scratch, RULES_MAX, missed, &nmissed))
        return false;
    for (size_t i = 0; i < nmissed; i++)
        for (size_t j = 0; j < count; j++)
            if (missed[i].rule == all[j].rule)
                return false;
    return true;
}

bool engine_agrees_on_all(struct engine *engine, const struct world *world,
                          const struct request *request, bool say)
{
    struct dt_request asked;
    struct dt_candidate got[RULES_MAX];
    const struct rule *want[RULES_MAX];
    size_t count = 0;
    int wanted = oracle_all(world, request, want);
    bool same = engine_request(engine, request, false, &asked) &&
                !dt_match_all(&engine->snapshot, &asked, engine->scratch, RULES_MAX, got, &count) &&
                (int)count == wanted;
    for (int i = 0; same && i < wanted; i++)
        same = engine_line(engine, got[i].rule) == want[i]->line && got[i].wins == (i == 0);
    same = same && explains(engine, &asked, got, count);
    if (same || !say)
        return same;
    printf("# they do not agree on all rules that match, or on why\n");
    tell_request(request);
    for (size_t i = 0; i < count && i < RULES_MAX; i++)
        printf("# engine: line %d%s\n", engine_line(engine, got[i].rule),
               got[i].wins ? ", wins" : "");
    for (int i = 0; i < wanted; i++)
        printf("# oracle: line %d\n", want[i]->line);
    printf("%s", world->text);
    return false;
}
