/* SPDX-License-Identifier: MIT
 *
 * Words as Apache reads them back: see apache_words.c for the other way.
 */
#include "rules/dialects/apache/apache_write.h"
#include "rules/read/native_scan.h"

void dt_apache_put_word(struct dt_buf *out, struct dt_slice text)
{
    bool quoted = text.len == 0 || text.ptr[0] == '"' || text.ptr[0] == '\'' ||
                  text.ptr[text.len - 1] == '\\' || memchr(text.ptr, ' ', text.len) ||
                  memchr(text.ptr, '\t', text.len) || memchr(text.ptr, '"', text.len);
    if (quoted)
        dt_buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : '\\';
        if ((c == '\\' && (next == '\\' || next == '"')) || (quoted && c == '"'))
            dt_buf_char(out, '\\');
        dt_buf_char(out, c);
    }
    if (quoted)
        dt_buf_char(out, '"');
}

void dt_apache_put_raw_word(struct dt_buf *out, struct dt_slice text)
{
    bool twice = text.len && memchr(text.ptr, '"', text.len);
    bool quoted = text.len == 0 || twice || text.ptr[0] == '\'' ||
                  memchr(text.ptr, ' ', text.len) || memchr(text.ptr, '\t', text.len);
    bool both = twice && memchr(text.ptr, '\'', text.len);
    char quote = twice && !both ? '\'' : '"';
    if (quoted)
        dt_buf_char(out, quote);
    for (size_t i = 0; i < text.len; i++) {
        if (both && text.ptr[i] == '"')
            dt_buf_str(out, "\\x22");
        else
            dt_buf_char(out, text.ptr[i]);
    }
    if (quoted)
        dt_buf_char(out, quote);
}

void dt_apache_put_literal(struct dt_buf *out, struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : 0;
        bool special = (c == '$' || c == '%') && (dt_is_digit(next) || next == '{');
        if (special || c == '\\')
            dt_buf_char(out, '\\');
        dt_buf_char(out, c);
    }
}

void dt_apache_put_cond(struct dt_buf *out, const char *test, struct dt_slice pattern,
                        const char *flags)
{
    dt_buf_printf(out, "RewriteCond %s ", test);
    dt_apache_put_raw_word(out, pattern);
    if (flags[0])
        dt_buf_printf(out, " [%s]", flags);
    dt_buf_char(out, '\n');
}

/* T_OS_ESCAPE_PATH of httpd's gen_test_char.c. */
bool dt_apache_is_odd(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!dt_is_alpha(text.ptr[i]) && !dt_is_digit(text.ptr[i]) &&
            !(text.ptr[i] && strchr("$-_.+!*'(),:@&=/~", text.ptr[i])))
            return true;
    return false;
}
