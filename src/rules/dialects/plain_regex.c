/* SPDX-License-Identifier: MIT
 *
 * See plain_regex.h.
 */
#include "rules/dialects/plain_regex.h"

#include "rules/read/native_scan.h"

/* The length of a group that takes a segment or anything, at the start of text; 0: another. */
static size_t group_len(struct dt_slice text, uint8_t *ret_kind)
{
    static const char *const segments[] = {"[^/]+", "[^/]+?", "[^\\/]+", "[^\\/]+?"};
    size_t from = 1;
    if (dt_slice_starts(text, DT_S("(?<")) && text.len > 3 && dt_is_alpha(text.ptr[3])) {
        const char *end = memchr(text.ptr, '>', text.len);
        if (!end)
            return 0;
        from = (size_t)(end - text.ptr) + 1;
    }
    struct dt_slice body = dt_slice_from(text, from);
    if (dt_slice_starts(body, DT_S(".*)"))) {
        *ret_kind = DT_PLAIN_ANY;
        return from + 3;
    }
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        struct dt_slice segment = dt_slice_str(segments[i]);
        if (dt_slice_starts(body, segment) && body.len > segment.len &&
            body.ptr[segment.len] == ')') {
            *ret_kind = DT_PLAIN_SEGMENT;
            return from + segment.len + 1;
        }
    }
    return 0;
}

static bool is_quantifier(struct dt_slice text)
{
    return text.len && text.ptr[0] && strchr("*+?{", text.ptr[0]);
}

/* A literal byte at the start of text: its length as written, 1 or 2; 0: none. */
static size_t literal_len(struct dt_slice text)
{
    char c = text.ptr[0];
    if (c == '\\')
        return text.len > 1 && !dt_is_word(text.ptr[1]) ? 2 : 0;
    return c && !strchr("^$.|?*+()[]{}", c) ? 1 : 0;
}

static struct dt_plain *add(struct dt_plain_regex *regex, uint8_t kind)
{
    if (regex->count == DT_PLAIN_MAX)
        return NULL;
    regex->list[regex->count] = (struct dt_plain){.kind = kind};
    return &regex->list[regex->count++];
}

bool dt_plain_regex(struct dt_arena *arena, struct dt_slice expression, struct dt_plain_regex *ret)
{
    ret->count = ret->groups = 0;
    if (expression.len < 3 || expression.ptr[0] != '^' || expression.ptr[expression.len - 1] != '$')
        return false;
    char *mem = dt_arena_alloc(arena, expression.len), *out = mem;
    struct dt_slice rest = dt_slice_of(expression.ptr + 1, expression.len - 2);
    struct dt_plain *text = NULL;
    while (mem && rest.len) {
        uint8_t kind = DT_PLAIN_TEXT;
        size_t len = rest.ptr[0] == '(' ? group_len(rest, &kind) : literal_len(rest);
        if (len == 0 || is_quantifier(dt_slice_from(rest, len)))
            return false;
        if (kind == DT_PLAIN_TEXT) {
            if (!text && !(text = add(ret, kind)))
                return false;
            if (!text->text.len)
                text->text.ptr = out;
            *out++ = rest.ptr[len - 1];
            text->text.len++;
        } else {
            text = add(ret, kind);
            if (!text)
                return false;
            text->group = (uint8_t)++ret->groups;
            text = NULL;
        }
        rest = dt_slice_from(rest, len);
    }
    return mem != NULL;
}
