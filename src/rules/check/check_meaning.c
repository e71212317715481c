/* SPDX-License-Identifier: MIT
 *
 * What a rule's status says to those who get it, held against what the rule is for. Statuses are
 * asked of the one table; here stands only what was hardly meant.
 */
#include "rules/check/lint.h"

#include "semantics/civil.h"
#include <detour/status.h>

#define DAY 86400

/* A rule while it is looked at. */
struct subject {
    struct dt_checker *checker;
    uint32_t number;
    const struct dt_rule *rule;
    const struct dt_action *action;
    const struct dt_status *status;
    struct dt_lint_when when;
};

/* Permanent redirects of one file that nothing recalls. */
struct lasting {
    uint32_t first, count;
};

static void at_status(const struct subject *subject, struct dt_finding *finding)
{
    char text[8];
    size_t len = 3;
    unsigned code = subject->status->code;
    for (size_t i = len; i-- > 0; code /= 10)
        text[i] = (char)('0' + code % 10);
    dt_lint_at_word(subject->checker, finding, dt_slice_of(text, len));
}

/* ---- Time ---- */

static void check_expired(const struct subject *subject)
{
    struct dt_checker *checker = subject->checker;
    int64_t until = subject->when.until;
    char text[32];
    if (until > checker->now)
        return;
    long long days = (long long)((checker->now - until) / DAY);
    struct dt_slice moment = dt_civil_print(until, text);
    (void)dt_check_add(checker, DT_FIND_TEMPORARY_EXPIRED, subject->number, DT_SLICE_NONE,
                       "it ended at %.*s, %lld day%s ago", DT_SLICE_FMT(moment), days,
                       days == 1 ? "" : "s");
}

static void count_lasting(const struct subject *subject, struct lasting *files)
{
    if (subject->status->permanence != DT_PERMANENCE_PERMANENT || subject->action->cache.len ||
        subject->when.until != DT_TIME_MAX || subject->when.recurring)
        return; /* what ends is cached no longer than it holds */
    struct lasting *of = &files[subject->rule->file];
    if (of->count++ == 0)
        of->first = subject->number;
}

static void tell_lasting(struct dt_checker *checker, const struct lasting *of)
{
    if (of->count == 1)
        (void)dt_check_add(checker, DT_FIND_PERMANENT_UNCACHED, of->first, DT_SLICE_NONE,
                           "a permanent redirect without Cache-Control: browsers keep it without "
                           "end");
    else if (of->count)
        (void)dt_check_add(checker, DT_FIND_PERMANENT_UNCACHED, of->first, DT_SLICE_NONE,
                           "%u permanent redirects of this file have no Cache-Control: browsers "
                           "keep them without end; this is the first",
                           of->count);
}

/* ---- Methods ---- */

static bool has_method(const struct dt_condition *methods, const char *name)
{
    for (unsigned i = 0; i < methods->count; i++)
        if (dt_slice_eq(methods->texts[i], dt_slice_str(name)))
            return true;
    return false;
}

/* A method with a body for which the rule was written; NULL: there is none. */
static const char *body_method(const struct dt_condition *methods)
{
    static const char *const bodies[] = {"POST", "PUT", "PATCH", "DELETE"};
    if (methods->negated && !has_method(methods, "GET"))
        return NULL; /* written to keep out something else */
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        if (has_method(methods, bodies[i]) != methods->negated)
            return bodies[i];
    return NULL;
}

static bool is_reading_only(const struct dt_condition *methods)
{
    for (unsigned i = 0; i < methods->count; i++)
        if (!dt_slice_eq(methods->texts[i], DT_S("GET")) &&
            !dt_slice_eq(methods->texts[i], DT_S("HEAD")))
            return false;
    return !methods->negated;
}

static void check_methods(const struct subject *subject)
{
    const struct dt_condition *methods = subject->when.methods;
    const struct dt_status *status = subject->status;
    struct dt_checker *checker = subject->checker;
    if (!methods || !status->location)
        return;
    struct dt_finding *finding = NULL;
    const char *method = body_method(methods);
    if (status->method == DT_METHOD_POST_TO_GET && method) {
        bool changed =
            !dt_slice_eq(dt_status_next_method(status, dt_slice_str(method)), dt_slice_str(method));
        finding =
            dt_check_add(checker, DT_FIND_METHOD_CHANGED, subject->number,
                         dt_lint_example(checker, subject->number),
                         changed ? "behind a %u a %s is asked again as GET, and its body is lost"
                                 : "behind a %u many clients ask again with GET in place of %s",
                         status->code, method);
    } else if (status->method == DT_METHOD_GET && is_reading_only(methods)) {
        finding = dt_check_add(checker, DT_FIND_SEE_OTHER_GET, subject->number,
                               dt_lint_example(checker, subject->number),
                               "a %u, where only GET and HEAD are asked", status->code);
    }
    at_status(subject, finding);
}

/* ---- The whole ---- */

static void look(struct dt_checker *checker, uint32_t number, struct lasting *files)
{
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    struct subject subject = {
        .checker = checker,
        .number = number,
        .rule = rule,
        .action = dt_ruleset_action(checker->set, rule->action),
        .when = dt_lint_when(checker, rule),
    };
    check_expired(&subject);
    subject.status = dt_status_get(subject.action->status);
    if (!subject.status) /* pass */
        return;
    count_lasting(&subject, files);
    check_methods(&subject);
}

void dt_check_meaning(struct dt_checker *checker)
{
    size_t files = dt_ruleset_file_count(checker->set);
    struct lasting *lasting = dt_arena_alloc(&checker->arena, (files + 1) * sizeof *lasting);
    if (!lasting) {
        checker->err = DT_ERR_NOMEM;
        return;
    }
    memset(lasting, 0, (files + 1) * sizeof *lasting);
    for (uint32_t i = 0; i < checker->count && !checker->err; i++, dt_check_tick(checker))
        look(checker, i, lasting);
    for (size_t i = 0; i < files; i++)
        tell_lasting(checker, &lasting[i]);
    dt_lint_homes(checker);
    dt_lint_sites(checker);
    dt_lint_dates(checker);
}
