/* SPDX-License-Identifier: MIT
 *
 * Regular expressions as sources. PCRE2 says whether one is valid; what is settled here is what it
 * is asked about (a path, or the whole URL), and how it can mean a byte that no path has: paths are
 * compared in their normal form, in which a letter outside of ASCII is two escapes or more.
 */
#include "rules/regex/regex.h"

#include "base/out.h"
#include "rules/read/native_scan.h"
#include "rules/read/source_part.h"
#include "uri/percent.h"

/* ---- Letters outside of ASCII ---- */

static bool is_high(char c)
{
    return (unsigned char)c >= 0x80;
}

/* How many bytes the letter at the start of s has, all of them not ASCII; s is UTF-8. */
static size_t letter_length(struct dt_slice s)
{
    size_t len = 1;
    while (len < s.len && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
        len++;
    return len;
}

/* Where in an expression the reader of one stands. */
struct place {
    bool class;   /* in [...] */
    bool literal; /* between \Q and \E */
};

/* Steps over the ASCII byte or escape at the start of s; returns its length. */
static size_t step(struct place *place, struct dt_slice s, bool class_start)
{
    bool escape = s.ptr[0] == '\\' && s.len > 1;
    if (place->literal) {
        place->literal = !(escape && s.ptr[1] == 'E');
        return escape && s.ptr[1] == 'E' ? 2 : 1;
    }
    if (escape && !is_high(s.ptr[1])) {
        place->literal = s.ptr[1] == 'Q';
        return 2;
    }
    if (place->class && dt_slice_starts(s, DT_S("[:"))) {
        const char *end = memmem(s.ptr + 2, s.len - 2, ":]", 2);
        return end ? (size_t)(end - s.ptr) + 2 : 1;
    }
    if (place->class)
        place->class = s.ptr[0] != ']' || class_start;
    else
        place->class = s.ptr[0] == '[';
    return 1;
}

/* Writes the letter at the start of s as what its bytes are in a path, as one item, so that what
 * follows (a "?", say) is for all of it. */
static void write_letter(struct dt_out *out, struct dt_slice letter)
{
    dt_out_put(out, DT_S("(?:"));
    for (size_t i = 0; i < letter.len; i++)
        dt_percent_byte(out, letter.ptr[i]);
    dt_out_char(out, ')');
}

/* Copies text to out up to `stop` bytes of output, letters as escapes. Returns how much of text
 * that took; where a letter cannot be written so, *ret_bad is its length there, else 0. */
static size_t convert(struct dt_slice text, struct dt_out *out, size_t stop, size_t *ret_bad)
{
    struct place place = {0};
    size_t class_at = 0; /* where a "]" would be a member of the class, not its end */
    size_t at = 0;
    *ret_bad = 0;
    while (at < text.len && dt_out_len(out) < stop && !out->overflow) {
        struct dt_slice rest = dt_slice_from(text, at);
        bool escaped = rest.ptr[0] == '\\' && rest.len > 1 && is_high(rest.ptr[1]);
        if (is_high(rest.ptr[0]) || (escaped && !place.literal)) {
            struct dt_slice letter = dt_slice_from(rest, escaped);
            letter.len = letter_length(letter);
            if (place.class || place.literal) {
                *ret_bad = letter.len;
                return at + escaped;
            }
            write_letter(out, letter);
            at += escaped + letter.len;
            continue;
        }
        bool inside = place.class;
        size_t len = step(&place, rest, inside && at == class_at);
        if (place.class && !inside)
            class_at = at + (rest.len > 1 && rest.ptr[1] == '^' ? 2 : 1);
        dt_out_put(out, dt_slice_of(rest.ptr, len));
        at += len;
    }
    return at;
}

/* What an error at len bytes of the expression points to. */
static struct dt_slice place_of(struct dt_slice at, struct dt_slice text, size_t offset, size_t len)
{
    bool inside = text.ptr >= at.ptr && text.ptr + text.len <= at.ptr + at.len;
    return inside ? dt_slice_of(text.ptr + offset, len) : at;
}

/* The expression in ASCII: text itself, or a copy. */
static bool to_ascii(struct dt_reader *reader, struct dt_slice at, struct dt_slice *text)
{
    struct dt_ruleset *set = reader->set;
    size_t bad;
    if (!(dt_scan_bits(*text) & DT_BYTE_HIGH))
        return true;
    struct dt_out out = dt_out_init(set->scratch, sizeof set->scratch);
    size_t end = convert(*text, &out, SIZE_MAX, &bad);
    if (bad)
        return DT_REFUSE(
            reader, dt_source_place(at, dt_slice_of(text->ptr + end, bad)), "source-regex",
            "in brackets and behind \\Q a letter outside of ASCII cannot be matched: a "
            "path has its escapes, as in (%%C3%%A9|%%C3%%A8)");
    if (out.overflow || dt_out_len(&out) > DT_LIMIT_SOURCE)
        return DT_REFUSE(reader, at, "source-long",
                         "an expression of more than %u bytes when encoded", DT_LIMIT_SOURCE);
    *text = dt_out_slice(&out);
    return dt_reader_keep(reader, text);
}

/* ---- What it is asked about ---- */

/* Takes "/" or "\/" off. */
static bool take_slash(struct dt_slice *s)
{
    size_t len = dt_slice_starts(*s, DT_S("\\/")) ? 2 : dt_slice_starts(*s, DT_S("/")) ? 1 : 0;
    *s = dt_slice_from(*s, len);
    return len > 0;
}

/* Two slashes that must both be there. */
static bool takes_slashes(struct dt_slice s)
{
    return take_slash(&s) && take_slash(&s) && (s.len == 0 || !strchr("?*+{", s.ptr[0]));
}

static uint8_t url_flags(struct dt_slice text)
{
    static const char *const secure[] = {"s?", "(s)?", "[s]?", "(?:s)?", "s", ""};
    struct dt_slice s = dt_slice_from(text, dt_slice_starts(text, DT_S("^")));
    if (takes_slashes(s))
        return DT_RULE_URL | DT_RULE_RELATIVE;
    if (s.len < 4 || !dt_slice_eq_nocase(dt_slice_of(s.ptr, 4), DT_S("http")))
        return 0;
    s = dt_slice_from(s, 4);
    for (size_t i = 0; i < sizeof secure / sizeof *secure; i++) {
        size_t len = strlen(secure[i]);
        if (s.len > len && dt_slice_eq_nocase(dt_slice_of(s.ptr, len), dt_slice_str(secure[i])) &&
            s.ptr[len] == ':' && takes_slashes(dt_slice_from(s, len + 1)))
            return DT_RULE_URL;
    }
    return 0;
}

/* "^old/x": the author forgot that a path begins with "/". */
static void warn_relative(struct dt_reader *reader, struct dt_slice at, struct dt_slice text)
{
    if (text.len < 2 || text.ptr[0] != '^' || !dt_is_word(text.ptr[1]) ||
        (text.len > 2 && strchr("?*{", text.ptr[2])) || dt_source_has(text, '|'))
        return;
    dt_reader_warn(reader, at, "regex-never",
                   "never matches: a path begins with /, did you mean ~^/%.*s", (int)(text.len - 1),
                   text.ptr + 1);
}

void dt_source_regex_escapes(struct dt_reader *reader)
{
    struct dt_slice text = reader->captures.written;
    if (text.len == 0 || memmem(text.ptr, text.len, "(?i", 3))
        return;
    for (size_t i = 0; i + 2 < text.len; i++) {
        if (!dt_percent_at(text, i) || (text.ptr[i + 1] < 'a' && text.ptr[i + 2] < 'a'))
            continue;
        dt_reader_warn(reader, dt_slice_of(text.ptr + i, 3), "regex-never",
                       "never matches: a path has this escape as %%%c%c, in upper case",
                       text.ptr[i + 1] & (text.ptr[i + 1] < 'a' ? 0xff : 0xdf),
                       text.ptr[i + 2] & (text.ptr[i + 2] < 'a' ? 0xff : 0xdf));
        return;
    }
}

/* ---- The whole ---- */

static bool refuse(struct dt_reader *reader, struct dt_slice at, struct dt_slice written,
                   const struct dt_regex_error *error)
{
    size_t bad, offset = error->at;
    if (dt_scan_bits(written) & DT_BYTE_HIGH) {
        struct dt_out out = dt_out_init(reader->set->scratch, sizeof reader->set->scratch);
        offset = convert(written, &out, error->at, &bad);
    }
    if (offset > written.len)
        offset = written.len;
    return DT_REFUSE(reader, place_of(at, written, offset, offset < written.len), "source-regex",
                     "%s", error->message);
}

/* The labels of @host stand behind the groups, and none may have a group's name. */
static bool number_labels(struct dt_reader *reader, struct dt_slice at, struct dt_slice text)
{
    struct dt_capture_names *captures = &reader->captures;
    if (captures->groups + 1u + captures->labels > DT_CAPTURES_MAX)
        return DT_REFUSE(reader, at, "source-name",
                         "more than %u captures in one rule, those of @host included",
                         DT_CAPTURES_MAX);
    for (unsigned i = 0; i < captures->labels; i++) {
        struct dt_slice name = captures->list[i].name;
        if (dt_regex_group(text, name))
            return DT_REFUSE(reader, at, "source-name", "a second %.*s: @host has the first",
                             DT_SLICE_FMT(name));
        captures->list[i].number = (uint8_t)(captures->groups + 1 + i);
    }
    return true;
}

static bool keep_more(struct dt_reader *reader, struct dt_rule *rule)
{
    const struct dt_capture_names *captures = &reader->captures;
    struct dt_rule_more *more = dt_arena_alloc(&reader->set->arena, sizeof *more);
    if (!more)
        return dt_reader_nomem(reader);
    *more = (struct dt_rule_more){
        .labels = captures->labels,
        .captures = (uint8_t)(captures->groups + 1 + captures->labels),
    };
    rule->more = more;
    return true;
}

bool dt_source_regex(struct dt_reader *reader, struct dt_slice at, struct dt_slice text,
                     unsigned flags, struct dt_rule *rule)
{
    struct dt_capture_names *captures = &reader->captures;
    struct dt_regex regex;
    struct dt_regex_error error;
    struct dt_slice written = text;
    bool nocase = flags & DT_REGEX_NOCASE;
    captures->broken = captures->regex = true;
    captures->groups = 0;
    captures->count = captures->labels;
    if (text.len == 0)
        return DT_REFUSE(reader, at, "source-regex", "an empty expression");
    if (!to_ascii(reader, at, &text))
        return false;
    enum dt_err err = dt_regex_check(text, nocase, &reader->set->arena, &regex, &error);
    if (err == DT_ERR_NOMEM)
        return dt_reader_nomem(reader);
    if (err)
        return refuse(reader, at, written, &error);
    uint8_t url = url_flags(text);
    rule->flags &= (uint8_t) ~(DT_RULE_IGNORE_CASE | DT_RULE_URL | DT_RULE_RELATIVE);
    rule->flags = (uint8_t)(rule->flags | (nocase ? DT_RULE_IGNORE_CASE : 0) | url);
    rule->path_kind = DT_PATH_REGEX;
    rule->path = text;
    if (url) {
        rule->host = DT_SLICE_NONE;
        rule->host_kind = DT_HOST_ANY;
        rule->scheme = DT_SCHEME_ANY;
        rule->port = 0;
        captures->count = captures->labels = 0;
    } else {
        warn_relative(reader, at, text);
    }
    captures->groups = (uint8_t)regex.groups;
    captures->expression = text;
    captures->written = written;
    captures->broken = !number_labels(reader, at, text) || !keep_more(reader, rule);
    return !captures->broken;
}
