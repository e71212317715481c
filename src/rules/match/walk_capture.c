/* SPDX-License-Identifier: MIT
 *
 * What a rule captured, in the order in which its target counts: see struct dt_rule_more. Captures
 * are pieces of the request as it was asked, also where letters were compared without their case.
 */
#include "rules/match/walk.h"

#include "semantics/query.h"

static void add(struct dt_walk *walk, struct dt_slice text, enum dt_capture_from from)
{
    if (walk->ncaptures < DT_CAPTURES_MAX)
        walk->captures[walk->ncaptures++] = (struct dt_capture){text, (uint8_t)from};
}

/* The first labels of the host, one for each name. */
static void add_labels(struct dt_walk *walk, uint32_t count)
{
    struct dt_slice host = walk->request->host;
    for (uint32_t i = 0; i < count; i++) {
        const char *dot = host.len ? memchr(host.ptr, '.', host.len) : NULL;
        size_t len = dot ? (size_t)(dot - host.ptr) : host.len;
        add(walk, dt_slice_of(host.ptr, len), DT_FROM_HOST);
        host = dt_slice_from(host, dot ? len + 1 : len);
    }
}

static struct dt_slice value_of(struct dt_slice query, struct dt_slice name, bool nocase)
{
    struct dt_query_param param;
    while (dt_query_next(&query, &param))
        if (nocase ? dt_slice_eq_nocase(param.name, name) : dt_slice_eq(param.name, name))
            return param.value;
    return DT_SLICE_NONE;
}

static void add_queries(struct dt_walk *walk, const struct dt_walk_place *place,
                        const struct dt_hit *hit)
{
    const unsigned char *start = (const unsigned char *)hit->queries.ptr;
    struct dt_cursor c = {start, start + hit->queries.len, false};
    bool nocase = place->query.ptr != walk->request->query.ptr;
    for (uint32_t i = 0; i < hit->nqueries && !c.bad; i++) {
        struct dt_slice name = dt_cursor_bytes(&c, dt_cursor_varint(&c));
        add(walk, value_of(walk->request->query, name, nocase), DT_FROM_VALUE);
    }
}

/* A piece of the subject. The path of a request is one subject; the URL, whose query may be put
 * into a query as it is, another. */
static void add_group(struct dt_walk *walk, const struct dt_walk_place *place, size_t begin,
                      size_t end)
{
    if (begin == SIZE_MAX || end < begin || end > place->subject.len) {
        add(walk, DT_SLICE_NONE, DT_FROM_PATH);
        return;
    }
    struct dt_slice text = dt_slice_of(place->subject.ptr + begin, end - begin);
    bool url = place->item_kind == DT_ITEM_URL || place->item_kind == DT_ITEM_RELATIVE;
    size_t skipped = url ? (size_t)(place->subject.ptr - walk->url.ptr) : 0;
    add(walk, text, url && begin + skipped >= walk->url_query ? DT_FROM_QUERY : DT_FROM_PATH);
}

/* Of a glob, the names come first and the star last, whatever their places in the path. */
static void add_glob(struct dt_walk *walk, const struct dt_walk_place *place, const size_t *groups,
                     unsigned ngroups)
{
    for (unsigned i = 1; i < ngroups; i++)
        if (i != place->star_group)
            add_group(walk, place, groups[2 * i], groups[2 * i + 1]);
    if (place->star_group && place->star_group < ngroups)
        add_group(walk, place, groups[2 * place->star_group], groups[2 * place->star_group + 1]);
}

void dt_walk_capture(struct dt_walk *walk, const struct dt_walk_place *place,
                     const struct dt_hit *hit, const size_t *groups, unsigned ngroups)
{
    walk->ncaptures = 0;
    if (place->path_kind == DT_PATH_REGEX) {
        for (unsigned i = 0; i < ngroups; i++)
            add_group(walk, place, groups[2 * i], groups[2 * i + 1]);
        add_labels(walk, place->level->labels);
        return;
    }
    add_labels(walk, place->level->labels);
    if (place->path_kind == DT_PATH_GLOB)
        add_glob(walk, place, groups, ngroups);
    for (uint32_t i = 0; i < place->nnames; i++)
        add(walk, place->names[i], DT_FROM_PATH);
    if (place->star)
        add(walk, dt_slice_from(walk->request->path, place->key_len + 1), DT_FROM_PATH);
    if (hit->nqueries)
        add_queries(walk, place, hit);
}
