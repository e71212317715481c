/* SPDX-License-Identifier: MIT
 *
 * The CSV of Redirection: source, target, regex, code, type, hits, title, status. It has no columns
 * for a source's flags: case and a final slash count, and the query must be the source's.
 */
#include "rules/dialects/csv.h"
#include "rules/dialects/dialect.h"
#include "rules/dialects/wordpress/wordpress.h"
#include "rules/read/native_scan.h"

enum { SOURCE, TARGET, REGEX, CODE, TYPE, HITS, TITLE, STATUS, COLUMNS };

static const char *const column_names[COLUMNS] = {"source", "target", "regex", "code",
                                                  "type",   "hits",   "title", "status"};

struct work {
    struct dt_reader *reader;
    size_t at[COLUMNS]; /* number of the field + 1; 0: the file has no such column */
    uint32_t disabled;  /* line of the first; 0: none */
    unsigned disabled_count;
};

static struct dt_slice field(const struct work *work, const struct dt_slice *fields, size_t count,
                             size_t column)
{
    size_t at = work->at[column];
    return at && at <= count ? fields[at - 1] : DT_SLICE_NONE;
}

static bool read_header(struct work *work, const struct dt_slice *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t column = 0; column < COLUMNS; column++)
            if (dt_slice_eq_nocase(fields[i], dt_slice_str(column_names[column])))
                work->at[column] = i + 1;
    return work->at[SOURCE] && work->at[TARGET];
}

static bool read_code(struct dt_reader *reader, struct dt_slice text, struct dt_slice target,
                      uint16_t *ret)
{
    unsigned code = 0;
    *ret = 301;
    if (text.len == 0)
        return true;
    for (size_t i = 0; i < text.len && code < 1000; i++)
        code = dt_is_digit(text.ptr[i]) ? code * 10 + (unsigned)(text.ptr[i] - '0') : 1000;
    *ret = (uint16_t)code;
    if (!dt_options_status(code))
        return DT_REFUSE(reader, text, "status-unknown",
                         "%.*s is not a status that a rule can answer: those are " DT_STATUS_CHOICE,
                         DT_SLICE_FMT(text));
    if (dt_options_redirects(code) && target.len == 0)
        return DT_REFUSE(reader, text, "target-missing", "a %u without a target", code);
    return true;
}

static void read_row(struct work *work, const struct dt_slice *fields, size_t count)
{
    struct dt_reader *reader = work->reader;
    struct dt_slice target = field(work, fields, count, TARGET);
    struct dt_slice type = field(work, fields, count, TYPE);
    struct dt_options options = dt_options_standard();
    for (size_t i = 0; i < count; i++)
        if (!dt_reader_check_text(reader, fields[i], dt_scan_bits(fields[i])))
            return;
    if (dt_slice_eq_nocase(field(work, fields, count, STATUS), DT_S("disabled"))) {
        work->disabled = work->disabled ? work->disabled : reader->line;
        work->disabled_count++;
        return;
    }
    if (type.len && !dt_slice_eq(type, DT_S("url")) && !dt_slice_eq(type, DT_S("error"))) {
        dt_reader_error(reader, type, "wordpress-type",
                        "the action \"%.*s\" needs WordPress: url and error are what can be "
                        "answered",
                        DT_SLICE_FMT(type));
        return;
    }
    if (!read_code(reader, field(work, fields, count, CODE), target, &options.action.status))
        return;
    const struct dt_wordpress_source source = {
        .text = field(work, fields, count, SOURCE),
        .query = DT_WORDPRESS_EXACT,
        .regex = dt_slice_eq(field(work, fields, count, REGEX), DT_S("1")),
    };
    if (!dt_options_redirects(options.action.status))
        target = DT_SLICE_NONE;
    (void)dt_wordpress_add(reader, &source, target, &options, reader->line);
}

bool dt_wordpress_csv_is(const struct dt_look *look)
{
    return dt_slice_starts(look->first, DT_S("source,target,regex")) ||
           dt_slice_starts(look->first, DT_S("\"source\",\"target\",\"regex\""));
}

void dt_wordpress_csv_read(struct dt_reader *reader)
{
    struct dt_slice fields[COLUMNS + 4];
    struct work work = {.reader = reader};
    bool begun = false;
    reader->set->first_wanted = "Redirection";
    while (dt_reader_next(reader)) {
        if (dt_scan_trim(reader->text).len == 0)
            continue;
        size_t count = dt_csv_fields(reader, fields, COLUMNS + 4);
        bool header = !begun && count && read_header(&work, fields, count);
        if (!begun && !header) {
            dt_reader_error(reader, reader->text, "csv-header",
                            "the first line names the columns: source,target,regex,code and so "
                            "on");
            return;
        }
        begun = true;
        if (count && !header)
            read_row(&work, fields, count);
    }
    if (work.disabled_count)
        dt_reader_warn(reader, reader->text, "wordpress-disabled",
                       "%u redirects are disabled, and are not read; the first is in line %u",
                       work.disabled_count, work.disabled);
}

void dt_wordpress_csv_write(struct dt_write *write)
{
    dt_buf_str(&write->out, "source,target,regex,code,type,hits,title,status\n");
    for (uint32_t i = 0; i < write->count; i++) {
        struct dt_wordpress_row row;
        const struct dt_rule *rule = dt_write_begin(write, write->order[i]);
        struct dt_slice title = dt_write_action(write, rule)->owner;
        dt_wordpress_row(write, rule, false, &row);
        if (!dt_write_go(write))
            continue;
        dt_csv_put(&write->out, row.source.text);
        dt_buf_char(&write->out, ',');
        dt_csv_put(&write->out, row.target);
        dt_buf_printf(&write->out, ",%d,%u,%s,0,", row.source.regex, row.status,
                      row.status >= 400 ? "error" : "url");
        dt_csv_put(&write->out, title);
        dt_buf_str(&write->out, ",active\n");
    }
}
