/* SPDX-License-Identifier: MIT
 *
 * Directives: @host, @default and @include shape how the lines below are read; @order and @expect
 * are the set's.
 */
#include "rules/diag.h"
#include "rules/native_scan.h"
#include "rules/reader.h"
#include <detour/uri.h>

/* The words of a directive line, one by one. */
struct words {
    struct dt_reader *reader;
    struct dt_slice rest;
};

/* The next word; empty, at the place where it is missed, when there is none. */
static struct dt_slice next_word(struct words *words)
{
    const char *end = words->rest.ptr + words->rest.len;
    const char *p = dt_scan_blanks(words->rest.ptr, end);
    unsigned bits = 0;
    const char *stop = p < end && *p == '#' ? p : dt_scan_word(p, end, &bits);
    words->rest = dt_slice_of(stop, (size_t)(end - stop));
    return dt_slice_of(p, (size_t)(stop - p));
}

static bool missing(struct words *words, struct dt_slice at, const char *wanted)
{
    return DT_REFUSE(words->reader, at, "directive-use", "expected here: %s", wanted);
}

/* True when nothing but a comment follows. */
static bool at_end(struct words *words)
{
    struct dt_slice word = next_word(words);
    if (word.len == 0)
        return true;
    return DT_REFUSE(words->reader, word, "directive-use", "one word too many");
}

static void read_host(struct words *words)
{
    struct dt_slice word = next_word(words);
    struct dt_slice name = dt_slice_starts(word, DT_S("//")) ? dt_slice_from(word, 2) : word;
    struct dt_host_pattern pattern;
    if (name.len == 0) {
        missing(words, word, "a host, .host, *.host, or * for any");
        return;
    }
    if (dt_source_host(words->reader, name, &pattern) && at_end(words))
        words->reader->host = pattern;
}

static void read_default(struct words *words)
{
    struct dt_options options = dt_options_standard();
    if (!dt_options_parse(words->reader, words->rest, &options))
        return;
    words->reader->defaults = options;
    words->reader->has_tail = false;
}

static void read_order(struct words *words)
{
    struct dt_reader *reader = words->reader;
    struct dt_ruleset *set = reader->set;
    struct dt_slice word = next_word(words);
    enum dt_order order = dt_slice_eq(word, DT_S("first"))      ? DT_ORDER_FIRST
                          : dt_slice_eq(word, DT_S("specific")) ? DT_ORDER_SPECIFIC
                                                                : DT_ORDER_UNSET;
    if (order == DT_ORDER_UNSET) {
        missing(words, word, "first or specific");
        return;
    }
    if (!at_end(words))
        return;
    if (set->order != DT_ORDER_UNSET && set->order != order) {
        struct dt_slice file = dt_ruleset_file(set, set->order_file);
        dt_reader_error(reader, word, "order-differs",
                        "%.*s:%u says @order %s, and it is one for "
                        "the whole set",
                        DT_SLICE_FMT(file), set->order_line,
                        set->order == DT_ORDER_FIRST ? "first" : "specific");
        return;
    }
    set->order = order;
    set->order_file = reader->file;
    set->order_line = reader->line;
}

/* ---- @include ---- */

/* "folder/of/the/including/file/" + name. */
static bool join(struct dt_reader *reader, struct dt_slice name, struct dt_slice *ret)
{
    struct dt_slice from = dt_ruleset_file(reader->set, reader->file);
    const char *slash = from.len ? memrchr(from.ptr, '/', from.len) : NULL;
    while (dt_slice_starts(name, DT_S("./")))
        name = dt_slice_from(name, 2);
    if (!slash || name.ptr[0] == '/') {
        *ret = name;
        return true;
    }
    size_t folder = (size_t)(slash - from.ptr) + 1;
    char *mem = dt_arena_alloc(&reader->set->arena, folder + name.len);
    if (!mem)
        return dt_reader_nomem(reader);
    memcpy(mem, from.ptr, folder);
    memcpy(mem + folder, name.ptr, name.len);
    *ret = dt_slice_of(mem, folder + name.len);
    return true;
}

static bool in_cycle(const struct dt_reader *reader, struct dt_slice name)
{
    for (const struct dt_reader *up = reader; up; up = up->parent)
        if (dt_slice_eq(dt_ruleset_file(up->set, up->file), name))
            return true;
    return false;
}

static void include(struct dt_reader *reader, struct dt_slice at, struct dt_slice name)
{
    struct dt_ruleset *set = reader->set;
    struct dt_slice text, path;
    if (!join(reader, name, &path))
        return;
    enum dt_err err = DT_OK;
    if (!set->loader.load) {
        dt_reader_error(reader, at, "include-none", "files cannot be included here");
    } else if (in_cycle(reader, path)) {
        dt_reader_error(reader, at, "include-cycle", "%.*s includes itself", DT_SLICE_FMT(path));
    } else if (reader->depth >= DT_LIMIT_DEPTH || set->file_count >= DT_LIMIT_FILES) {
        dt_reader_error(reader, at, "include-depth",
                        "files included more than %u deep, or more than %u of them", DT_LIMIT_DEPTH,
                        DT_LIMIT_FILES);
    } else if ((err = set->loader.load(set->loader.ctx, path, &text)) != DT_OK) {
        if (err == DT_ERR_NOMEM)
            dt_reader_nomem(reader);
        else
            dt_reader_error(reader, at, "include-missing", "%.*s: %s", DT_SLICE_FMT(path),
                            dt_err_message(err));
    } else {
        dt_reader_file(set, reader, path, text, DT_FORMAT_AUTO);
    }
}

