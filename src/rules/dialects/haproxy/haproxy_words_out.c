/* SPDX-License-Identifier: MIT
 *
 * Words of HAProxy's configuration. A line is cut into words, which loses one layer of quotes and
 * backslashes; what stands in brackets behind a converter is cut again, and loses another. So a
 * word is written in single quotes, in which nothing is lost, and an argument in it in double
 * quotes.
 */
#include "rules/dialects/haproxy/haproxy_out.h"

static bool is_plain(struct dt_slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (strchr(" \t#'\"\\", word.ptr[i]))
            return false;
    return word.len > 0;
}

void dt_haproxy_put_word(struct dt_buf *out, struct dt_slice word)
{
    if (is_plain(word)) {
        dt_buf_put(out, word);
        return;
    }
    dt_buf_char(out, '\'');
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\'')
            dt_buf_str(out, "'\\''");
        else
            dt_buf_char(out, word.ptr[i]);
    }
    dt_buf_char(out, '\'');
}

void dt_haproxy_put_format(struct dt_buf *out, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%')
            dt_buf_char(out, '%');
        dt_buf_char(out, text.ptr[i]);
    }
}

/* In an argument a backslash is lost only in front of these. */
static void put_argument(struct dt_buf *out, struct dt_slice text)
{
    dt_buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : '"';
        if (c == '"' || (c == '\\' && strchr("\\\"' nrt", next)))
            dt_buf_char(out, '\\');
        dt_buf_char(out, c);
    }
    dt_buf_char(out, '"');
}

void dt_haproxy_put_regsub(struct dt_buf *out, struct dt_slice regex, const char *with,
                           const char *flags)
{
    dt_buf_str(out, "regsub(");
    put_argument(out, regex);
    dt_buf_char(out, ',');
    put_argument(out, dt_slice_str(with));
    dt_buf_str(out, *flags ? "," : "");
    dt_buf_str(out, flags);
    dt_buf_char(out, ')');
}

struct dt_slice dt_haproxy_kept(struct dt_haproxy_out *out, struct dt_buf *buf)
{
    struct dt_slice kept = dt_arena_copy(&out->write->arena, dt_buf_slice(buf));
    enum dt_err err = dt_buf_err(buf);
    if (err == DT_OK && buf->len && !kept.ptr)
        err = DT_ERR_NOMEM;
    if (err && !out->body.err)
        out->body.err = err;
    dt_buf_release(buf);
    return err ? DT_SLICE_NONE : kept;
}
