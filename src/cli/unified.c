/* SPDX-License-Identifier: MIT
 *
 * Which lines belong together is known without a search: a formatter changes lines in their places
 * and takes empty ones out.
 */
#include "cli/unified.h"

#include <stdlib.h>

#define CONTEXT 3u

/* A line of the old text, and what became of it. */
struct pair {
    struct dt_slice before, after; /* with their ends; after empty: taken out */
};

struct pairs {
    struct pair *list;
    size_t count;
};

static struct dt_slice take_line(struct dt_slice *text)
{
    const char *newline = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
    struct dt_slice line =
        dt_slice_of(text->ptr, newline ? (size_t)(newline - text->ptr) + 1 : text->len);
    *text = dt_slice_from(*text, line.len);
    return line;
}

static bool is_empty(struct dt_slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!strchr(" \t\r\n", line.ptr[i]) || !line.ptr[i])
            return false;
    return true;
}

static bool pair_up(struct dt_slice before, struct dt_slice after, struct pairs *ret)
{
    size_t lines = 1;
    for (size_t i = 0; i < before.len; i++)
        lines += before.ptr[i] == '\n';
    *ret = (struct pairs){malloc(lines * sizeof *ret->list), 0};
    if (!ret->list)
        return false;
    struct dt_slice next = take_line(&after);
    while (before.len) {
        struct pair *pair = &ret->list[ret->count++];
        *pair = (struct pair){take_line(&before), DT_SLICE_NONE};
        if (next.len && is_empty(pair->before) == is_empty(next)) {
            pair->after = next;
            next = take_line(&after);
        }
    }
    return true;
}

static bool is_same(const struct pair *pair)
{
    return dt_slice_eq(pair->before, pair->after);
}

static void put_line(FILE *out, char sign, struct dt_slice line)
{
    putc(sign, out);
    fwrite(line.ptr, 1, line.len, out);
    if (line.ptr[line.len - 1] != '\n')
        fputs("\n\\ No newline at end of file\n", out);
}

/* Old lines of a run of changes come before the new ones. */
static size_t put_changes(FILE *out, const struct pairs *pairs, size_t from, size_t to)
{
    size_t end = from;
    while (end < to && !is_same(&pairs->list[end]))
        end++;
    for (size_t i = from; i < end; i++)
        put_line(out, '-', pairs->list[i].before);
    for (size_t i = from; i < end; i++)
        if (pairs->list[i].after.len)
            put_line(out, '+', pairs->list[i].after);
    return end;
}

/* An empty side of a hunk is counted from the line before it. */
static void put_range(FILE *out, char sign, size_t first, size_t count)
{
    fprintf(out, "%c%zu", sign, count ? first + 1 : first);
    if (count != 1)
        fprintf(out, ",%zu", count);
}

static void put_hunk(FILE *out, const struct pairs *pairs, size_t from, size_t to, size_t gone)
{
    size_t count = 0;
    for (size_t i = from; i < to; i++)
        count += pairs->list[i].after.len > 0;
    fputs("@@ ", out);
    put_range(out, '-', from, to - from);
    putc(' ', out);
    put_range(out, '+', from - gone, count);
    fputs(" @@\n", out);
    for (size_t i = from; i < to;) {
        if (is_same(&pairs->list[i]))
            put_line(out, ' ', pairs->list[i++].before);
        else
            i = put_changes(out, pairs, i, to);
    }
}

bool dt_unified_print(FILE *out, const char *name, struct dt_slice before, struct dt_slice after)
{
    struct pairs pairs;
    size_t gone = 0; /* lines that were taken out so far */
    if (!pair_up(before, after, &pairs))
        return false;
    fprintf(out, "--- %s\n+++ %s\n", name, name);
    for (size_t at = 0; at < pairs.count;) {
        if (is_same(&pairs.list[at])) {
            at++;
            continue;
        }
        size_t from = at > CONTEXT ? at - CONTEXT : 0, last = at, to;
        for (; at < pairs.count && at - last <= 2 * CONTEXT; at++)
            last = is_same(&pairs.list[at]) ? last : at;
        to = last + 1 + CONTEXT < pairs.count ? last + 1 + CONTEXT : pairs.count;
        put_hunk(out, &pairs, from, to, gone);
        for (size_t i = from; i < to; i++)
            gone += pairs.list[i].after.len == 0;
        at = to;
    }
    free(pairs.list);
    return true;
}
