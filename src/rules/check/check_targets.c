/* SPDX-License-Identifier: MIT
 *
 * What targets look like, one rule after another. Most have nothing to tell, and cost a few
 * comparisons. That rules for any scheme lead to http is told once a file, since old maps are full
 * of it.
 */
#include "rules/check/lint.h"

/* http targets of one file. */
struct http_count {
    uint32_t first; /* rule */
    uint32_t count;
};

static void count_http(struct dt_checker *checker, struct http_count *counts, uint32_t number,
                       const struct dt_lint_target *target)
{
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    if (rule->scheme != DT_SCHEME_ANY || rule->port || !dt_slice_eq(target->scheme, DT_S("http")))
        return;
    struct http_count *of = &counts[rule->file];
    if (of->count++ == 0)
        of->first = number;
}

static void tell_http(struct dt_checker *checker, const struct http_count *of)
{
    struct dt_finding *finding = NULL;
    struct dt_slice example = of->count ? dt_lint_example(checker, of->first) : DT_SLICE_NONE;
    if (of->count == 1)
        finding = dt_check_add(checker, DT_FIND_TARGET_HTTP, of->first, example,
                               "those who ask by https are sent to http");
    else if (of->count)
        finding = dt_check_add(checker, DT_FIND_TARGET_HTTP, of->first, example,
                               "%u rules of this file send those who ask by https to http; this "
                               "is the first",
                               of->count);
    dt_lint_at_target(checker, finding);
}

void dt_check_targets(struct dt_checker *checker)
{
    size_t files = dt_ruleset_file_count(checker->set);
    struct http_count *counts = dt_arena_alloc(&checker->arena, (files + 1) * sizeof *counts);
    if (!counts) {
        checker->err = DT_ERR_NOMEM;
        return;
    }
    memset(counts, 0, (files + 1) * sizeof *counts);
    for (uint32_t i = 0; i < checker->count && !checker->err; i++, dt_check_tick(checker)) {
        struct dt_lint_target target = dt_lint_target(dt_ruleset_rule(checker->set, i)->target);
        dt_lint_limits(checker, i, &target);
        if (target.whole.len == 0)
            continue;
        dt_lint_open(checker, i, &target);
        dt_lint_malformed(checker, i, &target);
        dt_lint_host(checker, i, &target);
        count_http(checker, counts, i, &target);
    }
    for (size_t i = 0; i < files; i++)
        tell_http(checker, &counts[i]);
}
