/* SPDX-License-Identifier: MIT
 *
 * Netlify's _redirects, cut into parts as its own redirect-parser does: from, query conditions, to,
 * status with an optional "!", conditions. What needs files to serve (rewrites, pages of a 404) or
 * Netlify's own accounts is refused line by line. A final slash does not count there, and the first
 * rule that matches wins. "!" (also when a file is there) is what a server without files does
 * anyway.
 *
 * A star right behind a letter leaves out a slash that it begins with: of "/p*" it is "x" for both
 * "/px" and "/p/x". That is two rules here, "/p/" with a star first.
 */
#include "base/buf.h"
#include "rules/dialects/dialect.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

#define MAX_PARTS 80u

struct parts {
    struct dt_slice all[MAX_PARTS];
    size_t count;
    size_t to; /* index of the target; count when there is none */
};

static bool split(struct dt_reader *reader, struct parts *parts)
{
    const char *p = reader->text.ptr, *end = p + reader->text.len;
    parts->count = 0;
    for (p = dt_scan_blanks(p, end); p < end && *p != '#'; p = dt_scan_blanks(p, end)) {
        unsigned bits = 0;
        const char *stop = dt_scan_word(p, end, &bits);
        struct dt_slice part = dt_slice_of(p, (size_t)(stop - p));
        if (!dt_reader_check_text(reader, part, bits))
            return false;
        if (parts->count == MAX_PARTS)
            return DT_REFUSE(reader, part, "netlify-parts", "more than %u parts", MAX_PARTS);
        parts->all[parts->count++] = part;
        p = stop;
    }
    struct dt_slice comment = dt_slice_of(p, (size_t)(end - p));
    return dt_reader_check_text(reader, comment, dt_scan_bits(comment));
}

/* "301" or "301!". */
static bool is_status(struct dt_slice part, unsigned *ret)
{
    if (part.len == 4 && part.ptr[3] == '!')
        part.len--;
    if (part.len != 3)
        return false;
    *ret = 0;
    for (size_t i = 0; i < part.len; i++) {
        if (!dt_is_digit(part.ptr[i]))
            return false;
        *ret = *ret * 10 + (unsigned)(part.ptr[i] - '0');
    }
    return true;
}

static bool not_built(struct dt_reader *reader, struct dt_slice at, const char *what)
{
    return DT_REFUSE(reader, at, "not-built", "%s not built yet", what);
}

/* "http://" or "https://" as Netlify knows them: in lower case. */
static size_t scan_scheme(struct dt_slice part)
{
    return dt_slice_starts(part, DT_S("http://"))    ? 7
           : dt_slice_starts(part, DT_S("https://")) ? 8
                                                     : 0;
}

static bool find_target(struct dt_reader *reader, struct parts *parts)
{
    unsigned status;
    if (parts->count == 1)
        return DT_REFUSE(reader, dt_reader_line_end(reader), "target-missing",
                         "a source without a target");
    if (is_status(parts->all[1], &status)) {
        if (status / 100 == 2)
            return not_built(reader, parts->all[1],
                             "serving files or another server's answer "
                             "(a rewrite) is");
        return DT_REFUSE(reader, parts->all[1], "target-missing",
                         "a status where the target is expected");
    }
    if (dt_is_digit(parts->all[1].ptr[0]))
        return DT_REFUSE(reader, parts->all[1], "target-missing",
                         "Netlify takes what begins with a digit for a status, where a query "
                         "condition or the target is expected");
    for (parts->to = 1; parts->to < parts->count; parts->to++)
        if (parts->all[parts->to].ptr[0] == '/' || scan_scheme(parts->all[parts->to]))
            return true;
    for (size_t i = 1; i < parts->count; i++) {
        struct dt_rule unused = {0};
        if (dt_scan_http(parts->all[i]))
            return DT_REFUSE(reader, parts->all[i], "target-scheme",
                             "Netlify knows http:// and https:// in lower case only");
        if (!memchr(parts->all[i].ptr, '=', parts->all[i].len))
            return dt_target_read(reader, parts->all[i], DT_TARGET_LITERAL, &unused) &&
                   DT_REFUSE(reader, parts->all[i], "target-missing",
                             "a target begins with /, http:// or https://");
    }
    return DT_REFUSE(reader, dt_reader_line_end(reader), "target-missing",
                     "no target: one begins with /, http:// or https://");
}

