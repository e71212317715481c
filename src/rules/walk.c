/* SPDX-License-Identifier: MIT
 *
 * Host by host from the most specific (the name itself, its suffixes longest first, any), and for
 * each the exact path in its forms, then its folders deepest first. In a rule set without
 * priorities and with @order specific, that is the order of ranks too, so the first level that
 * answers is the end of it; otherwise every level is looked at and the smallest rank wins.
 */
#include "rules/walk.h"

struct level {
    struct dt_slice host; /* the pattern's name */
    uint32_t host_id;
    uint32_t variants;
    uint32_t depths[2];
    uint8_t host_kind;
    bool stop; /* a hit here cannot be beaten by a later step of this level */
};

/* Where in the walk an entry is read. */
struct place {
    const struct level *level;
    struct dt_slice path;  /* the request's, in the form of the node */
    struct dt_slice query; /* likewise */
    size_t key_len;        /* of the prefix */
    uint32_t depth;
    uint8_t path_kind;
    const struct dt_condition *pair;
};

static bool damaged(struct dt_walk *walk)
{
    walk->err = DT_ERR_DAMAGED;
    return false;
}

/* What one request may cost, in steps of a few nanoseconds: no rule set is slow for a request that
 * people send, but 8,000 segments against deep folders, or 4,000 parameters against thousands of
 * rules that share one, multiply. To explain, there is time. */
#define WORK_MAX (UINT64_C(1) << 20)

static bool charge(struct dt_walk *walk, uint64_t steps)
{
    walk->work += steps;
    if (walk->work <= WORK_MAX || walk->all)
        return true;
    walk->err = DT_ERR_LIMIT;
    return false;
}

static void take(struct dt_walk *walk, const struct dt_hit *hit)
{
    if (walk->all) {
        if (walk->all_count < walk->all_max)
            walk->all[walk->all_count] = *hit;
        walk->all_count++;
    }
    if (!walk->found || hit->rank < walk->best.rank)
        walk->best = *hit;
    walk->found = true;
}

static struct dt_slice splat_of(const struct dt_walk *walk, const struct place *place)
{
    if (place->path_kind == DT_PATH_EXACT)
        return DT_SLICE_NONE;
    return dt_slice_from(walk->request->path, place->key_len + 1);
}

/* Reads one entry; true when it matches. The cursor is behind it either way. */
static bool read_entry(struct dt_walk *walk, const struct place *place, struct dt_cursor *c,
                       struct dt_hit *hit)
{
    const struct dt_request *request = walk->request;
    unsigned bits = dt_cursor_fixed(c, 1);
    hit->bits = (uint8_t)bits;
    hit->rank = (uint32_t)dt_cursor_varint(c);
    bool match = !(bits & DT_ENTRY_HTTP) || request->scheme == DT_SCHEME_HTTP;
    match = match && (!(bits & DT_ENTRY_HTTPS) || request->scheme == DT_SCHEME_HTTPS);
    hit->port = 0;
    if (bits & DT_ENTRY_PORT) {
        hit->port = (uint16_t)dt_cursor_fixed(c, 2);
        match = match && hit->port == request->port;
    }
    hit->priority = bits & DT_ENTRY_PRIORITY ? (int32_t)dt_cursor_fixed(c, 4) : 0;
    uint64_t others = bits & DT_ENTRY_PARAMS ? dt_cursor_varint(c) : 0;
    hit->params = (uint32_t)others + (place->pair ? 1 : 0);
    if (bits & (DT_ENTRY_PARAMS | DT_ENTRY_ONLY)) {
        if (!charge(walk, (others + 1) * (place->query.len / 2 + 1)))
            return false;
        bool satisfied =
            dt_params_satisfy(place->query, c, others, place->pair, bits & DT_ENTRY_ONLY);
        match = match && satisfied;
    }
    hit->string = 0;
    hit->rest = DT_SLICE_NONE;
    if (bits & DT_ENTRY_TARGET) {
        hit->string = dt_cursor_varint(c);
        hit->rest = dt_cursor_bytes(c, dt_cursor_varint(c));
    }
    hit->action = dt_cursor_varint(c);
    return match && !c->bad;
}

