/* SPDX-License-Identifier: MIT
 *
 * The mappings of gov.uk's transition (alphagov transition-config): CSV as RFC 4180 writes it, with
 * the columns Old Url, New Url, Status and in some files Suggested Link and Archive Link. An old
 * URL was made canonical before it was looked up there: http and https are one, case, a final slash
 * and the fragment do not count, and the query must be this one.
 */
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

enum { OLD, NEW, STATUS, SUGGESTED, ARCHIVE, COLUMNS };

#define FLAGS (DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH | DT_RULE_EXACT_QUERY)

static const char *const column_names[COLUMNS] = {"Old Url", "New Url", "Status", "Suggested Link",
                                                  "Archive Link"};

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

/* Splits the line; returns how many fields it has, 0 after an error. */
static size_t read_fields(struct dt_reader *reader, struct dt_slice fields[COLUMNS])
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
        if (count == COLUMNS) {
            dt_reader_error(reader, field, "csv-fields", "more than %d fields", COLUMNS);
            return 0;
        }
        fields[count++] = dt_scan_trim(field);
        if (p == end)
            return count;
        p++; /* the comma */
    }
}

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

void dt_govuk_read(struct dt_reader *reader)
{
    struct dt_slice fields[COLUMNS];
    bool begun = false;
    while (dt_reader_next(reader)) {
        if (dt_scan_trim(reader->text).len == 0)
            continue;
        size_t count = read_fields(reader, fields);
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
