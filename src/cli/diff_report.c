/* SPDX-License-Identifier: MIT
 *
 * The worst first: what is no longer answered, then what leads elsewhere. Each group names the rule
 * on both sides, and shows a few requests with the answers before and after.
 */
#include "cli/diff_report.h"
#include "cli/moment.h"
#include "cli/text.h"

#include <detour/status.h>
#include <string.h>

const char *const dt_diff_kind_names[DT_DIFF_KINDS] = {"removed", "target", "status", "added",
                                                       "other"};

static const char *const TITLES[DT_DIFF_KINDS] = {
    "No longer answered", "Another target", "Another status", "Answered now", "Other differences"};

enum dt_diff_kind dt_diff_kind_of(unsigned change)
{
    return change & DT_CHANGE_REMOVED  ? DT_DIFF_REMOVED
           : change & DT_CHANGE_TARGET ? DT_DIFF_TARGET
           : change & DT_CHANGE_STATUS ? DT_DIFF_STATUS
           : change & DT_CHANGE_ADDED  ? DT_DIFF_ADDED
                                       : DT_DIFF_OTHER;
}

void dt_diff_count_kinds(const struct dt_diff_report *report,
                         struct dt_diff_count ret[DT_DIFF_KINDS])
{
    size_t count;
    const struct dt_compare_group *groups = dt_compare_groups(report->compare, &count);
    memset(ret, 0, DT_DIFF_KINDS * sizeof *ret);
    for (size_t i = 0; i < count; i++) {
        struct dt_diff_count *one = &ret[dt_diff_kind_of(groups[i].change)];
        one->groups++;
        one->urls += groups[i].urls;
        one->hits += groups[i].hits;
    }
}

static enum dt_err put_rule(const struct dt_diff_report *report, unsigned side, uint32_t rule,
                            FILE *out)
{
    struct dt_place place;
    if (rule == DT_COMPARE_NONE) {
        fputs("no rule", out);
        return DT_OK;
    }
    enum dt_err err = dt_load_place(&report->loads[side], rule, &place);
    if (err)
        return err;
    dt_text_safe(out, place.file);
    fprintf(out, ":%u", place.line);
    return DT_OK;
}

