/* SPDX-License-Identifier: MIT
 *
 * MDN's _redirects.txt: "from<TAB>to", "#" begins a comment line. A source is the raw name of a
 * page, not a URL: it may have spaces, quotes and letters of any script, which the normaliser
 * encodes as a browser does. All are permanent redirects of the same site or to a full URL.
 */
#include "rules/dialects/dialect.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

static bool read_from(struct dt_reader *reader, struct dt_slice from, struct dt_rule *rule)
{
    if (from.ptr[0] != '/' || (from.len > 1 && from.ptr[1] == '/'))
        return DT_REFUSE(reader, from, "source-relative",
                         "a source is a path of this site and begins with one /");
    const char *question = memchr(from.ptr, '?', from.len);
    if (question)
        return DT_REFUSE(reader, dt_slice_of(question, 1), "mdn-query",
                         "a ? in a source: only paths are mapped (a ? in a page's name is "
                         "written %%3F)");
    return dt_source_parse(reader, from, dt_scan_bits(from), DT_SOURCE_LITERAL, rule);
}

static void read_line(struct dt_reader *reader)
{
    struct dt_rule rule = {.file = reader->file, .line = reader->line};
    struct dt_slice line = reader->text;
    const char *tab = memchr(line.ptr, '\t', line.len);
    size_t at = tab ? (size_t)(tab - line.ptr) : line.len;
    struct dt_slice from = dt_scan_trim(dt_slice_of(line.ptr, at));
    struct dt_slice to = dt_scan_trim(dt_slice_from(line, at + 1));
    if (!tab || from.len == 0 || to.len == 0 || memchr(to.ptr, '\t', to.len)) {
        dt_reader_error(reader, line, "mdn-fields", "not two fields with a tab between them");
        return;
    }
    bool fine = read_from(reader, from, &rule);
    fine &= dt_target_read(reader, to, DT_TARGET_LITERAL, &rule);
    struct dt_options options = dt_options_standard();
    options.action.status = 301;
    if (fine && dt_ruleset_intern_action(reader->set, &options.action, &rule.action))
        dt_ruleset_add_rule(reader->set, &rule);
}

bool dt_mdn_is(const struct dt_look *look)
{
    return dt_slice_eq(look->base, DT_S("_redirects.txt")) ||
           (dt_slice_starts(look->first, DT_S("# FROM-URL")) &&
            memchr(look->first.ptr, '\t', look->first.len));
}

void dt_mdn_read(struct dt_reader *reader)
{
    while (dt_reader_next(reader)) {
        struct dt_slice line = dt_scan_trim(reader->text);
        if (line.len == 0)
            continue;
        if (line.ptr[0] == '#')
            dt_reader_check_text(reader, line, dt_scan_bits(line));
        else
            read_line(reader);
    }
}
