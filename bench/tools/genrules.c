/* SPDX-License-Identifier: MIT
 *
 * Rule sets of every kind but the exact map, made and not stored: rule number i follows from i
 * alone, and what a key captures from the key's own number. Ten rules of a kind have every form
 * that a million have, so that what differs between two sizes is the size.
 *
 *   regex     ^/old-00001/([0-9]+)/([a-z0-9-]+)$; its keys are all for the last rule
 *   names     /shop-00002/:category/item-07/:id and /:lang/docs-00003/:page/print
 *   prefixes  dir/..., one to six segments deep; keys have eight
 *   hosts     all below tenant-000001.example
 *   plain     exact paths
 *   conditions  the same with four conditions each, which hold for the load's requests
 *
 * usage: genrules KIND detour|nginx COUNT       rules, on standard output
 *        genrules KIND keys|misses COUNT SAMPLE "KEY TAB LOCATION"; misses have no Location
 */
#include "random.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET "https://www.example.com/new"
#define CONDITIONS                                                                                 \
    " header=\"X-Mode:live,beta*\" cookie=session ip=127.0.0.0/8,10.0.0.0/8,2001:db8::/32"         \
    " days=mon-sun hours=0-12,12-24 tz=Europe/Berlin"

/* What a key asks for: rule i, and a number of its own for what is captured. */
struct key {
    uint64_t rule;
    uint64_t number;
    bool miss; /* like a key of the rule until near its end */
};

struct kind {
    const char *name;
    void (*put_source)(uint64_t i);
    void (*put_target)(uint64_t i); /* with captures, as in a rule */
    void (*put_key)(const struct key *key);
    void (*put_location)(const struct key *key);
    const char *options;
    bool last; /* all keys are for the last rule */
};

static unsigned spread(uint64_t i, unsigned below)
{
    return (unsigned)(i * 7919 % below);
}

/* ---- regex ---- */

static void put_regex(uint64_t i)
{
    printf("~^/old-%05" PRIu64 "/([0-9]+)/([a-z0-9-]+)$", i);
}

static void put_regex_target(uint64_t i)
{
    printf("https://www.example.com/new-area-%05" PRIu64 "/$1/$2", i);
}

static void put_regex_key(const struct key *key)
{
    printf("/old-%05" PRIu64 "/%s%06" PRIu64 "/some-nice-title-of-a-page", key->rule,
           key->miss ? "x" : "", key->number);
}

static void put_regex_location(const struct key *key)
{
    printf("https://www.example.com/new-area-%05" PRIu64 "/%06" PRIu64 "/some-nice-title-of-a-page",
           key->rule, key->number);
}

/* ---- names ---- */

static void put_names(uint64_t i)
{
    if (i % 2 == 0)
        printf("/shop-%05" PRIu64 "/:category/item-%02u/:id", i, spread(i, 100));
    else
        printf("/:lang/docs-%05" PRIu64 "/:page/print", i);
}

static void put_names_target(uint64_t i)
{
    if (i % 2 == 0)
        printf(TARGET "/%05" PRIu64 "/:category/:id", i);
    else
        printf(TARGET "/:lang/%05" PRIu64 "/:page", i);
}

static void put_names_key(const struct key *key)
{
    if (key->rule % 2 == 0)
        printf("/shop-%05" PRIu64 "/garden-and-home/item-%02u%s/%06" PRIu64, key->rule,
               spread(key->rule, 100), key->miss ? "x" : "", key->number);
    else
        printf("/en/docs-%05" PRIu64 "/page-%06" PRIu64 "-some-nice-title/print%s", key->rule,
               key->number, key->miss ? "ed" : "");
}

static void put_names_location(const struct key *key)
{
    if (key->rule % 2 == 0)
        printf(TARGET "/%05" PRIu64 "/garden-and-home/%06" PRIu64, key->rule, key->number);
    else
        printf(TARGET "/en/%05" PRIu64 "/page-%06" PRIu64 "-some-nice-title", key->rule,
               key->number);
}

/* ---- prefixes ---- */

static void put_folder(uint64_t i)
{
    printf("/site-%07" PRIu64, i);
    for (uint64_t depth = 0; depth < i % 6; depth++)
        printf("/part-%02u", spread(i + depth, 100));
}

