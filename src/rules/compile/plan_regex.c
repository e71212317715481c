/* SPDX-License-Identifier: MIT
 *
 * Rules whose expression decides: regexes, and paths with a star inside, which are turned into one.
 * What is known of the beginning of every path that an expression matches makes it a key of the
 * table, as a path with names is; those of which nothing is known, or that share their beginning
 * with too many others, are left to a scanner for their host.
 */
#include "rules/regex/regex.h"

#include "rules/compile/plan.h"
#include "rules/regex/regex_pool.h"

#include <stdlib.h>

#define SHARED_MAX 8u /* expressions behind one beginning that are tried one by one */

/* What is known of an item before it has its place. */
struct known {
    struct dt_slice shape;
    uint64_t hash; /* of the shape with its host */
    uint32_t item;
    bool nocase;
};

struct work {
    struct dt_plan *plan;
    struct known *known;
    uint32_t next_scope;
};

static bool has_expression(const struct dt_rule *rule)
{
    return rule->path_kind == DT_PATH_GLOB || rule->path_kind == DT_PATH_REGEX;
}

/* "/a/NAME/mSTAR.png" as "^/a/([^/]+)/m(.*)\.png$". */
static enum dt_err glob_text(struct dt_plan *plan, const struct dt_rule *rule,
                             struct dt_slice *ret_text, uint32_t *ret_star)
{
    size_t cap = 8 * rule->path.len + 16, len = 0;
    char *mem = dt_arena_alloc(&plan->arena, cap);
    if (!mem)
        return DT_ERR_NOMEM;
    uint32_t group = 0;
    mem[len++] = '^';
    for (size_t i = 0, from = 0; i <= rule->path.len; i++) {
        bool end = i == rule->path.len;
        if (!end && rule->path.ptr[i] != DT_PATH_NAME && rule->path.ptr[i] != DT_PATH_STAR)
            continue;
        if (!dt_regex_quote(dt_slice_of(rule->path.ptr + from, i - from), mem, cap, &len))
            return DT_ERR_SPACE;
        from = i + 1;
        if (end)
            break;
        bool star = rule->path.ptr[i] == DT_PATH_STAR;
        struct dt_slice text = star ? DT_S("(.*)") : DT_S("([^/]+)");
        if (len + text.len + 1 > cap)
            return DT_ERR_SPACE;
        memcpy(mem + len, text.ptr, text.len);
        len += text.len;
        group++;
        if (star)
            *ret_star = group;
    }
    if (rule->flags & DT_RULE_IGNORE_SLASH) {
        /* A request loses one slash, and must end in another if the rule still does. */
        bool another = mem[len - 1] == '/';
        memcpy(mem + len, another ? "/" : "/?", 2);
        len += another ? 1 : 2;
    }
    mem[len++] = '$';
    *ret_text = dt_slice_of(mem, len);
    return DT_OK;
}

static uint8_t item_kind(const struct dt_rule *rule)
{
    if (rule->path_kind == DT_PATH_GLOB)
        return DT_ITEM_GLOB;
    if (!(rule->flags & DT_RULE_URL))
        return DT_ITEM_PATH;
    return rule->flags & DT_RULE_RELATIVE ? DT_ITEM_RELATIVE : DT_ITEM_URL;
}

/* Some segment is written out. */
static bool tells(struct dt_slice shape)
{
    for (size_t i = 0; i < shape.len; i++)
        if (shape.ptr[i] != '/' && shape.ptr[i] != DT_PATH_NAME)
            return true;
    return false;
}

static enum dt_err know(struct work *work, uint32_t rank, uint32_t number)
{
    struct dt_plan *plan = work->plan;
    const struct dt_rule *rule = dt_plan_rule(plan, rank);
    struct dt_plan_item *item = &plan->items[number];
    struct dt_regex_item *expression = &plan->expressions[number];
    *item = (struct dt_plan_item){.rank = rank, .next = DT_PLAN_NONE, .kind = item_kind(rule)};
    expression->nocase = rule->flags & DT_RULE_IGNORE_CASE;
    expression->text = rule->path;
    enum dt_err err = DT_OK;
    if (rule->path_kind == DT_PATH_GLOB)
        err = glob_text(plan, rule, &expression->text, &item->star);
    struct dt_regex regex;
    struct dt_regex_error why;
    if (!err)
        err = dt_regex_check(expression->text, expression->nocase, &plan->arena, &regex, &why);
    struct dt_part *part;
    if (!err)
        err = dt_plan_host_id(plan, rule, &part);
    if (err)
        return err == DT_ERR_SYNTAX ? DT_ERR_INVALID : err;
    if (!dt_part_has_items(part))
        part->best_item = rank;
    /* Marks it as used; the place itself comes when all are known. */
    enum dt_subject subject = dt_item_subject(item->kind);
    if (!part->scopes[subject])
        part->scopes[subject] = ++work->next_scope;
    expression->literal = regex.literal;
    expression->scope = part->scopes[subject] - 1;
    expression->scan = subject != DT_SUBJECT_PATH || !tells(regex.shape);
    struct known *known = &work->known[number];
    *known = (struct known){.shape = regex.shape, .item = number, .nocase = regex.nocase};
    known->hash = dt_hash64(known->shape.ptr, known->shape.len,
                            ((uint64_t)part->id << 2 | known->nocase) + plan->seed);
    return DT_OK;
}

