/* SPDX-License-Identifier: MIT
 *
 * Lines, cut as the reader cuts them. Options come in one order: first what the answer is, then
 * what must hold for it, each in the order in which docs/rules.md tells them; of one name, in the
 * order in which they stand.
 */
#include "rules/fmt/fmt_line.h"

#include "rules/read/maintenance.h"
#include "rules/read/native_scan.h"
#include "rules/read/option.h"

#define WORDS 96u /* options of a line; one with more stays as it is */

static const char *const option_order[] = {
    "query",  "cache", "retry-after", "case",    "slash",   "params", "priority",
    "note",   "page",  "set-header",  "open",    "owner",   "method", "header",
    "cookie", "lang",  "ip",          "country", "referer", "ua",     "from",
    "until",  "days",  "hours",       "tz",      "percent", "except",
};
#define OPTIONS (sizeof option_order / sizeof *option_order)

struct word {
    struct dt_slice text;
    size_t rank;
};

struct cut {
    const char *pos, *end;
    struct dt_buf *scratch;
    struct dt_fmt_line *line;
    struct word words[WORDS];
    size_t count;
};

static struct dt_slice rest_of(const struct cut *cut)
{
    return dt_slice_of(cut->pos, (size_t)(cut->end - cut->pos));
}

static struct dt_slice next_word(struct cut *cut)
{
    unsigned bits = 0;
    const char *p = dt_scan_blanks(cut->pos, cut->end);
    const char *stop = p < cut->end && *p == '#' ? p : dt_scan_word(p, cut->end, &bits);
    cut->pos = stop;
    return dt_slice_of(p, (size_t)(stop - p));
}

/* The comment, if that is all there is left. */
static bool take_note(struct cut *cut)
{
    struct dt_slice note = dt_scan_trim(rest_of(cut));
    cut->line->cells[DT_FMT_NOTE] = note;
    return note.len == 0 || note.ptr[0] == '#';
}

/* ---- Options ---- */

/* 0 for a status, then the options in their order; OPTIONS + 1 for none of them. */
static size_t rank_of(struct dt_slice word)
{
    const char *equals = memchr(word.ptr, '=', word.len);
    struct dt_slice name = dt_slice_of(word.ptr, equals ? (size_t)(equals - word.ptr) : word.len);
    if (!equals)
        return 0;
    if (name.len && name.ptr[0] == '!')
        name = dt_slice_from(name, 1);
    for (size_t i = 0; i < OPTIONS; i++)
        if (dt_slice_eq(name, dt_slice_str(option_order[i])))
            return i + 1;
    return OPTIONS + 1;
}

/* Does name="value" mean the same as name=value? */
static bool quotes_say_nothing(struct dt_slice name, struct dt_slice value)
{
    if (value.len == 0 || memchr(value.ptr, '"', value.len) || memchr(value.ptr, '\\', value.len) ||
        (dt_scan_bits(value) & (DT_BYTE_BLANK | DT_BYTE_CONTROL)))
        return false;
    return !dt_slice_eq(name, DT_S("note")) ||
           !(dt_slice_eq(value, DT_S("yes")) || dt_slice_eq(value, DT_S("no")));
}

static void put_option(struct dt_buf *out, struct dt_slice word)
{
    const char *equals = memchr(word.ptr, '=', word.len);
    size_t name = equals ? (size_t)(equals - word.ptr) : word.len;
    struct dt_slice value = dt_slice_from(word, name + 1);
    bool quoted = value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';
    struct dt_slice inner = quoted ? dt_slice_of(value.ptr + 1, value.len - 2) : value;
    if (quoted && quotes_say_nothing(dt_slice_of(word.ptr, name), inner)) {
        dt_buf_put(out, dt_slice_of(word.ptr, name + 1));
        dt_buf_put(out, inner);
    } else {
        dt_buf_put(out, word);
    }
}

