/* SPDX-License-Identifier: MIT
 *
 * Which requests tell two rule sets apart? Each rule's own, first of all: a rule that is only on
 * one side answers its own request there, unless a better rule does. Then those that just miss it,
 * for rules of two dialects often agree on what they are for and not on where that ends: the same
 * path with and without a final slash, a page below it, another host, a client without what the
 * rule asks for, and the seconds around the moments at which it begins and ends.
 *
 * Most rules of two sets to be compared are the same, so a request that was asked for one side is
 * not asked again for the other. Those are told by a hash of 64 bits: the odds that one of ten
 * million is taken for another are one to 300,000.
 */
#include "traffic/compare_priv.h"

#include "base/hash.h"

#include <detour/uri.h>
#include <stdlib.h>

#define VARIANTS_MAX 16u
#define FIRST_ASKED ((size_t)1 << 12)
#define TICK 4096u

enum near {
    NEAR_ITSELF,
    NEAR_SLASH,  /* with a final slash, or without the one that it has */
    NEAR_BELOW,  /* a page below */
    NEAR_HOST,   /* another host */
    NEAR_QUERY,  /* a parameter that nobody asks for */
    NEAR_CLIENT, /* a client of whom nothing is known */
    NEAR_BEFORE, /* a second before it begins */
    NEAR_BEGIN,
    NEAR_LAST, /* a second before it ends */
    NEAR_END,
    NEAR_COUNT,
};

struct dt_compare *dt_compare_new(const struct dt_compare_options *options)
{
    struct dt_compare *compare = calloc(1, sizeof *compare);
    if (!compare)
        return NULL;
    compare->options = *options;
    compare->options.defaults.wants = dt_compare_wants(options);
    dt_seen_init(&compare->groups, SIZE_MAX);
    dt_seen_init(&compare->sites, 65536);
    dt_seen_init(&compare->requests, options->distinct);
    dt_log_reader_init(&compare->reader, &compare->options.defaults);
    uint32_t needs = options->snapshots[0]->needs | options->snapshots[1]->needs;
    compare->cached = needs == 0 || (needs == DT_NEED_TIME && options->defaults.at);
    bool fine = true;
    for (unsigned side = 0; side < 2; side++)
        if (options->sets[side]) {
            compare->makers[side] = dt_witness_new(options->sets[side], options->now);
            fine &= compare->makers[side] != NULL;
        }
    if (!fine) {
        dt_compare_free(compare);
        return NULL;
    }
    return compare;
}

void dt_compare_free(struct dt_compare *compare)
{
    if (!compare)
        return;
    for (unsigned side = 0; side < 2; side++) {
        dt_witness_free(compare->makers[side]);
        free(compare->unknown[side]);
    }
    dt_seen_release(&compare->groups);
    dt_seen_release(&compare->sites);
    dt_seen_release(&compare->requests);
    dt_arena_release(&compare->arena);
    free(compare->asked);
    free(compare->rows);
    free(compare->lasts);
    free(compare->kept);
    free(compare);
}

/* ---- What was asked ---- */

static uint64_t mix(uint64_t hash, struct dt_slice text)
{
    return dt_hash64(text.len ? text.ptr : "", text.len, hash);
}

static uint64_t hash_of(const struct dt_request *request)
{
    uint64_t rest[2] = {(uint64_t)request->port << 8 | request->scheme, (uint64_t)request->now};
    uint64_t hash = dt_hash64(rest, sizeof rest, request->has_address);
    hash = mix(hash, request->method);
    hash = mix(hash, request->host);
    hash = mix(hash, request->path);
    hash = mix(hash, request->query);
    hash = mix(hash, request->country);
    if (request->has_address)
        hash = dt_hash64(request->address, sizeof request->address, hash);
    for (unsigned i = 0; i < request->nfields; i++) {
        hash = mix(hash, request->fields[i].name);
        hash = mix(hash, request->fields[i].value);
    }
    return hash ? hash : 1;
}

