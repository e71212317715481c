/* SPDX-License-Identifier: MIT
 *
 * Lines, words and expressions as HAProxy cuts them (configuration manual, section 2.2): quotes and
 * backslashes are undone once for words, and once more for what stands in a converter's brackets.
 */
#include "rules/dialects/haproxy/haproxy.h"

#include "rules/read/native_scan.h"

void dt_haproxy_go_to(struct dt_haproxy *haproxy, uint32_t file, uint32_t line)
{
    struct dt_reader *reader = haproxy->reader;
    reader->file = file;
    reader->line = line;
    reader->text = dt_ruleset_line(reader->set, file, line);
}

bool dt_haproxy_refuse(struct dt_haproxy *haproxy, struct dt_slice at, const char *name,
                       const char *why)
{
    return DT_REFUSE(haproxy->reader, at, name, "%s", why);
}

bool dt_haproxy_keep(struct dt_haproxy *haproxy, struct dt_buf *buf, struct dt_slice *ret)
{
    struct dt_reader *reader = haproxy->reader;
    bool fine = true;
    if (dt_buf_err(buf) == DT_ERR_LIMIT) {
        fine = DT_REFUSE(reader, reader->text, "line-long", "too long when written out");
    } else {
        char *mem = dt_buf_err(buf) ? NULL : dt_arena_alloc(&reader->set->arena, buf->len + 1);
        fine = mem || dt_reader_nomem(reader);
        if (mem && buf->len)
            memcpy(mem, buf->ptr, buf->len);
        *ret = dt_slice_of(mem, mem ? buf->len : 0);
    }
    dt_buf_release(buf);
    return fine;
}

