/* SPDX-License-Identifier: MIT
 *
 * A node's rules without query conditions are in its own record, best first. Those with conditions
 * are in records of their own, one for each parameter that some rule stands under; they are asked
 * for by the parameters that the request has.
 */
#include "rules/match/walk.h"

#include "semantics/query.h"

bool dt_walk_next(struct dt_walk *walk, struct dt_probe *probe, struct dt_record *ret)
{
    enum dt_probe_result result = dt_probe_next(walk->snapshot, probe, ret);
    if (result == DT_PROBE_DAMAGED)
        return dt_walk_damaged(walk);
    return result == DT_PROBE_FOUND;
}

/* The pair record of one condition below a node, if there is one. */
static bool probe_pair(struct dt_walk *walk, const struct dt_walk_place *place, uint32_t node_ref,
                       uint64_t hash, const struct dt_wanted *want)
{
    struct dt_probe probe = dt_probe_start(walk->snapshot, hash);
    struct dt_record record;
    while (dt_walk_next(walk, &probe, &record)) {
        if (record.kind != DT_RECORD_PAIR || dt_cursor_fixed(&record.body, 4) != node_ref)
            continue;
        uint64_t name_len = dt_cursor_varint(&record.body);
        uint64_t value_len = dt_cursor_varint(&record.body);
        struct dt_slice name = dt_cursor_bytes(&record.body, name_len);
        struct dt_slice value = dt_cursor_bytes(&record.body, value_len ? value_len - 1 : 0);
        if ((value_len == 0) != want->any_value || !dt_slice_eq(name, want->name) ||
            !dt_slice_eq(value, want->value))
            continue;
        if (!dt_walk_charge(walk, (uint64_t)(record.body.end - record.body.pos) / 16))
            return false;
        struct dt_walk_place below = *place;
        below.pair = want;
        uint64_t count = dt_cursor_varint(&record.body);
        return dt_walk_entries(walk, &below, &record.body, count);
    }
    return walk->err == DT_OK;
}

static bool probe_pairs(struct dt_walk *walk, const struct dt_walk_place *place,
                        const struct dt_record *node)
{
    struct dt_slice rest = place->query;
    struct dt_query_param param;
    while (dt_query_next(&rest, &param)) {
        uint64_t hash = dt_name_hash(param.name, walk->snapshot->seed, node->ref);
        struct dt_wanted want = {param.name, DT_SLICE_NONE, true};
        if ((node->forms & DT_NODE_HAS_NAMES) && !probe_pair(walk, place, node->ref, hash, &want))
            return false;
        want = (struct dt_wanted){param.name, param.value, false};
        if ((node->forms & DT_NODE_HAS_PAIRS) &&
            !probe_pair(walk, place, node->ref, dt_value_hash(param.value, hash), &want))
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

bool dt_walk_node(struct dt_walk *walk, const struct dt_walk_place *place, unsigned forms)
{
    struct dt_slice key = dt_slice_of(place->path.ptr, place->key_len);
    unsigned kind = place->path_kind == DT_PATH_EXACT ? DT_RECORD_EXACT : DT_RECORD_PREFIX;
    uint64_t hash =
        dt_key_hash(key, walk->snapshot->seed, kind | forms << 4, place->level->part->id);
    if (!dt_walk_charge(walk, 1 + key.len / 16))
        return false;
    struct dt_probe probe = dt_probe_start(walk->snapshot, hash);
    struct dt_record record;
    while (dt_walk_next(walk, &probe, &record)) {
        if (record.kind != kind || (record.forms & (DT_FORMS - 1)) != forms ||
            dt_cursor_varint(&record.body) != place->level->part->id)
            continue;
        bool bad;
        bool same = path_is(walk->snapshot, &record.body, key, &bad);
        if (bad)
            return dt_walk_damaged(walk);
        if (!same)
            continue;
        uint64_t count = dt_cursor_varint(&record.body);
        if (!dt_walk_entries(walk, place, &record.body, count))
            return false;
        if ((record.forms & (DT_NODE_HAS_PAIRS | DT_NODE_HAS_NAMES)) && place->query.len)
            return probe_pairs(walk, place, &record);
        return true;
    }
    return walk->err == DT_OK;
}
