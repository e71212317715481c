/* SPDX-License-Identifier: MIT
 *
 * A Location, piece by piece. It is built as ever, and then gone along with the rule's target: what
 * the target says, what was captured, and what is left over is of the request's query. So the
 * pieces cannot say anything but what is sent.
 */
#include "rules/match/walk_answer.h"

struct seam {
    struct dt_built *built;
    size_t at; /* in the location */
};

static bool add(struct seam *seam, size_t len, enum dt_built_kind kind, unsigned number)
{
    struct dt_built *built = seam->built;
    if (len == 0 && kind != DT_BUILT_CAPTURE)
        return true;
    if (built->npieces == DT_BUILT_MAX || len > built->location.len - seam->at)
        return false;
    built->pieces[built->npieces++] = (struct dt_built_piece){
        dt_slice_of(built->location.ptr + seam->at, len), (uint8_t)kind, (uint8_t)number};
    seam->at += len;
    return true;
}

static bool stands(const struct seam *seam, struct dt_slice text)
{
    return dt_slice_starts(dt_slice_from(seam->built->location, seam->at), text);
}

/* A path that would begin with "//" is sent with "/." in front. */
static bool guard(struct seam *seam)
{
    return seam->at || !stands(seam, DT_S("/.//")) || add(seam, 2, DT_BUILT_TEXT, 0);
}

/* The request's query ends where the fragment begins. */
static bool query(struct seam *seam)
{
    struct dt_slice rest = dt_slice_from(seam->built->location, seam->at);
    const char *hash = rest.len ? memchr(rest.ptr, '#', rest.len) : NULL;
    return add(seam, hash ? (size_t)(hash - rest.ptr) : rest.len, DT_BUILT_QUERY, 0);
}

static bool text(struct seam *seam, struct dt_slice written, bool *in_fragment)
{
    const char *hash = written.len && !*in_fragment ? memchr(written.ptr, '#', written.len) : NULL;
    size_t before = hash ? (size_t)(hash - written.ptr) : written.len;
    if (!stands(seam, dt_slice_of(written.ptr, before)) || !add(seam, before, DT_BUILT_TEXT, 0))
        return false;
    if (!hash)
        return true;
    *in_fragment = true;
    struct dt_slice rest = dt_slice_from(written, before);
    return query(seam) && stands(seam, rest) && add(seam, rest.len, DT_BUILT_TEXT, 0);
}

static bool capture(struct seam *seam, const struct dt_location *parts, char place, unsigned number,
                    struct dt_match_scratch *scratch)
{
    struct dt_capture none = {DT_SLICE_NONE, DT_FROM_PATH};
    const struct dt_capture *found = &none;
    struct dt_slice encoded;
    if (number >= DT_CAPTURES_MAX && number < DT_CAPTURE_END && parts->own)
        found = &parts->own[number - DT_CAPTURES_MAX];
    else if (number < parts->ncaptures)
        found = &parts->captures[number];
    if (dt_location_capture(place, found, scratch->folded, sizeof scratch->folded, &encoded))
        return false;
    return stands(seam, encoded) && add(seam, encoded.len, DT_BUILT_CAPTURE, number);
}

static bool follow(struct seam *seam, const struct dt_location *parts,
                   struct dt_match_scratch *scratch)
{
    bool in_fragment = false;
    struct dt_slice rest = parts->rest;
    if (!guard(seam) || !text(seam, parts->prefix, &in_fragment))
        return false;
    while (rest.len) {
        size_t len = 0;
        while (len < rest.len &&
               (!parts->marks || rest.ptr[len] < DT_MARK_PATH || rest.ptr[len] > DT_MARK_HOST))
            len++;
        if (!text(seam, dt_slice_of(rest.ptr, len), &in_fragment))
            return false;
        rest = dt_slice_from(rest, len);
        if (rest.len < 2)
            continue;
        if (!capture(seam, parts, rest.ptr[0], (unsigned char)rest.ptr[1] & 0x7f, scratch))
            return false;
        rest = dt_slice_from(rest, 2);
    }
    return in_fragment || query(seam);
}

enum dt_err dt_match_build(const struct dt_snapshot *snapshot, const struct dt_request *request,
                           struct dt_match_scratch *scratch, struct dt_built *ret)
{
    struct dt_walk walk;
    struct dt_walk_action action;
    struct dt_walk_parts parts;
    ret->location = DT_SLICE_NONE;
    ret->npieces = ret->ncaptures = 0;
    dt_walk_init(&walk, snapshot, request, scratch);
    dt_walk_run(&walk);
    if (walk.err || !walk.found || !(walk.best.bits & DT_ENTRY_TARGET))
        return walk.err;
    if (!dt_walk_read_action(snapshot, walk.best.action, &action) ||
        !dt_walk_parts(&walk, &action, &parts))
        return DT_ERR_DAMAGED;
    enum dt_err err = dt_location_build(&parts.location, scratch->location,
                                        sizeof scratch->location, &ret->location);
    if (err)
        return err;
    for (size_t i = 0; i < walk.ncaptures; i++)
        ret->captures[ret->ncaptures++] = walk.captures[i].text;
    struct seam seam = {.built = ret};
    if (!follow(&seam, &parts.location, scratch) || seam.at != ret->location.len) {
        ret->npieces = 0; /* the query took something out of the target: as a whole, then */
        seam.at = 0;
        add(&seam, ret->location.len, DT_BUILT_TEXT, 0);
    }
    return DT_OK;
}