/* The entries of a node or pair are in order of rank: the first that matches is its best. */
static bool read_entries(struct dt_walk *walk, const struct place *place, struct dt_cursor *c)
{
    uint64_t count = dt_cursor_varint(c);
    for (uint64_t i = 0; i < count; i++) {
        struct dt_hit hit;
        bool match = read_entry(walk, place, c, &hit);
        if (walk->err)
            return false;
        if (c->bad)
            return damaged(walk);
        if (!match)
            continue;
        hit.splat = splat_of(walk, place);
        hit.host_kind = place->level->host_kind;
        hit.host_len = (uint32_t)place->level->host.len;
        hit.path_kind = place->path_kind;
        hit.depth = place->depth;
        take(walk, &hit);
        if (!walk->all)
            return true;
    }
    return !c->bad || damaged(walk);
}

/* The pair record of one condition below a node, if there is one. */
static bool probe_pair(struct dt_walk *walk, const struct place *place, uint32_t node_ref,
                       uint64_t hash, const struct dt_condition *want)
{
    struct dt_probe probe = dt_probe_start(walk->snapshot, hash);
    struct dt_record record;
    for (;;) {
        enum dt_probe_result result = dt_probe_next(walk->snapshot, &probe, &record);
        if (result == DT_PROBE_END)
            return true;
        if (result == DT_PROBE_DAMAGED)
            return damaged(walk);
        if (record.kind != DT_RECORD_PAIR || dt_cursor_fixed(&record.body, 4) != node_ref)
            continue;
        uint64_t name_len = dt_cursor_varint(&record.body);
        uint64_t value_len = dt_cursor_varint(&record.body);
        struct dt_slice name = dt_cursor_bytes(&record.body, name_len);
        struct dt_slice value = dt_cursor_bytes(&record.body, value_len ? value_len - 1 : 0);
        if ((value_len == 0) != want->any_value || !dt_slice_eq(name, want->name) ||
            !dt_slice_eq(value, want->value))
            continue;
        if (!charge(walk, (uint64_t)(record.body.end - record.body.pos) / 16))
            return false;
        struct place below = *place;
        below.pair = want;
        return read_entries(walk, &below, &record.body);
    }
}

static bool probe_pairs(struct dt_walk *walk, const struct place *place,
                        const struct dt_record *node)
{
    struct dt_slice rest = place->query, name, value;
    while (dt_params_next(&rest, &name, &value)) {
        uint64_t hash = dt_name_hash(name, walk->snapshot->seed, node->ref);
        struct dt_condition want = {name, DT_SLICE_NONE, true};
        if ((node->forms & DT_NODE_HAS_NAMES) && !probe_pair(walk, place, node->ref, hash, &want))
            return false;
        want = (struct dt_condition){name, value, false};
        if ((node->forms & DT_NODE_HAS_PAIRS) &&
            !probe_pair(walk, place, node->ref, dt_value_hash(value, hash), &want))
            return false;
    }
    return true;
}

/* Compares a node's path with a key; false with *ret_bad set when it could not be read. */
static bool path_is(const struct dt_snapshot *snapshot, struct dt_cursor *c, struct dt_slice key,
                    bool *ret_bad)
{
    uint64_t string = dt_cursor_varint(c);
    struct dt_slice rest = dt_cursor_bytes(c, dt_cursor_varint(c));
    struct dt_slice prefix = DT_SLICE_NONE;
    *ret_bad =
        c->bad || (string && !dt_block_at(snapshot, DT_SECTION_STRINGS, string - 1, &prefix));
    return !*ret_bad && key.len == prefix.len + rest.len && dt_slice_starts(key, prefix) &&
           dt_slice_eq(dt_slice_from(key, prefix.len), rest);
}

