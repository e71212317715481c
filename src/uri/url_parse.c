/* SPDX-License-Identifier: MIT
 *
 * The basic URL parser (https://url.spec.whatwg.org/#concept-basic-url-parser) without state
 * override, which is for setters. The standard's states are kept, each a function under its
 * standard name; but where the standard walks code point by code point and keeps a buffer, a state
 * here takes the whole stretch that belongs to it, since all delimiters are ASCII.
 */
#include "uri/port.h"
#include "uri/url_build.h"
#include "uri/url_input.h"
#include <stdlib.h>

enum state {
    SCHEME_START,
    NO_SCHEME,
    SPECIAL_RELATIVE_OR_AUTHORITY,
    PATH_OR_AUTHORITY,
    RELATIVE,
    RELATIVE_SLASH,
    SPECIAL_AUTHORITY_SLASHES,
    SPECIAL_AUTHORITY_IGNORE_SLASHES,
    AUTHORITY,
    FILE_START,
    FILE_SLASH,
    FILE_HOST,
    PATH_START,
    PATH,
    OPAQUE_PATH,
    QUERY,
    FRAGMENT,
    DONE,
};

struct parser {
    struct dt_slice in;
    size_t at;
    const struct dt_url *base;
    struct dt_url_build b;
    enum dt_err err;
};

/* The byte at the cursor, or -1 for the standard's "EOF code point". */
static int peek(const struct parser *p)
{
    return p->at < p->in.len ? (unsigned char)p->in.ptr[p->at] : -1;
}

static bool at_slash(const struct parser *p)
{
    int c = peek(p);
    return c == '/' || (c == '\\' && p->b.special);
}

static struct dt_slice remaining(const struct parser *p)
{
    return dt_slice_from(p->in, p->at);
}

/* The stretch from the cursor to the first byte that ends it; the cursor moves to that byte. */
static struct dt_slice take_until(struct parser *p, enum dt_char_set enders)
{
    size_t from = p->at;
    while (p->at < p->in.len && !dt_char_is(p->in.ptr[p->at], enders))
        p->at++;
    return dt_slice_of(p->in.ptr + from, p->at - from);
}

static enum dt_char_set path_enders(const struct parser *p)
{
    return p->b.special ? DT_END_SPECIAL_PATH : DT_END_PATH;
}

static enum state fail(struct parser *p, enum dt_err err)
{
    p->err = err;
    return DONE;
}

/* What may follow a path: the cursor is at "?", "#" or the end. */
static enum state behind_path(const struct parser *p)
{
    return peek(p) == '?' ? QUERY : peek(p) == '#' ? FRAGMENT : DONE;
}

static enum state scheme_start(struct parser *p)
{
    size_t end = 0;
    if (p->in.len && dt_char_alpha(p->in.ptr[0]))
        while (end < p->in.len && dt_char_is(p->in.ptr[end], DT_CHAR_SCHEME))
            end++;
    if (end == 0 || end == p->in.len || p->in.ptr[end] != ':')
        return NO_SCHEME;

    dt_url_build_scheme(&p->b, dt_slice_of(p->in.ptr, end));
    p->at = end + 1;
    if (p->b.special && p->b.special->is_file)
        return FILE_START;
    if (p->b.special && p->base && dt_url_scheme_special(p->base->scheme) == p->b.special)
        return SPECIAL_RELATIVE_OR_AUTHORITY;
    if (p->b.special)
        return SPECIAL_AUTHORITY_SLASHES;
    if (peek(p) != '/')
        return OPAQUE_PATH;
    p->at++;
    return PATH_OR_AUTHORITY;
}

static enum state no_scheme(struct parser *p)
{
    if (!p->base || (p->base->opaque_path && peek(p) != '#'))
        return fail(p, DT_ERR_URL);
    dt_url_build_scheme(&p->b, p->base->scheme);
    if (p->base->opaque_path) {
        dt_url_build_copy_path(&p->b, p->base);
        dt_url_build_copy_query(&p->b, p->base);
        return FRAGMENT;
    }
    return p->b.special && p->b.special->is_file ? FILE_START : RELATIVE;
}

static enum state special_relative_or_authority(struct parser *p)
{
    if (!dt_slice_starts(remaining(p), DT_S("//")))
        return RELATIVE;
    p->at += 2;
    return SPECIAL_AUTHORITY_IGNORE_SLASHES;
}

