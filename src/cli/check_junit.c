/* SPDX-License-Identifier: MIT
 *
 * A check as JUnit XML, which build servers show as tests. Each file has a test for being read, and
 * one for each kind of finding, so that the list of tests stays the same when a finding comes or
 * goes; each expectation is one too. A test fails when the exit status says so (--fail-on); what is
 * less is in its output. A kind that is silenced wherever it was found counts as skipped.
 */
#include "cli/check_report.h"
#include "cli/text.h"

#include <string.h>

/* XML 1.0 takes no control bytes and no broken UTF-8, however they are written. */
static void put_text(struct dt_buf *out, struct dt_slice text)
{
    for (struct dt_slice rest = text; rest.len;) {
        uint32_t c;
        size_t len = dt_text_char(rest, &c);
        struct dt_slice as = dt_slice_of(rest.ptr, len);
        if (c == '&')
            as = DT_S("&amp;");
        else if (c == '<')
            as = DT_S("&lt;");
        else if (c == '>')
            as = DT_S("&gt;");
        else if (c == '"')
            as = DT_S("&quot;");
        else if (c == '\n' || c == '\t')
            as = c == '\n' ? DT_S("&#10;") : DT_S(" ");
        else if (c < 0x20 || c == 0x7f || c == UINT32_MAX || c == 0xfffe || c == 0xffff)
            as = DT_S("\xEF\xBF\xBD");
        dt_buf_put(out, as);
        rest = dt_slice_from(rest, len);
    }
}

struct junit {
    const struct dt_check *check;
    struct dt_buf cases;
    size_t tests, failures, skipped;
};

static void begin_case(struct junit *junit, struct dt_slice file, struct dt_slice name)
{
    junit->tests++;
    dt_buf_str(&junit->cases, "    <testcase classname=\"");
    put_text(&junit->cases, file);
    dt_buf_str(&junit->cases, "\" name=\"");
    put_text(&junit->cases, name);
    dt_buf_str(&junit->cases, "\">");
}

/* "12:31: message" and the line below it. */
static void put_item(struct junit *junit, const struct dt_check_item *item)
{
    struct dt_slice line = dt_check_line(junit->check, item);
    struct dt_buf text;
    uint32_t col, span;
    dt_check_item_place(item, line, &col, &span);
    dt_buf_init(&text, 1u << 20);
    dt_buf_put(&text, dt_ruleset_file(junit->check->load.files.set, item->file));
    dt_buf_printf(&text, ":%u:%u: %s: %.*s [%s]\n    %.*s\n", item->line, col,
                  item->silenced ? "silenced" : dt_check_severity_word(item->severity),
                  DT_SLICE_FMT(dt_check_message(item)), item->name, DT_SLICE_FMT(line));
    if (item->finding && item->finding->example.len)
        dt_buf_printf(&text, "    example: %.*s\n", DT_SLICE_FMT(item->finding->example));
    if (item->silenced)
        dt_buf_printf(&text, "    reason: %.*s\n", DT_SLICE_FMT(item->reason));
    put_text(&junit->cases, dt_buf_slice(&text));
    if (dt_buf_err(&text))
        junit->cases.err = dt_buf_err(&text);
    dt_buf_release(&text);
}

/* ---- A run of items: one file, one kind ---- */

struct group {
    size_t from, to;  /* the items of one file */
    const char *kind; /* NULL: what readers and compiler said */
};

static bool is_in(const struct group *group, const struct dt_check_item *item)
{
    return group->kind ? item->finding && strcmp(item->name, group->kind) == 0 : item->diag != NULL;
}

static void put_items(struct junit *junit, const struct group *group, const char *element)
{
    for (size_t i = group->from; i < group->to; i++)
        if (is_in(group, &junit->check->list.items[i]))
            put_item(junit, &junit->check->list.items[i]);
    dt_buf_printf(&junit->cases, "</%s>", element);
}

