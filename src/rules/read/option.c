/* SPDX-License-Identifier: MIT
 *
 * Statuses, options and conditions: the words behind a target. One table names them all, with what
 * reads each value.
 */
#include "rules/read/option.h"

#include "rules/cond/cond_read.h"
#include "rules/read/diag.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

#define MAX_VALUE 4096u /* of an option; a condition's may fill the line */

/* ---- The table ---- */

enum { ONCE, OFTEN };   /* may a line give it several times? */
enum { PLAIN, EITHER }; /* may it be negated? */

struct row {
    const char *name;
    bool (*read)(const struct dt_given *given, struct dt_options *options);
    dt_cond_reader *condition;
    uint8_t often;
    uint8_t negates;
};

static const struct row rows[DT_OPTION_COUNT] = {
    [DT_OPTION_PRIORITY] = {"priority", dt_value_priority, NULL, ONCE, PLAIN},
    [DT_OPTION_CACHE] = {"cache", dt_value_cache, NULL, ONCE, PLAIN},
    [DT_OPTION_RETRY_AFTER] = {"retry-after", dt_value_retry_after, NULL, ONCE, PLAIN},
    [DT_OPTION_CASE] = {"case", dt_value_case, NULL, ONCE, PLAIN},
    [DT_OPTION_SLASH] = {"slash", dt_value_slash, NULL, ONCE, PLAIN},
    [DT_OPTION_PARAMS] = {"params", dt_value_params, NULL, ONCE, PLAIN},
    [DT_OPTION_QUERY] = {"query", dt_value_query, NULL, ONCE, PLAIN},
    [DT_OPTION_NOTE] = {"note", dt_value_note, NULL, ONCE, PLAIN},
    [DT_OPTION_OWNER] = {"owner", dt_value_owner, NULL, ONCE, PLAIN},
    [DT_OPTION_SET_HEADER] = {"set-header", dt_value_set_header, NULL, OFTEN, PLAIN},
    [DT_OPTION_PAGE] = {"page", dt_value_page, NULL, ONCE, PLAIN},
    [DT_OPTION_OPEN] = {"open", dt_value_open, NULL, ONCE, PLAIN},
    [DT_OPTION_METHOD] = {"method", NULL, dt_cond_method, ONCE, EITHER},
    [DT_OPTION_HEADER] = {"header", NULL, dt_cond_header, OFTEN, EITHER},
    [DT_OPTION_COOKIE] = {"cookie", NULL, dt_cond_cookie, OFTEN, EITHER},
    [DT_OPTION_LANG] = {"lang", NULL, dt_cond_lang, ONCE, EITHER},
    [DT_OPTION_COUNTRY] = {"country", NULL, dt_cond_country, ONCE, EITHER},
    [DT_OPTION_IP] = {"ip", NULL, dt_cond_ip, ONCE, EITHER},
    [DT_OPTION_REFERER] = {"referer", NULL, dt_cond_referer, ONCE, EITHER},
    [DT_OPTION_UA] = {"ua", NULL, dt_cond_ua, ONCE, EITHER},
    [DT_OPTION_FROM] = {"from", NULL, dt_cond_time, ONCE, PLAIN},
    [DT_OPTION_UNTIL] = {"until", NULL, dt_cond_time, ONCE, PLAIN},
    [DT_OPTION_DAYS] = {"days", NULL, dt_cond_days, ONCE, EITHER},
    [DT_OPTION_HOURS] = {"hours", NULL, dt_cond_hours, ONCE, EITHER},
    [DT_OPTION_TZ] = {"tz", NULL, dt_cond_tz, ONCE, PLAIN},
    [DT_OPTION_PERCENT] = {"percent", NULL, dt_cond_percent, OFTEN, EITHER},
    [DT_OPTION_EXCEPT] = {"except", NULL, dt_cond_except, OFTEN, PLAIN},
};

