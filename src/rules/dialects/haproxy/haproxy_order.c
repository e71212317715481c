/* SPDX-License-Identifier: MIT
 *
 * HAProxy asks line by line, and a map is one line for thousands of rules. So rules change places:
 * one may go up into a map that stands above, as long as it does not pass a rule that some request
 * might match too. What might meet is told from places: a host or all below it, a path or all below
 * a folder; expressions lie below what they begin with. Every rule leaves the number of its block
 * at its place, and, where a rule for more is yet to come, at the places around it. Only hashes of
 * places are kept: two that are taken for one cost a line, never an answer.
 */
#include "rules/dialects/haproxy/haproxy_out.h"

#include "base/hash.h"
#include "rules/ruleset_priv.h"
#include <stdlib.h>

enum where { AT = 1, REGION = 2, UNDER = 3 };

struct spot {
    uint64_t place;  /* 0: free */
    uint32_t plain;  /* the last block of a rule there */
    uint32_t longer; /* the same of rules that the longest key finds anyway */
};

struct dt_haproxy_order {
    struct spot *spots;
    size_t mask, count;
};

/* A rule's place, canonical: without case and a final slash, which may not count. */
struct spread {
    struct dt_slice host, path;
    bool hosts; /* and all below it */
    bool paths;
    char fold[DT_LIMIT_SOURCE];
};

/* ---- The table ---- */

static struct spot *find(const struct dt_haproxy_order *order, uint64_t place)
{
    size_t at = (size_t)place & order->mask;
    while (order->spots[at].place && order->spots[at].place != place)
        at = (at + 1) & order->mask;
    return &order->spots[at];
}

static bool grow(struct dt_haproxy_order *order)
{
    struct dt_haproxy_order larger = {.mask = 2 * order->mask + 1, .count = order->count};
    larger.spots = calloc(larger.mask + 1, sizeof *larger.spots);
    if (!larger.spots)
        return false;
    for (size_t i = 0; i <= order->mask; i++)
        if (order->spots[i].place)
            *find(&larger, order->spots[i].place) = order->spots[i];
    free(order->spots);
    *order = larger;
    return true;
}

static struct spot *add(struct dt_haproxy_order *order, uint64_t place)
{
    if (2 * order->count > order->mask && !grow(order))
        return NULL;
    struct spot *spot = find(order, place);
    if (!spot->place) {
        order->count++;
        spot->place = place;
    }
    return spot;
}

/* ---- Places ---- */

static uint64_t place_of(enum where host_where, struct dt_slice host, enum where path_where,
                         struct dt_slice path)
{
    uint64_t seed = dt_hash64(host.ptr ? host.ptr : "", host.len, (uint64_t)host_where);
    uint64_t place = dt_hash64(path.ptr ? path.ptr : "", path.len, seed + (uint64_t)path_where);
    return place ? place : 1;
}

/* The path up to the last slash before what is open. */
static struct dt_slice beginning(const struct dt_rule *rule)
{
    struct dt_slice path = rule->path;
    if (rule->path_kind == DT_PATH_REGEX)
        return DT_SLICE_NONE;
    size_t len = 0;
    for (size_t i = 0; i < path.len && path.ptr[i] > DT_PATH_STAR; i++)
        if (path.ptr[i] == '/')
            len = i;
    return dt_slice_of(path.ptr, len);
}

