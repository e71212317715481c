/* SPDX-License-Identifier: MIT
 *
 * The end of a file or of a VirtualHost, where its rules are put in the order of Apache's hooks:
 * first what mod_rewrite does, then what mod_alias does.
 */
#include "rules/dialects/apache/apache.h"

#include <stdlib.h>

bool dt_apache_wait(struct dt_apache *apache, struct dt_apache_rules *rules,
                    const struct dt_rule *rule)
{
    void *mem = rules->list;
    if (!dt_grow(&mem, rules->count, &rules->cap, sizeof *rules->list))
        return dt_reader_nomem(apache->reader);
    rules->list = mem;
    rules->list[rules->count++] = *rule;
    return true;
}

static bool passes(const struct dt_apache *apache, const struct dt_rule *rule)
{
    return dt_ruleset_action(apache->reader->set, rule->action)->status == DT_STATUS_PASS;
}

/* One for each name of a VirtualHost; a rule that names a host itself keeps it. */
static bool add(struct dt_apache *apache, const struct dt_apache_scope *scope,
                const struct dt_rule *rule)
{
    struct dt_reader *reader = apache->reader;
    struct dt_rule copy = *rule;
    if (copy.port == 0)
        copy.port = scope->port;
    if (scope->host_count == 0 || copy.host_kind != DT_HOST_ANY)
        return dt_ruleset_add_rule(reader->set, &copy);
    for (unsigned i = 0; i < scope->host_count; i++) {
        struct dt_host_pattern pattern;
        if (!dt_source_host(reader, scope->hosts[i], &pattern))
            return true; /* told at the line of the name */
        copy.host = pattern.host;
        copy.host_kind = pattern.kind;
        if (!dt_ruleset_add_rule(reader->set, &copy))
            return false;
    }
    return true;
}

/* "- [L]" ends mod_rewrite's rules, but not mod_alias's. */
static bool check_pass(struct dt_apache *apache, const struct dt_apache_scope *scope,
                       const struct dt_rule *rule)
{
    if (!passes(apache, rule) || scope->aliases.count == 0)
        return true;
    dt_apache_go_to(apache, rule->line);
    return DT_REFUSE(apache->reader, apache->reader->text, "apache-pass",
                     "leaves the request to the Redirect directives of this file: write those as "
                     "RewriteRule, or this one's condition into them");
}

static bool rewrites(struct dt_apache *apache, struct dt_apache_scope *scope)
{
    struct dt_reader *reader = apache->reader;
    bool inherits = !(scope == &apache->file && apache->vhosts && !apache->directory);
    if (scope->rewrite_line && (!scope->engine || !inherits)) {
        dt_apache_go_to(apache, scope->rewrite_line);
        if (!scope->engine)
            dt_reader_warn(reader, reader->text, "apache-passed-over",
                           "RewriteRule is passed over: there is no RewriteEngine On");
        else
            dt_reader_error(reader, reader->text, "apache-section",
                            "outside of every VirtualHost, where its rules are for none of them");
        return true;
    }
    for (size_t i = 0; i < scope->rewrites.count; i++)
        if (check_pass(apache, scope, &scope->rewrites.list[i]) &&
            !add(apache, scope, &scope->rewrites.list[i]))
            return false;
    return true;
}

void dt_apache_end(struct dt_apache *apache, struct dt_apache_scope *scope)
{
    bool fine = rewrites(apache, scope);
    for (size_t i = 0; fine && i < scope->aliases.count; i++)
        fine = add(apache, scope, &scope->aliases.list[i]);
    free(scope->rewrites.list);
    free(scope->aliases.list);
    *scope = (struct dt_apache_scope){0};
}
