/* SPDX-License-Identifier: MIT
 *
 * Vercel's bulk redirects as CSV: whole paths, no patterns, no hosts and no conditions. The columns
 * stand in any order; without a word in them case is ignored, the request's query is dropped, and
 * the status is 307.
 */
#include "rules/dialects/csv.h"
#include "rules/dialects/dialect.h"
#include "rules/dialects/names.h"
#include "rules/dialects/pattern.h"
#include "rules/dialects/vercel/vercel.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

enum { SOURCE, TARGET, PERMANENT, STATUS, CASE, QUERY, COLUMNS };
#define FIELDS 16u

/* Names that Vercel's documentation has had for a column. */
static const struct {
    const char *name;
    unsigned column;
} names[] = {
    {"source", SOURCE},     {"destination", TARGET},        {"permanent", PERMANENT},
    {"statusCode", STATUS}, {"caseSensitive", CASE},        {"sensitive", CASE},
    {"query", QUERY},       {"preserveQueryParams", QUERY},
};

struct bulk {
    struct dt_reader *reader;
    size_t columns[COLUMNS]; /* the field of each; FIELDS: there is none */
    size_t count;            /* fields of the header */
    unsigned rows;
};

/* ---- Reading ---- */

static bool read_header(struct bulk *bulk)
{
    struct dt_slice fields[FIELDS];
    bulk->count = dt_csv_fields(bulk->reader, fields, FIELDS);
    if (bulk->count == 0)
        return false;
    for (size_t i = 0; i < COLUMNS; i++)
        bulk->columns[i] = FIELDS;
    for (size_t i = 0; i < bulk->count; i++) {
        size_t at = 0;
        while (at < sizeof names / sizeof *names &&
               !dt_slice_eq(fields[i], dt_slice_str(names[at].name)))
            at++;
        if (at == sizeof names / sizeof *names)
            return DT_REFUSE(bulk->reader, fields[i], "csv-header",
                             "a column is source, destination, permanent, statusCode, "
                             "caseSensitive or query");
        bulk->columns[names[at].column] = i;
    }
    return (bulk->columns[SOURCE] < FIELDS && bulk->columns[TARGET] < FIELDS) ||
           DT_REFUSE(bulk->reader, bulk->reader->text, "csv-header",
                     "the first line names the columns, among them source and destination");
}

static struct dt_slice field(const struct bulk *bulk, const struct dt_slice *fields, size_t column)
{
    size_t at = bulk->columns[column];
    return at < bulk->count ? fields[at] : DT_SLICE_NONE;
}

static bool read_truth(struct bulk *bulk, struct dt_slice word, bool *ret)
{
    static const char *const words[] = {"true", "t", "false", "f", ""};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (dt_slice_eq_nocase(word, dt_slice_str(words[i]))) {
            *ret = i < 2;
            return true;
        }
    }
    return DT_REFUSE(bulk->reader, word, "vercel-value", "\"%.*s\" is not true or false, t or f",
                     DT_SLICE_FMT(word));
}

static bool read_status(struct bulk *bulk, struct dt_slice word, bool permanent, uint16_t *ret)
{
    unsigned status = 0;
    *ret = permanent ? 308 : 307;
    if (word.len == 0)
        return true;
    for (size_t i = 0; i < word.len && status < 1000; i++)
        status = dt_is_digit(word.ptr[i]) ? status * 10 + (unsigned)(word.ptr[i] - '0') : 1000;
    if (!dt_options_redirects(status))
        return DT_REFUSE(bulk->reader, word, "status-unknown",
                         "%.*s is not the status of a redirect: 301, 302, 303, 307 or 308",
                         DT_SLICE_FMT(word));
    *ret = (uint16_t)status;
    return true;
}

