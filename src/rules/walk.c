/* SPDX-License-Identifier: MIT
 *
 * Host by host from the most specific (the name itself, its suffixes longest first, any), and for
 * each the exact path in its forms, then its folders deepest first. In a rule set without
 * priorities and with @order specific, that is the order of ranks too, so the first level that
 * answers is the end of it; otherwise every level is looked at and the smallest rank wins.
 */
#include "rules/walk_node.h"

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

static bool walk_exact(struct dt_walk *walk, const struct dt_walk_level *level)
{
    for (unsigned forms = 0; forms < DT_FORMS; forms++) {
        if (!(level->variants >> forms & 1))
            continue;
        bool nocase = forms & DT_FORM_NOCASE;
        if (nocase && !fold(walk))
            return false;
        struct dt_walk_place place = {.level = level,
                                      .path = nocase ? walk->folded_path : walk->request->path,
                                      .query = nocase ? walk->folded_query : walk->request->query,
                                      .path_kind = DT_PATH_EXACT};
        place.key_len = place.path.len;
        if ((forms & DT_FORM_NOSLASH) && place.path.len &&
            place.path.ptr[place.path.len - 1] == '/')
            place.key_len--;
        if (!dt_walk_node(walk, &place, forms))
            return false;
    }
    return true;
}

static bool depth_in(uint32_t mask, uint32_t depth)
{
    return mask >> (depth < DT_DEPTH_CAP ? depth : DT_DEPTH_CAP) & 1;
}

static bool walk_folder(struct dt_walk *walk, const struct dt_walk_level *level, size_t len,
                        uint32_t depth)
{
    for (unsigned nocase = 0; nocase < 2; nocase++) {
        if (!depth_in(level->depths[nocase], depth))
            continue;
        if (nocase && !fold(walk))
            return false;
        struct dt_walk_place place = {.level = level,
                                      .path = nocase ? walk->folded_path : walk->request->path,
                                      .query = nocase ? walk->folded_query : walk->request->query,
                                      .key_len = len,
                                      .depth = depth,
                                      .path_kind = DT_PATH_PREFIX};
        if (!dt_walk_node(walk, &place, nocase ? DT_FORM_NOCASE : 0))
            return false;
    }
    return true;
}

/* The folder of depth d is what stands before the path's slash number d, counted from 0; the whole
 * path is the folder of its own depth. */
static bool walk_folders(struct dt_walk *walk, const struct dt_walk_level *level)
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

static bool walk_level(struct dt_walk *walk, const struct dt_walk_level *level)
{
    if (level->variants && !walk_exact(walk, level))
        return false;
    if (walk->found && level->stop)
        return true;
    return !(level->depths[0] | level->depths[1]) || walk_folders(walk, level);
}

/* Reads a host record's parts: exact, *.name, .name. */
static bool read_parts(struct dt_walk *walk, struct dt_slice name,
                       struct dt_walk_level ret_parts[3])
{
    struct dt_probe probe =
        dt_probe_start(walk->snapshot, dt_key_hash(name, walk->snapshot->seed, DT_RECORD_HOST, 0));
    struct dt_record record;
    for (unsigned i = 0; i < 3; i++)
        ret_parts[i] =
            (struct dt_walk_level){.host = name, .host_kind = (uint8_t)(DT_HOST_EXACT + i)};
    while (dt_walk_next(walk, &probe, &record)) {
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
        return !record.body.bad || dt_walk_damaged(walk);
    }
    return walk->err == DT_OK;
}

/* Walks what stands under one name: the name itself only for the request's own host. */
static bool walk_name(struct dt_walk *walk, struct dt_slice name, bool whole, bool stop)
{
    struct dt_walk_level parts[3];
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
    struct dt_walk_level any = {.variants = snapshot->any_variants,
                                .depths = {snapshot->any_depths[0], snapshot->any_depths[1]},
                                .host_kind = DT_HOST_ANY,
                                .stop = stop};
    (void)walk_level(walk, &any);
}
