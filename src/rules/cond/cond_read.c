/* SPDX-License-Identifier: MIT
 *
 * Conditions: what all of them share (lists of alternatives), and those on what the request itself
 * says: its method, its header fields, its cookies, its path.
 */
#include "rules/cond/cond_read.h"

#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "semantics/network.h"
#include "semantics/share.h"
#include <detour/uri.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LONGEST_MESSAGE 256

/* ---- Lists ---- */

bool dt_cond_refuse(const struct dt_given *given, struct dt_slice piece, const char *format, ...)
{
    char message[LONGEST_MESSAGE];
    va_list args;
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = 0;
    va_end(args);
    return DT_REFUSE(given->reader, dt_given_at(given, piece), "cond-value", "%s%.*s= wants %s",
                     given->negated ? "!" : "", DT_SLICE_FMT(given->name), message);
}

bool dt_cond_next(struct dt_slice *list, struct dt_slice *ret)
{
    if (!list->ptr)
        return false;
    const char *comma = list->len ? memchr(list->ptr, ',', list->len) : NULL;
    size_t len = comma ? (size_t)(comma - list->ptr) : list->len;
    *ret = dt_scan_trim(dt_slice_of(list->ptr, len));
    *list = comma ? dt_slice_from(*list, len + 1) : DT_SLICE_NONE;
    return true;
}

void *dt_cond_rows(const struct dt_given *given, struct dt_slice list, size_t size)
{
    size_t count = 1;
    for (size_t i = 0; i < list.len; i++)
        count += list.ptr[i] == ',';
    void *mem = dt_arena_alloc(&given->reader->set->arena, count * size);
    if (!mem)
        (void)dt_reader_nomem(given->reader);
    return mem;
}

static int compare_texts(const void *a, const void *b)
{
    return dt_slice_cmp(*(const struct dt_slice *)a, *(const struct dt_slice *)b);
}

size_t dt_cond_sort_texts(struct dt_slice *texts, size_t count)
{
    size_t kept = 0;
    if (count > 1)
        qsort(texts, count, sizeof *texts, compare_texts);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !dt_slice_eq(texts[kept - 1], texts[i]))
            texts[kept++] = texts[i];
    return kept;
}

bool dt_cond_texts(const struct dt_given *given, struct dt_slice list,
                   bool (*norm)(const struct dt_given *given, struct dt_slice *piece),
                   struct dt_condition *ret)
{
    struct dt_slice *texts = dt_cond_rows(given, list, sizeof *texts), piece;
    size_t count = 0;
    if (!texts)
        return false;
    while (dt_cond_next(&list, &piece)) {
        if (piece.len == 0)
            return dt_cond_refuse(given, given->value, "a value before, between and behind commas");
        if (!norm(given, &piece))
            return false;
        texts[count++] = piece;
    }
    ret->texts = texts;
    ret->count = (uint16_t)dt_cond_sort_texts(texts, count);
    return true;
}

bool dt_cond_lower(const struct dt_given *given, struct dt_slice *s)
{
    if (dt_scan_find(*s, DT_BYTE_UPPER) == s->len)
        return true;
    char *mem = dt_arena_alloc(&given->reader->set->arena, s->len);
    if (!mem)
        return dt_reader_nomem(given->reader);
    for (size_t i = 0; i < s->len; i++)
        mem[i] = dt_ascii_lower(s->ptr[i]);
    *s = dt_slice_of(mem, s->len);
    return true;
}

/* ---- method= ---- */

/* Methods are compared as they are sent, and these are sent in capitals. */
static bool norm_method(const struct dt_given *given, struct dt_slice *piece)
{
    static const char *const known[] = {"GET",   "HEAD",    "POST",    "PUT",  "DELETE",
                                        "PATCH", "OPTIONS", "CONNECT", "TRACE"};
    if (!dt_value_token(*piece))
        return dt_cond_refuse(given, *piece, "methods, such as GET,HEAD");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct dt_slice name = dt_slice_str(known[i]);
        if (dt_slice_eq_nocase(*piece, name) && !dt_slice_eq(*piece, name))
            return dt_cond_refuse(given, *piece, "a method in capitals: %s", known[i]);
    }
    return true;
}

bool dt_cond_method(const struct dt_given *given, struct dt_cond_item *ret)
{
    ret->condition.kind = DT_CONDITION_METHOD;
    return dt_cond_texts(given, given->value, norm_method, &ret->condition);
}

/* ---- header= and cookie= ---- */

static bool norm_pattern(const struct dt_given *given, struct dt_slice *piece)
{
    (void)given;
    (void)piece;
    return true;
}

/* "NAME" or "NAME:VALUE,VALUE". */
static bool read_named(const struct dt_given *given, struct dt_condition *ret)
{
    struct dt_slice value = given->value;
    const char *colon = memchr(value.ptr, ':', value.len);
    size_t len = colon ? (size_t)(colon - value.ptr) : value.len;
    ret->name = dt_slice_of(value.ptr, len);
    if (!dt_value_token(ret->name))
        return dt_cond_refuse(given, value, "NAME or NAME:VALUE,VALUE");
    if (!colon)
        return true;
    struct dt_slice list = dt_slice_from(value, len + 1);
    if (dt_scan_trim(list).len == 0)
        return dt_cond_refuse(given, value, "a value behind the colon, or the name alone");
    return dt_cond_texts(given, list, norm_pattern, ret);
}

/* Vary shall say a name as its first author wrote it. */
static void remember_name(struct dt_ruleset *set, struct dt_slice name)
{
    for (size_t i = 0; i < set->field_name_count; i++)
        if (dt_slice_eq_nocase(set->field_names[i], name))
            return;
    if (set->field_name_count < DT_LIMIT_FIELD_NAMES)
        set->field_names[set->field_name_count++] = name;
}

