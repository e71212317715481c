/* SPDX-License-Identifier: MIT
 * See prop_tally.h. A construct counts when the rule that wins has it. */
#include "prop_tally.h"
#include "generate.h"

struct row {
    char name[32];
    long count;
};

static struct row rows[160];
static size_t nrows;

/* Counts it when it holds; known from the first call on, so that 0 is told too.
 */
static void note_row(struct row **row, const char *name, bool holds)
{
    for (struct row *r = rows; !*row && r < rows + nrows; r++)
        if (strcmp(r->name, name) == 0)
            *row = r;
    if (!*row) {
        if (nrows == sizeof rows / sizeof *rows)
            abort();
        *row = &rows[nrows++];
        snprintf((*row)->name, sizeof rows[0].name, "%s", name);
    }
    (*row)->count += holds;
}

#define NOTE(name, holds)                                                                          \
    do {                                                                                           \
        static struct row *row;                                                                    \
        note_row(&row, name, holds);                                                               \
    } while (0)

static void note_source(const struct rule *rule)
{
    static const char *const HOSTS[] = {"any host", "exact host", "*.host", ".host", ":name.host"};
    static const char *const SUBJECTS[] = {"regex on the path", "regex on the URL", "regex on //"};
    static struct row *hosts[5], *subjects[3];
    const char *star = strchr(rule->path.s, '*');
    bool folder = ends_with(rule->path.s, "/*"), named = strstr(rule->path.s, "/:") != NULL;
    for (int i = 0; i < 5; i++)
        note_row(&hosts[i], HOSTS[i], (int)rule->host_form == i);
    for (int i = 0; i < 3; i++)
        note_row(&subjects[i], SUBJECTS[i], rule->regex && (int)rule->regex->subject == i);
    NOTE("regex under @host", rule->regex && rule->host_form != ANY_HOST);
    NOTE("regex ignoring case", rule->regex && rule->nocase);
    NOTE("exact path", !rule->regex && path_is_exact(rule));
    NOTE("folder", folder && !named);
    NOTE("names", named && !star);
    NOTE("names and final star", named && folder);
    NOTE("star inside", star && !folder && star[1]);
    NOTE("star at the end of a segment", star && !folder && !star[1]);
    NOTE("names and star inside", named && star && !folder);
    bool captured = false;
    for (int i = 0; i < rule->nparams; i++)
        captured |= rule->params[i].capture != NULL;
    NOTE("query", rule->nparams > 0);
    NOTE("query captured", captured);
    NOTE("case=ignore", rule->nocase && !rule->regex);
    NOTE("slash=ignore", rule->noslash);
    NOTE("params=only", rule->only);
    NOTE("port", rule->port != 0);
    NOTE("scheme", rule->scheme != ANY_SCHEME);
}

static void note_target(const struct rule *rule, const struct answer *answer)
{
    static const char *const OWN[] = {"{scheme}", "{host}", "{port}", "{path}", "{query}"};
    static const char *const PASSING[] = {"query=pass", "query=drop", "query=keep",
                                          "query=without"};
    static struct row *own[5], *passing[4];
    const char *target = rule->target.s, *authority = strstr(target, "://");
    struct text host = {""};
    if (authority && target[0] != '/')
        put_bytes(host.s, TEXT, authority + 3, strcspn(authority + 3, "/?#"));
    for (int i = 0; i < 5; i++)
        note_row(&own[i], OWN[i], strstr(target, OWN[i]) != NULL);
    for (int i = 0; i < 4; i++)
        note_row(&passing[i], PASSING[i], target[0] && (int)rule->passing == i);
    NOTE(":splat", strstr(target, ":splat") != NULL);
    NOTE(":name in the path", strstr(target, ":x") != NULL || strstr(target, ":y") != NULL);
    NOTE(":name of the query", strstr(target, ":p") != NULL || strstr(target, ":q") != NULL);
    NOTE(":name of the host", strstr(target, ":t") != NULL);
    NOTE("$1", strstr(target, "$1") != NULL);
    NOTE("${1}", strstr(target, "${1}") != NULL);
    NOTE("${name}", strstr(target, "${last}") || strstr(target, "${rest}"));
    NOTE("${name} of @host", strstr(target, "${t}") != NULL);
    NOTE("$0", strstr(target, "$0") != NULL);
    NOTE("label in the host", strstr(host.s, ".y.test") != NULL);
    NOTE("open=yes", rule->open);
    NOTE("path that looks like a host", starts_with(answer->location, "/.//"));
}

