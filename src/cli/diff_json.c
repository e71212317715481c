/* SPDX-License-Identifier: MIT
 *
 * The same for programs; docs/json.md describes each member.
 */
#include "cli/diff_report.h"
#include "cli/json.h"
#include "cli/moment.h"

/* Adds item, which it takes over; gives the array, or NULL without memory. */
static json_t *append(json_t *array, json_t *item)
{
    if (array && item && json_array_append_new(array, item) == 0)
        return array;
    if (!array || !item)
        json_decref(item);
    json_decref(array);
    return NULL;
}

static json_t *place_json(const struct dt_diff_report *report, unsigned side, uint32_t rule)
{
    struct dt_place place;
    if (rule == DT_COMPARE_NONE)
        return json_null();
    return dt_load_place(&report->loads[side], rule, &place) == DT_OK ? dt_json_place(&place)
                                                                      : NULL;
}

static json_t *changes_json(unsigned change)
{
    static const char *const NAMES[] = {"added", "removed",     "target", "status",
                                        "cache", "retry-after", "fields", "body"};
    json_t *array = json_array();
    for (unsigned bit = 0; bit < 8; bit++)
        if (change & 1u << bit)
            array = append(array, json_string(NAMES[bit]));
    return array;
}

static json_t *answer_json(const struct dt_compare_answer *answer)
{
    bool answers = answer->matched && answer->status != DT_STATUS_PASS;
    bool waits = answers && answer->retry_after != DT_RETRY_AFTER_NONE;
    return json_pack("{s:i, s:b, s:o, s:o, s:o, s:o}", "status",
                     answers ? (int)answer->status : 404, "pass", answer->matched && !answers,
                     "location", dt_json_optional(answer->location), "cache_control",
                     dt_json_optional(answer->cache), "retry_after",
                     waits ? json_integer(answer->retry_after) : json_null(), "fields",
                     dt_json_optional(answer->fields));
}

static json_t *example_json(const struct dt_diff_report *report,
                            const struct dt_compare_example *example)
{
    struct dt_compare_shown shown;
    char at[32];
    if (!dt_compare_show(report->compare, example, &shown))
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:b, s:b, s:o, s:o}", "method", dt_json_text(shown.method),
                     "url", dt_json_text(shown.url), "at",
                     shown.at ? dt_json_text(dt_moment_text(shown.at, at)) : json_null(), "client",
                     shown.client, "log", example->hits != 0, "a", answer_json(&shown.answers[0]),
                     "b", answer_json(&shown.answers[1]));
}

static json_t *group_json(const struct dt_diff_report *report, const struct dt_compare_group *group)
{
    json_t *examples = json_array();
    for (const struct dt_compare_example *at = group->examples; at; at = at->next)
        examples = append(examples, example_json(report, at));
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:I, s:o}", "kind",
                     dt_diff_kind_names[dt_diff_kind_of(group->change)], "changes",
                     changes_json(group->change), "a", place_json(report, 0, group->rules[0]), "b",
                     place_json(report, 1, group->rules[1]), "urls", (json_int_t)group->urls,
                     "requests", (json_int_t)group->hits, "examples", examples);
}

/* As many groups of each kind as the text shows. */
static json_t *groups_json(const struct dt_diff_report *report)
{
    size_t count, shown[DT_DIFF_KINDS] = {0};
    const struct dt_compare_group *groups = dt_compare_groups(report->compare, &count);
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++)
        if (shown[dt_diff_kind_of(groups[i].change)]++ < report->top || report->all)
            array = append(array, group_json(report, &groups[i]));
    return array;
}

static json_t *kinds_json(const struct dt_diff_report *report)
{
    struct dt_diff_count counts[DT_DIFF_KINDS];
    json_t *object = json_object();
    dt_diff_count_kinds(report, counts);
    for (unsigned kind = 0; object && kind < DT_DIFF_KINDS; kind++)
        if (json_object_set_new(object, dt_diff_kind_names[kind],
                                json_pack("{s:I, s:I, s:I}", "groups",
                                          (json_int_t)counts[kind].groups, "urls",
                                          (json_int_t)counts[kind].urls, "requests",
                                          (json_int_t)counts[kind].hits)) != 0) {
            json_decref(object);
            return NULL;
        }
    return object;
}

static json_t *unknown_json(const struct dt_diff_report *report, unsigned side)
{
    const struct dt_ruleset *set = report->loads[side].files.set;
    const struct dt_compare_totals *totals = dt_compare_totals(report->compare);
    if (!set)
        return json_null();
    json_t *array = json_array();
    for (size_t i = 0; array && i < totals->unknown[side]; i++) {
        const struct dt_rule *rule =
            dt_ruleset_rule(set, dt_compare_unknown(report->compare, side, i));
        struct dt_place place = {dt_ruleset_file(set, rule->file),
                                 dt_ruleset_line(set, rule->file, rule->line), rule->line};
        array = append(array, dt_json_place(&place));
    }
    return array;
}

int dt_diff_json(const struct dt_diff_report *report, const struct dt_command *command, int code)
{
    const struct dt_compare_totals *totals = dt_compare_totals(report->compare);
    bool differ = totals->differ || totals->log_differ;
    json_t *log =
        report->logs ? json_pack("{s:I, s:I, s:I, s:I}", "lines", (json_int_t)totals->log_lines,
                                 "requests", (json_int_t)totals->log_requests, "differ",
                                 (json_int_t)totals->log_differ, "bad", (json_int_t)totals->log_bad)
                     : json_null();
    json_t *object =
        json_pack("{s:s, s:b, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "detour", DT_VERSION,
                  "differ", differ, "a", dt_json_text(dt_slice_str(report->paths[0])), "b",
                  dt_json_text(dt_slice_str(report->paths[1])), "asked", (json_int_t)totals->asked,
                  "asked_differ", (json_int_t)totals->differ, "log", log, "kinds",
                  kinds_json(report), "groups", groups_json(report), "unknown_a",
                  unknown_json(report, 0), "unknown_b", unknown_json(report, 1));
    return dt_json_print(command, object, code);
}
