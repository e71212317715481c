/* SPDX-License-Identifier: MIT
 *
 * Maps, and the names of placeholders. A map's outputs become known where its placeholder is asked
 * for: each of its lines is then a rule. Two kinds of map are of Caddy's own making, so to speak,
 * and are looked through: the path as it was sent, and the query with its "?".
 */
#include "rules/dialects/caddy/caddy.h"

#include "rules/read/native_scan.h"

static const char *const shorthands[][2] = {
    {"dir", "http.request.uri.path.dir"},
    {"file", "http.request.uri.path.file"},
    {"host", "http.request.host"},
    {"hostport", "http.request.hostport"},
    {"port", "http.request.port"},
    {"method", "http.request.method"},
    {"path", "http.request.uri.path"},
    {"query", "http.request.uri.query"},
    {"scheme", "http.request.scheme"},
    {"uri", "http.request.uri"},
    {"http.request.orig_uri", "http.request.uri"},
};
static const char *const prefixes[][2] = {
    {"re.", "http.regexp."},
    {"labels.", "http.request.host.labels."},
    {"header.", "http.request.header."},
    {"cookie.", "http.request.cookie."},
    {"query.", "http.request.uri.query."},
};

struct dt_slice dt_caddy_long(struct dt_slice name)
{
    for (size_t i = 0; i < sizeof shorthands / sizeof *shorthands; i++)
        if (dt_slice_eq(name, dt_slice_str(shorthands[i][0])))
            return dt_slice_str(shorthands[i][1]);
    return name;
}

bool dt_caddy_placeholder(struct dt_slice text, size_t at, size_t *ret_at, struct dt_slice *ret)
{
    for (; at < text.len; at++) {
        if (text.ptr[at] == '\\' && at + 1 < text.len && strchr("{}", text.ptr[at + 1])) {
            at++;
            continue;
        }
        if (text.ptr[at] != '{')
            continue;
        const char *end = memchr(text.ptr + at, '}', text.len - at);
        if (!end)
            return false;
        *ret_at = at;
        *ret = dt_slice_of(text.ptr + at + 1, (size_t)(end - text.ptr) - at - 1);
        return true;
    }
    return false;
}

static bool is_source(const struct dt_caddy_map *map, const char *name)
{
    return dt_slice_eq(map->source, dt_slice_str(name));
}

/* Is its only line this one? */
static bool only_row(const struct dt_caddy_map *map, const char *input, const char *output)
{
    return map->ndests == 1 && map->rows && !map->rows->next && map->rows->count == 2 &&
           dt_caddy_is_text(&map->rows->tokens[0], input) &&
           dt_caddy_is_text(&map->rows->tokens[1], output);
}

static uint8_t special_of(const struct dt_caddy_map *map)
{
    bool empty =
        !map->defaults || (map->defaults->count == 2 && !map->defaults->tokens[1].text.len);
    if (!empty)
        return DT_CADDY_NOT_SPECIAL;
    if (is_source(map, "http.request.uri") &&
        (only_row(map, "~^[^?]*", "$0") || only_row(map, "~^([^?]*)", "$1") ||
         only_row(map, "~^[^?]*", "${0}")))
        return DT_CADDY_RAW_PATH;
    if (is_source(map, "http.request.uri.query") &&
        (only_row(map, "~.+", "?$0") || only_row(map, "~(.+)", "?$1") ||
         only_row(map, "~^(.+)$", "?$1")))
        return DT_CADDY_QS;
    return DT_CADDY_NOT_SPECIAL;
}

static bool read_rows(struct dt_caddy *caddy, const struct dt_caddy_node *node,
                      struct dt_caddy_map *map)
{
    struct dt_caddy_row **tail = &map->rows;
    for (const struct dt_caddy_node *line = node->children; line; line = line->next) {
        struct dt_caddy_row *row = dt_caddy_new(caddy, sizeof *row);
        if (!row)
            return false;
        *row = (struct dt_caddy_row){.tokens = line->tokens, .count = line->count};
        if (line->block || line->count > 1 + map->ndests)
            return DT_CADDY_REFUSE(caddy, line->tokens, "caddy-map", "more outputs than %zu",
                                   map->ndests);
        if (dt_caddy_named(line, "default")) {
            map->defaults = row;
            continue;
        }
        *tail = row;
        tail = &row->next;
    }
    return true;
}

void dt_caddy_map(struct dt_caddy *caddy, const struct dt_caddy_node *node,
                  struct dt_caddy_scope *scope)
{
    struct dt_caddy_map *map = dt_caddy_new(caddy, sizeof *map), **tail = &scope->maps;
    const struct dt_caddy_token *words = node->tokens + 1;
    size_t count = node->count - 1, unused_at;
    struct dt_slice name;
    if (!map)
        return;
    if (count && dt_caddy_is_text(words, "*")) {
        words++;
        count--;
    }
    if (count < 2 || !words->text.len || strchr("/@", words->text.ptr[0])) {
        (void)DT_CADDY_REFUSE(caddy, node->tokens, "caddy-map",
                              "a map is read that has a source, one name or more, and no matcher");
        return;
    }
    map->at = node->tokens;
    map->dests = words + 1;
    map->ndests = count - 1;
    map->source = words->text;
    if (dt_caddy_placeholder(words->text, 0, &unused_at, &name) && !unused_at &&
        name.len + 2 == words->text.len)
        map->source = dt_caddy_long(name);
    if (!read_rows(caddy, node, map))
        return;
    map->special = special_of(map);
    while (*tail)
        tail = &(*tail)->next;
    *tail = map;
}

const struct dt_caddy_map *dt_caddy_map_of(const struct dt_caddy_scope *scope, struct dt_slice name,
                                           size_t *ret_dest)
{
    const struct dt_caddy_map *found = NULL;
    for (; scope; scope = scope->outer) { /* the outermost was made first, and wins */
        for (const struct dt_caddy_map *map = scope->maps; map; map = map->next) {
            size_t dest = 0;
            for (; dest < map->ndests; dest++) {
                struct dt_slice text = map->dests[dest].text;
                if (text.len > 2 && dt_slice_eq(dt_slice_of(text.ptr + 1, text.len - 2), name))
                    break;
            }
            if (dest == map->ndests)
                continue;
            found = map;
            *ret_dest = dest;
            break;
        }
    }
    return found;
}

bool dt_caddy_output(const struct dt_caddy_map *map, const struct dt_caddy_row *row, size_t dest,
                     struct dt_slice *ret)
{
    (void)map;
    if (dest + 1 >= row->count || dt_caddy_is_text(&row->tokens[dest + 1], "-"))
        return false;
    *ret = row->tokens[dest + 1].text;
    return true;
}

/* prefixes: what stands before the name of a group, a label, a field. */
struct dt_slice dt_caddy_prefixed(struct dt_slice name, const char *long_prefix)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strcmp(prefixes[i][1], long_prefix) != 0)
            continue;
        for (size_t j = 0; j < 2; j++)
            if (dt_slice_starts(name, dt_slice_str(prefixes[i][j])))
                return dt_slice_from(name, strlen(prefixes[i][j]));
    }
    return DT_SLICE_NONE;
}