static void note_conds(const struct world *world, const struct rule *rule)
{
    static const char *const NAMES[COND_KINDS] = {
        [METHOD] = "method",   [EXCEPT] = "except",   [TIME] = "from, until",
        [WINDOW] = "window",   [HEADER] = "header",   [COOKIE] = "cookie",
        [LANG] = "lang",       [COUNTRY] = "country", [IP] = "ip",
        [REFERER] = "referer", [UA] = "ua",           [PERCENT] = "percent"};
    static struct row *plains[COND_KINDS], *negations[COND_KINDS];
    bool several = false, rivals = false;
    for (int kind = 0; kind < COND_KINDS; kind++) {
        bool plain = false, negated = false;
        for (int i = 0; i < rule->nconds; i++) {
            several |= rule->conds[i].nvalues > 1;
            plain |= (int)rule->conds[i].kind == kind && !rule->conds[i].negated;
            negated |= (int)rule->conds[i].kind == kind && rule->conds[i].negated;
        }
        char name[32] = "!";
        put(name, sizeof name, NAMES[kind]);
        note_row(&plains[kind], NAMES[kind], plain);
        if (kind != EXCEPT && kind != TIME)
            note_row(&negations[kind], name, negated);
        for (int i = 0; plain && kind == LANG && !rivals && i < world->count; i++)
            rivals = &world->rules[i] != rule && source_same(rule, &world->rules[i]);
    }
    NOTE("several values", several);
    NOTE("lang with rivals", rivals);
    NOTE("no condition", !rule->nconds);
    for (int i = 0; i < rule->nconds; i++)
        if (rule->conds[i].kind == PERCENT) {
            const char *key = rule->conds[i].key;
            NOTE("percent by address", !key);
            NOTE("percent by cookie", key && key[0] == 'c');
            NOTE("percent by header", key && key[0] == 'h');
            NOTE("@key", world->key != NULL);
        }
    if (!rule->zone)
        return;
    char name[32];
    snprintf(name, sizeof name, "tz=%s", rule->zone->name);
    struct row *zone = NULL;
    note_row(&zone, name, true);
}

static void note_action(const struct rule *rule, const struct answer *answer)
{
    NOTE("pass", rule->status == STATUS_PASS);
    NOTE("redirect", rule->status / 100 == 3);
    NOTE("404, 410, 451, 503", rule->status >= 400);
    NOTE("page=", rule->page);
    NOTE("set-header=", rule->set_header != NULL);
    NOTE("cache=", rule->cache != NULL);
    NOTE("retry-after=", rule->retry_after >= 0);
    NOTE("retry-after=until",
         rule->retry_after == RETRY_AFTER_UNTIL && !rule->maintenance && answer->retry_after >= 0);
    NOTE("maintenance", rule->maintenance);
    NOTE("maintenance counted down", rule->maintenance && answer->retry_after >= 0);
    NOTE("priority=", rule->priority != 0);
}

void tally_answer(const struct world *world, const struct request *request,
                  const struct answer *answer)
{
    const struct rule *rule = answer->rule;
    struct text own;
    NOTE("no rule", !rule);
    NOTE("no rule, but Vary", !rule && (answer->looked.count || answer->looked.any));
    if (!rule)
        return;
    NOTE("@order first", world->first);
    NOTE("@order specific", !world->first);
    NOTE("Vary", answer->looked.count > 0);
    NOTE("Vary: *", answer->looked.any);
    NOTE("Vary of a rule passed over", answer->looked.count && !rule->nconds);
    NOTE("time not known", world->rules[0].nconds && !request->now);
    NOTE("own page spared", conds_own_path(rule, &own));
    note_source(rule);
    note_target(rule, answer);
    note_conds(world, rule);
    note_action(rule, answer);
}

bool tally_report(void)
{
    bool good = true;
    for (size_t i = 0; i < nrows; i++) {
        printf("# %9ld  %s\n", rows[i].count, rows[i].name);
        good &= rows[i].count > 0;
    }
    return good;
}
