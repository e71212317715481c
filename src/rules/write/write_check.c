/* SPDX-License-Identifier: MIT
 *
 * What a rule has and a dialect may not have, told in one place and in the same words everywhere.
 */
#include "rules/write/write.h"

const char *dt_write_condition_name(const struct dt_condition *condition)
{
    static const char *const names[] = {"method",      "header",      "cookie",  "lang",
                                        "country",     "ip",          "referer", "ua",
                                        "from=/until", "days=/hours", "percent", "except"};
    return names[condition->kind];
}

void dt_write_check_conditions(struct dt_write *write, const struct dt_rule *rule, unsigned can)
{
    const struct dt_conditions *conditions = dt_write_conditions(write, rule);
    for (uint32_t i = 0; i < conditions->count; i++) {
        const struct dt_condition *condition = &conditions->list[i];
        if (!(can & 1u << condition->kind))
            dt_write_cannot(write, "condition", "%s has no condition like %s%s=", write->title,
                            condition->negated && condition->kind != DT_CONDITION_PATH ? "!" : "",
                            dt_write_condition_name(condition));
    }
}

/* What the source has. */
static unsigned source_needs(const struct dt_rule *rule)
{
    static const unsigned hosts[] = {
        [DT_HOST_ANY] = 0,
        [DT_HOST_EXACT] = DT_CAN_HOST,
        [DT_HOST_SUBDOMAINS] = DT_CAN_HOST_BELOW,
        [DT_HOST_DOMAIN] = DT_CAN_HOST_BELOW,
        [DT_HOST_LABELS] = DT_CAN_LABELS,
    };
    static const unsigned paths[] = {
        [DT_PATH_EXACT] = 0,
        [DT_PATH_PREFIX] = DT_CAN_STAR,
        [DT_PATH_PATTERN] = DT_CAN_NAMES,
        [DT_PATH_GLOB] = DT_CAN_GLOB,
        [DT_PATH_REGEX] = DT_CAN_REGEX,
    };
    unsigned needs = hosts[rule->host_kind] | paths[rule->path_kind];
    needs |= rule->path_kind == DT_PATH_PATTERN && dt_write_has_star(rule) ? DT_CAN_STAR : 0u;
    needs |= rule->path_kind == DT_PATH_GLOB && dt_write_names(rule) ? DT_CAN_NAMES : 0u;
    needs |= rule->flags & DT_RULE_URL ? DT_CAN_REGEX_URL : 0u;
    needs |= rule->scheme ? DT_CAN_SCHEME : 0u;
    /* "https://host/p" pins 443, which is what https says anyway. */
    bool own_port = (rule->scheme == DT_SCHEME_HTTP && rule->port == 80) ||
                    (rule->scheme == DT_SCHEME_HTTPS && rule->port == 443);
    needs |= rule->port && !own_port ? DT_CAN_PORT : 0u;
    needs |= rule->nparams || (rule->flags & DT_RULE_EXACT_QUERY) ? DT_CAN_PARAMS : 0u;
    needs |= rule->more && rule->more->nqueries ? DT_CAN_PARAMS : 0u;
    needs |= rule->flags & DT_RULE_IGNORE_CASE ? DT_CAN_NO_CASE : 0u;
    needs |= (rule->flags & DT_RULE_IGNORE_SLASH) && !(paths[rule->path_kind] & DT_CAN_STAR)
                 ? DT_CAN_NO_SLASH
                 : 0u;
    return needs;
}

static unsigned answer_needs(const struct dt_action *action)
{
    return (action->cache.len ? DT_CAN_CACHE : 0u) | (action->fields.len ? DT_CAN_FIELDS : 0u) |
           (action->retry_after != DT_RETRY_AFTER_NONE ? DT_CAN_RETRY_AFTER : 0u);
}

static const struct {
    unsigned can;
    const char *name;
    const char *what;
} rows[] = {
    {DT_CAN_SCHEME, "scheme", "tell http from https"},
    {DT_CAN_PORT, "port", "ask for a port"},
    {DT_CAN_HOST, "host", "ask for a host"},
    {DT_CAN_HOST_BELOW, "host-below", "ask for all hosts below a name"},
    {DT_CAN_LABELS, "host-labels", "capture a label of the host"},
    {DT_CAN_REGEX, "regex", "match a regular expression"},
    {DT_CAN_REGEX_URL, "regex-url", "match a regular expression on the whole URL"},
    {DT_CAN_PARAMS, "query", "ask for query parameters"},
    {DT_CAN_NO_CASE, "case", "ignore case"},
    {DT_CAN_NO_SLASH, "slash", "ignore a final slash"},
    {DT_CAN_GLOB, "star-inside", "match a star inside a path"},
    {DT_CAN_NAMES, "names", "capture a segment of the path"},
    {DT_CAN_STAR, "folder", "match a folder and all below it"},
    {DT_CAN_CACHE, "cache", "send a Cache-Control of the rule's own"},
    {DT_CAN_RETRY_AFTER, "retry-after", "send Retry-After"},
    {DT_CAN_FIELDS, "set-header", "add header fields"},
};

void dt_write_check(struct dt_write *write, const struct dt_rule *rule, unsigned can)
{
    const struct dt_action *action = dt_write_action(write, rule);
    unsigned needs = source_needs(rule);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (needs & rows[i].can & ~can)
            dt_write_cannot(write, rows[i].name, "%s cannot %s", write->title, rows[i].what);
    needs = answer_needs(action);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (needs & rows[i].can & ~can)
            dt_write_differs(write, rows[i].name, "%s cannot %s", write->title, rows[i].what);
    if (action->page.len)
        dt_write_differs(write, "page", "the page of the rule's own is not kept");
    if (action->note_text.len)
        dt_write_differs(write, "note", "the body of the answer is the server's own");
    if (action->owner.len && !(can & DT_CAN_COMMENT))
        dt_write_differs(write, "owner", "%s has no comments, so the owner is not kept",
                         write->title);
}
