/* SPDX-License-Identifier: MIT
 *
 * A check as JSON, for programs: everything, nothing summed up; docs/json.md describes it.
 */
#include "cli/census.h"
#include "cli/check_report.h"
#include "cli/json.h"
#include "cli/moment.h"

/* Appends; the array becomes NULL when memory is out. */
static void append(json_t **array, json_t *value)
{
    if (*array && json_array_append_new(*array, value) == 0)
        return;
    if (*array)
        json_decref(*array);
    else
        json_decref(value);
    *array = NULL;
}

/* ---- The list ---- */

/* {"file", "line", "text"} of a rule of the set; null for UINT32_MAX. */
static json_t *rule_json(const struct dt_ruleset *set, uint32_t number)
{
    const struct dt_rule *rule = dt_ruleset_rule(set, number);
    if (!rule)
        return json_null();
    const struct dt_place place = {
        .file = dt_ruleset_file(set, rule->file),
        .text = dt_ruleset_line(set, rule->file, rule->line),
        .line = rule->line,
    };
    return dt_json_place(&place);
}

static json_t *finding_json(const struct dt_check *check, const struct dt_check_item *item)
{
    const struct dt_ruleset *set = check->load.files.set;
    const struct dt_finding *finding = item->finding;
    struct dt_slice mend = finding->mend;
    if (!mend.len)
        mend = dt_slice_str(finding->kind->mend);
    return json_pack(
        "{s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:b, s:o}", "name",
        item->name, "severity", dt_check_severity_word(item->severity), "file",
        dt_json_text(dt_ruleset_file(set, item->file)), "line", (int)item->line, "column",
        dt_json_number_or_null(finding->col), "length", dt_json_number_or_null(finding->span),
        "text", dt_json_optional(dt_check_line(check, item)), "message",
        dt_json_text(finding->message), "means", finding->kind->says, "mend", dt_json_text(mend),
        "example", dt_json_optional(finding->example), "other", rule_json(set, finding->other),
        "silenced", item->silenced, "reason", dt_json_optional(item->reason));
}

static json_t *diag_json(const struct dt_check *check, const struct dt_check_item *item)
{
    json_t *object = dt_json_diag(dt_ruleset_file(check->load.files.set, item->file), item->diag);
    if (object && (json_object_set_new(object, "silenced", json_boolean(item->silenced)) ||
                   json_object_set_new(object, "reason", dt_json_optional(item->reason)))) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* The diagnostics, or the findings. */
static json_t *list_json(const struct dt_check *check, bool findings)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < check->list.count; i++) {
        const struct dt_check_item *item = &check->list.items[i];
        if ((item->finding != NULL) == findings)
            append(&array, findings ? finding_json(check, item) : diag_json(check, item));
    }
    return array;
}

/* ---- Expectations ---- */

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
    append(&visit->array, object);
}

/* ---- The whole ---- */

static json_t *files_json(const struct dt_load *load)
{
    json_t *array = json_array();
    const struct dt_ruleset *set = load->files.set;
    for (size_t i = 0; array && set && i < dt_ruleset_file_count(set); i++)
        append(&array, dt_json_text(dt_ruleset_file(set, i)));
    return array;
}

int dt_check_json(struct dt_check *check)
{
    struct dt_expect_counts counts = {0, 0};
    struct json_visit visit = {check, json_array()};
    const struct dt_load *load = &check->load;
    const struct dt_expect_run run = {load, check->at, visit_json, &visit};
    const size_t *found = check->list.counts;
    size_t unknown = check->result ? dt_check_unknown(check->result) : 0;
    char at[32];
    if (check->ready && dt_expect_try(&run, &counts) != DT_OK) {
        json_decref(visit.array);
        return dt_json_print(check->call->command, NULL, DT_EXIT_FINDINGS);
    }
    int code = dt_check_exit(check, &counts);
    json_t *object = json_pack(
        "{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:o, s:{s:I, s:I}, s:o, s:o, "
        "s:o}",
        "detour", DT_VERSION, "ok", code == DT_EXIT_OK, "rules", (json_int_t)dt_check_rules(check),
        "errors", (json_int_t)dt_check_errors(check), "warnings",
        (json_int_t)found[DT_FINDING_WARNING], "notes", (json_int_t)found[DT_FINDING_NOTE],
        "silenced", (json_int_t)check->list.silenced, "files", files_json(load), "problems",
        dt_json_problems(load), "diagnostics", list_json(check, false), "findings",
        list_json(check, true), "not_followed", (json_int_t)unknown, "expectations", visit.array,
        "expectation_counts", "total", (json_int_t)counts.total, "failed",
        (json_int_t)counts.failed, "kinds", dt_census_kinds_json(load->files.set), "at",
        dt_json_text(dt_moment_text(check->at, at)), "timed",
        dt_census_timed_json(load->files.set, check->at));
    return dt_json_print(check->call->command, object, code);
}
