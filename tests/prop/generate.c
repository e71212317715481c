/* SPDX-License-Identifier: MIT
 * See generate.h. */
#include "generate.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

uint32_t random_below(struct random *random, uint32_t n)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return (uint32_t)((random->state >> 20) % n);
}

#define PICK(random, array) ((array)[random_below((random), sizeof(array) / sizeof((array)[0]))])

static const char *const HOSTS[] = {"a.test", "b.a.test", "c.b.a.test", "test", "x.test"};
/* Each in normal form. */
static const char *const SEGMENTS[] = {"a",   "b",      "A",       "e.f", "c%2Fd",
                                       "%20", "%C3%A9", "evil.ex", "a"};
static const char *const NAMES[] = {"a", "b", "B", "utm_x"};
static const char *const VALUES[] = {"", "1", "2", "x%20y", "A", "a"};
static const int PORTS[] = {80, 443, 8080};

static void put(char *to, size_t cap, const char *s)
{
    size_t n = strlen(to);
    snprintf(to + n, cap - n, "%s", s);
}

/* A normal path of up to 4 segments; some are empty, some end in a slash. */
static void generate_path(struct random *random, struct text *ret, bool may_be_empty)
{
    ret->s[0] = 0;
    uint32_t count = random_below(random, 5);
    for (uint32_t i = 0; i < count; i++) {
        put(ret->s, TEXT, "/");
        if (random_below(random, 12))
            put(ret->s, TEXT, PICK(random, SEGMENTS));
    }
    if (!may_be_empty && (!ret->s[0] || !random_below(random, 4)))
        put(ret->s, TEXT, "/");
}

static void generate_pair(struct random *random, struct pair *ret)
{
    memset(ret, 0, sizeof *ret);
    put(ret->name.s, TEXT, PICK(random, NAMES));
    ret->has_value = random_below(random, 4) != 0;
    if (ret->has_value)
        put(ret->value.s, TEXT, PICK(random, VALUES));
}

static void put_pair(const struct pair *pair, char *to, size_t cap)
{
    put(to, cap, pair->name.s);
    put(to, cap, pair->has_value ? "=" : "");
    put(to, cap, pair->value.s);
}

static void generate_source(struct random *random, struct rule *rule)
{
    rule->host_form = (enum host_form)random_below(random, 4);
    if (rule->host_form != ANY_HOST) {
        put(rule->host.s, TEXT, PICK(random, HOSTS));
        rule->scheme = (enum scheme)(random_below(random, 2) ? 0 : random_below(random, 3));
        rule->port = random_below(random, 3) ? 0 : PICK(random, PORTS);
    }
    rule->folder = random_below(random, 2);
    generate_path(random, &rule->path, rule->folder);
    size_t n = strlen(rule->path.s);
    /* "//x" alone would be a host, and "dir//" + "*" is the folder "dir/" */
    while (rule->host_form == ANY_HOST && rule->path.s[0] == '/' && rule->path.s[1] == '/')
        memmove(rule->path.s, rule->path.s + 1, n--);
    if (rule->host_form == ANY_HOST && rule->folder && strcmp(rule->path.s, "/") == 0)
        rule->path.s[0] = 0;
    if (random_below(random, 3) == 0)
        rule->nparams = (int)random_below(random, 4);
    for (int i = 0; i < rule->nparams; i++)
        generate_pair(random, &rule->params[i]);
    rule->nocase = !random_below(random, 5);
    rule->noslash = !random_below(random, 5);
    rule->only = !random_below(random, 5);
    rule->priority = random_below(random, 6) ? 0 : (int)random_below(random, 5) - 2;
}

static void generate_target(struct random *random, struct rule *rule)
{
    static const int REDIRECTS[] = {301, 302, 303, 307, 308};
    static const int ENDS[] = {404, 410, 451, 503};
    static const char *const ORIGINS[] = {"", "https://t.test",
                                          "https://www.example.test/long/way"};
    static const char *const PATHS[] = {"/to", "/to/deep/er", "/"};
    static const char *const QUERIES[] = {"", "", "?a=9", "?z", "?B=1&", "?"};
    if (!random_below(random, 6)) {
        rule->status = PICK(random, ENDS);
        return;
    }
    rule->status = PICK(random, REDIRECTS);
    put(rule->target.s, TEXT, PICK(random, ORIGINS));
    put(rule->target.s, TEXT, PICK(random, PATHS));
    if (rule->folder && random_below(random, 2)) {
        size_t n = strlen(rule->target.s);
        put(rule->target.s, TEXT, rule->target.s[n - 1] == '/' ? ":splat" : "/:splat");
    }
    put(rule->target.s, TEXT, PICK(random, QUERIES));
    if (rule->folder && strchr(rule->target.s, '?') && !random_below(random, 3)) {
        size_t n = strlen(rule->target.s);
        char before = rule->target.s[n - 1];
        put(rule->target.s, TEXT, before == '?' || before == '&' ? "s=:splat" : "&s=:splat");
    }
    if (!random_below(random, 5))
        put(rule->target.s, TEXT, rule->folder && random_below(random, 2) ? "#f-:splat" : "#f");
    rule->passing = (enum passing)random_below(random, 4);
    if (rule->passing == KEEP || rule->passing == WITHOUT) {
        put(rule->names[0].s, TEXT, PICK(random, NAMES));
        put(rule->names[1].s, TEXT, random_below(random, 2) ? "utm_*" : "a");
        rule->nnames = (int)random_below(random, 2) + 1;
    }
}