static int by_hash(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static int by_item(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* Those with the same beginning stand side by side once they are sorted by its hash. */
static void scan_crowds(struct work *work)
{
    struct dt_plan *plan = work->plan;
    qsort(work->known, plan->item_count, sizeof *work->known, by_hash);
    for (uint32_t from = 0, to; from < plan->item_count; from = to) {
        for (to = from + 1; to < plan->item_count && work->known[to].hash == work->known[from].hash;
             to++)
            ;
        for (uint32_t i = from; to - from > SHARED_MAX && i < to; i++)
            plan->expressions[work->known[i].item].scan = true;
    }
    qsort(work->known, plan->item_count, sizeof *work->known, by_item);
}

static enum dt_err place(struct work *work, uint32_t number)
{
    struct dt_plan *plan = work->plan;
    const struct known *known = &work->known[number];
    struct dt_part *part;
    enum dt_err err = dt_plan_host_id(plan, dt_plan_rule(plan, plan->items[number].rank), &part);
    if (err || plan->expressions[number].scan)
        return err;
    struct dt_plan_run like = {.kind = DT_RECORD_SHAPE,
                               .forms = known->nocase ? DT_FORM_NOCASE : 0};
    return dt_plan_run_add(plan, part, &like, known->shape, number);
}

/* A scope that no item is left to scan for is none. */
static enum dt_err drop_scopes(struct work *work)
{
    struct dt_plan *plan = work->plan;
    bool *used = calloc(work->next_scope + 1, sizeof *used);
    if (!used)
        return DT_ERR_NOMEM;
    for (uint32_t i = 0; i < plan->item_count; i++)
        used[plan->expressions[i].scope + 1] |= plan->expressions[i].scan;
    enum dt_err err = DT_OK;
    for (uint32_t i = 0; !err && i < plan->item_count; i++) {
        struct dt_part *part;
        err = dt_plan_host_id(plan, dt_plan_rule(plan, plan->items[i].rank), &part);
        for (unsigned s = 0; !err && s < 3; s++)
            if (!used[part->scopes[s]])
                part->scopes[s] = 0;
    }
    free(used);
    return err;
}

static enum dt_err warn(struct dt_plan *plan)
{
    enum dt_err err = DT_OK;
    for (uint32_t i = 0; !err && i < plan->item_count; i++) {
        const struct dt_rule *rule = dt_plan_rule(plan, plan->items[i].rank);
        struct dt_place at = {rule->file, rule->line, 1, 1};
        if (plan->expressions[i].unscanned)
            err = dt_ruleset_diag_add(plan->set, DT_SEVERITY_WARNING, at, "regex-unscanned",
                                      "the scanner cannot take this expression: it is tried on "
                                      "every request for its host");
        else if (plan->expressions[i].prefiltered)
            err = dt_ruleset_diag_add(plan->set, DT_SEVERITY_WARNING, at, "regex-prefiltered",
                                      "the scanner takes this expression only roughly: it is tried "
                                      "more often than it matches");
    }
    return err;
}

static void tell(void *ctx, size_t first, size_t count)
{
    const struct dt_plan *plan = ctx;
    const struct dt_rule *rule = dt_plan_rule(plan, plan->items[first].rank);
    if (plan->set->tell)
        plan->set->tell(plan->set->tell_ctx, rule->file, rule->line, count);
}

static enum dt_err run(struct work *work)
{
    struct dt_plan *plan = work->plan;
    enum dt_err err = DT_OK;
    uint32_t number = 0;
    for (uint32_t rank = 0; !err && rank < plan->count; rank++)
        if (has_expression(dt_plan_rule(plan, rank)))
            err = know(work, rank, number++);
    if (err)
        return err;
    scan_crowds(work);
    for (uint32_t i = 0; !err && i < plan->item_count; i++)
        err = place(work, i);
    if (!err)
        err = drop_scopes(work);
    struct dt_regex_build build = {.progress = tell, .ctx = plan, .seed = plan->seed};
    if (!err)
        err = dt_regex_pool_build(plan->expressions, plan->item_count, &build, &plan->pool,
                                  &plan->pool_len);
    return err ? err : warn(plan);
}

void dt_ruleset_tell(struct dt_ruleset *set,
                     void (*tell_it)(void *ctx, uint32_t file, uint32_t line, size_t count),
                     void *ctx)
{
    set->tell = tell_it;
    set->tell_ctx = ctx;
}

enum dt_err dt_plan_regexes(struct dt_plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++)
        plan->item_count += has_expression(&plan->set->rules[i]);
    if (!plan->item_count)
        return DT_OK;
    plan->items = calloc(plan->item_count, sizeof *plan->items);
    plan->expressions = calloc(plan->item_count, sizeof *plan->expressions);
    struct work work = {.plan = plan, .known = calloc(plan->item_count, sizeof *work.known)};
    enum dt_err err = plan->items && plan->expressions && work.known ? run(&work) : DT_ERR_NOMEM;
    free(work.known);
    return err;
}
