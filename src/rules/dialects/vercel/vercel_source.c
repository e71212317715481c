/* SPDX-License-Identifier: MIT
 *
 * Sources. Text alone, and whole segments with names, are sources of the native kinds; what is left
 * becomes the regular expression that path-to-regexp would make of it. "/dir/:rest*" is among that:
 * it is for "/dir" and "/dir/a/b", and not for "/dir/", while the native folder is for all three.
 *
 * Vercel asks an expression about the path and, when it does not match, about the path without its
 * first slash. So a source that may be nothing at all, such as "/:path*", is for "/" too.
 */
#include "base/buf.h"
#include "rules/dialects/pattern.h"
#include "rules/dialects/vercel/vercel.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

#define SEGMENT "[^/]+?"

/* Is each parameter a whole segment, and is nothing in the text special in the native language? */
static bool is_native(const struct dt_vercel_path *path)
{
    for (unsigned i = 0; i < path->count; i++) {
        const struct dt_vercel_piece *piece = &path->list[i];
        const struct dt_vercel_piece *next = i + 1 < path->count ? piece + 1 : NULL;
        if (piece->kind == DT_VERCEL_TEXT) {
            if (dt_scan_find(piece->text, DT_BYTE_STAR | DT_BYTE_COLON | DT_BYTE_QUESTION |
                                              DT_BYTE_HASH) < piece->text.len)
                return false;
            continue;
        }
        bool ends = !next || (next->kind == DT_VERCEL_TEXT ? next->text.ptr[0] == '/'
                                                           : dt_slice_eq(next->prefix, DT_S("/")));
        if (piece->kind == DT_VERCEL_GROUP || piece->modifier || piece->pattern.len ||
            piece->suffix.len || !dt_slice_eq(piece->prefix, DT_S("/")) || !ends ||
            dt_capture_name_length(piece->name) != piece->name.len || !piece->name.len ||
            dt_slice_eq(piece->name, DT_S("splat")) || dt_vercel_named(path, piece->name) != piece)
            return false;
    }
    return true;
}

static bool may_be_empty(const struct dt_vercel_path *path)
{
    for (unsigned i = 0; i < path->count; i++)
        if (path->list[i].modifier != '?' && path->list[i].modifier != '*')
            return false;
    return path->count > 0;
}

/* What tokensToRegexp makes of a parameter. */
static void put_param(struct dt_buf *out, const struct dt_vercel_piece *piece)
{
    struct dt_slice pattern = piece->pattern.len ? piece->pattern : DT_S(SEGMENT);
    bool framed = piece->prefix.len || piece->suffix.len;
    if (!framed) {
        dt_buf_printf(out, "(%.*s)", DT_SLICE_FMT(pattern));
        if (piece->modifier)
            dt_buf_char(out, piece->modifier);
        return;
    }
    bool wrapped = piece->modifier != 0;
    dt_buf_str(out, wrapped ? "(?:" : "");
    dt_pattern_literal(out, piece->prefix, true);
    if (piece->modifier == '*' || piece->modifier == '+') {
        dt_buf_printf(out, "((?:%.*s)(?:", DT_SLICE_FMT(pattern));
        dt_pattern_literal(out, piece->suffix, true);
        dt_pattern_literal(out, piece->prefix, true);
        dt_buf_printf(out, "(?:%.*s))*)", DT_SLICE_FMT(pattern));
    } else {
        dt_buf_printf(out, "(%.*s)", DT_SLICE_FMT(pattern));
    }
    dt_pattern_literal(out, piece->suffix, true);
    dt_buf_str(out, wrapped ? ")" : "");
    if (piece->modifier == '*' || piece->modifier == '?')
        dt_buf_char(out, '?');
}

static void put_body(struct dt_buf *out, const struct dt_vercel_path *path)
{
    for (unsigned i = 0; i < path->count; i++) {
        const struct dt_vercel_piece *piece = &path->list[i];
        if (piece->kind == DT_VERCEL_TEXT) {
            dt_pattern_literal(out, piece->text, true);
        } else if (piece->kind == DT_VERCEL_GROUP) {
            dt_buf_str(out, "(?:");
            dt_pattern_literal(out, piece->prefix, true);
            dt_pattern_literal(out, piece->suffix, true);
            dt_buf_char(out, ')');
            if (piece->modifier)
                dt_buf_char(out, piece->modifier);
        } else {
            put_param(out, piece);
        }
    }
}

