/* SPDX-License-Identifier: MIT
 *
 * Lookups. A key is a path, a host and a path, and perhaps the query; which path a row is for is
 * told by the pattern that the key's $1 comes from:
 *
 *     RewriteRule ^/(.*)$      ${map:$1}                  a row "a/b" is for /a/b
 *     RewriteRule ^(.*?)/?$    ${map:%{SERVER_NAME}$1}    a row "h.example/a" for //h.example/a and
 * /a/ RewriteRule ^            ${map:%{REQUEST_URI}}      a row "/a" for /a
 */
#include "rules/dialects/apache/apache_lookup.h"

#include "rules/read/native_scan.h"

static bool refuse(struct dt_apache *apache, struct dt_slice at, const char *why)
{
    return DT_REFUSE(apache->reader, at, "apache-map", "%s", why);
}

/* Where the bracket that was opened before `at` is closed; text.len: nowhere. */
static size_t closing(struct dt_slice text, size_t at)
{
    unsigned depth = 1;
    for (; at < text.len; at++) {
        depth += text.ptr[at] == '{';
        depth -= text.ptr[at] == '}';
        if (depth == 0)
            break;
    }
    return at;
}

bool dt_apache_is_lookup(struct dt_slice text)
{
    return dt_slice_starts(text, DT_S("${")) && closing(text, 2) + 1 == text.len;
}

static size_t bar_in(struct dt_slice text)
{
    unsigned depth = 0;
    size_t at = 0;
    for (; at < text.len && (depth || text.ptr[at] != '|'); at++) {
        depth += text.ptr[at] == '{';
        depth -= text.ptr[at] == '}' && depth;
    }
    return at;
}

bool dt_apache_lookup_read(struct dt_apache *apache, struct dt_slice text,
                           struct dt_apache_lookup *ret)
{
    *ret = (struct dt_apache_lookup){.map = dt_apache_map_find(apache, text)};
    if (!ret->map)
        return refuse(apache, text, "no RewriteMap of that name was read before");
    if (ret->map->kind != DT_APACHE_MAP_TEXT)
        return refuse(apache, text, "of maps only text files can be read here");
    size_t from = ret->map->name.len + 3;
    struct dt_slice key = dt_slice_of(text.ptr + from, text.len - from - 1);
    size_t bar = bar_in(key);
    ret->fallback = dt_slice_from(key, bar + 1);
    key.len = bar;
    const struct dt_apache_map *inner = dt_apache_map_find(apache, key);
    if (inner && inner->kind == DT_APACHE_MAP_LOWER && dt_apache_is_lookup(key)) {
        ret->nocase = true;
        key = dt_slice_of(key.ptr + inner->name.len + 3, key.len - inner->name.len - 4);
    }
    ret->key = key;
    return true;
}

/* ---- Keys and patterns ---- */

static bool take(struct dt_slice *text, const char *front)
{
    bool starts = dt_slice_starts(*text, dt_slice_str(front));
    *text = dt_slice_from(*text, starts ? strlen(front) : 0);
    return starts;
}

/* "^/old/(.*?)/?$": what stands before the group, and whether a final slash is left out. False: it
 * is of another kind. */
static bool cut_pattern(struct dt_apache *apache, struct dt_slice pattern,
                        struct dt_apache_cut *cut)
{
    static const char *const groups[] = {"(.*)", "(.*?)", "(.+)", "(.+?)"};
    char *front = dt_arena_alloc(&apache->reader->set->arena, pattern.len + 2);
    size_t len = 0;
    bool found = false;
    if (!front)
        return dt_reader_nomem(apache->reader);
    if (!take(&pattern, "^"))
        return false;
    if (apache->directory)
        front[len++] = '/';
    while (pattern.len && pattern.ptr[0] != '(') {
        bool escape = pattern.ptr[0] == '\\' && pattern.len > 1 && !dt_is_word(pattern.ptr[1]);
        pattern = dt_slice_from(pattern, escape);
        if (!escape && pattern.ptr[0] && strchr("\\^$.|?*+()[]{}", pattern.ptr[0]))
            return false;
        front[len++] = pattern.ptr[0];
        pattern = dt_slice_from(pattern, 1);
    }
    for (size_t i = 0; i < 4 && !found; i++)
        found = take(&pattern, groups[i]);
    cut->noslash = take(&pattern, "/?$");
    if (!found || (!cut->noslash && pattern.len && !dt_slice_eq(pattern, DT_S("$"))) ||
        (cut->noslash && pattern.len))
        return false;
    cut->front = dt_slice_of(front, len);
    return true;
}

