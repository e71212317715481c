/* SPDX-License-Identifier: MIT
 *
 * Putting one target into another. What the second rule captures is a piece of what the first one's
 * target makes, in which the first one's captures stand; so each capture of the second is replaced
 * by that piece. Where the query passes, both must treat it so that one rule can do the same.
 */
#include "rules/check/check_compose.h"

#include "base/out.h"
#include <detour/location.h>
#include <detour/uri.h>

#define MARK_ROOM 8192u

static bool has_marks(struct dt_slice text)
{
    return text.len && dt_location_has_marks(text);
}

/* ---- What the next rule captures ---- */

static size_t segment_end(struct dt_slice path, size_t at)
{
    size_t end = at + 1;
    while (end < path.len && path.ptr[end] != '/')
        end++;
    return end;
}

static bool captured_by_pattern(struct dt_slice source, struct dt_slice path, unsigned number,
                                struct dt_slice *ret)
{
    size_t i = 0, j = 0;
    for (unsigned seen = 0; i < source.len; seen++) {
        size_t source_end = segment_end(source, i);
        size_t path_end = j < path.len ? segment_end(path, j) : j;
        char symbol = i + 1 < source.len ? source.ptr[i + 1] : 0;
        if (symbol == DT_PATH_STAR) {
            *ret = dt_slice_from(path, j + 1);
            return seen == number;
        }
        if (symbol == DT_PATH_NAME && seen == number) {
            *ret = dt_slice_of(path.ptr + j + 1, path_end - j - 1);
            return j < path_end;
        }
        seen -= symbol != DT_PATH_NAME;
        i = source_end;
        j = path_end;
    }
    return false;
}

static bool captured(const struct dt_compose *hops, unsigned number, struct dt_slice *ret)
{
    const struct dt_rule *next = hops->next;
    struct dt_slice path = hops->target.path;
    bool itself = path.ptr[0] != '/';
    if (itself || (next->more && next->more->labels))
        return false;
    if (next->path_kind == DT_PATH_PREFIX) {
        *ret = dt_slice_from(path, next->path.len + 1);
        return number == 0;
    }
    return next->path_kind == DT_PATH_PATTERN && captured_by_pattern(next->path, path, number, ret);
}

/* ---- Parts ---- */

static void put_own(struct dt_out *out, char place, unsigned number)
{
    dt_out_char(out, place);
    dt_out_char(out, (char)(0x80u + number));
}

static void put_origin(struct dt_out *out, const struct dt_template *first,
                       const struct dt_template *second)
{
    if (second->relative) {
        dt_out_put(out, first->origin);
        return;
    }
    /* What the second takes from its request is what the first wrote, or left open too. */
    struct dt_slice rest = second->origin;
    if (second->own_scheme && !first->own_scheme) {
        dt_out_put(out, first->scheme == DT_SCHEME_HTTPS ? DT_S("https") : DT_S("http"));
        rest = dt_slice_from(rest, 2);
    }
    const char *mark = rest.len ? memrchr(rest.ptr, DT_MARK_HOST, rest.len) : NULL;
    if (mark && second->own_host && !first->own_host) {
        size_t before = (size_t)(mark - rest.ptr);
        dt_out_put(out, dt_slice_of(rest.ptr, before));
        dt_out_put(out, first->host);
        rest = dt_slice_from(rest, before + 2);
    }
    dt_out_put(out, rest);
}

/* Bytes of the first template's path, its captures as marks. */
static void put_piece(struct dt_out *out, struct dt_slice piece)
{
    for (size_t i = 0; i < piece.len; i++) {
        if ((unsigned char)piece.ptr[i] >= 0x80)
            dt_out_char(out, DT_MARK_PATH);
        dt_out_char(out, piece.ptr[i]);
    }
}

static bool put_path(struct dt_out *out, const struct dt_compose *hops,
                     const struct dt_template *second)
{
    const struct dt_template *first = &hops->target;
    for (size_t i = 0; i < second->path.len; i++) {
        unsigned char c = (unsigned char)second->path.ptr[i];
        struct dt_slice piece = dt_slice_of(second->path.ptr + i, 1);
        unsigned number = c & 0x7fu;
        if (c >= 0x80 && number == DT_CAPTURE_PATH) {
            piece = first->path;
        } else if (c >= 0x80 && number == DT_CAPTURE_HOST) {
            piece = first->host;
            if (first->own_host)
                put_own(out, DT_MARK_PATH, number);
        } else if (c >= 0x80 && !captured(hops, number, &piece)) {
            return false;
        }
        put_piece(out, piece);
    }
    return true;
}

/* The target's own query: the next rule's, and what it lets through of the first one's. */
static bool put_query(struct dt_out *out, const struct dt_compose *hops,
                      const struct dt_template *second)
{
    const struct dt_action *action = dt_ruleset_action(hops->set, hops->next->action);
    struct dt_slice query = dt_slice_from(hops->target.query, 1), built;
    char normal[3 * MARK_ROOM + 1], rest[MARK_ROOM + 1], mem[5 * MARK_ROOM];
    if (has_marks(query) || has_marks(second->query) || query.len > MARK_ROOM ||
        second->query.len > MARK_ROOM || dt_norm_query(query, normal, sizeof normal, &query))
        return false;
    rest[0] = '/';
    if (second->query.len)
        memcpy(rest + 1, second->query.ptr, second->query.len);
    struct dt_location parts = {.rest = dt_slice_of(rest, second->query.len + 1),
                                .query = query,
                                .names = action->names,
                                .mode = (enum dt_query_mode)action->query};
    if (dt_location_build(&parts, mem, sizeof mem, &built))
        return false;
    dt_out_put(out, dt_slice_from(built, 1));
    return true;
}

bool dt_compose_no_query(const struct dt_ruleset *set, const struct dt_rule *rule)
{
    return dt_ruleset_action(set, rule->action)->query == DT_QUERY_DROP ||
           ((rule->flags & DT_RULE_EXACT_QUERY) && !rule->nparams);
}

/* One rule, with the first one's option, does to a request's query what both do. */
static bool query_passes_alike(const struct dt_compose *hops)
{
    const struct dt_action *a = dt_ruleset_action(hops->set, hops->rule->action);
    const struct dt_action *b = dt_ruleset_action(hops->set, hops->next->action);
    return dt_compose_no_query(hops->set, hops->rule) || b->query == DT_QUERY_PASS ||
           (a->query == b->query && dt_slice_eq(a->names, b->names));
}

bool dt_compose(const struct dt_compose *hops, char *mem, size_t cap, struct dt_slice *ret)
{
    char room[DT_TEMPLATE_ROOM];
    struct dt_template second;
    struct dt_out out = dt_out_init(mem, cap);
    if (!query_passes_alike(hops) || !dt_template_of(hops->next, room, &second) ||
        has_marks(second.fragment))
        return false;
    put_origin(&out, &hops->target, &second);
    if (!put_path(&out, hops, &second) || !put_query(&out, hops, &second))
        return false;
    dt_out_put(&out, second.fragment.len ? second.fragment : hops->target.fragment);
    *ret = dt_out_slice(&out);
    return !out.overflow;
}