/* ---- Words ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int hex(char c)
{
    return dt_is_digit(c)                           ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

/* A backslash at *at; *at moves behind what it escapes. */
static char unescape(struct dt_slice line, size_t *at)
{
    char c = line.ptr[*at + 1];
    *at += 2;
    if (c == 'x' && *at + 1 < line.len && hex(line.ptr[*at]) >= 0 && hex(line.ptr[*at + 1]) >= 0) {
        c = (char)(hex(line.ptr[*at]) * 16 + hex(line.ptr[*at + 1]));
        *at += 2;
        return c;
    }
    return (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
}

/* One word from *at on, into mem. False when a quote is left open, or asks for the environment. */
static bool cut_word(struct dt_haproxy *haproxy, struct dt_slice line, size_t *at, char *mem,
                     struct dt_slice *ret)
{
    size_t len = 0, from = *at;
    char quote = 0;
    for (; *at < line.len;) {
        char c = line.ptr[*at];
        if (!quote && (is_blank(c) || c == '#'))
            break;
        if (quote == '"' && c == '$')
            return dt_haproxy_refuse(haproxy, dt_slice_of(line.ptr + *at, 1), "haproxy-environment",
                                     "a variable of the environment, which is not known here");
        if (c == quote || (!quote && (c == '"' || c == '\''))) {
            quote = quote ? 0 : c;
            ++*at;
        } else if (c == '\\' && quote != '\'' && *at + 1 < line.len) {
            mem[len++] = unescape(line, at);
        } else {
            mem[len++] = c;
            ++*at;
        }
    }
    if (quote)
        return dt_haproxy_refuse(haproxy, dt_slice_from(line, from), "haproxy-quote",
                                 "a quote that is not closed");
    /* What is as it stands in the file keeps its place, for messages. */
    bool same = len == *at - from && memcmp(mem, line.ptr + from, len) == 0;
    *ret = dt_slice_of(same ? line.ptr + from : mem, len);
    return true;
}

static bool cut_words(struct dt_haproxy *haproxy, struct dt_slice line,
                      struct dt_haproxy_words *ret)
{
    char *mem = dt_arena_alloc(&haproxy->reader->set->arena, line.len + 1);
    ret->count = 0;
    if (!mem)
        return dt_reader_nomem(haproxy->reader);
    for (size_t at = 0;;) {
        while (at < line.len && is_blank(line.ptr[at]))
            at++;
        if (at == line.len || line.ptr[at] == '#')
            return true;
        if (ret->count == DT_HAPROXY_WORDS)
            return dt_haproxy_refuse(haproxy, line, "line-long", "more words than HAProxy reads");
        size_t from = at;
        if (!cut_word(haproxy, line, &at, mem, &ret->list[ret->count]))
            return false;
        ret->count++;
        mem += at - from;
    }
}

bool dt_haproxy_line(struct dt_haproxy *haproxy, struct dt_haproxy_words *ret)
{
    struct dt_reader *reader = haproxy->reader;
    for (;;) {
        reader->line = haproxy->last_line;
        if (!dt_reader_next(reader))
            return false;
        struct dt_slice line = reader->text;
        haproxy->last_line = reader->line;
        if (dt_reader_check_text(reader, line, dt_scan_bits(line)) &&
            cut_words(haproxy, line, ret) && ret->count)
            return true;
        if (reader->set->err)
            return false;
    }
}

/* ---- Expressions ---- */

/* An argument, up to "," or ")". */
static bool cut_argument(struct dt_haproxy *haproxy, struct dt_slice text, size_t *at,
                         struct dt_slice *ret)
{
    char *mem = haproxy->argument, quote = 0;
    size_t len = 0;
    for (; *at < text.len && len < DT_LIMIT_LINE; ++*at) {
        char c = text.ptr[*at], next = *at + 1 < text.len ? text.ptr[*at + 1] : 0;
        if (!quote && (c == ',' || c == ')'))
            break;
        if (c == quote || (!quote && (c == '"' || c == '\''))) {
            quote = quote ? 0 : c;
            continue;
        }
        if (c == '\\' && quote != '\'' && next && strchr("\\\"' nrt", next)) {
            c = (char)(next == 'n' ? '\n' : next == 'r' ? '\r' : next == 't' ? '\t' : next);
            ++*at;
        }
        mem[len++] = c;
    }
    *ret = dt_arena_copy(&haproxy->reader->set->arena, dt_slice_of(mem, len));
    if (len && !ret->ptr)
        return dt_reader_nomem(haproxy->reader);
    return *at < text.len && !quote;
}

static bool cut_call(struct dt_haproxy *haproxy, struct dt_slice text, size_t *at,
                     struct dt_haproxy_call *ret)
{
    size_t from = *at;
    while (*at < text.len && (dt_is_word(text.ptr[*at]) || text.ptr[*at] == '.' ||
                              text.ptr[*at] == '-' || text.ptr[*at] == '$'))
        ++*at;
    *ret = (struct dt_haproxy_call){.name = dt_slice_of(text.ptr + from, *at - from)};
    if (*at == text.len || text.ptr[*at] != '(')
        return ret->name.len > 0;
    do {
        struct dt_slice arg;
        ++*at;
        if (!cut_argument(haproxy, text, at, &arg))
            return false;
        if (ret->nargs < DT_HAPROXY_ARGS)
            ret->args[ret->nargs++] = arg;
    } while (text.ptr[*at] == ',');
    ++*at;
    return ret->name.len > 0;
}

bool dt_haproxy_parse(struct dt_haproxy *haproxy, struct dt_slice text, size_t *at,
                      struct dt_haproxy_expression *ret)
{
    size_t from = *at;
    ret->count = 0;
    do {
        *at += ret->count > 0;
        if (ret->count == DT_HAPROXY_CALLS || !cut_call(haproxy, text, at, &ret->calls[ret->count]))
            return dt_haproxy_refuse(haproxy, dt_slice_from(text, from), "haproxy-expression",
                                     "not an expression that can be read");
        ret->count++;
    } while (*at < text.len && text.ptr[*at] == ',');
    ret->text = dt_slice_of(text.ptr + from, *at - from);
    return true;
}
