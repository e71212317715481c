/* SPDX-License-Identifier: MIT
 *
 * Rules that are for the path and the host, and do not apply: mostly the one that was expected to.
 * Each is told with what it wanted.
 */
#include "cli/conditions.h"
#include "cli/explain_report.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

/* The condition that did not hold, by its kind; NULL when only a snapshot is known. */
static const struct dt_condition *condition_of(const struct dt_explain *explain, size_t at)
{
    const struct dt_missed *missed = &explain->missed[at];
    const struct dt_rule *rule = dt_load_rule(explain->load, &explain->missed_places[at]);
    if (!rule || !rule->conditions)
        return NULL;
    const struct dt_conditions *all =
        dt_ruleset_conditions(explain->load->files.set, rule->conditions);
    unsigned nth = missed->nth;
    for (uint32_t i = 0; i < all->count; i++)
        if (all->list[i].kind == missed->condition && all->list[i].negated == missed->negated &&
            nth-- == 0)
            return &all->list[i];
    return NULL;
}

static void put_reason(const struct dt_explain *explain, size_t at, struct dt_buf *out)
{
    const struct dt_missed *missed = &explain->missed[at];
    const struct dt_rule *rule = dt_load_rule(explain->load, &explain->missed_places[at]);
    const struct dt_condition *condition;
    switch ((enum dt_miss)missed->why) {
    case DT_MISS_SCHEME:
        dt_buf_printf(out, "it is for %s only",
                      explain->ask->request.scheme == DT_SCHEME_HTTPS ? "http" : "https");
        break;
    case DT_MISS_PORT:
        if (rule)
            dt_buf_printf(out, "it is for port %u, and this is %u", rule->port,
                          explain->ask->request.port);
        else
            dt_buf_str(out, "it is for another port");
        break;
    case DT_MISS_QUERY:
        dt_buf_str(out, "the query is not the one that it wants");
        break;
    case DT_MISS_OPEN:
        dt_buf_str(out, "what it captured is not the name of a host");
        break;
    case DT_MISS_CONDITION:
        condition = condition_of(explain, at);
        if (condition)
            dt_condition_text(condition, out);
        else
            dt_buf_str(out, "a condition");
        dt_buf_str(out, " does not hold");
        break;
    }
}

void dt_explain_missed_text(const struct dt_explain *explain, const struct dt_render *render)
{
    FILE *out = render->out;
    struct dt_buf reason;
    if (explain->nmissed == 0)
        return;
    fprintf(out, "\n%sDo not apply%s\n", render->bold, render->reset);
    dt_buf_init(&reason, 1u << 16);
    for (size_t i = 0; i < explain->nmissed; i++) {
        dt_explain_place(out, &explain->missed_places[i]);
        dt_buf_clear(&reason);
        put_reason(explain, i, &reason);
        fputs("      - ", out);
        dt_text_wrap(out, dt_buf_slice(&reason), 8, 8);
    }
    dt_buf_release(&reason);
    if (explain->nmissed == DT_EXPLAIN_MISSED)
        fprintf(out, "  (there may be more; the first %d are shown)\n", DT_EXPLAIN_MISSED);
}

json_t *dt_explain_missed_json(const struct dt_explain *explain)
{
    static const char *const why[] = {"scheme", "port", "query", "open", "condition"};
    json_t *array = json_array();
    struct dt_buf reason;
    dt_buf_init(&reason, 1u << 16);
    for (size_t i = 0; array && i < explain->nmissed; i++) {
        json_t *object = dt_json_place(&explain->missed_places[i]);
        dt_buf_clear(&reason);
        put_reason(explain, i, &reason);
        if (!object ||
            json_object_set_new(object, "why", json_string(why[explain->missed[i].why])) ||
            json_object_set_new(object, "reason", dt_json_text(dt_buf_slice(&reason))) ||
            json_array_append_new(array, object) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    dt_buf_release(&reason);
    return array;
}
