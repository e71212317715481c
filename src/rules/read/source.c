/* SPDX-License-Identifier: MIT
 *
 * Sources. A source that is a plain path, as nearly all are, is taken as it stands, with no copy;
 * all else goes through the one normaliser that requests go through too.
 */
#include "rules/read/source.h"

#include "rules/read/diag.h"
#include "rules/read/native_scan.h"
#include "rules/read/source_part.h"

/* What a path may have and be in normal form without a further look. */
#define PLAIN_PATH DT_BYTE_UPPER

/* The host of a rule: its neighbour's is often its own. */
static bool neighbour_host(struct dt_reader *reader, struct dt_slice text,
                           struct dt_host_pattern *ret)
{
    if (!text.ptr || text.len == 0 || !dt_slice_eq(text, reader->authority)) {
        struct dt_host_pattern pattern;
        if (!dt_source_host(reader, text, &pattern))
            return false;
        reader->authority = text;
        reader->pattern = pattern;
    }
    *ret = reader->pattern;
    return true;
}

/* Path and query; what stands behind the authority. */
static bool read_rest(struct dt_reader *reader, struct dt_slice rest, unsigned bits,
                      enum dt_source_mode mode, struct dt_rule *rule)
{
    if (rest.len && (bits & DT_BYTE_HASH)) {
        const char *hash = memchr(rest.ptr, '#', rest.len);
        if (hash)
            return DT_REFUSE(
                reader, dt_slice_of(hash, (size_t)(rest.ptr + rest.len - hash)), "source-fragment",
                "a fragment in a source: browsers never send it, so no request can match");
    }
    bool asks = rest.len && (bits & DT_BYTE_QUESTION);
    const char *question = asks ? memchr(rest.ptr, '?', rest.len) : NULL;
    struct dt_slice path = rest;
    struct dt_slice query = DT_SLICE_NONE;
    if (question) {
        path.len = (size_t)(question - rest.ptr);
        query = dt_slice_from(rest, path.len + 1);
    }
    unsigned how = mode == DT_SOURCE_NATIVE ? DT_SOURCE_ANY | DT_SOURCE_CAPTURES : 0;
    return dt_source_path(reader, path, mode, rule) &&
           (!question || dt_source_query(reader, query, how, rule));
}

/* The names of labels are the first captures. */
static void set_host(struct dt_reader *reader, struct dt_rule *rule,
                     const struct dt_host_pattern *pattern)
{
    struct dt_capture_names *captures = &reader->captures;
    rule->host = pattern->host;
    rule->host_kind = pattern->kind;
    rule->scheme = pattern->scheme;
    rule->port = pattern->port;
    for (uint8_t i = 0; i < pattern->labels; i++)
        captures->list[i] = (struct dt_capture_name){pattern->names[i], i, DT_FROM_HOST};
    captures->labels = captures->count = pattern->labels;
}

/* Neither a path, nor "//", nor http: or https:. */
static bool bad_start(struct dt_reader *reader, struct dt_slice word)
{
    const char *scheme_end = memmem(word.ptr, word.len, "//", 2);
    size_t len = scheme_end ? (size_t)(scheme_end - word.ptr) : 0;
    if (len && dt_diag_distance(dt_slice_of(word.ptr, len), DT_S("https:")) <= 2) {
        bool secure = dt_diag_distance(dt_slice_of(word.ptr, len), DT_S("https:")) <
                      dt_diag_distance(dt_slice_of(word.ptr, len), DT_S("http:"));
        return DT_REFUSE(reader, word, "source-scheme",
                         "not http:// or https://, did you mean %s%.*s",
                         secure ? "https:" : "http:", (int)(word.len - len), scheme_end);
    }
    if (len && scheme_end[-1] == ':')
        return DT_REFUSE(reader, word, "source-scheme",
                         "a source's scheme is http or https, or none: //host/path");
    const char *dot = memchr(word.ptr, '.', word.len);
    const char *slash = memchr(word.ptr, '/', word.len);
    bool host = dot && slash && dot < slash;
    return DT_REFUSE(reader, word, "source-relative",
                     "a source begins with /, // or http://, did you mean %s%.*s",
                     host ? "//" : "/", DT_SLICE_FMT(word));
}

/* What begins with scheme bytes of "//", "http://" or "https://". */
static bool read_url(struct dt_reader *reader, struct dt_slice word, unsigned bits, size_t scheme,
                     enum dt_source_mode mode, struct dt_rule *rule)
{
    struct dt_slice rest = dt_slice_from(word, scheme);
    size_t len = dt_scan_authority(rest);
    struct dt_host_pattern pattern;
    bool any_port = scheme != 2 && mode == DT_SOURCE_NATIVE && len > 2 &&
                    memcmp(rest.ptr + len - 2, ":*", 2) == 0;
    if (!neighbour_host(reader, dt_slice_of(rest.ptr, any_port ? len - 2 : len), &pattern))
        return false;
    if (pattern.labels && mode == DT_SOURCE_LITERAL)
        return DT_REFUSE(reader, dt_slice_of(rest.ptr, len), "source-host",
                         "not a valid host: no such name can be looked up");
    if (scheme != 2) {
        pattern.scheme = scheme == 7 ? DT_SCHEME_HTTP : DT_SCHEME_HTTPS;
        if (pattern.port == 0 &&
            !any_port) /* RFC 9110 sections 4.2.1 and 4.2.2: no port is the default one */
            pattern.port = scheme == 7 ? 80 : 443;
    }
    set_host(reader, rule, &pattern);
    return read_rest(reader, dt_slice_from(rest, len), bits, mode, rule);
}