static void render(const struct rule *rule, char *to, size_t cap)
{
    static const char *const SCHEMES[] = {"", "http:", "https:"};
    static const char *const FORMS[] = {"", "//", "//*.", "//."};
    static const char *const PASSING[] = {"", " query=drop", " query=keep:", " query=without:"};
    char number[64];
    put(to, cap, SCHEMES[rule->scheme]);
    put(to, cap, FORMS[rule->host_form]);
    put(to, cap, rule->host.s);
    snprintf(number, sizeof number, ":%d", rule->port);
    put(to, cap, rule->port ? number : "");
    put(to, cap, rule->path.s);
    put(to, cap, rule->folder ? "/*" : "");
    for (int i = 0; i < rule->nparams; i++) {
        put(to, cap, i ? "&" : "?");
        put_pair(&rule->params[i], to, cap);
    }
    snprintf(number, sizeof number, " %d", rule->status);
    put(to, cap, "  ");
    put(to, cap, rule->target.s[0] ? rule->target.s : "-");
    put(to, cap, number);
    put(to, cap, PASSING[rule->passing]);
    for (int i = 0; i < rule->nnames; i++) {
        put(to, cap, i ? "," : "");
        put(to, cap, rule->names[i].s);
    }
    put(to, cap, rule->nocase ? " case=ignore" : "");
    put(to, cap, rule->noslash ? " slash=ignore" : "");
    put(to, cap, rule->only ? " params=only" : "");
    snprintf(number, sizeof number, " priority=%d", rule->priority);
    put(to, cap, rule->priority ? number : "");
    put(to, cap, "\n");
}

void generate_rule(struct random *random, int line, struct rule *ret_rule, char *text, size_t cap)
{
    memset(ret_rule, 0, sizeof *ret_rule);
    ret_rule->line = line;
    generate_source(random, ret_rule);
    generate_target(random, ret_rule);
    render(ret_rule, text, cap);
    if (ret_rule->scheme != ANY_SCHEME && !ret_rule->port) /* a URL without a port names one too */
        ret_rule->port = ret_rule->scheme == HTTP ? 80 : 443;
}

/* Another spelling: unreserved characters escaped, hex in lower case, dot segments put in. */
static void respell(struct random *random, const char *path, char *to, size_t cap)
{
    to[0] = 0;
    for (size_t i = 0; path[i]; i++) {
        char one[8] = {path[i], 0};
        if (path[i] == '%') {
            snprintf(one, sizeof one, "%%%c%c",
                     random_below(random, 2) ? tolower(path[i + 1]) : path[i + 1],
                     random_below(random, 2) ? tolower(path[i + 2]) : path[i + 2]);
            i += 2;
        } else if (isalnum((unsigned char)path[i]) && !random_below(random, 6)) {
            snprintf(one, sizeof one, random_below(random, 2) ? "%%%02x" : "%%%02X",
                     (unsigned char)path[i]);
        } else if (path[i] == '/' && !random_below(random, 10)) {
            put(to, cap, random_below(random, 2) ? "/." : "/q/%2e.");
        }
        put(to, cap, one);
    }
}

void generate_request(struct random *random, struct request *ret_request, char *ret_path,
                      size_t cap)
{
    struct request *request = ret_request;
    memset(request, 0, sizeof *request);
    request->scheme = random_below(random, 2) ? HTTP : HTTPS;
    put(request->host.s, TEXT, PICK(random, HOSTS));
    request->port = PICK(random, PORTS);
    generate_path(random, &request->path, false);
    if (request->path.s[0] == 0)
        put(request->path.s, TEXT, "/");
    respell(random, request->path.s, ret_path, cap);
    uint32_t pieces = random_below(random, 2) ? 0 : random_below(random, 5);
    for (uint32_t i = 0; i < pieces; i++) {
        if (i)
            put(request->query.s, TEXT, random_below(random, 8) ? "&" : "&&");
        struct pair *pair = &request->params[request->nparams++];
        generate_pair(random, pair);
        put_pair(pair, request->query.s, TEXT);
    }
}
