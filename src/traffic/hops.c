/* SPDX-License-Identifier: MIT
 *
 * Real traffic walks chains that nobody wrote on purpose: each rule is right, and together they
 * make a visitor wait for three answers. A Location was built in normal form and is safe, so the
 * next request is cut out of it; the URL parser is not needed.
 */
#include "traffic/hops.h"

#include "base/out.h"
#include <detour/status.h>
#include <detour/uri.h>

/* Takes "scheme://authority" off the front; what is left begins with "/", "?", "#" or not at all.
 */
static bool take_origin(struct dt_slice *location, struct dt_slice *ret_authority,
                        uint8_t *ret_scheme)
{
    bool https = dt_slice_starts(*location, DT_S("https://"));
    if (!https && !dt_slice_starts(*location, DT_S("http://")))
        return false;
    struct dt_slice rest = dt_slice_from(*location, https ? 8 : 7);
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '?' && rest.ptr[len] != '#')
        len++;
    *ret_authority = dt_slice_of(rest.ptr, len);
    *ret_scheme = https ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
    *location = dt_slice_from(rest, len);
    return len > 0;
}

static struct dt_slice cut_at(struct dt_slice *text, char c)
{
    const char *found = text->len ? memchr(text->ptr, c, text->len) : NULL;
    if (!found)
        return DT_SLICE_NONE;
    struct dt_slice behind = dt_slice_from(*text, (size_t)(found - text->ptr) + 1);
    text->len = (size_t)(found - text->ptr);
    return behind;
}

/* Normal forms are written one behind the other into mem, always as copies: the Location lies in a
 * scratch. */
static bool normalise(enum dt_err (*norm)(struct dt_slice, char *, size_t, struct dt_slice *),
                      struct dt_slice raw, struct dt_out *out, struct dt_slice *ret)
{
    struct dt_slice normal;
    if (norm(raw, out->pos, dt_out_room(out), &normal) != DT_OK || normal.len > dt_out_room(out))
        return false;
    if (normal.len && normal.ptr != out->pos)
        memmove(out->pos, normal.ptr, normal.len);
    *ret = dt_slice_of(out->pos, normal.len);
    out->pos += normal.len;
    return true;
}

bool dt_hops_next(const struct dt_request *request, struct dt_slice location, uint16_t status,
                  char *mem, size_t cap, struct dt_request *ret)
{
    struct dt_out out = dt_out_init(mem, cap);
    struct dt_request next = *request;
    struct dt_slice authority, host;
    const struct dt_status *meaning = dt_status_get(status);
    if (!meaning || !meaning->location || !location.len)
        return false;
    next.method = dt_status_next_method(meaning, request->method);
    if (take_origin(&location, &authority, &next.scheme)) {
        if (dt_authority_split(authority, &host, &next.port) != DT_OK ||
            !normalise(dt_norm_host, host, &out, &next.host))
            return false;
        if (!next.port)
            next.port = next.scheme == DT_SCHEME_HTTPS ? 443 : 80;
    } else if (!location.len || location.ptr[0] != '/') {
        return false;
    }
    (void)cut_at(&location, '#');
    struct dt_slice query = cut_at(&location, '?');
    if (!normalise(dt_norm_path, location, &out, &next.path) ||
        !normalise(dt_norm_query, query, &out, &next.query))
        return false;
    *ret = next;
    return true;
}

static bool same(const struct dt_request *a, const struct dt_request *b)
{
    return a->scheme == b->scheme && a->port == b->port && dt_slice_eq(a->path, b->path) &&
           dt_slice_eq(a->query, b->query) && dt_slice_eq(a->host, b->host) &&
           dt_slice_eq(a->method, b->method);
}

static bool is_again(struct dt_hops *hops, const struct dt_request *request)
{
    for (unsigned i = 0; i < hops->count; i++)
        if (same(&hops->hops[i].request, request)) {
            hops->again = i;
            return true;
        }
    return false;
}

/* Adds a hop; its Location is copied out of the scratch. False: no room. */
static bool add(struct dt_hops *hops, const struct dt_request *request,
                const struct dt_decision *decision)
{
    struct dt_hop *hop = &hops->hops[hops->count];
    if (decision->location.len > sizeof hops->mem - hops->used)
        return false;
    *hop = (struct dt_hop){.request = *request, .rule = decision->rule, .status = decision->status};
    if (decision->location.len) {
        hop->location = dt_slice_of(hops->mem + hops->used, decision->location.len);
        memcpy(hops->mem + hops->used, decision->location.ptr, decision->location.len);
        hops->used += decision->location.len;
    }
    hops->count++;
    return true;
}

enum dt_err dt_hops_follow(const struct dt_snapshot *snapshot, const struct dt_request *request,
                           const struct dt_decision *decision, struct dt_match_scratch *scratch,
                           struct dt_hops *ret)
{
    struct dt_decision answer = *decision;
    struct dt_request at = *request;
    ret->count = 0;
    ret->used = 0;
    ret->end = DT_HOPS_CUT;
    ret->again = 0;
    while (ret->count < DT_HOPS_MAX) {
        if (!add(ret, &at, &answer))
            return DT_OK;
        const struct dt_hop *hop = &ret->hops[ret->count - 1];
        const struct dt_status *meaning = dt_status_get(hop->status);
        if (!hop->location.len || !meaning || !meaning->location) {
            ret->end = DT_HOPS_ENDED;
            return DT_OK;
        }
        struct dt_request next;
        ret->end = DT_HOPS_LEFT;
        if (!dt_hops_next(&at, hop->location, hop->status, ret->mem + ret->used,
                          sizeof ret->mem - ret->used, &next))
            return DT_OK;
        ret->used +=
            next.path.len + next.query.len + (next.host.ptr == at.host.ptr ? 0 : next.host.len);
        at = next;
        if (is_again(ret, &at)) {
            ret->end = DT_HOPS_LOOP;
            return DT_OK;
        }
        enum dt_err err = dt_match(snapshot, &at, scratch, &answer);
        if (err == DT_ERR_DAMAGED)
            return err;
        if (err || !answer.matched || answer.status == DT_STATUS_PASS)
            return DT_OK;
        ret->end = DT_HOPS_CUT;
    }
    return DT_OK;
}
