/* SPDX-License-Identifier: MIT
 *
 * Cloudflare Pages' _redirects, as Cloudflare's own parser and asset server read it (workers-sdk:
 * parseRedirects, generateRulesMatcher): "source target [status]", 302 when there is no status.
 *
 * What looks like Netlify's file differs in nearly all that matters. A final slash counts. "/dir/"
 * with a star is not for "/dir". A placeholder may be a piece of a segment. The request's query is
 * passed on only when the target has none. There are no hosts and no conditions, and a "#" begins a
 * comment only where a line begins. Lines that Cloudflare would skip with a word in the log of a
 * build are errors here.
 */
#include "base/buf.h"
#include "rules/dialects/dialect.h"
#include "rules/dialects/netlify/pages_format.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

struct pages {
    struct dt_reader *reader;
    unsigned fixed, dynamic; /* rules so far */
    bool told_default;       /* that 302 is meant */
    bool full;               /* no dynamic rule more: the rest of the file is skipped */
};

struct placeholder {
    struct dt_slice name; /* "splat" of a star */
};

struct source {
    struct dt_slice text; /* a path, without query and fragment */
    struct placeholder list[DT_PAGES_NAMES];
    unsigned count;
    bool star;    /* one of them */
    bool pattern; /* the native language says the same: whole segments, no star */
};

/* ---- Words ---- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Splits the line. Returns how many words there are, at most max of them listed. */
static size_t split(struct dt_slice line, struct dt_slice *words, size_t max)
{
    size_t count = 0;
    for (size_t at = 0; at < line.len;) {
        size_t from = at;
        while (at < line.len && !is_blank(line.ptr[at]))
            at++;
        if (at > from && count++ < max)
            words[count - 1] = dt_slice_of(line.ptr + from, at - from);
        while (at < line.len && is_blank(line.ptr[at]))
            at++;
    }
    return count;
}

size_t dt_pages_name(struct dt_slice text)
{
    size_t len = 0;
    if (text.len == 0 || !dt_is_alpha(text.ptr[0]))
        return 0;
    while (len < text.len && dt_is_word(text.ptr[len]))
        len++;
    return len;
}

bool dt_pages_dynamic(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '*' ||
            (text.ptr[i] == ':' && dt_pages_name(dt_slice_from(text, i + 1)) > 0))
            return true;
    return false;
}

bool dt_pages_loops(struct dt_slice from, struct dt_slice to)
{
    bool folder = (from.len && from.ptr[from.len - 1] == '/') ||
                  (from.len > 1 && memcmp(from.ptr + from.len - 2, "/*", 2) == 0);
    return folder && !dt_scan_http(to) &&
           (dt_look_ends(to, DT_S("/index")) || dt_look_ends(to, DT_S("/index.html")));
}

bool dt_pages_query(struct dt_slice target)
{
    size_t at = dt_scan_find(target, DT_BYTE_QUESTION | DT_BYTE_HASH);
    return at + 1 < target.len && target.ptr[at] == '?' && target.ptr[at + 1] != '#';
}

/* ---- Sources ---- */

static bool add_name(struct dt_reader *reader, struct source *source, struct dt_slice name,
                     struct dt_slice at)
{
    for (unsigned i = 0; i < source->count; i++)
        if (dt_slice_starts(name, source->list[i].name) ||
            dt_slice_starts(source->list[i].name, name))
            return DT_REFUSE(reader, at, "source-name",
                             "\"%.*s\" and \"%.*s\": Cloudflare takes a name for the beginning of "
                             "the other, and drops the rule",
                             DT_SLICE_FMT(source->list[i].name), DT_SLICE_FMT(name));
    if (source->count == DT_PAGES_NAMES)
        return DT_REFUSE(reader, at, "source-name", "more than %u placeholders", DT_PAGES_NAMES);
    source->list[source->count++].name = name;
    return true;
}