static void put_answer(const struct dt_compare_answer *answer, unsigned change, FILE *out)
{
    if (!answer->matched) {
        fputs("404, no rule", out);
        return;
    }
    if (answer->status == DT_STATUS_PASS) {
        fputs("404, a rule says pass", out);
        return;
    }
    fprintf(out, "%u", answer->status);
    if (answer->location.len) {
        fputc(' ', out);
        dt_text_safe(out, answer->location);
    }
    if (change & DT_CHANGE_CACHE) {
        fputs(answer->cache.len ? "  Cache-Control: " : "  no Cache-Control", out);
        dt_text_safe(out, answer->cache);
    }
    if (change & DT_CHANGE_RETRY) {
        if (answer->retry_after == DT_RETRY_AFTER_NONE)
            fputs("  no Retry-After", out);
        else
            fprintf(out, "  Retry-After: %u", answer->retry_after);
    }
    for (struct dt_slice rest = answer->fields; (change & DT_CHANGE_FIELDS) && rest.len;) {
        const char *end = memchr(rest.ptr, '\r', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        fputs("  ", out);
        dt_text_safe(out, dt_slice_of(rest.ptr, len));
        rest = dt_slice_from(rest, len + 2);
    }
    if (change & DT_CHANGE_FIELDS && !answer->fields.len)
        fputs("  no further fields", out);
}

static void print_example(const struct dt_diff_report *report, const struct dt_compare_group *group,
                          const struct dt_compare_example *example, const struct dt_render *render)
{
    struct dt_compare_shown shown;
    FILE *out = render->out;
    char at[32];
    if (!dt_compare_show(report->compare, example, &shown))
        return;
    fputs("    ", out);
    if (!dt_slice_eq(shown.method, DT_S("GET"))) {
        dt_text_safe(out, shown.method);
        fputc(' ', out);
    }
    dt_text_safe(out, shown.url);
    if (shown.at)
        fprintf(out, "  at %.*s", DT_SLICE_FMT(dt_moment_text(shown.at, at)));
    if (shown.client)
        fputs("  from a client as the rule asks for", out);
    fprintf(out, "\n      %s-%s ", render->error, render->reset);
    put_answer(&shown.answers[0], group->change, out);
    fprintf(out, "\n      %s+%s ", render->fine, render->reset);
    put_answer(&shown.answers[1], group->change, out);
    if ((group->change & ~(unsigned)DT_CHANGE_BODY) == 0)
        fputs("  (another note or page)", out);
    fputc('\n', out);
}

static enum dt_err print_group(const struct dt_diff_report *report,
                               const struct dt_compare_group *group, const struct dt_render *render)
{
    FILE *out = render->out;
    fputs("  ", out);
    enum dt_err err = put_rule(report, 0, group->rules[0], out);
    fputs(" -> ", out);
    if (!err)
        err = put_rule(report, 1, group->rules[1], out);
    if (err)
        return err;
    fputs(": ", out);
    dt_print_count(out, group->urls, "URL");
    if (report->logs) {
        fputs(", ", out);
        dt_print_count(out, group->hits, "request");
    }
    fputc('\n', out);
    for (const struct dt_compare_example *at = group->examples; at; at = at->next)
        print_example(report, group, at, render);
    return DT_OK;
}

static enum dt_err print_kind(const struct dt_diff_report *report, enum dt_diff_kind kind,
                              const struct dt_diff_count *total, const struct dt_render *render)
{
    size_t count, shown = 0;
    const struct dt_compare_group *groups = dt_compare_groups(report->compare, &count);
    FILE *out = render->out;
    enum dt_err err = DT_OK;
    if (!total->groups)
        return DT_OK;
    fprintf(out, "\n%s%s%s: ", render->bold, TITLES[kind], render->reset);
    dt_print_count(out, total->urls, "URL");
    if (report->logs) {
        fputs(", ", out);
        dt_print_count(out, total->hits, "request");
    }
    if (total->groups > report->top && !report->all)
        fprintf(out, "; the first %zu of %s groups", report->top,
                dt_count_text(total->groups).text);
    fputc('\n', out);
    for (size_t i = 0; i < count && !err && (report->all || shown < report->top); i++)
        if (dt_diff_kind_of(groups[i].change) == kind) {
            err = print_group(report, &groups[i], render);
            shown++;
        }
    return err;
}

static void print_unknown(const struct dt_diff_report *report, unsigned side,
                          const struct dt_render *render)
{
    const struct dt_compare_totals *totals = dt_compare_totals(report->compare);
    const struct dt_ruleset *set = report->loads[side].files.set;
    FILE *out = render->out;
    uint64_t count = totals->unknown[side];
    if (!set) {
        fprintf(out, "\n%s is a snapshot: only the other side's rules%s were asked about.\n",
                report->paths[side], report->logs ? " and the log" : "");
        return;
    }
    if (!count)
        return;
    fputc('\n', out);
    dt_print_count(out, count, "rule");
    fputs(" of ", out);
    dt_text_safe(out, dt_slice_str(report->paths[side]));
    fputs(" could not be asked about: no request was found that would match\n", out);
    for (size_t i = 0; i < count && (report->all || i < report->top); i++) {
        const struct dt_rule *rule =
            dt_ruleset_rule(set, dt_compare_unknown(report->compare, side, i));
        fputs("  ", out);
        dt_text_safe(out, dt_ruleset_file(set, rule->file));
        fprintf(out, ":%u\n", rule->line);
    }
}

static void print_totals(const struct dt_diff_report *report, const struct dt_render *render)
{
    const struct dt_compare_totals *totals = dt_compare_totals(report->compare);
    FILE *out = render->out;
    fputs(render->bold, out);
    dt_text_safe(out, dt_slice_str(report->paths[0]));
    fputs(" -> ", out);
    dt_text_safe(out, dt_slice_str(report->paths[1]));
    fprintf(out, ":%s ", render->reset);
    if (totals->differ)
        fprintf(out, "%s of ", dt_count_text(totals->differ).text);
    dt_print_count(out, totals->asked, "URL");
    fprintf(out, " of the rules%s\n",
            totals->differ ? " are answered otherwise" : ": all are answered alike");
    if (!report->logs)
        return;
    fputs("  ", out);
    if (totals->log_differ)
        fprintf(out, "%s of ", dt_count_text(totals->log_differ).text);
    dt_print_count(out, totals->log_requests, "request");
    fprintf(out, " of the log%s",
            totals->log_differ ? " are answered otherwise" : ": all are answered alike");
    if (totals->log_bad) {
        fputs("; ", out);
        dt_print_count(out, totals->log_bad, "line");
        fputs(" without one", out);
    }
    fputc('\n', out);
}

enum dt_err dt_diff_text(const struct dt_diff_report *report, const struct dt_render *render)
{
    struct dt_diff_count counts[DT_DIFF_KINDS];
    enum dt_err err = DT_OK;
    dt_diff_count_kinds(report, counts);
    print_totals(report, render);
    for (unsigned kind = 0; kind < DT_DIFF_KINDS && !err; kind++)
        err = print_kind(report, (enum dt_diff_kind)kind, &counts[kind], render);
    for (unsigned side = 0; side < 2; side++)
        print_unknown(report, side, render);
    return err;
}
