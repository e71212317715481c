/* SPDX-License-Identifier: MIT
 *
 * Rules as rows of gov.uk's transition. An old URL there is a whole one, without case, final slash
 * and fragment; so most rules differ in what they ignore.
 */
#include "rules/dialects/csv.h"
#include "rules/dialects/dialect.h"
#include "rules/write/write.h"

#define FLAGS (DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH | DT_RULE_EXACT_QUERY)

static void check(struct dt_write *write, const struct dt_rule *rule)
{
    const struct dt_action *action = dt_write_action(write, rule);
    dt_write_check(write, rule, DT_CAN_HOST | DT_CAN_PARAMS | DT_CAN_NO_CASE | DT_CAN_NO_SLASH);
    dt_write_check_conditions(write, rule, 0);
    if (rule->host_kind == DT_HOST_ANY)
        dt_write_cannot(write, "host", "an old URL has a host");
    if (action->status != 301 && action->status != 410)
        dt_write_cannot(write, "status", "a row is a 301 or a 410");
    if (dt_location_has_marks(rule->target) || (rule->more && rule->more->nqueries))
        dt_write_cannot(write, "target", "a new URL has no captures");
    if (rule->target.len && rule->target.ptr[0] == '/')
        dt_write_differs(write, "target-path", "a new URL has a scheme and a host");
    if (rule->priority || (rule->flags & DT_RULE_MAINTENANCE))
        dt_write_differs(write, "priority", "rows have no order");
    for (unsigned i = 0; i < rule->nparams; i++)
        if (rule->params[i].any_value)
            dt_write_cannot(write, "query-any", "a parameter has a value there");
    if (!(rule->flags & DT_RULE_IGNORE_CASE))
        dt_write_differs(write, "case", "case is ignored there");
    if (!(rule->flags & DT_RULE_IGNORE_SLASH))
        dt_write_differs(write, "slash", "a final slash is ignored there");
    if (!(rule->flags & DT_RULE_EXACT_QUERY))
        dt_write_differs(write, "params", "the whole query must be the old URL's there");
    if (action->query != DT_QUERY_DROP && rule->target.len)
        dt_write_differs(write, "query-pass", "the request's query is not passed on there");
}

static void put_old(const struct dt_rule *rule, struct dt_buf *out)
{
    dt_buf_printf(out, "http://%.*s%.*s", DT_SLICE_FMT(rule->host), DT_SLICE_FMT(rule->path));
    if (rule->path.len == 0)
        dt_buf_char(out, '/');
    for (unsigned i = 0; i < rule->nparams; i++)
        dt_buf_printf(out, "%c%.*s=%.*s", i ? '&' : '?', DT_SLICE_FMT(rule->params[i].name),
                      DT_SLICE_FMT(rule->params[i].value));
}

void dt_govuk_write(struct dt_write *write)
{
    struct dt_buf text;
    dt_buf_init(&text, 1u << 20);
    dt_buf_str(&write->out, "Old Url,New Url,Status\n");
    for (uint32_t i = 0; i < write->count; i++) {
        const struct dt_rule *rule = dt_write_begin(write, write->order[i]);
        const struct dt_action *action = dt_write_action(write, rule);
        check(write, rule);
        if (!dt_write_go(write))
            continue;
        dt_buf_clear(&text);
        put_old(rule, &text);
        dt_csv_put(&write->out, dt_buf_slice(&text));
        dt_buf_clear(&text);
        if (rule->target.len && rule->target.ptr[0] == '/')
            dt_buf_printf(&text, "http://%.*s", DT_SLICE_FMT(rule->host));
        dt_buf_put(&text, rule->target);
        dt_buf_char(&write->out, ',');
        dt_csv_put(&write->out, dt_buf_slice(&text));
        dt_buf_printf(&write->out, ",%u\n", action->status);
    }
    dt_buf_release(&text);
}
