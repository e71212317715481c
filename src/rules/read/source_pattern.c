/* SPDX-License-Identifier: MIT
 *
 * Paths of sources: the one normaliser first, then what ":" and "*" mean in its outcome. Both come
 * through it as they were written, and an escaped one stays escaped, so nothing that an author hid
 * from us is found here, and no segment that dots took away. Behind a backslash they stand for
 * themselves: a request may have a "*" as well as a "%2A", which are two things.
 */
#include "base/out.h"
#include "rules/read/native_scan.h"
#include "rules/read/source_part.h"
#include <detour/uri.h>

struct dt_slice dt_source_place(struct dt_slice raw, struct dt_slice text)
{
    for (size_t at = raw.len - text.len + 1; raw.len >= text.len && at-- > 0;) {
        struct dt_slice rest = dt_slice_from(raw, at);
        if (dt_slice_starts(rest, text) &&
            (rest.len == text.len || !dt_is_word(rest.ptr[text.len])))
            return dt_slice_of(rest.ptr, text.len);
    }
    return raw;
}

struct pattern {
    struct dt_reader *reader;
    struct dt_slice raw;
    struct dt_slice path; /* in normal form */
    struct dt_out out;
    unsigned names;
    bool star;
    bool final; /* the star is the last segment */
};

/* ---- A name that is part of a segment ---- */

static void quote(struct dt_out *out, struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '*') {
            dt_out_put(out, DT_S("(.*)"));
            continue;
        }
        if (strchr(".+()$", s.ptr[i]))
            dt_out_char(out, '\\');
        dt_out_char(out, s.ptr[i]);
    }
}

/* The path as a regex, in which every name is a group. */
static void write_regex(struct dt_out *out, struct dt_slice path)
{
    dt_out_put(out, DT_S("~^"));
    size_t run = 0;
    for (size_t i = 0; i + 1 < path.len; i++) {
        size_t len = dt_capture_name_length(dt_slice_from(path, i + 2));
        if (path.ptr[i] != '/' || path.ptr[i + 1] != ':' || len == 0)
            continue;
        quote(out, dt_slice_of(path.ptr + run, i + 1 - run));
        dt_out_put(out, DT_S("(?<"));
        dt_out_put(out, dt_slice_of(path.ptr + i + 2, len));
        dt_out_put(out, DT_S(">[^/]+)"));
        run = i + 2 + len;
    }
    quote(out, dt_slice_from(path, run));
    dt_out_char(out, '$');
}

static bool part_of_segment(struct pattern *work, struct dt_slice segment)
{
    char mem[400];
    struct dt_out out = dt_out_init(mem, sizeof mem);
    write_regex(&out, work->path);
    struct dt_slice regex = out.overflow ? DT_S("~^...$") : dt_out_slice(&out);
    return DT_REFUSE(work->reader, dt_source_place(work->raw, segment), "source-name",
                     "a name is a whole segment; a part of one is written as a regex, %.*s",
                     DT_SLICE_FMT(regex));
}

/* ---- Segments ---- */

static bool read_name(struct pattern *work, struct dt_slice segment, size_t len)
{
    if (1 + len < segment.len)
        return part_of_segment(work, segment);
    struct dt_capture_name name = {
        .name = dt_slice_from(segment, 1),
        .number = (uint8_t)(work->reader->captures.labels + work->names),
        .from = DT_FROM_PATH,
    };
    if (!dt_capture_add(work->reader, dt_source_place(work->raw, segment), &name))
        return false;
    work->names++;
    dt_out_char(&work->out, DT_PATH_NAME);
    return true;
}

/* The last star of the source as it was written. */
static struct dt_slice last_star(const struct pattern *work)
{
    const char *star = memrchr(work->raw.ptr, '*', work->raw.len);
    return dt_slice_of(star, 1);
}

/* "\\*" and "\\:", whose backslash the normaliser has encoded. */
static bool escapes(struct dt_slice text, size_t at)
{
    return dt_slice_starts(dt_slice_from(text, at), DT_S("%5C")) && at + 3 < text.len &&
           (text.ptr[at + 3] == '*' || text.ptr[at + 3] == ':');
}

static bool read_segment(struct pattern *work, struct dt_slice segment, bool last)
{
    size_t len = segment.len && segment.ptr[0] == ':'
                     ? dt_capture_name_length(dt_slice_from(segment, 1))
                     : 0;
    if (len)
        return read_name(work, segment, len);
    for (size_t i = 0; i < segment.len; i++) {
        if (escapes(segment, i)) {
            i += 3;
            dt_out_char(&work->out, segment.ptr[i]);
            continue;
        }
        if (segment.ptr[i] != '*') {
            dt_out_char(&work->out, segment.ptr[i]);
            continue;
        }
        if (work->star)
            return DT_REFUSE(work->reader, last_star(work), "source-star",
                             "a second \"*\": one stands for any run of characters, / too");
        work->star = true;
        work->final = last && segment.len == 1;
        dt_out_char(&work->out, DT_PATH_STAR);
    }
    return true;
}

