/* SPDX-License-Identifier: MIT
 *
 * Cloudflare's Bulk Redirects as CSV: source, target, status, and four switches. There is no line
 * that names the columns. A source is a URL without a query, its scheme may be left out; a rule may
 * be for subdomains too, and for all below its path.
 * https://developers.cloudflare.com/rules/url-forwarding/bulk-redirects/
 */
#include "rules/dialects/csv.h"
#include "rules/dialects/dialect.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

enum { SOURCE, TARGET, STATUS, PRESERVE_QUERY, SUBDOMAINS, SUBPATH, PRESERVE_SUFFIX, COLUMNS };

static const char *const column_names[COLUMNS] = {
    "source URL",       "target URL",          "status", "preserve query", "include subdomains",
    "subpath matching", "preserve path suffix"};

struct row {
    bool query, subdomains, subpath, suffix;
    uint16_t status;
};

static bool read_switch(struct dt_reader *reader, const struct dt_slice *fields, size_t count,
                        size_t at, bool *ret)
{
    if (at >= count || fields[at].len == 0)
        return true;
    bool on = dt_slice_eq_nocase(fields[at], DT_S("true"));
    if (!on && !dt_slice_eq_nocase(fields[at], DT_S("false")))
        return DT_REFUSE(reader, fields[at], "cloudflare-switch", "%s is TRUE or FALSE",
                         column_names[at]);
    *ret = on;
    return true;
}

static bool read_status(struct dt_reader *reader, struct dt_slice text, uint16_t *ret)
{
    static const uint16_t known[] = {301, 302, 307, 308};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char digits[3] = {(char)('0' + known[i] / 100), '0', (char)('0' + known[i] % 10)};
        if (dt_slice_eq(text, dt_slice_of(digits, sizeof digits))) {
            *ret = known[i];
            return true;
        }
    }
    return text.len == 0 || DT_REFUSE(reader, text, "status-unknown",
                                      "Cloudflare redirects with 301, 302, 307 or 308");
}

/* "example.com/a" as "//example.com/a": both schemes. */
static bool read_source(struct dt_reader *reader, struct dt_slice text, struct dt_rule *rule)
{
    struct dt_slice url = text;
    if (!dt_scan_http(text)) {
        char *mem = dt_arena_alloc(&reader->set->arena, text.len + 2);
        if (!mem)
            return dt_reader_nomem(reader);
        memcpy(mem, "//", 2);
        memcpy(mem + 2, text.ptr, text.len);
        url = dt_slice_of(mem, text.len + 2);
    }
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '?' || text.ptr[i] == '#')
            return DT_REFUSE(reader, dt_slice_from(text, i), "source-query",
                             "a source has neither a query nor a fragment");
    if (text.len && (text.ptr[0] == '/' || text.ptr[0] == '.' || text.ptr[0] == '*'))
        return DT_REFUSE(reader, text, "source-host",
                         "a source begins with a host, perhaps behind https://");
    return dt_source_parse(reader, url, dt_scan_bits(url), DT_SOURCE_LITERAL, rule) &&
           (rule->host_kind == DT_HOST_EXACT ||
            DT_REFUSE(reader, text, "source-host", "not a valid host: no pattern, a whole name"));
}

/* The target with what is below the source's path put behind its own. */
static bool with_suffix(struct dt_reader *reader, struct dt_slice target, struct dt_slice *ret)
{
    size_t at = 0, scheme = dt_scan_http(target);
    while (at < target.len && target.ptr[at] != '?' && target.ptr[at] != '#')
        at++;
    size_t path = scheme + dt_scan_authority(dt_slice_from(target, scheme));
    bool slash = at > path && target.ptr[at - 1] == '/';
    char *mem = dt_arena_alloc(&reader->set->arena, target.len + 3), *pos = mem;
    if (!mem)
        return dt_reader_nomem(reader);
    memcpy(pos, target.ptr, at);
    pos += at;
    if (!slash)
        *pos++ = '/';
    *pos++ = DT_MARK_PATH;
    *pos++ = (char)0x80;
    memcpy(pos, target.ptr + at, target.len - at);
    *ret = dt_slice_of(mem, (size_t)(pos - mem) + target.len - at);
    return true;
}

