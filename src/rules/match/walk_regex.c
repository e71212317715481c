/* SPDX-License-Identifier: MIT
 *
 * Rules whose expression decides. Which of them could match is found first: by the beginning of the
 * path, or by one pass of a scanner; then each is asked, unless a better rule is known already. An
 * expression that costs too much on this path is taken not to match, and said so.
 */
#include "rules/match/walk.h"

#include "base/out.h"
#include "rules/regex/regex_pool.h"

/* Of one request: after so many that cost too much, no other is tried. */
#define LIMITED_MAX 4u

bool dt_walk_expression(struct dt_walk *walk, const struct dt_walk_place *place, uint32_t rank,
                        const size_t **ret_groups, unsigned *ret_count)
{
    enum dt_regex_result result = DT_REGEX_LIMIT;
    if (!dt_walk_charge(walk, 64 + place->subject.len / 8))
        return false;
    if (walk->limited < LIMITED_MAX)
        result = dt_regex_pool_match(walk->snapshot->pool, place->item, place->subject, ret_groups,
                                     ret_count);
    if (result == DT_REGEX_DAMAGED)
        return dt_walk_damaged(walk);
    if (result == DT_REGEX_LIMIT && walk->limited++ == 0)
        walk->limited_rule = rank;
    return result == DT_REGEX_YES;
}

/* "https://host:port/path?query", the port when it is not the scheme's own. */
static bool make_url(struct dt_walk *walk)
{
    const struct dt_request *request = walk->request;
    struct dt_out out = dt_out_init(walk->scratch->subject, sizeof walk->scratch->subject);
    bool https = request->scheme == DT_SCHEME_HTTPS;
    dt_out_put(&out, https ? DT_S("https:") : DT_S("http:"));
    walk->url_relative = (uint32_t)dt_out_len(&out);
    dt_out_put(&out, DT_S("//"));
    dt_out_put(&out, request->host);
    if (request->port != (https ? 443 : 80)) {
        dt_out_char(&out, ':');
        dt_out_uint(&out, request->port);
    }
    dt_out_put(&out, request->path);
    if (request->query.len)
        dt_out_char(&out, '?');
    walk->url_query = (uint32_t)dt_out_len(&out);
    dt_out_put(&out, request->query);
    walk->url = dt_out_slice(&out);
    if (out.overflow)
        walk->err = DT_ERR_LIMIT;
    return !out.overflow;
}

static bool subject_of(struct dt_walk *walk, enum dt_subject subject, struct dt_slice *ret)
{
    *ret = walk->request->path;
    if (subject == DT_SUBJECT_PATH)
        return true;
    if (!walk->url.len && !make_url(walk))
        return false;
    *ret = subject == DT_SUBJECT_URL ? walk->url : dt_slice_from(walk->url, walk->url_relative);
    return true;
}

static bool visit(struct dt_walk *walk, const struct dt_walk_level *level, uint32_t item)
{
    struct dt_record record;
    if (!dt_item_at(walk->snapshot, item, &record))
        return dt_walk_damaged(walk);
    struct dt_walk_place place = {
        .level = level, .path = walk->request->path, .query = walk->request->query, .item = item};
    place.item_kind = (uint8_t)dt_cursor_fixed(&record.body, 1);
    bool nocase = record.forms & DT_FORM_NOCASE;
    if (nocase && !dt_walk_fold(walk))
        return false;
    if (nocase)
        place.query = walk->folded_query;
    if (place.item_kind == DT_ITEM_GLOB)
        place.star_group = (uint32_t)dt_cursor_varint(&record.body);
    place.path_kind = place.item_kind == DT_ITEM_GLOB ? DT_PATH_GLOB : DT_PATH_REGEX;
    return subject_of(walk, dt_item_subject(place.item_kind), &place.subject) &&
           dt_walk_entries(walk, &place, &record.body, 1);
}

static bool scan(struct dt_walk *walk, const struct dt_walk_level *level, enum dt_subject subject)
{
    struct dt_slice text;
    const uint32_t *items;
    size_t count;
    if (!subject_of(walk, subject, &text))
        return false;
    enum dt_err err = dt_regex_pool_scan(walk->snapshot->pool, level->part->scopes[subject] - 1,
                                         text, &items, &count);
    if (err) {
        walk->err = err;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool found = walk->found;
        uint32_t rank = found ? walk->best.rank : 0;
        if (!visit(walk, level, items[i]))
            return false;
        /* Items are in order of rank: behind the first that was taken, none is better. */
        if (!walk->all && walk->found && (!found || walk->best.rank != rank))
            return true;
    }
    return true;
}

bool dt_walk_items(struct dt_walk *walk, const struct dt_walk_level *level)
{
    const struct dt_part *part = level->part;
    if (walk->found && !walk->all && walk->best.rank < part->best_item)
        return true;
    if (!walk->snapshot->pool) {
        walk->err = DT_ERR_INVALID;
        return false;
    }
    if ((part->shapes[0] | part->shapes[1]) && !dt_walk_shapes(walk, level, visit))
        return false;
    for (unsigned subject = 0; subject < 3; subject++)
        if (part->scopes[subject] && !scan(walk, level, (enum dt_subject)subject))
            return false;
    return true;
}