static enum state path_or_authority(struct parser *p)
{
    if (peek(p) == '/') {
        p->at++;
        return AUTHORITY;
    }
    dt_url_build_path(&p->b);
    return PATH;
}

/* The base's path, and its query where the input has neither path nor query. */
static enum state inherit_path(struct parser *p)
{
    dt_url_build_copy_path(&p->b, p->base);
    if (peek(p) == '?')
        return QUERY;
    if (peek(p) == '#' || peek(p) < 0)
        dt_url_build_copy_query(&p->b, p->base);
    if (peek(p) == '#')
        return FRAGMENT;
    return peek(p) < 0 ? DONE : PATH;
}

static enum state relative(struct parser *p)
{
    if (at_slash(p)) {
        p->at++;
        return RELATIVE_SLASH;
    }
    dt_url_build_copy_authority(&p->b, p->base);
    enum state next = inherit_path(p);
    if (next == PATH)
        dt_url_build_shorten(&p->b);
    return next;
}

static enum state relative_slash(struct parser *p)
{
    if (at_slash(p)) {
        p->at++;
        return p->b.special ? SPECIAL_AUTHORITY_IGNORE_SLASHES : AUTHORITY;
    }
    dt_url_build_copy_authority(&p->b, p->base);
    dt_url_build_path(&p->b);
    return PATH;
}

static enum state special_authority_slashes(struct parser *p)
{
    if (dt_slice_starts(remaining(p), DT_S("//")))
        p->at += 2;
    return SPECIAL_AUTHORITY_IGNORE_SLASHES;
}

static enum state special_authority_ignore_slashes(struct parser *p)
{
    while (peek(p) == '/' || peek(p) == '\\')
        p->at++;
    return AUTHORITY;
}

/* The host state's end of the host: the first ":" outside of brackets. */
static size_t host_end(struct dt_slice s)
{
    bool in_brackets = false;
    size_t end = 0;
    for (; end < s.len && (s.ptr[end] != ':' || in_brackets); end++) {
        if (s.ptr[end] == '[')
            in_brackets = true;
        else if (s.ptr[end] == ']')
            in_brackets = false;
    }
    return end;
}

/* The authority, host and port states. */
static enum state authority(struct parser *p)
{
    struct dt_slice whole = take_until(p, path_enders(p));
    const char *at = whole.len ? memrchr(whole.ptr, '@', whole.len) : NULL;
    size_t userinfo = at ? (size_t)(at - whole.ptr) : 0;
    struct dt_slice host = at ? dt_slice_from(whole, userinfo + 1) : whole;
    size_t end = host_end(host);
    if (end == 0 && (p->b.special || at || host.len > 0))
        return fail(p, DT_ERR_HOST);

    int port = DT_PORT_NONE;
    if (!dt_port_parse(dt_slice_from(host, end + 1), &port))
        return fail(p, DT_ERR_URL);
    p->err = dt_url_build_authority(&p->b, dt_slice_of(whole.ptr, userinfo),
                                    dt_slice_of(host.ptr, end), port);
    return p->err ? DONE : PATH_START;
}

static bool base_is_file(const struct parser *p)
{
    const struct dt_url_scheme *special = p->base ? dt_url_scheme_special(p->base->scheme) : NULL;
    return special && special->is_file;
}

static enum state file_start(struct parser *p)
{
    if (at_slash(p)) {
        p->at++;
        return FILE_SLASH;
    }
    if (!base_is_file(p)) {
        p->err = dt_url_build_file_host(&p->b, DT_SLICE_NONE);
        dt_url_build_path(&p->b);
        return p->err ? DONE : PATH;
    }
    dt_url_build_copy_authority(&p->b, p->base);
    if (dt_url_starts_with_drive_letter(remaining(p))) {
        dt_url_build_path(&p->b);
        return PATH;
    }
    enum state next = inherit_path(p);
    if (next == PATH)
        dt_url_build_shorten(&p->b);
    return next;
}

static enum state file_slash(struct parser *p)
{
    if (at_slash(p)) {
        p->at++;
        return FILE_HOST;
    }
    if (base_is_file(p))
        dt_url_build_copy_authority(&p->b, p->base);
    else
        p->err = dt_url_build_file_host(&p->b, DT_SLICE_NONE);
    dt_url_build_path(&p->b);
    if (base_is_file(p) && !dt_url_starts_with_drive_letter(remaining(p)))
        dt_url_build_copy_drive(&p->b, p->base);
    return p->err ? DONE : PATH;
}

