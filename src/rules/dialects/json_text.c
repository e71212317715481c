/* SPDX-License-Identifier: MIT
 *
 * The walk of json_text.h (RFC 8259). The text is known to be valid, so commas and colons say
 * nothing and are passed over like blanks; still no byte past the end is ever read.
 */
#include "rules/dialects/json_text.h"

#include <stdint.h>

/* Passes over what stands between values. */
static void skip(struct dt_slice *text)
{
    size_t at = 0;
    while (at < text->len && text->ptr[at] && strchr(" \t\r\n,:", text->ptr[at]))
        at++;
    *text = dt_slice_from(*text, at);
}

/* The length of a string, with both quotes. */
static size_t string_len(struct dt_slice text)
{
    size_t at = 1;
    while (at < text.len && text.ptr[at] != '"')
        at += text.ptr[at] == '\\' ? 2 : 1;
    return at < text.len ? at + 1 : text.len;
}

/* The length of an object or an array; no recursion, whatever its depth. */
static size_t container_len(struct dt_slice text)
{
    size_t at = 0, depth = 0;
    while (at < text.len) {
        char c = text.ptr[at];
        if (c == '"') {
            at += string_len(dt_slice_from(text, at));
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            break;
    }
    return at;
}

static size_t literal_len(struct dt_slice text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] && !strchr(" \t\r\n,:]}", text.ptr[at]))
        at++;
    return at;
}

bool dt_json_value(struct dt_slice *text, struct dt_json_value *ret)
{
    skip(text);
    if (text->len == 0 || text->ptr[0] == '}' || text->ptr[0] == ']')
        return false;
    char c = text->ptr[0];
    size_t len;
    if (c == '"')
        len = string_len(*text);
    else if (c == '{' || c == '[')
        len = container_len(*text);
    else
        len = literal_len(*text);
    if (len == 0)
        return false;
    ret->kind = (c >= '0' && c <= '9') || c == '-' ? '0' : c;
    ret->text = dt_slice_of(text->ptr, len);
    if (c == '"')
        ret->text = dt_slice_of(text->ptr + 1, len > 2 ? len - 2 : 0);
    *text = dt_slice_from(*text, len);
    return true;
}

struct dt_slice dt_json_inside(const struct dt_json_value *value)
{
    size_t len = value->text.len;
    return len < 2 ? DT_SLICE_NONE : dt_slice_of(value->text.ptr + 1, len - 2);
}

bool dt_json_member(struct dt_slice *inside, struct dt_json_value *ret_key,
                    struct dt_json_value *ret)
{
    return dt_json_value(inside, ret_key) && dt_json_value(inside, ret);
}

bool dt_json_element(struct dt_slice *inside, struct dt_json_value *ret)
{
    return dt_json_value(inside, ret);
}

/* ---- Escapes (section 7) ---- */

static unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return ((unsigned)(unsigned char)c | 0x20u) - 'a' + 10;
}

/* The four digits of "\uXXXX", whose backslash is at `at`. */
static uint32_t unit(struct dt_slice text, size_t at)
{
    uint32_t value = 0;
    for (size_t i = 2; i < 6 && at + i < text.len; i++)
        value = value << 4 | (hex_value(text.ptr[at + i]) & 15u);
    return value;
}

static size_t put_utf8(char *out, uint32_t c)
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(first[len] | c);
    return len;
}

/* Writes what the escape at `at` means; *at moves behind it. An escape is never shorter than what
 * it means. */
static size_t put_escape(char *out, struct dt_slice text, size_t *at)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char c = *at + 1 < text.len ? text.ptr[*at + 1] : '\\';
    if (c != 'u') {
        const char *known = strchr(from, c);
        out[0] = known && c ? to[known - from] : c;
        *at += 2;
        return 1;
    }
    uint32_t value = unit(text, *at);
    *at += 6;
    if (value >= 0xd800 && value < 0xdc00 && *at + 6 <= text.len) {
        value = 0x10000 + ((value - 0xd800) << 10) + ((unit(text, *at) - 0xdc00) & 0x3ff);
        *at += 6;
    }
    return put_utf8(out, value);
}

bool dt_json_decode(struct dt_arena *arena, struct dt_slice text, struct dt_slice *ret)
{
    *ret = text;
    if (!text.len || !memchr(text.ptr, '\\', text.len))
        return true;
    char *mem = dt_arena_alloc(arena, text.len);
    if (!mem)
        return false;
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        if (text.ptr[at] == '\\')
            len += put_escape(mem + len, text, &at);
        else
            mem[len++] = text.ptr[at++];
    }
    *ret = dt_slice_of(mem, len);
    return true;
}
