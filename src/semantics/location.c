/* SPDX-License-Identifier: MIT
 *
 * A Location is put together from parts that were encoded beforehand. Nothing here decodes, so
 * nothing here can bring back a CR, an LF or a delimiter that an escape was hiding; what is left to
 * care for is the query (whose keys win) and a path that would read as another host.
 */
#include "base/out.h"
#include "semantics/query.h"

#include <detour/location.h>

/* A capture from a path, put into a query value: the delimiters of a query are escaped. */
static void put_in_query(struct dt_out *out, struct dt_slice s)
{
    static const char HEX[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '&' || c == '=' || c == '+' || c == ';' || c == '#' || c == '\'') {
            char escape[3] = {'%', HEX[(unsigned char)c >> 4], HEX[c & 15]};
            dt_out_put(out, dt_slice_of(escape, sizeof escape));
        } else {
            dt_out_char(out, c);
        }
    }
}

static void put_template(struct dt_out *out, struct dt_slice text, struct dt_slice splat)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != DT_MARK_SPLAT_PATH && text.ptr[i] != DT_MARK_SPLAT_QUERY)
            continue;
        dt_out_put(out, dt_slice_of(text.ptr + from, i - from));
        from = i + 1;
        if (text.ptr[i] == DT_MARK_SPLAT_PATH)
            dt_out_put(out, splat);
        else
            put_in_query(out, splat);
    }
    dt_out_put(out, dt_slice_from(text, from));
}

static bool query_has_name(struct dt_slice query, struct dt_slice name)
{
    struct dt_query_param param;
    while (dt_query_next(&query, &param))
        if (dt_slice_eq(param.name, name))
            return true;
    return false;
}

/* names is "a,b,utm_*". */
static bool names_have(struct dt_slice names, struct dt_slice name)
{
    while (names.len) {
        const char *comma = memchr(names.ptr, ',', names.len);
        size_t len = comma ? (size_t)(comma - names.ptr) : names.len;
        struct dt_slice one = dt_slice_of(names.ptr, len);
        names = dt_slice_from(names, comma ? len + 1 : len);
        if (len && one.ptr[len - 1] == '*') {
            if (dt_slice_starts(name, dt_slice_of(one.ptr, len - 1)))
                return true;
        } else if (dt_slice_eq(one, name)) {
            return true;
        }
    }
    return false;
}

static bool passes(const struct dt_location *parts, struct dt_slice own, struct dt_slice name)
{
    if (own.len && query_has_name(own, name))
        return false;
    switch (parts->mode) {
    case DT_QUERY_PASS:
        return true;
    case DT_QUERY_DROP:
        return false;
    case DT_QUERY_KEEP:
        return names_have(parts->names, name);
    case DT_QUERY_WITHOUT:
        return !names_have(parts->names, name);
    }
    return false;
}

/* Adds what passes of the request's query behind the target in out. */
static void put_request_query(struct dt_out *out, const struct dt_location *parts)
{
    struct dt_slice target = dt_out_slice(out);
    const char *mark = target.len ? memchr(target.ptr, '?', target.len) : NULL;
    struct dt_slice own = DT_SLICE_NONE;
    if (mark)
        own = dt_slice_from(target, (size_t)(mark - target.ptr) + 1);
    if (parts->mode == DT_QUERY_PASS && !mark) {
        dt_out_char(out, '?');
        dt_out_put(out, parts->query);
        return;
    }
    /* own points into out, behind which we write: its bytes do not move. */
    bool first = !mark;
    bool need_amp = own.len > 0 && own.ptr[own.len - 1] != '&';
    struct dt_slice rest = parts->query;
    struct dt_query_param param;
    while (dt_query_next(&rest, &param)) {
        if (!passes(parts, own, param.name))
            continue;
        if (first)
            dt_out_char(out, '?');
        else if (need_amp)
            dt_out_char(out, '&');
        first = false;
        need_amp = true;
        dt_out_put(out, param.text);
    }
}

/* A path that begins with "//" or "/\" would name a host (RFC 3986 section 4.2, and browsers read
 * "\" as "/"). "/." in front makes it a path again; resolving removes the dot segment. */
static void guard_path(struct dt_out *out)
{
    size_t len = dt_out_len(out);
    if (len < 2 || out->start[0] != '/' || (out->start[1] != '/' && out->start[1] != '\\'))
        return;
    dt_out_put(out, DT_S("/."));
    if (out->overflow)
        return;
    memmove(out->start + 2, out->start, len);
    memcpy(out->start, "/.", 2);
}

enum dt_err dt_location_build(const struct dt_location *parts, char *mem, size_t cap,
                              struct dt_slice *ret)
{
    struct dt_out out = dt_out_init(mem, cap);
    struct dt_slice rest = parts->rest;
    struct dt_slice fragment = DT_SLICE_NONE;
    bool query = parts->query.len > 0 && parts->mode != DT_QUERY_DROP;
    if (query) {
        const char *hash = rest.len ? memchr(rest.ptr, '#', rest.len) : NULL;
        if (hash) {
            fragment = dt_slice_from(rest, (size_t)(hash - rest.ptr));
            rest.len = (size_t)(hash - rest.ptr);
        }
    }
    dt_out_put(&out, parts->prefix);
    if (parts->marks)
        put_template(&out, rest, parts->splat);
    else
        dt_out_put(&out, rest);
    guard_path(&out);
    if (query && !out.overflow)
        put_request_query(&out, parts);
    if (fragment.len)
        put_template(&out, fragment, parts->splat);
    if (out.overflow)
        return DT_ERR_SPACE;
    *ret = dt_out_slice(&out);
    return DT_OK;
}