static bool read_from(struct dt_reader *reader, struct dt_slice from, struct dt_rule *rule)
{
    size_t scheme = scan_scheme(from);
    if (scheme == 0 && dt_scan_http(from))
        return DT_REFUSE(reader, from, "source-scheme",
                         "Netlify knows http:// and https:// in lower case only");
    if (dt_slice_starts(from, DT_S("//")))
        return DT_REFUSE(reader, from, "source-relative",
                         "a source begins with one /, http:// or https://");
    size_t authority = scheme ? dt_scan_authority(dt_slice_from(from, scheme)) : 0;
    struct dt_slice path = dt_slice_from(from, scheme + authority);
    if (scheme && authority &&
        (memchr(from.ptr + scheme, '*', authority) || strchr(".:", from.ptr[scheme])))
        return DT_REFUSE(reader, from, "source-host",
                         "not a valid host: Netlify has no patterns for hosts");
    if (path.len && memchr(path.ptr, '?', path.len))
        return DT_REFUSE(reader, from, "source-query",
                         "a query in a source: Netlify writes its conditions behind the "
                         "source, as name=value");
    if (dt_slice_starts(path, DT_S("/.netlify")))
        return DT_REFUSE(reader, from, "netlify-path",
                         "paths that begin with /.netlify are Netlify's own");
    const char *star = path.len ? memchr(path.ptr, '*', path.len) : NULL;
    if (star && star + 1 < path.ptr + path.len)
        return DT_REFUSE(reader, dt_slice_of(star, 1), "source-star",
                         "Netlify has a \"*\" at the end of a path only");
    enum dt_source_mode mode = from.ptr[0] == '~' ? DT_SOURCE_LITERAL : DT_SOURCE_NATIVE;
    return dt_source_parse(reader, from, dt_scan_bits(from), mode, rule);
}

/* The parts between source and target, as one query. */
static bool read_query(struct dt_reader *reader, const struct parts *parts, struct dt_rule *rule)
{
    size_t len = 0;
    for (size_t i = 1; i < parts->to; i++) {
        struct dt_slice part = parts->all[i];
        const char *equals = memchr(part.ptr, '=', part.len);
        size_t at = equals ? (size_t)(equals - part.ptr) + 1 : part.len;
        struct dt_slice value = dt_slice_from(part, at);
        if (!equals || memchr(part.ptr, '&', part.len) ||
            (value.len && memchr(value.ptr, '=', value.len)))
            return DT_REFUSE(reader, part, "netlify-query",
                             "a query condition is written name=value");
        for (size_t before = 1; before < i; before++)
            if (dt_slice_starts(parts->all[before], dt_slice_of(part.ptr, at)))
                return DT_REFUSE(reader, part, "netlify-query",
                                 "a second condition for this name: Netlify keeps the last only");
        len += part.len + 1;
    }
    if (len == 0)
        return true;
    char *mem = dt_arena_alloc(&reader->set->arena, len);
    if (!mem)
        return dt_reader_nomem(reader);
    char *p = mem;
    for (size_t i = 1; i < parts->to; i++) {
        memcpy(p, parts->all[i].ptr, parts->all[i].len);
        p += parts->all[i].len;
        *p++ = '&';
    }
    return dt_source_query(reader, dt_slice_of(mem, len), DT_SOURCE_CAPTURES, rule);
}

static bool read_status(struct dt_reader *reader, const struct parts *parts, uint16_t *ret)
{
    unsigned status = 301;
    *ret = 301;
    if (parts->to + 1 == parts->count)
        return true;
    struct dt_slice part = parts->all[parts->to + 1];
    if (!is_status(part, &status))
        return DT_REFUSE(reader, part, "status-unknown", "\"%.*s\" is not a status",
                         DT_SLICE_FMT(part));
    if (status / 100 == 2)
        return not_built(reader, part, "serving files or another server's answer (a rewrite) is");
    if (!dt_options_status(status))
        return DT_REFUSE(reader, part, "status-unknown",
                         "%u is not a status that a rule can answer: those are " DT_STATUS_CHOICE,
                         status);
    if (!dt_options_redirects(status))
        return not_built(reader, part, "a page of one's own for a status is");
    *ret = (uint16_t)status;
    return true;
}

static const struct {
    const char *name;
    const char *option; /* ours that means the same; NULL: there is none */
} conditions[] = {
    {"Country", "country"}, {"Language", "lang"}, {"Cookie", "cookie"},
    {"Role", NULL},         {"Sign", NULL},       {"signed", NULL},
};
#define CONDITIONS (sizeof conditions / sizeof *conditions)

