/* SPDX-License-Identifier: MIT
 *
 * Statuses and options. One table names the options, with what reads each value; names that the
 * language has but this version does not build are in a second one, so that they are refused by
 * name.
 */
#include "rules/option.h"

#include "rules/diag.h"
#include "rules/native_scan.h"
#include "rules/option_value.h"
#include "rules/reader.h"
#include <detour/status.h>

#define MAX_VALUE 4096u

/* ---- The tables ---- */

enum { PRIORITY, CACHE, RETRY_AFTER, CASE, SLASH, PARAMS, QUERY, NOTE, OWNER, STATUS };

static const struct {
    const char *name;
    bool (*read)(const struct dt_given *given, struct dt_options *options);
} built[] = {
    [PRIORITY] = {"priority", dt_value_priority},
    [CACHE] = {"cache", dt_value_cache},
    [RETRY_AFTER] = {"retry-after", dt_value_retry_after},
    [CASE] = {"case", dt_value_case},
    [SLASH] = {"slash", dt_value_slash},
    [PARAMS] = {"params", dt_value_params},
    [QUERY] = {"query", dt_value_query},
    [NOTE] = {"note", dt_value_note},
    [OWNER] = {"owner", dt_value_owner},
};
#define BUILT (sizeof built / sizeof *built)

/* Conditions and options that the language has and this version does not. */
static const char *const names[] = {
    "priority", "cache", "retry-after", "case",   "slash",   "params", "query",
    "note",     "owner", "method",      "header", "cookie",  "lang",   "country",
    "ip",       "from",  "until",       "days",   "percent", "open",
};
#define NAMES (sizeof names / sizeof *names)

struct dt_options dt_options_standard(void)
{
    return (struct dt_options){
        .action = {.status = 307,
                   .query = DT_QUERY_PASS,
                   .note = true,
                   .retry_after = DT_RETRY_AFTER_NONE},
    };
}

bool dt_options_status(unsigned status)
{
    const struct dt_status *row = dt_status_get(status);
    return row && row->answerable;
}

bool dt_options_redirects(unsigned status)
{
    const struct dt_status *row = dt_status_get(status);
    return row && row->location;
}

/* ---- Words ---- */

/* The end of a word in which a quoted value may have blanks; *ret_closed is false when a quote is
 * left open. */
static const char *word_end(const char *p, const char *end, bool *ret_closed)
{
    bool in = false;
    *ret_closed = true;
    for (const char *start = p; p < end; p++) {
        if (*p == '"' && (in || (p > start && p[-1] == '=')))
            in = !in;
        else if (in && *p == '\\' && p + 1 < end)
            p++;
        else if (!in && (*p == ' ' || *p == '\t'))
            break;
    }
    *ret_closed = !in;
    return p;
}

/* Takes the quotes off a value: the text between them, or a copy without the backslashes. */
static bool unquote(struct dt_given *given)
{
    struct dt_slice s = given->raw;
    given->value = s;
    given->quoted = s.len >= 2 && s.ptr[0] == '"';
    if (!given->quoted)
        return true;
    if (s.ptr[s.len - 1] != '"')
        return DT_REFUSE(given->reader, s, "option-quote", "text behind the closing quote");
    s = dt_slice_of(s.ptr + 1, s.len - 2);
    given->value = s;
    if (s.len == 0 || !memchr(s.ptr, '\\', s.len))
        return true;
    char *mem = dt_arena_alloc(&given->reader->set->arena, s.len);
    if (!mem)
        return dt_reader_nomem(given->reader);
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\' && (i + 1 == s.len || !strchr("\"\\", s.ptr[i + 1])))
            return DT_REFUSE(given->reader, dt_slice_of(s.ptr + i, 1), "option-quote",
                             "a backslash in quotes stands before \" or \\ only");
        i += s.ptr[i] == '\\';
        mem[len++] = s.ptr[i];
    }
    given->value = dt_slice_of(mem, len);
    return true;
}

static bool read_status(struct dt_reader *reader, struct dt_slice word, struct dt_options *options)
{
    uint64_t status;
    if (options->seen & (1u << STATUS))
        return DT_REFUSE(reader, word, "status-twice", "a second status");
    options->seen |= 1u << STATUS;
    if (!dt_value_number(word, 999, &status) || !dt_options_status((unsigned)status))
        return DT_REFUSE(reader, word, "status-unknown",
                         "%.*s is not a status that a rule can answer: those are " DT_STATUS_CHOICE,
                         DT_SLICE_FMT(word));
    options->action.status = (uint16_t)status;
    return true;
}

