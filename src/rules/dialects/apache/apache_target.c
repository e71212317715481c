/* SPDX-License-Identifier: MIT
 *
 * Targets. mod_alias and mod_rewrite take the path of a target for decoded bytes and encode it
 * before it is sent (but not a Redirect's, and not with NE), so that a "%" in it is a percent sign.
 * The native target that is written here says the same; captures keep the encoding they came in.
 */
#include "rules/dialects/apache/apache_target.h"

#include "rules/dialects/pattern.h"
#include "rules/dialects/pattern_lead.h"
#include "rules/read/native_scan.h"

struct work {
    struct dt_apache *apache;
    struct dt_slice text;
    const struct dt_apache_captures *captures;
    struct dt_buf *out;
    bool raw;    /* bytes are sent as they are */
    bool hash;   /* "#" is a byte of the path */
    bool behind; /* the path */
};

/* Would a sign be read as a capture, where it stands? */
static bool looks_like_capture(const struct dt_buf *out, char c, char next)
{
    char last = out->len ? out->ptr[out->len - 1] : 0;
    if (c == ':')
        return next == '_' || (dt_is_alpha(next) && !dt_is_word(last) && last != ':');
    return c == '{' || (c == '$' && (dt_is_digit(next) || next == '{'));
}

/* One byte that means itself. */
static void put_byte(struct dt_buf *out, char c, char next, bool encode)
{
    if (looks_like_capture(out, c, next) || (encode && c == '%'))
        dt_buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
    else
        dt_buf_char(out, c);
}

void dt_apache_put(struct dt_buf *out, struct dt_slice text, bool path)
{
    for (size_t at = 0; at < text.len; at++)
        put_byte(out, text.ptr[at], at + 1 < text.len ? text.ptr[at + 1] : 0, path);
}

bool dt_apache_asks_all(struct dt_slice text)
{
    for (size_t at = 0; at + 1 < text.len; at++) {
        if (text.ptr[at] == '\\')
            at++;
        else if (text.ptr[at] == '$' && text.ptr[at + 1] == '0')
            return true;
    }
    return false;
}

bool dt_apache_fits_all(struct dt_slice text, enum dt_apache_all all)
{
    for (size_t at = 0; at + 1 < text.len; at++) {
        if (text.ptr[at] == '\\')
            at++;
        else if (text.ptr[at] == '$' &&
                 (text.ptr[at + 1] == '0' ||
                  (text.ptr[at + 1] == '1' && at + 2 < text.len && all == DT_APACHE_ALL_REST &&
                   dt_is_word(text.ptr[at + 2]))))
            return false;
    }
    return true;
}

bool dt_apache_edge(struct dt_slice text, unsigned *ret_group)
{
    size_t scheme = dt_scan_http(text), at = scheme;
    size_t end = scheme + dt_scan_authority(dt_slice_from(text, scheme));
    if (scheme == 0)
        end = text.len < 1 ? 0 : 1;
    while (at < end && !(text.ptr[at] == '$' && at + 1 < text.len && dt_is_digit(text.ptr[at + 1])))
        at++;
    if (at == end || (scheme && at == scheme))
        return false;
    *ret_group = (unsigned)(text.ptr[at + 1] - '0');
    return true;
}

bool dt_apache_is_nothing(struct dt_slice target, const struct dt_apache_captures *captures)
{
    return captures->lead && captures->lead_empty &&
           (target.len == 0 || (target.ptr[0] != '/' && !dt_scan_http(target)));
}

unsigned dt_apache_leads(struct dt_apache *apache, struct dt_slice pattern, struct dt_slice target,
                         unsigned group, struct dt_slice ret[2],
                         struct dt_apache_captures *captures)
{
    struct dt_reader *reader = apache->reader;
    struct dt_lead lead;
    captures->lead = true;
    captures->lead_group = group;
    if (group == 1 && dt_lead_find(pattern, &lead)) {
        ret[0] = dt_lead_first(reader, &lead);
        ret[1] = dt_lead_second(reader, &lead);
        return lead.may_be_empty ? 2 : 1;
    }
    if (group || !dt_slice_starts(pattern, DT_S("^/")) || dt_apache_choice(pattern) ||
        (pattern.len > 2 && strchr("?*+{", pattern.ptr[2]))) {
        dt_reader_error(reader, target, "target-open",
                        "$%u would choose the host: that it begins with the path's first slash "
                        "cannot be told",
                        group);
        return 0;
    }
    const struct dt_slice parts[] = {DT_S("^/("), dt_slice_from(pattern, 2), DT_S(")")};
    captures->path_first = 1;
    ret[0] = dt_pattern_join(reader, parts, 3);
    return 1;
}

/* "$N" */
static void put_group(struct work *work, unsigned number)
{
    const struct dt_apache_captures *captures = work->captures;
    if (captures->lead && number == captures->lead_group) {
        if (captures->lead_empty)
            return;
        dt_buf_char(work->out, '/');
    }
    if (captures->all == DT_APACHE_NOT_ALL && number <= captures->path_groups)
        dt_buf_printf(work->out, "${%u}", captures->path_first + number);
    else if (number == 1 && captures->all == DT_APACHE_ALL_REST)
        dt_buf_str(work->out, ":" DT_APACHE_REST);
    else if (number == 1 && captures->all == DT_APACHE_ALL_PATH)
        dt_buf_str(work->out, "{path}");
}

