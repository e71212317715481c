/* SPDX-License-Identifier: MIT
 * Conditions on who asks: languages, address, country, a share of all. */
#include "oracle_cond.h"

#include <arpa/inet.h>
#include <ctype.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wswitch-enum"
#define XXH_INLINE_ALL
#include <xxhash.h>
#pragma GCC diagnostic pop

#define MAX_OFFERS (RULES_MAX * 2 * MAX_VALUES)

struct offers {
    char text[MAX_OFFERS][16];
    const char *list[MAX_OFFERS];
    int count;
};

static int by_text(const void *a, const void *b)
{
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_offer(struct offers *offers, const char *tag)
{
    for (int i = 0; i < offers->count; i++)
        if (equal(offers->list[i], tag, true))
            return;
    char *to = offers->text[offers->count];
    for (*to = 0; *tag; tag++)
        put_char(to, sizeof offers->text[0], (char)tolower((unsigned char)*tag));
    offers->list[offers->count++] = to;
}

/* What a rule offers: each condition's languages in alphabetical order, "!" last. */
static void add_offers(struct offers *offers, const struct rule *rule)
{
    for (int negated = 0; negated < 2; negated++)
        for (int i = 0; i < rule->nconds; i++) {
            struct cond cond = rule->conds[i];
            if (cond.kind != LANG || cond.negated != negated)
                continue;
            qsort(cond.values, (size_t)cond.nvalues, sizeof *cond.values, by_text);
            for (int j = 0; j < cond.nvalues; j++)
                add_offer(offers, cond.values[j]);
        }
}

enum verdict lang_holds(const struct asked *asked)
{
    static struct offers offers;
    offers.count = 0;
    look(asked, "accept-language");
    for (int i = 0; i < asked->world->count; i++)
        if (source_same(asked->rule, &asked->world->rules[i]))
            add_offers(&offers, &asked->world->rules[i]);
    int best = lang_choose(asked->request, offers.list, offers.count);
    return best >= 0 && has_value(asked->cond, offers.list[best]) ? YES : NO;
}

/* As 16 bytes, IPv4 as ::ffff:a.b.c.d; returns how many bits are before an IPv4
 * address. */
static int read_address(const char *text, unsigned char ret[16])
{
    memset(ret, 0, 16);
    if (inet_pton(AF_INET6, text, ret) == 1)
        return 0;
    ret[10] = ret[11] = 0xff;
    if (inet_pton(AF_INET, text, ret + 12) != 1)
        abort();
    return 96;
}

bool net_has(const char *net, const char *address)
{
    unsigned char a[16], b[16];
    char base[64];
    size_t n = strcspn(net, "/");
    snprintf(base, sizeof base, "%.*s", (int)n, net);
    int before = read_address(base, a), bits = net[n] ? before + atoi(net + n + 1) : 128;
    read_address(address, b);
    for (int i = 0; i < bits; i++)
        if ((a[i / 8] ^ b[i / 8]) & (0x80 >> i % 8))
            return false;
    return true;
}

enum verdict ip_holds(const struct asked *asked)
{
    asked->looked->any = true;
    if (!asked->request->address)
        return UNKNOWN;
    for (int i = 0; i < asked->cond->nvalues; i++)
        if (net_has(asked->cond->values[i], asked->request->address))
            return YES;
    return NO;
}

enum verdict country_holds(const struct asked *asked)
{
    if (asked->request->country_field[0])
        look(asked, asked->request->country_field);
    else
        asked->looked->any = true;
    if (!asked->request->country[0])
        return UNKNOWN;
    return has_value(asked->cond, asked->request->country) ? YES : NO;
}

/* The text that is hashed when it is a field's; NULL: the client has none, or an empty one. */
static const char *share_text(const struct asked *asked, struct text *value)
{
    int at = 0;
    if (!asked->cond->key)
        return NULL;
    if (strcmp(asked->cond->key, "cookie") == 0)
        return first_cookie(asked, asked->cond->name, value) && value->s[0] ? value->s : NULL;
    look(asked, asked->cond->name);
    const char *line = header(asked, asked->cond->name, &at);
    return line && line[0] ? line : NULL;
}

static bool in_range(const char *range, unsigned place)
{
    char *end;
    double from = strtod(range, &end), to = from;
    if (*end == '-')
        to = strtod(end + 1, NULL);
    else
        from = 0;
    return from * 100 <= place && place < to * 100;
}

enum verdict percent_holds(const struct asked *asked)
{
    const char *key = asked->world->key ? asked->world->key : "detour";
    unsigned char address[16];
    struct text value;
    const char *text = share_text(asked, &value);
    size_t len = text ? strlen(text) : sizeof address;
    if (!text) {
        asked->looked->any = true;
        if (!asked->request->address)
            return UNKNOWN;
        read_address(asked->request->address, address);
        text = (const char *)address;
    }
    uint64_t seed = XXH3_64bits_withSeed(key, strlen(key), 0);
    uint64_t hash = XXH3_64bits_withSeed(text, len, seed);
    unsigned place = (unsigned)((hash >> 32) * 10000 >> 32);
    for (int i = 0; i < asked->cond->nvalues; i++)
        if (in_range(asked->cond->values[i], place))
            return YES;
    return NO;
}