static bool read_source(struct bulk *bulk, struct dt_slice word, struct dt_rule *rule)
{
    struct dt_reader *reader = bulk->reader;
    if (!dt_slice_starts(word, DT_S("/")) || dt_slice_starts(word, DT_S("//")))
        return DT_REFUSE(reader, word, "source-relative",
                         "a source is a path and begins with one /");
    size_t odd = dt_scan_find(word, DT_BYTE_QUESTION | DT_BYTE_HASH);
    if (odd < word.len)
        return DT_REFUSE(reader, dt_slice_from(word, odd), "source-query",
                         "a source is a path, without query and fragment");
    if (word.len > DT_VERCEL_BULK_LENGTH)
        return DT_REFUSE(reader, word, "source-long", "a source has at most %u characters",
                         DT_VERCEL_BULK_LENGTH);
    return dt_pattern_begin(reader, rule) && dt_source_path(reader, word, DT_SOURCE_LITERAL, rule);
}

static void read_row(struct bulk *bulk)
{
    struct dt_reader *reader = bulk->reader;
    struct dt_slice fields[FIELDS];
    struct dt_rule rule = {.file = reader->file, .line = reader->line};
    struct dt_options options = dt_options_standard();
    bool permanent = false, sensitive = false, query = false;
    size_t count = dt_csv_fields(reader, fields, FIELDS);
    if (count == 0)
        return;
    if (count != bulk->count) {
        dt_reader_error(reader, reader->text, "csv-fields", "%zu fields, where the header has %zu",
                        count, bulk->count);
        return;
    }
    struct dt_slice target = field(bulk, fields, TARGET);
    bool fine = dt_reader_check_text(reader, reader->text, dt_scan_bits(reader->text)) &&
                read_source(bulk, field(bulk, fields, SOURCE), &rule);
    fine &= read_truth(bulk, field(bulk, fields, PERMANENT), &permanent) &&
            read_truth(bulk, field(bulk, fields, CASE), &sensitive) &&
            read_truth(bulk, field(bulk, fields, QUERY), &query) &&
            read_status(bulk, field(bulk, fields, STATUS), permanent, &options.action.status);
    if (target.len == 0)
        fine = DT_REFUSE(reader, dt_reader_line_end(reader), "target-missing",
                         "a source without a destination");
    if (!fine || !dt_target_read(reader, target, DT_TARGET_LITERAL, &rule))
        return;
    options.action.query = query ? DT_QUERY_PASS : DT_QUERY_DROP;
    if (dt_source_fold(reader, &rule, sensitive ? 0 : DT_RULE_IGNORE_CASE) &&
        dt_ruleset_intern_action(reader->set, &options.action, &rule.action))
        dt_ruleset_add_rule(reader->set, &rule);
}

/* A header with source and destination in it. */
bool dt_vercel_bulk_is(const struct dt_look *look)
{
    bool source = false, target = false;
    for (size_t from = 0; from <= look->first.len;) {
        struct dt_slice rest = dt_slice_from(look->first, from);
        const char *comma = rest.len ? memchr(rest.ptr, ',', rest.len) : NULL;
        struct dt_slice name = rest;
        name.len = comma ? (size_t)(comma - rest.ptr) : rest.len;
        from += name.len + 1;
        if (name.len && name.ptr[name.len - 1] == '\r')
            name.len--;
        name = dt_scan_trim(name);
        source |= dt_slice_eq(name, DT_S("source"));
        target |= dt_slice_eq(name, DT_S("destination"));
    }
    return source && target;
}

void dt_vercel_bulk_read(struct dt_reader *reader)
{
    struct bulk bulk = {.reader = reader};
    if (!dt_reader_next(reader) || !read_header(&bulk))
        return;
    reader->set->first_wanted = "Vercel";
    while (dt_reader_next(reader)) {
        if (dt_scan_trim(reader->text).len == 0)
            continue;
        if (++bulk.rows > DT_VERCEL_BULK) {
            dt_reader_error(reader, reader->text, "vercel-many", "Vercel takes %u bulk redirects",
                            DT_VERCEL_BULK);
            return;
        }
        read_row(&bulk);
    }
}

/* ---- Writing ---- */

