/* SPDX-License-Identifier: MIT
 *
 * Temporary redirects that have become permanent without anybody's decision. A rule does not know
 * its age; people write it beside it: "# 2024-03-01, until the shop is back", owner="web team,
 * 2024-03-01", or a from= without an until=. The newest date counts, so that a rule which is looked
 * at again and dated anew is left alone. Redirects for a part of the visitors (by language, by
 * cookie) are temporary for ever, and right so.
 */
#include "rules/check/comments.h"
#include "rules/check/lint.h"

#include "semantics/civil.h"
#include <detour/status.h>
#include <stdlib.h>

#define DAY 86400
#define OLD_DAYS 180

/* The newest date that comments give a line. */
struct dated {
    uint32_t file, line;
    int64_t at;
};

struct dates {
    struct dated *list; /* by file and line */
    size_t count, cap;
};

static bool is_digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

static unsigned number_of(const char *text, size_t len)
{
    unsigned number = 0;
    for (size_t i = 0; i < len; i++)
        number = number * 10 + (unsigned)(text[i] - '0');
    return number;
}

/* The newest "2024-03-01" of a text; DT_TIME_MIN: there is none. */
static int64_t newest(struct dt_slice text)
{
    int64_t best = DT_TIME_MIN;
    for (size_t i = 0; i + 10 <= text.len; i++) {
        const char *p = text.ptr + i;
        if (p[4] != '-' || p[7] != '-' || !is_digits(p, 4) || !is_digits(p + 5, 2) ||
            !is_digits(p + 8, 2) || (i > 0 && is_digits(p - 1, 1)) ||
            (i + 10 < text.len && is_digits(p + 10, 1)))
            continue;
        unsigned year = number_of(p, 4), month = number_of(p + 5, 2), day = number_of(p + 8, 2);
        if (year < 1990 || month < 1 || month > 12 || day < 1 ||
            day > dt_civil_month_days(year, month))
            continue;
        int64_t at = dt_civil_days(year, month, day) * DAY;
        best = at > best ? at : best;
    }
    return best;
}

/* ---- Dates of comments ---- */

static int by_place(const void *va, const void *vb)
{
    const struct dated *a = va, *b = vb;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->at > b->at ? -1 : a->at < b->at; /* the newest first */
}

static bool add(struct dates *dates, const struct dated *dated)
{
    if (dates->count == dates->cap) {
        size_t cap = dates->cap ? dates->cap * 2 : 64;
        struct dated *more = realloc(dates->list, cap * sizeof *more);
        if (!more)
            return false;
        dates->list = more;
        dates->cap = cap;
    }
    dates->list[dates->count++] = *dated;
    return true;
}

static void collect(struct dt_checker *checker, struct dates *dates)
{
    size_t files = dt_ruleset_file_count(checker->set);
    for (uint32_t file = 0; file < files && !checker->err; file++) {
        struct dt_comment_walk walk = {.set = checker->set, .file = file};
        struct dt_comment comment;
        while (dt_comment_next(&walk, DT_SLICE_NONE, &comment)) {
            struct dated dated = {file, comment.about, newest(comment.text)};
            if (dated.at == DT_TIME_MIN || dated.line == 0)
                continue;
            if (!add(dates, &dated)) {
                checker->err = DT_ERR_NOMEM;
                return;
            }
        }
    }
    if (dates->count)
        qsort(dates->list, dates->count, sizeof *dates->list, by_place);
}

static int64_t date_of(const struct dates *dates, const struct dt_rule *rule)
{
    size_t low = 0, high = dates->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct dated *at = &dates->list[mid];
        if (at->file < rule->file || (at->file == rule->file && at->line < rule->line))
            low = mid + 1;
        else
            high = mid;
    }
    if (low == dates->count || dates->list[low].file != rule->file ||
        dates->list[low].line != rule->line)
        return DT_TIME_MIN;
    return dates->list[low].at;
}

/* ---- Rules ---- */

/* The newest date of note= and owner=, by action. DT_TIME_MIN: none. */
static int64_t *action_dates(struct dt_checker *checker)
{
    size_t count = dt_ruleset_action_count(checker->set);
    int64_t *dates = malloc((count + 1) * sizeof *dates);
    for (size_t i = 0; dates && i < count; i++) {
        const struct dt_action *action = dt_ruleset_action(checker->set, i);
        const struct dt_status *status = dt_status_get(action->status);
        int64_t note = newest(action->note_text), owner = newest(action->owner);
        dates[i] = note > owner ? note : owner;
        if (!status || !status->location || status->permanence != DT_PERMANENCE_TEMPORARY)
            dates[i] = DT_TIME_MAX; /* never old */
    }
    return dates;
}

static void look(struct dt_checker *checker, uint32_t number, const struct dates *dates,
                 int64_t by_action)
{
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    struct dt_lint_when when = dt_lint_when(checker, rule);
    if (when.some || when.recurring || when.until != DT_TIME_MAX)
        return;
    int64_t at = by_action;
    int64_t comment = date_of(dates, rule);
    at = comment > at ? comment : at;
    at = when.from > at ? when.from : at;
    if (at == DT_TIME_MIN || at > checker->now - (int64_t)OLD_DAYS * DAY)
        return;
    char text[32];
    struct dt_slice date = dt_civil_print(at, text);
    date.len = date.len > 10 ? 10 : date.len;
    (void)dt_check_add(checker, DT_FIND_TEMPORARY_OLD, number, dt_lint_example(checker, number),
                       "a %u without an end, dated %.*s: %lld days ago",
                       dt_ruleset_action(checker->set, rule->action)->status, DT_SLICE_FMT(date),
                       (long long)((checker->now - at) / DAY));
}

void dt_lint_dates(struct dt_checker *checker)
{
    struct dates dates = {NULL, 0, 0};
    int64_t *by_action = action_dates(checker);
    if (!by_action)
        checker->err = DT_ERR_NOMEM;
    collect(checker, &dates);
    for (uint32_t i = 0; i < checker->count && !checker->err; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(checker->set, i);
        if (by_action[rule->action] == DT_TIME_MAX ||
            (dates.count == 0 && by_action[rule->action] == DT_TIME_MIN && rule->conditions == 0))
            continue;
        look(checker, i, &dates, by_action[rule->action]);
    }
    free(dates.list);
    free(by_action);
}
