/* SPDX-License-Identifier: MIT
 *
 * Rules as lines of MDN's _redirects.txt: a path, a tab, a path or URL; all of them 301.
 */
#include "rules/dialects/dialect.h"
#include "rules/write/write.h"

static void check(struct dt_write *write, const struct dt_rule *rule)
{
    const struct dt_action *action = dt_write_action(write, rule);
    dt_write_check(write, rule, DT_CAN_COMMENT);
    dt_write_check_conditions(write, rule, 0);
    if (rule->path.len > 1 && rule->path.ptr[1] == '/')
        dt_write_cannot(write, "path", "a path there begins with one slash");
    if (action->status != 301)
        dt_write_cannot(write, "status", "every line is a 301");
    if (dt_location_has_marks(rule->target))
        dt_write_cannot(write, "target", "a target has no captures there");
    if (action->query == DT_QUERY_KEEP || action->query == DT_QUERY_WITHOUT)
        dt_write_cannot(write, "query-names", "the whole query is passed on there");
    else if (action->query == DT_QUERY_DROP)
        dt_write_differs(write, "query-drop", "the query is passed on there");
    if (rule->priority || (rule->flags & DT_RULE_MAINTENANCE))
        dt_write_differs(write, "priority", "lines have no order");
}

void dt_mdn_write(struct dt_write *write)
{
    dt_buf_str(&write->out, "# FROM-URL\tTO-URL\n");
    for (uint32_t i = 0; i < write->count; i++) {
        const struct dt_rule *rule = dt_write_begin(write, write->order[i]);
        check(write, rule);
        if (!dt_write_go(write))
            continue;
        dt_write_lead(write, &write->out, "# ");
        dt_buf_printf(&write->out, "%.*s\t%.*s\n", DT_SLICE_FMT(rule->path),
                      DT_SLICE_FMT(rule->target));
    }
}
