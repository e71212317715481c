/* SPDX-License-Identifier: MIT
 *
 * RewriteMap: text files are read with the rules, and kept by name until a rule asks for them. Of
 * the functions that Apache has inside, tolower and escape mean something here.
 */
#include "rules/dialects/apache/apache.h"
#include "rules/read/native_scan.h"

#include <stdlib.h>

static bool add_row(struct dt_apache *apache, struct dt_apache_map *map, struct dt_reader *reader)
{
    struct dt_slice rest = dt_scan_trim(reader->text);
    struct dt_apache_row row = {.text = reader->text, .line = reader->line};
    void *mem = map->rows;
    if (rest.len == 0 || rest.ptr[0] == '#')
        return true;
    if (!dt_reader_check_text(reader, rest, dt_scan_bits(rest)))
        return true;
    (void)apache;
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\t')
        len++;
    row.key = dt_slice_of(rest.ptr, len);
    rest = dt_scan_trim(dt_slice_from(rest, len));
    for (len = 0; len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\t';)
        len++;
    row.value = dt_slice_of(rest.ptr, len);
    if (row.value.len == 0) {
        dt_reader_error(reader, row.key, "apache-map", "a key without a value");
        return true;
    }
    if (!dt_grow(&mem, map->count, &map->cap, sizeof *map->rows))
        return dt_reader_nomem(reader);
    map->rows = mem;
    map->rows[map->count++] = row;
    return true;
}

static void read_text(struct dt_apache *apache, struct dt_apache_map *map, struct dt_slice name)
{
    struct dt_reader *reader = apache->reader, rows;
    struct dt_ruleset *set = reader->set;
    struct dt_slice path, text;
    if (!dt_reader_join(reader, name, &path))
        return;
    if (!set->loader.load) {
        dt_reader_error(reader, name, "include-none", "files cannot be read here");
        return;
    }
    enum dt_err err = set->file_count < DT_LIMIT_FILES
                          ? set->loader.load(set->loader.ctx, path, &text)
                          : DT_ERR_LIMIT;
    if (err == DT_ERR_NOMEM) {
        dt_reader_nomem(reader);
    } else if (err) {
        dt_reader_error(reader, name, "include-missing", "%.*s: %s", DT_SLICE_FMT(path),
                        dt_err_message(err));
    } else if (dt_reader_open(set, reader, path, text, &rows)) {
        map->file = rows.file;
        while (dt_reader_next(&rows) && add_row(apache, map, &rows))
            continue;
    }
}

void dt_apache_map(struct dt_apache *apache, struct dt_slice args)
{
    struct dt_reader *reader = apache->reader;
    struct dt_slice name, what;
    if (!dt_apache_word(apache, &args, &name) || !dt_apache_word(apache, &args, &what)) {
        dt_reader_error(reader, reader->text, "apache-map", "a map has a name and a source");
        return;
    }
    if (apache->directory) {
        dt_reader_error(reader, reader->text, "apache-map",
                        "Apache takes a RewriteMap in a server's own file only");
        return;
    }
    struct dt_apache_map *map = dt_arena_alloc(&reader->set->arena, sizeof *map);
    if (!map) {
        dt_reader_nomem(reader);
        return;
    }
    *map = (struct dt_apache_map){.name = name, .kind = DT_APACHE_MAP_OTHER, .next = apache->maps};
    apache->maps = map;
    if (dt_slice_eq(what, DT_S("int:tolower"))) {
        map->kind = DT_APACHE_MAP_LOWER;
    } else if (dt_slice_eq(what, DT_S("int:escape"))) {
        map->kind = DT_APACHE_MAP_ESCAPE;
    } else if (dt_slice_starts(what, DT_S("txt:"))) {
        map->kind = DT_APACHE_MAP_TEXT;
        read_text(apache, map, dt_slice_from(what, 4));
    }
}

const struct dt_apache_map *dt_apache_map_find(const struct dt_apache *apache,
                                               struct dt_slice lookup)
{
    const char *colon = lookup.len ? memchr(lookup.ptr, ':', lookup.len) : NULL;
    if (!colon || !dt_slice_starts(lookup, DT_S("${")))
        return NULL;
    struct dt_slice name = dt_slice_of(lookup.ptr + 2, (size_t)(colon - lookup.ptr) - 2);
    const struct dt_apache_map *map = apache->maps;
    while (map && !dt_slice_eq(map->name, name))
        map = map->next;
    return map;
}

void dt_apache_maps_end(struct dt_apache *apache)
{
    for (struct dt_apache_map *map = apache->maps; map; map = map->next) {
        free(map->rows);
        map->rows = NULL;
    }
}
