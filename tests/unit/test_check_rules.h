/* SPDX-License-Identifier: MIT
 *
 * Small rule sets, and what a check says of them: a table row a finding, "line name: example", in
 * order. Only the kinds of one part of the check are looked at.
 */
#ifndef DT_TEST_CHECK_RULES_H
#define DT_TEST_CHECK_RULES_H

#include "snapshot_util.h"

#include <detour/check.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TEST_NOW INT64_C(1800000000) /* 2027-01-15 */

static struct dt_check_result *check_rules(const char *text, struct compiled *ret)
{
    struct dt_check_result *result = NULL;
    compile(text, ret);
    const struct dt_check_options options = {
        .set = ret->set, .snapshot = &ret->snapshot, .now = TEST_NOW};
    assert_int_equal(dt_check_new(&options, &result), DT_OK);
    return result;
}

static inline bool among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* What is said, a line a finding; the text lives until the next call. */
static inline const char *said(const struct dt_check_result *result, const char *const *names)
{
    static char text[16384];
    size_t len = 0;
    text[0] = 0;
    for (size_t i = 0; i < dt_check_count(result); i++) {
        const struct dt_finding *one = dt_check_finding(result, i);
        if (!among(one->kind->name, names))
            continue;
        assert_true(one->message.len > 0);
        len += (size_t)snprintf(text + len, sizeof text - len, "%u %s: %.*s\n", one->line,
                                one->kind->name, DT_SLICE_FMT(one->example));
        assert_true(len < sizeof text);
    }
    return text;
}

static inline void check_said(const char *rules, const char *want, const char *const *names)
{
    struct compiled compiled;
    struct dt_check_result *result = check_rules(rules, &compiled);
    const char *got = said(result, names);
    if (strcmp(got, want) != 0)
        print_message("%s--- said\n%s", rules, got);
    assert_string_equal(got, want);
    dt_check_free(result);
    compiled_release(&compiled);
}

#endif
