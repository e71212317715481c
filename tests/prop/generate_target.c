/* SPDX-License-Identifier: MIT
 * Targets and answers. */
#include "generate.h"

/* What the rule's source captures, as its target asks for it; "" when nothing.
 */
static const char *generate_capture(struct random *random, const struct rule *rule)
{
    static const char *const GROUPS[] = {"$0", "$1", "${1}", "$2", "${2}"};
    static const char *const PLACES[] = {":x", ":y", ":z", ":w"};
    const char *all[16];
    uint32_t count = 0;
    static struct text named;
    if (rule->regex) {
        for (int i = 0; i <= rule->regex->groups; i++) {
            all[count++] = GROUPS[i ? 2 * i - 1 : 0];
            if (i)
                all[count++] = GROUPS[2 * i];
        }
        named.s[0] = 0;
        if (rule->regex->name) {
            put(named.s, TEXT, "${");
            put(named.s, TEXT, rule->regex->name);
            put(named.s, TEXT, "}");
            all[count++] = named.s;
        }
    }
    for (int i = 0; i < rule->labels; i++)
        all[count++] = rule->regex ? (i ? "${u}" : "${t}") : (i ? ":u" : ":t");
    for (size_t i = 0; i < 4 && !rule->regex; i++)
        if (strstr(rule->path.s, PLACES[i]))
            all[count++] = PLACES[i];
    if (!rule->regex && strchr(rule->path.s, '*'))
        all[count++] = ":splat";
    for (int i = 0; i < rule->nparams; i++)
        if (rule->params[i].capture)
            all[count++] = i == 0 ? ":p" : i == 1 ? ":q" : ":r";
    return count ? all[random_below(random, count)] : "";
}

/* A capture, or what every request has. */
static const char *generate_value(struct maker *maker, const struct rule *rule)
{
    static const char *const OWN[] = {"{scheme}", "{host}", "{port}", "{path}", "{query}"};
    if ((maker->features & WITH_TEMPLATES) && random_one_in(&maker->random, 3))
        return PICK(&maker->random, OWN);
    return generate_capture(&maker->random, rule);
}

static void generate_origin(struct maker *maker, struct rule *rule)
{
    static const char *const ORIGINS[] = {"", "", "https://t.test",
                                          "https://www.example.test/long/way"};
    static const char *const OWN[] = {"https://{host}", "{scheme}://{host}:{port}",
                                      "https://www.{host}:8443/in", "{scheme}://t.test"};
    struct random *random = &maker->random;
    char *to = rule->target.s;
    if (!(maker->features & WITH_TEMPLATES) || random_one_in(random, 2)) {
        put(to, TEXT, PICK(random, ORIGINS));
        return;
    }
    const char *capture = random_one_in(random, 2) ? generate_capture(random, rule) : "";
    if (rule->labels && random_one_in(random, 3)) {
        put(to, TEXT, "https://"); /* a label cannot choose the host with another behind it */
        put(to, TEXT, rule->regex ? "${t}" : ":t");
        put(to, TEXT, ".y.test");
    } else if (capture[0]) {
        rule->open = true;
        put(to, TEXT, "https://");
        put(to, TEXT, capture);
        put(to, TEXT, random_one_in(random, 2) ? ".z.test" : "");
    } else {
        put(to, TEXT, PICK(random, OWN));
    }
}

static void generate_location(struct maker *maker, struct rule *rule)
{
    static const char *const PATHS[] = {"/to", "/to/deep/er", "/", "/c:-$-d"};
    static const char *const QUERIES[] = {"", "", "?a=9", "?z", "?B=1&", "?"};
    struct random *random = &maker->random;
    char *to = rule->target.s;
    generate_origin(maker, rule);
    put(to, TEXT, PICK(random, PATHS));
    const char *value = random_one_in(random, 2) ? generate_value(maker, rule) : "";
    if (value[0]) {
        put(to, TEXT, ends_with(to, "/") ? "" : random_one_in(random, 8) ? "-" : "/");
        put(to, TEXT, value);
        put(to, TEXT, random_one_in(random, 6) ? ".html" : "");
    }
    put(to, TEXT, PICK(random, QUERIES));
    value = strchr(to, '?') && random_one_in(random, 3) ? generate_value(maker, rule) : "";
    if (value[0]) {
        put(to, TEXT, ends_with(to, "?") || ends_with(to, "&") ? "" : "&");
        put(to, TEXT, random_one_in(random, 6) ? "" : "s=");
        put(to, TEXT, value);
    }
    if (random_one_in(random, 5)) {
        put(to, TEXT, "#f");
        value = random_one_in(random, 2) ? generate_value(maker, rule) : "";
        put(to, TEXT, value[0] ? "-" : "");
        put(to, TEXT, value);
    }
}

static void generate_passing(struct random *random, struct rule *rule)
{
    rule->passing = (enum passing)random_below(random, 4);
    if (rule->passing != KEEP && rule->passing != WITHOUT)
        return;
    put(rule->names[0].s, TEXT, generate_param_name(random));
    put(rule->names[1].s, TEXT, random_one_in(random, 2) ? "utm_*" : "a");
    rule->nnames = (int)random_below(random, 2) + 1;
}

void generate_target(struct maker *maker, struct rule *rule)
{
    static const int REDIRECTS[] = {301, 302, 303, 307, 308};
    static const int ENDS[] = {404, 410, 451, 503};
    struct random *random = &maker->random;
    if (rule->maintenance) {
        bool redirect = random_one_in(random, 2);
        rule->status = redirect ? 307 : 503;
        if (!redirect)
            return;
    } else if (random_one_in(random, 6)) {
        bool pass = (maker->features & WITH_ACTIONS) && random_one_in(random, 2);
        rule->status = pass ? STATUS_PASS : PICK(random, ENDS);
        return;
    } else {
        rule->status = PICK(random, REDIRECTS);
    }
    generate_location(maker, rule);
    generate_passing(random, rule);
}

static bool has_until(const struct rule *rule)
{
    return conds_until(rule) != NEVER;
}

void generate_action(struct maker *maker, struct rule *rule)
{
    static const char *const CACHES[] = {"no",
                                         "60",
                                         "1h",
                                         "86400",
                                         "\"public, max-age=600\"",
                                         "\"s-maxage=7200, max-age=60, immutable\""};
    static const char *const FIELDS[] = {"X-One: 1", "X-Two: a b"};
    struct random *random = &maker->random;
    if (rule->maintenance)
        rule->retry_after = RETRY_AFTER_UNTIL;
    if (rule->status == STATUS_PASS || !(maker->features & WITH_ACTIONS))
        return;
    if (random_one_in(random, 3))
        rule->cache = PICK(random, CACHES);
    if (random_one_in(random, 6))
        rule->set_header = PICK(random, FIELDS);
    bool end = !rule->target.s[0];
    rule->page = end && random_one_in(random, 2);
    if ((!end || rule->status == 503) && random_one_in(random, 4))
        rule->retry_after = has_until(rule) && random_one_in(random, 2)
                                ? RETRY_AFTER_UNTIL
                                : (int)random_below(random, 5000);
}
