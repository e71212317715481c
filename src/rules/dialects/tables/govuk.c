/* SPDX-License-Identifier: MIT
 *
 * The mappings of gov.uk's transition (alphagov transition-config): CSV as RFC 4180 writes it, with
 * the columns Old Url, New Url, Status and in some files Suggested Link and Archive Link. An old
 * URL was made canonical before it was looked up there: http and https are one, case, a final slash
 * and the fragment do not count, and the query must be this one.
 */
#include "rules/dialects/csv.h"
#include "rules/dialects/dialect.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

enum { OLD, NEW, STATUS, SUGGESTED, ARCHIVE, COLUMNS };

#define FLAGS (DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH | DT_RULE_EXACT_QUERY)

static const char *const column_names[COLUMNS] = {"Old Url", "New Url", "Status", "Suggested Link",
                                                  "Archive Link"};

static bool read_header(struct dt_reader *reader, const struct dt_slice *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!dt_slice_eq_nocase(fields[i], dt_slice_str(column_names[i])))
            return false;
    if (count < STATUS + 1)
        return false;
    if (count > SUGGESTED)
        dt_reader_warn(reader, fields[SUGGESTED], "govuk-columns",
                       "Suggested Link and Archive Link are links for the page of a 410, and are "
                       "not read");
    return true;
}

static bool read_old(struct dt_reader *reader, struct dt_slice url, struct dt_rule *rule)
{
    if (dt_scan_http(url) == 0)
        return DT_REFUSE(reader, url, "source-scheme",
                         "an old URL begins with http:// or https://");
    const char *hash = memchr(url.ptr, '#', url.len);
    if (hash)
        url.len = (size_t)(hash - url.ptr);
    if (!dt_source_parse(reader, url, dt_scan_bits(url), DT_SOURCE_LITERAL, rule))
        return false;
    if (rule->host_kind != DT_HOST_EXACT)
        return DT_REFUSE(reader, url, "source-host",
                         "not a valid host: an old URL has one "
                         "whole host");
    if (rule->port == 80 || rule->port == 443)
        rule->port = 0;
    rule->scheme = DT_SCHEME_ANY;
    return true;
}

static bool read_answer(struct dt_reader *reader, const struct dt_slice *fields,
                        struct dt_rule *rule)
{
    struct dt_slice status = fields[STATUS], to = fields[NEW];
    bool moved = dt_slice_eq(status, DT_S("301"));
    if (!moved && !dt_slice_eq(status, DT_S("410")))
        return DT_REFUSE(reader, status, "govuk-status",
                         "the status \"%.*s\" is refused: 301 and 410 are what can be "
                         "answered",
                         DT_SLICE_FMT(status));
    if (moved && to.len == 0)
        return DT_REFUSE(reader, to, "target-missing", "a 301 needs a target");
    if (!moved && to.len)
        return DT_REFUSE(reader, to, "target-unwanted", "a 410 has no target");
    struct dt_options options = dt_options_standard();
    options.action.status = moved ? 301 : 410;
    options.action.query = DT_QUERY_DROP;
    return (!moved || dt_target_read(reader, to, DT_TARGET_LITERAL, rule)) &&
           dt_ruleset_intern_action(reader->set, &options.action, &rule->action);
}

static void read_row(struct dt_reader *reader, const struct dt_slice *fields, size_t count)
{
    struct dt_rule rule = {.file = reader->file, .line = reader->line};
    for (size_t i = 0; i < count; i++)
        if (!dt_reader_check_text(reader, fields[i], dt_scan_bits(fields[i])))
            return;
    if (count < STATUS + 1) {
        dt_reader_error(reader, dt_reader_line_end(reader), "csv-fields",
                        "%zu fields, where Old Url, New Url and Status are wanted", count);
        return;
    }
    bool fine = read_old(reader, fields[OLD], &rule);
    fine &= read_answer(reader, fields, &rule);
    if (fine && dt_source_fold(reader, &rule, FLAGS))
        dt_ruleset_add_rule(reader->set, &rule);
}

bool dt_govuk_is(const struct dt_look *look)
{
    struct dt_slice old_url = DT_S("Old Url,");
    if (look->first.len >= old_url.len &&
        dt_slice_eq_nocase(dt_slice_of(look->first.ptr, old_url.len), old_url))
        return true;
    return dt_look_ends(look->base, DT_S(".csv")) && look->first.len &&
           memchr(look->first.ptr, ',', look->first.len);
}

void dt_govuk_read(struct dt_reader *reader)
{
    struct dt_slice fields[COLUMNS];
    bool begun = false;
    while (dt_reader_next(reader)) {
        if (dt_scan_trim(reader->text).len == 0)
            continue;
        size_t count = dt_csv_fields(reader, fields, COLUMNS);
        if (!begun && count && read_header(reader, fields, count)) {
            begun = true;
            continue;
        }
        if (!begun)
            dt_reader_error(reader, reader->text, "csv-header",
                            "the first line names the columns: Old Url,New Url,Status");
        begun = true;
        if (count)
            read_row(reader, fields, count);
    }
}