bool dt_cond_header(const struct dt_given *given, struct dt_cond_item *ret)
{
    ret->condition.kind = DT_CONDITION_HEADER;
    if (!read_named(given, &ret->condition))
        return false;
    remember_name(given->reader->set, ret->condition.name);
    return dt_cond_lower(given, &ret->condition.name);
}

bool dt_cond_cookie(const struct dt_given *given, struct dt_cond_item *ret)
{
    ret->condition.kind = DT_CONDITION_COOKIE;
    return read_named(given, &ret->condition);
}

/* ---- percent= ---- */

static int compare_ranges(const void *a, const void *b)
{
    const struct dt_range *x = a, *y = b;
    return x->from != y->from ? x->from - y->from : x->to - y->to;
}

/* Sorts, and joins those that touch. */
static size_t join_ranges(struct dt_range *ranges, size_t count)
{
    size_t kept = 0;
    qsort(ranges, count, sizeof *ranges, compare_ranges);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || ranges[i].from > ranges[kept - 1].to)
            ranges[kept++] = ranges[i];
        else if (ranges[i].to > ranges[kept - 1].to)
            ranges[kept - 1].to = ranges[i].to;
    }
    return kept;
}

/* ":cookie:NAME" or ":header:NAME". */
static bool read_share_key(const struct dt_given *given, struct dt_slice text,
                           struct dt_condition *ret)
{
    bool cookie = dt_slice_starts(text, DT_S("cookie:"));
    if (!cookie && !dt_slice_starts(text, DT_S("header:")))
        return dt_cond_refuse(given, text, "cookie:NAME or header:NAME behind the share");
    ret->key = cookie ? DT_PERCENT_COOKIE : DT_PERCENT_HEADER;
    ret->name = dt_slice_from(text, 7);
    if (!dt_value_token(ret->name))
        return dt_cond_refuse(given, text, "the name of a %s behind %.*s",
                              cookie ? "cookie" : "header field", 7, text.ptr);
    if (cookie)
        return true;
    remember_name(given->reader->set, ret->name);
    return dt_cond_lower(given, &ret->name);
}

bool dt_cond_percent(const struct dt_given *given, struct dt_cond_item *ret)
{
    struct dt_slice list = given->value, piece;
    struct dt_condition *condition = &ret->condition;
    const char *colon = memchr(list.ptr, ':', list.len);
    struct dt_slice key =
        colon ? dt_slice_from(list, (size_t)(colon - list.ptr) + 1) : DT_SLICE_NONE;
    condition->kind = DT_CONDITION_PERCENT;
    condition->key = DT_PERCENT_ADDRESS;
    if (colon)
        list.len = (size_t)(colon - list.ptr);
    struct dt_range *ranges = dt_cond_rows(given, list, sizeof *ranges);
    size_t count = 0;
    if (!ranges)
        return false;
    while (dt_cond_next(&list, &piece))
        if (dt_share_range(piece, &ranges[count++]))
            return dt_cond_refuse(given, piece, "a share from 0 to 100, such as 10, 12.5 or 10-20");
    count = join_ranges(ranges, count);
    if (count > DT_LIMIT_RANGES)
        return dt_cond_refuse(given, given->value, "at most %u ranges", DT_LIMIT_RANGES);
    condition->ranges = ranges;
    condition->count = (uint16_t)count;
    return !colon || read_share_key(given, key, condition);
}

/* ---- except= ---- */

/* A path, or a folder with all below it ("/dir/" + "*"), brought to the form that requests have. */
static bool norm_path(const struct dt_given *given, struct dt_slice *piece)
{
    struct dt_ruleset *set = given->reader->set;
    struct dt_slice path = *piece, normal;
    bool folder = path.len >= 2 && path.ptr[path.len - 1] == '*' && path.ptr[path.len - 2] == '/';
    path.len -= folder;
    for (size_t i = 0; i < path.len; i++)
        if (strchr("*?# \t", path.ptr[i]))
            return dt_cond_refuse(given, *piece, "a path alone, with /* at its end at most");
    if (dt_norm_path(path, set->scratch, sizeof set->scratch - 1, &normal))
        return dt_cond_refuse(given, *piece, "a shorter path");
    if (folder && normal.len == 1)
        return dt_cond_refuse(given, *piece, "less than /*, which leaves nothing");
    char *mem = dt_arena_alloc(&set->arena, normal.len + folder);
    if (!mem)
        return dt_reader_nomem(given->reader);
    memcpy(mem, normal.ptr, normal.len);
    if (folder)
        mem[normal.len] = '*';
    *piece = dt_slice_of(mem, normal.len + folder);
    return true;
}

bool dt_cond_except(const struct dt_given *given, struct dt_cond_item *ret)
{
    struct dt_slice list = given->value, piece;
    struct dt_slice *paths = dt_cond_rows(given, list, sizeof *paths);
    struct dt_net *nets = paths ? dt_cond_rows(given, list, sizeof *nets) : NULL;
    size_t count = 0;
    ret->condition.kind = DT_CONDITION_PATH;
    if (!nets)
        return false;
    while (dt_cond_next(&list, &piece)) {
        if (piece.len && piece.ptr[0] == '/') {
            if (!norm_path(given, &piece))
                return false;
            paths[count++] = piece;
        } else if (dt_net_parse(piece, &nets[ret->nnets++])) {
            return dt_cond_refuse(given, piece,
                                  "paths (/health, /status/*), addresses and networks");
        }
    }
    ret->condition.texts = paths;
    ret->condition.count = (uint16_t)count;
    ret->nets = nets;
    return true;
}