static void spread_of(const struct dt_rule *rule, struct spread *ret)
{
    bool exact = rule->path_kind == DT_PATH_EXACT;
    struct dt_slice path =
        exact || rule->path_kind == DT_PATH_PREFIX ? rule->path : beginning(rule);
    ret->host =
        rule->host_kind == DT_HOST_ANY || (rule->flags & DT_RULE_URL) ? DT_SLICE_NONE : rule->host;
    ret->hosts = rule->host_kind != DT_HOST_EXACT || (rule->flags & DT_RULE_URL);
    ret->paths = !exact;
    if (path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    if (path.len > sizeof ret->fold)
        path.len = 0, ret->paths = true;
    for (size_t i = 0; i < path.len; i++)
        ret->fold[i] = dt_ascii_lower(path.ptr[i]);
    ret->path = dt_slice_of(ret->fold, path.len);
}

/* The domain or folder around this one; false when there is none. */
static bool host_up(struct dt_slice *host)
{
    if (!host->len)
        return false;
    const char *dot = memchr(host->ptr, '.', host->len);
    *host = dot ? dt_slice_from(*host, (size_t)(dot - host->ptr) + 1) : DT_SLICE_NONE;
    return true;
}

static bool path_up(struct dt_slice *path)
{
    if (!path->len)
        return false;
    do
        path->len--;
    while (path->len && path->ptr[path->len] != '/');
    return true;
}

/* ---- Asking ---- */

static void look(const struct dt_haproxy_order *order, uint64_t place, bool longest, bool below,
                 struct dt_haproxy_slot *ret)
{
    const struct spot *spot = find(order, place);
    if (!spot->place)
        return;
    uint32_t *longer = longest && below ? &ret->within : &ret->after;
    ret->after = spot->plain > ret->after ? spot->plain : ret->after;
    *longer = spot->longer > *longer ? spot->longer : *longer;
}

/* All paths that may meet, of one place of hosts. */
static void look_paths(const struct dt_haproxy_order *order, enum where where, struct dt_slice host,
                       const struct spread *spread, bool longest, struct dt_haproxy_slot *ret)
{
    struct dt_slice path = spread->path;
    if (spread->paths)
        look(order, place_of(where, host, UNDER, path), longest, true, ret);
    else
        look(order, place_of(where, host, AT, path), longest, false, ret);
    do
        look(order, place_of(where, host, REGION, path), longest, false, ret);
    while (path_up(&path));
}

struct dt_haproxy_slot dt_haproxy_order_slot(const struct dt_haproxy_order *order,
                                             const struct dt_rule *rule, bool longest)
{
    struct dt_haproxy_slot slot = {0, 0};
    struct spread spread;
    spread_of(rule, &spread);
    struct dt_slice host = spread.host;
    look_paths(order, spread.hosts ? UNDER : AT, host, &spread, longest, &slot);
    do
        look_paths(order, REGION, host, &spread, longest, &slot);
    while (host_up(&host));
    return slot;
}

/* ---- Noting ---- */

static bool note(struct dt_haproxy_order *order, uint64_t place, bool longer, uint32_t block)
{
    struct spot *spot = add(order, place);
    if (!spot)
        return false;
    uint32_t *last = longer ? &spot->longer : &spot->plain;
    *last = block > *last ? block : *last;
    return true;
}

/* Is a rule known that is for all of this place? */
static bool is_wanted(const struct dt_haproxy_order *order, struct dt_slice name, enum where kind)
{
    return find(order, place_of(kind, name, 0, DT_SLICE_NONE))->place != 0;
}

static bool note_paths(struct dt_haproxy_order *order, enum where where, struct dt_slice host,
                       const struct spread *spread, bool longest, uint32_t block)
{
    struct dt_slice path = spread->path;
    if (!note(order, place_of(where, host, spread->paths ? REGION : AT, path), false, block))
        return false;
    do
        if (is_wanted(order, path, REGION) &&
            !note(order, place_of(where, host, UNDER, path), longest, block))
            return false;
    while (path_up(&path));
    return true;
}

bool dt_haproxy_order_note(struct dt_haproxy_order *order, const struct dt_rule *rule, bool longest,
                           uint32_t block)
{
    struct spread spread;
    spread_of(rule, &spread);
    struct dt_slice host = spread.host;
    if (!note_paths(order, spread.hosts ? REGION : AT, host, &spread, longest, block))
        return false;
    do
        if (is_wanted(order, host, UNDER) &&
            !note_paths(order, UNDER, host, &spread, longest, block))
            return false;
    while (host_up(&host));
    return true;
}

struct dt_haproxy_order *dt_haproxy_order_new(const struct dt_ruleset *set, const uint32_t *rules,
                                              uint32_t count)
{
    struct dt_haproxy_order *order = malloc(sizeof *order);
    if (!order)
        return NULL;
    *order = (struct dt_haproxy_order){.mask = 1023};
    order->spots = calloc(order->mask + 1, sizeof *order->spots);
    bool fine = order->spots != NULL;
    for (uint32_t i = 0; fine && i < count; i++) {
        struct spread spread;
        spread_of(dt_ruleset_rule(set, rules[i]), &spread);
        if (spread.hosts)
            fine = add(order, place_of(UNDER, spread.host, 0, DT_SLICE_NONE)) != NULL;
        if (fine && spread.paths)
            fine = add(order, place_of(REGION, spread.path, 0, DT_SLICE_NONE)) != NULL;
    }
    if (fine)
        return order;
    dt_haproxy_order_free(order);
    return NULL;
}

void dt_haproxy_order_free(struct dt_haproxy_order *order)
{
    if (order)
        free(order->spots);
    free(order);
}