/* "~" or "~*", then an expression for paths of the host that @host gave. */
static bool read_regex(struct dt_reader *reader, struct dt_slice word, struct dt_rule *rule)
{
    bool nocase = word.len > 1 && word.ptr[1] == '*';
    set_host(reader, rule, &reader->host);
    return dt_source_regex(reader, word, dt_slice_from(word, 1 + nocase),
                           nocase ? DT_REGEX_NOCASE : 0, rule);
}

static bool read_source(struct dt_reader *reader, struct dt_slice word, unsigned bits,
                        enum dt_source_mode mode, struct dt_rule *rule)
{
    bool path = word.ptr[0] == '/' && (word.len == 1 || word.ptr[1] != '/');
    if (path) {
        set_host(reader, rule, &reader->host);
        if (!(bits & ~(unsigned)PLAIN_PATH) && reader->host.labels == 0) {
            rule->path = word;
            rule->path_kind = DT_PATH_EXACT;
            return true;
        }
    }
    if (!dt_reader_check_text(reader, word, bits))
        return false;
    if (path)
        return read_rest(reader, word, bits, mode, rule);
    if (word.ptr[0] == '~' && mode == DT_SOURCE_NATIVE)
        return read_regex(reader, word, rule);
    size_t scheme = word.ptr[0] == '/' ? 2 : dt_scan_http(word);
    if (scheme == 0)
        return bad_start(reader, word);
    return read_url(reader, word, bits, scheme, mode, rule);
}

bool dt_source_parse(struct dt_reader *reader, struct dt_slice word, unsigned bits,
                     enum dt_source_mode mode, struct dt_rule *rule)
{
    dt_captures_begin(&reader->captures);
    rule->params = NULL;
    rule->nparams = 0;
    rule->more = NULL;
    if (word.len > DT_LIMIT_SOURCE)
        return DT_REFUSE(reader, dt_slice_of(word.ptr, 1), "source-long",
                         "a source of %zu bytes, at most %u are read", word.len, DT_LIMIT_SOURCE);
    reader->captures.broken = !read_source(reader, word, bits, mode, rule);
    return !reader->captures.broken;
}

/* ---- What options make of it ---- */

static bool lower(struct dt_reader *reader, struct dt_slice *s)
{
    size_t at = dt_scan_find(*s, DT_BYTE_UPPER);
    if (at == s->len)
        return true;
    char *mem = dt_arena_alloc(&reader->set->arena, s->len);
    if (!mem)
        return dt_reader_nomem(reader);
    for (size_t i = 0; i < s->len; i++)
        mem[i] = dt_ascii_lower(s->ptr[i]);
    *s = dt_slice_of(mem, s->len);
    return true;
}

static bool lower_params(struct dt_reader *reader, struct dt_rule *rule)
{
    struct dt_param params[DT_LIMIT_PARAMS];
    size_t count = rule->nparams;
    for (size_t i = 0; i < count; i++) {
        params[i] = rule->params[i];
        if (!lower(reader, &params[i].name) || !lower(reader, &params[i].value))
            return false;
    }
    count = dt_source_order(params, count);
    struct dt_param *mem = dt_arena_alloc(&reader->set->arena, count * sizeof *mem);
    if (!mem)
        return dt_reader_nomem(reader);
    memcpy(mem, params, count * sizeof *mem);
    rule->params = mem;
    rule->nparams = (uint16_t)count;
    return true;
}

static bool lower_captured(struct dt_reader *reader, struct dt_rule *rule)
{
    struct dt_rule_more more = *rule->more;
    size_t size = more.nqueries * sizeof *more.queries;
    struct dt_slice *names = dt_arena_alloc(&reader->set->arena, size);
    struct dt_rule_more *mem = dt_arena_alloc(&reader->set->arena, sizeof *mem);
    if (!names || !mem)
        return dt_reader_nomem(reader);
    for (size_t i = 0; i < more.nqueries; i++) {
        names[i] = more.queries[i];
        if (!lower(reader, &names[i]))
            return false;
    }
    more.queries = names;
    *mem = more;
    rule->more = mem;
    return true;
}

/* One final slash of the source; a star at the end takes in whatever there is. */
static void drop_slash(struct dt_rule *rule)
{
    bool fixed = rule->path_kind == DT_PATH_EXACT || rule->path_kind == DT_PATH_PATTERN ||
                 rule->path_kind == DT_PATH_GLOB;
    if (fixed && rule->path.len && rule->path.ptr[rule->path.len - 1] == '/')
        rule->path.len--;
}

#define OF_EXPRESSION (DT_RULE_IGNORE_CASE | DT_RULE_URL | DT_RULE_RELATIVE)

bool dt_source_fold(struct dt_reader *reader, struct dt_rule *rule, uint8_t flags)
{
    bool regex = rule->path_kind == DT_PATH_REGEX;
    if (regex) /* what the expression itself said */
        flags = (uint8_t)(flags | (rule->flags & OF_EXPRESSION));
    rule->flags = flags;
    if (regex && !(flags & DT_RULE_IGNORE_CASE))
        dt_source_regex_escapes(reader);
    if (flags & DT_RULE_IGNORE_SLASH)
        drop_slash(rule);
    if (regex || !(flags & DT_RULE_IGNORE_CASE))
        return true;
    return lower(reader, &rule->path) && (rule->nparams == 0 || lower_params(reader, rule)) &&
           (!rule->more || rule->more->nqueries == 0 || lower_captured(reader, rule));
}