/* The path itself goes to the target as it is; what is below it goes below the target. */
static bool add(struct dt_reader *reader, const struct row *row, struct dt_rule *rule)
{
    if (row->subdomains)
        rule->host_kind = DT_HOST_DOMAIN;
    if (!row->subpath)
        return dt_ruleset_add_rule(reader->set, rule);
    struct dt_rule below = *rule;
    below.path_kind = DT_PATH_PREFIX;
    if (below.path.len && below.path.ptr[below.path.len - 1] == '/')
        below.path.len--;
    if (!row->suffix)
        return dt_ruleset_add_rule(reader->set, &below);
    rule->path = below.path.len ? below.path : DT_S("/");
    return with_suffix(reader, rule->target, &below.target) &&
           dt_ruleset_add_rule(reader->set, rule) && dt_ruleset_add_rule(reader->set, &below);
}

static void read_row(struct dt_reader *reader, const struct dt_slice *fields, size_t count)
{
    struct dt_rule rule = {.file = reader->file, .line = reader->line};
    struct row row = {.suffix = true, .status = 301};
    for (size_t i = 0; i < count; i++)
        if (!dt_reader_check_text(reader, fields[i], dt_scan_bits(fields[i])))
            return;
    if (count < STATUS || fields[SOURCE].len == 0 || fields[TARGET].len == 0) {
        dt_reader_error(reader, dt_reader_line_end(reader), "csv-fields",
                        "a source URL and a target URL are wanted");
        return;
    }
    bool fine = read_source(reader, fields[SOURCE], &rule);
    fine &= dt_scan_http(fields[TARGET])
                ? dt_target_read(reader, fields[TARGET], DT_TARGET_LITERAL, &rule)
                : DT_REFUSE(reader, fields[TARGET], "target-relative",
                            "a target is a URL that begins with http:// or https://");
    fine &= count <= STATUS || read_status(reader, fields[STATUS], &row.status);
    fine &= read_switch(reader, fields, count, PRESERVE_QUERY, &row.query);
    fine &= read_switch(reader, fields, count, SUBDOMAINS, &row.subdomains);
    fine &= read_switch(reader, fields, count, SUBPATH, &row.subpath);
    fine &= read_switch(reader, fields, count, PRESERVE_SUFFIX, &row.suffix);
    struct dt_options options = dt_options_standard();
    options.action.status = row.status;
    options.action.query = row.query ? DT_QUERY_PASS : DT_QUERY_DROP;
    if (fine && dt_ruleset_intern_action(reader->set, &options.action, &rule.action))
        add(reader, &row, &rule);
}

bool dt_cloudflare_bulk_is(const struct dt_look *look)
{
    const char *comma = look->first.len ? memchr(look->first.ptr, ',', look->first.len) : NULL;
    if (!comma || !dt_look_ends(look->base, DT_S(".csv")))
        return false;
    struct dt_slice source = dt_slice_of(look->first.ptr, (size_t)(comma - look->first.ptr));
    struct dt_slice rest = dt_slice_from(look->first, source.len + 1);
    bool quoted = rest.len && rest.ptr[0] == '"';
    return source.len && memchr(source.ptr, '.', source.len) &&
           !memchr(source.ptr, ' ', source.len) && dt_scan_http(dt_slice_from(rest, quoted));
}

void dt_cloudflare_bulk_read(struct dt_reader *reader)
{
    struct dt_slice fields[COLUMNS];
    while (dt_reader_next(reader)) {
        if (dt_scan_trim(reader->text).len == 0)
            continue;
        size_t count = dt_csv_fields(reader, fields, COLUMNS);
        if (count)
            read_row(reader, fields, count);
    }
}
