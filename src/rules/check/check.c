/* SPDX-License-Identifier: MIT
 *
 * A check: the passes, one after another, and what they found. A pass only adds; here is kept what
 * it adds, put in the order in which people read, and told how far the work has come.
 */
#include "rules/check/checker.h"

#include "rules/ruleset_priv.h"
#include "rules/write/order.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LONGEST_MESSAGE 4096
#define TICKS (UINT64_C(1) << 13) /* between two words about progress */
#define PASSES 4u                 /* that look at every rule; silences are the findings' */

struct dt_check_result {
    struct dt_arena arena;
    struct dt_finding *findings;
    size_t count, cap;
    size_t unknown;
    struct dt_flat *flat;
    size_t flat_count, flat_cap;
};

/* ---- Adding ---- */

__attribute__((format(printf, 2, 0))) static struct dt_slice
format_message(struct dt_arena *arena, const char *format, va_list args)
{
    char text[LONGEST_MESSAGE];
    int len = vsnprintf(text, sizeof text, format, args);
    if (len < 0)
        len = 0;
    if (len >= LONGEST_MESSAGE) { /* cut, and not within a character */
        len = LONGEST_MESSAGE - 1;
        while (len && ((unsigned char)text[len - 1] & 0x80))
            len--;
    }
    return dt_arena_copy(arena, dt_slice_of(text, (size_t)len));
}

struct dt_finding *dt_check_add(struct dt_checker *checker, enum dt_finding_id kind, uint32_t rule,
                                struct dt_slice example, const char *format, ...)
{
    if (checker->err)
        return NULL;
    struct dt_check_result *result = checker->result;
    va_list args;
    va_start(args, format);
    struct dt_slice message = format_message(&checker->arena, format, args);
    va_end(args);
    struct dt_slice copy = DT_SLICE_NONE;
    if (example.len)
        copy = dt_arena_copy(&checker->arena, example);
    void *mem = result->findings;
    if (!message.ptr || copy.len != example.len ||
        !dt_grow(&mem, result->count, &result->cap, sizeof *result->findings)) {
        checker->err = DT_ERR_NOMEM;
        return NULL;
    }
    result->findings = mem;
    const struct dt_rule *of = dt_ruleset_rule(checker->set, rule);
    struct dt_finding *finding = &result->findings[result->count++];
    *finding = (struct dt_finding){
        .kind = dt_finding_kind((size_t)kind),
        .rule = rule,
        .file = of ? of->file : 0,
        .line = of ? of->line : 0,
        .message = message,
        .example = copy,
        .other = UINT32_MAX,
    };
    return finding;
}

struct dt_finding *dt_check_findings(struct dt_checker *checker, size_t *ret_count)
{
    *ret_count = checker->result->count;
    return checker->result->findings;
}

void dt_check_drop(struct dt_checker *checker,
                   bool (*is)(const struct dt_finding *finding, void *ctx), void *ctx)
{
    struct dt_check_result *result = checker->result;
    size_t kept = 0;
    for (size_t i = 0; i < result->count; i++)
        if (!is(&result->findings[i], ctx))
            result->findings[kept++] = result->findings[i];
    result->count = kept;
}

void dt_check_unknown_add(struct dt_checker *checker)
{
    checker->result->unknown++;
}

void dt_check_flat_add(struct dt_checker *checker, uint32_t rule, uint16_t status,
                       struct dt_slice target)
{
    if (checker->err)
        return;
    struct dt_check_result *result = checker->result;
    struct dt_slice copy = dt_arena_copy(&checker->arena, target);
    void *mem = result->flat;
    if (copy.len != target.len ||
        !dt_grow(&mem, result->flat_count, &result->flat_cap, sizeof *result->flat)) {
        checker->err = DT_ERR_NOMEM;
        return;
    }
    result->flat = mem;
    result->flat[result->flat_count++] = (struct dt_flat){rule, status, copy};
}

