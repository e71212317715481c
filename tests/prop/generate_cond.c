/* SPDX-License-Identifier: MIT
 * Conditions and clients, from pools so small that a condition holds about half
 * the time. */
#include "generate.h"

struct pool {
    const char *names[3];
    const char *values[8];
};

static const struct pool POOLS[COND_KINDS] = {
    [METHOD] = {{NULL}, {"GET", "HEAD", "POST"}},
    [EXCEPT] = {{NULL}, {"/a", "/b/*", "/a/b", "/a/*", "10.0.0.0/8", "2001:db8::/32"}},
    [HEADER] = {{"X-A", "x-b"}, {"1", "2", "a*", "*b", "a*c", "x y", "*"}},
    [COOKIE] = {{"uid", "theme"}, {"7", "dark", "l*", "*t", "a*e*"}},
    [LANG] = {{NULL}, {"de", "de-CH", "fr", "en", "en-GB", "zh-Hant", "de-at"}},
    [COUNTRY] = {{NULL}, {"DE", "AT", "US"}},
    [REFERER] = {{NULL},
                 {"news.test", "*.news.test", ".news.test", "https://news.test/*", "//news.test/a*",
                  "https://*/abc"}},
    [UA] = {{NULL}, {"Googlebot", "*bot*", "mozilla*", "curl/*", "5.0"}},
    [PERCENT] = {{"uid", "theme"}, {"50", "0-30", "60-100", "25.5-75", "10"}},
    [IP] = {{NULL},
            {"10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "192.0.2.7", "::1", "0.0.0.0/0",
             "2001:db8::7/128"}},
};

static const char *pick(struct random *random, const char *const *pool, size_t max)
{
    uint32_t count = 0;
    while (count < max && pool[count])
        count++;
    return count ? pool[random_below(random, count)] : NULL;
}

static bool has(const struct cond *cond, const char *value)
{
    for (int i = 0; i < cond->nvalues; i++)
        if (strcmp(cond->values[i], value) == 0)
            return true;
    return false;
}

static void pick_values(struct random *random, struct cond *cond)
{
    const struct pool *pool = &POOLS[cond->kind];
    cond->nvalues = 0;
    for (uint32_t n = 1 + random_below(random, MAX_VALUES); n; n--) {
        const char *value = pick(random, pool->values, 8);
        if (!has(cond, value))
            cond->values[cond->nvalues++] = value;
    }
}

/* Most may be given once, and once negated; those with a name as often as one
 * likes. */
static bool given_already(const struct rule *rule, const struct cond *cond)
{
    for (int i = 0; i < rule->nconds; i++) {
        const struct cond *other = &rule->conds[i];
        if (other->kind == cond->kind && other->negated == cond->negated &&
            (!other->name || !cond->name || strcmp(other->name, cond->name) == 0))
            return true;
    }
    return false;
}

static void generate_cond(struct random *random, struct rule *rule)
{
    static const enum cond_kind KINDS[] = {METHOD, EXCEPT,  HEADER,  HEADER, COOKIE,  COOKIE,  LANG,
                                           LANG,   COUNTRY, REFERER, UA,     PERCENT, PERCENT, IP};
    struct cond cond = {.kind = PICK(random, KINDS), .until = NEVER};
    cond.negated = cond.kind != EXCEPT && random_one_in(random, 3);
    cond.name = pick(random, POOLS[cond.kind].names, 3);
    pick_values(random, &cond);
    if ((cond.kind == HEADER || cond.kind == COOKIE) && random_one_in(random, 3))
        cond.nvalues = 0; /* that it is there */
    if (cond.kind == PERCENT) {
        static const char *const KEYS[] = {NULL, "cookie", "header"};
        cond.key = PICK(random, KEYS);
        if (!cond.key)
            cond.name = NULL;
        else if (strcmp(cond.key, "header") == 0)
            cond.name = "X-A";
    }
    /* Said twice, in "!ip=" and in "except=", it would be one condition. */
    struct cond other = {.kind = cond.kind == EXCEPT ? IP : EXCEPT, .negated = cond.kind == EXCEPT};
    if ((cond.kind == EXCEPT || (cond.kind == IP && cond.negated)) && given_already(rule, &other))
        return;
    if (!given_already(rule, &cond))
        rule->conds[rule->nconds++] = cond;
}

void generate_conds(struct maker *maker, struct rule *rule)
{
    struct random *random = &maker->random;
    if (maker->features & WITH_TIMES) {
        if (random_one_in(random, 3))
            generate_windows(maker, rule);
        if (random_one_in(random, 3) || rule->maintenance)
            generate_time_cond(maker, rule);
    }
    uint32_t count = random_one_in(random, 3) ? 0 : random_below(random, 4);
    for (; (maker->features & WITH_CONDITIONS) && count; count--)
        if (rule->nconds < MAX_CONDS)
            generate_cond(random, rule);
}

/* ---- Clients ---- */

struct lines {
    const char *names[2];
    const char *values[14];
};

static const struct lines LINES[] = {
    {{"X-A", "x-a"}, {"1", "2", "abc", "b", "x y", ""}},
    {{"X-B", "x-B"}, {"1", "2", "abc", "b", "ac"}},
    {{"Cookie", "cookie"},
     {"uid=7; theme=dark", "theme=light", "uid=\"7\"", "UID=7", "broken; uid=8;theme=a.e",
      "uid=", "theme=dark; theme=light", "uid=9; uid=7"}},
    {{"Accept-Language", "accept-language"},
     {"de", "de-CH, de;q=0.8, en;q=0.5", "fr;q=0.3, *;q=0.1", "en-GB,en;q=0.9", "zh-Hant-TW", "*",
      "de-AT;q=0.7, fr;q=0.7", "EN", "it", "de;q=0, *", "zh, en-US;q=0.4", "de-CH-1996",
      "en-GB;q=0, en", ""}},
    {{"Referer", "referer"},
     {"https://news.test/", "http://www.news.test/abc", "https://news.test:8443/abc",
      "https://evil.test/news.test", "about:blank", "https://news.test.evil.test/",
      "http://news.test/a"}},
    {{"User-Agent", "user-agent"},
     {"Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.5.0", "Bingbot", "Mozilla/5.0 (X11)",
      "not mozilla, no CURL/"}},
};

static void generate_headers(struct random *random, struct request *ret)
{
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
        for (uint32_t n = random_below(random, 6); n > 1; n -= n == 5 ? 1 : n) {
            const char *name = LINES[i].names[random_below(random, 2)];
            const char *value = pick(random, LINES[i].values, 14);
            ret->headers[ret->nheaders++] = (struct header){name, value};
        }
}

void generate_client(struct maker *maker, struct request *ret)
{
    static const char *const METHODS[] = {"GET", "GET", "HEAD", "POST", "DELETE"};
    static const char *const ADDRESSES[] = {
        NULL,          "10.1.2.3", "192.0.2.7",   "192.0.2.8",  "2001:db8::7",
        "2001:db9::1", "::1",      "203.0.113.9", "10.255.0.1", "198.51.100.77"};
    static const char *const COUNTRIES[] = {"", "DE", "AT", "CH", "US"};
    static const char *const FIELDS[] = {"", "CF-IPCountry"};
    struct random *random = &maker->random;
    ret->method = PICK(random, METHODS);
    ret->country = ret->country_field = "";
    if (maker->features & WITH_CONDITIONS) {
        generate_headers(random, ret);
        ret->address = PICK(random, ADDRESSES);
        ret->country = PICK(random, COUNTRIES);
        ret->country_field = PICK(random, FIELDS);
    }
    ret->now = generate_now(maker);
}
