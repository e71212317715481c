/* SPDX-License-Identifier: MIT
 *
 * The maps: for each host that rules name, and for all others, a chain of them, each the default of
 * the one before. A rule goes into the first map that is asked behind all better rules which may
 * match the same request: strings need a new one only behind expressions, expressions behind
 * anything.
 */
#include "rules/dialects/nginx/nginx_write.h"

#include "rules/ruleset_priv.h"

#include <stdio.h>
#include <stdlib.h>

struct host_row {
    struct dt_slice host; /* empty: every one */
    bool below;
    uint32_t entry;
};

struct table {
    struct dt_slice gates;
    uint32_t *entries;
    size_t count, cap;
    uint8_t lane;
    bool bare, only;
};

struct bucket {
    struct dt_slice host;
    struct dt_slice name; /* of the variable */
    bool below, any;
    size_t from, to; /* host rows */
    struct table *tables;
    size_t count, cap;
    size_t next; /* the bucket that is asked behind it; SIZE_MAX: none */
};

struct maps {
    struct dt_nginx_writing *writing;
    struct dt_buf *out;
    struct host_row *rows;
    size_t row_count;
    struct bucket *buckets;
    size_t count;
    uint64_t *keys;   /* of strings in a table; open addressing */
    uint64_t *places; /* of paths in a bucket, with the last table */
    uint32_t *place_tables;
    size_t mask;
    bool failed;
};

/* ---- Hosts ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct host_row *x = a, *y = b;
    int host = dt_slice_cmp(x->host, y->host);
    if (host)
        return host;
    if (x->below != y->below)
        return x->below ? 1 : -1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static bool gather_rows(struct maps *maps)
{
    const struct dt_nginx_writing *w = maps->writing;
    maps->rows = calloc(2 * w->count + 1, sizeof *maps->rows);
    if (!maps->rows)
        return false;
    for (size_t i = 0; i < w->count; i++) {
        const struct dt_rule *rule = w->entries[i].rule;
        struct host_row row = {.host = rule->host, .entry = (uint32_t)i};
        if (rule->host_kind == DT_HOST_ANY)
            row.host = DT_SLICE_NONE;
        row.below = rule->host_kind == DT_HOST_SUBDOMAINS || rule->host_kind == DT_HOST_LABELS;
        maps->rows[maps->row_count++] = row;
        row.below = true;
        if (rule->host_kind == DT_HOST_DOMAIN)
            maps->rows[maps->row_count++] = row;
    }
    qsort(maps->rows, maps->row_count, sizeof *maps->rows, compare_rows);
    return true;
}

static struct dt_slice name_of(struct maps *maps, const struct bucket *bucket, size_t number)
{
    struct dt_nginx_writing *w = maps->writing;
    struct dt_slice name;
    struct dt_buf buf;
    bool odd = bucket->host.len > 60;
    dt_buf_init(&buf, 4096);
    dt_buf_str(&buf, bucket->below ? "redirect_below_" : "redirect_");
    if (bucket->any)
        dt_buf_str(&buf, "any");
    for (size_t i = 0; i < bucket->host.len && i < 60; i++) {
        char c = bucket->host.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        odd |= !plain && c != '.';
        dt_buf_char(&buf, plain ? c : '_');
    }
    if (odd)
        dt_buf_printf(&buf, "_%zu", number);
    name = dt_nginx_take(w, &buf);
    dt_buf_release(&buf);
    return name;
}

/* The bucket of exactly this; SIZE_MAX. They are sorted as rows are. */
static size_t find_bucket(const struct maps *maps, struct dt_slice host, bool below)
{
    size_t low = 0, high = maps->count;
    struct host_row want = {.host = host, .below = below};
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct host_row row = {.host = maps->buckets[middle].host,
                               .below = maps->buckets[middle].below};
        int c = compare_rows(&row, &want);
        if (c == 0)
            return middle;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

/* The longest name that a host is below; else that of all hosts. */
static size_t next_bucket(const struct maps *maps, const struct bucket *bucket)
{
    struct dt_slice host = bucket->host;
    if (bucket->any)
        return SIZE_MAX;
    while (host.len) {
        const char *dot = memchr(host.ptr, '.', host.len);
        host = dot ? dt_slice_from(host, (size_t)(dot - host.ptr) + 1) : DT_SLICE_NONE;
        size_t found = host.len ? find_bucket(maps, host, true) : SIZE_MAX;
        if (found != SIZE_MAX)
            return found;
    }
    return maps->count && !maps->buckets[0].host.len ? 0 : SIZE_MAX;
}

static bool gather_buckets(struct maps *maps)
{
    maps->buckets = calloc(maps->row_count + 1, sizeof *maps->buckets);
    if (!maps->buckets)
        return false;
    for (size_t i = 0; i < maps->row_count; i++) {
        const struct host_row *row = &maps->rows[i];
        bool first = i == 0 || !dt_slice_eq(row[-1].host, row->host) || row[-1].below != row->below;
        if (first) {
            struct bucket made = {
                .host = row->host, .below = row->below, .any = !row->host.len, .from = i};
            made.name = name_of(maps, &made, maps->count);
            maps->buckets[maps->count++] = made;
        }
        maps->buckets[maps->count - 1].to = i + 1;
    }
    for (size_t i = 0; i < maps->count; i++)
        maps->buckets[i].next = next_bucket(maps, &maps->buckets[i]);
    return true;
}

/* ---- Which map a rule goes into ---- */

static uint64_t fold(struct dt_slice text, uint64_t hash)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)dt_ascii_lower(text.ptr[i])) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static uint64_t seed(const struct bucket *bucket, size_t table)
{
    uint64_t mix = (uint64_t)(uintptr_t)bucket * UINT64_C(0x9e3779b97f4a7c15) + table + 1;
    return mix ^ UINT64_C(0xcbf29ce484222325);
}