static bool probe_node(struct dt_walk *walk, const struct place *place, unsigned forms)
{
    struct dt_slice key = dt_slice_of(place->path.ptr, place->key_len);
    unsigned kind = place->path_kind == DT_PATH_EXACT ? DT_RECORD_EXACT : DT_RECORD_PREFIX;
    uint64_t hash =
        dt_key_hash(key, walk->snapshot->seed, kind | forms << 4, place->level->host_id);
    if (!charge(walk, 1 + key.len / 16))
        return false;
    struct dt_probe probe = dt_probe_start(walk->snapshot, hash);
    struct dt_record record;
    for (;;) {
        enum dt_probe_result result = dt_probe_next(walk->snapshot, &probe, &record);
        if (result == DT_PROBE_END)
            return true;
        if (result == DT_PROBE_DAMAGED)
            return damaged(walk);
        if (record.kind != kind || (record.forms & (DT_FORMS - 1)) != forms ||
            dt_cursor_varint(&record.body) != place->level->host_id)
            continue;
        bool bad;
        bool same = path_is(walk->snapshot, &record.body, key, &bad);
        if (bad)
            return damaged(walk);
        if (!same)
            continue;
        if (!read_entries(walk, place, &record.body))
            return false;
        if ((record.forms & (DT_NODE_HAS_PAIRS | DT_NODE_HAS_NAMES)) && place->query.len)
            return probe_pairs(walk, place, &record);
        return true;
    }
}

static bool fold(struct dt_walk *walk)
{
    const struct dt_request *request = walk->request;
    if (walk->is_folded)
        return true;
    if (request->path.len + request->query.len > sizeof walk->scratch->folded) {
        walk->err = DT_ERR_LIMIT;
        return false;
    }
    char *to = walk->scratch->folded;
    for (size_t i = 0; i < request->path.len; i++)
        to[i] = dt_ascii_lower(request->path.ptr[i]);
    walk->folded_path = dt_slice_of(to, request->path.len);
    to += request->path.len;
    for (size_t i = 0; i < request->query.len; i++)
        to[i] = dt_ascii_lower(request->query.ptr[i]);
    walk->folded_query = dt_slice_of(to, request->query.len);
    walk->is_folded = true;
    return true;
}

static bool walk_exact(struct dt_walk *walk, const struct level *level)
{
    for (unsigned forms = 0; forms < DT_FORMS; forms++) {
        if (!(level->variants >> forms & 1))
            continue;
        bool nocase = forms & DT_FORM_NOCASE;
        if (nocase && !fold(walk))
            return false;
        struct place place = {.level = level,
                              .path = nocase ? walk->folded_path : walk->request->path,
                              .query = nocase ? walk->folded_query : walk->request->query,
                              .path_kind = DT_PATH_EXACT};
        place.key_len = place.path.len;
        if ((forms & DT_FORM_NOSLASH) && place.path.len &&
            place.path.ptr[place.path.len - 1] == '/')
            place.key_len--;
        if (!probe_node(walk, &place, forms))
            return false;
    }
    return true;
}

static bool depth_in(uint32_t mask, uint32_t depth)
{
    return mask >> (depth < DT_DEPTH_CAP ? depth : DT_DEPTH_CAP) & 1;
}

static bool walk_folder(struct dt_walk *walk, const struct level *level, size_t len, uint32_t depth)
{
    for (unsigned nocase = 0; nocase < 2; nocase++) {
        if (!depth_in(level->depths[nocase], depth))
            continue;
        if (nocase && !fold(walk))
            return false;
        struct place place = {.level = level,
                              .path = nocase ? walk->folded_path : walk->request->path,
                              .query = nocase ? walk->folded_query : walk->request->query,
                              .key_len = len,
                              .depth = depth,
                              .path_kind = DT_PATH_PREFIX};
        if (!probe_node(walk, &place, nocase ? DT_FORM_NOCASE : 0))
            return false;
    }
    return true;
}

/* The folder of depth d is what stands before the path's slash number d, counted from 0; the whole
 * path is the folder of its own depth. */
static bool walk_folders(struct dt_walk *walk, const struct level *level)
{
    struct dt_slice path = walk->request->path;
    uint32_t mask = level->depths[0] | level->depths[1];
    if (mask == 1) /* only "any path", the commonest: no slash need be counted */
        return walk_folder(walk, level, 0, 0);
    uint32_t depth = dt_path_depth(path);
    size_t len = path.len;
    for (;;) {
        if (depth_in(mask, depth) && !walk_folder(walk, level, len, depth))
            return false;
        if (!depth || (walk->found && level->stop))
            return true;
        const char *slash = memrchr(path.ptr, '/', len);
        len = slash ? (size_t)(slash - path.ptr) : 0;
        depth--;
    }
}

