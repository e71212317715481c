/* SPDX-License-Identifier: MIT
 * The naive matcher; see oracle.h. */
#include "oracle.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool equal(const char *a, const char *b, bool nocase)
{
    if (strlen(a) != strlen(b))
        return false;
    for (size_t i = 0; a[i]; i++) {
        int x = (unsigned char)a[i], y = (unsigned char)b[i];
        if (nocase ? tolower(x) != tolower(y) : x != y)
            return false;
    }
    return true;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static bool host_matches(const struct rule *rule, const char *host)
{
    struct text dotted;
    snprintf(dotted.s, sizeof dotted.s, ".%.200s", rule->host.s);
    switch (rule->host_form) {
    case ANY_HOST:
        return true;
    case EXACT_HOST:
        return strcmp(rule->host.s, host) == 0;
    case SUBDOMAINS:
        return ends_with(host, dotted.s);
    case DOMAIN_AND_SUBDOMAINS:
        return strcmp(rule->host.s, host) == 0 || ends_with(host, dotted.s);
    }
    return false;
}

static void without_final_slash(struct text *t)
{
    size_t n = strlen(t->s);
    if (n && t->s[n - 1] == '/')
        t->s[n - 1] = 0;
}

static bool path_matches(const struct rule *rule, const char *path)
{
    if (!rule->folder) {
        struct text a = rule->path, b;
        snprintf(b.s, sizeof b.s, "%s", path);
        if (rule->noslash) {
            without_final_slash(&a);
            without_final_slash(&b);
        }
        return equal(a.s, b.s, rule->nocase);
    }
    size_t n = strlen(rule->path.s);
    if (strlen(path) < n)
        return false;
    struct text head;
    snprintf(head.s, sizeof head.s, "%.*s", (int)n, path);
    return equal(head.s, rule->path.s, rule->nocase) && (path[n] == 0 || path[n] == '/');
}

static bool pair_satisfies(const struct pair *want, const struct pair *have, bool nocase)
{
    return equal(want->name.s, have->name.s, nocase) &&
           (!want->has_value || equal(want->value.s, have->value.s, nocase));
}

static bool query_matches(const struct rule *rule, const struct request *request)
{
    for (int i = 0; i < rule->nparams; i++) {
        bool met = false;
        for (int j = 0; j < request->nparams; j++)
            met |= pair_satisfies(&rule->params[i], &request->params[j], rule->nocase);
        if (!met)
            return false;
    }
    for (int j = 0; rule->only && j < request->nparams; j++) {
        bool wanted = false;
        for (int i = 0; i < rule->nparams; i++)
            wanted |= pair_satisfies(&rule->params[i], &request->params[j], rule->nocase);
        if (!wanted)
            return false;
    }
    return true;
}

bool oracle_matches(const struct rule *rule, const struct request *request)
{
    if (rule->scheme != ANY_SCHEME && rule->scheme != request->scheme)
        return false;
    if (rule->port && rule->port != request->port)
        return false;
    return host_matches(rule, request->host.s) && path_matches(rule, request->path.s) &&
           query_matches(rule, request);
}

static int slashes(const char *s)
{
    int n = 0;
    for (; *s; s++)
        n += *s == '/';
    return n;
}

static int distinct_params(const struct rule *rule)
{
    int n = 0;
    for (int i = 0; i < rule->nparams; i++) {
        bool again = false;
        for (int j = 0; j < i; j++)
            again |= rule->params[i].has_value == rule->params[j].has_value &&
                     equal(rule->params[i].name.s, rule->params[j].name.s, rule->nocase) &&
                     equal(rule->params[i].value.s, rule->params[j].value.s, rule->nocase);
        n += !again;
    }
    return n;
}

/* More specific is greater, step by step as the language lists them. */
static void specificity(const struct rule *rule, int ret[6])
{
    ret[0] = rule->host_form == ANY_HOST     ? 0
             : rule->host_form == EXACT_HOST ? 1000
                                             : 1 + (int)strlen(rule->host.s);
    ret[1] = rule->folder ? slashes(rule->path.s) : 1000;
    ret[2] = distinct_params(rule);
    ret[3] = rule->only;
    ret[4] = rule->port != 0;
    ret[5] = rule->scheme != ANY_SCHEME;
}

static bool beats(const struct rule *a, const struct rule *b, bool order_first)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    int x[6], y[6];
    specificity(a, x);
    specificity(b, y);
    for (int i = 0; i < 6 && !order_first; i++)
        if (x[i] != y[i])
            return x[i] > y[i];
    return a->line < b->line;
}

