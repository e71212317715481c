/* SPDX-License-Identifier: MIT
 *
 * Tokens and expressions as Caddy reads them. A token ends at a blank unless it begins with a
 * quote; in double quotes a backslash stands for itself but before a quote, between backquotes
 * everything does. Expressions are RE2's (Go's regexp), which has no look-around, no references
 * and nothing possessive.
 */
#include "rules/dialects/caddy/caddy_write.h"

struct dt_slice dt_caddy_kept(struct dt_write *write, struct dt_buf *buf)
{
    struct dt_slice kept = DT_SLICE_NONE;
    if (dt_buf_err(buf))
        dt_buf_str(&write->out, ""); /* the main buffer's error is what the driver looks at */
    if (buf->len)
        kept = dt_arena_copy(&write->arena, dt_buf_slice(buf));
    if ((buf->len && !kept.ptr) || dt_buf_err(buf))
        write->out.err = DT_ERR_NOMEM;
    dt_buf_release(buf);
    return kept;
}

void dt_caddy_token(struct dt_buf *out, struct dt_slice text)
{
    bool blank = !text.len || memchr(text.ptr, ' ', text.len) || memchr(text.ptr, '\t', text.len);
    bool first = text.len && strchr("\"`#", text.ptr[0]);
    bool brace = text.len == 1 && strchr("{}", text.ptr[0]);
    if (!blank && !first && !brace) {
        dt_buf_put(out, text);
        return;
    }
    bool back = text.len && memchr(text.ptr, '"', text.len) && !memchr(text.ptr, '`', text.len);
    dt_buf_char(out, back ? '`' : '"');
    for (size_t i = 0; i < text.len; i++) {
        if (!back && text.ptr[i] == '"')
            dt_buf_char(out, '\\');
        dt_buf_char(out, text.ptr[i]);
    }
    dt_buf_char(out, back ? '`' : '"');
}

/* How a group that begins "(?" goes on: what RE2 has is copied. 0: it has none. */
static size_t group_len(struct dt_slice rest, struct dt_buf *out)
{
    size_t at = 2;
    if (dt_slice_starts(rest, DT_S("(?P<")))
        return dt_buf_str(out, "(?P<"), 4;
    if (dt_slice_starts(rest, DT_S("(?<")) && rest.len > 3 && !strchr("=!", rest.ptr[3]))
        return dt_buf_str(out, "(?P<"), 3;
    while (at < rest.len && strchr("imsU-", rest.ptr[at]))
        at++;
    if (at == rest.len || !strchr(":)", rest.ptr[at]) || memchr(rest.ptr, 'U', at))
        return 0;
    dt_buf_put(out, dt_slice_of(rest.ptr, at + 1));
    return at + 1;
}

static bool has_escape(char c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return !letter || strchr("dDwWsSbBzAQEnrtfvax", c);
}

/* A quantifier that takes what it has and gives nothing back. */
static bool possessive(struct dt_slice rest)
{
    return rest.len > 1 && strchr("*+?}", rest.ptr[0]) && rest.ptr[1] == '+';
}

bool dt_caddy_re2(struct dt_slice expression, struct dt_buf *out)
{
    bool class = false;
    for (size_t at = 0; at < expression.len;) {
        struct dt_slice rest = dt_slice_from(expression, at);
        char c = rest.ptr[0];
        size_t len = 1;
        if (c == '\\' && rest.len > 1) {
            if (!has_escape(rest.ptr[1]))
                return false;
            len = 2;
        } else if (class) {
            class = c != ']';
        } else if (c == '[') {
            class = true;
            len += dt_slice_starts(rest, DT_S("[^"));
            len += len < rest.len && rest.ptr[len] == ']';
        } else if (dt_slice_starts(rest, DT_S("(*")) || possessive(rest)) {
            return false;
        } else if (dt_slice_starts(rest, DT_S("(?"))) {
            len = group_len(rest, out);
            if (!len)
                return false;
            at += len;
            continue;
        }
        if (class && dt_slice_starts(rest, DT_S("[:"))) {
            const char *end = memmem(rest.ptr, rest.len, ":]", 2);
            len = end ? (size_t)(end - rest.ptr) + 2 : len;
        }
        dt_buf_put(out, dt_slice_of(rest.ptr, len));
        at += len;
    }
    return true;
}