static unsigned row_of(struct dt_slice name)
{
    unsigned at = 0;
    while (at < DT_OPTION_COUNT && !dt_slice_eq(name, dt_slice_str(rows[at].name)))
        at++;
    return at;
}

/* ---- Words ---- */

const char *dt_option_word_end(const char *p, const char *end, bool *ret_closed)
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

void dt_given_split(struct dt_given *given)
{
    struct dt_slice word = given->word;
    const char *equals = memchr(word.ptr, '=', word.len);
    size_t name = equals ? (size_t)(equals - word.ptr) : word.len;
    given->negated = name && word.ptr[0] == '!';
    given->name = dt_slice_from(dt_slice_of(word.ptr, name), given->negated);
    given->raw = dt_slice_from(word, name + 1);
}

bool dt_given_unquote(struct dt_given *given)
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

struct dt_slice dt_given_at(const struct dt_given *given, struct dt_slice piece)
{
    uintptr_t from = (uintptr_t)given->word.ptr, at = (uintptr_t)piece.ptr;
    bool inside = at >= from && at + piece.len <= from + given->word.len;
    if (inside && piece.len)
        return piece;
    return given->raw.len ? given->raw : given->word;
}

static bool read_status(struct dt_reader *reader, struct dt_slice word, struct dt_options *options)
{
    uint64_t status = DT_STATUS_PASS;
    bool pass = dt_slice_eq(word, DT_S("pass"));
    uint64_t bit = dt_option_bit(DT_OPTION_STATUS, false);
    if (options->seen & bit)
        return DT_REFUSE(reader, word, "status-twice", "a second status");
    options->seen |= bit;
    if (!pass && (!dt_value_number(word, 999, &status) || !dt_options_status((unsigned)status)))
        return DT_REFUSE(reader, word, "status-unknown",
                         "%.*s is not a status that a rule can answer: those are " DT_STATUS_CHOICE,
                         DT_SLICE_FMT(word));
    options->action.status = (uint16_t)status;
    return true;
}

static bool unknown(const struct dt_given *given)
{
    const char *names[DT_OPTION_COUNT];
    struct dt_slice word = given->word;
    for (size_t i = 0; i < DT_OPTION_COUNT; i++)
        names[i] = rows[i].name;
    if (word.ptr[0] == '/' || dt_scan_http(word))
        return DT_REFUSE(given->reader, word, "target-twice",
                         "a second target (a space in a URL is written %%20)");
    const char *nearest = dt_diag_nearest(given->name, names, DT_OPTION_COUNT);
    if (nearest)
        return DT_REFUSE(given->reader, word, "option-unknown",
                         "no option has the name %.*s, did you mean %s=", DT_SLICE_FMT(given->name),
                         nearest);
    return DT_REFUSE(given->reader, word, "option-unknown", "no option has the name %.*s",
                     DT_SLICE_FMT(given->name));
}

static bool read_condition(const struct dt_given *given, const struct row *row,
                           struct dt_options *options)
{
    struct dt_cond_item item = {.next = options->items,
                                .at = dt_given_at(given, given->value),
                                .line = given->reader->line,
                                .option = given->option};
    item.condition.negated = given->negated;
    if (!row->condition(given, &item))
        return false;
    struct dt_cond_item *kept = dt_arena_alloc(&given->reader->set->arena, sizeof *kept);
    if (!kept)
        return dt_reader_nomem(given->reader);
    *kept = item;
    options->items = kept;
    return true;
}

