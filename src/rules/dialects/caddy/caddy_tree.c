/* SPDX-License-Identifier: MIT
 *
 * From tokens to lines with blocks. An import puts the lines of a snippet or of a file in its
 * place, with its arguments for {args.0} and so on.
 */
#include "rules/dialects/caddy/caddy.h"

#include <stdio.h>

struct parse {
    struct dt_caddy *caddy;
    const struct dt_caddy_token *tokens;
    size_t count, at;
    unsigned depth;
};

static bool same_line(const struct dt_caddy_token *a, const struct dt_caddy_token *b)
{
    return a->file == b->file && a->last == b->row;
}

static bool nodes(struct parse *parse, bool top, struct dt_caddy_node ***tail);

/* ---- Imports ---- */

static struct dt_slice with_args(struct dt_caddy *caddy, struct dt_slice text,
                                 const struct dt_caddy_node *import)
{
    struct dt_buf out;
    if (!text.len || !memmem(text.ptr, text.len, "{args.", 6))
        return text;
    dt_buf_init(&out, DT_CADDY_TOKENS);
    for (size_t at = 0; at < text.len;) {
        bool done = false;
        for (size_t i = 2; i < import->count && !done; i++) {
            char name[24];
            int len = snprintf(name, sizeof name, "{args.%zu}", i - 2);
            struct dt_slice wanted = dt_slice_of(name, (size_t)len);
            if (!dt_slice_starts(dt_slice_from(text, at), wanted))
                continue;
            dt_buf_put(&out, import->tokens[i].text);
            at += wanted.len;
            done = true;
        }
        if (!done)
            dt_buf_char(&out, text.ptr[at++]);
    }
    return dt_caddy_keep(caddy, &out);
}

/* The tokens of an import, with its arguments filled in, as lines. */
static bool import_tokens(struct parse *outer, const struct dt_caddy_node *import,
                          const struct dt_caddy_token *tokens, size_t count, bool top,
                          struct dt_caddy_node ***tail)
{
    struct dt_caddy *caddy = outer->caddy;
    struct parse parse = {caddy, tokens, count, 0, outer->depth};
    if (caddy->imports >= DT_CADDY_DEPTH)
        return DT_CADDY_REFUSE(caddy, import->tokens, "include-depth", "imported more than %u deep",
                               DT_CADDY_DEPTH);
    if (import->count > 2) {
        struct dt_caddy_token *filled = dt_caddy_new(caddy, (count + 1) * sizeof *filled);
        if (!filled)
            return false;
        for (size_t i = 0; i < count; i++) {
            filled[i] = tokens[i];
            filled[i].text = with_args(caddy, tokens[i].text, import);
        }
        parse.tokens = filled;
    }
    caddy->imports++;
    bool fine = nodes(&parse, top, tail);
    caddy->imports--;
    if (fine && parse.at < parse.count)
        return DT_CADDY_REFUSE(caddy, &parse.tokens[parse.at], "caddy-block",
                               "closes no block that is open");
    return fine;
}

static bool import_file(struct parse *parse, const struct dt_caddy_node *import, bool top,
                        struct dt_caddy_node ***tail)
{
    struct dt_caddy *caddy = parse->caddy;
    struct dt_reader *reader = caddy->reader;
    struct dt_ruleset *set = reader->set;
    const struct dt_caddy_token *name = &import->tokens[1], *tokens;
    struct dt_slice path, text, at = dt_caddy_at(caddy, name);
    size_t count;
    if (memchr(name->text.ptr, '*', name->text.len) || memchr(name->text.ptr, '?', name->text.len))
        return DT_REFUSE(reader, at, "caddy-import", "which files there are is not known here");
    if (!dt_reader_join(reader, name->text, &path))
        return false;
    if (!set->loader.load)
        return DT_REFUSE(reader, at, "include-none", "files cannot be imported here");
    if (set->file_count >= DT_LIMIT_FILES)
        return DT_REFUSE(reader, at, "include-depth", "more than %u files", DT_LIMIT_FILES);
    enum dt_err err = set->loader.load(set->loader.ctx, path, &text);
    if (err)
        return DT_REFUSE(reader, at, "include-missing", "%.*s: %s", DT_SLICE_FMT(path),
                         dt_err_message(err));
    struct dt_reader lines;
    if (!dt_reader_open(set, reader, path, text, &lines))
        return false;
    while (dt_reader_next(&lines)) {
    } /* so that lines are found by their numbers */
    return dt_caddy_lex(caddy, lines.file, &tokens, &count) &&
           import_tokens(parse, import, tokens, count, top, tail);
}

static bool import_node(struct parse *parse, const struct dt_caddy_node *node, bool top,
                        struct dt_caddy_node ***tail)
{
    if (node->count < 2 || !node->tokens[1].text.len || node->block)
        return DT_CADDY_REFUSE(parse->caddy, node->tokens, "caddy-import",
                               "an import names a snippet or a file");
    for (const struct dt_caddy_snippet *s = parse->caddy->snippets; s; s = s->next)
        if (dt_slice_eq(s->name, node->tokens[1].text))
            return import_tokens(parse, node, s->tokens, s->count, top, tail);
    return import_file(parse, node, top, tail);
}