static void put_prefix(uint64_t i)
{
    put_folder(i);
    fputs("/*", stdout);
}

static void put_prefix_target(uint64_t i)
{
    printf(TARGET "/%07" PRIu64 "/:splat", i);
}

/* Eight segments in all. */
static void put_below(const struct key *key)
{
    for (uint64_t depth = 1 + key->rule % 6; depth < 7; depth++)
        printf("folder-%" PRIu64 "/", depth);
    printf("page-%06" PRIu64, key->number);
}

static void put_prefix_key(const struct key *key)
{
    put_folder(key->rule);
    fputs(key->miss ? "x/" : "/", stdout);
    put_below(key);
}

static void put_prefix_location(const struct key *key)
{
    printf(TARGET "/%07" PRIu64 "/", key->rule);
    put_below(key);
}

/* ---- hosts ---- */

static void put_host(uint64_t i)
{
    printf("//*.tenant-%06" PRIu64 ".example/*", i);
}

static void put_host_key(const struct key *key)
{
    printf("http://%s.tenant-%06" PRIu64 "%s.example/page-%06" PRIu64,
           key->number % 2 ? "www" : "a.shop", key->rule, key->miss ? "x" : "", key->number);
}

static void put_host_target(uint64_t i)
{
    printf(TARGET "/%06" PRIu64 "/:splat", i);
}

static void put_host_location(const struct key *key)
{
    printf(TARGET "/%06" PRIu64 "/page-%06" PRIu64, key->rule, key->number);
}

/* ---- plain, conditions ---- */

static void put_path(uint64_t i)
{
    printf("/docs/section-%03u/page-%06" PRIu64 "-some-nice-title", spread(i, 1000), i);
}

static void put_path_key(const struct key *key)
{
    put_path(key->rule);
    fputs(key->miss ? "x" : "", stdout);
}

static void put_path_target(uint64_t i)
{
    printf(TARGET "/page-%06" PRIu64, i);
}

static void put_path_location(const struct key *key)
{
    put_path_target(key->rule);
}

static const struct kind kinds[] = {
    {"regex", put_regex, put_regex_target, put_regex_key, put_regex_location, "", true},
    {"names", put_names, put_names_target, put_names_key, put_names_location, "", false},
    {"prefixes", put_prefix, put_prefix_target, put_prefix_key, put_prefix_location, "", false},
    {"hosts", put_host, put_host_target, put_host_key, put_host_location, "", false},
    {"plain", put_path, put_path_target, put_path_key, put_path_location, "", false},
    {"conditions", put_path, put_path_target, put_path_key, put_path_location, CONDITIONS, false},
};

static void put_rules(const struct kind *kind, bool nginx, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        fputs(nginx ? "\"" : "", stdout);
        kind->put_source(i);
        fputs(nginx ? "\" " : " ", stdout);
        kind->put_target(i);
        printf("%s%s\n", nginx ? "" : " 307", nginx ? ";" : kind->options);
    }
}

static void put_keys(const struct kind *kind, bool misses, uint64_t count, uint64_t sample)
{
    uint64_t state = 307;
    for (uint64_t j = 0; j < sample; j++) {
        uint64_t random = next_random(&state);
        struct key key = {kind->last ? count - 1 : random % count, spread(j, 1000000), misses};
        kind->put_key(&key);
        if (!misses) {
            putchar('\t');
            kind->put_location(&key);
        }
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    static char buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    const struct kind *kind = NULL;
    for (size_t i = 0; argc > 3 && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            kind = &kinds[i];
    bool sample = argc == 5 && (strcmp(argv[2], "keys") == 0 || strcmp(argv[2], "misses") == 0);
    uint64_t count = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    if (kind == NULL || count == 0 || (!sample && argc != 4)) {
        fputs("usage: genrules KIND detour|nginx COUNT | genrules KIND keys|misses COUNT SAMPLE\n",
              stderr);
        return 2;
    }
    if (sample)
        put_keys(kind, argv[2][0] == 'm', count, strtoull(argv[4], NULL, 10));
    else
        put_rules(kind, strcmp(argv[2], "nginx") == 0, count);
    return fflush(stdout) != 0 ? 1 : 0;
}