static bool read_option(struct dt_given *given, struct dt_options *options)
{
    const struct row *row = &rows[given->option];
    struct dt_reader *reader = given->reader;
    const char *sign = given->negated ? "!" : "";
    uint64_t bit = dt_option_bit(given->option, given->negated);
    if (given->negated && row->negates == PLAIN)
        return DT_REFUSE(reader, given->word, "cond-negated", "%s= cannot be negated", row->name);
    if (row->often == ONCE && (options->seen & bit))
        return DT_REFUSE(reader, given->word, row->condition ? "cond-twice" : "option-twice",
                         "a second %s%s=%s", sign, row->name,
                         row->negates == EITHER ? " (several values: with commas between them)"
                                                : "");
    if (given->option == DT_OPTION_SET_HEADER && !(options->seen & bit))
        options->action.fields = DT_SLICE_NONE; /* a rule's own come in place of the default's */
    options->seen |= bit;
    if (!dt_given_unquote(given))
        return false;
    size_t limit = row->condition ? DT_LIMIT_LINE : MAX_VALUE;
    if (given->value.len == 0 || given->value.len > limit)
        return DT_REFUSE(reader, given->word, row->condition ? "cond-value" : "option-value",
                         "%s%s= wants a value%s", sign, row->name,
                         given->value.len ? " of at most 4096 bytes" : "");
    return row->condition ? read_condition(given, row, options) : row->read(given, options);
}

static bool read_word(struct dt_reader *reader, struct dt_slice word, bool closed,
                      struct dt_options *options)
{
    struct dt_given given = {.reader = reader, .word = word};
    if (!closed)
        return DT_REFUSE(reader, word, "option-quote", "a quote that is not closed");
    if (!memchr(word.ptr, '=', word.len) &&
        (dt_is_digit(word.ptr[0]) || dt_slice_eq(word, DT_S("pass"))))
        return read_status(reader, word, options);
    dt_given_split(&given);
    given.option = (uint8_t)row_of(given.name);
    return given.option == DT_OPTION_COUNT ? unknown(&given) : read_option(&given, options);
}

bool dt_options_parse(struct dt_reader *reader, struct dt_slice text, struct dt_options *options)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    bool fine = dt_reader_check_text(reader, text, dt_scan_bits(text));
    options->seen = 0; /* what was given before, by @default, may be given again */
    options->inherited = options->items;
    for (;;) {
        p = dt_scan_blanks(p, end);
        if (p == end || *p == '#')
            break;
        bool closed;
        const char *stop = dt_option_word_end(p, end, &closed);
        struct dt_slice word = dt_slice_of(p, (size_t)(stop - p));
        if (!(dt_scan_bits(word) & DT_BYTE_CONTROL) && dt_scan_utf8(word))
            fine &= read_word(reader, word, closed, options);
        p = stop;
    }
    bool page = options->seen & dt_option_bit(DT_OPTION_PAGE, false);
    if (!page && dt_options_redirects(options->action.status))
        options->action.page = DT_SLICE_NONE; /* @default's, for others */
    return fine && (!options->items || dt_cond_settle(reader, options));
}

bool dt_options_word(struct dt_slice word)
{
    if (word.len == 0 || dt_slice_eq(word, DT_S("-")))
        return false;
    if (dt_slice_eq(word, DT_S("pass")))
        return true;
    size_t at = word.ptr[0] == '!';
    while (at < word.len && (dt_is_word(word.ptr[at]) || word.ptr[at] == '-'))
        at++;
    return at == word.len ? dt_is_digit(word.ptr[0]) : word.ptr[at] == '=';
}

bool dt_options_open(struct dt_slice text, const struct dt_options *options)
{
    bool open = options->flags & DT_RULE_OPEN;
    const char *p = text.ptr, *end = text.ptr + text.len;
    if (text.len == 0 || !memmem(text.ptr, text.len, "open=", 5))
        return open;
    for (p = dt_scan_blanks(p, end); p < end && *p != '#'; p = dt_scan_blanks(p, end)) {
        bool closed;
        const char *stop = dt_option_word_end(p, end, &closed);
        struct dt_slice word = dt_slice_of(p, (size_t)(stop - p));
        if (dt_slice_starts(word, DT_S("open=")))
            open = dt_slice_eq(word, DT_S("open=yes")) || dt_slice_eq(word, DT_S("open=\"yes\""));
        p = stop;
    }
    return open;
}