static bool grow(struct dt_compare *compare)
{
    size_t slots = compare->asked ? 2 * (compare->asked_mask + 1) : FIRST_ASKED;
    uint64_t *bigger = calloc(slots, sizeof *bigger);
    if (!bigger)
        return false;
    for (size_t i = 0; compare->asked && i <= compare->asked_mask; i++) {
        size_t at = (size_t)compare->asked[i] & (slots - 1);
        while (compare->asked[i] && bigger[at])
            at = (at + 1) & (slots - 1);
        if (compare->asked[i])
            bigger[at] = compare->asked[i];
    }
    free(compare->asked);
    compare->asked = bigger;
    compare->asked_mask = slots - 1;
    return true;
}

bool dt_compare_note(struct dt_compare *compare, const struct dt_request *request, bool *ret_new)
{
    uint64_t hash = hash_of(request);
    if ((!compare->asked || compare->asked_count >= compare->asked_mask / 4 * 3) && !grow(compare))
        return false;
    size_t at = (size_t)hash & compare->asked_mask;
    while (compare->asked[at] && compare->asked[at] != hash)
        at = (at + 1) & compare->asked_mask;
    *ret_new = !compare->asked[at];
    compare->asked[at] = hash;
    compare->asked_count += *ret_new;
    return true;
}

/* ---- Asking ---- */

enum dt_err dt_compare_ask(struct dt_compare *compare, const struct dt_request *request,
                           struct dt_decision ret[2])
{
    for (unsigned side = 0; side < 2; side++) {
        enum dt_err err = dt_match(compare->options.snapshots[side], request,
                                   &compare->scratches[side], &ret[side]);
        if (err == DT_ERR_DAMAGED || err == DT_ERR_NOMEM || err == DT_ERR_INVALID)
            return err;
        if (err)
            ret[side] = (struct dt_decision){.matched = true,
                                             .status = 500,
                                             .rule = DT_COMPARE_NONE,
                                             .retry_after = DT_RETRY_AFTER_NONE};
    }
    return DT_OK;
}

/* Two Locations that are written differently may lead to one place: "/b" and "http://host/b". */
static bool same_target(const struct dt_request *request, struct dt_slice a, struct dt_slice b)
{
    char mem[2048];
    struct dt_request base = *request;
    struct dt_url from = {.href = DT_SLICE_NONE}, urls[2] = {from, from};
    if (dt_slice_eq(a, b))
        return true;
    if (!a.len || !b.len)
        return false;
    if (!base.host.len)
        base.host = DT_S("host.invalid");
    base.query = DT_SLICE_NONE; /* no Location of a rule is relative to one */
    base.path = DT_S("/");
    struct dt_slice url = dt_request_url(&base, mem, sizeof mem);
    bool same = url.len && dt_url_parse(url, NULL, &from) == DT_OK &&
                dt_url_parse(a, &from, &urls[0]) == DT_OK &&
                dt_url_parse(b, &from, &urls[1]) == DT_OK &&
                dt_slice_eq(urls[0].href, urls[1].href);
    dt_url_release(&from);
    dt_url_release(&urls[0]);
    dt_url_release(&urls[1]);
    return same;
}

unsigned dt_compare_answers(const struct dt_request *request, const struct dt_decision *a,
                            const struct dt_decision *b)
{
    bool answers[2] = {a->matched && a->status != DT_STATUS_PASS,
                       b->matched && b->status != DT_STATUS_PASS};
    unsigned change = 0;
    if (!answers[0] && !answers[1])
        return 0;
    if (answers[0] != answers[1])
        return answers[1] ? DT_CHANGE_ADDED : DT_CHANGE_REMOVED;
    if (a->status != b->status)
        change |= DT_CHANGE_STATUS;
    if (!same_target(request, a->location, b->location))
        change |= DT_CHANGE_TARGET;
    if (!dt_slice_eq(a->cache, b->cache))
        change |= DT_CHANGE_CACHE;
    if (a->retry_after != b->retry_after)
        change |= DT_CHANGE_RETRY;
    if (!dt_slice_eq(a->fields, b->fields))
        change |= DT_CHANGE_FIELDS;
    if (a->note != b->note || !dt_slice_eq(a->note_text, b->note_text) ||
        !dt_slice_eq(a->page, b->page))
        change |= DT_CHANGE_BODY;
    return change;
}

