/* SPDX-License-Identifier: MIT
 *
 * Map files and lists: a key, blanks, and what it stands for, a line; "#" begins a comment at the
 * start of a line only. Each is read once, and its lines are the places of the rules.
 */
#include "rules/dialects/haproxy/haproxy.h"

#include "rules/read/native_scan.h"

static struct dt_haproxy_map *find(const struct dt_haproxy *haproxy, struct dt_slice name)
{
    struct dt_haproxy_map *map = haproxy->maps;
    while (map && !dt_slice_eq(map->name, name))
        map = map->next;
    return map;
}

static bool read_entries(struct dt_reader *reader, struct dt_slice text, struct dt_haproxy_map *map)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    map->entries = dt_arena_alloc(&reader->set->arena, lines * sizeof *map->entries);
    if (!map->entries)
        return dt_reader_nomem(reader);
    while (dt_reader_next(reader)) {
        struct dt_slice line = dt_scan_trim(reader->text);
        size_t len = 0;
        if (!line.len || line.ptr[0] == '#' ||
            !dt_reader_check_text(reader, line, dt_scan_bits(line)))
            continue;
        while (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\t')
            len++;
        map->entries[map->count++] = (struct dt_haproxy_entry){
            .key = dt_slice_of(line.ptr, len),
            .value = dt_scan_trim(dt_slice_from(line, len)),
            .line = reader->line,
        };
    }
    return !reader->set->err;
}

const struct dt_haproxy_map *dt_haproxy_map(struct dt_haproxy *haproxy, struct dt_slice at,
                                            struct dt_slice name, bool values)
{
    struct dt_reader *reader = haproxy->reader, child;
    struct dt_ruleset *set = reader->set;
    struct dt_slice path, text;
    (void)values;
    if (!dt_reader_join(reader, name, &path))
        return NULL;
    struct dt_haproxy_map *map = find(haproxy, path);
    if (map)
        return map;
    enum dt_err err =
        set->loader.load ? set->loader.load(set->loader.ctx, path, &text) : DT_ERR_NOT_FOUND;
    if (err == DT_ERR_NOMEM) {
        (void)dt_reader_nomem(reader);
        return NULL;
    }
    if (err) {
        dt_reader_error(reader, at, "haproxy-map", "%.*s: %s", DT_SLICE_FMT(path),
                        set->loader.load ? dt_err_message(err) : "no files can be read here");
        return NULL;
    }
    map = dt_arena_alloc(&set->arena, sizeof *map);
    if (!map || !dt_reader_open(set, reader, path, text, &child)) {
        (void)dt_reader_nomem(reader);
        return NULL;
    }
    *map = (struct dt_haproxy_map){.name = path, .file = child.file, .next = haproxy->maps};
    if (!read_entries(&child, text, map))
        return NULL;
    haproxy->maps = map;
    return map;
}