static bool walk_level(struct dt_walk *walk, const struct level *level)
{
    if (level->variants && !walk_exact(walk, level))
        return false;
    if (walk->found && level->stop)
        return true;
    return !(level->depths[0] | level->depths[1]) || walk_folders(walk, level);
}

/* Reads a host record's parts: exact, *.name, .name. */
static bool read_parts(struct dt_walk *walk, struct dt_slice name, struct level ret_parts[3])
{
    struct dt_probe probe =
        dt_probe_start(walk->snapshot, dt_key_hash(name, walk->snapshot->seed, DT_RECORD_HOST, 0));
    struct dt_record record;
    for (unsigned i = 0; i < 3; i++)
        ret_parts[i] = (struct level){.host = name, .host_kind = (uint8_t)(DT_HOST_EXACT + i)};
    for (;;) {
        enum dt_probe_result result = dt_probe_next(walk->snapshot, &probe, &record);
        if (result == DT_PROBE_END)
            return true;
        if (result == DT_PROBE_DAMAGED)
            return damaged(walk);
        if (record.kind != DT_RECORD_HOST)
            continue;
        struct dt_slice key = dt_cursor_bytes(&record.body, dt_cursor_varint(&record.body));
        if (record.body.bad || !dt_slice_eq(key, name))
            continue;
        for (unsigned i = 0; i < 3; i++) {
            ret_parts[i].host_id = (uint32_t)dt_cursor_varint(&record.body);
            if (!ret_parts[i].host_id)
                continue;
            ret_parts[i].variants = dt_cursor_fixed(&record.body, 1);
            ret_parts[i].depths[0] = (uint32_t)dt_cursor_varint(&record.body);
            ret_parts[i].depths[1] = (uint32_t)dt_cursor_varint(&record.body);
        }
        return !record.body.bad || damaged(walk);
    }
}

/* Walks what stands under one name: the name itself only for the request's own host. */
static bool walk_name(struct dt_walk *walk, struct dt_slice name, bool whole, bool stop)
{
    struct level parts[3];
    if (!read_parts(walk, name, parts))
        return false;
    parts[0].stop = stop;
    /* *.name and .name are equally specific: only both together end the level. */
    parts[1].stop = stop && (whole || !parts[2].host_id);
    parts[2].stop = stop && (whole || !parts[1].host_id);
    for (unsigned i = 0; i < 3; i++) {
        bool applies = whole ? i != 1 : i != 0;
        if (!applies || !parts[i].host_id)
            continue;
        if (!walk_level(walk, &parts[i]))
            return false;
        if (whole && walk->found && stop)
            return true;
    }
    return true;
}

static bool walk_suffixes(struct dt_walk *walk, struct dt_slice host, bool stop)
{
    uint32_t labels = 1;
    for (size_t i = 0; i < host.len; i++)
        labels += host.ptr[i] == '.';
    for (;;) {
        const char *dot = host.len ? memchr(host.ptr, '.', host.len) : NULL;
        if (!dot)
            return true;
        host = dt_slice_from(host, (size_t)(dot - host.ptr) + 1);
        labels--;
        if (!depth_in(walk->snapshot->suffix_labels, labels))
            continue;
        if (!walk_name(walk, host, false, stop))
            return false;
        if (walk->found && stop)
            return true;
    }
}

void dt_walk_run(struct dt_walk *walk)
{
    const struct dt_snapshot *snapshot = walk->snapshot;
    struct dt_slice host = walk->request->host;
    bool stop = (snapshot->flags & DT_SNAP_MONOTONE) && !walk->all;
    if (snapshot->host_count && host.len) {
        if (!walk_name(walk, host, true, stop) || (walk->found && stop))
            return;
        if (snapshot->suffix_labels && (!walk_suffixes(walk, host, stop) || (walk->found && stop)))
            return;
    }
    struct level any = {.variants = snapshot->any_variants,
                        .depths = {snapshot->any_depths[0], snapshot->any_depths[1]},
                        .host_kind = DT_HOST_ANY,
                        .stop = stop};
    (void)walk_level(walk, &any);
}