static enum state file_host(struct parser *p)
{
    size_t from = p->at;
    struct dt_slice host = take_until(p, DT_END_SPECIAL_PATH);
    bool drive = dt_url_is_drive_letter(host);
    p->err = dt_url_build_file_host(&p->b, drive ? DT_SLICE_NONE : host);
    if (!drive)
        return p->err ? DONE : PATH_START;
    p->at = from; /* "file://c:/x": no host, but a path */
    dt_url_build_path(&p->b);
    return p->err ? DONE : PATH;
}

static enum state path_start(struct parser *p)
{
    dt_url_build_path(&p->b);
    if (!p->b.special && (peek(p) < 0 || peek(p) == '?' || peek(p) == '#'))
        return behind_path(p);
    p->at += at_slash(p);
    return PATH;
}

/* The cursor is behind the slash that begins the first segment. */
static enum state path(struct parser *p)
{
    for (;;) {
        struct dt_slice segment = take_until(p, path_enders(p));
        bool last = !at_slash(p);
        dt_url_build_step(&p->b, segment, last);
        if (last)
            return behind_path(p);
        p->at++;
    }
}

/* A space right before "?" or "#" is escaped, so that it is not lost when they are taken away. */
static enum state opaque_path(struct parser *p)
{
    struct dt_slice path = take_until(p, DT_END_OPAQUE_PATH);
    bool space = peek(p) >= 0 && path.len && path.ptr[path.len - 1] == ' ';
    path.len -= space;
    dt_url_build_opaque_path(&p->b, path);
    if (space) {
        dt_out_put(&p->b.out, DT_S("%20"));
        p->b.path.to = dt_out_len(&p->b.out);
    }
    return behind_path(p);
}

static enum state query(struct parser *p)
{
    p->at++;
    dt_url_build_query(&p->b, take_until(p, DT_END_QUERY));
    return behind_path(p);
}

static enum state fragment(struct parser *p)
{
    p->at++;
    dt_url_build_fragment(&p->b, remaining(p));
    return DONE;
}

static enum state (*const STATES[])(struct parser *) = {
    [SCHEME_START] = scheme_start,
    [NO_SCHEME] = no_scheme,
    [SPECIAL_RELATIVE_OR_AUTHORITY] = special_relative_or_authority,
    [PATH_OR_AUTHORITY] = path_or_authority,
    [RELATIVE] = relative,
    [RELATIVE_SLASH] = relative_slash,
    [SPECIAL_AUTHORITY_SLASHES] = special_authority_slashes,
    [SPECIAL_AUTHORITY_IGNORE_SLASHES] = special_authority_ignore_slashes,
    [AUTHORITY] = authority,
    [FILE_START] = file_start,
    [FILE_SLASH] = file_slash,
    [FILE_HOST] = file_host,
    [PATH_START] = path_start,
    [PATH] = path,
    [OPAQUE_PATH] = opaque_path,
    [QUERY] = query,
    [FRAGMENT] = fragment,
};

/* Enough for three bytes from each, IDNA's "xn--" on short labels and an IPv4 address from "0". */
static size_t href_bound(struct dt_slice in, const struct dt_url *base)
{
    return 8 * in.len + (base ? base->href.len : 0) + 64;
}

enum dt_err dt_url_parse(struct dt_slice input, const struct dt_url *base, struct dt_url *ret_url)
{
    struct dt_url_input clean;
    enum dt_err err = dt_url_input_init(&clean, input);
    if (err)
        return err;
    size_t bound = href_bound(clean.text, base);
    char *href = malloc(bound);
    if (!href) {
        dt_url_input_release(&clean);
        return DT_ERR_NOMEM;
    }
    struct parser p = {.in = clean.text, .base = base, .b.out = dt_out_init(href, bound)};
    for (enum state state = SCHEME_START; state != DONE;)
        state = STATES[state](&p);
    err = p.err ? p.err : dt_url_build_finish(&p.b, ret_url);
    if (err)
        free(href);
    dt_url_input_release(&clean);
    return err;
}