/* Appends what a condition is in our language. */
static bool add_condition(struct dt_reader *reader, struct dt_slice part, struct dt_buf *text)
{
    const char *equals = memchr(part.ptr, '=', part.len);
    struct dt_slice name = dt_slice_of(part.ptr, equals ? (size_t)(equals - part.ptr) : part.len);
    size_t at = 0;
    while (at < CONDITIONS && !dt_slice_eq_nocase(name, dt_slice_str(conditions[at].name)))
        at++;
    if (!equals || at == CONDITIONS)
        return DT_REFUSE(reader, part, "netlify-condition", "neither a status nor a condition");
    struct dt_slice value = dt_slice_from(part, name.len + 1);
    if (!conditions[at].option)
        return DT_REFUSE(reader, part, "netlify-condition",
                         "%s= asks for what only Netlify's own accounts and keys can tell",
                         conditions[at].name);
    if (value.len == 0 || memchr(value.ptr, '"', value.len))
        return DT_REFUSE(reader, part, "netlify-condition", "%s= wants a value",
                         conditions[at].name);
    if (strcmp(conditions[at].option, "cookie") == 0 &&
        (memchr(value.ptr, ',', value.len) || memchr(value.ptr, ':', value.len)))
        return DT_REFUSE(reader, part, "netlify-condition",
                         "several cookies are alternatives: write a rule for each");
    dt_buf_str(text, conditions[at].option);
    dt_buf_char(text, '=');
    dt_buf_put(text, value);
    dt_buf_char(text, ' ');
    return true;
}

static bool read_conditions(struct dt_reader *reader, const struct parts *parts,
                            struct dt_options *options)
{
    bool fine = true;
    struct dt_buf text;
    dt_buf_init(&text, DT_LIMIT_LINE + MAX_PARTS * 8);
    for (size_t i = parts->to + 2; i < parts->count; i++)
        fine &= add_condition(reader, parts->all[i], &text);
    struct dt_slice copy = dt_arena_copy(&reader->set->arena, dt_buf_slice(&text));
    if (dt_buf_err(&text) || (text.len && !copy.ptr))
        fine = dt_reader_nomem(reader);
    dt_buf_release(&text);
    return fine && (copy.len == 0 || dt_options_parse(reader, copy, options));
}

/* "/p/" and a star for "/p" and a star; an empty one when there is no such source. */
static struct dt_slice folder_of(struct dt_reader *reader, struct dt_slice from)
{
    if (from.len < 2 || from.ptr[from.len - 1] != '*' || from.ptr[from.len - 2] == '/')
        return DT_SLICE_NONE;
    const struct dt_slice parts[] = {dt_slice_of(from.ptr, from.len - 1), DT_S("/*")};
    return dt_pattern_join(reader, parts, 2);
}

static bool add_rule(struct dt_reader *reader, const struct parts *parts, struct dt_slice from)
{
    struct dt_rule rule = {.file = reader->file, .line = reader->line};
    struct dt_options options = dt_options_standard();
    dt_captures_begin(&reader->captures);
    bool fine = read_from(reader, from, &rule);
    fine &= read_query(reader, parts, &rule);
    reader->captures.broken = !fine;
    fine &= dt_target_read(reader, parts->all[parts->to], DT_TARGET_NETLIFY, &rule);
    fine &= read_status(reader, parts, &options.action.status);
    fine &= read_conditions(reader, parts, &options);
    return fine && dt_source_fold(reader, &rule, DT_RULE_IGNORE_SLASH) &&
           dt_ruleset_intern_action(reader->set, &options.action, &rule.action) &&
           dt_ruleset_intern_conditions(reader->set, &options.conditions, &rule.conditions) &&
           dt_ruleset_add_rule(reader->set, &rule);
}

static void read_line(struct dt_reader *reader)
{
    struct parts parts;
    struct dt_rule unused = {0};
    dt_captures_begin(&reader->captures);
    if (!split(reader, &parts) || parts.count == 0)
        return;
    if (!find_target(reader, &parts)) {
        (void)read_from(reader, parts.all[0], &unused);
        return;
    }
    struct dt_slice folder = folder_of(reader, parts.all[0]);
    if (folder.len == 0 || add_rule(reader, &parts, folder))
        (void)add_rule(reader, &parts, parts.all[0]);
}

bool dt_netlify_is(const struct dt_look *look)
{
    return dt_slice_eq(look->base, DT_S("_redirects"));
}

void dt_netlify_read(struct dt_reader *reader)
{
    while (dt_reader_next(reader)) {
        struct dt_slice line = dt_scan_trim(reader->text);
        if (line.len == 0)
            continue;
        if (line.ptr[0] == '#') {
            dt_reader_check_text(reader, line, dt_scan_bits(line));
            continue;
        }
        reader->set->first_wanted = "Netlify";
        read_line(reader);
    }
}
