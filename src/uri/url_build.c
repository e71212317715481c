/* SPDX-License-Identifier: MIT
 * A URL under construction; see url_build.h. */
#include "uri/url_build.h"
#include "uri/host.h"
#include "uri/percent.h"

static size_t here(const struct dt_url_build *b)
{
    return dt_out_len(&b->out);
}

void dt_url_build_scheme(struct dt_url_build *b, struct dt_slice scheme)
{
    b->scheme.from = here(b);
    for (size_t i = 0; i < scheme.len; i++)
        dt_out_char(&b->out, dt_ascii_lower(scheme.ptr[i]));
    b->scheme.to = here(b);
    b->special = dt_url_scheme_special(dt_out_slice(&b->out));
    dt_out_char(&b->out, ':');
}

static struct dt_url_span put_encoded(struct dt_url_build *b, struct dt_slice s,
                                      enum dt_char_set set)
{
    struct dt_url_span span = {here(b), 0};
    dt_percent_encode(&b->out, s, set);
    span.to = here(b);
    return span;
}

/* https://url.spec.whatwg.org/#authority-state: the user name ends at the first ":". */
static void put_userinfo(struct dt_url_build *b, struct dt_slice userinfo)
{
    size_t name = 0;
    while (name < userinfo.len && userinfo.ptr[name] != ':')
        name++;
    struct dt_slice password = dt_slice_from(userinfo, name + 1);
    if (name == 0 && password.len == 0)
        return;
    b->username = put_encoded(b, dt_slice_of(userinfo.ptr, name), DT_PCT_USERINFO);
    if (password.len) {
        dt_out_char(&b->out, ':');
        b->password = put_encoded(b, password, DT_PCT_USERINFO);
    }
    dt_out_char(&b->out, '@');
}

static enum dt_err put_host(struct dt_url_build *b, struct dt_slice host)
{
    b->has_host = true;
    b->host.from = here(b);
    enum dt_err err =
        b->special ? dt_host_write(host, &b->out) : dt_host_write_opaque(host, &b->out);
    b->host.to = here(b);
    return err;
}

enum dt_err dt_url_build_authority(struct dt_url_build *b, struct dt_slice userinfo,
                                   struct dt_slice host, int port)
{
    dt_out_put(&b->out, DT_S("//"));
    put_userinfo(b, userinfo);
    enum dt_err err = put_host(b, host);
    if (err || port < 0)
        return err;
    if (b->special && b->special->port == port)
        return DT_OK;
    dt_out_char(&b->out, ':');
    b->port.from = here(b);
    dt_out_uint(&b->out, (unsigned)port);
    b->port.to = here(b);
    return DT_OK;
}

enum dt_err dt_url_build_file_host(struct dt_url_build *b, struct dt_slice host)
{
    dt_out_put(&b->out, DT_S("//"));
    b->has_host = true;
    b->host = (struct dt_url_span){here(b), here(b)};
    if (host.len == 0)
        return DT_OK;
    enum dt_err err = put_host(b, host);
    if (err || b->out.overflow)
        return err;
    struct dt_slice written = dt_slice_of(b->out.start + b->host.from, b->host.to - b->host.from);
    if (dt_slice_eq(written, DT_S("localhost"))) {
        b->out.pos = b->out.start + b->host.from;
        b->host.to = b->host.from;
    }
    return DT_OK;
}

static struct dt_url_span put_copy(struct dt_url_build *b, struct dt_slice s)
{
    struct dt_url_span span = {here(b), 0};
    dt_out_put(&b->out, s);
    span.to = here(b);
    return span;
}

void dt_url_build_copy_authority(struct dt_url_build *b, const struct dt_url *base)
{
    b->has_host = base->has_host;
    if (!base->has_host)
        return;
    dt_out_put(&b->out, DT_S("//"));
    b->username = put_copy(b, base->username);
    if (base->password.len) {
        dt_out_char(&b->out, ':');
        b->password = put_copy(b, base->password);
    }
    if (base->username.len || base->password.len)
        dt_out_char(&b->out, '@');
    b->host = put_copy(b, base->host);
    if (base->port.len) {
        dt_out_char(&b->out, ':');
        b->port = put_copy(b, base->port);
    }
}

void dt_url_build_copy_path(struct dt_url_build *b, const struct dt_url *base)
{
    b->path = put_copy(b, base->path);
    b->opaque_path = base->opaque_path;
}

void dt_url_build_copy_query(struct dt_url_build *b, const struct dt_url *base)
{
    b->has_query = base->has_query;
    if (!base->has_query)
        return;
    dt_out_char(&b->out, '?');
    b->query = put_copy(b, base->query);
}

void dt_url_build_path(struct dt_url_build *b)
{
    b->path = (struct dt_url_span){here(b), here(b)};
}

static struct dt_slice path_so_far(const struct dt_url_build *b)
{
    return dt_slice_of(b->out.start + b->path.from, b->path.to - b->path.from);
}

static bool is_file(const struct dt_url_build *b)
{
    return b->special && b->special->is_file;
}

bool dt_url_is_drive_letter(struct dt_slice s)
{
    return s.len == 2 && dt_char_alpha(s.ptr[0]) && (s.ptr[1] == ':' || s.ptr[1] == '|');
}

