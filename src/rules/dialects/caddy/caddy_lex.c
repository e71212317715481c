/* SPDX-License-Identifier: MIT
 *
 * Tokens, as Caddy's lexer cuts them: a token ends at white space; one that begins with a quote or
 * a backquote ends at the next; in double quotes a backslash before a quote makes it one of the
 * text; a backslash at the end of a line joins the next to it; "#" begins a comment where a token
 * could begin. Heredocs came with Caddy 2.7: "<<NAME" at the end of a line is read as one.
 */
#include "rules/dialects/caddy/caddy.h"

#include "rules/read/native_scan.h"
#include <stdlib.h>

struct lex {
    struct dt_caddy *caddy;
    uint32_t file;
    struct dt_slice text;
    size_t at;
    uint32_t line, row; /* row: as Caddy counts, where joined lines are one */
    uint32_t skipped;
    size_t line_start;
    struct dt_caddy_token *tokens;
    size_t count, cap;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static void newline(struct lex *lex)
{
    lex->line++;
    lex->line_start = lex->at + 1;
}

static struct dt_caddy_token *add(struct lex *lex)
{
    void *mem = lex->tokens;
    if (!dt_grow(&mem, lex->count, &lex->cap, sizeof *lex->tokens)) {
        dt_reader_nomem(lex->caddy->reader);
        return NULL;
    }
    lex->tokens = mem;
    struct dt_caddy_token *token = &lex->tokens[lex->count++];
    *token = (struct dt_caddy_token){
        .file = lex->file,
        .line = lex->line,
        .col = (uint32_t)(lex->at - lex->line_start) + 1,
        .row = lex->row,
        .last = lex->row,
    };
    return token;
}

static bool finish(struct lex *lex, struct dt_caddy_token *token, struct dt_buf *text, size_t from)
{
    size_t line_end = from;
    while (line_end < lex->at && lex->text.ptr[line_end] != '\n')
        line_end++;
    token->span = (uint32_t)(line_end - from);
    token->text = dt_caddy_keep(lex->caddy, text);
    return !lex->caddy->reader->set->err;
}

/* A token in quotes; the lexer stands at the first. */
static bool quoted(struct lex *lex, char quote)
{
    size_t from = lex->at++;
    struct dt_buf text;
    lex->at--;
    struct dt_caddy_token *token = add(lex);
    if (!token)
        return false;
    lex->at++;
    token->quoted = true;
    dt_buf_init(&text, DT_CADDY_TOKENS);
    for (; lex->at < lex->text.len && lex->text.ptr[lex->at] != quote; lex->at++) {
        char c = lex->text.ptr[lex->at];
        bool escape = c == '\\' && quote == '"' && lex->at + 1 < lex->text.len;
        if (escape && lex->text.ptr[lex->at + 1] != '"') {
            dt_buf_char(&text, c);
            c = lex->text.ptr[++lex->at];
        } else if (escape) {
            c = lex->text.ptr[++lex->at];
        }
        if (c == '\n') {
            newline(lex);
            lex->row++;
        }
        dt_buf_char(&text, c);
    }
    token->last = lex->row;
    bool closed = lex->at < lex->text.len;
    lex->at += closed;
    if (!finish(lex, token, &text, from))
        return false;
    return closed ||
           DT_CADDY_REFUSE(lex->caddy, token, "caddy-quote", "a quote that is not closed");
}

/* A line of text without its leading blanks, up to as many as the end mark has. */
static void put_line(struct dt_buf *text, struct dt_slice line, size_t indent)
{
    size_t at = 0;
    while (at < line.len && at < indent && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
        at++;
    dt_buf_put(text, dt_slice_from(line, at));
}

/* What stands up to the line that is the mark; the lexer stands behind "<<MARK". */
static bool heredoc(struct lex *lex, struct dt_caddy_token *token, struct dt_slice mark)
{
    size_t begin = lex->at + 1, at = begin, indent = 0, end = 0;
    bool found = false;
    while (at < lex->text.len && !found) {
        const char *stop = memchr(lex->text.ptr + at, '\n', lex->text.len - at);
        size_t next = stop ? (size_t)(stop - lex->text.ptr) : lex->text.len;
        struct dt_slice line = dt_slice_of(lex->text.ptr + at, next - at);
        size_t blanks = 0;
        while (blanks < line.len && (line.ptr[blanks] == ' ' || line.ptr[blanks] == '\t'))
            blanks++;
        struct dt_slice rest = dt_slice_from(line, blanks);
        found =
            dt_slice_starts(rest, mark) && (rest.len == mark.len || is_space(rest.ptr[mark.len]));
        indent = blanks;
        end = at;
        at = found ? at + blanks + mark.len : next + 1;
    }
    if (!found)
        return DT_CADDY_REFUSE(lex->caddy, token, "caddy-quote", "a heredoc without its end");
    struct dt_buf text;
    dt_buf_init(&text, DT_CADDY_TOKENS);
    for (size_t i = begin; i < end;) {
        const char *stop = memchr(lex->text.ptr + i, '\n', end - i);
        size_t next = (size_t)(stop - lex->text.ptr);
        put_line(&text, dt_slice_of(lex->text.ptr + i, next - i), indent);
        dt_buf_str(&text, next + 1 < end ? "\n" : "");
        i = next + 1;
    }
    for (; lex->at < at; lex->at++) {
        if (lex->text.ptr[lex->at] != '\n')
            continue;
        newline(lex);
        lex->row++;
    }
    token->quoted = true;
    token->last = lex->row;
    token->text = dt_caddy_keep(lex->caddy, &text);
    return !lex->caddy->reader->set->err;
}

static bool word(struct lex *lex)
{
    size_t from = lex->at;
    struct dt_caddy_token *token = add(lex);
    if (!token)
        return false;
    while (lex->at < lex->text.len && !is_space(lex->text.ptr[lex->at])) {
        bool joins = lex->text.ptr[lex->at] == '\\' && lex->at + 1 < lex->text.len &&
                     lex->text.ptr[lex->at + 1] == '\n';
        if (joins)
            break;
        lex->at++;
    }
    token->text = dt_slice_of(lex->text.ptr + from, lex->at - from);
    token->span = (uint32_t)token->text.len;
    bool ends = lex->at < lex->text.len && lex->text.ptr[lex->at] == '\n';
    if (token->text.len > 2 && ends && dt_slice_starts(token->text, DT_S("<<")))
        return heredoc(lex, token, dt_slice_from(token->text, 2));
    if (memmem(token->text.ptr, token->text.len, "{$", 2))
        return DT_CADDY_REFUSE(lex->caddy, token, "caddy-env",
                               "what the environment says is not known here");
    return true;
}

static bool next(struct lex *lex)
{
    char c = lex->text.ptr[lex->at];
    if (c == '\n') {
        newline(lex);
        lex->row++;
        lex->at++;
        return true;
    }
    if (c == '\\' && lex->at + 1 < lex->text.len && lex->text.ptr[lex->at + 1] == '\n') {
        lex->at++;
        newline(lex);
        lex->at++;
        return true;
    }
    if (is_space(c)) {
        lex->at++;
        return true;
    }
    if (c == '#') {
        while (lex->at < lex->text.len && lex->text.ptr[lex->at] != '\n')
            lex->at++;
        return true;
    }
    return c == '"' || c == '`' ? quoted(lex, c) : word(lex);
}

bool dt_caddy_lex(struct dt_caddy *caddy, uint32_t file, const struct dt_caddy_token **ret,
                  size_t *ret_count)
{
    struct lex lex = {.caddy = caddy, .file = file, .line = 1, .row = 1};
    bool fine = true;
    lex.text = caddy->reader->set->files[file].text;
    while (fine && lex.at < lex.text.len)
        fine = next(&lex);
    struct dt_caddy_token *kept = dt_caddy_new(caddy, (lex.count + 1) * sizeof *kept);
    if (kept && lex.count)
        memcpy(kept, lex.tokens, lex.count * sizeof *kept);
    free(lex.tokens);
    *ret = kept;
    *ret_count = lex.count;
    return fine && kept;
}
