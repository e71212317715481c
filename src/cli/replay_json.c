/* SPDX-License-Identifier: MIT
 *
 * The same for programs; docs/json.md describes each member.
 */
#include "cli/json.h"
#include "cli/replay_report.h"

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

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *place_json(const struct dt_replay_report *report, uint32_t rule)
{
    struct dt_place place;
    return dt_load_place(report->load, rule, &place) == DT_OK ? dt_json_place(&place) : NULL;
}

static json_t *logs_json(const struct dt_replay_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->nlogs; i++) {
        const char *format = report->logs[i].format;
        array = append(array, json_pack("{s:o, s:o}", "path",
                                        dt_json_text(dt_slice_str(report->logs[i].path)), "format",
                                        format ? json_string(format) : json_null()));
    }
    return array;
}

static json_t *statuses_json(const struct dt_replay_totals *totals)
{
    json_t *object = json_object();
    for (unsigned status = 0; object && status < 1000; status++) {
        char name[8];
        if (!totals->by_status[status])
            continue;
        snprintf(name, sizeof name, "%u", status);
        if (json_object_set_new(object, name, number(totals->by_status[status])) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *bad_json(const struct dt_replay_report *report)
{
    const struct dt_replay_totals *totals = dt_replay_totals(report->replay);
    json_t *array = json_array();
    for (unsigned i = 0; i < totals->nfirst_bad; i++) {
        const struct dt_replay_bad *bad = &totals->first_bad[i];
        array = append(array,
                       json_pack("{s:o, s:I, s:s, s:s}", "log",
                                 dt_json_text(dt_slice_str(report->logs[bad->file].path)), "line",
                                 (json_int_t)bad->line, "name", dt_log_bad_name(bad->bad),
                                 "message", dt_log_bad_text(bad->bad)));
    }
    return array;
}

static json_t *rules_json(const struct dt_replay_report *report)
{
    size_t count = report->nhit < report->top || report->all ? report->nhit : report->top;
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++) {
        json_t *object = place_json(report, report->hits[i].rule);
        if (object && json_object_set_new(object, "hits", number(report->hits[i].hits)) != 0) {
            json_decref(object);
            object = NULL;
        }
        array = append(array, object);
    }
    return array;
}

static json_t *never_json(const struct dt_replay_report *report)
{
    if (!report->all)
        return json_null();
    json_t *array = json_array();
    for (size_t i = report->nhit; array && i < report->nrules; i++)
        array = append(array, place_json(report, report->hits[i].rule));
    return array;
}

static json_t *near_json(const struct dt_replay_report *report, struct dt_slice url)
{
    struct dt_near near;
    if (!dt_replay_report_near(report, url, &near))
        return json_null();
    struct dt_place place = dt_replay_report_place(report, near.rule);
    return json_pack("{s:o, s:s, s:s}", "rule", dt_json_place(&place), "name", near.name, "reason",
                     near.says);
}

static json_t *misses_json(const struct dt_replay_report *report)
{
    size_t count;
    const struct dt_replay_miss *misses = dt_replay_misses(report->replay, &count);
    json_t *array = json_array();
    if (!report->all && count > report->top)
        count = report->top;
    for (size_t i = 0; array && i < count; i++)
        array = append(array, json_pack("{s:o, s:I, s:I, s:o}", "url", dt_json_text(misses[i].url),
                                        "count", (json_int_t)misses[i].count, "at_least",
                                        (json_int_t)(misses[i].count - misses[i].excess), "near",
                                        near_json(report, misses[i].url)));
    return array;
}

static json_t *hops_json(const struct dt_replay_report *report, const struct dt_replay_chain *chain)
{
    json_t *array = json_array();
    for (unsigned i = 0; array && i < chain->nhops; i++)
        array = append(array, json_pack("{s:o, s:i, s:o}", "url", dt_json_text(chain->hops[i].url),
                                        "status", (int)chain->hops[i].status, "rule",
                                        place_json(report, chain->hops[i].rule)));
    return array;
}

static json_t *chains_json(const struct dt_replay_report *report)
{
    size_t count;
    const struct dt_replay_chain *chains = dt_replay_chains(report->replay, &count);
    json_t *array = json_array();
    if (!report->all && count > report->top)
        count = report->top;
    for (size_t i = 0; array && i < count; i++)
        array = append(array,
                       json_pack("{s:I, s:b, s:o, s:o, s:o}", "count", (json_int_t)chains[i].count,
                                 "loop", chains[i].loop, "hops", hops_json(report, &chains[i]),
                                 "again", chains[i].loop ? number(chains[i].again) : json_null(),
                                 "end", dt_json_optional(chains[i].end)));
    return array;
}

static json_t *totals_json(const struct dt_replay_report *report)
{
    const struct dt_replay_totals *totals = dt_replay_totals(report->replay);
    return json_pack("{s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "lines",
                     (json_int_t)totals->lines, "requests", (json_int_t)totals->requests,
                     "answered", (json_int_t)totals->answered, "statuses", statuses_json(totals),
                     "passed", (json_int_t)totals->passed, "missed", (json_int_t)totals->missed,
                     "not_asked", (json_int_t)totals->unasked, "failed", (json_int_t)totals->failed,
                     "bad", (json_int_t)totals->bad, "without_host", (json_int_t)totals->hostless,
                     "without_time", (json_int_t)totals->timeless, "chained",
                     (json_int_t)totals->chained, "looped", (json_int_t)totals->looped);
}

int dt_replay_json(const struct dt_replay_report *report, const struct dt_command *command,
                   int code)
{
    const struct dt_replay_totals *totals = dt_replay_totals(report->replay);
    size_t misses, chains;
    (void)dt_replay_misses(report->replay, &misses);
    (void)dt_replay_chains(report->replay, &chains);
    json_t *object = json_pack(
        "{s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:I, s:b, s:o, s:I, s:o}", "detour", DT_VERSION,
        "logs", logs_json(report), "totals", totals_json(report), "bad_lines", bad_json(report),
        "rules", (json_int_t)report->nrules, "rules_hit", (json_int_t)report->nhit, "hits",
        rules_json(report), "never_hit", never_json(report), "missed_urls", (json_int_t)misses,
        "missed_urls_exact", totals->whole, "misses", misses_json(report), "chain_count",
        (json_int_t)chains, "chains", chains_json(report));
    return dt_json_print(command, object, code);
}