static void put_group(struct junit *junit, struct dt_slice file, const struct group *group)
{
    size_t all = 0, silenced = 0, failing = 0;
    for (size_t i = group->from; i < group->to; i++) {
        const struct dt_check_item *item = &junit->check->list.items[i];
        if (!is_in(group, item))
            continue;
        all++;
        silenced += item->silenced;
        failing += !item->silenced && item->severity <= junit->check->fail_on;
    }
    begin_case(junit, file, group->kind ? dt_slice_str(group->kind) : DT_S("reads"));
    if (failing) {
        junit->failures++;
        dt_buf_printf(&junit->cases, "<failure type=\"%s\" message=\"%zu found\">",
                      group->kind ? group->kind : "diagnostic", failing);
        put_items(junit, group, "failure");
    } else if (all && all == silenced) {
        junit->skipped++;
        dt_buf_printf(&junit->cases, "<skipped message=\"%zu silenced\"/><system-out>", silenced);
        put_items(junit, group, "system-out");
    } else if (all) {
        dt_buf_str(&junit->cases, "<system-out>");
        put_items(junit, group, "system-out");
    }
    dt_buf_str(&junit->cases, "</testcase>\n");
}

static void put_files(struct junit *junit)
{
    const struct dt_check_list *list = &junit->check->list;
    const struct dt_ruleset *set = junit->check->load.files.set;
    size_t from = 0;
    for (uint32_t file = 0; set && file < dt_ruleset_file_count(set); file++) {
        struct group group = {.from = from, .to = from};
        while (group.to < list->count && list->items[group.to].file == file)
            group.to++;
        put_group(junit, dt_ruleset_file(set, file), &group);
        for (size_t i = 0; dt_finding_kind(i); i++) {
            group.kind = dt_finding_kind(i)->name;
            put_group(junit, dt_ruleset_file(set, file), &group);
        }
        from = group.to;
    }
}

/* ---- What is no finding ---- */

static void put_problems(struct junit *junit)
{
    struct dt_slice problems = dt_buf_slice(&junit->check->load.problems);
    begin_case(junit, DT_S("detour"), DT_S("loads"));
    if (problems.len) {
        junit->failures++;
        dt_buf_str(&junit->cases, "<failure type=\"problem\" message=\"not all could be loaded\">");
        put_text(&junit->cases, problems);
        dt_buf_str(&junit->cases, "</failure>");
    }
    dt_buf_str(&junit->cases, "</testcase>\n");
}

static void visit(void *ctx, const struct dt_expect_outcome *outcome)
{
    struct junit *junit = ctx;
    const struct dt_expect *expect = outcome->expect;
    struct dt_buf text;
    dt_buf_init(&text, 1u << 20);
    dt_buf_printf(&text, "line %u: %.*s %.*s -> %u %.*s", expect->line,
                  DT_SLICE_FMT(expect->method), DT_SLICE_FMT(expect->url), expect->status,
                  DT_SLICE_FMT(expect->location));
    begin_case(junit, dt_ruleset_file(junit->check->load.files.set, expect->file),
               dt_buf_slice(&text));
    dt_buf_clear(&text);
    if (outcome->result == DT_EXPECT_FAILED)
        dt_buf_str(&text, dt_err_message(outcome->err));
    else if (outcome->result != DT_EXPECT_HOLDS)
        dt_buf_printf(&text, "got %u %.*s", outcome->status, DT_SLICE_FMT(outcome->location));
    if (outcome->result != DT_EXPECT_HOLDS) {
        junit->failures++;
        dt_buf_str(&junit->cases, "<failure type=\"expect\" message=\"");
        put_text(&junit->cases, dt_buf_slice(&text));
        dt_buf_str(&junit->cases, "\"/>");
    }
    dt_buf_str(&junit->cases, "</testcase>\n");
    if (dt_buf_err(&text))
        junit->cases.err = dt_buf_err(&text);
    dt_buf_release(&text);
}

int dt_check_junit(struct dt_check *check)
{
    struct junit junit = {.check = check};
    struct dt_expect_counts counts = {0, 0};
    const struct dt_expect_run run = {&check->load, check->at, visit, &junit};
    dt_buf_init(&junit.cases, (size_t)4 << 30);
    put_problems(&junit);
    put_files(&junit);
    enum dt_err err = check->ready ? dt_expect_try(&run, &counts) : DT_OK;
    err = err ? err : dt_buf_err(&junit.cases);
    int code = dt_check_exit(check, &counts);
    if (err) {
        dt_complain(check->call->command, "%s", dt_err_message(err));
        code = DT_EXIT_FINDINGS;
    } else {
        printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
               "  <testsuite name=\"detour check\" tests=\"%zu\" failures=\"%zu\" "
               "skipped=\"%zu\" errors=\"0\">\n",
               junit.tests, junit.failures, junit.skipped);
        fwrite(junit.cases.ptr, 1, junit.cases.len, stdout);
        printf("  </testsuite>\n</testsuites>\n");
    }
    dt_buf_release(&junit.cases);
    return code;
}
