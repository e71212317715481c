/* SPDX-License-Identifier: MIT
 *
 * map and geo, read to rows in the order in which nginx asks them: strings, then names of hosts
 * with wildcards (the longest first, those in front before those behind), then expressions as they
 * stand.
 */
#include "rules/dialects/nginx/nginx_helper.h"

#include <stdlib.h>

const struct dt_nginx_table *dt_nginx_table_find(const struct dt_nginx *nginx, struct dt_slice name)
{
    for (const struct dt_nginx_table *t = nginx->tables; t; t = t->next)
        if (dt_slice_eq(t->name, name))
            return t;
    return NULL;
}

static bool add_row(struct dt_nginx *nginx, struct dt_nginx_table *table,
                    const struct dt_nginx_row *row)
{
    void *mem = table->rows;
    if (!dt_grow(&mem, table->count, &table->cap, sizeof *table->rows))
        return dt_reader_nomem(nginx->reader);
    table->rows = mem;
    table->rows[table->count++] = *row;
    return true;
}

static bool is_wild(struct dt_slice key)
{
    return dt_slice_starts(key, DT_S("*.")) || dt_slice_starts(key, DT_S(".")) ||
           (key.len > 2 && dt_slice_eq(dt_slice_from(key, key.len - 2), DT_S(".*")));
}

static bool read_key(struct dt_nginx *nginx, struct dt_nginx_table *table,
                     const struct dt_nginx_dir *dir)
{
    struct dt_nginx_row row = {.key = dir->words[0], .value = &dir->words[1]};
    struct dt_slice *key = &row.key.text;
    if (!table->geo && dt_slice_starts(*key, DT_S("~"))) {
        row.kind = DT_NGINX_REGEX;
        row.nocase = dt_slice_starts(*key, DT_S("~*"));
        *key = dt_slice_from(*key, 1 + row.nocase);
    } else if (!table->geo && dt_slice_starts(*key, DT_S("\\"))) {
        *key = dt_slice_from(*key, 1);
    } else if (table->hostnames && is_wild(*key)) {
        row.kind = DT_NGINX_WILD;
        if (key->ptr[0] == '.') {
            struct dt_nginx_row apex = row;
            apex.kind = DT_NGINX_STRING;
            apex.key.text = dt_slice_from(*key, 1);
            if (!add_row(nginx, table, &apex))
                return false;
        }
    }
    return add_row(nginx, table, &row);
}

static bool read_rows(struct dt_nginx *nginx, struct dt_nginx_table *table,
                      const struct dt_nginx_dir *dirs, unsigned depth);

static bool include(struct dt_nginx *nginx, struct dt_nginx_table *table,
                    const struct dt_nginx_dir *dir, unsigned depth)
{
    struct dt_nginx_dir *others;
    size_t errors = nginx->reader->set->error_count;
    if (depth < DT_LIMIT_DEPTH && dt_nginx_include(nginx->reader, &dir->words[1], &others))
        return read_rows(nginx, table, others, depth + 1);
    if (nginx->reader->set->error_count > errors)
        return false;
    return DT_NGINX_REFUSE(nginx->reader, &dir->words[1], "include-missing",
                           "the file cannot be had");
}

static bool read_rows(struct dt_nginx *nginx, struct dt_nginx_table *table,
                      const struct dt_nginx_dir *dirs, unsigned depth)
{
    bool fine = true;
    for (const struct dt_nginx_dir *dir = dirs; dir && fine; dir = dir->next) {
        bool bare = !dir->words[0].quoted;
        if (bare && dir->count == 1 &&
            (dt_nginx_is_named(dir, "hostnames") || dt_nginx_is_named(dir, "volatile"))) {
            table->hostnames |= dt_nginx_is_named(dir, "hostnames");
        } else if (dir->count != 2 || dir->block) {
            fine = DT_NGINX_REFUSE(nginx->reader, dir->words, "nginx-map",
                                   "a row is a key and a value");
        } else if (dt_nginx_is_named(dir, "default")) {
            table->standard = &dir->words[1];
        } else if (bare && dt_nginx_is_named(dir, "include")) {
            fine = include(nginx, table, dir, depth);
        } else {
            fine = read_key(nginx, table, dir);
        }
    }
    return fine;
}

