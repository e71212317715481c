/* SPDX-License-Identifier: MIT
 *
 * A comment that silences is read from the text, not by the readers: it means the same in every
 * format that has comments, and a million rules without one are passed over by a single search.
 */
#include "rules/check/allow.h"

#include "rules/check/comments.h"
#include <stdlib.h>

#define MARK "detour-allow:"

const char *dt_allow_warning(size_t at)
{
    static const char *const names[] = {"duplicate",         "conflict",        "regex-never",
                                        "regex-prefiltered", "regex-unscanned", "option-useless",
                                        "target-slash"};
    return at < sizeof names / sizeof *names ? names[at] : NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct dt_slice skip_blanks(struct dt_slice s)
{
    while (s.len && is_blank(s.ptr[0]))
        s = dt_slice_from(s, 1);
    return s;
}

static size_t name_length(struct dt_slice s)
{
    size_t len = 0;
    while (len < s.len && !is_blank(s.ptr[len]) && s.ptr[len] != ',')
        len++;
    return len;
}

static bool add(struct dt_allows *allows, const struct dt_allow *allow)
{
    if (allows->count == allows->cap) {
        size_t cap = allows->cap ? allows->cap * 2 : 16;
        struct dt_allow *more = realloc(allows->list, cap * sizeof *more);
        if (!more)
            return false;
        allows->list = more;
        allows->cap = cap;
    }
    allows->list[allows->count++] = *allow;
    return true;
}

/* The names of one comment; the reason is behind the last. */
static bool read_names(const struct dt_ruleset *set, const struct dt_comment *comment,
                       struct dt_allows *allows)
{
    struct dt_slice line = dt_ruleset_line(set, comment->file, comment->line);
    struct dt_slice rest = skip_blanks(dt_slice_from(comment->text, sizeof MARK - 1));
    size_t first = allows->count;
    bool more = true;
    while (more) {
        struct dt_allow allow = {
            .name = dt_slice_of(rest.ptr, name_length(rest)),
            .file = comment->file,
            .about = comment->about,
            .line = comment->line,
            .col = (uint32_t)(rest.ptr - line.ptr) + 1,
        };
        rest = dt_slice_from(rest, allow.name.len);
        more = rest.len && rest.ptr[0] == ',';
        rest = skip_blanks(dt_slice_from(rest, more));
        if ((allow.name.len || !more) && !add(allows, &allow))
            return false;
    }
    for (size_t i = first; i < allows->count; i++)
        allows->list[i].reason = rest;
    return true;
}

static int by_place(const void *va, const void *vb)
{
    const struct dt_allow *a = va, *b = vb;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (a->about != b->about)
        return a->about < b->about ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->col < b->col ? -1 : a->col > b->col;
}

enum dt_err dt_allows_read(const struct dt_ruleset *set, struct dt_allows *ret)
{
    struct dt_allows allows = {NULL, 0, 0};
    size_t files = dt_ruleset_file_count(set);
    for (uint32_t file = 0; file < files; file++) {
        struct dt_comment_walk walk = {.set = set, .file = file};
        struct dt_comment comment;
        while (dt_comment_next(&walk, DT_S(MARK), &comment))
            if (dt_slice_starts(comment.text, DT_S(MARK)) && !read_names(set, &comment, &allows)) {
                free(allows.list);
                return DT_ERR_NOMEM;
            }
    }
    if (allows.count)
        qsort(allows.list, allows.count, sizeof *allows.list, by_place);
    *ret = allows;
    return DT_OK;
}

void dt_allows_release(struct dt_allows *allows)
{
    free(allows->list);
    *allows = (struct dt_allows){NULL, 0, 0};
}

struct dt_allow *dt_allows_find(const struct dt_allows *allows, uint32_t file, uint32_t line,
                                struct dt_slice name)
{
    size_t low = 0, high = allows->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct dt_allow *at = &allows->list[mid];
        if (at->file < file || (at->file == file && at->about < line))
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < allows->count; low++) {
        struct dt_allow *at = &allows->list[low];
        if (at->file != file || at->about != line)
            break;
        if (at->reason.len && dt_slice_eq(at->name, name))
            return at;
    }
    return NULL;
}