static size_t put_literal(struct work *work, size_t at)
{
    char c = work->text.ptr[at], next = at + 1 < work->text.len ? work->text.ptr[at + 1] : 0;
    if (c == '?' && !work->behind) {
        work->behind = true;
        dt_buf_char(work->out, c);
    } else if (c == '#' && work->hash && !work->raw && !work->behind) {
        dt_buf_str(work->out, "%23");
    } else {
        if (c == '#')
            work->behind = true;
        put_byte(work->out, c, next, !work->raw && !work->behind);
    }
    return at + 1;
}

/* ---- RedirectMatch ---- */

void dt_apache_match_target(struct dt_slice text, const struct dt_apache_captures *captures,
                            struct dt_buf *out)
{
    struct work work = {.text = text, .captures = captures, .out = out};
    for (size_t at = 0; at < text.len;) {
        char c = text.ptr[at], next = at + 1 < text.len ? text.ptr[at + 1] : 0;
        if (c == '$' && dt_is_digit(next)) {
            put_group(&work, (unsigned)(next - '0'));
            at += 2;
            continue;
        }
        if (c == '\\' && next)
            at++;
        at = put_literal(&work, at);
    }
}

/* ---- RewriteRule ---- */

static bool refuse(struct work *work, const char *why)
{
    return DT_REFUSE(work->apache->reader, work->text, "apache-variable", "%s", why);
}

/* "%{NAME}" at `at`; *ret_end is behind it. */
static bool put_variable(struct work *work, size_t at, size_t *ret_end)
{
    struct dt_slice name = dt_slice_from(work->text, at + 2);
    const char *end = name.len ? memchr(name.ptr, '}', name.len) : NULL;
    if (!end)
        return refuse(work, "a variable that is not closed");
    name.len = (size_t)(end - name.ptr);
    *ret_end = at + name.len + 3;
    if (dt_slice_eq(name, DT_S("REQUEST_URI")))
        dt_buf_str(work->out, "{path}");
    else if (dt_slice_eq(name, DT_S("HTTP_HOST")) || dt_slice_eq(name, DT_S("SERVER_NAME")))
        dt_buf_str(work->out, "{host}");
    else if (dt_slice_eq(name, DT_S("QUERY_STRING")))
        dt_buf_str(work->out, "{query}");
    else if (dt_slice_eq(name, DT_S("REQUEST_SCHEME")))
        dt_buf_str(work->out, "{scheme}");
    else if (dt_slice_eq(name, DT_S("SERVER_PORT")))
        dt_buf_str(work->out, "{port}");
    else
        return DT_REFUSE(work->apache->reader, work->text, "apache-variable",
                         "no target can have the variable %%{%.*s}", DT_SLICE_FMT(name));
    return true;
}

static bool put_percent(struct work *work, size_t at, size_t *ret_end)
{
    char next = work->text.ptr[at + 1];
    const struct dt_apache_captures *captures = work->captures;
    if (next == '{')
        return put_variable(work, at, ret_end);
    unsigned number = (unsigned)(next - '0');
    *ret_end = at + 2;
    if (number && number > captures->cond_groups)
        return true; /* there is no such group: it stands for nothing */
    if (number == 0 || !captures->cond_known)
        return refuse(work, "no target can have what a RewriteCond matched, but the groups of one "
                            "for the host or the query");
    dt_buf_printf(work->out, "${%u}", captures->cond_first + number);
    return true;
}

bool dt_apache_substitution(struct dt_apache *apache, struct dt_slice text, bool raw,
                            const struct dt_apache_captures *captures, struct dt_buf *out)
{
    struct work work = {apache, text, captures, out, raw, true, false};
    bool escapes = false;
    for (size_t at = 0; at < text.len;) {
        char c = text.ptr[at], next = at + 1 < text.len ? text.ptr[at + 1] : 0;
        if (c == '$' && next == '{') {
            const struct dt_apache_map *map = dt_apache_map_find(apache, dt_slice_from(text, at));
            if (!map || map->kind != DT_APACHE_MAP_ESCAPE || escapes)
                return refuse(&work, "no target can have this RewriteMap: only int:escape, and a "
                                     "text file for all of it");
            escapes = true; /* as what is captured is anyway */
            at += map->name.len + 3;
            continue;
        }
        if (c == '}' && escapes) {
            escapes = false;
            at++;
            continue;
        }
        if (c == '$' && dt_is_digit(next)) {
            put_group(&work, (unsigned)(next - '0'));
            at += 2;
        } else if (c == '%' && (dt_is_digit(next) || next == '{')) {
            if (!put_percent(&work, at, &at))
                return false;
        } else {
            at = put_literal(&work, at + (c == '\\' && next));
        }
    }
    return true;
}