/* ---- Order ---- */

/* Strings first, then what begins with a wildcard by length, then what ends so; then expressions.
 */
static unsigned rank(const struct dt_nginx_row *row)
{
    if (row->kind == DT_NGINX_WILD)
        return row->key.text.ptr[row->key.text.len - 1] == '*' ? 2 : 1;
    return row->kind == DT_NGINX_STRING ? 0 : 3;
}

static int compare(const void *a, const void *b)
{
    const struct dt_nginx_row *x = a, *y = b;
    unsigned left = rank(x), right = rank(y);
    if (left != right)
        return left < right ? -1 : 1;
    if (x->kind == DT_NGINX_WILD && x->key.text.len != y->key.text.len)
        return x->key.text.len > y->key.text.len ? -1 : 1;
    if (x->key.file != y->key.file)
        return x->key.file < y->key.file ? -1 : 1;
    return (x->key.raw.ptr > y->key.raw.ptr) - (x->key.raw.ptr < y->key.raw.ptr);
}

/* geo: the longest network wins. */
static int compare_nets(const void *a, const void *b)
{
    const struct dt_nginx_row *x = a, *y = b;
    const char *left = memchr(x->key.text.ptr, '/', x->key.text.len);
    const char *right = memchr(y->key.text.ptr, '/', y->key.text.len);
    long bits = left ? strtol(left + 1, NULL, 10) : 128;
    long others = right ? strtol(right + 1, NULL, 10) : 128;
    if (bits != others)
        return bits > others ? -1 : 1;
    return (x->key.raw.ptr > y->key.raw.ptr) - (x->key.raw.ptr < y->key.raw.ptr);
}

/* ---- Those of our own ---- */

static bool is_helper(const struct dt_nginx_table *table, const struct dt_nginx_helper *helper)
{
    const char *standard = helper->standard ? helper->standard : "";
    struct dt_slice own = table->standard ? table->standard->text : DT_SLICE_NONE;
    size_t row = 0;
    if (!dt_slice_eq(table->source.text, dt_slice_str(helper->source)) ||
        !dt_slice_eq(own, dt_slice_str(standard)))
        return false;
    for (; helper->rows[2 * row] && row < table->count; row++)
        if (!dt_slice_eq(table->rows[row].key.raw.len ? table->rows[row].key.text : DT_SLICE_NONE,
                         dt_slice_from(dt_slice_str(helper->rows[2 * row]),
                                       table->rows[row].kind == DT_NGINX_REGEX
                                           ? 1u + table->rows[row].nocase
                                           : 0u)) ||
            !dt_slice_eq(table->rows[row].value->text, dt_slice_str(helper->rows[2 * row + 1])))
            return false;
    return row == table->count && !helper->rows[2 * row];
}

/* Cuts what stands in front off; false when it does not. */
static bool cut(struct dt_slice *text, const char *front)
{
    bool is = dt_slice_starts(*text, dt_slice_str(front));
    *text = dt_slice_from(*text, is ? strlen(front) : 0);
    return is;
}

/* Names of parameters: "a|b\.c|utm_[^=&]*" as "a,b.c,utm_*". */
static bool read_names(struct dt_nginx *nginx, struct dt_slice text, struct dt_slice *ret)
{
    char *mem = dt_arena_alloc(&nginx->reader->set->arena, text.len + 1);
    size_t len = 0;
    if (!mem)
        return dt_reader_nomem(nginx->reader);
    while (text.len) {
        if (cut(&text, DT_NGINX_ANY_NAME)) {
            mem[len++] = '*';
            continue;
        }
        if (text.ptr[0] == '\\' && text.len > 1)
            text = dt_slice_from(text, 1);
        mem[len++] = text.ptr[0] == '|' ? ',' : text.ptr[0];
        text = dt_slice_from(text, 1);
    }
    *ret = dt_slice_of(mem, len);
    return true;
}

