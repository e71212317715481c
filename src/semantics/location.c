/* SPDX-License-Identifier: MIT
 *
 * A Location is put together from parts that were encoded beforehand. Nothing here decodes, so
 * nothing here can bring back a CR, an LF or a delimiter that an escape was hiding; what is left to
 * care for is the query (whose keys win) and a path that would read as another host.
 */
#include "base/out.h"
#include "semantics/query.h"

#include <ctype.h>
#include <detour/location.h>

static void put_escaped(struct dt_out *out, char c)
{
    static const char HEX[] = "0123456789ABCDEF";
    char escape[3] = {'%', HEX[(unsigned char)c >> 4], HEX[c & 15]};
    dt_out_put(out, dt_slice_of(escape, sizeof escape));
}

/* What must not stand as itself when a capture goes from one place to another. */
static const char *special_bytes(char mark, unsigned from)
{
    switch ((enum dt_capture_from)from) {
    case DT_FROM_PATH:
        return mark == DT_MARK_QUERY ? "&=+;#'\\" : mark == DT_MARK_PATH ? "?#\\" : "\\";
    case DT_FROM_VALUE:
        return mark == DT_MARK_QUERY ? "&#\\" : mark == DT_MARK_PATH ? "/?#+\\" : "\\";
    case DT_FROM_QUERY:
        return mark == DT_MARK_QUERY ? "#\\" : mark == DT_MARK_PATH ? "?#\\" : "\\";
    case DT_FROM_HOST:
        break;
    }
    return "";
}

static void put_capture(struct dt_out *out, char mark, const struct dt_capture *capture)
{
    const char *special = special_bytes(mark, capture->from);
    struct dt_slice s = capture->text;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!strchr(special, c))
            dt_out_char(out, c);
        else if (c == '+' && capture->from == DT_FROM_VALUE)
            dt_out_put(out, DT_S("%20"));
        else
            put_escaped(out, c);
    }
}

static bool is_mark(char c)
{
    return c >= DT_MARK_PATH && c <= DT_MARK_HOST;
}

/* The capture that a mark stands for; NULL for none. */
static const struct dt_capture *capture_of(const struct dt_location *parts, char number)
{
    unsigned at = (unsigned char)number & 0x7f;
    if (at < DT_CAPTURES_MAX)
        return at < parts->ncaptures ? &parts->captures[at] : NULL;
    return at < DT_CAPTURE_END && parts->own ? &parts->own[at - DT_CAPTURES_MAX] : NULL;
}

static void put_template(struct dt_out *out, const struct dt_location *parts, struct dt_slice text)
{
    size_t from = 0;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (!is_mark(text.ptr[i]))
            continue;
        dt_out_put(out, dt_slice_of(text.ptr + from, i - from));
        const struct dt_capture *capture = capture_of(parts, text.ptr[i + 1]);
        if (capture)
            put_capture(out, text.ptr[i], capture);
        from = ++i + 1;
    }
    dt_out_put(out, dt_slice_from(text, from));
}

bool dt_location_has_marks(struct dt_slice target)
{
    for (size_t i = 0; i < target.len; i++)
        if (is_mark(target.ptr[i]))
            return true;
    return false;
}

static bool is_host(struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isalnum((unsigned char)s.ptr[i]) && (s.ptr[i] == 0 || !strchr("-_.", s.ptr[i])))
            return false;
    return s.len > 0;
}

bool dt_location_host_ok(const struct dt_location *parts)
{
    struct dt_slice text = parts->rest;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (!is_mark(text.ptr[i]))
            continue;
        bool host = text.ptr[i++] == DT_MARK_HOST;
        const struct dt_capture *capture = capture_of(parts, text.ptr[i]);
        bool own = ((unsigned char)text.ptr[i] & 0x7f) >= DT_CAPTURES_MAX;
        if (host && !own && (!capture || !is_host(capture->text)))
            return false;
    }
    return true;
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
        put_template(&out, parts, rest);
    else
        dt_out_put(&out, rest);
    guard_path(&out);
    if (query && !out.overflow)
        put_request_query(&out, parts);
    if (fragment.len)
        put_template(&out, parts, fragment);
    if (out.overflow)
        return DT_ERR_SPACE;
    *ret = dt_out_slice(&out);
    return DT_OK;
}
