/* SPDX-License-Identifier: MIT
 *
 * Who plans a night's work wants to see, before it, that the right rules will be on at two in the
 * morning, that they end, and what begins next. Only time is looked at here: whom a rule answers
 * besides, explain says.
 */
#include "cli/census.h"
#include "cli/conditions.h"
#include "cli/moment.h"
#include "cli/text.h"

#include <string.h>

/* ---- Kinds ---- */

enum { MAINTENANCE = DT_PATH_REGEX + 1, CONDITIONS, KINDS };

static const struct {
    const char *name; /* in JSON */
    const char *one, *many;
} WORDS[KINDS] = {
    [DT_PATH_EXACT] = {"exact", "path", "paths"},
    [DT_PATH_PREFIX] = {"prefix", "folder", "folders"},
    [DT_PATH_PATTERN] = {"pattern", "path with names", "paths with names"},
    [DT_PATH_GLOB] = {"glob", "path with a star inside", "paths with a star inside"},
    [DT_PATH_REGEX] = {"regex", "regular expression", "regular expressions"},
    [MAINTENANCE] = {"maintenance", "maintenance", "maintenance"},
    [CONDITIONS] = {"conditional", "with conditions", "with conditions"},
};

static void count_kinds(const struct dt_ruleset *set, uint64_t counts[KINDS])
{
    memset(counts, 0, KINDS * sizeof *counts);
    for (size_t i = 0; set && i < dt_ruleset_count(set); i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        counts[rule->path_kind]++;
        counts[MAINTENANCE] += (rule->flags & DT_RULE_MAINTENANCE) != 0;
        counts[CONDITIONS] += rule->conditions != 0;
    }
}

void dt_census_kinds_text(const struct dt_ruleset *set, const struct dt_render *render)
{
    uint64_t counts[KINDS];
    const char *glue = "Rules: ";
    bool others = false; /* of the kinds that overlap with those by path */
    count_kinds(set, counts);
    bool more = false;
    for (int kind = DT_PATH_PATTERN; kind < KINDS; kind++)
        more |= counts[kind] > 0;
    for (int kind = 0; more && kind < KINDS; kind++) {
        if (!counts[kind])
            continue;
        if (kind >= MAINTENANCE && !others)
            glue = "; of them ";
        others |= kind >= MAINTENANCE;
        fprintf(render->out, "%s%s %s", glue, dt_count_text(counts[kind]).text,
                counts[kind] == 1 ? WORDS[kind].one : WORDS[kind].many);
        glue = ", ";
    }
    if (more)
        fputc('\n', render->out);
}

json_t *dt_census_kinds_json(const struct dt_ruleset *set)
{
    uint64_t counts[KINDS];
    json_t *object = json_object();
    count_kinds(set, counts);
    for (int kind = 0; object && kind < KINDS; kind++)
        if (json_object_set_new(object, WORDS[kind].name, json_integer((json_int_t)counts[kind]))) {
            json_decref(object);
            return NULL;
        }
    return object;
}

/* ---- Time ---- */

/* True when the rule belongs here. */
static bool look(const struct dt_ruleset *set, const struct dt_rule *rule, int64_t at,
                 struct dt_timed *ret)
{
    *ret = dt_timed_rule(set, rule, at);
    return ret->timed || (rule->flags & DT_RULE_MAINTENANCE);
}

static void print_place(const struct dt_render *render, const struct dt_ruleset *set,
                        const struct dt_rule *rule)
{
    fputs(render->bold, render->out);
    dt_text_safe(render->out, dt_ruleset_file(set, rule->file));
    fprintf(render->out, ":%u%s", rule->line, render->reset);
}

static void print_on(const struct dt_render *render, const struct dt_ruleset *set,
                     const struct dt_rule *rule, const struct dt_timed *timed)
{
    FILE *out = render->out;
    char text[32];
    fprintf(out, "  ");
    print_place(render, set, rule);
    if (timed->changes_at == DT_TIME_MAX)
        fprintf(out, ", without end\n");
    else
        fprintf(out, " until %.*s\n", DT_SLICE_FMT(dt_moment_text(timed->changes_at, text)));
    dt_render_line(render, dt_ruleset_line(set, rule->file, rule->line), 0, 0);
}

void dt_census_timed_text(const struct dt_ruleset *set, int64_t at, const struct dt_render *render)
{
    FILE *out = render->out;
    size_t count = set ? dt_ruleset_count(set) : 0;
    size_t all = 0, on = 0, shown = 0;
    const struct dt_rule *next = NULL;
    int64_t begins = DT_TIME_MAX;
    struct dt_timed timed;
    char text[32];
    for (size_t i = 0; i < count; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        if (!look(set, rule, at, &timed))
            continue;
        all++;
        on += timed.on;
        if (!timed.on && timed.changes_at < begins) {
            begins = timed.changes_at;
            next = rule;
        }
    }
    fprintf(out, "At %.*s ", DT_SLICE_FMT(dt_moment_text(at, text)));
    if (all)
        fprintf(out, "%zu of %zu rules that depend on time or are maintenance are on%s\n", on, all,
                on ? ":" : "");
    else
        fprintf(out, "no rule depends on time or is maintenance\n");
    for (size_t i = 0; i < count && shown < on && shown < DT_CENSUS_SHOWN; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        if (look(set, rule, at, &timed) && timed.on) {
            print_on(render, set, rule, &timed);
            shown++;
        }
    }
    if (shown < on)
        fprintf(out, "  and %zu more\n", on - shown);
    if (!next)
        return;
    fprintf(out, "The next to begin is ");
    print_place(render, set, next);
    fprintf(out, " at %.*s\n", DT_SLICE_FMT(dt_moment_text(begins, text)));
}

static json_t *timed_json(const struct dt_ruleset *set, const struct dt_rule *rule,
                          const struct dt_timed *timed)
{
    char text[32];
    bool maintenance = (rule->flags & DT_RULE_MAINTENANCE) != 0;
    struct dt_slice changes =
        timed->changes_at == DT_TIME_MAX ? DT_SLICE_NONE : dt_moment_text(timed->changes_at, text);
    return json_pack("{s:o, s:i, s:o, s:b, s:b, s:o}", "file",
                     dt_json_text(dt_ruleset_file(set, rule->file)), "line", (int)rule->line,
                     "text", dt_json_optional(dt_ruleset_line(set, rule->file, rule->line)),
                     "maintenance", maintenance, "on", timed->on, "changes_at",
                     dt_json_optional(changes));
}

json_t *dt_census_timed_json(const struct dt_ruleset *set, int64_t at)
{
    json_t *array = json_array();
    struct dt_timed timed;
    for (size_t i = 0; array && set && i < dt_ruleset_count(set); i++) {
        const struct dt_rule *rule = dt_ruleset_rule(set, i);
        if (look(set, rule, at, &timed) &&
            json_array_append_new(array, timed_json(set, rule, &timed)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}