unsigned dt_compare_change(const struct dt_compare *compare, const struct dt_request *request,
                           const struct dt_decision answers[2])
{
    return dt_compare_answers(request, &answers[0], &answers[1]) & ~compare->options.ignore;
}

/* ---- Requests that just miss a rule ---- */

static const struct dt_condition *time_of(const struct dt_ruleset *set, const struct dt_rule *rule)
{
    const struct dt_conditions *all =
        rule->conditions ? dt_ruleset_conditions(set, rule->conditions) : NULL;
    for (uint32_t i = 0; all && i < all->count; i++)
        if (all->list[i].kind == DT_CONDITION_TIME)
            return &all->list[i];
    return NULL;
}

static bool near_path(struct dt_compare *compare, const char *behind, struct dt_request *request)
{
    struct dt_slice path = request->path;
    size_t len = strlen(behind);
    bool slash = path.len > 1 && path.ptr[path.len - 1] == '/';
    if (path.len + len > sizeof compare->near_path)
        return false;
    if (len == 1 && path.len == 1)
        return false;
    if (slash)
        path.len--;
    memcpy(compare->near_path, path.ptr, path.len);
    if (path.len == 1 && len > 1) /* of "/" */
        path.len = 0;
    if (len > 1 || !slash) {
        memcpy(compare->near_path + path.len, behind, len);
        path.len += len;
    }
    request->path = dt_slice_of(compare->near_path, path.len);
    return true;
}

static bool near_query(struct dt_compare *compare, struct dt_request *request)
{
    struct dt_slice query = request->query, more = DT_S("detour=1");
    size_t len = query.len ? query.len + 1 : 0;
    if (len + more.len > sizeof compare->near_path)
        return false;
    if (query.len) {
        memcpy(compare->near_path, query.ptr, query.len);
        compare->near_path[query.len] = '&';
    }
    memcpy(compare->near_path + len, more.ptr, more.len);
    request->query = dt_slice_of(compare->near_path, len + more.len);
    return true;
}

static bool near_time(int64_t at, int64_t none, struct dt_request *request)
{
    if (at == none || at < 1 || at >= INT64_C(253402300800)) /* past the year 9999 */
        return false;
    request->now = at;
    return true;
}

/* Turns the witness of a rule into one that is near. False: there is none of this kind. */
static bool make_near(struct dt_compare *compare, const struct dt_ruleset *set,
                      const struct dt_rule *rule, enum near near, struct dt_request *request)
{
    const struct dt_condition *time = near >= NEAR_BEFORE ? time_of(set, rule) : NULL;
    switch (near) {
    case NEAR_ITSELF:
        return true;
    case NEAR_SLASH:
        return near_path(compare, "/", request);
    case NEAR_BELOW:
        return near_path(compare, "/x", request);
    case NEAR_HOST:
        if (rule->host_kind == DT_HOST_ANY && !(rule->flags & DT_RULE_URL))
            return false;
        request->host = DT_S("other.example");
        return true;
    case NEAR_QUERY:
        return near_query(compare, request);
    case NEAR_CLIENT:
        if (!rule->conditions)
            return false;
        request->method = DT_S("GET");
        request->fields = NULL;
        request->nfields = 0;
        request->has_address = false;
        memset(request->address, 0, sizeof request->address);
        request->country = DT_SLICE_NONE;
        return true;
    case NEAR_BEFORE:
        return time && time->from != DT_TIME_MIN && near_time(time->from - 1, -1, request);
    case NEAR_BEGIN:
        return time && near_time(time->from, DT_TIME_MIN, request);
    case NEAR_LAST:
        return time && time->until != DT_TIME_MAX && near_time(time->until - 1, -1, request);
    case NEAR_END:
        return time && near_time(time->until, DT_TIME_MAX, request);
    case NEAR_COUNT:
        break;
    }
    return false;
}

/* ---- Going through the rules ---- */

struct origin {
    uint32_t rule;
    uint8_t side, variant, near;
};

