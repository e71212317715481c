/* SPDX-License-Identifier: MIT
 *
 * path-to-regexp 6.1's syntax. A path is text and parameters: ":name", "(pattern)", or both; "/" or
 * "." right before one is its prefix, which goes when the parameter is left out; braces set prefix
 * and suffix; and "?", "*", "+" say how often. A backslash lets the next byte stand for itself.
 */
#include "rules/dialects/vercel/vercel.h"

#include "rules/read/native_scan.h"

struct parser {
    struct dt_arena *arena;
    struct dt_slice rest;
    struct dt_vercel_path *path;
    char *text; /* what stands for itself, so far */
    size_t len;
};

static bool fail(struct parser *parser, const char *error)
{
    parser->path->error = error;
    return false;
}

static char peek(const struct parser *parser)
{
    return parser->rest.len ? parser->rest.ptr[0] : 0;
}

static struct dt_slice take(struct parser *parser, size_t len)
{
    struct dt_slice taken = dt_slice_of(parser->rest.ptr, len);
    parser->rest = dt_slice_from(parser->rest, len);
    return taken;
}

static bool is_plain(char c)
{
    return c && !strchr("*+?\\{}:()", c);
}

static struct dt_vercel_piece *add(struct parser *parser, uint8_t kind)
{
    struct dt_vercel_path *path = parser->path;
    if (path->count == DT_VERCEL_PIECES) {
        fail(parser, "too many parts");
        return NULL;
    }
    path->list[path->count] = (struct dt_vercel_piece){.kind = kind};
    return &path->list[path->count++];
}

/* Makes a piece of the text so far. */
static bool flush(struct parser *parser)
{
    if (parser->len == 0)
        return true;
    struct dt_vercel_piece *piece = add(parser, DT_VERCEL_TEXT);
    struct dt_slice copy = dt_arena_copy(parser->arena, dt_slice_of(parser->text, parser->len));
    if (!piece)
        return false;
    if (!copy.ptr)
        return fail(parser, "out of memory");
    piece->text = copy;
    parser->len = 0;
    return true;
}

static bool read_name(struct parser *parser, struct dt_slice *ret)
{
    size_t len = 1;
    *ret = DT_SLICE_NONE;
    if (peek(parser) != ':')
        return true;
    while (len < parser->rest.len && dt_is_word(parser->rest.ptr[len]))
        len++;
    if (len == 1)
        return fail(parser, "a \":\" without a name behind it (write \\\\: for the sign)");
    *ret = dt_slice_from(take(parser, len), 1);
    return true;
}

static bool read_pattern(struct parser *parser, struct dt_slice *ret)
{
    struct dt_slice rest = parser->rest;
    size_t at = 1, depth = 1;
    *ret = DT_SLICE_NONE;
    if (peek(parser) != '(')
        return true;
    if (rest.len > 1 && rest.ptr[1] == '?')
        return fail(parser, "a pattern that begins with \"?\"");
    for (; at < rest.len && depth; at++) {
        if (rest.ptr[at] == '\\') {
            at++;
        } else if (rest.ptr[at] == ')') {
            depth--;
        } else if (rest.ptr[at] == '(') {
            depth++;
            if (at + 1 >= rest.len || rest.ptr[at + 1] != '?')
                return fail(parser, "a group inside of a pattern: write (?:...)");
        }
    }
    if (depth || at > rest.len)
        return fail(parser, "a bracket that is not closed");
    if (at == 2)
        return fail(parser, "an empty pattern");
    *ret = dt_slice_of(rest.ptr + 1, at - 2);
    take(parser, at);
    return true;
}

static char read_modifier(struct parser *parser)
{
    char c = peek(parser);
    if (!c || !strchr("*+?", c))
        return 0;
    take(parser, 1);
    return c;
}

static void number(struct parser *parser, struct dt_vercel_piece *piece)
{
    piece->group = (uint8_t)++parser->path->groups;
    parser->path->unnamed += piece->name.len == 0;
}