/* All words up to the comment, sorted. False when they cannot be told apart. */
static bool take_words(struct cut *cut)
{
    cut->count = 0;
    for (;;) {
        bool closed = true;
        const char *p = dt_scan_blanks(cut->pos, cut->end);
        cut->pos = p;
        if (p == cut->end || *p == '#')
            return take_note(cut);
        cut->pos = dt_option_word_end(p, cut->end, &closed);
        struct word word = {dt_slice_of(p, (size_t)(cut->pos - p)), 0};
        word.rank = rank_of(word.text);
        if (!closed || cut->count == WORDS || word.rank > OPTIONS)
            return false;
        size_t at = cut->count++;
        for (; at > 0 && cut->words[at - 1].rank > word.rank; at--)
            cut->words[at] = cut->words[at - 1];
        cut->words[at] = word;
    }
}

/* What was written to the scratch since `from`. It may still move: the offset is kept for now. */
struct piece {
    size_t from, len;
};

static struct piece join_words(struct cut *cut, size_t first)
{
    struct piece piece = {cut->scratch->len, 0};
    for (size_t i = first; i < cut->count; i++) {
        if (i > first)
            dt_buf_char(cut->scratch, ' ');
        put_option(cut->scratch, cut->words[i].text);
    }
    piece.len = cut->scratch->len - piece.from;
    return piece;
}

static struct dt_slice piece_text(const struct cut *cut, struct piece piece)
{
    return piece.len && !dt_buf_err(cut->scratch)
               ? dt_slice_of(cut->scratch->ptr + piece.from, piece.len)
               : DT_SLICE_NONE;
}

/* ---- Rules ---- */

static bool cut_options(struct cut *cut, struct piece *ret_options)
{
    if (!take_words(cut))
        return false;
    bool status = cut->count && cut->words[0].rank == 0;
    if (status && cut->count > 1 && cut->words[1].rank == 0)
        return false; /* two of them */
    if (status)
        cut->line->cells[2] = cut->words[0].text;
    *ret_options = join_words(cut, status);
    return true;
}

static bool cut_rule(struct cut *cut)
{
    struct dt_fmt_line *line = cut->line;
    struct piece options;
    unsigned bits = 0;
    line->kind = DT_FMT_RULE;
    const char *stop = dt_scan_word(cut->pos, cut->end, &bits);
    line->cells[0] = dt_slice_of(cut->pos, (size_t)(stop - cut->pos));
    cut->pos = stop;
    line->cells[1] = next_word(cut);
    if (line->cells[1].len == 0 || !cut_options(cut, &options))
        return false;
    line->cells[3] = piece_text(cut, options);
    return true;
}

/* "maintenance SOURCE" is one cell: it stands where the others have their source. */
static bool cut_maintenance(struct cut *cut)
{
    struct dt_fmt_line *line = cut->line;
    struct piece head, options;
    line->kind = DT_FMT_RULE;
    struct dt_slice word = next_word(cut);
    struct dt_slice source = next_word(cut);
    dt_buf_put(cut->scratch, word);
    dt_buf_char(cut->scratch, ' ');
    dt_buf_put(cut->scratch, source);
    head = (struct piece){0, word.len + 1 + source.len};
    const char *behind = cut->pos;
    struct dt_slice target = next_word(cut);
    if (dt_options_word(target))
        cut->pos = behind;
    else
        line->cells[1] = target;
    if (source.len == 0 || !cut_options(cut, &options))
        return false;
    line->cells[0] = piece_text(cut, head);
    line->cells[3] = piece_text(cut, options);
    return true;
}

/* ---- Directives ---- */

static bool is_method(struct dt_slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!dt_is_alpha(word.ptr[i]) && word.ptr[i] != '-' && word.ptr[i] != '_')
            return false;
    return word.len > 0;
}

/* Appends words with one blank between them, up to and without `stop`; all of them when it is
 * empty. False when the stop is missing. */