const struct rule *oracle_best(const struct rule *rules, size_t count, bool order_first,
                               const struct request *request)
{
    const struct rule *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (oracle_matches(&rules[i], request) && (!best || beats(&rules[i], best, order_first)))
            best = &rules[i];
    return best;
}

/* ---- the Location ---- */

static void add(char *to, size_t cap, const char *s)
{
    size_t n = strlen(to);
    snprintf(to + n, cap - n, "%s", s);
}

static void add_char(char *to, size_t cap, char c)
{
    char one[2] = {c, 0};
    add(to, cap, one);
}

/* Target text up to a delimiter, :splat put in. */
static void expand(char *to, size_t cap, const char *from, size_t len, const char *splat,
                   bool in_query)
{
    for (size_t i = 0; i < len; i++) {
        if (strncmp(from + i, ":splat", 6) != 0) {
            add_char(to, cap, from[i]);
            continue;
        }
        i += 5;
        for (const char *s = splat; *s; s++) {
            char escape[4];
            snprintf(escape, sizeof escape, "%%%02X", (unsigned char)*s);
            if (in_query && strchr("&=+;#'", *s))
                add(to, cap, escape);
            else
                add_char(to, cap, *s);
        }
    }
}

static bool named(const struct rule *rule, const char *name)
{
    for (int i = 0; i < rule->nnames; i++) {
        size_t n = strlen(rule->names[i].s);
        bool wild = n && rule->names[i].s[n - 1] == '*';
        if (wild ? strncmp(rule->names[i].s, name, n - 1) == 0
                 : strcmp(rule->names[i].s, name) == 0)
            return true;
    }
    return false;
}

/* True when "?name=..." or "&name..." stands in the target's own query. */
static bool target_has(const char *own, const char *name)
{
    char copy[2 * TEXT];
    snprintf(copy, sizeof copy, "%s", own);
    char *save = NULL;
    for (char *piece = strtok_r(copy, "&", &save); piece; piece = strtok_r(NULL, "&", &save)) {
        char *eq = strchr(piece, '=');
        if (eq)
            *eq = 0;
        if (strcmp(piece, name) == 0)
            return true;
    }
    return false;
}

static void add_query(const struct rule *rule, const struct request *request, const char *own,
                      bool has_own, char *to, size_t cap)
{
    if (rule->passing == DROP || !request->query.s[0])
        return;
    if (rule->passing == PASS && !has_own) {
        add(to, cap, "?");
        add(to, cap, request->query.s);
        return;
    }
    bool first = !has_own;
    bool amp = own[0] && own[strlen(own) - 1] != '&';
    for (int i = 0; i < request->nparams; i++) {
        const struct pair *pair = &request->params[i];
        if (target_has(own, pair->name.s) ||
            (rule->passing == KEEP && !named(rule, pair->name.s)) ||
            (rule->passing == WITHOUT && named(rule, pair->name.s)))
            continue;
        add(to, cap, first ? "?" : amp ? "&" : "");
        first = false;
        amp = true;
        add(to, cap, pair->name.s);
        if (pair->has_value)
            add(to, cap, "=");
        add(to, cap, pair->value.s);
    }
}

void oracle_location(const struct rule *rule, const struct request *request, char *ret, size_t cap)
{
    ret[0] = 0;
    if (!rule->target.s[0])
        return;
    const char *splat = "";
    if (rule->folder && request->path.s[strlen(rule->path.s)])
        splat = request->path.s + strlen(rule->path.s) + 1;
    const char *target = rule->target.s;
    size_t path = strcspn(target, "?#");
    size_t query = target[path] == '?' ? strcspn(target + path, "#") : 0;
    char head[4 * TEXT] = "", own[4 * TEXT] = "";
    expand(head, sizeof head, target, path, splat, false);
    if (head[0] == '/' && (head[1] == '/' || head[1] == '\\'))
        add(ret, cap, "/.");
    add(ret, cap, head);
    if (query) {
        expand(own, sizeof own, target + path + 1, query - 1, splat, true);
        add(ret, cap, "?");
        add(ret, cap, own);
    }
    add_query(rule, request, own, query > 0, ret, cap);
    const char *fragment = target + path + query;
    expand(ret, cap, fragment, strlen(fragment), splat, false);
}
