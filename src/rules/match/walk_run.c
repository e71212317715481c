/* SPDX-License-Identifier: MIT
 *
 * Paths with names in them, followed run by run: under each state the longest run first, behind a
 * run first the rules that end there, then the name, then the star. That is the order of precedence
 * from left to right, so the first rule that matches is the best of its form. A state lists the
 * lengths that its runs have, so no others are tried; the work is bounded all the same.
 *
 * What is known of the beginnings of expressions is kept in the same way, and there everything is
 * visited, since such rules are in order of their files.
 */
#include "rules/match/walk.h"

#define ROOT (UINT64_C(1) << 32) /* a host's first state; see struct dt_plan_run */

struct follow {
    struct dt_walk *walk;
    const struct dt_walk_level *level;
    const struct dt_bounds *bounds;
    struct dt_slice path; /* in the form that runs are kept in */
    bool (*visit)(struct dt_walk *walk, const struct dt_walk_level *level, uint32_t item);
    unsigned kind; /* DT_RECORD_RUN or DT_RECORD_SHAPE */
    unsigned forms;
    uint32_t before; /* the best rank of what was found in another form */
    uint32_t nnames;
    struct dt_slice names[DT_NAMES_MAX];
};

/* A run's record, read. */
struct run {
    uint64_t state;
    uint32_t lengths;
    struct dt_cursor lists;
};

static const struct dt_bounds *bounds_of(struct dt_walk *walk, bool trimmed)
{
    struct dt_bounds *bounds = &walk->bounds[trimmed];
    if (walk->has_bounds & (1u << trimmed))
        return bounds;
    struct dt_slice path = walk->request->path;
    if (trimmed && path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    bounds->path = path;
    bounds->count = 0;
    const char *at = path.len ? path.ptr : NULL;
    while (at) {
        if (bounds->count < DT_BOUNDS_MAX)
            bounds->cuts[bounds->count] = (uint32_t)(at - path.ptr);
        bounds->count++;
        at = memchr(at + 1, '/', (size_t)(path.ptr + path.len - at) - 1);
    }
    if (bounds->count < DT_BOUNDS_MAX)
        bounds->cuts[bounds->count] = (uint32_t)path.len;
    walk->has_bounds |= (uint8_t)(1u << trimmed);
    return bounds;
}

/* Where segment number i begins; the end of the path when there are i segments. */
static size_t cut(const struct dt_bounds *bounds, uint32_t i)
{
    if (i < DT_BOUNDS_MAX)
        return bounds->cuts[i];
    if (i >= bounds->count)
        return bounds->path.len;
    size_t at = bounds->cuts[DT_BOUNDS_MAX - 1];
    for (uint32_t n = DT_BOUNDS_MAX - 1; n < i; n++) {
        const char *from = bounds->path.ptr + at + 1;
        const char *slash = memchr(from, '/', bounds->path.len - at - 1);
        at = slash ? (size_t)(slash - bounds->path.ptr) : bounds->path.len;
    }
    return at;
}

/* False when there is no such run, or walk->err is set. */
static bool find_run(struct follow *follow, uint64_t owner, struct dt_slice text, struct run *ret)
{
    struct dt_walk *walk = follow->walk;
    uint64_t hash =
        dt_key_hash(text, walk->snapshot->seed, follow->kind | follow->forms << 4, owner);
    if (!dt_walk_charge(walk, 2 + text.len / 16))
        return false;
    struct dt_probe probe = dt_probe_start(walk->snapshot, hash);
    struct dt_record record;
    while (dt_walk_next(walk, &probe, &record)) {
        struct dt_cursor *c = &record.body;
        if (record.kind != follow->kind || record.forms != follow->forms ||
            dt_cursor_varint(c) != owner)
            continue;
        struct dt_slice key = dt_cursor_bytes(c, dt_cursor_varint(c));
        if (c->bad)
            return dt_walk_damaged(walk);
        if (!dt_slice_eq(key, text))
            continue;
        ret->state = dt_cursor_varint(c);
        ret->lengths = ret->state ? (uint32_t)dt_cursor_varint(c) : 0;
        ret->lists = *c;
        return !c->bad || dt_walk_damaged(walk);
    }
    return false;
}

/* One of the two lists of rules that end behind a run: at the end of the path, or with a star. */
static bool take_list(struct follow *follow, struct dt_cursor *lists, uint32_t segment, bool star,
                      bool wanted)
{
    struct dt_walk *walk = follow->walk;
    struct dt_slice bytes = dt_cursor_bytes(lists, dt_cursor_varint(lists));
    if (lists->bad)
        return dt_walk_damaged(walk);
    if (!wanted)
        return true;
    bool nocase = follow->forms & DT_FORM_NOCASE;
    struct dt_walk_place place = {.level = follow->level,
                                  .path = follow->path,
                                  .query = nocase ? walk->folded_query : walk->request->query,
                                  .key_len = cut(follow->bounds, segment),
                                  .path_kind = DT_PATH_PATTERN,
                                  .star = star,
                                  .nnames = follow->nnames,
                                  .names = follow->names};
    const unsigned char *start = (const unsigned char *)bytes.ptr;
    struct dt_cursor c = {start, start + bytes.len, false};
    uint64_t count = dt_cursor_varint(&c);
    return dt_walk_entries(walk, &place, &c, count);
}

static bool take_items(struct follow *follow, struct dt_cursor *lists)
{
    uint64_t count = dt_cursor_varint(lists);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t item = dt_cursor_varint(lists);
        if (lists->bad)
            return dt_walk_damaged(follow->walk);
        if (!follow->visit(follow->walk, follow->level, (uint32_t)item))
            return false;
    }
    return !lists->bad || dt_walk_damaged(follow->walk);
}

