/* SPDX-License-Identifier: MIT
 *
 * From a request to where it ends: each URL that is asked for on the way is kept, so that the first
 * that comes again is known. A loop need not bring a URL back: /a/... to /a/b/... makes it longer
 * each time, and is known by rules that answer again and again until any client has given up.
 */
#include "rules/check/check_client.h"

#include "base/hash.h"
#include <detour/status.h>

#include <stdlib.h>

#define TEXT_MAX (8u << 20)
#define AGAIN                                                                                      \
    4u /* times that a rule answers on one way: more than any words in our requests are            \
        */

void dt_trip_release(struct dt_trip *trip)
{
    free(trip->text);
    trip->text = NULL;
    trip->cap = 0;
}

struct dt_slice dt_trip_url(const struct dt_trip *trip, uint32_t hop)
{
    return dt_slice_of(trip->text + trip->hops[hop].url, trip->hops[hop].len);
}

struct dt_slice dt_trip_final(const struct dt_trip *trip)
{
    const struct dt_trip_hop *hop = &trip->hops[trip->count];
    return dt_slice_of(trip->text + hop->url, hop->len + hop->more);
}

static bool reserve(struct dt_trip *trip, size_t more)
{
    if (trip->len + more <= trip->cap)
        return true;
    size_t cap = trip->cap ? trip->cap : 4096;
    while (cap < trip->len + more)
        cap *= 2;
    char *text = cap <= TEXT_MAX ? realloc(trip->text, cap) : NULL;
    if (!text)
        return false;
    trip->text = text;
    trip->cap = cap;
    return true;
}

static bool add_text(struct dt_trip *trip, struct dt_trip_hop *hop, struct dt_slice text)
{
    if (!reserve(trip, text.len))
        return false;
    if (text.len)
        memcpy(trip->text + trip->len, text.ptr, text.len);
    trip->len += text.len;
    hop->more = (uint32_t)text.len;
    return true;
}

/* The URL that the client asks for becomes the next hop's. */
static bool add_url(struct dt_trip *trip, const struct dt_client *client)
{
    const struct dt_request *request = &client->request;
    struct dt_trip_hop *hop = &trip->hops[trip->count];
    size_t room = request->host.len + request->path.len + request->query.len + 32;
    if (!reserve(trip, room))
        return false;
    struct dt_slice url = dt_request_url(request, trip->text + trip->len, room);
    if (url.len == 0)
        return false;
    *hop = (struct dt_trip_hop){.url = (uint32_t)trip->len, .len = (uint32_t)url.len};
    hop->hash = dt_hash64(url.ptr, url.len, dt_hash64(request->method.ptr, request->method.len, 0));
    trip->len += url.len;
    return true;
}

/* The hash is of the method too. */
static bool comes_again(struct dt_trip *trip)
{
    const struct dt_trip_hop *now = &trip->hops[trip->count];
    for (uint32_t i = 0; i < trip->count; i++) {
        if (trip->hops[i].hash != now->hash ||
            !dt_slice_eq(dt_trip_url(trip, i), dt_trip_url(trip, trip->count)))
            continue;
        trip->circle = i;
        trip->end = DT_TRIP_CIRCLE;
        return true;
    }
    return false;
}

static bool a_rule_comes_again(const struct dt_trip *trip)
{
    for (uint32_t i = 0; i < trip->count; i++) {
        uint32_t times = 0;
        for (uint32_t j = i; j < trip->count; j++)
            times += trip->hops[j].rule == trip->hops[i].rule;
        if (times >= AGAIN)
            return true;
    }
    return false;
}

static bool names(struct dt_slice list, struct dt_slice name)
{
    for (size_t i = 0; i + name.len <= list.len; i++)
        if (dt_slice_eq_nocase(dt_slice_of(list.ptr + i, name.len), name))
            return true;
    return false;
}

/* Cookies belong to a host, and an answer may set them. */
static void look_at_cookies(struct dt_trip *trip, const struct dt_client *client,
                            const struct dt_decision *decision, bool *sets)
{
    if (names(decision->vary, DT_S("cookie")) && (client->crossed || *sets))
        trip->unsure = true;
    *sets |= names(decision->fields, DT_S("set-cookie:"));
}

/* Of a cycle, the answers of its first round were given before its cookies were set. */
static bool conditions_change(const struct dt_trip *trip, bool asks, bool sets)
{
    return trip->end == DT_TRIP_CIRCLE && asks && sets;
}

/* A rule for any host answers for one that no rule names: only if that is served by these rules. */
static bool is_guess(const struct dt_client *client, uint32_t rule)
{
    return client->stranger &&
           dt_ruleset_rule(client->checker->set, rule)->host_kind == DT_HOST_ANY;
}

static bool step(struct dt_trip *trip, struct dt_client *client, const struct dt_decision *decision)
{
    struct dt_slice location = decision->location;
    const char *hash = memchr(location.ptr, '#', location.len);
    size_t fragment = hash ? (size_t)(hash - location.ptr) : location.len;
    bool goes = dt_client_go(client, decision);
    struct dt_trip_hop *hop = &trip->hops[++trip->count];
    if (goes) {
        if (add_url(trip, client))
            return !comes_again(trip) && add_text(trip, hop, dt_slice_from(location, fragment));
        client->checker->err = DT_ERR_NOMEM;
        return false;
    }
    *hop = (struct dt_trip_hop){.url = (uint32_t)trip->len};
    if (!add_text(trip, hop, location))
        client->checker->err = DT_ERR_NOMEM;
    return false;
}

bool dt_trip_go(struct dt_trip *trip, struct dt_client *client)
{
    bool asks = false, sets = false;
    trip->count = 0;
    trip->len = 0;
    trip->last = UINT32_MAX;
    trip->unsure = false;
    uint32_t home = UINT32_MAX; /* hops to a host that may be anybody's */
    trip->end = DT_TRIP_ENDS;
    bool goes = add_url(trip, client);
    if (!goes)
        client->checker->err = DT_ERR_NOMEM;
    while (goes && trip->count < DT_TRIP_MAX) {
        struct dt_decision decision;
        uint32_t rule;
        if (!dt_client_ask(client, &decision, &rule))
            break;
        if (home == UINT32_MAX && is_guess(client, rule))
            home = trip->count;
        look_at_cookies(trip, client, &decision, &sets);
        asks |= names(decision.vary, DT_S("cookie"));
        if (!dt_decision_redirects(&decision)) {
            trip->last = rule;
            break;
        }
        trip->hops[trip->count].rule = rule;
        trip->hops[trip->count].status = decision.status;
        goes = step(trip, client, &decision);
    }
    if (goes && trip->count == DT_TRIP_MAX && trip->end == DT_TRIP_ENDS)
        trip->end = a_rule_comes_again(trip) ? DT_TRIP_GROWS : DT_TRIP_LONG;
    trip->unsure |= conditions_change(trip, asks, sets) || home != UINT32_MAX;
    if (home != UINT32_MAX && (trip->end == DT_TRIP_ENDS || trip->end == DT_TRIP_LONG)) {
        trip->count = home;
        trip->end = DT_TRIP_ENDS;
        trip->last = UINT32_MAX;
    }
    return client->checker->err == DT_OK;
}
