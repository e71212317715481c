/* SPDX-License-Identifier: MIT
 *
 * A conversion: the writer of a dialect is handed the rules best first, and what becomes of each is
 * decided and noted here, so that no writer can lose one without a word.
 */
#include "rules/write/write.h"

#include "rules/dialects/dialect.h"
#include "rules/ruleset_priv.h"
#include "rules/write/order.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)4 << 30)
#define LONGEST_MESSAGE 1024
#define NOT_YET 0xff

struct file {
    struct dt_slice name;
    struct dt_buf buf;
};

struct dt_convert {
    struct dt_write write;
    uint32_t *order;
    uint8_t *outcomes; /* by rule; NOT_YET before */
    size_t counts[3];
    struct file files[DT_WRITE_FILES]; /* beside the main one */
    size_t file_count;
    struct dt_convert_note *notes;
    size_t note_count, note_cap;
    enum dt_err err; /* sticky */
};

/* ---- One rule ---- */

const struct dt_rule *dt_write_begin(struct dt_write *write, uint32_t rule)
{
    assert(!write->open);
    write->open = true;
    write->cannot = false;
    write->rule = rule;
    write->first_note = write->convert->note_count;
    return dt_ruleset_rule(write->set, rule);
}

__attribute__((format(printf, 4, 0))) static void
add_note(struct dt_write *write, bool refused, const char *name, const char *format, va_list args)
{
    struct dt_convert *convert = write->convert;
    char text[LONGEST_MESSAGE];
    int len = vsnprintf(text, sizeof text, format, args);
    size_t used = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    struct dt_slice message = dt_arena_copy(&write->arena, dt_slice_of(text, used));
    void *mem = convert->notes;
    if ((used && !message.ptr) ||
        !dt_grow(&mem, convert->note_count, &convert->note_cap, sizeof *convert->notes)) {
        convert->err = DT_ERR_NOMEM;
        return;
    }
    convert->notes = mem;
    convert->notes[convert->note_count++] = (struct dt_convert_note){
        .rule = write->open ? write->rule : UINT32_MAX,
        .refused = refused,
        .name = name,
        .message = message,
    };
}

void dt_write_cannot(struct dt_write *write, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_note(write, true, name, format, args);
    va_end(args);
    write->cannot = true;
}

void dt_write_differs(struct dt_write *write, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_note(write, write->open && !write->approximate, name, format, args);
    va_end(args);
}

bool dt_write_go(struct dt_write *write)
{
    struct dt_convert *convert = write->convert;
    assert(write->open && convert->outcomes[write->rule] == NOT_YET);
    write->open = false;
    bool differs = convert->note_count > write->first_note;
    enum dt_converted outcome = DT_CONVERTED_WRITTEN;
    if (write->cannot || (differs && !write->approximate))
        outcome = DT_CONVERTED_REFUSED;
    else if (differs)
        outcome = DT_CONVERTED_APPROXIMATED;
    for (size_t i = write->first_note; i < convert->note_count; i++)
        convert->notes[i].refused = outcome == DT_CONVERTED_REFUSED;
    convert->outcomes[write->rule] = (uint8_t)outcome;
    convert->counts[outcome]++;
    return outcome != DT_CONVERTED_REFUSED;
}

static bool is_comment(struct dt_slice line)
{
    size_t at = 0;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
        at++;
    return at < line.len && line.ptr[at] == '#';
}

