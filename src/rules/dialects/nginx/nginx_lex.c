/* SPDX-License-Identifier: MIT
 *
 * Words, and the blocks that they stand in. A word ends at a blank, ";" or "{", unless it is in
 * quotes; "${" is a variable's beginning and no block's. A backslash keeps the next byte from
 * meaning anything; it stays in the word, but for \" \' \\ and \t \r \n.
 */
#include "rules/dialects/nginx/nginx_lex.h"

#include "rules/read/native_scan.h"
#include <stdlib.h>

#define DEPTH_MAX 32u

struct lexer {
    struct dt_reader *reader;
    struct dt_slice text;
    size_t at;
    uint32_t line; /* of `at` */
    struct dt_nginx_word *words;
    size_t count, cap;
};

void dt_nginx_go_to(struct dt_reader *reader, const struct dt_nginx_word *word)
{
    reader->file = word->file;
    reader->line = word->line;
    reader->text = dt_ruleset_line(reader->set, word->file, word->line);
}

static bool refuse(struct lexer *lexer, size_t at, const char *message)
{
    const struct dt_nginx_word here = {.raw = {lexer->text.ptr + at, at < lexer->text.len},
                                       .file = lexer->reader->file,
                                       .line = lexer->line};
    return DT_NGINX_REFUSE(lexer->reader, &here, "nginx-syntax", "%s", message);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct lexer *lexer)
{
    while (lexer->at < lexer->text.len) {
        char c = lexer->text.ptr[lexer->at];
        if (c == '#') {
            const char *end =
                memchr(lexer->text.ptr + lexer->at, '\n', lexer->text.len - lexer->at);
            lexer->at = end ? (size_t)(end - lexer->text.ptr) : lexer->text.len;
            continue;
        }
        if (!is_blank(c))
            return;
        lexer->line += c == '\n';
        lexer->at++;
    }
}

/* ---- Words ---- */

/* The word's bytes without the backslashes that are not theirs. */
static bool unescape(struct lexer *lexer, struct dt_slice raw, struct dt_slice *ret)
{
    static const char from[] = "\"'\\trn", to[] = "\"'\\\t\r\n";
    *ret = raw;
    if (!raw.len || !memchr(raw.ptr, '\\', raw.len))
        return true;
    char *mem = dt_arena_alloc(&lexer->reader->set->arena, raw.len);
    size_t len = 0;
    if (!mem)
        return dt_reader_nomem(lexer->reader);
    for (size_t i = 0; i < raw.len; i++) {
        const char *known = NULL;
        if (raw.ptr[i] == '\\' && i + 1 < raw.len && raw.ptr[i + 1])
            known = strchr(from, raw.ptr[i + 1]);
        mem[len++] = known ? to[known - from] : raw.ptr[i];
        i += known != NULL;
    }
    *ret = dt_slice_of(mem, len);
    return true;
}

static size_t bare_end(const struct lexer *lexer)
{
    const char *p = lexer->text.ptr;
    size_t at = lexer->at;
    for (; at < lexer->text.len && !is_blank(p[at]) && p[at] != ';'; at++) {
        if (p[at] == '\\')
            at++;
        else if (p[at] == '{' && !(at > lexer->at && p[at - 1] == '$'))
            break;
    }
    return at < lexer->text.len ? at : lexer->text.len;
}

static bool quoted_end(struct lexer *lexer, char quote, size_t *ret)
{
    size_t at = lexer->at + 1;
    for (; at < lexer->text.len && lexer->text.ptr[at] != quote; at++)
        at += lexer->text.ptr[at] == '\\';
    if (at >= lexer->text.len)
        return refuse(lexer, lexer->at, "a quote that is not closed");
    char next = at + 1 < lexer->text.len ? lexer->text.ptr[at + 1] : ' ';
    *ret = at;
    return is_blank(next) || strchr(";{)", next) ||
           refuse(lexer, at, "behind a closing quote comes a blank, ; or {");
}

static bool read_word(struct lexer *lexer)
{
    char first = lexer->text.ptr[lexer->at];
    bool quoted = first == '"' || first == '\'';
    size_t from = lexer->at + quoted, end;
    void *mem = lexer->words;
    if (quoted && !quoted_end(lexer, first, &end))
        return false;
    if (!quoted)
        end = bare_end(lexer);
    if (!dt_grow(&mem, lexer->count, &lexer->cap, sizeof *lexer->words))
        return dt_reader_nomem(lexer->reader);
    lexer->words = mem;
    struct dt_slice raw = dt_slice_of(lexer->text.ptr + from, end - from);
    struct dt_nginx_word word = {
        .raw = raw, .file = lexer->reader->file, .line = lexer->line, .quoted = quoted};
    for (size_t i = 0; i < raw.len; i++)
        lexer->line += raw.ptr[i] == '\n';
    lexer->at = end + quoted;
    if (!unescape(lexer, raw, &word.text))
        return false;
    lexer->words[lexer->count++] = word;
    return true;
}

