/* SPDX-License-Identifier: MIT
 *
 * Host by host from the most specific (the name itself, its suffixes longest first, any), and for
 * each the exact path in its forms; then from the deepest folder up, the paths with names that
 * begin there and the folder itself; and rules with an expression at last. In a rule set without
 * priorities and with @order specific, that is the order of ranks too, so the first level that
 * answers is the end of it; otherwise every level is looked at and the smallest rank wins.
 */
#include "rules/match/walk.h"

#include <stddef.h>

bool dt_walk_fold(struct dt_walk *walk)
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
        if (!(level->part->variants >> forms & 1))
            continue;
        bool nocase = forms & DT_FORM_NOCASE;
        if (nocase && !dt_walk_fold(walk))
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
        if (!depth_in(level->part->depths[nocase], depth))
            continue;
        if (nocase && !dt_walk_fold(walk))
            return false;
        struct dt_walk_place place = {.level = level,
                                      .path = nocase ? walk->folded_path : walk->request->path,
                                      .query = nocase ? walk->folded_query : walk->request->query,
                                      .key_len = len,
                                      .path_kind = DT_PATH_PREFIX,
                                      .star = true};
        if (!dt_walk_node(walk, &place, nocase ? DT_FORM_NOCASE : 0))
            return false;
    }
    return true;
}

/* The folder of depth d is what stands before the path's slash number d, counted from 0; the whole
 * path is the folder of its own depth. */