/* Plain bytes and escaped ones, in braces. */
static bool read_text(struct parser *parser, struct dt_slice *ret)
{
    char *mem = dt_arena_alloc(parser->arena, parser->rest.len + 1);
    size_t len = 0;
    if (!mem)
        return fail(parser, "out of memory");
    while (is_plain(peek(parser)) || (peek(parser) == '\\' && parser->rest.len > 1)) {
        if (peek(parser) == '\\')
            take(parser, 1);
        mem[len++] = take(parser, 1).ptr[0];
    }
    *ret = dt_slice_of(mem, len);
    return true;
}

static bool read_braces(struct parser *parser)
{
    struct dt_vercel_piece piece = {.kind = DT_VERCEL_GROUP};
    take(parser, 1);
    if (!read_text(parser, &piece.prefix) || !read_name(parser, &piece.name) ||
        !read_pattern(parser, &piece.pattern) || !read_text(parser, &piece.suffix))
        return false;
    if (peek(parser) != '}')
        return fail(parser, "a brace that is not closed");
    take(parser, 1);
    piece.modifier = read_modifier(parser);
    if (piece.name.len || piece.pattern.len) {
        piece.kind = DT_VERCEL_PARAM;
        number(parser, &piece);
    }
    struct dt_vercel_piece *added = add(parser, piece.kind);
    if (!added)
        return false;
    *added = piece;
    return true;
}

/* A parameter; the plain byte before it was not read yet. */
static bool read_param(struct parser *parser, char before)
{
    struct dt_vercel_piece piece = {.kind = DT_VERCEL_PARAM};
    bool prefix = before == '/' || before == '.';
    if (before && !prefix)
        parser->text[parser->len++] = before;
    if (!flush(parser) || !read_name(parser, &piece.name) || !read_pattern(parser, &piece.pattern))
        return false;
    if (prefix)
        piece.prefix = before == '/' ? DT_S("/") : DT_S(".");
    piece.modifier = read_modifier(parser);
    number(parser, &piece);
    struct dt_vercel_piece *added = add(parser, piece.kind);
    if (!added)
        return false;
    *added = piece;
    return true;
}

static bool read_next(struct parser *parser)
{
    char c = peek(parser), next = parser->rest.len > 1 ? parser->rest.ptr[1] : 0;
    if (is_plain(c)) {
        take(parser, 1);
        if (next == ':' || next == '(')
            return read_param(parser, c);
        parser->text[parser->len++] = c;
        return true;
    }
    if (c == ':' || c == '(')
        return read_param(parser, 0);
    if (c == '\\' && parser->rest.len > 1) {
        parser->text[parser->len++] = next;
        take(parser, 2);
        return true;
    }
    if (c == '{')
        return flush(parser) && read_braces(parser);
    return fail(parser, c == '\\' ? "a backslash at the end"
                                  : "one of \"?*+)}\" where nothing stands before it (write "
                                    "\\\\? for the sign)");
}

bool dt_vercel_parse(struct dt_arena *arena, struct dt_slice text, struct dt_vercel_path *ret)
{
    struct parser parser = {.arena = arena, .rest = text, .path = ret};
    ret->count = ret->groups = ret->unnamed = 0;
    ret->error = NULL;
    parser.text = dt_arena_alloc(arena, text.len + 1);
    if (!parser.text)
        return fail(&parser, "out of memory");
    while (parser.rest.len)
        if (!read_next(&parser))
            return false;
    return flush(&parser);
}

const struct dt_vercel_piece *dt_vercel_named(const struct dt_vercel_path *path,
                                              struct dt_slice name)
{
    const struct dt_vercel_piece *found = NULL;
    for (unsigned i = 0; i < path->count; i++)
        if (path->list[i].kind == DT_VERCEL_PARAM && path->list[i].name.len &&
            dt_slice_eq(path->list[i].name, name))
            found = &path->list[i];
    return found;
}