/* Does the path begin with a slash that is written out, or left out with what follows it? */
static bool begins_with_slash(const struct dt_vercel_path *path)
{
    const struct dt_vercel_piece *first = path->list;
    struct dt_slice text = first->kind == DT_VERCEL_TEXT ? first->text : first->prefix;
    return dt_slice_starts(text, DT_S("/"));
}

static void put_regex(struct dt_buf *out, const struct dt_vercel_path *path)
{
    if (may_be_empty(path)) {
        dt_buf_str(out, "^(?:");
        put_body(out, path);
        dt_buf_str(out, "|/)$");
    } else if (!begins_with_slash(path)) {
        dt_buf_str(out, "^(?|");
        put_body(out, path);
        dt_buf_str(out, "|/");
        put_body(out, path);
        dt_buf_str(out, ")$");
    } else {
        dt_buf_char(out, '^');
        put_body(out, path);
        dt_buf_char(out, '$');
    }
}

static bool read_regex(struct dt_vercel_redirect *redirect, struct dt_slice at,
                       struct dt_rule *rule)
{
    struct dt_reader *reader = redirect->walk->reader;
    struct dt_buf out;
    for (unsigned i = 0; i < redirect->path.count; i++) {
        struct dt_slice pattern = redirect->path.list[i].pattern;
        for (size_t p = 0; p + 3 < pattern.len; p++)
            if (memcmp(pattern.ptr + p, "(?<", 3) == 0 && pattern.ptr[p + 3] != '=' &&
                pattern.ptr[p + 3] != '!')
                return DT_REFUSE(reader, at, "source-regex",
                                 "a named group inside of a pattern: Vercel counts its groups "
                                 "without it");
    }
    dt_buf_init(&out, 2 * DT_PATTERN_MAX);
    put_regex(&out, &redirect->path);
    struct dt_slice copy = dt_arena_copy(&reader->set->arena, dt_buf_slice(&out));
    enum dt_err err = dt_buf_err(&out);
    dt_buf_release(&out);
    if (err == DT_ERR_LIMIT)
        return DT_REFUSE(reader, at, "source-long", "too long as a regular expression");
    if (err || !copy.ptr)
        return dt_reader_nomem(reader);
    copy = dt_pattern_of_path(reader, copy);
    return copy.len && dt_source_regex(reader, at, copy, 0, rule);
}

/* The text of a source of a native kind. */
static struct dt_slice native_text(struct dt_reader *reader, const struct dt_vercel_path *path)
{
    struct dt_slice parts[3 * DT_VERCEL_PIECES];
    size_t count = 0;
    for (unsigned i = 0; i < path->count; i++) {
        const struct dt_vercel_piece *piece = &path->list[i];
        if (piece->kind == DT_VERCEL_TEXT) {
            parts[count++] = piece->text;
        } else {
            parts[count++] = DT_S("/:");
            parts[count++] = piece->name;
        }
    }
    return dt_pattern_join(reader, parts, count);
}

static bool begin(struct dt_reader *reader, struct dt_slice host, struct dt_rule *rule)
{
    if (host.len == 0)
        return dt_pattern_begin(reader, rule);
    const struct dt_slice parts[] = {DT_S("//"), host, DT_S("/")};
    struct dt_slice word = dt_pattern_join(reader, parts, 3);
    return word.len && dt_source_parse(reader, word, dt_scan_bits(word), DT_SOURCE_NATIVE, rule);
}

bool dt_vercel_source(struct dt_vercel_redirect *redirect, const struct dt_json_found *source,
                      unsigned host, struct dt_rule *rule)
{
    struct dt_reader *reader = redirect->walk->reader;
    struct dt_vercel_path *path = &redirect->path;
    struct dt_slice at = source->value.text;
    dt_json_go_to(redirect->walk, source->place);
    if (!begin(reader, redirect->nhosts ? redirect->hosts[host] : DT_SLICE_NONE, rule))
        return false;
    if (!is_native(path))
        return read_regex(redirect, at, rule);
    struct dt_slice text = native_text(reader, path);
    return text.len &&
           dt_source_path(reader, text, path->groups ? DT_SOURCE_NATIVE : DT_SOURCE_LITERAL, rule);
}
