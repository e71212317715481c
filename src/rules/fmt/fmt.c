/* SPDX-License-Identifier: MIT
 *
 * A file, block by block. A block is a run of lines of one kind, comments between them too, up to
 * an empty line, and its cells stand in columns:
 *
 *     /news.html     /breaking/news.html
 *     /blog/:year    /archive/:year        308  query=drop
 *
 * A column is as wide as its widest cell, of those that are not much wider than the others: a
 * single long source does not push the rest of its block out of sight. What is wider than its
 * column is followed by the gap alone.
 */
#include "rules/fmt/fmt.h"

#include "rules/fmt/fmt_line.h"
#include "rules/read/reader.h"

#include <stdlib.h>

#define LONGEST (60u << 10) /* of a line that is formatted: blanks must not make one too long */
#define WIDTH_FREE 40u      /* up to here a cell always counts */
#define WIDTH_MOST 100u     /* beyond, never */
#define BOM "\xef\xbb\xbf"

/* ---- Lines that the reader refuses ---- */

/* Every time zone is this one: which there are on this machine is nothing to a formatter. */
static enum dt_err any_zone(void *ctx, struct dt_slice name, struct dt_slice *ret_bytes)
{
    static const char utc[] = {
        [0] = 'T',   [1] = 'Z',   [2] = 'i',   [3] = 'f',    [4] = '2',     [44] = 'T',
        [45] = 'Z',  [46] = 'i',  [47] = 'f',  [48] = '2',   [44 + 39] = 1, [44 + 43] = 4,
        [94] = 'U',  [95] = 'T',  [96] = 'C',  [97] = '\0',  [98] = '\n',   [99] = 'U',
        [100] = 'T', [101] = 'C', [102] = '0', [103] = '\n',
    };
    (void)ctx;
    (void)name;
    *ret_bytes = dt_slice_of(utc, sizeof utc);
    return DT_OK;
}

