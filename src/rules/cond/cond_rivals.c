/* SPDX-License-Identifier: MIT
 *
 * What a client prefers can only be said when one knows what there is: "de, en;q=0.9" prefers
 * German to English, and English to nothing. So a condition on the language must know the languages
 * of all rules for the same source. They are gathered here, when all rules are read.
 */
#include "rules/cond/cond_read.h"
#include "rules/cond/cond_write.h"

#include "base/hash.h"
#include <stdlib.h>

struct row {
    uint64_t hash; /* of the source */
    size_t rule;
};

#define SOURCE_FLAGS                                                                               \
    (DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH | DT_RULE_EXACT_QUERY | DT_RULE_URL |              \
     DT_RULE_RELATIVE)

static unsigned labels_of(const struct dt_rule *rule)
{
    return rule->more ? rule->more->labels : 0;
}

static uint64_t hash_source(const struct dt_rule *rule)
{
    const uint64_t numbers[] = {rule->port,      rule->scheme,  rule->host_kind,
                                rule->path_kind, rule->nparams, rule->flags & SOURCE_FLAGS,
                                labels_of(rule)};
    uint64_t hash = dt_hash64(numbers, sizeof numbers, 0);
    hash = dt_hash64(rule->host.ptr, rule->host.len, hash);
    hash = dt_hash64(rule->path.ptr, rule->path.len, hash);
    return dt_rule_params_hash(rule, hash);
}

static bool same_source(const struct dt_rule *a, const struct dt_rule *b)
{
    return a->port == b->port && a->scheme == b->scheme && a->host_kind == b->host_kind &&
           a->path_kind == b->path_kind && !((a->flags ^ b->flags) & SOURCE_FLAGS) &&
           labels_of(a) == labels_of(b) && dt_slice_eq(a->host, b->host) &&
           dt_slice_eq(a->path, b->path) && dt_rule_params_eq(a, b);
}

static int compare(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static const struct dt_conditions *conditions_of(const struct dt_ruleset *set,
                                                 const struct dt_rule *rule)
{
    return &set->conditions[rule->conditions];
}

static bool has_lang(const struct dt_conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (conditions->list[i].kind == DT_CONDITION_LANG)
            return true;
    return false;
}

/* ---- One source ---- */

struct group {
    struct dt_ruleset *set;
    size_t *rules; /* in file order */
    size_t count;
    struct dt_slice langs[DT_LIMIT_LANGS];
    uint16_t nlangs;
};

/* False: one too many. */
static bool add_lang(struct group *group, struct dt_slice lang)
{
    for (size_t i = 0; i < group->nlangs; i++)
        if (dt_slice_eq(group->langs[i], lang))
            return true;
    if (group->nlangs == DT_LIMIT_LANGS)
        return false;
    group->langs[group->nlangs++] = lang;
    return true;
}

static enum dt_err too_many(struct group *group, const struct dt_rule *rule)
{
    enum dt_err err = dt_ruleset_diag_add(
        group->set, DT_SEVERITY_ERROR, (struct dt_place){rule->file, rule->line, 1, 1}, "cond-many",
        "more than %u languages for one source", DT_LIMIT_LANGS);
    return err ? err : DT_ERR_LIMIT;
}

static enum dt_err gather(struct group *group)
{
    group->nlangs = 0;
    for (size_t r = 0; r < group->count; r++) {
        const struct dt_rule *rule = &group->set->rules[group->rules[r]];
        const struct dt_conditions *conditions = conditions_of(group->set, rule);
        for (size_t i = 0; i < conditions->count; i++) {
            const struct dt_condition *condition = &conditions->list[i];
            for (size_t t = 0; condition->kind == DT_CONDITION_LANG && t < condition->count; t++)
                if (!add_lang(group, condition->texts[t]))
                    return too_many(group, rule);
        }
    }
    return DT_OK;
}

static enum dt_err apply(struct group *group)
{
    struct dt_ruleset *set = group->set;
    struct dt_slice *langs = dt_arena_alloc(&set->arena, group->nlangs * sizeof *langs);
    if (!langs)
        return DT_ERR_NOMEM;
    memcpy(langs, group->langs, group->nlangs * sizeof *langs);
    for (size_t r = 0; r < group->count; r++) {
        struct dt_rule *rule = &set->rules[group->rules[r]];
        struct dt_conditions copy = *conditions_of(set, rule);
        struct dt_condition *list = dt_arena_alloc(&set->arena, copy.count * sizeof *list);
        if (!list)
            return DT_ERR_NOMEM;
        for (size_t i = 0; i < copy.count; i++) {
            list[i] = copy.list[i];
            if (list[i].kind == DT_CONDITION_LANG) {
                list[i].rivals = langs;
                list[i].nrivals = group->nlangs;
            }
        }
        copy.list = list;
        if (!dt_ruleset_intern_conditions(set, &copy, &rule->conditions))
            return DT_ERR_NOMEM;
    }
    return DT_OK;
}

/* ---- All ---- */

static enum dt_err collect(const struct dt_ruleset *set, struct row **ret_rows, size_t *ret_count)
{
    struct row *rows = NULL;
    size_t count = 0, room = 0;
    bool *lang = calloc(set->condition_count, sizeof *lang);
    bool any = false;
    if (!lang)
        return DT_ERR_NOMEM;
    for (size_t i = 1; i < set->condition_count; i++)
        any |= lang[i] = has_lang(&set->conditions[i]);
    for (size_t i = 0; any && i < set->count; i++) {
        void *mem = rows;
        if (!lang[set->rules[i].conditions])
            continue;
        if (!dt_grow(&mem, count, &room, sizeof *rows)) {
            free(rows);
            free(lang);
            return DT_ERR_NOMEM;
        }
        rows = mem;
        rows[count++] = (struct row){hash_source(&set->rules[i]), i};
    }
    free(lang);
    *ret_rows = rows;
    *ret_count = count;
    return DT_OK;
}

/* The rows of one hash; nearly always one source. Takes out those of the first one's source. */
static enum dt_err next_source(struct group *group, struct row *rows, size_t *count)
{
    const struct dt_rule *first = &group->set->rules[rows[0].rule];
    size_t kept = 0;
    group->count = 0;
    for (size_t i = 0; i < *count; i++) {
        if (same_source(first, &group->set->rules[rows[i].rule]))
            group->rules[group->count++] = rows[i].rule;
        else
            rows[kept++] = rows[i];
    }
    *count = kept;
    enum dt_err err = gather(group);
    return err ? err : apply(group);
}

enum dt_err dt_cond_rivals(struct dt_ruleset *set)
{
    struct row *rows = NULL;
    size_t count = 0;
    enum dt_err err = collect(set, &rows, &count);
    if (err || count == 0)
        return err;
    struct group *group = malloc(sizeof *group);
    size_t *rules = malloc(count * sizeof *rules);
    if (!group || !rules)
        err = DT_ERR_NOMEM;
    else
        *group = (struct group){.set = set, .rules = rules};
    qsort(rows, count, sizeof *rows, compare);
    for (size_t at = 0, end; !err && at < count; at = end) {
        for (end = at + 1; end < count && rows[end].hash == rows[at].hash;)
            end++;
        size_t left = end - at;
        while (!err && left)
            err = next_source(group, rows + at, &left);
    }
    free(group);
    free(rules);
    free(rows);
    return err;
}
