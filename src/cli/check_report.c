/* SPDX-License-Identifier: MIT
 *
 * A check ends with one line that says how much was looked at: silence would not tell a file that
 * is fine from a file that is empty.
 */
#include "cli/check_report.h"
#include "cli/census.h"
#include "cli/json.h"
#include "cli/moment.h"
#include "cli/text.h"

#include <string.h>

/* ---- What both kinds of report do ---- */

/* Damage found here is a problem line like any other. */
static bool prepare(struct dt_check *check)
{
    struct dt_load *load = &check->load;
    bool loaded = load->files.set || load->files.snapshot_fd >= 0;
    if (!loaded)
        return false;
    if (!load->files.set) {
        enum dt_err damage = dt_snapshot_verify(&load->files.snapshot, &check->what);
        check->whole = damage == DT_OK;
        if (!check->whole)
            dt_buf_printf(&load->problems, "%s: %s: %s\n", check->call->operands[0],
                          dt_err_message(damage), check->what ? check->what : "unknown part");
        return check->whole;
    }
    enum dt_err err = dt_load_compile(load);
    if (err != DT_OK)
        dt_buf_printf(&load->problems, "the rules cannot be compiled: %s\n", dt_err_message(err));
    return err == DT_OK;
}

static uint64_t count_rules(const struct dt_check *check)
{
    if (check->load.files.set)
        return dt_ruleset_count(check->load.files.set);
    return check->whole ? check->load.files.snapshot.rules : 0;
}

static int exit_code(const struct dt_check *check, const struct dt_expect_counts *counts)
{
    return dt_load_errors(&check->load) || counts->failed ? DT_EXIT_FINDINGS : DT_EXIT_OK;
}

/* ---- Text ---- */

struct text_visit {
    const struct dt_check *check;
    const struct dt_render *render;
};

static void print_answer(FILE *out, const char *label, uint16_t status, struct dt_slice location)
{
    fprintf(out, "%s %u", label, status);
    if (location.len)
        fputc(' ', out);
    dt_text_safe(out, location);
}

static void print_place(const struct dt_render *render, const struct dt_place *place)
{
    fputs(render->bold, render->out);
    dt_text_safe(render->out, place->file);
    fprintf(render->out, ":%u:%s note: this rule answered\n", place->line, render->reset);
    if (place->text.len)
        dt_render_line(render, place->text, 0, 0);
}

static void visit_text(void *ctx, const struct dt_expect_outcome *outcome)
{
    const struct text_visit *visit = ctx;
    const struct dt_expect *expect = outcome->expect;
    FILE *out = visit->render->out;
    if (outcome->result == DT_EXPECT_HOLDS)
        return;

    const struct dt_ruleset *set = visit->check->load.files.set;
    struct dt_slice line = dt_ruleset_line(set, expect->file, expect->line);
    const struct dt_diag diag = {
        .severity = DT_SEVERITY_ERROR,
        .file = expect->file,
        .line = expect->line,
        .col = expect->col,
        .span = expect->col && line.len >= expect->col ? (uint32_t)line.len - expect->col + 1 : 1,
        .text = line,
        .message = outcome->result == DT_EXPECT_FAILED ? dt_slice_str(dt_err_message(outcome->err))
                                                       : DT_S("this expectation does not hold"),
        .name = "expect",
    };
    dt_render_diag(visit->render, dt_ruleset_file(set, expect->file), &diag);
    if (outcome->result == DT_EXPECT_FAILED)
        return;
    print_answer(out, "    expected ", expect->status, expect->location);
    print_answer(out, "\n    got      ", outcome->status, outcome->location);
    if (outcome->resolved.len && expect->location.len) {
        fprintf(out, ", which is ");
        dt_text_safe(out, outcome->resolved);
    }
    fprintf(out, outcome->passed    ? ", the rule says pass\n"
                 : outcome->matched ? "\n"
                                    : ", no rule matches\n");
    if (outcome->matched)
        print_place(visit->render, &outcome->place);
}

static void print_expectations(FILE *out, const struct dt_expect_counts *counts)
{
    if (counts->total == 0)
        fprintf(out, "no expectations");
    else if (counts->failed)
        fprintf(out, "%s of %s expectations hold",
                dt_count_text(counts->total - counts->failed).text,
                dt_count_text(counts->total).text);
    else
        fprintf(out, "%s expectation%s", dt_count_text(counts->total).text,
                counts->total == 1 ? " holds" : "s hold");
}

