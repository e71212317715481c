/* SPDX-License-Identifier: MIT
 *
 * Rule files come from anywhere, and what they say is shown on somebody's terminal: an escape
 * sequence in a comment must not be obeyed there, and a caret must stand below the byte it means
 * although characters have one, two or no columns.
 */
#include "cli/text.h"

#include <stdbool.h>

size_t dt_text_char(struct dt_slice text, uint32_t *ret_char)
{
    unsigned char lead = (unsigned char)text.ptr[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char BITS[] = {0, 0x7F, 0x1F, 0x0F, 0x07};

    *ret_char = UINT32_MAX;
    if (len == 0 || len > text.len || lead > 0xF4)
        return 1;
    uint32_t c = lead & BITS[len];
    for (size_t i = 1; i < len; i++) {
        unsigned char next = (unsigned char)text.ptr[i];
        if ((next & 0xC0) != 0x80)
            return 1;
        c = c << 6 | (next & 0x3Fu);
    }
    if (c < LEAST[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 1;
    *ret_char = c;
    return len;
}

/* Controls, line and paragraph separators, and the marks that reverse what a reader sees. */
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           c == UINT32_MAX;
}

/* Good enough for a caret: combining marks take none, East Asian wide characters and most emoji
 * two. */
static size_t columns_of(uint32_t c)
{
    if (is_unsafe(c))
        return 1;
    if ((c >= 0x300 && c <= 0x36F) || (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F))
        return 0;
    bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF && c != 0x303F) ||
                (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
                (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
                (c >= 0x20000 && c <= 0x3FFFD);
    return wide ? 2 : 1;
}

size_t dt_text_columns(struct dt_slice text)
{
    size_t columns = 0;
    while (text.len) {
        uint32_t c;
        size_t len = dt_text_char(text, &c);
        columns += columns_of(c);
        text = dt_slice_from(text, len);
    }
    return columns;
}

void dt_text_safe(FILE *out, struct dt_slice text)
{
    while (text.len) {
        uint32_t c;
        size_t len = dt_text_char(text, &c);
        if (c == '\t')
            fputc(' ', out);
        else if (is_unsafe(c))
            fputc('?', out);
        else
            fwrite(text.ptr, 1, len, out);
        text = dt_slice_from(text, len);
    }
}

void dt_text_wrap(FILE *out, struct dt_slice text, size_t at, size_t indent)
{
    bool first = true;
    size_t from = 0;
    while (from < text.len) {
        size_t to = from;
        while (to < text.len && text.ptr[to] != ' ')
            to++;
        struct dt_slice word = dt_slice_of(text.ptr + from, to - from);
        size_t columns = dt_text_columns(word);
        if (!first && at + 1 + columns > DT_TEXT_COLUMNS - 1) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        dt_text_safe(out, word);
        at += columns;
        first = false;
        from = to + 1;
    }
    fputc('\n', out);
}

struct dt_count dt_count_text(uint64_t number)
{
    struct dt_count count;
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    size_t to = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            count.text[to++] = ',';
        count.text[to++] = digits[i];
    }
    count.text[to] = '\0';
    return count;
}

void dt_print_count(FILE *out, uint64_t number, const char *noun)
{
    fprintf(out, "%s %s%s", dt_count_text(number).text, noun, number == 1 ? "" : "s");
}
