/* SPDX-License-Identifier: MIT
 *
 * Rules as the JSON that Redirection imports: one group, and its redirects in the order in which
 * they are asked.
 */
#include "rules/dialects/dialect.h"
#include "rules/dialects/json_walk.h"
#include "rules/dialects/wordpress/wordpress.h"
#include "semantics/network.h"

static void put_member(struct dt_buf *out, const char *name, struct dt_slice text)
{
    dt_buf_printf(out, ", \"%s\": ", name);
    dt_json_put(out, text);
}

static void put_addresses(struct dt_buf *out, const struct dt_condition *condition)
{
    char text[DT_NET_TEXT];
    dt_buf_str(out, ", \"ip\": [");
    for (unsigned i = 0; i < condition->count; i++) {
        dt_buf_str(out, i ? ", \"" : "\"");
        dt_buf_put(out, dt_net_print(&condition->nets[i], false, text));
        dt_buf_char(out, '"');
    }
    dt_buf_char(out, ']');
}

/* What is asked for, as a match type and its data. */
static const char *put_match(struct dt_buf *out, const struct dt_wordpress_row *row)
{
    const struct dt_condition *condition = row->condition;
    if (row->server.len) {
        put_member(out, "server", row->server);
        return "server";
    }
    if (!condition)
        return "url";
    switch (condition->kind) {
    case DT_CONDITION_REFERER:
        put_member(out, "referrer", condition->texts[0]);
        dt_buf_str(out, ", \"regex\": false");
        return "referrer";
    case DT_CONDITION_UA:
        put_member(out, "agent", condition->texts[0]);
        dt_buf_str(out, ", \"regex\": false");
        return "agent";
    case DT_CONDITION_IP:
        put_addresses(out, condition);
        return "ip";
    default:
        put_member(out, "name", condition->name);
        put_member(out, "value", condition->texts[0]);
        dt_buf_str(out, ", \"regex\": false");
        return condition->kind == DT_CONDITION_COOKIE ? "cookie" : "header";
    }
}

static const char *bool_of(bool value)
{
    return value ? "true" : "false";
}

static void put_redirect(struct dt_write *write, const struct dt_rule *rule,
                         const struct dt_wordpress_row *row, unsigned position)
{
    static const char *const queries[] = {"exact", "ignore", "pass"};
    struct dt_buf *out = &write->out, data;
    dt_buf_init(&data, 1u << 20);
    const char *match = put_match(&data, row);
    bool plain = match[0] == 'u';
    dt_buf_str(out, position ? ",\n    {\n      \"url\": " : "\n    {\n      \"url\": ");
    dt_json_put(out, row->source.text);
    dt_buf_printf(out,
                  ",\n      \"match_data\": {\"source\": {\"flag_query\": \"%s\", \"flag_case\": "
                  "%s, \"flag_trailing\": %s, \"flag_regex\": %s}},\n",
                  queries[row->source.query], bool_of(row->source.nocase),
                  bool_of(row->source.noslash), bool_of(row->source.regex));
    dt_buf_printf(out, "      \"action_code\": %u,\n      \"action_type\": \"%s\",\n", row->status,
                  row->status >= 400 ? "error" : "url");
    dt_buf_printf(out, "      \"action_data\": {\"%s\": ", plain ? "url" : "url_from");
    dt_json_put(out, row->target);
    dt_buf_put(out, dt_buf_slice(&data));
    dt_buf_printf(out, "},\n      \"match_type\": \"%s\",\n      \"title\": ", match);
    dt_json_put(out, dt_write_action(write, rule)->owner);
    dt_buf_printf(out,
                  ",\n      \"regex\": %s,\n      \"group_id\": 1,\n      \"position\": %u,\n"
                  "      \"enabled\": true\n    }",
                  bool_of(row->source.regex), position);
    dt_buf_release(&data);
}

void dt_wordpress_json_write(struct dt_write *write)
{
    unsigned position = 0;
    write->has_owner = true;
    dt_buf_str(&write->out, "{\n  \"groups\": [\n    {\"id\": 1, \"name\": \"Redirections\", "
                            "\"module_id\": 1, \"enabled\": true}\n  ],\n  \"redirects\": [");
    for (uint32_t i = 0; i < write->count; i++) {
        struct dt_wordpress_row row;
        const struct dt_rule *rule = dt_write_begin(write, write->order[i]);
        dt_wordpress_row(write, rule, true, &row);
        if (row.condition &&
            (row.condition->kind == DT_CONDITION_COOKIE ||
             row.condition->kind == DT_CONDITION_HEADER) &&
            row.condition->count != 1)
            dt_write_cannot(write, "condition", "a cookie or a field there has a value");
        if (dt_write_go(write))
            put_redirect(write, rule, &row, position++);
    }
    dt_buf_str(&write->out, "\n  ]\n}\n");
}
