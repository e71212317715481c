/* SPDX-License-Identifier: MIT
 *
 * From the best hit to a decision: the shared parts of the answer are looked up, and the Location
 * is built.
 */
#include "rules/walk.h"

#include <detour/location.h>

struct action {
    uint16_t status;
    uint8_t query;
    bool note;
    uint32_t retry_after;
    struct dt_slice names, cache, note_text, owner;
};

static bool read_action(const struct dt_snapshot *snapshot, uint64_t ref, struct action *ret)
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
    ret->names = dt_cursor_bytes(&c, names);
    ret->cache = dt_cursor_bytes(&c, cache);
    ret->note_text = dt_cursor_bytes(&c, note_text);
    ret->owner = dt_cursor_bytes(&c, owner);
    return !c.bad && ret->query <= DT_QUERY_WITHOUT;
}

static enum dt_err build_location(const struct dt_walk *walk, const struct action *action,
                                  struct dt_slice *ret)
{
    const struct dt_snapshot *snapshot = walk->snapshot;
    const struct dt_hit *hit = &walk->best;
    struct dt_location parts;
    parts.prefix = DT_SLICE_NONE;
    parts.rest = hit->rest;
    parts.marks = hit->bits & DT_ENTRY_MARKS;
    struct dt_capture splat = {hit->splat, DT_FROM_PATH};
    parts.captures = &splat;
    parts.ncaptures = 1;
    parts.own = NULL;
    parts.query = walk->request->query;
    parts.names = action->names;
    parts.mode = (enum dt_query_mode)action->query;
    if (hit->string && !dt_block_at(snapshot, DT_SECTION_STRINGS, hit->string - 1, &parts.prefix))
        return DT_ERR_DAMAGED;
    return dt_location_build(&parts, walk->scratch->location, sizeof walk->scratch->location, ret);
}

enum dt_err dt_match(const struct dt_snapshot *snapshot, const struct dt_request *request,
                     struct dt_match_scratch *scratch, struct dt_decision *ret)
{
    struct dt_walk walk;
    dt_walk_init(&walk, snapshot, request, scratch);
    dt_walk_run(&walk);
    if (walk.err)
        return walk.err;
    if (!walk.found) {
        *ret = (struct dt_decision){.matched = false};
        return DT_OK;
    }
    struct action action;
    if (!read_action(snapshot, walk.best.action, &action))
        return DT_ERR_DAMAGED;
    struct dt_slice location = DT_SLICE_NONE;
    if (walk.best.bits & DT_ENTRY_TARGET) {
        enum dt_err err = build_location(&walk, &action, &location);
        if (err)
            return err;
    }
    *ret = (struct dt_decision){.matched = true,
                                .status = action.status,
                                .note = action.note,
                                .rule = walk.best.rank,
                                .retry_after = action.retry_after,
                                .location = location,
                                .cache = action.cache,
                                .note_text = action.note_text,
                                .owner = action.owner};
    return DT_OK;
}
