/* SPDX-License-Identifier: MIT
 *
 * A report that is read from the top: how much was answered, by what, what was not, and what real
 * visitors had to walk for.
 */
#include "cli/replay_report.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- Rules by hits ---- */

static int by_hits(const void *va, const void *vb)
{
    const struct dt_rule_hits *a = va, *b = vb;
    if (a->hits != b->hits)
        return a->hits > b->hits ? -1 : 1;
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

struct placed {
    struct dt_slice file;
    uint32_t line, rule;
};

static int by_place(const void *va, const void *vb)
{
    const struct placed *a = va, *b = vb;
    int files = a->file.ptr == b->file.ptr ? 0 : dt_slice_cmp(a->file, b->file);
    if (files)
        return files;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

/* Numbers of rules are their ranks; people look for them in files. */
static enum dt_err sort_rest(const struct dt_replay_report *report, struct dt_rule_hits *rest,
                             size_t count)
{
    struct placed *placed = calloc(count + 1, sizeof *placed);
    enum dt_err err = placed ? DT_OK : DT_ERR_NOMEM;
    for (size_t i = 0; !err && i < count; i++) {
        struct dt_origin origin;
        err = dt_snapshot_origin(&report->load->snapshot, rest[i].rule, &origin);
        if (!err)
            placed[i] = (struct placed){origin.file, origin.line, rest[i].rule};
    }
    if (!err) {
        qsort(placed, count, sizeof *placed, by_place);
        for (size_t i = 0; i < count; i++)
            rest[i].rule = placed[i].rule;
    }
    free(placed);
    return err;
}

enum dt_err dt_replay_report_hits(struct dt_replay_report *report)
{
    const uint64_t *hits = dt_replay_hits(report->replay);
    report->nrules = (size_t)report->load->snapshot.rules;
    report->hits = calloc(report->nrules + 1, sizeof *report->hits);
    if (!report->hits)
        return DT_ERR_NOMEM;
    for (uint32_t i = 0; i < report->nrules; i++)
        report->hits[i] = (struct dt_rule_hits){i, hits[i]};
    qsort(report->hits, report->nrules, sizeof *report->hits, by_hits);
    while (report->nhit < report->nrules && report->hits[report->nhit].hits)
        report->nhit++;
    if (!report->all)
        return DT_OK;
    return sort_rest(report, report->hits + report->nhit, report->nrules - report->nhit);
}

/* ---- Misses ---- */

bool dt_replay_report_near(const struct dt_replay_report *report, struct dt_slice url,
                           struct dt_near *ret)
{
    struct dt_slice host = DT_SLICE_NONE;
    if (!report->near)
        return false;
    if (url.len && url.ptr[0] != '/') { /* "http://host:port/path?query" in normal form */
        const char *slashes = memchr(url.ptr, '/', url.len);
        url = dt_slice_from(url, (size_t)(slashes - url.ptr) + 2);
        const char *path = url.len ? memchr(url.ptr, '/', url.len) : NULL;
        if (!path)
            return false;
        host = dt_slice_of(url.ptr, (size_t)(path - url.ptr));
        url = dt_slice_from(url, host.len);
        const char *port = host.ptr[host.len - 1] == ']' ? NULL : memrchr(host.ptr, ':', host.len);
        if (port)
            host.len = (size_t)(port - host.ptr);
    }
    const char *query = url.len ? memchr(url.ptr, '?', url.len) : NULL;
    if (query)
        url.len = (size_t)(query - url.ptr);
    return dt_near_find(report->near, host, url, ret);
}

struct dt_place dt_replay_report_place(const struct dt_replay_report *report, uint32_t rule)
{
    const struct dt_ruleset *set = report->load->files.set;
    const struct dt_rule *of = dt_ruleset_rule(set, rule);
    struct dt_slice text = dt_ruleset_line(set, of->file, of->line);
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = dt_slice_from(text, 1);
    return (struct dt_place){dt_ruleset_file(set, of->file), text, of->line};
}

/* ---- Text ---- */

static void put_cut(FILE *out, struct dt_slice text, size_t columns)
{
    size_t len = 0, used = 0;
    uint32_t c;
    while (len < text.len) {
        size_t step = dt_text_char(dt_slice_from(text, len), &c);
        used += dt_text_columns(dt_slice_of(text.ptr + len, step));
        if (used > columns)
            break;
        len += step;
    }
    dt_text_safe(out, dt_slice_of(text.ptr, len));
    if (len < text.len)
        fputs("...", out);
}

static void put_place(FILE *out, const struct dt_place *place)
{
    dt_text_safe(out, place->file);
    fprintf(out, ":%u", place->line);
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void heading(const struct dt_render *render, const char *text)
{
    fprintf(render->out, "\n%s%s%s", render->bold, text, render->reset);
}

static void print_statuses(FILE *out, const struct dt_replay_totals *totals)
{
    const char *glue = "   ";
    for (unsigned status = 0; status < 1000; status++)
        if (totals->by_status[status]) {
            fprintf(out, "%s%u: %s", glue, status, dt_count_text(totals->by_status[status]).text);
            glue = ", ";
        }
}

static void print_total(FILE *out, const char *name, uint64_t count, uint64_t of)
{
    fprintf(out, "  %-10s %14s %6.1f %%", name, dt_count_text(count).text, share(count, of));
}

static void print_totals(const struct dt_replay_report *report, const struct dt_render *render)
{
    const struct dt_replay_totals *totals = dt_replay_totals(report->replay);
    FILE *out = render->out;
    size_t misses;
    (void)dt_replay_misses(report->replay, &misses);
    for (size_t i = 0; i < report->nlogs; i++) {
        if (!report->logs[i].format)
            continue;
        fputs(render->bold, out);
        dt_text_safe(out, dt_slice_str(report->logs[i].path));
        fprintf(out, ":%s %s\n", render->reset, report->logs[i].format);
    }
    dt_print_count(out, totals->lines, "line");
    fputs(", ", out);
    dt_print_count(out, totals->requests, "request");
    fputs(", ", out);
    dt_print_count(out, totals->bad, "bad line");
    fputc('\n', out);
    print_total(out, "answered", totals->answered, totals->requests);
    print_statuses(out, totals);
    fputc('\n', out);
    if (totals->passed) {
        print_total(out, "passed", totals->passed, totals->requests);
        fputs("   by rules that say pass\n", out);
    }
    print_total(out, "missed", totals->missed, totals->requests);
    fprintf(out, "   %s%s URL%s\n", totals->whole ? "" : "at least ", dt_count_text(misses).text,
            misses == 1 ? "" : "s");
    if (totals->unasked) {
        print_total(out, "not asked", totals->unasked, totals->requests);
        fputs("   CONNECT, TRACE, OPTIONS *\n", out);
    }
    if (totals->failed) {
        print_total(out, "failed", totals->failed, totals->requests);
        fputs("   too long for the rules to answer\n", out);
    }
}

static void print_bad(const struct dt_replay_report *report, const struct dt_render *render)
{
    const struct dt_replay_totals *totals = dt_replay_totals(report->replay);
    if (!totals->bad)
        return;
    heading(render, "Bad lines\n");
    for (unsigned bad = 1; bad < DT_LOG_BAD_COUNT; bad++)
        if (totals->bad_by[bad])
            fprintf(render->out, "  %14s  %s\n", dt_count_text(totals->bad_by[bad]).text,
                    dt_log_bad_text((enum dt_log_bad)bad));
    for (unsigned i = 0; i < totals->nfirst_bad; i++) {
        const struct dt_replay_bad *bad = &totals->first_bad[i];
        fputs("  ", render->out);
        dt_text_safe(render->out, dt_slice_str(report->logs[bad->file].path));
        fprintf(render->out, ":%llu: %s\n", (unsigned long long)bad->line,
                dt_log_bad_text(bad->bad));
    }
    if (totals->bad > totals->nfirst_bad)
        fprintf(render->out, "  and %s more\n",
                dt_count_text(totals->bad - totals->nfirst_bad).text);
}

static enum dt_err print_rules(const struct dt_replay_report *report,
                               const struct dt_render *render)
{
    const struct dt_replay_totals *totals = dt_replay_totals(report->replay);
    FILE *out = render->out;
    size_t shown = report->nhit < report->top || report->all ? report->nhit : report->top;
    if (shown) {
        heading(render, "Rules by hits");
        if (shown < report->nhit)
            fprintf(out, ", the first %s of %s", dt_count_text(shown).text,
                    dt_count_text(report->nhit).text);
        fputc('\n', out);
    }
    for (size_t i = 0; i < shown; i++) {
        struct dt_place place;
        enum dt_err err = dt_load_place(report->load, report->hits[i].rule, &place);
        if (err)
            return err;
        fprintf(out, "  %14s %6.1f %%  ", dt_count_text(report->hits[i].hits).text,
                share(report->hits[i].hits, totals->requests));
        put_place(out, &place);
        fputs("  ", out);
        put_cut(out, place.text, 60);
        fputc('\n', out);
    }
    heading(render, "Rules never hit");
    fprintf(out, ": %s of %s\n", dt_count_text(report->nrules - report->nhit).text,
            dt_count_text(report->nrules).text);
    for (size_t i = report->nhit; report->all && i < report->nrules; i++) {
        struct dt_place place;
        enum dt_err err = dt_load_place(report->load, report->hits[i].rule, &place);
        if (err)
            return err;
        fputs("  ", out);
        put_place(out, &place);
        fputs("  ", out);
        put_cut(out, place.text, 70);
        fputc('\n', out);
    }
    return DT_OK;
}

static void print_misses(const struct dt_replay_report *report, const struct dt_render *render)
{
    size_t count;
    const struct dt_replay_miss *misses = dt_replay_misses(report->replay, &count);
    const struct dt_replay_totals *totals = dt_replay_totals(report->replay);
    FILE *out = render->out;
    size_t shown = count < report->top || report->all ? count : report->top;
    if (!shown)
        return;
    heading(render, "Misses");
    if (shown < count)
        fprintf(out, ", the first %s of %s%s URLs", dt_count_text(shown).text,
                totals->whole ? "" : "at least ", dt_count_text(count).text);
    fputc('\n', out);
    for (size_t i = 0; i < shown; i++) {
        struct dt_near near;
        fprintf(out, "  %14s %6.1f %%  ", dt_count_text(misses[i].count).text,
                share(misses[i].count, totals->requests));
        dt_text_safe(out, misses[i].url);
        if (misses[i].excess)
            fprintf(out, "  (at least %s)", dt_count_text(misses[i].count - misses[i].excess).text);
        fputc('\n', out);
        if (!dt_replay_report_near(report, misses[i].url, &near))
            continue;
        struct dt_place place = dt_replay_report_place(report, near.rule);
        fprintf(out, "%27s%snear:%s ", "", render->fine, render->reset);
        put_place(out, &place);
        fputs("  ", out);
        put_cut(out, place.text, 60);
        fprintf(out, "\n%33s%s\n", "", near.says);
    }
}

static enum dt_err print_chain(const struct dt_replay_report *report,
                               const struct dt_replay_chain *chain, FILE *out)
{
    fprintf(out, "  %14s  %s%u hops", dt_count_text(chain->count).text,
            chain->loop ? "a loop, " : "", chain->nhops);
    fputc('\n', out);
    for (unsigned i = 0; i < chain->nhops; i++) {
        const struct dt_replay_hop *hop = &chain->hops[i];
        struct dt_place place;
        enum dt_err err = dt_load_place(report->load, hop->rule, &place);
        if (err)
            return err;
        fprintf(out, "%18s", "");
        dt_text_safe(out, hop->url);
        fprintf(out, "\n%20s%u by ", "", hop->status);
        put_place(out, &place);
        fputc('\n', out);
    }
    if (chain->loop)
        fprintf(out, "%18sand again from hop %u\n", "", chain->again + 1);
    else if (chain->end.len) {
        fprintf(out, "%18s", "");
        dt_text_safe(out, chain->end);
        fputc('\n', out);
    }
    return DT_OK;
}

static enum dt_err print_chains(const struct dt_replay_report *report, bool loops,
                                const struct dt_render *render)
{
    size_t count, shown = 0, all = 0;
    const struct dt_replay_chain *chains = dt_replay_chains(report->replay, &count);
    const struct dt_replay_totals *totals = dt_replay_totals(report->replay);
    FILE *out = render->out;
    for (size_t i = 0; i < count; i++)
        all += chains[i].loop == loops;
    if (!all)
        return DT_OK;
    heading(render, loops ? "Loops: " : "Chains: ");
    dt_print_count(out, loops ? totals->looped : totals->chained, "request");
    fprintf(out, loops ? " never arrive" : " are sent on more than once");
    if (all > report->top && !report->all)
        fprintf(out, "; the first %zu of %s ways", report->top, dt_count_text(all).text);
    fputc('\n', out);
    enum dt_err err = DT_OK;
    for (size_t i = 0; i < count && !err && (report->all || shown < report->top); i++)
        if (chains[i].loop == loops) {
            err = print_chain(report, &chains[i], out);
            shown++;
        }
    return err;
}

static void print_notes(const struct dt_replay_report *report, FILE *out)
{
    const struct dt_replay_totals *totals = dt_replay_totals(report->replay);
    const struct dt_snapshot *snapshot = &report->load->snapshot;
    if (totals->hostless && snapshot->host_count) {
        fputc('\n', out);
        dt_print_count(out, totals->hostless, "request");
        fputs(" had no host, so rules for a host were not asked: name it with --host.\n", out);
    }
    if (totals->timeless) {
        fputc('\n', out);
        dt_print_count(out, totals->timeless, "request");
        fputs(" had no time, so no condition on time held: give one with --at.\n", out);
    }
    if (snapshot->needs & DT_NEED_COUNTRY)
        fputs("\nNo log tells the country: conditions on it did not hold.\n", out);
    if (!report->load->files.set && totals->missed)
        fputs("\nThe rules are a snapshot: no rule can be named as near to a miss.\n", out);
}

enum dt_err dt_replay_text(const struct dt_replay_report *report, const struct dt_render *render)
{
    print_totals(report, render);
    print_bad(report, render);
    enum dt_err err = print_rules(report, render);
    if (err)
        return err;
    print_misses(report, render);
    err = print_chains(report, false, render);
    if (!err)
        err = print_chains(report, true, render);
    print_notes(report, render->out);
    return err;
}
