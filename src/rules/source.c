/* SPDX-License-Identifier: MIT
 *
 * Sources. A source that is a plain path, as nearly all are, is taken as it stands, with no copy;
 * all else goes through the one normaliser that requests go through too.
 */
#include "rules/source.h"

#include "rules/diag.h"
#include "rules/native_scan.h"
#include "rules/reader.h"
#include "semantics/query.h"
#include <detour/uri.h>
#include <stdlib.h>

/* What a path may have and be in normal form without a further look. */
#define PLAIN_PATH DT_BYTE_UPPER

static bool has(struct dt_slice s, char c)
{
    return s.len && memchr(s.ptr, c, s.len) != NULL;
}

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

/* ---- Path ---- */

static bool not_built(struct dt_reader *reader, struct dt_slice at, const char *what)
{
    return DT_REFUSE(reader, at, "not-built", "%s not built yet", what);
}

/* A segment ":name". */
static bool find_placeholder(struct dt_slice path, struct dt_slice *ret)
{
    for (size_t at = 0; at + 2 < path.len; at++) {
        if (path.ptr[at] != '/' || path.ptr[at + 1] != ':' ||
            !(dt_is_alpha(path.ptr[at + 2]) || path.ptr[at + 2] == '_'))
            continue;
        size_t end = at + 2;
        while (end < path.len && dt_is_word(path.ptr[end]))
            end++;
        *ret = dt_slice_of(path.ptr + at + 1, end - at - 1);
        return true;
    }
    return false;
}

/* Finds what the stars of a path mean; a prefix loses its star and keeps the "/" in front of it. */
static bool read_star(struct dt_reader *reader, struct dt_slice *path, struct dt_rule *rule)
{
    const char *star = memchr(path->ptr, '*', path->len);
    size_t at = (size_t)(star - path->ptr);
    if (at + 1 < path->len)
        return not_built(reader, dt_slice_of(star, 1), "a \"*\" that is not at the end is");
    if (at == 0 || star[-1] != '/')
        return DT_REFUSE(reader, dt_slice_of(star, 1), "source-star",
                         "a \"*\" is a whole segment, did you mean %.*s/*", (int)at, path->ptr);
    path->len--;
    rule->path_kind = DT_PATH_PREFIX;
    return true;
}

bool dt_source_path(struct dt_reader *reader, struct dt_slice raw, enum dt_source_mode mode,
                    struct dt_rule *rule)
{
    struct dt_ruleset *set = reader->set;
    struct dt_slice path = raw.len ? raw : DT_S("/");
    rule->path_kind = DT_PATH_EXACT;
    if (mode == DT_SOURCE_NATIVE) {
        struct dt_slice placeholder;
        if (has(path, ':') && find_placeholder(path, &placeholder))
            return not_built(reader, placeholder, "a placeholder is");
        if (has(path, '*') && !read_star(reader, &path, rule))
            return false;
    }
    if (path.len > DT_LIMIT_SOURCE || dt_norm_path(path, set->scratch, sizeof set->scratch, &path))
        return DT_REFUSE(reader, raw, "source-path", "not a path that a request can have");
    if (path.len > DT_LIMIT_SOURCE)
        return DT_REFUSE(reader, raw, "source-long",
                         "a path of %zu bytes when encoded, at most %u are read", path.len,
                         DT_LIMIT_SOURCE);
    if (rule->path_kind == DT_PATH_PREFIX)
        path.len--; /* the "/", which the normal form keeps */
    rule->path = path;
    return dt_reader_keep(reader, &rule->path);
}

/* ---- Query ---- */

static int compare_params(const void *left, const void *right)
{
    const struct dt_param *a = left, *b = right;
    int order = dt_slice_cmp(a->name, b->name);
    if (order == 0)
        order = dt_slice_cmp(a->value, b->value);
    return order ? order : a->any_value - b->any_value;
}

/* Sorts, and takes out what is there twice. */
static size_t order_params(struct dt_param *params, size_t count)
{
    if (count == 0)
        return 0;
    qsort(params, count, sizeof *params, compare_params);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (compare_params(&params[kept - 1], &params[i]) != 0)
            params[kept++] = params[i];
    return kept;
}

/* any: without "=" the name alone is asked for, else it has the empty value. */
static struct dt_param make_param(const struct dt_query_param *read, bool any)
{
    bool equals = read->text.len > read->name.len;
    return (struct dt_param){
        .name = read->name,
        .value = read->value.len ? read->value : DT_SLICE_NONE,
        .any_value = !equals && any,
    };
}