bool dt_apache_cut_find(struct dt_apache *apache, const struct dt_apache_lookup *lookup,
                        struct dt_slice pattern, struct dt_apache_cut *ret)
{
    struct dt_slice key = lookup->key;
    *ret = (struct dt_apache_cut){.front = DT_SLICE_NONE};
    ret->host = take(&key, "%{SERVER_NAME}") || take(&key, "%{HTTP_HOST}");
    bool uri = take(&key, "%{REQUEST_URI}");
    ret->slash = !uri && take(&key, "/");
    bool group = !uri && take(&key, "$1");
    bool whole = !uri && !group && take(&key, "$0");
    ret->query = take(&key, "?%{QUERY_STRING}");
    if (key.len || !(uri || group || whole))
        return refuse(apache, lookup->key,
                      "a key that is no path: what can be read is %{REQUEST_URI} and $1, with "
                      "%{SERVER_NAME} before it and ?%{QUERY_STRING} behind it");
    if (group)
        return cut_pattern(apache, pattern, ret) ||
               refuse(apache, pattern,
                      "a pattern of which $1 is not a path, or what is left of one, as in ^/(.*)$");
    if (dt_apache_all(pattern, apache->directory) == DT_APACHE_NOT_ALL &&
        !dt_slice_eq(pattern, DT_S("^")))
        return refuse(apache, pattern, "a pattern beside a key that is all of the path");
    if (whole && apache->directory)
        ret->front = DT_S("/");
    return true;
}

bool dt_apache_cut_row(struct dt_apache *apache, const struct dt_apache_cut *cut,
                       const struct dt_apache_lookup *lookup, const struct dt_apache_row *row,
                       struct dt_apache_page *ret)
{
    struct dt_slice path = row->key;
    const char *mark = memrchr(path.ptr, '?', path.len);
    *ret = (struct dt_apache_page){.nocase = lookup->nocase,
                                   .noslash = cut->noslash,
                                   .has_query = cut->query,
                                   .file = lookup->map->file,
                                   .line = row->line};
    for (size_t i = 0; lookup->nocase && i < path.len; i++)
        if (path.ptr[i] >= 'A' && path.ptr[i] <= 'Z')
            return false;
    if (cut->query && !mark)
        return false;
    if (cut->query) {
        path.len = (size_t)(mark - row->key.ptr);
        ret->query = dt_slice_from(row->key, path.len + 1);
    }
    if (cut->host) {
        const char *slash = memchr(path.ptr, '/', path.len);
        ret->host = dt_slice_of(path.ptr, slash ? (size_t)(slash - path.ptr) : path.len);
        path = dt_slice_from(path, ret->host.len);
        if (ret->host.len == 0)
            return false;
    }
    if (cut->slash && !take(&path, "/"))
        return false;
    if (cut->noslash && path.len && path.ptr[path.len - 1] == '/')
        return false;
    char *mem = dt_arena_alloc(&apache->reader->set->arena, cut->front.len + path.len + 1);
    if (!mem)
        return dt_reader_nomem(apache->reader);
    if (cut->front.len)
        memcpy(mem, cut->front.ptr, cut->front.len);
    if (path.len)
        memcpy(mem + cut->front.len, path.ptr, path.len);
    ret->path = dt_slice_of(mem, cut->front.len + path.len);
    if (ret->path.len == 0 && cut->noslash) {
        mem[0] = '/';
        ret->path.len = 1;
    }
    /* Apache merges slashes before it asks. */
    return ret->path.len > 0 && mem[0] == '/' && !memmem(mem, ret->path.len, "//", 2);
}