/* Finds what a source captures. */
static bool scan(struct dt_reader *reader, struct source *source)
{
    struct dt_slice text = source->text;
    source->pattern = true;
    for (size_t i = 0; i < text.len; i++) {
        struct dt_slice rest = dt_slice_from(text, i + 1);
        size_t len = text.ptr[i] == ':' ? dt_pages_name(rest) : 0;
        if (text.ptr[i] == '*') {
            if (source->star)
                return DT_REFUSE(reader, dt_slice_of(text.ptr + i, 1), "source-star",
                                 "a second \"*\": Cloudflare drops such a rule");
            source->star = true;
            if (!add_name(reader, source, DT_S("splat"), dt_slice_of(text.ptr + i, 1)))
                return false;
        } else if (len) {
            struct dt_slice name = dt_slice_of(rest.ptr, len);
            bool whole = i && text.ptr[i - 1] == '/' && (len == rest.len || rest.ptr[len] == '/');
            source->pattern &= whole;
            if (!add_name(reader, source, name, dt_slice_of(text.ptr + i, len + 1)))
                return false;
            i += len;
        } else if (text.ptr[i] == ':') {
            source->pattern = false;
        }
    }
    source->pattern &= !source->star || dt_slice_eq(text, DT_S("/*"));
    return true;
}

/* A source is a path; what Cloudflare cuts off, and what it would take for a path, is told. */
static bool clean_source(struct dt_reader *reader, struct dt_slice word, struct source *source)
{
    size_t scheme = dt_scan_http(word);
    if (scheme)
        return DT_REFUSE(reader, dt_slice_of(word.ptr, scheme), "source-host",
                         "a source of Cloudflare Pages has no scheme and no host: it is a path");
    if (dt_slice_starts(word, DT_S("//")))
        return DT_REFUSE(reader, word, "source-relative", "a source begins with one /");
    size_t end = dt_scan_find(word, DT_BYTE_QUESTION | DT_BYTE_HASH);
    if (end < word.len)
        dt_reader_warn(reader, dt_slice_from(word, end), "pages-cut",
                       "Cloudflare Pages looks at no query and no fragment of a source: this is "
                       "not read");
    source->text = dt_slice_of(word.ptr, end);
    if (dt_slice_starts(word, DT_S("/")))
        return true;
    const struct dt_slice parts[] = {DT_S("/"), source->text};
    source->text = dt_pattern_join(reader, parts, 2);
    dt_reader_warn(reader, word, "pages-slash", "read as %.*s, as Cloudflare Pages does",
                   DT_SLICE_FMT(source->text));
    return !reader->set->err;
}

/* The source as a regular expression; every placeholder is a group. */
static bool read_regex(struct dt_reader *reader, struct dt_slice word, const struct source *source,
                       struct dt_rule *rule)
{
    struct dt_slice text = source->text;
    struct dt_buf out;
    size_t from = 0;
    dt_buf_init(&out, DT_PATTERN_MAX);
    dt_buf_char(&out, '^');
    for (size_t i = 0; i < text.len; i++) {
        size_t len = text.ptr[i] == ':' ? dt_pages_name(dt_slice_from(text, i + 1)) : 0;
        if (text.ptr[i] != '*' && !len)
            continue;
        dt_pattern_literal(&out, dt_slice_of(text.ptr + from, i - from), true);
        dt_buf_str(&out, len ? "([^/]+)" : "(.*)");
        i += len;
        from = i + 1;
    }
    dt_pattern_literal(&out, dt_slice_from(text, from), true);
    dt_buf_char(&out, '$');
    struct dt_slice copy = dt_arena_copy(&reader->set->arena, dt_buf_slice(&out));
    enum dt_err err = dt_buf_err(&out);
    dt_buf_release(&out);
    if (err == DT_ERR_LIMIT)
        return DT_REFUSE(reader, word, "source-long", "too long as a regular expression");
    if (err || !copy.ptr)
        return dt_reader_nomem(reader);
    return dt_source_regex(reader, word, copy, 0, rule);
}

/* ---- Targets ---- */

/* The placeholder at the start of text: the first in the source that fits, as Cloudflare replaces
 * them. */
static const struct placeholder *find(const struct source *source, struct dt_slice text)
{
    for (unsigned i = 0; i < source->count; i++)
        if (dt_slice_starts(text, source->list[i].name))
            return &source->list[i];
    return NULL;
}