static bool walk_folders(struct dt_walk *walk, const struct dt_walk_level *level, uint32_t folders,
                         uint32_t patterns)
{
    struct dt_slice path = walk->request->path;
    uint32_t mask = folders | patterns;
    if (mask == 1 && !patterns) /* only "any path", the commonest: no slash need be counted */
        return walk_folder(walk, level, 0, 0);
    uint32_t depth = dt_path_depth(path);
    size_t len = path.len;
    for (;;) {
        if (depth_in(patterns, depth)) {
            if (!dt_walk_runs(walk, level, depth))
                return false;
            if (walk->found && level->stop)
                return true;
        }
        if (depth_in(folders, depth) && !walk_folder(walk, level, len, depth))
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
    const struct dt_part *part = level->part;
    if (part->variants && !walk_exact(walk, level))
        return false;
    if (walk->found && level->stop)
        return true;
    uint32_t folders = part->depths[0] | part->depths[1];
    uint32_t patterns =
        part->patterns[0] | part->patterns[1] | part->patterns[2] | part->patterns[3];
    if ((folders | patterns) && !walk_folders(walk, level, folders, patterns))
        return false;
    return !dt_part_has_items(part) || dt_walk_items(walk, level);
}

/* ---- hosts ---- */

/* What a host's record says of the name's three parts, and of the one with so many labels. */
struct parts {
    struct dt_part list[3];
    struct dt_part labels;
};

static void read_part(struct dt_cursor *c, struct dt_part *ret)
{
    ret->id = (uint32_t)dt_cursor_varint(c);
    if (!ret->id)
        return;
    unsigned bits = dt_cursor_fixed(c, 1);
    memset(&ret->variants, 0, sizeof *ret - offsetof(struct dt_part, variants));
    ret->variants = bits & DT_PART_VARIANTS;
    ret->depths[0] = (uint32_t)dt_cursor_varint(c);
    ret->depths[1] = (uint32_t)dt_cursor_varint(c);
    for (unsigned i = 0; (bits & DT_PART_PATTERNS) && i < DT_FORMS; i++)
        ret->patterns[i] = (uint32_t)dt_cursor_varint(c);
    if (!(bits & DT_PART_ITEMS))
        return;
    ret->shapes[0] = (uint32_t)dt_cursor_varint(c);
    ret->shapes[1] = (uint32_t)dt_cursor_varint(c);
    for (unsigned i = 0; i < 3; i++)
        ret->scopes[i] = (uint32_t)dt_cursor_varint(c);
    ret->best_item = (uint32_t)dt_cursor_varint(c);
}

/* Reads a host record: its parts for exact, *.name and .name, then those for names in front, of
 * which the one with `labels` of them is wanted (0: none). */
static bool read_parts(struct dt_walk *walk, struct dt_slice name, uint32_t labels,
                       struct parts *ret)
{
    struct dt_probe probe =
        dt_probe_start(walk->snapshot, dt_key_hash(name, walk->snapshot->seed, DT_RECORD_HOST, 0));
    struct dt_record record;
    for (unsigned i = 0; i < 3; i++)
        ret->list[i].id = 0;
    ret->labels.id = 0;
    while (dt_walk_next(walk, &probe, &record)) {
        struct dt_cursor *c = &record.body;
        if (record.kind != DT_RECORD_HOST)
            continue;
        struct dt_slice key = dt_cursor_bytes(c, dt_cursor_varint(c));
        if (c->bad || !dt_slice_eq(key, name))
            continue;
        for (unsigned i = 0; i < 3; i++)
            read_part(c, &ret->list[i]);
        for (uint64_t count; labels && (count = dt_cursor_varint(c)) != 0 && count <= labels;) {
            struct dt_part part;
            read_part(c, &part);
            if (count == labels)
                ret->labels = part;
        }
        return !c->bad || dt_walk_damaged(walk);
    }
    return walk->err == DT_OK;
}

/* Names stand for labels that are something. */
static bool labels_are_whole(struct dt_slice host, uint32_t count)
{
    for (size_t i = 0, start = 0; count && i < host.len; i++) {
        if (host.ptr[i] != '.')
            continue;
        if (i == start)
            return false;
        start = i + 1;
        count--;
    }
    return true;
}

/* Walks what stands under one name: the request's own host (labels 0), or a suffix of it with so
 * many labels in front. */
static bool walk_name(struct dt_walk *walk, struct dt_slice name, uint32_t labels, bool stop)
{
    struct parts parts;
    if (!read_parts(walk, name, labels, &parts))
        return false;
    if (parts.labels.id && labels_are_whole(walk->request->host, labels)) {
        struct dt_walk_level level = {.part = &parts.labels,
                                      .host = name,
                                      .labels = labels,
                                      .host_kind = DT_HOST_LABELS,
                                      .stop = stop};
        if (!walk_level(walk, &level))
            return false;
        if (walk->found && stop)
            return true;
    }
    /* *.name and .name are equally specific: only both together end the level. */
    bool two = labels && parts.list[1].id && parts.list[2].id;
    for (unsigned i = labels ? 1 : 0; i < 3; i++) {
        if ((!labels && i == 1) || !parts.list[i].id)
            continue;
        struct dt_walk_level level = {.part = &parts.list[i],
                                      .host = name,
                                      .host_kind = (uint8_t)(DT_HOST_EXACT + i),
                                      .stop = stop && !two};
        if (!walk_level(walk, &level))
            return false;
        if (!two && walk->found && stop)
            return true;
    }
    return true;
}

static bool walk_suffixes(struct dt_walk *walk, struct dt_slice host, bool stop)
{
    uint32_t labels = 1;
    for (size_t i = 0; i < host.len; i++)
        labels += host.ptr[i] == '.';
    for (uint32_t before = 1;; before++) {
        const char *dot = host.len ? memchr(host.ptr, '.', host.len) : NULL;
        if (!dot)
            return true;
        host = dt_slice_from(host, (size_t)(dot - host.ptr) + 1);
        labels--;
        if (!depth_in(walk->snapshot->suffix_labels, labels))
            continue;
        if (!walk_name(walk, host, before, stop))
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
        if (!walk_name(walk, host, 0, stop) || (walk->found && stop))
            return;
        if (snapshot->suffix_labels && (!walk_suffixes(walk, host, stop) || (walk->found && stop)))
            return;
    }
    struct dt_walk_level any = {.part = snapshot->any, .host_kind = DT_HOST_ANY, .stop = stop};
    (void)walk_level(walk, &any);
}