bool dt_url_starts_with_drive_letter(struct dt_slice s)
{
    return s.len >= 2 && dt_url_is_drive_letter(dt_slice_of(s.ptr, 2)) &&
           (s.len == 2 || dt_char_is(s.ptr[2], DT_END_SPECIAL_PATH));
}

/* https://url.spec.whatwg.org/#normalized-windows-drive-letter */
static bool is_normal_drive_letter(struct dt_slice s)
{
    return dt_url_is_drive_letter(s) && s.ptr[1] == ':';
}

static void put_segment(struct dt_url_build *b, struct dt_slice segment)
{
    dt_out_char(&b->out, '/');
    dt_percent_encode(&b->out, segment, DT_PCT_PATH);
    b->path.to = here(b);
}

void dt_url_build_copy_drive(struct dt_url_build *b, const struct dt_url *base)
{
    struct dt_slice first = dt_slice_from(base->path, 1);
    const char *slash = first.len ? memchr(first.ptr, '/', first.len) : NULL;
    if (slash)
        first.len = (size_t)(slash - first.ptr);
    if (is_normal_drive_letter(first))
        put_segment(b, first);
}

void dt_url_build_shorten(struct dt_url_build *b)
{
    struct dt_slice path = path_so_far(b);
    if (path.len == 0 || b->out.overflow)
        return;
    if (is_file(b) && is_normal_drive_letter(dt_slice_of(path.ptr + 1, path.len - 1)))
        return;
    do
        path.len--;
    while (path.ptr[path.len] != '/');
    b->path.to = b->path.from + path.len;
    b->out.pos = b->out.start + b->path.to;
}

/* https://url.spec.whatwg.org/#single-dot-path-segment and its double: each dot may be an escape.
 * Returns the number of dots, 0 when the segment is neither. */
static unsigned dots_in(struct dt_slice segment)
{
    unsigned dots = 0;
    while (segment.len) {
        bool escape =
            dt_slice_eq_nocase(dt_slice_of(segment.ptr, segment.len < 3 ? 0 : 3), DT_S("%2e"));
        if ((segment.ptr[0] != '.' && !escape) || ++dots > 2)
            return 0;
        segment = dt_slice_from(segment, escape ? 3 : 1);
    }
    return dots;
}

void dt_url_build_step(struct dt_url_build *b, struct dt_slice segment, bool last)
{
    unsigned dots = dots_in(segment);
    if (dots == 2)
        dt_url_build_shorten(b);
    if (dots > 0) {
        if (last)
            put_segment(b, DT_SLICE_NONE);
        return;
    }
    if (is_file(b) && b->path.from == b->path.to && dt_url_is_drive_letter(segment)) {
        char drive[2] = {segment.ptr[0], ':'};
        put_segment(b, dt_slice_of(drive, sizeof drive));
        return;
    }
    put_segment(b, segment);
}

void dt_url_build_opaque_path(struct dt_url_build *b, struct dt_slice path)
{
    b->opaque_path = true;
    b->path = put_encoded(b, path, DT_PCT_C0);
}

void dt_url_build_query(struct dt_url_build *b, struct dt_slice query)
{
    b->has_query = true;
    dt_out_char(&b->out, '?');
    b->query = put_encoded(b, query, b->special ? DT_PCT_SPECIAL_QUERY : DT_PCT_QUERY);
}

void dt_url_build_fragment(struct dt_url_build *b, struct dt_slice fragment)
{
    b->has_fragment = true;
    dt_out_char(&b->out, '#');
    b->fragment = put_encoded(b, fragment, DT_PCT_FRAGMENT);
}

/* https://url.spec.whatwg.org/#url-serializing, step 3: without a host, a path that begins with
 * "//" would be read as an authority. */
static void guard_path(struct dt_url_build *b)
{
    if (b->has_host || b->opaque_path || !dt_slice_starts(path_so_far(b), DT_S("//")))
        return;
    char *path = b->out.start + b->path.from;
    size_t behind = here(b) - b->path.from;
    dt_out_put(&b->out, DT_S("/."));
    if (b->out.overflow)
        return;
    memmove(path + 2, path, behind);
    path[0] = '/';
    path[1] = '.';
    struct dt_url_span *moved[] = {&b->path, &b->query, &b->fragment};
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++) {
        moved[i]->from += 2;
        moved[i]->to += 2;
    }
}

enum dt_err dt_url_build_finish(struct dt_url_build *b, struct dt_url *ret_url)
{
    guard_path(b);
    if (b->out.overflow)
        return DT_ERR_URL;
    const char *href = b->out.start;
#define SLICE(span) dt_slice_of(href + (span).from, (span).to - (span).from)
    *ret_url = (struct dt_url){
        .href = dt_out_slice(&b->out),
        .scheme = SLICE(b->scheme),
        .username = SLICE(b->username),
        .password = SLICE(b->password),
        .host = SLICE(b->host),
        .port = SLICE(b->port),
        .path = SLICE(b->path),
        .query = SLICE(b->query),
        .fragment = SLICE(b->fragment),
        .has_host = b->has_host,
        .has_query = b->has_query,
        .has_fragment = b->has_fragment,
        .opaque_path = b->opaque_path,
    };
#undef SLICE
    return DT_OK;
}