/* Does a letter or digit follow a placeholder? */
static bool has_tail(const struct source *source, struct dt_slice target)
{
    for (size_t i = 0; i < target.len; i++) {
        struct dt_slice rest = dt_slice_from(target, i + 1);
        const struct placeholder *found = target.ptr[i] == ':' ? find(source, rest) : NULL;
        if (found && rest.len > found->name.len && dt_is_word(rest.ptr[found->name.len]))
            return true;
    }
    return false;
}

/* The target with its captures by number, as DT_TARGET_DOLLAR has them. */
static bool read_dollar(struct dt_reader *reader, struct dt_slice word, const struct source *source,
                        struct dt_rule *rule)
{
    struct dt_buf out;
    bool fine = true;
    dt_buf_init(&out, 2 * DT_LIMIT_TARGET);
    for (size_t i = 0; i < word.len; i++) {
        const struct placeholder *found =
            word.ptr[i] == ':' ? find(source, dt_slice_from(word, i + 1)) : NULL;
        if (!found) {
            if (word.ptr[i] == '$')
                dt_buf_char(&out, '\\');
            dt_buf_char(&out, word.ptr[i]);
            continue;
        }
        unsigned number = (unsigned)(found - source->list) + 1;
        if (number > 9 && fine)
            fine = DT_REFUSE(reader, dt_slice_of(word.ptr + i, found->name.len + 1),
                             "target-capture", "a target can have the first nine placeholders");
        dt_buf_printf(&out, "$%u", number % 10);
        i += found->name.len;
    }
    struct dt_slice copy = dt_arena_copy(&reader->set->arena, dt_buf_slice(&out));
    enum dt_err err = dt_buf_err(&out);
    dt_buf_release(&out);
    if (err || !copy.ptr)
        return err == DT_ERR_LIMIT ? DT_REFUSE(reader, word, "target-long", "too long a target")
                                   : dt_reader_nomem(reader);
    return fine && dt_target_read(reader, copy, DT_TARGET_DOLLAR, rule);
}

static bool check_target(struct dt_reader *reader, struct dt_slice from, struct dt_slice word)
{
    bool https = dt_slice_starts(word, DT_S("https://"));
    if (!https && !dt_slice_starts(word, DT_S("/")))
        return DT_REFUSE(reader, word, dt_scan_http(word) ? "target-scheme" : "target-relative",
                         "a target of Cloudflare Pages begins with / or https://");
    if (https || !dt_pages_loops(from, word))
        return true;
    return DT_REFUSE(reader, word, "pages-loop",
                     "Cloudflare Pages takes this for a loop, and skips it: it redirects /index "
                     "and /index.html to / itself");
}

static bool read_target(struct dt_reader *reader, struct dt_slice word, const struct source *source,
                        struct dt_rule *rule)
{
    if (source->count == 0) {
        if (memmem(word.ptr, word.len, ":splat", 6))
            dt_reader_warn(reader, word, "pages-splat",
                           "the source has no \"*\": Cloudflare Pages sends :splat as it stands");
        return dt_target_read(reader, word, DT_TARGET_LITERAL, rule);
    }
    if (reader->captures.regex)
        return read_dollar(reader, word, source, rule);
    return dt_target_read(reader, word, DT_TARGET_NETLIFY, rule);
}

/* ---- Lines ---- */

static bool read_status(struct pages *pages, struct dt_slice word, uint16_t *ret)
{
    static const struct {
        const char *word;
        uint16_t status;
    } rows[] = {{"301", 301}, {"302", 302}, {"303", 303}, {"307", 307}, {"308", 308}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (dt_slice_eq(word, dt_slice_str(rows[i].word))) {
            *ret = rows[i].status;
            return true;
        }
    }
    if (dt_slice_eq(word, DT_S("200")))
        return DT_REFUSE(pages->reader, word, "not-built",
                         "serving a file under another name (200) is not built yet");
    if (word.ptr[0] == '#')
        return DT_REFUSE(pages->reader, word, "status-unknown",
                         "Cloudflare Pages has no comments behind a rule, and would skip it");
    return DT_REFUSE(pages->reader, word, "status-unknown",
                     "\"%.*s\" is not a status of Cloudflare Pages: 301, 302, 303, 307 or 308",
                     DT_SLICE_FMT(word));
}