static bool check_target(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *out)
{
    struct dt_pieces target = dt_write_target(write, rule);
    struct dt_slice text;
    dt_buf_clear(out);
    for (size_t i = 0; i < target.count; i++) {
        if (target.list[i].kind == DT_PIECE_TEXT) {
            dt_buf_put(out, target.list[i].text);
        } else if (dt_names_own(rule, &target.list[i], &text)) {
            dt_buf_put(out, text);
        } else {
            dt_write_cannot(write, "target-capture",
                            "a bulk redirect of Vercel goes to one URL, always the same");
            return false;
        }
    }
    struct dt_slice written = dt_buf_slice(out);
    if (written.len && written.ptr[0] != '/' && !dt_scan_http(written))
        dt_write_cannot(write, "target-scheme",
                        "a destination of Vercel begins with /, http:// or https://");
    return true;
}

static void check_rule(struct dt_write *write, const struct dt_rule *rule,
                       const struct dt_action *action)
{
    dt_write_check(write, rule, DT_CAN_NO_CASE | DT_CAN_NO_SLASH);
    dt_write_check_conditions(write, rule, 0);
    if (action->status < 301 || action->status > 308 || action->status == 304)
        dt_write_cannot(write, "status", "Vercel answers 301, 302, 303, 307 and 308 only");
    if (action->query != DT_QUERY_PASS && action->query != DT_QUERY_DROP)
        dt_write_differs(write, "query", "Vercel passes the query on as a whole or not at all");
}

static void put_row(struct dt_write *write, const struct dt_rule *rule, struct dt_slice target,
                    bool slash)
{
    const struct dt_action *action = dt_write_action(write, rule);
    struct dt_slice path = rule->path;
    char *mem = slash ? dt_arena_alloc(&write->arena, path.len + 1) : NULL;
    if (mem) {
        if (path.len)
            memcpy(mem, path.ptr, path.len);
        mem[path.len] = '/';
        path = dt_slice_of(mem, path.len + 1);
    }
    dt_csv_put(&write->out, path);
    dt_buf_char(&write->out, ',');
    dt_csv_put(&write->out, target);
    dt_buf_printf(&write->out, ",%u,%s,%s\n", action->status,
                  rule->flags & DT_RULE_IGNORE_CASE ? "false" : "true",
                  action->query == DT_QUERY_DROP ? "false" : "true");
}

void dt_vercel_bulk_write(struct dt_write *write)
{
    struct dt_buf target;
    unsigned rows = 0;
    dt_buf_init(&target, DT_LIMIT_LINE);
    dt_buf_str(&write->out, "source,destination,statusCode,caseSensitive,query\n");
    for (uint32_t i = 0; i < write->count; i++) {
        const struct dt_rule *rule = dt_write_begin(write, write->order[i]);
        check_rule(write, rule, dt_write_action(write, rule));
        bool fine = rule->path_kind == DT_PATH_EXACT && check_target(write, rule, &target);
        bool loose = rule->flags & DT_RULE_IGNORE_SLASH; /* two rows, but for "/" */
        unsigned more = loose && rule->path.len ? 2 : 1;
        if (fine && (rule->path.len >= DT_VERCEL_BULK_LENGTH || target.len > DT_VERCEL_BULK_LENGTH))
            dt_write_cannot(write, "long", "Vercel reads paths and URLs of up to %u characters",
                            DT_VERCEL_BULK_LENGTH);
        if (rows + more > DT_VERCEL_BULK)
            dt_write_cannot(write, "many", "Vercel takes %u bulk redirects", DT_VERCEL_BULK);
        if (!dt_write_go(write))
            continue;
        rows += more;
        if (more == 2 || !loose)
            put_row(write, rule, dt_buf_slice(&target), false);
        if (loose)
            put_row(write, rule, dt_buf_slice(&target), true);
    }
    if (dt_buf_err(&target))
        write->out.err = DT_ERR_NOMEM;
    dt_buf_release(&target);
}
