/* SPDX-License-Identifier: MIT
 *
 * Lines and words as Apache's ap_cfg_getline and ap_getword_conf cut them: a backslash at the end
 * of a line takes the next one in, in comments too; a word in quotes may have blanks; "\\" is a
 * backslash everywhere, and in quotes so is the quote behind one a quote. mod_rewrite cuts its
 * words itself, and leaves every backslash where it is.
 */
#include "rules/dialects/apache/apache.h"
#include "rules/read/native_scan.h"

#define LONGEST (64u << 10)

void dt_apache_go_to(struct dt_apache *apache, uint32_t line)
{
    struct dt_reader *reader = apache->reader;
    reader->line = line;
    reader->text = dt_ruleset_line(reader->set, reader->file, line);
}

bool dt_apache_keep(struct dt_apache *apache, struct dt_buf *buf, struct dt_slice at,
                    struct dt_slice *ret)
{
    struct dt_reader *reader = apache->reader;
    bool fine = true;
    if (dt_buf_err(buf) == DT_ERR_LIMIT) {
        fine = DT_REFUSE(reader, at, "line-long", "too long when written out");
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

static bool continued(struct dt_slice line)
{
    return line.len && line.ptr[line.len - 1] == '\\';
}

/* The reader stands at a line that ends with a backslash. */
static bool join(struct dt_apache *apache, struct dt_slice *ret)
{
    struct dt_reader *reader = apache->reader;
    struct dt_buf buf;
    dt_buf_init(&buf, LONGEST);
    bool more;
    do {
        struct dt_slice line = reader->text;
        more = continued(line);
        line.len -= more;
        dt_buf_put(&buf, line);
    } while (more && dt_reader_next(reader));
    return dt_apache_keep(apache, &buf, DT_SLICE_NONE, ret);
}

bool dt_apache_line(struct dt_apache *apache, struct dt_slice *ret)
{
    struct dt_reader *reader = apache->reader;
    reader->line = apache->last_line;
    if (!dt_reader_next(reader))
        return false;
    uint32_t first = reader->line;
    struct dt_slice line = reader->text;
    if (continued(line)) {
        bool fine = join(apache, &line);
        apache->last_line = reader->line;
        dt_apache_go_to(apache, first);
        if (!fine)
            line = DT_SLICE_NONE;
    } else {
        apache->last_line = first;
    }
    *ret = dt_scan_trim(line);
    return !reader->set->err;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The word's bytes without the backslashes that are not theirs. */
static bool unescape(struct dt_apache *apache, struct dt_slice word, char quote,
                     struct dt_slice *ret)
{
    *ret = word;
    if (!word.len || !memchr(word.ptr, '\\', word.len))
        return true;
    char *mem = dt_arena_alloc(&apache->reader->set->arena, word.len);
    size_t len = 0;
    if (!mem)
        return dt_reader_nomem(apache->reader);
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\\' && i + 1 < word.len &&
            (word.ptr[i + 1] == '\\' || (quote && word.ptr[i + 1] == quote)))
            i++;
        mem[len++] = word.ptr[i];
    }
    if (len < word.len)
        *ret = dt_slice_of(mem, len);
    return true;
}

/* parseargline of mod_rewrite: a backslash keeps the blank behind it, and stays itself. */
bool dt_apache_raw_word(struct dt_slice *line, struct dt_slice *ret)
{
    *line = dt_scan_trim(*line);
    if (line->len == 0)
        return false;
    char quote = line->ptr[0] == '"' || line->ptr[0] == '\'' ? line->ptr[0] : 0;
    size_t at = quote ? 1 : 0, from = at;
    while (at < line->len && (quote ? line->ptr[at] != quote : !is_blank(line->ptr[at])))
        at += line->ptr[at] == '\\' && at + 1 < line->len && is_blank(line->ptr[at + 1]) ? 2 : 1;
    *ret = dt_slice_of(line->ptr + from, at - from);
    *line = dt_scan_trim(dt_slice_from(*line, at + from));
    return true;
}

bool dt_apache_word(struct dt_apache *apache, struct dt_slice *line, struct dt_slice *ret)
{
    *line = dt_scan_trim(*line);
    if (line->len == 0)
        return false;
    char quote = line->ptr[0] == '"' || line->ptr[0] == '\'' ? line->ptr[0] : 0;
    size_t at = quote ? 1 : 0;
    while (at < line->len && (quote ? line->ptr[at] != quote : !is_blank(line->ptr[at]))) {
        bool escape = quote && line->ptr[at] == '\\' && at + 1 < line->len &&
                      (line->ptr[at + 1] == quote || line->ptr[at + 1] == '\\');
        at += escape ? 2 : 1;
    }
    struct dt_slice word = dt_slice_of(line->ptr + (quote ? 1 : 0), at - (quote ? 1 : 0));
    *line = dt_scan_trim(dt_slice_from(*line, at + (quote ? 1 : 0)));
    return unescape(apache, word, quote, ret);
}