static bool copy_words(struct cut *cut, struct dt_slice stop)
{
    for (bool first = true;; first = false) {
        bool closed = true;
        const char *p = dt_scan_blanks(cut->pos, cut->end);
        cut->pos = p;
        if (p == cut->end || *p == '#')
            return stop.len == 0;
        cut->pos = dt_option_word_end(p, cut->end, &closed);
        struct dt_slice word = dt_slice_of(p, (size_t)(cut->pos - p));
        if (!closed)
            return false;
        if (stop.len && dt_slice_eq(word, stop))
            return true;
        dt_buf_str(cut->scratch, first ? "" : " ");
        dt_buf_put(cut->scratch, word);
    }
}

static bool cut_expect(struct cut *cut)
{
    struct dt_fmt_line *line = cut->line;
    struct piece asked = {0}, wanted;
    line->kind = DT_FMT_EXPECT;
    line->cells[0] = next_word(cut);
    const char *behind = cut->pos;
    line->cells[1] = next_word(cut);
    if (!is_method(line->cells[1])) {
        line->cells[1] = DT_SLICE_NONE;
        cut->pos = behind;
    }
    if (!copy_words(cut, DT_S("->")))
        return false;
    asked.len = cut->scratch->len;
    wanted.from = asked.len;
    dt_buf_str(cut->scratch, "-> ");
    if (!copy_words(cut, DT_SLICE_NONE) || !take_note(cut))
        return false;
    wanted.len = cut->scratch->len - wanted.from;
    line->cells[2] = piece_text(cut, asked);
    line->cells[3] = piece_text(cut, wanted);
    return asked.len > 0;
}

/* "@include "a file"": a text in quotes has no escapes. */
static bool cut_argument(struct cut *cut)
{
    const char *p = dt_scan_blanks(cut->pos, cut->end);
    const char *quote =
        p < cut->end && *p == '"' ? memchr(p + 1, '"', (size_t)(cut->end - p) - 1) : NULL;
    struct dt_slice word = quote ? dt_slice_of(p, (size_t)(quote - p) + 1) : next_word(cut);
    if (quote)
        cut->pos = quote + 1;
    dt_buf_char(cut->scratch, ' ');
    dt_buf_put(cut->scratch, word);
    return word.len && take_note(cut);
}

static bool cut_directive(struct cut *cut)
{
    struct dt_slice name = next_word(cut);
    if (dt_slice_eq(name, DT_S("@expect"))) {
        cut->pos = name.ptr;
        return cut_expect(cut);
    }
    cut->line->kind = DT_FMT_DIRECTIVE;
    dt_buf_put(cut->scratch, name);
    if (dt_slice_eq(name, DT_S("@default"))) {
        if (!take_words(cut))
            return false;
        if (cut->count)
            dt_buf_char(cut->scratch, ' ');
        (void)join_words(cut, 0);
    } else if (!cut_argument(cut)) {
        return false;
    }
    cut->line->cells[0] = piece_text(cut, (struct piece){0, cut->scratch->len});
    return true;
}

/* ---- The whole ---- */

struct dt_fmt_line dt_fmt_cut(struct dt_slice text, bool refused, struct dt_buf *scratch)
{
    struct dt_slice bare = dt_scan_trim(text);
    struct dt_fmt_line line = {.kind = DT_FMT_KEEP}, keep = {.kind = DT_FMT_KEEP, .cells = {text}};
    struct cut cut;
    bool fine = true;
    cut.pos = bare.ptr;
    cut.end = bare.ptr + bare.len;
    cut.scratch = scratch;
    cut.line = &line;
    dt_buf_clear(scratch);
    if (bare.len == 0)
        return (struct dt_fmt_line){.kind = DT_FMT_BLANK};
    if (refused)
        return keep;
    if (bare.ptr[0] == '#')
        return (struct dt_fmt_line){.kind = DT_FMT_COMMENT, .cells = {bare}};
    if (bare.ptr[0] == '@')
        fine = cut_directive(&cut);
    else if (dt_maintenance_is(bare))
        fine = cut_maintenance(&cut);
    else
        fine = cut_rule(&cut);
    return fine ? line : keep;
}
