/* SPDX-License-Identifier: MIT
 *
 * @expect: a test that stands beside the rules. What conditions ask about (the time, header fields,
 * the client's address and country) is given with it, so that its answer is the same on every day.
 */
#include "rules/read/native_scan.h"
#include "rules/read/native_words.h"
#include "rules/read/option_value.h"
#include "semantics/civil.h"
#include "semantics/network.h"
#include <detour/uri.h>

#define MAX_FIELDS 64u

struct expect {
    struct dt_words *words;
    struct dt_expect row;
    struct dt_field fields[MAX_FIELDS];
};

static bool is_absolute(struct dt_words *words, struct dt_slice text, bool http)
{
    struct dt_url url;
    enum dt_err err = text.len ? dt_url_parse(text, NULL, &url) : DT_ERR_URL;
    if (err == DT_ERR_NOMEM)
        return dt_reader_nomem(words->reader);
    bool fine = !err && (!http || dt_url_is_http(&url));
    if (!err)
        dt_url_release(&url);
    return fine || dt_words_missing(words, text,
                                    http ? "an absolute http or https URL" : "an absolute URL");
}

/* A token of RFC 9110 section 5.6.2, of letters and "-" here: no method has others. */
static bool is_method(struct dt_slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!dt_is_alpha(word.ptr[i]) && word.ptr[i] != '-' && word.ptr[i] != '_')
            return false;
    return word.len > 0;
}

/* ---- What is given besides the URL ---- */

static bool read_at(const struct dt_given *given, struct expect *expect)
{
    const char *why;
    bool local;
    if (dt_civil_parse(given->value, &expect->row.at, &local, &why))
        return DT_REFUSE(given->reader, dt_given_at(given, given->value), "cond-value",
                         "at= wants a time such as 2026-12-01T22:00Z: %s", why);
    if (local)
        return DT_REFUSE(given->reader, dt_given_at(given, given->value), "cond-zone",
                         "a time without an offset: write Z behind it for UTC, or +01:00");
    return true;
}

static bool read_header(const struct dt_given *given, struct expect *expect)
{
    if (expect->row.nfields == MAX_FIELDS)
        return DT_REFUSE(given->reader, given->word, "cond-many", "more than %u fields",
                         MAX_FIELDS);
    return dt_value_field(given, &expect->fields[expect->row.nfields]) && ++expect->row.nfields;
}

static bool read_ip(const struct dt_given *given, struct expect *expect)
{
    expect->row.has_address = true;
    return !dt_address_parse(given->value, expect->row.address) ||
           DT_REFUSE(given->reader, dt_given_at(given, given->value), "cond-value",
                     "ip= wants an address here");
}

static bool read_country(const struct dt_given *given, struct expect *expect)
{
    struct dt_slice value = given->value;
    if (value.len != 2 || value.ptr[0] < 'A' || value.ptr[0] > 'Z' || value.ptr[1] < 'A' ||
        value.ptr[1] > 'Z')
        return DT_REFUSE(given->reader, dt_given_at(given, value), "cond-value",
                         "country= wants two capitals, such as DE");
    expect->row.country = value;
    return true;
}

static const struct {
    const char *name;
    bool (*read)(const struct dt_given *given, struct expect *expect);
    bool often;
} inputs[] = {
    {"at", read_at, false},
    {"header", read_header, true},
    {"ip", read_ip, false},
    {"country", read_country, false},
};
#define INPUTS (sizeof inputs / sizeof *inputs)

static bool read_input(struct expect *expect, struct dt_slice word, bool closed, unsigned *seen)
{
    struct dt_reader *reader = expect->words->reader;
    struct dt_given given = {.reader = reader, .word = word};
    size_t at = 0;
    if (!closed)
        return DT_REFUSE(reader, word, "option-quote", "a quote that is not closed");
    dt_given_split(&given);
    while (at < INPUTS && !dt_slice_eq(given.name, dt_slice_str(inputs[at].name)))
        at++;
    if (at == INPUTS || given.negated || given.name.len == word.len)
        return dt_words_missing(expect->words, word,
                                "->, or at=, header=, ip=, country= before it");
    if (!inputs[at].often && (*seen & 1u << at))
        return DT_REFUSE(reader, word, "cond-twice", "a second %s=", inputs[at].name);
    *seen |= 1u << at;
    return dt_given_unquote(&given) && inputs[at].read(&given, expect);
}

/* Up to and with "->". */
static bool read_inputs(struct expect *expect)
{
    struct dt_words *words = expect->words;
    const char *end = words->rest.ptr + words->rest.len;
    unsigned seen = 0;
    for (;;) {
        const char *p = dt_scan_blanks(words->rest.ptr, end);
        bool closed = true;
        const char *stop = p < end && *p == '#' ? p : dt_option_word_end(p, end, &closed);
        struct dt_slice word = dt_slice_of(p, (size_t)(stop - p));
        words->rest = dt_slice_of(stop, (size_t)(end - stop));
        if (dt_slice_eq(word, DT_S("->")))
            return true;
        if (word.len == 0)
            return dt_words_missing(words, word, "->");
        if (!read_input(expect, word, closed, &seen))
            return false;
    }
}

/* ---- What is expected ---- */

static bool read_status(struct dt_words *words, struct dt_expect *expect)
{
    struct dt_slice word = dt_words_next(words);
    uint64_t status = 404; /* what pass comes to */
    if (!dt_slice_eq(word, DT_S("pass")) &&
        (word.len != 3 || !dt_value_number(word, 999, &status) ||
         !dt_options_status((unsigned)status)))
        return dt_words_missing(words, word, "a status, one of " DT_STATUS_CHOICE);
    expect->status = (uint16_t)status;
    return true;
}

static bool read_location(struct dt_words *words, struct dt_expect *expect)
{
    struct dt_slice word = dt_words_next(words);
    if (word.len == 0)
        return true;
    expect->location = word;
    if (!dt_options_redirects(expect->status))
        return DT_REFUSE(words->reader, word, "directive-use", "a %u has no Location",
                         expect->status);
    return is_absolute(words, word, false) && dt_words_end(words);
}

static bool keep_fields(struct expect *expect)
{
    size_t bytes = expect->row.nfields * sizeof *expect->fields;
    if (bytes == 0)
        return true;
    struct dt_field *mem = dt_arena_alloc(&expect->words->reader->set->arena, bytes);
    if (!mem)
        return dt_reader_nomem(expect->words->reader);
    memcpy(mem, expect->fields, bytes);
    expect->row.fields = mem;
    return true;
}

void dt_native_expect(struct dt_words *words)
{
    struct dt_reader *reader = words->reader;
    struct dt_slice word = dt_words_next(words);
    struct expect expect = {
        .words = words,
        .row = {
            .method = DT_S("GET"), .file = reader->file, .line = reader->line, .at = DT_TIME_MIN}};
    expect.row.col = (uint32_t)(word.ptr - reader->text.ptr) + 1;
    if (is_method(word)) {
        expect.row.method = word;
        word = dt_words_next(words);
    }
    expect.row.url = word;
    if (is_absolute(words, word, true) && read_inputs(&expect) && read_status(words, &expect.row) &&
        read_location(words, &expect.row) && keep_fields(&expect))
        dt_ruleset_add_expect(reader->set, &expect.row);
}
