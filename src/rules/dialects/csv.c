/* SPDX-License-Identifier: MIT
 *
 * See csv.h. A quoted field ends on its line: no redirect has a line break in it.
 */
#include "rules/dialects/csv.h"

#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

/* A field in quotes, at whose first quote *p stands. */
static bool read_quoted(struct dt_reader *reader, const char **p, struct dt_slice *ret)
{
    const char *end = reader->text.ptr + reader->text.len;
    const char *start = *p + 1, *at = start;
    size_t doubled = 0;
    while (at < end && (*at != '"' || (at + 1 < end && at[1] == '"'))) {
        doubled += *at == '"';
        at += *at == '"' ? 2 : 1;
    }
    if (at >= end || (at + 1 < end && at[1] != ','))
        return DT_REFUSE(reader, dt_slice_of(*p, (size_t)(end - *p)), "csv-quote",
                         at >= end ? "a quote that is not closed on its line"
                                   : "text behind the closing quote");
    *p = at + 1;
    *ret = dt_slice_of(start, (size_t)(at - start));
    if (doubled == 0)
        return true;
    char *mem = dt_arena_alloc(&reader->set->arena, ret->len);
    if (!mem)
        return dt_reader_nomem(reader);
    size_t len = 0;
    for (size_t i = 0; i < ret->len; i++) {
        mem[len++] = ret->ptr[i];
        i += ret->ptr[i] == '"';
    }
    *ret = dt_slice_of(mem, len);
    return true;
}

size_t dt_csv_fields(struct dt_reader *reader, struct dt_slice *fields, size_t max)
{
    const char *p = reader->text.ptr, *end = p + reader->text.len;
    size_t count = 0;
    for (;;) {
        struct dt_slice field;
        if (p < end && *p == '"') {
            if (!read_quoted(reader, &p, &field))
                return 0;
        } else {
            const char *comma = memchr(p, ',', (size_t)(end - p));
            field = dt_slice_of(p, (size_t)((comma ? comma : end) - p));
            p += field.len;
        }
        if (count == max) {
            dt_reader_error(reader, field, "csv-fields", "more than %zu fields", max);
            return 0;
        }
        fields[count++] = dt_scan_trim(field);
        if (p == end)
            return count;
        p++; /* the comma */
    }
}

void dt_csv_put(struct dt_buf *out, struct dt_slice field)
{
    bool plain = true;
    for (size_t i = 0; i < field.len; i++)
        plain &= field.ptr[i] != '"' && field.ptr[i] != ',' && field.ptr[i] != ' ';
    if (plain) {
        dt_buf_put(out, field);
        return;
    }
    dt_buf_char(out, '"');
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] == '"')
            dt_buf_char(out, '"');
        dt_buf_char(out, field.ptr[i]);
    }
    dt_buf_char(out, '"');
}
