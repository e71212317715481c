/* SPDX-License-Identifier: MIT
 *
 * A rule text, checked, and what was found in it as lines.
 */
#ifndef DT_TEST_LINT_CASE_H
#define DT_TEST_LINT_CASE_H

#include "rules/check/checker.h"
#include "snapshot_util.h"

#include "semantics/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct lint_case {
    const char *rules;
    const char *want;
};

static char found[64 << 10];

static inline int64_t moment(const char *text)
{
    int64_t at;
    bool local;
    const char *why;
    assert_int_equal(dt_civil_parse(dt_slice_str(text), &at, &local, &why), DT_OK);
    return at;
}

static inline bool is_of_others(const char *name)
{
    static const char *const others[] = {"loop",        "loop-possible", "chain",
                                         "chain-mixed", "unreachable",   "shadowed"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i], name) == 0)
            return true;
    return false;
}

static inline struct dt_check_result *check_at(const struct compiled *compiled, const char *now)
{
    struct dt_check_result *result;
    const struct dt_check_options options = {
        .set = compiled->set, .snapshot = &compiled->snapshot, .now = moment(now)};
    assert_int_equal(dt_check_new(&options, &result), DT_OK);
    return result;
}

/* One line for each finding; what is silenced has "(REASON)" behind it. */
static inline const char *list(const struct dt_check_result *result)
{
    size_t len = 0;
    found[0] = 0;
    for (size_t i = 0; i < dt_check_count(result); i++) {
        const struct dt_finding *finding = dt_check_finding(result, i);
        if (is_of_others(finding->kind->name))
            continue;
        len += (size_t)snprintf(found + len, sizeof found - len, "%u %s", finding->line,
                                finding->kind->name);
        if (finding->allowed)
            len += (size_t)snprintf(found + len, sizeof found - len, " (%.*s)",
                                    DT_SLICE_FMT(finding->reason));
        len += (size_t)snprintf(found + len, sizeof found - len, "\n");
        assert_true(len < sizeof found);
    }
    return found;
}

#endif
