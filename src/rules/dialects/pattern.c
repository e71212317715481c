/* SPDX-License-Identifier: MIT
 *
 * Literal bytes of a foreign pattern, in the one normal form that requests are matched in. They go
 * through the normaliser one by one, between two letters, so that no dot is taken for a segment.
 */
#include "rules/dialects/pattern.h"

#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/regex/regex.h"
#include <detour/uri.h>

bool dt_pattern_begin(struct dt_reader *reader, struct dt_rule *rule)
{
    return dt_source_parse(reader, DT_S("/"), 0, DT_SOURCE_LITERAL, rule);
}

bool dt_pattern_all(struct dt_reader *reader, struct dt_slice name, struct dt_rule *rule)
{
    struct dt_capture_names *captures = &reader->captures;
    if (!dt_source_parse(reader, DT_S("/*"), DT_BYTE_STAR, DT_SOURCE_NATIVE, rule))
        return false;
    captures->list[captures->count - 1].name = name;
    return true;
}

struct dt_slice dt_pattern_join(struct dt_reader *reader, const struct dt_slice *parts,
                                size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    char *mem = dt_arena_alloc(&reader->set->arena, len + 1), *p = mem;
    for (size_t i = 0; mem && i < count; i++) {
        if (parts[i].len)
            memcpy(p, parts[i].ptr, parts[i].len);
        p += parts[i].len;
    }
    if (!mem)
        dt_reader_nomem(reader);
    return dt_slice_of(mem, mem ? len : 0);
}

static size_t slash_len(struct dt_slice text)
{
    return dt_slice_starts(text, DT_S("\\/")) ? 2 : dt_slice_starts(text, DT_S("/")) ? 1 : 0;
}

struct dt_slice dt_pattern_of_path(struct dt_reader *reader, struct dt_slice regex)
{
    struct dt_slice text = dt_slice_from(regex, regex.len && regex.ptr[0] == '^');
    size_t slash = slash_len(text);
    bool slashes = slash && slash_len(dt_slice_from(text, slash));
    bool http = text.len >= 4 && dt_slice_eq_nocase(dt_slice_of(text.ptr, 4), DT_S("http"));
    if (!slashes && !http)
        return regex;
    const struct dt_slice parts[] = {DT_S("(?:)"), regex};
    return dt_pattern_join(reader, parts, 2);
}

static bool is_hex(char c)
{
    return dt_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static size_t unit_len(struct dt_slice text, size_t at, bool escapes)
{
    bool escape = escapes && text.ptr[at] == '%' && at + 2 < text.len && is_hex(text.ptr[at + 1]) &&
                  is_hex(text.ptr[at + 2]);
    return escape ? 3 : 1;
}

static void put_unit(struct dt_buf *out, struct dt_slice unit)
{
    char raw[8] = "/x", normal[32], quoted[64];
    size_t len = 0;
    struct dt_slice path;
    memcpy(raw + 2, unit.ptr, unit.len);
    raw[2 + unit.len] = 'x';
    if (dt_norm_path(dt_slice_of(raw, unit.len + 3), normal, sizeof normal, &path) ||
        !dt_regex_quote(dt_slice_of(path.ptr + 2, path.len - 3), quoted, sizeof quoted, &len))
        return;
    dt_buf_put(out, dt_slice_of(quoted, len));
}

void dt_pattern_literal(struct dt_buf *out, struct dt_slice text, bool escapes)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = unit_len(text, at, escapes);
        if (dt_is_word(text.ptr[at]) || text.ptr[at] == '/')
            dt_buf_char(out, text.ptr[at]);
        else
            put_unit(out, dt_slice_of(text.ptr + at, len));
        at += len;
    }
}

void dt_pattern_encode(struct dt_buf *out, struct dt_slice text)
{
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '%' || c == '?' || c == '#')
            dt_buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
        else
            dt_buf_char(out, c);
    }
}