/* The slot of a hash, or a free one. */
static size_t slot_of(const struct maps *maps, const uint64_t *slots, uint64_t hash)
{
    size_t at = (size_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 20) & maps->mask;
    while (slots[at] && slots[at] != hash)
        at = (at + 1) & maps->mask;
    return at;
}

static uint64_t path_hash(const struct bucket *bucket, const struct dt_rule *rule)
{
    struct dt_slice path = rule->path;
    while (path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    return fold(path, seed(bucket, SIZE_MAX / 2)) | 1;
}

/* Has the table one of the entry's strings already? */
static bool has_key(const struct maps *maps, const struct bucket *bucket, size_t table,
                    const struct dt_nginx_entry *entry)
{
    for (unsigned i = 0; i < entry->key_count; i++) {
        uint64_t hash = fold(entry->keys[i], seed(bucket, table)) | 1;
        if (maps->keys[slot_of(maps, maps->keys, hash)])
            return true;
    }
    return false;
}

static void note_keys(struct maps *maps, const struct bucket *bucket, size_t table,
                      const struct dt_nginx_entry *entry)
{
    for (unsigned i = 0; i < entry->key_count; i++) {
        uint64_t hash = fold(entry->keys[i], seed(bucket, table)) | 1;
        maps->keys[slot_of(maps, maps->keys, hash)] = hash;
    }
    uint64_t hash = path_hash(bucket, entry->rule);
    size_t at = slot_of(maps, maps->places, hash);
    maps->places[at] = hash;
    if (maps->place_tables[at] < table)
        maps->place_tables[at] = (uint32_t)table;
}

/* The first table that may have a string: behind expressions, and behind the same path. */
static size_t first_table(const struct maps *maps, const struct bucket *bucket,
                          const struct dt_nginx_entry *entry)
{
    size_t first = 0;
    for (size_t i = 0; i < bucket->count; i++)
        if (bucket->tables[i].lane == DT_NGINX_LANE_REGEX)
            first = i + 1;
    size_t at = slot_of(maps, maps->places, path_hash(bucket, entry->rule));
    if (maps->places[at] && maps->place_tables[at] > first)
        first = maps->place_tables[at];
    return first;
}

static bool same_kind(const struct table *table, const struct dt_nginx_entry *entry)
{
    return table->lane == entry->lane && table->bare == entry->bare && table->only == entry->only &&
           dt_slice_eq(table->gates, entry->gates);
}

static bool place(struct maps *maps, struct bucket *bucket, uint32_t number)
{
    const struct dt_nginx_entry *entry = &maps->writing->entries[number];
    bool regex = entry->lane == DT_NGINX_LANE_REGEX;
    size_t at = regex ? (bucket->count ? bucket->count - 1 : 0) : first_table(maps, bucket, entry);
    while (at < bucket->count &&
           !(same_kind(&bucket->tables[at], entry) && (regex || !has_key(maps, bucket, at, entry))))
        at++;
    if (at == bucket->count) {
        void *mem = bucket->tables;
        if (!dt_grow(&mem, bucket->count, &bucket->cap, sizeof *bucket->tables))
            return false;
        bucket->tables = mem;
        bucket->tables[bucket->count++] = (struct table){
            .gates = entry->gates, .lane = entry->lane, .bare = entry->bare, .only = entry->only};
    }
    struct table *table = &bucket->tables[at];
    void *mem = table->entries;
    if (!dt_grow(&mem, table->count, &table->cap, sizeof *table->entries))
        return false;
    table->entries = mem;
    table->entries[table->count++] = number;
    if (!regex)
        note_keys(maps, bucket, at, entry);
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* A bucket's own rules, and before its last one those of wider buckets that are better. */
static bool fill(struct maps *maps, struct bucket *bucket)
{
    uint32_t last = maps->rows[bucket->to - 1].entry, *all;
    size_t count = bucket->to - bucket->from, used = 0;
    for (size_t b = bucket->next; b != SIZE_MAX; b = maps->buckets[b].next)
        for (size_t i = maps->buckets[b].from;
             i < maps->buckets[b].to && maps->rows[i].entry < last; i++)
            count++;
    all = malloc(count * sizeof *all);
    if (!all)
        return false;
    for (size_t i = bucket->from; i < bucket->to; i++)
        all[used++] = maps->rows[i].entry;
    for (size_t b = bucket->next; b != SIZE_MAX; b = maps->buckets[b].next)
        for (size_t i = maps->buckets[b].from;
             i < maps->buckets[b].to && maps->rows[i].entry < last; i++)
            all[used++] = maps->rows[i].entry;
    qsort(all, used, sizeof *all, compare_numbers);
    bool fine = true;
    for (size_t i = 0; i < used && fine; i++)
        fine = place(maps, bucket, all[i]);
    free(all);
    return fine;
}

/* ---- Writing ---- */

static void put_table_name(struct maps *maps, const struct bucket *bucket, size_t table)
{
    dt_buf_printf(maps->out, "$%.*s", DT_SLICE_FMT(bucket->name));
    if (table)
        dt_buf_printf(maps->out, "_%zu", table + 1);
}

static void put_default(struct maps *maps, const struct bucket *bucket, size_t table)
{
    if (table + 1 >= bucket->count && bucket->next == SIZE_MAX)
        return;
    dt_buf_str(maps->out, "    default ");
    if (table + 1 < bucket->count)
        put_table_name(maps, bucket, table + 1);
    else
        put_table_name(maps, &maps->buckets[bucket->next], 0);
    dt_buf_str(maps->out, ";\n");
}

/* What is looked up. */
static void put_source(struct maps *maps, const struct table *table)
{
    const char *path = table->lane == DT_NGINX_LANE_LOWER ? "detour_lower"
                       : table->bare                      ? "detour_bare"
                                                          : "detour_path";
    dt_buf_printf(maps->out, table->gates.len || table->only ? "%.*s${%s}%s" : "%.*s$%s%s",
                  DT_SLICE_FMT(table->gates), path, table->only ? "$is_args$args" : "");
}

static void put_row(struct maps *maps, const struct table *table,
                    const struct dt_nginx_entry *entry)
{
    struct dt_nginx_writing *w = maps->writing;
    dt_buf_put(maps->out, entry->lead);
    for (unsigned i = 0; i < entry->key_count; i++) {
        struct dt_slice key = entry->keys[i];
        bool plain = table->lane != DT_NGINX_LANE_REGEX;
        for (size_t at = 0; at < key.len && plain; at++)
            plain = !strchr(" \"';{}\\#$", key.ptr[at]);
        dt_buf_str(maps->out, "    ");
        if (plain)
            dt_buf_put(maps->out, key);
        else
            dt_nginx_put_quoted(maps->out, key);
        dt_buf_char(maps->out, ' ');
        if (table->lane == DT_NGINX_LANE_MIXED) {
            struct dt_buf value;
            dt_buf_init(&value, 2u << 20);
            dt_buf_printf(&value, "%.*s %.*s", DT_SLICE_FMT(key), DT_SLICE_FMT(entry->value));
            dt_nginx_put_quoted(maps->out, dt_buf_slice(&value));
            dt_buf_release(&value);
        } else {
            dt_nginx_put_quoted(maps->out, entry->value);
        }
        dt_buf_str(maps->out, ";\n");
        if (table->lane != DT_NGINX_LANE_REGEX && key.len > w->longest)
            w->longest = key.len;
    }
}

static void put_table(struct maps *maps, const struct bucket *bucket, size_t number)
{
    struct dt_nginx_writing *w = maps->writing;
    const struct table *table = &bucket->tables[number];
    bool mixed = table->lane == DT_NGINX_LANE_MIXED;
    dt_buf_str(maps->out, "\nmap \"");
    put_source(maps, table);
    dt_buf_str(maps->out, "\" ");
    put_table_name(maps, bucket, number);
    dt_buf_str(maps->out, mixed ? "_any_case {\n" : " {\n");
    if (!mixed)
        put_default(maps, bucket, number);
    for (size_t i = 0; i < table->count; i++)
        put_row(maps, table, &w->entries[table->entries[i]]);
    dt_buf_str(maps->out, "}\n");
    if (table->count > w->most)
        w->most = table->count;
    w->tables++;
    if (!mixed)
        return;
    w->tables++;
    dt_buf_str(maps->out, "map \"");
    put_source(maps, table);
    dt_buf_char(maps->out, ' ');
    put_table_name(maps, bucket, number);
    dt_buf_str(maps->out, "_any_case\" ");
    put_table_name(maps, bucket, number);
    dt_buf_str(maps->out, " {\n");
    put_default(maps, bucket, number);
    dt_buf_str(maps->out, "    ");
    dt_nginx_put_quoted(maps->out, DT_S("~" DT_NGINX_SAME_CASE));
    dt_buf_str(maps->out, " " DT_NGINX_FOUND ";\n}\n");
}

static void put_hosts(struct maps *maps)
{
    struct dt_nginx_writing *w = maps->writing;
    if (maps->count == 1 && maps->buckets[0].any)
        return;
    dt_buf_str(maps->out, "\nmap $host $redirect {\n    hostnames;\n");
    if (maps->count && maps->buckets[0].any) {
        dt_buf_str(maps->out, "    default ");
        put_table_name(maps, &maps->buckets[0], 0);
        dt_buf_str(maps->out, ";\n");
    }
    for (size_t i = 0; i < maps->count; i++) {
        const struct bucket *bucket = &maps->buckets[i];
        if (bucket->any)
            continue;
        dt_buf_printf(maps->out, "    %s%.*s ", bucket->below ? "*." : "",
                      DT_SLICE_FMT(bucket->host));
        put_table_name(maps, bucket, 0);
        dt_buf_str(maps->out, ";\n");
        if (bucket->host.len + 2 > w->longest)
            w->longest = bucket->host.len + 2;
    }
    dt_buf_str(maps->out, "}\n");
    if (maps->count > w->most)
        w->most = maps->count;
}

/* Twice as many slots as all strings of a bucket need, those of wider ones with them. */
static size_t key_count(const struct maps *maps, const struct bucket *bucket)
{
    uint32_t last = maps->rows[bucket->to - 1].entry;
    size_t keys = 0;
    for (size_t i = bucket->from; i < bucket->to; i++)
        keys += 3u + 2u * maps->writing->entries[maps->rows[i].entry].key_count;
    for (size_t b = bucket->next; b != SIZE_MAX; b = maps->buckets[b].next)
        for (size_t i = maps->buckets[b].from;
             i < maps->buckets[b].to && maps->rows[i].entry < last; i++)
            keys += 3u + 2u * maps->writing->entries[maps->rows[i].entry].key_count;
    return keys;
}

static bool prepare(struct maps *maps)
{
    if (!gather_rows(maps) || !gather_buckets(maps))
        return false;
    if (maps->count == 1 && maps->buckets[0].any)
        maps->buckets[0].name = DT_S("redirect");
    bool fine = true;
    size_t keys = 64;
    for (size_t i = 0; i < maps->count; i++)
        keys += key_count(maps, &maps->buckets[i]);
    maps->mask = 1024;
    while (maps->mask < keys)
        maps->mask *= 2;
    maps->keys = calloc(maps->mask, sizeof *maps->keys);
    maps->places = calloc(maps->mask, sizeof *maps->places);
    maps->place_tables = calloc(maps->mask, sizeof *maps->place_tables);
    maps->mask--;
    if (!maps->keys || !maps->places || !maps->place_tables)
        return false;
    for (size_t i = 0; i < maps->count && fine; i++)
        fine = fill(maps, &maps->buckets[i]);
    return fine;
}

bool dt_nginx_write_maps(struct dt_nginx_writing *writing, struct dt_buf *out)
{
    struct maps maps = {.writing = writing, .out = out};
    bool fine = prepare(&maps);
    if (fine) {
        put_hosts(&maps);
        for (size_t i = 0; i < maps.count; i++)
            for (size_t j = 0; j < maps.buckets[i].count; j++)
                put_table(&maps, &maps.buckets[i], j);
    }
    for (size_t i = 0; i < maps.count; i++) {
        for (size_t j = 0; j < maps.buckets[i].count; j++)
            free(maps.buckets[i].tables[j].entries);
        free(maps.buckets[i].tables);
    }
    free(maps.buckets);
    free(maps.rows);
    free(maps.keys);
    free(maps.places);
    free(maps.place_tables);
    return fine;
}