/* Counts the rule, and refuses it when Cloudflare has no room for it. */
static bool count(struct pages *pages, const struct source *source, struct dt_slice word)
{
    struct dt_reader *reader = pages->reader;
    if (source->count == 0 && pages->dynamic == 0) {
        if (pages->fixed++ < DT_PAGES_STATIC)
            return true;
        return DT_REFUSE(reader, word, "pages-many",
                         "Cloudflare Pages reads %u static rules, and skips this one",
                         DT_PAGES_STATIC);
    }
    if (pages->dynamic++ < DT_PAGES_DYNAMIC)
        return true;
    pages->full = true;
    return DT_REFUSE(reader, word, "pages-many",
                     "Cloudflare Pages reads %u rules with placeholders, and rules behind them; "
                     "it skips all from here on",
                     DT_PAGES_DYNAMIC);
}

/* Reads source and target: as a pattern of the native language where it says the same. */
static bool read_rule(struct dt_reader *reader, const struct dt_slice *words,
                      const struct source *source, struct dt_rule *rule)
{
    bool fine = true;
    reader->captures.broken = false;
    if (source->count && (!source->pattern || has_tail(source, words[1])))
        fine = dt_pattern_begin(reader, rule) && read_regex(reader, words[0], source, rule);
    else
        fine = dt_pattern_begin(reader, rule) &&
               dt_source_path(reader, source->text,
                              source->count ? DT_SOURCE_NATIVE : DT_SOURCE_LITERAL, rule);
    return fine && read_target(reader, words[1], source, rule);
}

static void read_line(struct pages *pages, struct dt_slice line)
{
    struct dt_reader *reader = pages->reader;
    struct dt_slice words[3];
    struct source source = {.count = 0};
    struct dt_rule rule = {.file = reader->file, .line = reader->line};
    struct dt_options options = dt_options_standard();
    options.action.status = 302;
    size_t n = split(line, words, 3);
    dt_captures_begin(&reader->captures);
    if (n < 2 || n > 3) {
        dt_reader_error(reader, n < 2 ? dt_reader_line_end(reader) : line, "pages-words",
                        "a rule is a source, a target and perhaps a status: %zu words are skipped "
                        "by Cloudflare Pages",
                        n);
        return;
    }
    bool fine = clean_source(reader, words[0], &source) && scan(reader, &source) &&
                count(pages, &source, words[0]) && check_target(reader, source.text, words[1]) &&
                (n < 3 || read_status(pages, words[2], &options.action.status));
    if (!fine)
        return;
    if (n < 3 && !pages->told_default) {
        dt_reader_warn(reader, dt_reader_line_end(reader), "pages-status",
                       "no status: Cloudflare Pages answers 302 (Netlify, whose file has the same "
                       "name, 301)");
        pages->told_default = true;
    }
    if (dt_pages_query(words[1]))
        options.action.query = DT_QUERY_DROP;
    if (read_rule(reader, words, &source, &rule) && dt_source_fold(reader, &rule, 0) &&
        dt_ruleset_intern_action(reader->set, &options.action, &rule.action))
        dt_ruleset_add_rule(reader->set, &rule);
}

void dt_pages_read(struct dt_reader *reader)
{
    struct pages pages = {.reader = reader};
    while (!pages.full && dt_reader_next(reader)) {
        struct dt_slice line = dt_scan_trim(reader->text);
        while (line.len && is_blank(line.ptr[line.len - 1]))
            line.len--;
        if (line.len && !dt_reader_check_text(reader, line, dt_scan_bits(line)))
            continue;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        reader->set->first_wanted = "Cloudflare Pages";
        if (line.len > DT_PAGES_LINE)
            dt_reader_error(reader, line, "pages-long",
                            "Cloudflare Pages skips lines of more than %u characters",
                            DT_PAGES_LINE);
        else
            read_line(&pages, line);
    }
}
