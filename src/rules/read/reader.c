/* SPDX-License-Identifier: MIT
 *
 * Files, lines and places: see reader.h. A line ends at LF or CR LF; a byte order mark is passed
 * over.
 */
#include "rules/read/reader.h"

#include "rules/dialects/dialect.h"
#include "rules/read/native_scan.h"
#include <stdarg.h>
#include <stdio.h>

#define LONGEST_MESSAGE 1024

static bool add_mark(struct dt_reader *reader)
{
    struct dt_rule_file *file = &reader->set->files[reader->file];
    void *mem = file->marks;
    if (!dt_grow(&mem, file->nmarks, &file->marks_cap, sizeof *file->marks))
        return dt_reader_nomem(reader);
    file->marks = mem;
    file->marks[file->nmarks++] = (size_t)(reader->pos - file->text.ptr);
    return true;
}

bool dt_reader_next(struct dt_reader *reader)
{
    while (reader->pos < reader->end && !reader->set->err) {
        if (reader->line % DT_LINE_MARK == 0 && !add_mark(reader))
            return false;
        reader->line++;
        size_t left = (size_t)(reader->end - reader->pos);
        const char *newline = memchr(reader->pos, '\n', left);
        size_t len = newline ? (size_t)(newline - reader->pos) : left;
        reader->text = dt_slice_of(reader->pos, len);
        reader->pos = newline ? newline + 1 : reader->end;
        if (len && reader->text.ptr[len - 1] == '\r')
            reader->text.len--;
        if (reader->text.len <= DT_LIMIT_LINE)
            return true;
        struct dt_slice start = dt_slice_of(reader->text.ptr, 1);
        dt_reader_error(reader, start, "line-long", "a line of %zu bytes, at most %u are read",
                        reader->text.len, DT_LIMIT_LINE);
    }
    return false;
}

__attribute__((format(printf, 5, 0))) static void report(struct dt_reader *reader,
                                                         enum dt_severity severity,
                                                         struct dt_slice at, const char *name,
                                                         const char *format, va_list args)
{
    char message[LONGEST_MESSAGE];
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = 0;
    uintptr_t from = (uintptr_t)reader->text.ptr, place = (uintptr_t)at.ptr;
    if (place < from || place + at.len > from + reader->text.len)
        at = reader->text; /* a copy without its quotes, say: the line is near enough */
    struct dt_place where = {
        .file = reader->file,
        .line = reader->line,
        .col = (uint32_t)(at.ptr - reader->text.ptr) + 1,
        .span = (uint32_t)at.len,
    };
    (void)dt_ruleset_diag_add(reader->set, severity, where, name, "%s", message);
}

void dt_reader_error(struct dt_reader *reader, struct dt_slice at, const char *name,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(reader, DT_SEVERITY_ERROR, at, name, format, args);
    va_end(args);
}

void dt_reader_warn(struct dt_reader *reader, struct dt_slice at, const char *name,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(reader, DT_SEVERITY_WARNING, at, name, format, args);
    va_end(args);
}

bool dt_reader_check_text(struct dt_reader *reader, struct dt_slice s, unsigned bits)
{
    if (bits & DT_BYTE_CONTROL) {
        struct dt_slice at = dt_slice_of(s.ptr + dt_scan_find(s, DT_BYTE_CONTROL), 1);
        return DT_REFUSE(reader, at, "text-control", "a control character (0x%02x)",
                         (unsigned)(unsigned char)at.ptr[0]);
    }
    if ((bits & DT_BYTE_HIGH) && !dt_scan_utf8(s))
        return DT_REFUSE(reader, s, "text-utf8", "not UTF-8");
    return true;
}

bool dt_reader_keep(struct dt_reader *reader, struct dt_slice *s)
{
    uintptr_t at = (uintptr_t)s->ptr, scratch = (uintptr_t)reader->set->scratch;
    if (at < scratch || at >= scratch + sizeof reader->set->scratch)
        return true;
    struct dt_slice copy = dt_arena_copy(&reader->set->arena, *s);
    if (!copy.ptr)
        return dt_reader_nomem(reader);
    *s = copy;
    return true;
}

/* "folder/of/this/file/" + name. */
bool dt_reader_join(struct dt_reader *reader, struct dt_slice name, struct dt_slice *ret)
{
    struct dt_slice from = dt_ruleset_file(reader->set, reader->file);
    const char *slash = from.len ? memrchr(from.ptr, '/', from.len) : NULL;
    while (dt_slice_starts(name, DT_S("./")))
        name = dt_slice_from(name, 2);
    if (!slash || (name.len && name.ptr[0] == '/')) {
        *ret = name;
        return true;
    }
    size_t folder = (size_t)(slash - from.ptr) + 1;
    char *mem = dt_arena_alloc(&reader->set->arena, folder + name.len);
    if (!mem)
        return dt_reader_nomem(reader);
    memcpy(mem, from.ptr, folder);
    if (name.len)
        memcpy(mem + folder, name.ptr, name.len);
    *ret = dt_slice_of(mem, folder + name.len);
    return true;
}

/* Files the text under a number. */
static bool open_file(struct dt_ruleset *set, struct dt_slice name, struct dt_slice text,
                      uint32_t *ret)
{
    void *mem = set->files;
    struct dt_slice kept = dt_arena_copy(&set->arena, name);
    if (!kept.ptr || !dt_grow(&mem, set->file_count, &set->file_cap, sizeof *set->files)) {
        set->err = DT_ERR_NOMEM;
        return false;
    }
    set->files = mem;
    set->files[set->file_count] = (struct dt_rule_file){.name = kept, .text = text};
    *ret = (uint32_t)set->file_count++;
    return true;
}

bool dt_reader_open(struct dt_ruleset *set, const struct dt_reader *parent, struct dt_slice name,
                    struct dt_slice text, struct dt_reader *ret)
{
    struct dt_slice mark = DT_S("\xef\xbb\xbf");
    if (dt_slice_starts(text, mark))
        text = dt_slice_from(text, mark.len);
    if (text.len == 0)
        text = DT_S("");
    *ret = (struct dt_reader){
        .set = set,
        .pos = text.ptr,
        .end = text.ptr + text.len,
        .parent = parent,
        .defaults = parent ? parent->defaults : dt_options_standard(),
        .depth = parent ? parent->depth + 1 : 0,
    };
    if (parent)
        ret->host = parent->host;
    return open_file(set, name, text, &ret->file);
}

void dt_reader_file(struct dt_ruleset *set, const struct dt_reader *parent, struct dt_slice name,
                    struct dt_slice text, enum dt_format format)
{
    struct dt_reader reader;
    if (!dt_reader_open(set, parent, name, text, &reader))
        return;
    if (format == DT_FORMAT_AUTO)
        format = dt_format_recognise(name, text);
    set->files[reader.file].format = (uint8_t)format;
    dt_dialect(format)->read(&reader);
}