/* ---- Lines ---- */

static bool is_brace(const struct dt_caddy_token *token, char c)
{
    return token->text.len == 1 && token->text.ptr[0] == c;
}

/* Is the site's list of addresses continued on the next line? */
static bool goes_on(const struct dt_caddy_token *token, bool top)
{
    return top && token->text.len && token->text.ptr[token->text.len - 1] == ',';
}

/* The tokens of one line, and whether a block follows. */
static struct dt_caddy_node *line(struct parse *parse, bool top)
{
    struct dt_caddy_node *node = dt_caddy_new(parse->caddy, sizeof *node);
    if (!node)
        return NULL;
    node->tokens = &parse->tokens[parse->at];
    while (parse->at < parse->count) {
        const struct dt_caddy_token *token = &parse->tokens[parse->at];
        const struct dt_caddy_token *before = node->count ? token - 1 : NULL;
        if (before && !same_line(before, token) && !goes_on(before, top))
            break;
        bool last = parse->at + 1 == parse->count || !same_line(token, token + 1);
        if (is_brace(token, '{') && (last || !node->count)) {
            node->block = true;
            parse->at++;
            break;
        }
        if (is_brace(token, '}') && !node->count)
            break;
        parse->at++;
        if (token->text.len == 2 && !token->quoted && dt_caddy_is_text(token, "{}") && last) {
            node->block = true; /* an empty one, as later versions take it */
            break;
        }
        node->count++;
    }
    return node;
}

static bool block(struct parse *parse, struct dt_caddy_node *node)
{
    struct dt_caddy_node **tail = &node->children;
    const struct dt_caddy_token *open = &parse->tokens[parse->at - 1];
    if (dt_caddy_is_text(open, "{}"))
        return true;
    if (parse->depth >= DT_CADDY_DEPTH)
        return DT_CADDY_REFUSE(parse->caddy, open, "caddy-block", "blocks nest too deep");
    parse->depth++;
    bool fine = nodes(parse, false, &tail);
    parse->depth--;
    if (!fine)
        return false;
    if (parse->at == parse->count)
        return DT_CADDY_REFUSE(parse->caddy, open, "caddy-block", "a block that is not closed");
    parse->at++;
    return true;
}

/* A snippet keeps its tokens: they are read where it is imported. */
static bool snippet(struct parse *parse, const struct dt_caddy_node *node)
{
    struct dt_caddy *caddy = parse->caddy;
    struct dt_caddy_snippet *made = dt_caddy_new(caddy, sizeof *made);
    struct dt_slice name = node->tokens[0].text;
    size_t from = parse->at, nesting = 1;
    if (!made)
        return false;
    for (; parse->at < parse->count; parse->at++) {
        const struct dt_caddy_token *token = &parse->tokens[parse->at];
        nesting += is_brace(token, '{');
        nesting -= is_brace(token, '}');
        if (!nesting)
            break;
    }
    if (nesting)
        return DT_CADDY_REFUSE(caddy, node->tokens, "caddy-block", "a snippet that is not closed");
    *made = (struct dt_caddy_snippet){dt_slice_of(name.ptr + 1, name.len - 2), &parse->tokens[from],
                                      parse->at - from, caddy->snippets};
    caddy->snippets = made;
    parse->at++;
    return true;
}

static bool is_snippet(const struct dt_caddy_node *node)
{
    struct dt_slice name = node->count == 1 ? node->tokens[0].text : DT_SLICE_NONE;
    return node->block && name.len > 1 && name.ptr[0] == '(' && name.ptr[name.len - 1] == ')';
}

/* Lines up to the end, or to the brace that closes the block. */
static bool nodes(struct parse *parse, bool top, struct dt_caddy_node ***tail)
{
    while (parse->at < parse->count && !parse->caddy->reader->set->err) {
        if (is_brace(&parse->tokens[parse->at], '}'))
            return true;
        struct dt_caddy_node *node = line(parse, top);
        if (!node)
            return false;
        if (top && is_snippet(node)) {
            if (!snippet(parse, node))
                return false;
            continue;
        }
        if (dt_caddy_named(node, "import") && !node->tokens[0].quoted) {
            if (!import_node(parse, node, top, tail))
                return false;
            continue;
        }
        if (node->block && !block(parse, node))
            return false;
        **tail = node;
        *tail = &node->next;
    }
    return !parse->caddy->reader->set->err;
}

bool dt_caddy_tree(struct dt_caddy *caddy, const struct dt_caddy_token *tokens, size_t count,
                   struct dt_caddy_node **ret)
{
    struct parse parse = {caddy, tokens, count, 0, 0};
    struct dt_caddy_node *list = NULL, **tail = &list;
    if (!nodes(&parse, true, &tail))
        return false;
    if (parse.at < count)
        return DT_CADDY_REFUSE(caddy, &tokens[parse.at], "caddy-block",
                               "closes no block that is open");
    /* Without braces the first line is the only site, and all others are its directives. */
    struct dt_caddy_node *first = list;
    while (first && !first->count)
        first = first->next;
    if (first && !first->block) {
        first->children = first->next;
        first->next = NULL;
        first->block = true;
    }
    *ret = list;
    return true;
}