static void print_summary(const struct dt_check *check, const struct dt_expect_counts *counts,
                          const struct dt_render *render)
{
    FILE *out = render->out;
    const struct dt_call *call = check->call;
    bool fine = exit_code(check, counts) == DT_EXIT_OK;
    fputs(fine ? render->bold : render->error, out);
    if (call->noperands == 1)
        dt_text_safe(out, dt_slice_str(call->operands[0]));
    else
        dt_print_count(out, call->noperands, "path");
    fprintf(out, ":%s ", render->reset);
    dt_print_count(out, count_rules(check), "rule");
    fprintf(out, ", ");
    if (check->load.files.set)
        print_expectations(out, counts);
    else
        fprintf(out, check->whole ? "a whole snapshot" : "not a whole snapshot");
    fprintf(out, ", ");
    dt_print_count(out, dt_load_errors(&check->load), "error");
    fprintf(out, ", ");
    dt_print_count(out, dt_load_warnings(&check->load), "warning");
    fputc('\n', out);
}

int dt_check_text(struct dt_check *check, const struct dt_render *render)
{
    struct dt_expect_counts counts = {0, 0};
    struct text_visit visit = {check, render};
    bool ready = prepare(check);
    dt_load_complain(&check->load, check->call->command);
    dt_load_render(&check->load, render);
    const struct dt_expect_run run = {&check->load, check->at, visit_text, &visit};
    if (ready && dt_expect_try(&run, &counts) != DT_OK) {
        dt_complain(check->call->command, "out of memory");
        return DT_EXIT_FINDINGS;
    }
    dt_census_kinds_text(check->load.files.set, render);
    if (check->at_given)
        dt_census_timed_text(check->load.files.set, check->at, render);
    print_summary(check, &counts, render);
    return exit_code(check, &counts);
}

/* ---- JSON ---- */

struct json_visit {
    const struct dt_check *check;
    json_t *array; /* NULL after memory ran out */
};

static json_t *answer_json(uint16_t status, struct dt_slice location)
{
    return json_pack("{s:i, s:o}", "status", (int)status, "location", dt_json_optional(location));
}

static void visit_json(void *ctx, const struct dt_expect_outcome *outcome)
{
    struct json_visit *visit = ctx;
    const struct dt_expect *expect = outcome->expect;
    bool asked = outcome->result != DT_EXPECT_FAILED;
    struct dt_slice file = dt_ruleset_file(visit->check->load.files.set, expect->file);
    json_t *object = json_pack(
        "{s:b, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "holds",
        outcome->result == DT_EXPECT_HOLDS, "file", dt_json_text(file), "line", (int)expect->line,
        "method", dt_json_text(expect->method), "url", dt_json_text(expect->url), "expected",
        answer_json(expect->status, expect->location), "got",
        asked ? answer_json(outcome->status, outcome->location) : json_null(), "rule",
        asked && outcome->matched ? dt_json_place(&outcome->place) : json_null(), "problem",
        asked ? json_null() : json_string(dt_err_message(outcome->err)));
    if (visit->array && json_array_append_new(visit->array, object) != 0) {
        json_decref(visit->array);
        visit->array = NULL;
    }
}

static json_t *files_json(const struct dt_load *load)
{
    json_t *array = json_array();
    const struct dt_ruleset *set = load->files.set;
    for (size_t i = 0; array && set && i < dt_ruleset_file_count(set); i++)
        if (json_array_append_new(array, dt_json_text(dt_ruleset_file(set, i))) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

int dt_check_json(struct dt_check *check)
{
    struct dt_expect_counts counts = {0, 0};
    struct json_visit visit = {check, json_array()};
    const struct dt_load *load = &check->load;
    const struct dt_expect_run run = {load, check->at, visit_json, &visit};
    char at[32];
    if (prepare(check) && dt_expect_try(&run, &counts) != DT_OK) {
        json_decref(visit.array);
        return dt_json_print(check->call->command, NULL, DT_EXIT_FINDINGS);
    }
    int code = exit_code(check, &counts);
    json_t *object = json_pack(
        "{s:s, s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:o, s:o, s:o}", "detour",
        DT_VERSION, "ok", code == DT_EXIT_OK, "rules", (json_int_t)count_rules(check), "errors",
        (json_int_t)dt_load_errors(load), "warnings", (json_int_t)dt_load_warnings(load), "files",
        files_json(load), "problems", dt_json_problems(load), "diagnostics", dt_json_diags(load),
        "expectations", visit.array, "expectation_counts", "total", (json_int_t)counts.total,
        "failed", (json_int_t)counts.failed, "kinds", dt_census_kinds_json(load->files.set), "at",
        dt_json_text(dt_moment_text(check->at, at)), "timed",
        dt_census_timed_json(load->files.set, check->at));
    return dt_json_print(check->call->command, object, code);
}
