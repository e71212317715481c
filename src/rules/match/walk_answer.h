/* SPDX-License-Identifier: MIT
 *
 * What an answer is made of, read from the winner: for dt_match, which is asked for every request,
 * and for explaining, so it stands here and is inlined.
 */
#ifndef DT_RULES_WALK_ANSWER_H
#define DT_RULES_WALK_ANSWER_H

#include "rules/match/walk.h"

#include "base/out.h"

/* The shared part of an answer, as stored. */
struct dt_walk_action {
    uint16_t status;
    uint8_t query;
    bool note;
    uint32_t retry_after;
    struct dt_slice names, cache, note_text, owner, fields, page;
};

struct dt_walk_parts {
    struct dt_location location;
    struct dt_capture own[DT_CAPTURE_OWN];
    char port[8];
};

static inline bool dt_walk_read_action(const struct dt_snapshot *snapshot, uint64_t ref,
                                       struct dt_walk_action *ret)
{
    struct dt_slice body;
    if (!dt_block_at(snapshot, DT_SECTION_ACTIONS, ref, &body))
        return false;
    struct dt_cursor c = {(const unsigned char *)body.ptr,
                          (const unsigned char *)body.ptr + body.len, false};
    ret->status = (uint16_t)dt_cursor_fixed(&c, 2);
    ret->query = (uint8_t)dt_cursor_fixed(&c, 1);
    ret->note = dt_cursor_fixed(&c, 1) != 0;
    ret->retry_after = dt_cursor_fixed(&c, 4);
    uint64_t names = dt_cursor_varint(&c), cache = dt_cursor_varint(&c);
    uint64_t note_text = dt_cursor_varint(&c), owner = dt_cursor_varint(&c);
    uint64_t fields = dt_cursor_varint(&c), page = dt_cursor_varint(&c);
    ret->names = dt_cursor_bytes(&c, names);
    ret->cache = dt_cursor_bytes(&c, cache);
    ret->note_text = dt_cursor_bytes(&c, note_text);
    ret->owner = dt_cursor_bytes(&c, owner);
    ret->fields = dt_cursor_bytes(&c, fields);
    ret->page = dt_cursor_bytes(&c, page);
    return !c.bad && ret->query <= DT_QUERY_WITHOUT;
}

/* What every request has, for a target that asks for it. */
static inline void dt_walk_fill_own(const struct dt_request *request, char port[8],
                                    struct dt_capture ret[DT_CAPTURE_OWN])
{
    struct dt_out out = dt_out_init(port, 8);
    dt_out_uint(&out, request->port);
    bool https = request->scheme == DT_SCHEME_HTTPS;
    ret[DT_CAPTURE_SCHEME - DT_CAPTURES_MAX] =
        (struct dt_capture){https ? DT_S("https") : DT_S("http"), DT_FROM_HOST};
    ret[DT_CAPTURE_HOST - DT_CAPTURES_MAX] = (struct dt_capture){request->host, DT_FROM_HOST};
    ret[DT_CAPTURE_PORT - DT_CAPTURES_MAX] = (struct dt_capture){dt_out_slice(&out), DT_FROM_HOST};
    ret[DT_CAPTURE_PATH - DT_CAPTURES_MAX] = (struct dt_capture){request->path, DT_FROM_PATH};
    ret[DT_CAPTURE_QUERY - DT_CAPTURES_MAX] = (struct dt_capture){request->query, DT_FROM_QUERY};
}

/* What the best hit's Location is made of. ret must stay where it is. False: damaged. */
static inline bool dt_walk_parts(const struct dt_walk *walk, const struct dt_walk_action *action,
                                 struct dt_walk_parts *ret)
{
    const struct dt_hit *hit = &walk->best;
    struct dt_location *parts = &ret->location;
    parts->prefix = DT_SLICE_NONE;
    parts->rest = hit->rest;
    parts->marks = hit->bits & DT_ENTRY_MARKS;
    parts->captures = walk->captures;
    parts->ncaptures = walk->ncaptures;
    parts->own = hit->bits & DT_ENTRY_OWN ? ret->own : NULL;
    parts->query = walk->request->query;
    parts->names = action->names;
    parts->mode = (enum dt_query_mode)action->query;
    if (hit->bits & DT_ENTRY_OWN)
        dt_walk_fill_own(walk->request, ret->port, ret->own);
    return !hit->string ||
           dt_block_at(walk->snapshot, DT_SECTION_STRINGS, hit->string - 1, &parts->prefix);
}

#endif
