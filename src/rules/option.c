/* SPDX-License-Identifier: MIT
 *
 * Statuses and options. One table names the options, with what reads each value; names that the
 * language has but this version does not build are in a second one, so that they are refused by
 * name.
 */
#include "rules/option.h"

#include "rules/diag.h"
#include "rules/native_scan.h"
#include "rules/reader.h"
#include <detour/status.h>
#include <detour/uri.h>
#include <stdio.h>

#define MAX_SECONDS 2147483647u /* RFC 9111 section 1.2.2 */
#define MAX_VALUE 4096u

/* One option as it stands in the line. */
struct given {
    struct dt_reader *reader;
    struct dt_slice word; /* name=value */
    struct dt_slice name;
    struct dt_slice raw;   /* the value as written, with its quotes */
    struct dt_slice value; /* without them */
    bool quoted;
};

static bool bad_value(const struct given *given, const char *wanted)
{
    return dt_reader_error(given->reader, given->raw.len ? given->raw : given->word, "option-value",
                           "%.*s= wants %s", DT_SLICE_FMT(given->name), wanted);
}

/* ---- Values ---- */

/* Decimal digits, at most max. */
static bool read_number(struct dt_slice s, uint64_t max, uint64_t *ret)
{
    uint64_t number = 0;
    if (s.len == 0 || s.len > 18)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!dt_is_digit(s.ptr[i]))
            return false;
        number = number * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    if (number > max)
        return false;
    *ret = number;
    return true;
}

/* "3600", "90s", "5m", "1h", "30d", "2w". */
static bool read_duration(struct dt_slice s, uint32_t *ret)
{
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    uint32_t factor = 1;
    for (size_t i = 0; s.len && i < sizeof units / sizeof *units; i++) {
        if (s.ptr[s.len - 1] == units[i].unit) {
            factor = units[i].seconds;
            s.len--;
            break;
        }
    }
    uint64_t number;
    if (!read_number(s, MAX_SECONDS / factor, &number))
        return false;
    *ret = (uint32_t)number * factor;
    return true;
}

static bool read_priority(const struct given *given, struct dt_options *options)
{
    struct dt_slice digits = given->value;
    bool minus = digits.len && digits.ptr[0] == '-';
    uint64_t number;
    if (!read_number(dt_slice_from(digits, minus), (uint64_t)INT32_MAX + minus, &number))
        return bad_value(given, "a whole number from -2147483648 to 2147483647");
    int64_t priority = minus ? -(int64_t)number : (int64_t)number;
    options->priority = (int32_t)priority;
    return true;
}

static bool read_cache(const struct given *given, struct dt_options *options)
{
    uint32_t seconds;
    struct dt_slice value = given->value;
    if (dt_slice_eq(value, DT_S("no"))) {
        options->action.cache = DT_S("no-store");
        return true;
    }
    if (read_duration(value, &seconds)) {
        struct dt_slice text = dt_slice_of(given->reader->set->scratch, 0);
        int len = snprintf(given->reader->set->scratch, 32, "max-age=%u", seconds);
        text.len = (size_t)len;
        options->action.cache = text;
        return dt_reader_keep(given->reader, &options->action.cache);
    }
    bool digits = dt_is_digit(value.ptr[0]) || value.ptr[0] == '-';
    if (digits || value.ptr[0] == ' ' || value.ptr[value.len - 1] == ' ' ||
        (dt_scan_bits(value) & (DT_BYTE_HIGH | DT_BYTE_CONTROL)))
        return bad_value(given, "no, a time such as 3600 or 1h, or a Cache-Control value");
    options->action.cache = value;
    return true;
}

static bool read_retry_after(const struct given *given, struct dt_options *options)
{
    uint32_t seconds;
    if (!read_duration(given->value, &seconds))
        return bad_value(given, "seconds, or a time such as 90s, 5m, 1h, 30d or 2w");
    options->action.retry_after = seconds;
    return true;
}

/* ignore sets the flag, the other word clears it. */
static bool read_flag(const struct given *given, struct dt_options *options, uint8_t flag,
                      const char *on, const char *off)
{
    if (dt_slice_eq(given->value, dt_slice_str(on))) {
        options->flags = (uint8_t)(options->flags | flag);
        return true;
    }
    if (dt_slice_eq(given->value, dt_slice_str(off))) {
        options->flags = (uint8_t)(options->flags & ~flag);
        return true;
    }
    return dt_reader_error(given->reader, given->raw, "option-value", "%.*s= wants %s or %s",
                           DT_SLICE_FMT(given->name), on, off);
}

static bool read_case(const struct given *given, struct dt_options *options)
{
    return read_flag(given, options, DT_RULE_IGNORE_CASE, "ignore", "exact");
}

static bool read_slash(const struct given *given, struct dt_options *options)
{
    return read_flag(given, options, DT_RULE_IGNORE_SLASH, "ignore", "exact");
}

static bool read_params(const struct given *given, struct dt_options *options)
{
    return read_flag(given, options, DT_RULE_EXACT_QUERY, "only", "some");
}

/* "a,b,utm_*": no empty name, a "*" at the end of a name only. */
static bool names_ok(struct dt_slice names)
{
    if (names.len == 0 || names.ptr[0] == ',' || names.ptr[names.len - 1] == ',')
        return false;
    for (size_t i = 0; i < names.len; i++) {
        bool last = i + 1 == names.len || names.ptr[i + 1] == ',';
        if ((names.ptr[i] == ',' && names.ptr[i + 1] == ',') || (names.ptr[i] == '*' && !last) ||
            strchr("&=?#\"' ", names.ptr[i]))
            return false;
    }
    return true;
}