bool dt_source_query(struct dt_reader *reader, struct dt_slice raw, bool any, struct dt_rule *rule)
{
    struct dt_ruleset *set = reader->set;
    struct dt_slice query;
    struct dt_param found[DT_LIMIT_PARAMS];
    size_t count = 0;
    rule->params = NULL;
    rule->nparams = 0;
    if (raw.len > DT_LIMIT_SOURCE ||
        dt_norm_query(raw, set->scratch, sizeof set->scratch, &query) ||
        query.len > DT_LIMIT_SOURCE)
        return DT_REFUSE(reader, raw, "source-long", "a query of more than %u bytes",
                         DT_LIMIT_SOURCE);
    if (!dt_reader_keep(reader, &query))
        return false;
    struct dt_slice rest = query;
    struct dt_query_param param;
    while (dt_query_next(&rest, &param)) {
        if (count == DT_LIMIT_PARAMS)
            return DT_REFUSE(reader, raw, "source-params",
                             "more than %u query conditions in one rule", DT_LIMIT_PARAMS);
        found[count++] = make_param(&param, any);
    }
    if (count == 0)
        return true;
    count = order_params(found, count);
    struct dt_param *params = dt_arena_alloc(&set->arena, count * sizeof *params);
    if (!params)
        return dt_reader_nomem(reader);
    memcpy(params, found, count * sizeof *params);
    rule->params = params;
    rule->nparams = (uint16_t)count;
    return true;
}

/* Finds "name=:x", which would be a capture. */
static bool check_captures(struct dt_reader *reader, struct dt_slice query)
{
    for (size_t at = 0; at + 2 < query.len; at++) {
        if (query.ptr[at] != '=' || query.ptr[at + 1] != ':' ||
            !(dt_is_alpha(query.ptr[at + 2]) || query.ptr[at + 2] == '_'))
            continue;
        size_t end = at + 2;
        while (end < query.len && dt_is_word(query.ptr[end]))
            end++;
        if (end == query.len || query.ptr[end] == '&')
            return not_built(reader, dt_slice_of(query.ptr + at + 1, end - at - 1),
                             "a placeholder in a query is");
    }
    return true;
}

/* ---- The whole ---- */

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
        if (mode == DT_SOURCE_NATIVE && !check_captures(reader, query))
            return false;
    }
    return dt_source_path(reader, path, mode, rule) &&
           (!question || dt_source_query(reader, query, mode == DT_SOURCE_NATIVE, rule));
}

static void set_host(struct dt_rule *rule, const struct dt_host_pattern *pattern)
{
    rule->host = pattern->host;
    rule->host_kind = pattern->kind;
    rule->scheme = pattern->scheme;
    rule->port = pattern->port;
}

/* Neither a path, nor "//", nor http: or https:. */
static bool bad_start(struct dt_reader *reader, struct dt_slice word)
{
    if (word.ptr[0] == '~')
        return not_built(reader, word, "a regular expression is");
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

bool dt_source_parse(struct dt_reader *reader, struct dt_slice word, unsigned bits,
                     enum dt_source_mode mode, struct dt_rule *rule)
{
    bool path = word.ptr[0] == '/' && (word.len == 1 || word.ptr[1] != '/');
    rule->params = NULL;
    rule->nparams = 0;
    if (word.len > DT_LIMIT_SOURCE)
        return DT_REFUSE(reader, dt_slice_of(word.ptr, 1), "source-long",
                         "a source of %zu bytes, at most %u are read", word.len, DT_LIMIT_SOURCE);
    if (path) {
        set_host(rule, &reader->host);
        if (!(bits & ~(unsigned)PLAIN_PATH)) {
            rule->path = word;
            rule->path_kind = DT_PATH_EXACT;
            return true;
        }
    }
    if (!dt_reader_check_text(reader, word, bits))
        return false;
    if (path)
        return read_rest(reader, word, bits, mode, rule);
    size_t scheme = word.ptr[0] == '/' ? 2 : dt_scan_http(word);
    if (scheme == 0)
        return bad_start(reader, word);
    struct dt_slice rest = dt_slice_from(word, scheme);
    size_t len = dt_scan_authority(rest);
    struct dt_host_pattern pattern;
    if (!neighbour_host(reader, dt_slice_of(rest.ptr, len), &pattern))
        return false;
    if (scheme != 2) {
        pattern.scheme = scheme == 7 ? DT_SCHEME_HTTP : DT_SCHEME_HTTPS;
        if (pattern.port == 0) /* RFC 9110 sections 4.2.1 and 4.2.2: no port is the default one */
            pattern.port = scheme == 7 ? 80 : 443;
    }
    set_host(rule, &pattern);
    return read_rest(reader, dt_slice_from(rest, len), bits, mode, rule);
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
    count = order_params(params, count);
    struct dt_param *mem = dt_arena_alloc(&reader->set->arena, count * sizeof *mem);
    if (!mem)
        return dt_reader_nomem(reader);
    memcpy(mem, params, count * sizeof *mem);
    rule->params = mem;
    rule->nparams = (uint16_t)count;
    return true;
}

bool dt_source_fold(struct dt_reader *reader, struct dt_rule *rule, uint8_t flags)
{
    rule->flags = flags;
    if ((flags & DT_RULE_IGNORE_SLASH) && rule->path_kind == DT_PATH_EXACT && rule->path.len &&
        rule->path.ptr[rule->path.len - 1] == '/')
        rule->path.len--;
    if (!(flags & DT_RULE_IGNORE_CASE))
        return true;
    return lower(reader, &rule->path) && (rule->nparams == 0 || lower_params(reader, rule));
}