static void read_include(struct words *words)
{
    const char *end = words->rest.ptr + words->rest.len;
    const char *p = dt_scan_blanks(words->rest.ptr, end);
    struct dt_slice word, name;
    if (p < end && *p == '"') {
        const char *quote = memchr(p + 1, '"', (size_t)(end - p) - 1);
        if (!quote) {
            dt_reader_error(words->reader, dt_slice_of(p, (size_t)(end - p)), "option-quote",
                            "a quote that is not closed");
            return;
        }
        word = dt_slice_of(p, (size_t)(quote - p) + 1);
        name = dt_slice_of(p + 1, word.len - 2);
        words->rest = dt_slice_of(quote + 1, (size_t)(end - quote) - 1);
    } else {
        word = name = next_word(words);
    }
    if (name.len == 0)
        missing(words, word, "a file's name");
    else if (at_end(words))
        include(words->reader, word, name);
}

/* ---- @expect ---- */

static bool is_absolute(struct words *words, struct dt_slice text, bool http)
{
    struct dt_url url;
    enum dt_err err = text.len ? dt_url_parse(text, NULL, &url) : DT_ERR_URL;
    if (err == DT_ERR_NOMEM)
        return dt_reader_nomem(words->reader);
    bool fine = !err && (!http || dt_url_is_http(&url));
    if (!err)
        dt_url_release(&url);
    return fine || missing(words, text, http ? "an absolute http or https URL" : "an absolute URL");
}

/* A token of RFC 9110 section 5.6.2, of letters and "-" here: no method has others. */
static bool is_method(struct dt_slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!dt_is_alpha(word.ptr[i]) && word.ptr[i] != '-' && word.ptr[i] != '_')
            return false;
    return word.len > 0;
}

static bool read_status(struct words *words, struct dt_expect *expect)
{
    struct dt_slice word = next_word(words);
    unsigned status = 0;
    for (size_t i = 0; i < word.len && dt_is_digit(word.ptr[i]) && status < 1000; i++)
        status = status * 10 + (unsigned)(word.ptr[i] - '0');
    if (word.len != 3 || !dt_options_status(status))
        return missing(words, word, "a status, one of " DT_STATUS_CHOICE);
    expect->status = (uint16_t)status;
    return true;
}

static void read_expect(struct words *words)
{
    struct dt_reader *reader = words->reader;
    struct dt_slice word = next_word(words);
    struct dt_expect expect = {.method = DT_S("GET"), .file = reader->file, .line = reader->line};
    expect.col = (uint32_t)(word.ptr - reader->text.ptr) + 1;
    if (is_method(word)) {
        expect.method = word;
        word = next_word(words);
    }
    expect.url = word;
    if (!is_absolute(words, word, true))
        return;
    word = next_word(words);
    if (!dt_slice_eq(word, DT_S("->"))) {
        missing(words, word, "->");
        return;
    }
    if (!read_status(words, &expect))
        return;
    word = next_word(words);
    if (word.len) {
        expect.location = word;
        if (!dt_options_redirects(expect.status)) {
            dt_reader_error(reader, word, "directive-use", "a %u has no Location", expect.status);
            return;
        }
        if (!is_absolute(words, word, false) || !at_end(words))
            return;
    }
    dt_ruleset_add_expect(reader->set, &expect);
}

/* ---- The whole ---- */

static const struct {
    const char *name;
    void (*read)(struct words *words);
} directives[] = {
    {"@host", read_host},   {"@default", read_default}, {"@include", read_include},
    {"@order", read_order}, {"@expect", read_expect},
};
#define DIRECTIVES (sizeof directives / sizeof *directives)

static void unknown(struct dt_reader *reader, struct dt_slice word)
{
    const char *names[DIRECTIVES];
    for (size_t i = 0; i < DIRECTIVES; i++)
        names[i] = directives[i].name;
    const char *nearest = dt_diag_nearest(word, names, DIRECTIVES);
    if (nearest)
        dt_reader_error(reader, word, "directive-unknown", "no such directive, did you mean %s",
                        nearest);
    else
        dt_reader_error(reader, word, "directive-unknown",
                        "no such directive: there are @host, @default, @include, @order, @expect");
}

void dt_native_directive(struct dt_reader *reader, struct dt_slice line)
{
    struct words words = {reader, line};
    struct dt_slice word = next_word(&words);
    if (!dt_reader_check_text(reader, line, dt_scan_bits(line)))
        return;
    for (size_t i = 0; i < DIRECTIVES; i++) {
        if (dt_slice_eq(word, dt_slice_str(directives[i].name))) {
            directives[i].read(&words);
            return;
        }
    }
    unknown(reader, word);
}
