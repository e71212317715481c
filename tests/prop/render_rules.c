/* SPDX-License-Identifier: MIT
 * Rules as an operator writes them. */
#include "generate.h"

struct line {
    char s[1024];
};

static void add(struct line *line, const char *s)
{
    put(line->s, sizeof line->s, s);
}

static void add_number(struct line *line, const char *before, long long number)
{
    add(line, before);
    put_number(line->s, sizeof line->s, number);
}

static void add_host(struct line *line, const struct rule *rule)
{
    static const char *const FORMS[] = {"", "", "*.", ".", ""};
    add(line, FORMS[rule->host_form]);
    for (int i = 0; i < rule->labels; i++)
        add(line, i ? ":u." : ":t.");
    add(line, rule->host.s);
    if (rule->port)
        add_number(line, ":", rule->port);
}

static void add_source(struct line *line, const struct rule *rule)
{
    static const char *const SCHEMES[] = {"", "http:", "https:"};
    if (rule->regex) {
        add(line, rule->star_case ? "~*" : "~");
        add(line, rule->regex->written);
        return;
    }
    add(line, SCHEMES[rule->scheme]);
    if (rule->host_form != ANY_HOST) {
        add(line, "//");
        add_host(line, rule);
    }
    add(line, rule->path.s);
    for (int i = 0; i < rule->nparams; i++) {
        const struct pair *pair = &rule->params[i];
        add(line, i ? "&" : "?");
        add(line, pair->name.s);
        add(line, pair->has_value ? "=" : pair->capture ? "=:" : "");
        add(line, pair->capture ? pair->capture : pair->value.s);
    }
}

static void add_values(struct line *line, const struct cond *cond)
{
    for (int i = 0; i < cond->nvalues; i++) {
        add(line, i ? "," : "");
        add(line, cond->values[i]);
    }
}

static void add_word(struct line *line, const struct cond *cond, const char *name)
{
    add(line, cond->negated ? " !" : " ");
    add(line, name);
    add(line, "=");
}

/* "header=NAME:VALUE", in quotes: there may be blanks inside. */
static void add_named(struct line *line, const struct cond *cond, const char *name)
{
    add_word(line, cond, name);
    add(line, "\"");
    add(line, cond->name);
    add(line, cond->nvalues ? ":" : "");
    add_values(line, cond);
    add(line, "\"");
}

static void add_time(struct line *line, const struct cond *cond)
{
    if (cond->from_text[0]) {
        add(line, " from=");
        add(line, cond->from_text);
    }
    if (cond->until_text[0]) {
        add(line, " until=");
        add(line, cond->until_text);
    }
}

static void add_window(struct line *line, const struct cond *cond)
{
    if (cond->days) {
        add_word(line, cond, "days");
        add(line, cond->days);
    }
    if (cond->nvalues) {
        add_word(line, cond, "hours");
        add_values(line, cond);
    }
}

static void add_percent(struct line *line, const struct cond *cond)
{
    add_word(line, cond, "percent");
    add_values(line, cond);
    if (!cond->key)
        return;
    add(line, ":");
    add(line, cond->key);
    add(line, ":");
    add(line, cond->name);
}

static void add_cond(struct line *line, const struct cond *cond)
{
    static const char *const NAMES[COND_KINDS] = {
        [METHOD] = "method", [EXCEPT] = "except",   [LANG] = "lang", [COUNTRY] = "country",
        [IP] = "ip",         [REFERER] = "referer", [UA] = "ua"};
    switch (cond->kind) {
    case HEADER:
    case COOKIE:
        add_named(line, cond, cond->kind == HEADER ? "header" : "cookie");
        break;
    case TIME:
        add_time(line, cond);
        break;
    case WINDOW:
        add_window(line, cond);
        break;
    case PERCENT:
        add_percent(line, cond);
        break;
    case METHOD:
    case EXCEPT:
    case LANG:
    case COUNTRY:
    case REFERER:
    case UA:
    case IP:
    case COND_KINDS:
        add_word(line, cond, NAMES[cond->kind]);
        add_values(line, cond);
        break;
    }
}

static void add_options(struct line *line, const struct rule *rule)
{
    static const char *const PASSING[] = {"", " query=drop", " query=keep:", " query=without:"};
    add(line, PASSING[rule->passing]);
    for (int i = 0; i < rule->nnames; i++) {
        add(line, i ? "," : "");
        add(line, rule->names[i].s);
    }
    add(line, rule->nocase && !rule->star_case ? " case=ignore" : "");
    add(line, rule->noslash ? " slash=ignore" : "");
    add(line, rule->only ? " params=only" : "");
    add(line, rule->open ? " open=yes" : "");
    if (rule->priority)
        add_number(line, " priority=", rule->priority);
    if (rule->retry_after >= 0)
        add_number(line, " retry-after=", rule->retry_after);
    if (rule->retry_after == RETRY_AFTER_UNTIL && !rule->maintenance)
        add(line, " retry-after=until");
    if (rule->cache) {
        add(line, " cache=");
        add(line, rule->cache);
    }
    if (rule->set_header) {
        add(line, " set-header=\"");
        add(line, rule->set_header);
        add(line, "\"");
    }
    add(line, rule->page ? " page=page.html" : "");
}

static void add_status(struct line *line, const struct rule *rule)
{
    add(line, "  ");
    add(line, rule->target.s[0] ? rule->target.s : "-");
    if (rule->status == STATUS_PASS)
        add(line, " pass");
    else if (!rule->maintenance)
        add_number(line, " ", rule->status);
}

/* An expression has no host of its own: @host gives it one. */
static bool needs_host(const struct rule *rule)
{
    return rule->regex && rule->host_form != ANY_HOST;
}

static void render_rule(const struct rule *rule, struct line *line)
{
    line->s[0] = 0;
    if (needs_host(rule)) {
        add(line, "@host ");
        add_host(line, rule);
        add(line, "\n");
    }
    add(line, rule->maintenance ? "maintenance " : "");
    add_source(line, rule);
    add_status(line, rule);
    for (int i = 0; i < rule->nconds; i++)
        add_cond(line, &rule->conds[i]);
    if (rule->zone) {
        add(line, " tz=");
        add(line, rule->zone->name);
    }
    add_options(line, rule);
    add(line, needs_host(rule) ? "\n@host *\n" : "\n");
}

void render_world(struct world *world)
{
    struct line line = {""};
    int at = 2;
    world->text[0] = 0;
    put(world->text, sizeof world->text, world->first ? "@order first\n" : "@order specific\n");
    if (world->key) {
        add(&line, "@key \"");
        add(&line, world->key);
        add(&line, "\"\n");
        put(world->text, sizeof world->text, line.s);
        at++;
    }
    for (int i = 0; i < world->count; i++) {
        struct rule *rule = &world->rules[i];
        render_rule(rule, &line);
        put(world->text, sizeof world->text, line.s);
        rule->line = at + needs_host(rule);
        at += needs_host(rule) ? 3 : 1;
    }
}