static bool is_done(const struct follow *follow)
{
    return follow->kind == DT_RECORD_RUN && follow->walk->found && follow->level->stop &&
           follow->walk->best.rank < follow->before;
}

static bool visit_state(struct follow *follow, uint64_t owner, uint32_t lengths, uint32_t segment);

/* Takes segment number `segment` for a name. */
static bool take_name(struct follow *follow, const struct run *run, uint32_t segment)
{
    const struct dt_bounds *bounds = follow->bounds;
    if (!run->state || segment >= bounds->count || follow->nnames == DT_NAMES_MAX)
        return true;
    size_t from = cut(bounds, segment) + 1, to = cut(bounds, segment + 1);
    if (from == to && follow->kind == DT_RECORD_RUN)
        return true; /* a name stands for something */
    follow->names[follow->nnames++] =
        dt_slice_of(follow->walk->request->path.ptr + from, to - from);
    bool good = visit_state(follow, run->state, run->lengths, segment + 1);
    follow->nnames--;
    return good;
}

/* The run of `length` segments from number `segment` on, and all behind it. */
static bool visit_run(struct follow *follow, uint64_t owner, uint32_t segment, uint32_t length)
{
    size_t from = cut(follow->bounds, segment);
    uint32_t end = segment + length;
    struct run run;
    if (!find_run(follow, owner,
                  dt_slice_of(follow->path.ptr + from, cut(follow->bounds, end) - from), &run))
        return follow->walk->err == DT_OK;
    if (follow->kind == DT_RECORD_SHAPE)
        return take_items(follow, &run.lists) && take_name(follow, &run, end);
    if (!take_list(follow, &run.lists, end, false, end == follow->bounds->count))
        return false;
    if (is_done(follow))
        return true;
    if (!take_name(follow, &run, end))
        return false;
    return take_list(follow, &run.lists, end, true, !is_done(follow));
}

static bool visit_state(struct follow *follow, uint64_t owner, uint32_t lengths, uint32_t segment)
{
    uint32_t longest = follow->bounds->count - segment;
    if (!(lengths >> DT_DEPTH_CAP) && longest >= DT_DEPTH_CAP)
        longest = DT_DEPTH_CAP - 1;
    for (uint32_t length = longest + 1; length-- > 0;) {
        if (!(lengths >> dt_depth_bit(length) & 1))
            continue;
        if (!visit_run(follow, owner, segment, length))
            return false;
        if (is_done(follow))
            return true;
    }
    return true;
}

static bool start(struct dt_walk *walk, const struct dt_walk_level *level, unsigned kind,
                  unsigned forms, struct follow *ret)
{
    bool nocase = forms & DT_FORM_NOCASE;
    if (nocase && !dt_walk_fold(walk))
        return false;
    ret->walk = walk;
    ret->level = level;
    ret->bounds = bounds_of(walk, (forms & DT_FORM_NOSLASH) != 0);
    ret->path = nocase ? walk->folded_path : walk->request->path;
    ret->visit = NULL;
    ret->kind = kind;
    ret->forms = forms;
    ret->before = walk->found ? walk->best.rank : UINT32_MAX;
    ret->nnames = 0;
    return true;
}

bool dt_walk_runs(struct dt_walk *walk, const struct dt_walk_level *level, uint32_t depth)
{
    for (unsigned forms = 0; forms < DT_FORMS; forms++) {
        struct follow follow;
        if (!(level->part->patterns[forms] >> dt_depth_bit(depth) & 1))
            continue;
        if (!start(walk, level, DT_RECORD_RUN, forms, &follow))
            return false;
        if (depth <= follow.bounds->count && !visit_run(&follow, ROOT + level->part->id, 0, depth))
            return false;
    }
    return true;
}

bool dt_walk_shapes(struct dt_walk *walk, const struct dt_walk_level *level,
                    bool (*visit)(struct dt_walk *walk, const struct dt_walk_level *level,
                                  uint32_t item))
{
    for (unsigned nocase = 0; nocase < 2; nocase++) {
        struct follow follow;
        if (!level->part->shapes[nocase])
            continue;
        if (!start(walk, level, DT_RECORD_SHAPE, nocase ? DT_FORM_NOCASE : 0, &follow))
            return false;
        follow.visit = visit;
        if (!visit_state(&follow, ROOT + level->part->id, level->part->shapes[nocase], 0))
            return false;
    }
    return true;
}
