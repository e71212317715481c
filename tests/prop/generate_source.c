/* SPDX-License-Identifier: MIT
 * Sources: a few hosts, a few segments, and all that may be built of them. */
#include "generate.h"

static const char *const HOSTS[] = {"a.test", "b.a.test", "c.b.a.test", "test", "x.test"};
/* Each in normal form. */
static const char *const SEGMENTS[] = {"a",   "b",      "A", "e.f", "c%2Fd",
                                       "%20", "%C3%A9", "a", "k:v", "evil.ex"};
static const char *const NAMES[] = {"a", "b", "B", "utm_x"};
static const char *const VALUES[] = {"", "1", "2", "x%20y", "A", "a", "p+q", "s/t?u", "c%2Fd"};
static const int PORTS[] = {80, 443, 8080};

const char *generate_host(struct random *random)
{
    return PICK(random, HOSTS);
}

const char *generate_segment(struct random *random)
{
    return PICK(random, SEGMENTS);
}

const char *generate_param_name(struct random *random)
{
    return PICK(random, NAMES);
}

int generate_port(struct random *random)
{
    return PICK(random, PORTS);
}

void generate_path(struct random *random, struct text *ret, bool may_be_empty)
{
    ret->s[0] = 0;
    uint32_t count = random_below(random, 5);
    for (uint32_t i = 0; i < count; i++) {
        put(ret->s, TEXT, "/");
        if (random_below(random, 12))
            put(ret->s, TEXT, generate_segment(random));
    }
    if (!may_be_empty && (!ret->s[0] || random_one_in(random, 4)))
        put(ret->s, TEXT, "/");
}

void generate_pair(struct random *random, struct pair *ret)
{
    memset(ret, 0, sizeof *ret);
    put(ret->name.s, TEXT, generate_param_name(random));
    ret->has_value = random_below(random, 4) != 0;
    if (ret->has_value)
        put(ret->value.s, TEXT, PICK(random, VALUES));
}

/* Puts names and a star in some segments' places. */
static void generate_pattern(struct random *random, struct text *path)
{
    static const char *const STARS[] = {"*", "*", "a*", "*.f", "e*x", "*d"};
    static const char *const PLACES[] = {":x", ":y", ":z", ":w"};
    struct text made = {""};
    uint32_t count = 1 + random_below(random, 4), star = random_below(random, 2 * count), name = 0;
    for (uint32_t i = 0; i < count; i++) {
        put(made.s, TEXT, "/");
        if (i == star)
            put(made.s, TEXT, PICK(random, STARS));
        else if (random_one_in(random, 2))
            put(made.s, TEXT, PLACES[name++]);
        else if (random_below(random, 16))
            put(made.s, TEXT, generate_segment(random));
    }
    if (random_one_in(random, 8))
        put(made.s, TEXT, "/");
    *path = made;
}

/* "//x" alone would be a host. */
static void without_double_slash(struct rule *rule)
{
    char *s = rule->path.s;
    while (rule->host_form == ANY_HOST && s[0] == '/' && s[1] == '/')
        memmove(s, s + 1, strlen(s));
}

static void generate_any_path(struct maker *maker, struct rule *rule)
{
    struct random *random = &maker->random;
    if ((maker->features & WITH_PATTERNS) && random_one_in(random, 2)) {
        generate_pattern(random, &rule->path);
    } else {
        bool folder = random_one_in(random, 2);
        generate_path(random, &rule->path, folder);
        if (folder && strcmp(rule->path.s, "/") == 0 && rule->host_form == ANY_HOST)
            rule->path.s[0] = 0;
        put(rule->path.s, TEXT, folder ? "/*" : "");
    }
    without_double_slash(rule);
    if (!rule->path.s[0])
        put(rule->path.s, TEXT, "/");
}

static void generate_any_host(struct maker *maker, struct rule *rule)
{
    struct random *random = &maker->random;
    bool labels = (maker->features & WITH_PATTERNS) && random_one_in(random, 3);
    rule->host_form = labels ? LABELS : (enum host_form)random_below(random, 4);
    if (rule->host_form == ANY_HOST)
        return;
    put(rule->host.s, TEXT, generate_host(random));
    rule->labels = labels ? 1 + random_one_in(random, 3) : 0;
    rule->port = random_below(random, 3) ? 0 : generate_port(random);
}

static void generate_params(struct maker *maker, struct rule *rule)
{
    static const char *const CAPTURES[] = {"p", "q", "r"};
    struct random *random = &maker->random;
    if (!random_one_in(random, 3))
        return;
    rule->nparams = (int)random_below(random, 4);
    for (int i = 0; i < rule->nparams; i++) {
        struct pair *pair = &rule->params[i];
        generate_pair(random, pair);
        if (!(maker->features & WITH_PATTERNS) || !random_one_in(random, 3))
            continue;
        pair->has_value = false;
        pair->value.s[0] = 0;
        pair->capture = CAPTURES[i];
    }
}

void generate_source(struct maker *maker, struct rule *rule)
{
    struct random *random = &maker->random;
    if ((maker->features & WITH_REGEXES) && random_one_in(random, 3)) {
        rule->regex = generate_regex(random);
        if (rule->regex->subject == ON_PATH && random_one_in(random, 2))
            generate_any_host(maker, rule);
        rule->nocase = random_one_in(random, 3);
        rule->star_case = rule->nocase && random_one_in(random, 2);
    } else {
        generate_any_host(maker, rule);
        if (rule->host_form != ANY_HOST)
            rule->scheme = (enum scheme)(random_one_in(random, 2) ? random_below(random, 3) : 0);
        generate_any_path(maker, rule);
        generate_params(maker, rule);
        rule->nocase = random_one_in(random, 5);
        rule->noslash = random_one_in(random, 5);
        rule->only = random_one_in(random, 5);
    }
    rule->priority = random_below(random, 6) ? 0 : (int)random_below(random, 5) - 2;
    if (rule->scheme != ANY_SCHEME && !rule->port) { /* a URL without a port names one too */
        rule->port = rule->scheme == HTTP ? 80 : 443;
    }
}
