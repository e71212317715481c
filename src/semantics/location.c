/* SPDX-License-Identifier: MIT
 *
 * A Location is put together from parts that were encoded beforehand. Nothing here decodes, so
 * nothing here can bring back a CR, an LF or a delimiter that an escape was hiding; what is left to
 * care for is the query (whose keys win) and a path that would read as another host.
 */
#include "base/out.h"
#include "semantics/query.h"

#include <detour/location.h>

static void put_escaped(struct dt_out *out, char c)
{
    static const char HEX[] = "0123456789ABCDEF";
    char escape[3] = {'%', HEX[(unsigned char)c >> 4], HEX[c & 15]};
    dt_out_put(out, dt_slice_of(escape, sizeof escape));
}

/* ---- Captures ---- */

/* What must not stand as itself on the way from one place to another, a bit for each way. */
enum way {
    ANY_WAY = 1,
    PATH_TO_QUERY = 2,
    PATH_TO_PATH = 4,
    VALUE_TO_PATH = 8,
    VALUE_TO_QUERY = 16,
    QUERY_TO_QUERY = 32,
};

static const unsigned char escaped[256] = {
    ['\\'] = 0xff, /* browsers take it for "/" */
    ['#'] = 0xff & ~ANY_WAY,
    ['?'] = PATH_TO_PATH | VALUE_TO_PATH,
    ['/'] = VALUE_TO_PATH,
    ['+'] = VALUE_TO_PATH | PATH_TO_QUERY,
    ['&'] = PATH_TO_QUERY | VALUE_TO_QUERY,
    ['='] = PATH_TO_QUERY,
    [';'] = PATH_TO_QUERY,
    ['\''] = PATH_TO_QUERY,
};

static enum way way_of(char mark, unsigned from)
{
    if (mark != DT_MARK_PATH && mark != DT_MARK_QUERY)
        return ANY_WAY;
    bool path = mark == DT_MARK_PATH;
    switch ((enum dt_capture_from)from) {
    case DT_FROM_PATH:
        return path ? PATH_TO_PATH : PATH_TO_QUERY;
    case DT_FROM_VALUE:
        return path ? VALUE_TO_PATH : VALUE_TO_QUERY;
    case DT_FROM_QUERY:
        return path ? PATH_TO_PATH : QUERY_TO_QUERY;
    case DT_FROM_HOST:
        break;
    }
    return ANY_WAY;
}

static void put_bytes(struct dt_out *out, enum way way, struct dt_slice s)
{
    unsigned seen = 0;
    for (size_t i = 0; i < s.len; i++)
        seen |= escaped[(unsigned char)s.ptr[i]];
    if (!(seen & way)) {
        dt_out_put(out, s);
        return;
    }
    size_t run = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!(escaped[(unsigned char)s.ptr[i]] & way))
            continue;
        dt_out_put(out, dt_slice_of(s.ptr + run, i - run));
        if (s.ptr[i] == '+' && way == VALUE_TO_PATH)
            dt_out_put(out, DT_S("%20")); /* a form wrote a space so */
        else
            put_escaped(out, s.ptr[i]);
        run = i + 1;
    }
    dt_out_put(out, dt_slice_from(s, run));
}

/* How many bytes at the end of s are the beginning of an escape: 0, 1 or 2. */
static size_t cut_escape(struct dt_slice s)
{
    if (s.len && s.ptr[s.len - 1] == '%')
        return 1;
    return s.len > 1 && s.ptr[s.len - 2] == '%' ? 2 : 0;
}

static void put_capture(struct dt_out *out, char mark, const struct dt_capture *capture)
{
    enum way way = way_of(mark, capture->from);
    struct dt_slice s = capture->text;
    size_t cut = cut_escape(s);
    put_bytes(out, way, dt_slice_of(s.ptr, s.len - cut));
    if (cut) {
        dt_out_put(out, DT_S("%25"));
        put_bytes(out, way, dt_slice_from(s, s.len - cut + 1));
    }
}

enum dt_err dt_location_capture(char place, const struct dt_capture *capture, char *mem, size_t cap,
                                struct dt_slice *ret)
{
    struct dt_out out = dt_out_init(mem, cap);
    put_capture(&out, place, capture);
    *ret = dt_out_slice(&out);
    return out.overflow ? DT_ERR_SPACE : DT_OK;
}

/* ---- Marks ---- */

/* Where the next mark is from `from` on, or the text's length. A compiled target has no other byte
 * below 8; eight bytes are looked at together: a byte borrows in the subtraction when it is less.
 */
static size_t next_mark(struct dt_slice text, size_t from)
{
    for (; from + 8 <= text.len; from += 8) {
        uint64_t bytes;
        memcpy(&bytes, text.ptr + from, sizeof bytes);
        uint64_t less =
            (bytes - UINT64_C(0x0808080808080808)) & ~bytes & UINT64_C(0x8080808080808080);
        if (less)
            return from + (size_t)__builtin_ctzll(less) / 8;
    }
    while (from < text.len && (unsigned char)text.ptr[from] >= 8)
        from++;
    return from;
}

static unsigned mark_number(char c)
{
    return (unsigned char)c & 0x7f;
}

/* The capture that a mark stands for; NULL for none. */
static const struct dt_capture *capture_of(const struct dt_location *parts, unsigned number)
{
    if (number < DT_CAPTURES_MAX)
        return number < parts->ncaptures ? &parts->captures[number] : NULL;
    return number < DT_CAPTURE_END && parts->own ? &parts->own[number - DT_CAPTURES_MAX] : NULL;
}

static void put_template(struct dt_out *out, const struct dt_location *parts, struct dt_slice text)
{
    size_t run = 0;
    for (size_t at; (at = next_mark(text, run)) + 1 < text.len; run = at + 2) {
        dt_out_put(out, dt_slice_of(text.ptr + run, at - run));
        const struct dt_capture *capture = capture_of(parts, mark_number(text.ptr[at + 1]));
        if (capture)
            put_capture(out, text.ptr[at], capture);
    }
    dt_out_put(out, dt_slice_from(text, run));
}

bool dt_location_has_marks(struct dt_slice target)
{
    return next_mark(target, 0) < target.len;
}

static bool is_host(struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = dt_ascii_lower(s.ptr[i]);
        bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!alnum && c != '-' && c != '_' && c != '.')
            return false;
    }
    return s.len > 0;
}

bool dt_location_host_ok(const struct dt_location *parts)
{
    struct dt_slice text = parts->rest;
    for (size_t i = 0; (i = next_mark(text, i)) + 1 < text.len; i += 2) {
        bool host = text.ptr[i] == DT_MARK_HOST;
        unsigned number = mark_number(text.ptr[i + 1]);
        if (!host || (number >= DT_CAPTURE_SCHEME && number <= DT_CAPTURE_PORT))
            continue;
        const struct dt_capture *capture = capture_of(parts, number);
        if (!capture || !is_host(capture->text))
            return false;
    }
    return true;
}

/* ---- The query ---- */

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
    if (parts->marks)
        put_template(&out, parts, fragment);
    else
        dt_out_put(&out, fragment);
    if (out.overflow)
        return DT_ERR_SPACE;
    *ret = dt_out_slice(&out);
    return DT_OK;
}