static bool read_query(const struct given *given, struct dt_options *options)
{
    static const struct {
        const char *word;
        enum dt_query_mode mode;
    } modes[] = {{"pass", DT_QUERY_PASS}, {"drop", DT_QUERY_DROP}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (dt_slice_eq(given->value, dt_slice_str(modes[i].word))) {
            options->action.query = (uint8_t)modes[i].mode;
            options->action.names = DT_SLICE_NONE;
            return true;
        }
    }
    bool keep = dt_slice_starts(given->value, DT_S("keep:"));
    if (!keep && !dt_slice_starts(given->value, DT_S("without:")))
        return bad_value(given, "pass, drop, keep:a,b or without:a,utm_*");
    struct dt_slice names = dt_slice_from(given->value, keep ? 5 : 8);
    if (!names_ok(names))
        return bad_value(given, "names with commas between them, each with a * at its end at most");
    struct dt_ruleset *set = given->reader->set;
    if (dt_norm_query(names, set->scratch, sizeof set->scratch, &names))
        return bad_value(given, "shorter names");
    options->action.query = keep ? DT_QUERY_KEEP : DT_QUERY_WITHOUT;
    options->action.names = names;
    return dt_reader_keep(given->reader, &options->action.names);
}

static bool read_note(const struct given *given, struct dt_options *options)
{
    bool no = !given->quoted && dt_slice_eq(given->value, DT_S("no"));
    bool yes = !given->quoted && dt_slice_eq(given->value, DT_S("yes"));
    options->action.note = !no;
    options->action.note_text = no || yes ? DT_SLICE_NONE : given->value;
    return true;
}

static bool read_owner(const struct given *given, struct dt_options *options)
{
    options->action.owner = given->value;
    return true;
}

/* ---- The tables ---- */

enum { PRIORITY, CACHE, RETRY_AFTER, CASE, SLASH, PARAMS, QUERY, NOTE, OWNER, STATUS };

static const struct {
    const char *name;
    bool (*read)(const struct given *given, struct dt_options *options);
} built[] = {
    [PRIORITY] = {"priority", read_priority},
    [CACHE] = {"cache", read_cache},
    [RETRY_AFTER] = {"retry-after", read_retry_after},
    [CASE] = {"case", read_case},
    [SLASH] = {"slash", read_slash},
    [PARAMS] = {"params", read_params},
    [QUERY] = {"query", read_query},
    [NOTE] = {"note", read_note},
    [OWNER] = {"owner", read_owner},
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
static bool unquote(struct given *given)
{
    struct dt_slice s = given->raw;
    given->value = s;
    given->quoted = s.len >= 2 && s.ptr[0] == '"';
    if (!given->quoted)
        return true;
    if (s.ptr[s.len - 1] != '"')
        return dt_reader_error(given->reader, s, "option-quote", "text behind the closing quote");
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
            return dt_reader_error(given->reader, dt_slice_of(s.ptr + i, 1), "option-quote",
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
        return dt_reader_error(reader, word, "status-twice", "a second status");
    options->seen |= 1u << STATUS;
    if (!read_number(word, 999, &status) || !dt_options_status((unsigned)status))
        return dt_reader_error(
            reader, word, "status-unknown",
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
            return dt_reader_error(reader, word, "not-built", "%s%s= is not built yet",
                                   negated ? "!" : "", nearest);
    }
    if (word.ptr[0] == '/' || dt_scan_http(word))
        return dt_reader_error(reader, word, "target-twice",
                               "a second target (a space in a URL is written %%20)");
    if (dt_slice_eq(word, DT_S("pass")))
        return dt_reader_error(reader, word, "not-built", "the status pass is not built yet");
    if (nearest)
        return dt_reader_error(reader, word, "option-unknown",
                               "no option has the name %.*s, did you mean %s=", DT_SLICE_FMT(name),
                               nearest);
    return dt_reader_error(reader, word, "option-unknown", "no option has the name %.*s",
                           DT_SLICE_FMT(name));
}

static bool read_word(struct dt_reader *reader, struct dt_slice word, bool closed,
                      struct dt_options *options)
{
    const char *equals = memchr(word.ptr, '=', word.len);
    struct given given = {.reader = reader, .word = word, .name = word};
    if (!closed)
        return dt_reader_error(reader, word, "option-quote", "a quote that is not closed");
    if (!equals && dt_is_digit(word.ptr[0]))
        return read_status(reader, word, options);
    given.name.len = equals ? (size_t)(equals - word.ptr) : word.len;
    size_t at = 0;
    while (at < BUILT && !dt_slice_eq(given.name, dt_slice_str(built[at].name)))
        at++;
    if (at == BUILT)
        return unknown(reader, word, given.name);
    if (options->seen & (1u << at))
        return dt_reader_error(reader, word, "option-twice", "a second %s=", built[at].name);
    options->seen |= 1u << at;
    given.raw = dt_slice_from(word, given.name.len + 1);
    if (!unquote(&given))
        return false;
    if (given.value.len == 0 || given.value.len > MAX_VALUE)
        return dt_reader_error(reader, word, "option-value", "%s= wants a value%s", built[at].name,
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
        return dt_reader_error(reader, at, "target-missing", "a %u needs a target", status);
    if (!redirects && target)
        return dt_reader_error(reader, at, "target-unwanted",
                               "a %u has no target, write \"-\" in its place", status);
    if (options->action.retry_after != DT_RETRY_AFTER_NONE && !redirects && status != 503)
        return dt_reader_error(reader, at, "option-clash",
                               "retry-after= goes with a redirect or a 503, not with a %u", status);
    if (!redirects && (options->seen & (1u << QUERY)))
        dt_reader_warn(reader, at, "option-useless", "query= does nothing without a target");
    return true;
}