static void put_comment(struct dt_buf *out, const char *mark, struct dt_slice text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = dt_slice_from(text, 1);
    while (text.len && text.ptr[0] == '#')
        text = dt_slice_from(text, 1);
    if (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = dt_slice_from(text, 1);
    size_t blanks = strlen(mark);
    while (!text.len && blanks && mark[blanks - 1] == ' ') /* no blank at a line's end */
        blanks--;
    dt_buf_put(out, dt_slice_of(mark, blanks));
    for (size_t i = 0; i < text.len; i++) /* a tab tells some formats from others */
        dt_buf_char(out, text.ptr[i] == '\t' ? ' ' : text.ptr[i]);
    dt_buf_char(out, '\n');
}

/* The comment behind a rule of a native file; empty: there is none. */
static struct dt_slice comment_behind(const struct dt_write *write, const struct dt_rule *rule)
{
    struct dt_slice line = dt_ruleset_line(write->set, rule->file, rule->line);
    bool quoted = false;
    if (write->set->files[rule->file].format != DT_FORMAT_NATIVE)
        return DT_SLICE_NONE;
    for (size_t i = 1; i < line.len; i++) {
        bool blank = line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t';
        quoted ^= line.ptr[i] == '"' && (quoted || line.ptr[i - 1] == '=');
        if (line.ptr[i] == '#' && blank && !quoted)
            return dt_slice_from(line, i);
    }
    return DT_SLICE_NONE;
}

/* Comments of a rule's own file: those which stand above it without an empty line between, and the
 * one behind it. */
static void put_comments(const struct dt_write *write, const struct dt_rule *rule,
                         struct dt_buf *out, const char *mark)
{
    uint32_t first = rule->line;
    while (first > 1 && is_comment(dt_ruleset_line(write->set, rule->file, first - 1)))
        first--;
    for (uint32_t line = first; line < rule->line; line++) {
        struct dt_slice text = dt_ruleset_line(write->set, rule->file, line);
        if (!dt_slice_starts(text, DT_S("# FROM-URL"))) /* names columns, of MDN's files */
            put_comment(out, mark, text);
    }
    struct dt_slice behind = comment_behind(write, rule);
    if (behind.len)
        put_comment(out, mark, behind);
}

void dt_write_lead(struct dt_write *write, struct dt_buf *out, const char *mark)
{
    const struct dt_convert *convert = write->convert;
    const struct dt_rule *rule = dt_ruleset_rule(write->set, write->rule);
    const struct dt_action *action = dt_write_action(write, rule);
    put_comments(write, rule, out, mark);
    if (action->owner.len && !write->has_owner)
        dt_buf_printf(out, "%sowner: %.*s\n", mark, DT_SLICE_FMT(action->owner));
    for (size_t i = write->first_note; i < convert->note_count; i++)
        dt_buf_printf(out, "%sapproximate: %.*s\n", mark, DT_SLICE_FMT(convert->notes[i].message));
}

struct dt_buf *dt_write_file(struct dt_write *write, struct dt_slice name)
{
    struct dt_convert *convert = write->convert;
    struct dt_slice kept = dt_arena_copy(&write->arena, name);
    if (convert->file_count == DT_WRITE_FILES || !kept.ptr) {
        convert->err = kept.ptr ? DT_ERR_LIMIT : DT_ERR_NOMEM;
        return NULL;
    }
    struct file *file = &convert->files[convert->file_count++];
    file->name = kept;
    dt_buf_init(&file->buf, TEXT_MAX);
    return &file->buf;
}

bool dt_write_file_once(struct dt_write *write, struct dt_slice name, struct dt_slice text)
{
    const struct dt_convert *convert = write->convert;
    for (size_t i = 0; i < convert->file_count; i++)
        if (dt_slice_eq(convert->files[i].name, name))
            return dt_slice_eq(dt_buf_slice(&convert->files[i].buf), text);
    struct dt_buf *out = dt_write_file(write, name);
    if (out)
        dt_buf_put(out, text);
    return out != NULL;
}

/* ---- All of them ---- */

static struct dt_slice without_ending(struct dt_slice name)
{
    const char *dot = name.len ? memrchr(name.ptr, '.', name.len) : NULL;
    return dot && dot > name.ptr ? dt_slice_of(name.ptr, (size_t)(dot - name.ptr)) : name;
}

static enum dt_err begin(struct dt_convert *convert, const struct dt_ruleset *set)
{
    size_t count = dt_ruleset_count(set);
    convert->order = malloc((count + 1) * sizeof *convert->order);
    convert->outcomes = malloc(count + 1);
    if (!convert->order || !convert->outcomes)
        return DT_ERR_NOMEM;
    memset(convert->outcomes, NOT_YET, count + 1);
    return dt_rules_order(set, convert->order);
}

static enum dt_err finish(const struct dt_convert *convert)
{
    enum dt_err err = convert->err ? convert->err : dt_buf_err(&convert->write.out);
    for (size_t i = 0; !err && i < convert->file_count; i++)
        err = dt_buf_err(&convert->files[i].buf);
    if (!err) /* nothing is lost */
        assert(convert->counts[0] + convert->counts[1] + convert->counts[2] ==
               convert->write.count);
    return err;
}

enum dt_err dt_convert_new(const struct dt_ruleset *set, const struct dt_convert_options *options,
                           struct dt_convert **ret)
{
    const struct dt_dialect *dialect = dt_dialect(options->to);
    if (!dialect || !dialect->write)
        return DT_ERR_INVALID;
    struct dt_convert *convert = calloc(1, sizeof *convert);
    if (!convert)
        return DT_ERR_NOMEM;
    struct dt_write *write = &convert->write;
    dt_arena_init(&write->arena);
    dt_buf_init(&write->out, TEXT_MAX);
    enum dt_err err = begin(convert, set);
    if (!err) {
        write->set = set;
        write->count = (uint32_t)dt_ruleset_count(set);
        write->order = convert->order;
        write->approximate = options->approximate;
        write->file = options->name;
        write->name = options->name.len ? without_ending(options->name) : DT_S("redirects");
        write->title = dialect->title;
        write->convert = convert;
        dialect->write(write);
        err = finish(convert);
    }
    if (err) {
        dt_convert_free(convert);
        return err;
    }
    *ret = convert;
    return DT_OK;
}

void dt_convert_free(struct dt_convert *convert)
{
    if (!convert)
        return;
    for (size_t i = 0; i < convert->file_count; i++)
        dt_buf_release(&convert->files[i].buf);
    dt_buf_release(&convert->write.out);
    dt_arena_release(&convert->write.arena);
    free(convert->order);
    free(convert->outcomes);
    free(convert->notes);
    free(convert);
}

size_t dt_convert_file_count(const struct dt_convert *convert)
{
    return convert->file_count + 1;
}

struct dt_convert_file dt_convert_file(const struct dt_convert *convert, size_t at)
{
    if (at == 0)
        return (struct dt_convert_file){DT_SLICE_NONE, dt_buf_slice(&convert->write.out)};
    const struct file *file = &convert->files[at - 1];
    return (struct dt_convert_file){file->name, dt_buf_slice(&file->buf)};
}

size_t dt_convert_note_count(const struct dt_convert *convert)
{
    return convert->note_count;
}

const struct dt_convert_note *dt_convert_note(const struct dt_convert *convert, size_t at)
{
    return at < convert->note_count ? &convert->notes[at] : NULL;
}

size_t dt_convert_count(const struct dt_convert *convert, enum dt_converted outcome)
{
    return convert->counts[outcome];
}

enum dt_converted dt_convert_outcome(const struct dt_convert *convert, uint32_t rule)
{
    return (enum dt_converted)convert->outcomes[rule];
}
