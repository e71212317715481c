/* SPDX-License-Identifier: MIT
 *
 * Targets, taken apart. What a capture may be is known by its number: labels of the host, names,
 * the star, values of the query; of an expression nothing is known.
 */
#include "rules/check/check_template.h"

#include <detour/uri.h>
#include <stdlib.h>

#define CAPTURE(number) ((char)(0x80u + (number)))

static unsigned number_of(char c)
{
    return (unsigned char)c & 0x7fu;
}

static bool is_capture(char c)
{
    return (unsigned char)c >= 0x80;
}

static bool cut(struct dt_slice *from, struct dt_slice start)
{
    if (!dt_slice_starts(*from, start))
        return false;
    *from = dt_slice_from(*from, start.len);
    return true;
}

static struct dt_slice own_mark(char mem[2], unsigned number)
{
    mem[0] = DT_MARK_HOST;
    mem[1] = CAPTURE(number);
    return dt_slice_of(mem, 2);
}

static size_t find_any(struct dt_slice text, const char *bytes)
{
    size_t at = 0;
    while (at < text.len && !strchr(bytes, text.ptr[at]))
        at++;
    return at;
}

static bool take_port(struct dt_slice text, struct dt_template *ret)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        port = port * 10 + (unsigned)(text.ptr[i] - '0');
    }
    ret->port = (uint16_t)port;
    return text.len && port && port <= UINT16_MAX;
}

/* Cuts "scheme://host:port" off; false: not one that is understood. */
static bool take_origin(struct dt_slice *text, struct dt_template *ret)
{
    char mem[2];
    if (cut(text, DT_S("https://"))) {
        ret->scheme = DT_SCHEME_HTTPS;
        ret->port = 443;
    } else if (cut(text, DT_S("http://"))) {
        ret->scheme = DT_SCHEME_HTTP;
        ret->port = 80;
    } else if (cut(text, own_mark(mem, DT_CAPTURE_SCHEME)) && cut(text, DT_S("://"))) {
        ret->own_scheme = true;
    } else {
        return false;
    }
    if (cut(text, own_mark(mem, DT_CAPTURE_HOST))) {
        ret->own_host = true;
    } else {
        size_t len = find_any(*text, ":/?#\x01\x02\x03\x04");
        ret->host = dt_slice_of(text->ptr, len);
        *text = dt_slice_from(*text, len);
        if (!len || ret->host.ptr[0] == '[' || ret->host.ptr[len - 1] == '.')
            return false;
    }
    if (cut(text, DT_S(":"))) {
        size_t len = find_any(*text, "/?#\x01\x02\x03\x04");
        if (!take_port(dt_slice_of(text->ptr, len), ret))
            return false;
        *text = dt_slice_from(*text, len);
    }
    return !text->len || text->ptr[0] != DT_MARK_HOST;
}

/* The path with one byte for each capture. */
static bool take_path(const struct dt_rule *rule, struct dt_slice text, char *mem,
                      struct dt_slice *ret)
{
    bool one = rule->path_kind == DT_PATH_EXACT &&
               !(rule->flags & (DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH));
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        struct dt_slice put = dt_slice_of(&c, 1);
        if (c == DT_MARK_PATH && i + 1 < text.len) {
            c = text.ptr[++i];
            if (number_of(c) == DT_CAPTURE_PATH && one)
                put = rule->path;
        } else if (c < 0x20) {
            return false;
        }
        if (len + put.len > DT_TEMPLATE_ROOM)
            return false;
        memcpy(mem + len, put.ptr, put.len);
        len += put.len;
    }
    *ret = dt_slice_of(mem, len);
    return true;
}

static bool is_path_itself(const struct dt_template *of)
{
    return of->path.len == 1 && of->path.ptr[0] == CAPTURE(DT_CAPTURE_PATH);
}

bool dt_template_of(const struct dt_rule *rule, char *mem, struct dt_template *ret)
{
    struct dt_slice text = rule->target;
    *ret = (struct dt_template){.rule = rule, .scheme = DT_SCHEME_ANY};
    if (!text.len || (rule->flags & DT_RULE_OPEN))
        return false;
    if (text.ptr[0] == '/')
        ret->relative = ret->own_host = ret->own_scheme = true;
    else if (!take_origin(&text, ret))
        return false;
    if (text.len && !strchr("/?#\x01", text.ptr[0]))
        return false;
    ret->origin = dt_slice_of(rule->target.ptr, rule->target.len - text.len);
    size_t path = find_any(text, "?#");
    struct dt_slice rest = dt_slice_from(text, path);
    size_t query = find_any(rest, "#");
    ret->query = dt_slice_of(rest.ptr, query);
    ret->fragment = dt_slice_from(rest, query);
    if (!take_path(rule, dt_slice_of(text.ptr, path), mem, &ret->path))
        return false;
    if (!ret->path.len)
        ret->path = DT_S("/");
    return ret->path.ptr[0] == '/' || is_path_itself(ret);
}

char dt_template_symbol(const struct dt_rule *rule, unsigned number)
{
    unsigned labels = rule->more ? rule->more->labels : 0;
    unsigned names = rule->more ? rule->more->names : 0;
    bool segment = rule->path_kind != DT_PATH_REGEX && number < labels + names;
    return segment ? DT_PATH_NAME : DT_PATH_STAR;
}

/* A capture between slashes, or between one and the end. */
static bool stands_alone(struct dt_slice path, size_t at)
{
    return at > 0 && path.ptr[at - 1] == '/' && (at + 1 == path.len || path.ptr[at + 1] == '/');
}

void dt_template_paths(const struct dt_template *of, char *mem, struct dt_paths *ret)
{
    if (is_path_itself(of)) {
        dt_paths_of(of->rule, mem, ret);
        return;
    }
    for (size_t i = 0; i < of->path.len; i++) {
        char c = of->path.ptr[i];
        mem[i] = !is_capture(c)              ? c
                 : stands_alone(of->path, i) ? dt_template_symbol(of->rule, number_of(c))
                                             : DT_PATH_STAR;
    }
    *ret = (struct dt_paths){
        .forms = {dt_slice_of(mem, of->path.len)}, .count = 1, .nocase = false, .exact = true};
}

/* Is a capture what the star of a folder took? Its value is in normal form, and may be nothing. */
static bool is_star(const struct dt_rule *rule, unsigned number)
{
    unsigned labels = rule->more ? rule->more->labels : 0;
    unsigned names = rule->more ? rule->more->names : 0;
    return number == labels + names && (rule->path_kind == DT_PATH_PREFIX ||
                                        (rule->path_kind == DT_PATH_PATTERN && rule->path.len &&
                                         rule->path.ptr[rule->path.len - 1] == DT_PATH_STAR));
}

bool dt_template_is_whole(const struct dt_template *of)
{
    char plain[DT_TEMPLATE_ROOM];
    struct dt_slice normal;
    bool whole = true;
    for (size_t i = 0; i < of->path.len; i++) {
        char c = of->path.ptr[i];
        plain[i] = is_capture(c) ? 'a' : c;
        if (!is_capture(c) || is_path_itself(of))
            continue;
        unsigned number = number_of(c);
        bool name = dt_template_symbol(of->rule, number) == DT_PATH_NAME;
        bool last = i + 1 == of->path.len && is_star(of->rule, number);
        whole = whole && stands_alone(of->path, i) && (name || last);
    }
    if (is_path_itself(of))
        return true;
    struct dt_slice text = dt_slice_of(plain, of->path.len);
    return whole && !dt_norm_path(text, NULL, 0, &normal) && normal.ptr == text.ptr;
}