/* Up to where `end` stands. */
static bool cut_to(struct dt_slice *text, const char *end, struct dt_slice *ret)
{
    const char *at = memmem(text->ptr, text->len, end, strlen(end));
    if (!at)
        return false;
    *ret = dt_slice_of(text->ptr, (size_t)(at - text->ptr));
    *text = dt_slice_from(*text, ret->len + strlen(end));
    return true;
}

/* Maps that say what of the query is sent on. */
static void recognise_query(struct dt_nginx *nginx, struct dt_nginx_table *table)
{
    struct dt_slice names, own;
    struct dt_slice key = table->rows[0].key.text;
    if (dt_slice_eq(table->source.text, DT_S(DT_NGINX_QUERY_SOURCE))) {
        struct dt_slice keep = key, without = key;
        if (cut(&without, &DT_NGINX_WITHOUT[1]) && cut_to(&without, DT_NGINX_WITHOUT_END, &names)) {
            if (read_names(nginx, names, &table->names))
                table->helper = DT_NGINX_REST_ARGS;
            return;
        }
        if (cut(&keep, &DT_NGINX_WITHOUT[1]) && cut_to(&keep, ")(?:=|&|$))(?:", &own))
            key = keep;
        else if (!cut(&key, &DT_NGINX_KEEP[1]))
            return;
        if (cut_to(&key, DT_NGINX_KEEP_END, &names) && read_names(nginx, names, &table->names))
            table->helper = DT_NGINX_KEEP_ARGS;
        return;
    }
    const struct dt_nginx_table *rest =
        dt_nginx_table_find(nginx, dt_slice_from(table->source.text, 1));
    if (rest && rest->helper && dt_slice_eq(key, dt_slice_from(DT_S(DT_NGINX_LEAD), 1)) &&
        dt_slice_eq(table->rows[0].value->text, DT_S(DT_NGINX_LED))) {
        table->names = rest->names;
        table->helper =
            rest->helper == DT_NGINX_KEEP_ARGS ? DT_NGINX_KEEP_ARGS : DT_NGINX_LEFT_ARGS;
    }
}

static void recognise(struct dt_nginx *nginx, struct dt_nginx_table *table)
{
    if (table->count == 1 && table->rows[0].kind == DT_NGINX_REGEX && !table->geo)
        recognise_query(nginx, table);
    for (size_t i = 0; i < DT_NGINX_HELPERS; i++)
        if (dt_slice_eq(table->name, dt_slice_str(dt_nginx_helpers[i].name)) &&
            is_helper(table, &dt_nginx_helpers[i]))
            table->helper = dt_nginx_helpers[i].kind;
}

bool dt_nginx_table_read(struct dt_nginx *nginx, const struct dt_nginx_dir *dir, bool geo)
{
    struct dt_nginx_table *table = dt_arena_alloc(&nginx->reader->set->arena, sizeof *table);
    const struct dt_nginx_word *name = &dir->words[dir->count - 1];
    static const struct dt_nginx_word address = {.text = {"$remote_addr", 12}};
    if (!table)
        return dt_reader_nomem(nginx->reader);
    if (dir->count < 2 || dir->count > 3 || (!geo && dir->count != 3) || !dir->block ||
        !dt_slice_starts(name->text, DT_S("$")))
        return DT_NGINX_REFUSE(nginx->reader, dir->words, "nginx-map", "expected: %s { ... }",
                               geo ? "geo $new" : "map $source $new");
    *table = (struct dt_nginx_table){.name = dt_slice_from(name->text, 1),
                                     .word = name,
                                     .source = dir->count == 3 ? dir->words[1] : address,
                                     .geo = geo,
                                     .next = nginx->tables};
    nginx->tables = table;
    table->broken = !read_rows(nginx, table, dir->children, 0);
    if (table->count)
        qsort(table->rows, table->count, sizeof *table->rows, geo ? compare_nets : compare);
    recognise(nginx, table);
    return !table->broken;
}
