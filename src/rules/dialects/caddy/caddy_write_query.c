/* SPDX-License-Identifier: MIT
 *
 * Query conditions. Caddy's own matcher for the query takes several parameters as alternatives and
 * looks at the first value of each only, so what is asked is an expression about the query:
 *
 *   some of them    (?:^|&)x=1(?:&|$)
 *   these alone     ^(?:x=1&y=2|y=2&x=1)$
 */
#include "rules/dialects/caddy/caddy_write.h"

#define PERMUTED 4u /* parameters whose orders are written out */

unsigned dt_caddy_param_count(const struct dt_rule *rule)
{
    return rule->nparams;
}

/* Which value of the query a parameter captures, + 1; 0: none. */
static unsigned captured(const struct dt_rule *rule, unsigned at)
{
    const struct dt_param *param = &rule->params[at];
    for (unsigned i = 0; rule->more && param->any_value && i < rule->more->nqueries; i++)
        if (dt_slice_eq(rule->more->queries[i], param->name))
            return i + 1;
    return 0;
}

void dt_caddy_param(const struct dt_rule *rule, unsigned at, struct dt_buf *out)
{
    const struct dt_param *param = &rule->params[at];
    dt_write_quoted(out, param->name);
    if (param->any_value) {
        dt_buf_str(out, captured(rule, at) ? "(?:=([^&]*))?" : "(?:=[^&]*)?");
    } else if (!param->value.len) {
        dt_buf_str(out, "=?");
    } else {
        dt_buf_char(out, '=');
        dt_write_quoted(out, param->value);
    }
}

/* All orders of the parameters that are not in `used`. */
static void permute(const struct dt_rule *rule, const char *between, unsigned *order,
                    unsigned chosen, struct dt_buf *out, bool *first)
{
    unsigned count = dt_caddy_param_count(rule);
    if (chosen >= count || chosen >= PERMUTED) {
        dt_buf_str(out, *first ? "" : "|");
        *first = false;
        for (unsigned i = 0; i < count; i++) {
            dt_buf_str(out, i ? between : "");
            dt_caddy_param(rule, order[i], out);
        }
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        bool used = false;
        for (unsigned j = 0; j < chosen; j++)
            used |= order[j] == i;
        if (used)
            continue;
        order[chosen] = i;
        permute(rule, between, order, chosen + 1, out, first);
    }
}

static bool orders(const struct dt_rule *rule, const char *between, struct dt_buf *out)
{
    unsigned order[PERMUTED], count = dt_caddy_param_count(rule);
    bool first = true;
    if (count > PERMUTED || (count > 1 && rule->more && rule->more->nqueries))
        return false; /* a group would have several numbers */
    dt_buf_str(out, count > 1 ? "(?:" : "");
    permute(rule, between, order, 0, out, &first);
    dt_buf_str(out, count > 1 ? ")" : "");
    return true;
}

bool dt_caddy_uri_query(const struct dt_rule *rule, struct dt_buf *out)
{
    bool only = rule->flags & DT_RULE_EXACT_QUERY;
    if (!dt_caddy_param_count(rule)) {
        dt_buf_str(out, "\\??$");
        return true;
    }
    dt_buf_str(out, only ? "\\?" : "\\?(?:.*&)?");
    if (!orders(rule, only ? "&" : "&(?:.*&)?", out))
        return false;
    dt_buf_str(out, only ? "$" : "(?:&|$)");
    return true;
}

void dt_caddy_query_lines(struct dt_caddy_matcher *matcher, const struct dt_rule *rule)
{
    unsigned count = dt_caddy_param_count(rule);
    bool only = rule->flags & DT_RULE_EXACT_QUERY;
    const char *nocase = rule->flags & DT_RULE_IGNORE_CASE ? "(?i)" : "";
    if (only && !count)
        dt_buf_str(&matcher->out, "vars {query} \"\"\n");
    if (only && count) {
        bool captures = rule->more && rule->more->nqueries;
        struct dt_buf out;
        dt_buf_init(&out, 1u << 20);
        dt_buf_printf(&out, "%s^", nocase);
        if (!orders(rule, "&", &out))
            dt_write_cannot(matcher->write, "query-only",
                            "so many parameters and no others: %s has no way to say it",
                            matcher->write->title);
        dt_buf_char(&out, '$');
        dt_caddy_expression(matcher, captures ? "q0" : "", "query",
                            dt_caddy_kept(matcher->write, &out));
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        struct dt_buf out;
        char name[16] = "";
        dt_buf_init(&out, 1u << 20);
        dt_buf_printf(&out, "%s(?:^|&)", nocase);
        dt_caddy_param(rule, i, &out);
        dt_buf_str(&out, "(?:&|$)");
        unsigned capture = captured(rule, i);
        if (capture > 10)
            dt_write_cannot(matcher->write, "query-capture", "more than ten captures");
        else if (capture) {
            name[0] = 'q';
            name[1] = (char)('0' + capture - 1);
        }
        dt_caddy_expression(matcher, name, "query", dt_caddy_kept(matcher->write, &out));
    }
}