static bool read_segments(struct pattern *work)
{
    size_t from = 1; /* behind the first "/" */
    for (;;) {
        const char *slash = memchr(work->path.ptr + from, '/', work->path.len - from);
        size_t end = slash ? (size_t)(slash - work->path.ptr) : work->path.len;
        dt_out_char(&work->out, '/');
        if (!read_segment(work, dt_slice_of(work->path.ptr + from, end - from), !slash))
            return false;
        if (!slash)
            return true;
        from = end + 1;
    }
}

static void add_splat(struct dt_reader *reader, unsigned names)
{
    struct dt_capture_names *captures = &reader->captures;
    captures->list[captures->count++] = (struct dt_capture_name){
        .name = DT_S("splat"),
        .number = (uint8_t)(captures->labels + names),
        .from = DT_FROM_PATH,
    };
}

/* "dir/" and a star, as most are: no copy is needed. */
static bool is_prefix(struct dt_slice path)
{
    const char *star = memchr(path.ptr, '*', path.len);
    return star && star + 1 == path.ptr + path.len && star[-1] == '/' &&
           !memmem(path.ptr, path.len, "/:", 2);
}

/* What ":" and "*" mean in a path that is in normal form, perhaps in the scratch memory. */
static bool read_pattern(struct dt_reader *reader, struct dt_slice raw, struct dt_slice path,
                         struct dt_rule *rule)
{
    struct pattern work = {.reader = reader, .raw = raw, .path = path};
    rule->path = path;
    if (is_prefix(path)) {
        rule->path.len -= 2;
        rule->path_kind = DT_PATH_PREFIX;
        add_splat(reader, 0);
        return dt_reader_keep(reader, &rule->path) && dt_capture_more(reader, rule, 0, true);
    }
    bool escaped = memmem(path.ptr, path.len, "%5C*", 4) || memmem(path.ptr, path.len, "%5C:", 4);
    if (escaped && memmem(raw.ptr, raw.len, "%5", 2))
        return DT_REFUSE(reader, raw, "source-path",
                         "\"\\*\" and \"\\:\" do not go together with an encoded backslash");
    if (!escaped && !dt_source_has(path, '*') && !memmem(path.ptr, path.len, "/:", 2))
        return dt_reader_keep(reader, &rule->path) && dt_capture_more(reader, rule, 0, false);
    char *mem = dt_arena_alloc(&reader->set->arena, path.len);
    if (!mem)
        return dt_reader_nomem(reader);
    work.out = dt_out_init(mem, path.len);
    if (!read_segments(&work))
        return false;
    rule->path = dt_out_slice(&work.out);
    if (work.star && !work.final)
        rule->path_kind = DT_PATH_GLOB;
    else if (work.names)
        rule->path_kind = DT_PATH_PATTERN;
    else if (work.star)
        rule->path_kind = DT_PATH_PREFIX;
    if (rule->path_kind == DT_PATH_PREFIX)
        rule->path.len -= 2;
    if (work.star)
        add_splat(reader, work.names);
    return dt_capture_more(reader, rule, work.names, work.star);
}

bool dt_source_path(struct dt_reader *reader, struct dt_slice raw, enum dt_source_mode mode,
                    struct dt_rule *rule)
{
    struct dt_ruleset *set = reader->set;
    struct dt_slice path = raw.len ? raw : DT_S("/");
    reader->captures.count = reader->captures.labels;
    rule->more = NULL;
    rule->path_kind = DT_PATH_EXACT;
    if (path.len > DT_LIMIT_SOURCE || dt_norm_path(path, set->scratch, sizeof set->scratch, &path))
        return DT_REFUSE(reader, raw, "source-path", "not a path that a request can have");
    if (path.len > DT_LIMIT_SOURCE)
        return DT_REFUSE(reader, raw, "source-long",
                         "a path of %zu bytes when encoded, at most %u are read", path.len,
                         DT_LIMIT_SOURCE);
    if (mode == DT_SOURCE_NATIVE && (dt_source_has(path, ':') || dt_source_has(path, '*')))
        return read_pattern(reader, raw, path, rule);
    rule->path = path;
    return dt_reader_keep(reader, &rule->path) && dt_capture_more(reader, rule, 0, false);
}