/* Is it about what a line names, and not about the line? */
static bool about_others(const struct dt_diag *diag)
{
    static const char *const names[] = {"include-none", "page-none", "order-needed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(diag->name, names[i]) == 0)
            return true;
    return false;
}

/* *ret_refused has a byte for each line, for free(); 1: it has an error. */
static enum dt_err find_refused(struct dt_slice text, size_t lines, char **ret_refused)
{
    const struct dt_loader loader = {.zone = any_zone};
    struct dt_ruleset *set = dt_ruleset_new(&loader);
    char *refused = calloc(lines + 1, 1);
    enum dt_err err =
        set && refused ? dt_ruleset_read(set, DT_S("fmt"), text, DT_FORMAT_NATIVE) : DT_ERR_NOMEM;
    if (err == DT_ERR_NOMEM) {
        dt_ruleset_free(set);
        free(refused);
        return err;
    }
    for (size_t i = 0; i < dt_ruleset_diag_count(set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(set, i);
        if (diag->severity == DT_SEVERITY_ERROR && diag->line - 1 < lines && !about_others(diag))
            refused[diag->line - 1] = 1;
    }
    dt_ruleset_free(set);
    *ret_refused = refused;
    return DT_OK;
}

static size_t count_lines(struct dt_slice text)
{
    size_t count = 0;
    for (const char *p = text.ptr, *end = text.ptr + text.len; p < end; count++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        p = newline ? newline + 1 : end;
    }
    return count;
}

/* ---- Line by line ---- */

/* Where a pass through the text is. A copy is another pass. */
struct place {
    const char *pos;
    size_t number; /* of the line at pos, from 0 */
};

struct fmt {
    const char *end;
    const char *refused;
    const char *newline; /* of the file: "\n", or "\r\n" */
    struct dt_buf *out, scratch;
    bool blank; /* empty lines were passed */
    bool begun;
};

/* How wide the cells are together when nothing is aligned: the same for a line and for what it is
 * formatted to. */
static size_t compact(const struct dt_fmt_line *line)
{
    size_t len = 0;
    for (size_t i = 0; i < DT_FMT_CELLS; i++)
        len += line->cells[i].len;
    return len;
}

/* False at the end of the text. */
static bool next_line(struct fmt *fmt, struct place *place, struct dt_fmt_line *ret)
{
    if (place->pos >= fmt->end)
        return false;
    size_t left = (size_t)(fmt->end - place->pos);
    const char *newline = memchr(place->pos, '\n', left);
    struct dt_slice text = dt_slice_of(place->pos, newline ? (size_t)(newline - place->pos) : left);
    place->pos = newline ? newline + 1 : fmt->end;
    if (text.len && text.ptr[text.len - 1] == '\r')
        text.len--;
    *ret = dt_fmt_cut(text, fmt->refused[place->number++], &fmt->scratch);
    if (ret->kind != DT_FMT_KEEP && compact(ret) > LONGEST)
        *ret = (struct dt_fmt_line){.kind = DT_FMT_KEEP, .cells = {text}};
    return true;
}

/* The empty line that was passed, if there was one, and what stands before it. */
static void begin_line(struct fmt *fmt)
{
    if (fmt->blank && fmt->begun)
        dt_buf_str(fmt->out, fmt->newline);
    fmt->blank = false;
    fmt->begun = true;
}

static void put_plain(struct fmt *fmt, const struct dt_fmt_line *line)
{
    begin_line(fmt);
    dt_buf_put(fmt->out, line->cells[0]);
    if (line->cells[DT_FMT_NOTE].len) {
        dt_buf_str(fmt->out, "  ");
        dt_buf_put(fmt->out, line->cells[DT_FMT_NOTE]);
    }
    dt_buf_str(fmt->out, fmt->newline);
}

/* ---- Blocks ---- */

/* How many cells there are of each width. */
struct widths {
    size_t count[WIDTH_MOST + 1]; /* the last: of that or more */
    size_t total;
};

struct block {
    enum dt_fmt_kind kind;
    bool methods; /* every @expect has one */
    struct widths widths[DT_FMT_NOTE];
    size_t stops[DT_FMT_CELLS]; /* where the cells begin */
};

/* In characters. */
static size_t width_of(struct dt_slice cell)
{
    size_t width = 0;
    for (size_t i = 0; i < cell.len; i++)
        width += ((unsigned char)cell.ptr[i] & 0xc0) != 0x80;
    return width;
}

static size_t gap_before(enum dt_fmt_kind kind, size_t cell)
{
    return kind == DT_FMT_EXPECT && cell != DT_FMT_NOTE ? 1 : 2;
}

static void note_width(struct widths *widths, size_t width)
{
    widths->count[width < WIDTH_MOST ? width : WIDTH_MOST]++;
    widths->total++;
}

/* The widest of those that are not beyond twice the middle one. */
static size_t chosen(const struct widths *widths)
{
    size_t middle = 0, seen = 0;
    while (middle < WIDTH_MOST && (seen += widths->count[middle]) < (widths->total + 1) / 2)
        middle++;
    size_t width = 2 * middle < WIDTH_FREE ? WIDTH_FREE : 2 * middle;
    if (width >= WIDTH_MOST)
        width = WIDTH_MOST - 1;
    while (width && !widths->count[width])
        width--;
    return width;
}

static void measure(struct block *block, const struct dt_fmt_line *line)
{
    for (size_t i = 0; i < DT_FMT_NOTE; i++)
        if (line->cells[i].len)
            note_width(&block->widths[i], width_of(line->cells[i]));
}

/* Where a method stands before some of the URLs only, it is a part of them. */
static void measure_together(struct block *block, const struct dt_fmt_line *line)
{
    size_t method = line->cells[1].len ? width_of(line->cells[1]) + 1 : 0;
    note_width(&block->widths[2], method + width_of(line->cells[2]));
}

static void set_stops(struct block *block)
{
    block->stops[0] = 0;
    for (size_t i = 0; i + 1 < DT_FMT_CELLS; i++) {
        size_t width = chosen(&block->widths[i]);
        block->stops[i + 1] = block->stops[i] + width;
        if (width)
            block->stops[i + 1] += gap_before(block->kind, i + 1);
    }
}

/* Writes the cells up to the comment; where they end. out may be NULL. */
static size_t put_cells(const struct block *block, const struct dt_fmt_line *line,
                        struct dt_buf *out)
{
    size_t at = 0;
    for (size_t i = 0; i < DT_FMT_CELLS; i++) {
        if (line->cells[i].len == 0 || (i == DT_FMT_NOTE && !out))
            continue;
        size_t stop = at ? at + gap_before(block->kind, i) : 0;
        if (stop < block->stops[i])
            stop = block->stops[i];
        for (; at < stop; at++)
            if (out)
                dt_buf_char(out, ' ');
        if (out)
            dt_buf_put(out, line->cells[i]);
        at += width_of(line->cells[i]);
    }
    return at;
}

/* Takes the next line of the block: one of its kind, or among them a comment, or one that stays as
 * it is. */
static bool in_block(struct fmt *fmt, struct place *place, const struct block *block,
                     struct dt_fmt_line *ret)
{
    struct place next = *place;
    if (!next_line(fmt, &next, ret) ||
        (ret->kind != block->kind && ret->kind != DT_FMT_KEEP && ret->kind != DT_FMT_COMMENT))
        return false;
    *place = next;
    return true;
}

/* Comments behind rules stand in a column too: behind the longest of the rules that have one. */
static void place_notes(struct fmt *fmt, struct place place, struct block *block)
{
    struct dt_fmt_line line;
    struct widths ends = {.total = 0};
    while (in_block(fmt, &place, block, &line))
        if (line.kind == block->kind && line.cells[DT_FMT_NOTE].len)
            note_width(&ends, put_cells(block, &line, NULL));
    size_t end = chosen(&ends);
    block->stops[DT_FMT_NOTE] = end ? end + gap_before(block->kind, DT_FMT_NOTE) : 0;
}

static void put_block(struct fmt *fmt, struct place *place, enum dt_fmt_kind kind)
{
    struct block block = {.kind = kind, .methods = true};
    struct place at = *place;
    struct dt_fmt_line line;
    while (in_block(fmt, &at, &block, &line)) {
        if (line.kind != kind)
            continue;
        measure(&block, &line);
        block.methods &= line.cells[1].len > 0;
    }
    if (kind == DT_FMT_EXPECT && !block.methods) {
        block.widths[1] = block.widths[2] = (struct widths){.total = 0};
        for (at = *place; in_block(fmt, &at, &block, &line);)
            if (line.kind == kind)
                measure_together(&block, &line);
    }
    set_stops(&block);
    place_notes(fmt, *place, &block);
    while (in_block(fmt, place, &block, &line)) {
        if (line.kind != kind) {
            put_plain(fmt, &line);
            continue;
        }
        begin_line(fmt);
        (void)put_cells(&block, &line, fmt->out);
        dt_buf_str(fmt->out, fmt->newline);
    }
}

static void put_all(struct fmt *fmt, struct place place)
{
    struct dt_fmt_line line;
    struct place next = place;
    while (next_line(fmt, &next, &line)) {
        if (line.kind == DT_FMT_RULE || line.kind == DT_FMT_EXPECT) {
            put_block(fmt, &place, line.kind);
            next = place;
            continue;
        }
        if (line.kind == DT_FMT_BLANK)
            fmt->blank = true;
        else
            put_plain(fmt, &line);
        place = next;
    }
}

enum dt_err dt_fmt(struct dt_slice text, struct dt_buf *out, size_t *ret_refused)
{
    char *refused = NULL;
    size_t lines = count_lines(text), count = 0;
    enum dt_err err = find_refused(text, lines, &refused);
    if (err)
        return err;
    for (size_t i = 0; i < lines; i++)
        count += refused[i] == 1;
    const char *newline = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
    bool dos = newline && newline > text.ptr && newline[-1] == '\r';
    struct fmt fmt = {
        .end = text.ptr + text.len, .refused = refused, .newline = dos ? "\r\n" : "\n", .out = out};
    struct place place = {text.ptr, 0};
    dt_buf_init(&fmt.scratch, 1u << 20);
    if (dt_slice_starts(text, DT_S(BOM))) {
        dt_buf_str(out, BOM);
        place.pos += strlen(BOM);
    }
    put_all(&fmt, place);
    err = dt_buf_err(out) ? dt_buf_err(out) : dt_buf_err(&fmt.scratch);
    dt_buf_release(&fmt.scratch);
    free(refused);
    if (!err)
        *ret_refused = count;
    return err;
}

enum dt_format dt_fmt_format(struct dt_slice name, struct dt_slice text)
{
    return dt_format_recognise(name, text);
}