/* ---- Directives ---- */

static struct dt_nginx_dir *make(struct lexer *lexer, bool block)
{
    struct dt_arena *arena = &lexer->reader->set->arena;
    struct dt_nginx_dir *dir = dt_arena_alloc(arena, sizeof *dir);
    struct dt_nginx_word *words = dt_arena_alloc(arena, lexer->count * sizeof *words);
    if (!dir || !words) {
        dt_reader_nomem(lexer->reader);
        return NULL;
    }
    memcpy(words, lexer->words, lexer->count * sizeof *words);
    *dir = (struct dt_nginx_dir){.words = words, .count = (unsigned)lexer->count, .block = block};
    lexer->count = 0;
    return dir;
}

static bool run(struct lexer *lexer, struct dt_nginx_dir **ret)
{
    struct dt_nginx_dir **ends[DEPTH_MAX], *open[DEPTH_MAX];
    unsigned depth = 0;
    ends[0] = ret;
    *ret = NULL;
    for (skip(lexer); lexer->at < lexer->text.len; skip(lexer)) {
        char c = lexer->text.ptr[lexer->at];
        if (c == '}') {
            if (lexer->count)
                return refuse(lexer, lexer->at, "a directive without its ;");
            if (depth == 0)
                return refuse(lexer, lexer->at, "closes no block that is open");
            depth--;
            lexer->at++;
        } else if (c == ';' || c == '{') {
            struct dt_nginx_dir *dir;
            if (lexer->count == 0)
                return refuse(lexer, lexer->at, "no directive before it");
            if (!(dir = make(lexer, c == '{')))
                return false;
            *ends[depth] = dir;
            ends[depth] = &dir->next;
            lexer->at++;
            if (c == '{' && depth + 1 == DEPTH_MAX)
                return refuse(lexer, lexer->at - 1, "blocks nest too deep");
            if (c == '{') {
                open[depth++] = dir;
                ends[depth] = &dir->children;
            }
        } else if (!read_word(lexer)) {
            return false;
        }
    }
    if (lexer->count)
        return refuse(lexer, lexer->text.len, "a directive without its ;");
    if (depth) {
        const struct dt_nginx_word *word = open[depth - 1]->words;
        return DT_NGINX_REFUSE(lexer->reader, word, "nginx-syntax", "a block that is not closed");
    }
    return true;
}

bool dt_nginx_parse(struct dt_reader *reader, struct dt_nginx_dir **ret)
{
    struct lexer lexer = {
        .reader = reader,
        .text = dt_slice_of(reader->pos, (size_t)(reader->end - reader->pos)),
        .line = 1,
    };
    size_t errors = reader->set->error_count;
    while (dt_reader_next(reader)) {
        struct dt_slice line = reader->text;
        if (!dt_reader_check_text(reader, line, dt_scan_bits(line)))
            break;
    }
    bool fine = !reader->set->err && reader->set->error_count == errors && run(&lexer, ret);
    free(lexer.words);
    return fine;
}

/* ---- Other files ---- */

static bool open_file(struct dt_ruleset *set, struct dt_slice name, struct dt_slice text)
{
    void *mem = set->files;
    if (!dt_grow(&mem, set->file_count, &set->file_cap, sizeof *set->files)) {
        set->err = DT_ERR_NOMEM;
        return false;
    }
    set->files = mem;
    set->files[set->file_count++] =
        (struct dt_rule_file){.name = name, .text = text, .format = set->files[0].format};
    return true;
}

bool dt_nginx_include(struct dt_reader *reader, const struct dt_nginx_word *name,
                      struct dt_nginx_dir **ret)
{
    struct dt_ruleset *set = reader->set;
    struct dt_slice text, path;
    dt_nginx_go_to(reader, name);
    if (!set->loader.load || set->file_count >= DT_LIMIT_FILES ||
        !dt_reader_join(reader, name->text, &path))
        return false;
    path = dt_arena_copy(&set->arena, path);
    if (!path.ptr || set->loader.load(set->loader.ctx, path, &text) != DT_OK)
        return false;
    if (text.len == 0)
        text = DT_S("");
    if (!open_file(set, path, text))
        return false;
    struct dt_reader other = {.set = set,
                              .pos = text.ptr,
                              .end = text.ptr + text.len,
                              .parent = reader,
                              .depth = reader->depth + 1,
                              .file = (uint32_t)set->file_count - 1};
    return dt_nginx_parse(&other, ret);
}
