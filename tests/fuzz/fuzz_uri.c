/* SPDX-License-Identifier: MIT
 *
 * The uri layer on any bytes. The input's first line is a reference and what follows a base; the
 * whole is a path (behind a "/"), a query, a host and an authority. Buffers have exactly the size
 * that the contract asks for, on the heap, so that a sanitizer sees one byte too many; a broken
 * property aborts.
 */
#include <detour/uri.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static char *allocate(size_t size)
{
    char *mem = malloc(size ? size : 1);
    require(mem != NULL);
    return mem;
}

static bool inside(struct dt_slice part, struct dt_slice whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* A parsed URL owns its components, and its href parsed again is the same URL. */
static void check_url(const struct dt_url *url)
{
    const struct dt_slice parts[] = {url->scheme, url->username, url->password, url->host,
                                     url->port,   url->path,     url->query,    url->fragment};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        require(inside(parts[i], url->href));
    require(url->scheme.len > 0);
    require(!dt_url_is_http(url) || (url->host.len > 0 && url->path.len > 0));
    (void)dt_url_port(url);

    struct dt_url again;
    require(dt_url_parse(url->href, NULL, &again) == DT_OK);
    require(dt_slice_eq(again.href, url->href));
    require(dt_slice_eq(again.host, url->host) && dt_slice_eq(again.path, url->path));
    dt_url_release(&again);
}

static void parse(struct dt_slice text)
{
    const char *newline = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
    size_t len = newline ? (size_t)(newline - text.ptr) : text.len;
    struct dt_slice reference = dt_slice_of(text.ptr, len);
    struct dt_url base, url;
    bool has_base = dt_url_parse(dt_slice_from(text, len + 1), NULL, &base) == DT_OK;
    if (has_base)
        check_url(&base);
    if (dt_url_parse(reference, has_base ? &base : NULL, &url) == DT_OK) {
        if (has_base)
            dt_url_release(&base); /* the result must not need it */
        check_url(&url);
        dt_url_release(&url);
    } else if (has_base) {
        dt_url_release(&base);
    }
    if (dt_url_parse(text, NULL, &url) == DT_OK) {
        check_url(&url);
        dt_url_release(&url);
    }
}

/* Normal again, and not copied. */
static void check_twice(enum dt_err (*norm)(struct dt_slice, char *, size_t, struct dt_slice *),
                        struct dt_slice normal)
{
    size_t cap = 3 * normal.len + 16;
    char *buf = allocate(cap);
    struct dt_slice twice;
    require(norm(normal, buf, cap, &twice) == DT_OK);
    require(twice.ptr == normal.ptr && twice.len == normal.len);
    free(buf);
}

static void check_norm(enum dt_err (*norm)(struct dt_slice, char *, size_t, struct dt_slice *),
                       struct dt_slice raw)
{
    size_t cap = 3 * raw.len + 1;
    char *buf = allocate(cap);
    struct dt_slice normal;
    enum dt_err err = norm(raw, buf, cap, &normal);
    if (!err) {
        require(inside(normal, raw) || inside(normal, dt_slice_of(buf, cap)));
        check_twice(norm, normal);
    }
    free(buf);
}

static void check_authority(struct dt_slice text)
{
    struct dt_slice host;
    uint16_t port;
    if (dt_authority_split(text, &host, &port) == DT_OK)
        require(host.len > 0 && inside(host, text) && !memchr(host.ptr, '@', host.len));
}

/* However small the buffer: the whole host, or an error; and an error when it cannot fit. */
static void check_host(struct dt_slice text)
{
    char whole[512];
    struct dt_slice host, part;
    if (dt_host_parse(text, whole, sizeof whole, &host) != DT_OK)
        return;
    for (size_t cap = host.len > 4 ? host.len - 4 : 0; cap <= host.len; cap++) {
        char *buf = allocate(cap);
        enum dt_err err = dt_host_parse(text, buf, cap, &part);
        require(err ? err == DT_ERR_SPACE : cap >= host.len && dt_slice_eq(part, host));
        free(buf);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *mem = allocate(size + 1);
    mem[0] = '/';
    if (size)
        memcpy(mem + 1, data, size);
    struct dt_slice path = dt_slice_of(mem, size + 1), text = dt_slice_of(mem + 1, size);
    parse(text);
    check_norm(dt_norm_path, path);
    check_norm(dt_norm_path, text);
    check_norm(dt_norm_query, text);
    check_norm(dt_norm_host, text);
    check_host(text);
    check_authority(text);
    free(mem);
    return 0;
}