static bool unknown(struct dt_reader *reader, struct dt_slice word, struct dt_slice name)
{
    bool negated = name.len && name.ptr[0] == '!';
    name = dt_slice_from(name, negated);
    const char *nearest = dt_diag_nearest(name, names, NAMES);
    if (nearest && dt_slice_eq(name, dt_slice_str(nearest))) {
        if (name.len < word.len || !negated)
            return DT_REFUSE(reader, word, "not-built", "%s%s= is not built yet",
                             negated ? "!" : "", nearest);
    }
    if (word.ptr[0] == '/' || dt_scan_http(word))
        return DT_REFUSE(reader, word, "target-twice",
                         "a second target (a space in a URL is written %%20)");
    if (dt_slice_eq(word, DT_S("pass")))
        return DT_REFUSE(reader, word, "not-built", "the status pass is not built yet");
    if (nearest)
        return DT_REFUSE(reader, word, "option-unknown",
                         "no option has the name %.*s, did you mean %s=", DT_SLICE_FMT(name),
                         nearest);
    return DT_REFUSE(reader, word, "option-unknown", "no option has the name %.*s",
                     DT_SLICE_FMT(name));
}

static bool read_word(struct dt_reader *reader, struct dt_slice word, bool closed,
                      struct dt_options *options)
{
    const char *equals = memchr(word.ptr, '=', word.len);
    struct dt_given given = {.reader = reader, .word = word, .name = word};
    if (!closed)
        return DT_REFUSE(reader, word, "option-quote", "a quote that is not closed");
    if (!equals && dt_is_digit(word.ptr[0]))
        return read_status(reader, word, options);
    given.name.len = equals ? (size_t)(equals - word.ptr) : word.len;
    size_t at = 0;
    while (at < BUILT && !dt_slice_eq(given.name, dt_slice_str(built[at].name)))
        at++;
    if (at == BUILT)
        return unknown(reader, word, given.name);
    if (options->seen & (1u << at))
        return DT_REFUSE(reader, word, "option-twice", "a second %s=", built[at].name);
    options->seen |= 1u << at;
    given.raw = dt_slice_from(word, given.name.len + 1);
    if (!unquote(&given))
        return false;
    if (given.value.len == 0 || given.value.len > MAX_VALUE)
        return DT_REFUSE(reader, word, "option-value", "%s= wants a value%s", built[at].name,
                         given.value.len ? " of at most 4096 bytes" : "");
    return built[at].read(&given, options);
}

bool dt_options_parse(struct dt_reader *reader, struct dt_slice text, struct dt_options *options)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    bool fine = dt_reader_check_text(reader, text, dt_scan_bits(text));
    options->seen = 0; /* what was given before, by @default, may be given again */
    for (;;) {
        p = dt_scan_blanks(p, end);
        if (p == end || *p == '#')
            break;
        bool closed;
        const char *stop = word_end(p, end, &closed);
        struct dt_slice word = dt_slice_of(p, (size_t)(stop - p));
        if (!(dt_scan_bits(word) & DT_BYTE_CONTROL) && dt_scan_utf8(word))
            fine &= read_word(reader, word, closed, options);
        p = stop;
    }
    return fine;
}

/* ---- Together ---- */

bool dt_options_check(struct dt_reader *reader, const struct dt_options *options,
                      struct dt_slice target_word)
{
    unsigned status = options->action.status;
    bool redirects = dt_options_redirects(status);
    bool target = target_word.len && !dt_slice_eq(target_word, DT_S("-"));
    struct dt_slice at = target_word.len ? target_word : dt_reader_line_end(reader);
    if (redirects && !target)
        return DT_REFUSE(reader, at, "target-missing", "a %u needs a target", status);
    if (!redirects && target)
        return DT_REFUSE(reader, at, "target-unwanted",
                         "a %u has no target, write \"-\" in its place", status);
    if (options->action.retry_after != DT_RETRY_AFTER_NONE && !redirects && status != 503)
        return DT_REFUSE(reader, at, "option-clash",
                         "retry-after= goes with a redirect or a 503, not with a %u", status);
    if (!redirects && (options->seen & (1u << QUERY)))
        dt_reader_warn(reader, at, "option-useless", "query= does nothing without a target");
    return true;
}