void dt_check_tick(struct dt_checker *checker)
{
    if (++checker->done % TICKS == 0 && checker->options->progress)
        checker->options->progress(checker->options->ctx, checker->done, checker->total);
}

/* ---- The order of findings ---- */

static int compare_findings(const void *a, const void *b)
{
    const struct dt_finding *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->kind != y->kind) /* rows of one table */
        return x->kind < y->kind ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    if (x->col != y->col)
        return x->col < y->col ? -1 : 1;
    return dt_slice_cmp(x->message, y->message);
}

static int compare_flat(const void *a, const void *b)
{
    const struct dt_flat *x = a, *y = b;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static void sort_findings(struct dt_check_result *result)
{
    if (result->count)
        qsort(result->findings, result->count, sizeof *result->findings, compare_findings);
}

/* ---- All of it ---- */

static void run(struct dt_checker *checker)
{
    static void (*const passes[])(struct dt_checker *) = {
        dt_check_follow,
        dt_check_reach,
        dt_check_targets,
        dt_check_meaning,
    };
    _Static_assert(sizeof passes / sizeof *passes == PASSES, "each pass ticks once a rule");
    for (size_t i = 0; i < PASSES && !checker->err; i++) {
        passes[i](checker);
        checker->done = (uint64_t)(i + 1) * checker->count;
        if (checker->options->progress)
            checker->options->progress(checker->options->ctx, checker->done, checker->total);
    }
    if (checker->err)
        return;
    sort_findings(checker->result);
    dt_check_allow(checker);
    sort_findings(checker->result);
    if (checker->result->flat_count)
        qsort(checker->result->flat, checker->result->flat_count, sizeof *checker->result->flat,
              compare_flat);
}

static enum dt_err prepare(struct dt_checker *checker, uint32_t *order)
{
    checker->maker = dt_witness_new(checker->set, checker->now);
    checker->winner = malloc(((size_t)checker->count + 1) * sizeof *checker->winner);
    checker->scratch = malloc(sizeof *checker->scratch);
    if (!checker->maker || !checker->scratch || !checker->winner || !order)
        return DT_ERR_NOMEM;
    memset(checker->winner, 0xff, checker->count * sizeof *checker->winner);
    checker->order = order;
    return dt_rules_order(checker->set, order);
}

enum dt_err dt_check_new(const struct dt_check_options *options, struct dt_check_result **ret)
{
    size_t count = dt_ruleset_count(options->set);
    struct dt_check_result *result = calloc(1, sizeof *result);
    uint32_t *order = malloc((count + 1) * sizeof *order);
    struct dt_checker checker = {
        .set = options->set,
        .snapshot = options->snapshot,
        .now = options->now,
        .count = (uint32_t)count,
        .result = result,
        .options = options,
        .total = (uint64_t)count * PASSES,
    };
    checker.err = result ? prepare(&checker, order) : DT_ERR_NOMEM;
    if (!checker.err)
        run(&checker);
    dt_witness_free(checker.maker);
    free(checker.scratch);
    free(checker.winner);
    free(order);
    if (result)
        result->arena = checker.arena;
    if (checker.err) {
        dt_check_free(result);
        return checker.err;
    }
    *ret = result;
    return DT_OK;
}

void dt_check_free(struct dt_check_result *result)
{
    if (!result)
        return;
    dt_arena_release(&result->arena);
    free(result->findings);
    free(result->flat);
    free(result);
}

size_t dt_check_count(const struct dt_check_result *result)
{
    return result->count;
}

const struct dt_finding *dt_check_finding(const struct dt_check_result *result, size_t at)
{
    return at < result->count ? &result->findings[at] : NULL;
}

size_t dt_check_unknown(const struct dt_check_result *result)
{
    return result->unknown;
}

size_t dt_check_flat_count(const struct dt_check_result *result)
{
    return result->flat_count;
}

const struct dt_flat *dt_check_flat(const struct dt_check_result *result, size_t at)
{
    return at < result->flat_count ? &result->flat[at] : NULL;
}