static enum dt_err ask_once(struct dt_compare *compare, const struct dt_request *request,
                            struct origin from)
{
    struct dt_decision answers[2];
    bool is_new;
    uint32_t row;
    if (!dt_compare_note(compare, request, &is_new))
        return DT_ERR_NOMEM;
    if (!is_new)
        return DT_OK;
    compare->totals.asked++;
    enum dt_err err = dt_compare_ask(compare, request, answers);
    unsigned change = err ? 0 : dt_compare_change(compare, request, answers);
    if (!change)
        return err;
    compare->totals.differ++;
    if (!dt_compare_add(compare, change, answers, &row))
        return DT_ERR_NOMEM;
    compare->rows[row].urls++;
    struct dt_compare_example *example = dt_compare_keep(compare, row);
    if (example) {
        example->rule = from.rule;
        example->side = from.side;
        example->variant = from.variant;
        example->near = from.near;
    }
    return DT_OK;
}

static bool note_unknown(struct dt_compare *compare, unsigned side, uint32_t rule)
{
    size_t at = (size_t)compare->totals.unknown[side];
    if (at == compare->unknown_cap[side]) {
        size_t cap = at ? 2 * at : 64;
        uint32_t *bigger = realloc(compare->unknown[side], cap * sizeof *bigger);
        if (!bigger)
            return false;
        compare->unknown[side] = bigger;
        compare->unknown_cap[side] = cap;
    }
    compare->unknown[side][at] = rule;
    compare->totals.unknown[side]++;
    return true;
}

static enum dt_err ask_rule(struct dt_compare *compare, uint8_t side, uint32_t number)
{
    const struct dt_ruleset *set = compare->options.sets[side];
    const struct dt_rule *rule = dt_ruleset_rule(set, number);
    struct dt_witness witness;
    enum dt_err err = DT_OK;
    for (uint8_t variant = 0; !err && variant < VARIANTS_MAX; variant++) {
        if (!dt_witness_make(compare->makers[side], number, variant, &witness)) {
            if (variant == 0 && !note_unknown(compare, side, number))
                err = DT_ERR_NOMEM;
            break;
        }
        for (uint8_t near = 0; !err && near < (variant ? 1 : NEAR_COUNT); near++) {
            struct dt_request request = witness.request;
            if (make_near(compare, set, rule, (enum near)near, &request))
                err = ask_once(compare, &request, (struct origin){number, side, variant, near});
        }
    }
    return err;
}

enum dt_err dt_compare_rules(struct dt_compare *compare)
{
    const struct dt_compare_options *options = &compare->options;
    uint64_t total = 0, done = 0;
    enum dt_err err = DT_OK;
    for (unsigned side = 0; side < 2; side++)
        total += options->sets[side] ? dt_ruleset_count(options->sets[side]) : 0;
    for (uint8_t side = 0; side < 2; side++) {
        size_t count = options->sets[side] ? dt_ruleset_count(options->sets[side]) : 0;
        for (uint32_t i = 0; i < count && !err; i++) {
            err = ask_rule(compare, side, i);
            if (++done % TICK == 0 && options->progress)
                options->progress(options->ctx, done, total);
        }
    }
    return err;
}

/* ---- Showing ---- */

bool dt_compare_show(struct dt_compare *compare, const struct dt_compare_example *example,
                     struct dt_compare_shown *ret)
{
    struct dt_decision answers[2];
    struct dt_witness witness;
    memset(ret, 0, sizeof *ret);
    if (example->answers) {
        ret->method = example->method;
        ret->url = example->url;
        ret->answers[0] = example->answers[0];
        ret->answers[1] = example->answers[1];
        return true;
    }
    const struct dt_ruleset *set = compare->options.sets[example->side];
    const struct dt_rule *rule = dt_ruleset_rule(set, example->rule);
    if (!dt_witness_make(compare->makers[example->side], example->rule, example->variant, &witness))
        return false;
    compare->shown_request = witness.request;
    struct dt_request *request = &compare->shown_request;
    if (!make_near(compare, set, rule, (enum near)example->near, request) ||
        dt_compare_ask(compare, request, answers) != DT_OK)
        return false;
    ret->method = request->method;
    ret->url = dt_request_url(request, compare->url, sizeof compare->url);
    ret->client = request->nfields || request->has_address || request->country.len;
    ret->at = time_of(set, rule) ? request->now : 0;
    dt_compare_answer_of(&answers[0], &ret->answers[0]);
    dt_compare_answer_of(&answers[1], &ret->answers[1]);
    return true;
}
