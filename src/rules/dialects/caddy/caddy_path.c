/* SPDX-License-Identifier: MIT
 *
 * What is asked of the path. A path that is written out is a plain source, without case when a
 * path matcher asked for it; all else is an expression, in which further conditions look ahead:
 *
 *   path /blog/... and path_regexp ^/blog/(\d+)   ^(?=(?i:/blog/))/blog/(\d+)
 *
 * Caddy compares decoded paths, so its patterns are written anew for the normal form.
 */
#include "rules/dialects/apache/apache_regex.h"
#include "rules/dialects/caddy/caddy.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"

static bool is_path(const struct dt_caddy_cond *cond)
{
    return cond->kind == DT_CADDY_PATH || cond->kind == DT_CADDY_PATH_RE ||
           cond->kind >= DT_CADDY_EXACT_PATH;
}

static bool is_expression(const struct dt_caddy_cond *cond)
{
    return cond->kind == DT_CADDY_PATH_RE || cond->kind == DT_CADDY_PATH_MAP ||
           cond->kind == DT_CADDY_RAW_MAP;
}

static bool is_wild(struct dt_slice pattern)
{
    for (size_t i = 0; i < pattern.len; i++)
        if (strchr("*?[\\%", pattern.ptr[i]))
            return true;
    return false;
}

/* ---- Paths that are written out ---- */

/* A pattern and a path, as Caddy compares them; both may be in any case. */
static bool fits(struct dt_slice pattern, struct dt_slice path)
{
    size_t stars = 0;
    for (size_t i = 0; i < pattern.len; i++)
        stars += pattern.ptr[i] == '*';
    bool first = pattern.len && pattern.ptr[0] == '*';
    bool last = pattern.len && pattern.ptr[pattern.len - 1] == '*';
    if (!stars)
        return dt_slice_eq_nocase(pattern, path);
    struct dt_slice text = dt_slice_from(pattern, first);
    text.len -= last && text.len;
    if (path.len < text.len)
        return false;
    if (stars == 1 && last)
        return dt_slice_eq_nocase(dt_slice_of(path.ptr, text.len), text);
    if (stars == 1 && first)
        return dt_slice_eq_nocase(dt_slice_from(path, path.len - text.len), text);
    for (size_t i = 0; stars == 2 && first && last && i + text.len <= path.len; i++)
        if (dt_slice_eq_nocase(dt_slice_of(path.ptr + i, text.len), text))
            return true;
    return false;
}

static bool simple(struct dt_slice pattern)
{
    size_t stars = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        if (strchr("?[\\%", pattern.ptr[i]))
            return false;
        stars += pattern.ptr[i] == '*';
    }
    bool first = pattern.len && pattern.ptr[0] == '*';
    bool last = pattern.len && pattern.ptr[pattern.len - 1] == '*';
    return !stars || (stars == 1 && (first || last)) || (stars == 2 && first && last);
}

static struct dt_slice joined(struct dt_caddy_rule *made, struct dt_slice a, struct dt_slice b)
{
    const struct dt_slice parts[] = {a, b};
    return a.len ? dt_pattern_join(made->caddy->reader, parts, 2) : b;
}

/* Looks for a path that is written out. */
static void find_exact(struct dt_caddy_rule *made)
{
    for (size_t i = 0; i < made->count; i++) {
        const struct dt_caddy_cond *cond = made->conds[i];
        bool exact = cond->kind == DT_CADDY_EXACT_PATH ||
                     (cond->kind == DT_CADDY_PATH && !is_wild(cond->args[made->chosen[i]]));
        if (cond->negated || !exact || (made->exact && cond->kind == DT_CADDY_PATH))
            continue;
        made->exact = true;
        made->path = joined(made, cond->prefix, cond->args[made->chosen[i]]);
        made->nocase = cond->kind == DT_CADDY_PATH;
    }
}

/* Is the condition settled by the path that is written out? Then it is one of no request, or
 * nothing. */
static bool settled(struct dt_caddy_rule *made, size_t at)
{
    const struct dt_caddy_cond *cond = made->conds[at];
    bool plain = cond->kind == DT_CADDY_PATH || cond->kind == DT_CADDY_EXACT_PATH;
    if (!made->exact || !plain)
        return false;
    for (size_t i = 0; i < cond->count; i++) {
        if (!cond->negated && i != made->chosen[at])
            continue;
        struct dt_slice pattern = joined(made, cond->prefix, cond->args[i]);
        if (dt_slice_eq(cond->args[i], DT_S("*"))) {
            made->never |= cond->negated;
            continue;
        }
        if (!simple(pattern))
            return false;
        bool fit = cond->kind == DT_CADDY_PATH ? fits(pattern, made->path)
                                               : dt_slice_eq(pattern, made->path);
        made->never |= fit == cond->negated;
    }
    return true;
}

/* ---- Expressions ---- */

struct build {
    struct dt_caddy_rule *made;
    struct dt_buf out;
    bool fine;
};

/* A pattern of a path matcher, tied to the beginning. */
static bool put_pattern(struct build *build, const struct dt_caddy_cond *cond,
                        struct dt_slice pattern)
{
    struct dt_slice text = joined(build->made, cond->prefix, pattern);
    bool escapes = text.len && memchr(text.ptr, '%', text.len), many = !simple(text) || escapes;
    size_t at = 0;
    for (size_t i = 0; i < text.len; i++)
        if (strchr("[\\", text.ptr[i]))
            return DT_CADDY_REFUSE(build->made->caddy, cond->at, "caddy-matcher",
                                   "a path with brackets or backslashes");
    if (dt_slice_eq(pattern, DT_S("*")))
        return true;
    while (at < text.len) {
        size_t from = at;
        while (at < text.len && text.ptr[at] != '*' && text.ptr[at] != '?' &&
               !(text.ptr[at] == '%' && at + 1 < text.len && text.ptr[at + 1] == '*'))
            at++;
        dt_pattern_literal(&build->out, dt_slice_of(text.ptr + from, at - from), escapes);
        if (at == text.len)
            break;
        at += text.ptr[at] == '%';
        bool end = at + 1 == text.len;
        if (text.ptr[at++] == '?')
            dt_buf_str(&build->out, "(?:%[0-9A-F][0-9A-F]|[^/])");
        else if (many)
            dt_buf_str(&build->out, "[^/]*");
        else if (!end)
            dt_buf_str(&build->out, ".*");
    }
    bool open = !many && text.ptr[text.len - 1] == '*';
    dt_buf_str(&build->out, open ? "" : "$");
    return true;
}

/* An expression without the "^" that it begins with, if that is for all of it. */
static bool anchored(struct dt_slice *text)
{
    if (!text->len || text->ptr[0] != '^' || dt_apache_choice(*text))
        return false;
    *text = dt_slice_from(*text, 1);
    return true;
}

/* What it asks, tied to the beginning of the path unless `free`. */
static bool put_expression(struct build *build, const struct dt_caddy_cond *cond, bool tied)
{
    struct dt_apache apache = {.reader = build->made->caddy->reader};
    struct dt_slice text = cond->args[0], whole = text;
    bool nocase = dt_caddy_cut(&text, "(?i)"), fine;
    bool start = anchored(&text);
    if (cond->prefix.len && (!start || !dt_slice_starts(text, DT_S("/"))))
        return DT_CADDY_REFUSE(build->made->caddy, cond->at, "caddy-handle-path",
                               "in a handle_path an expression begins with ^/");
    if (!start && tied)
        dt_buf_str(&build->out, ".*?(?:");
    else if (start && !tied)
        dt_buf_char(&build->out, '^');
    if (cond->prefix.len) {
        dt_buf_str(&build->out, "(?i:");
        dt_pattern_literal(&build->out, cond->prefix, false);
        dt_buf_char(&build->out, ')');
    }
    dt_buf_str(&build->out, nocase ? "(?i:" : "");
    (void)whole;
    if (cond->kind == DT_CADDY_RAW_MAP) {
        dt_buf_put(&build->out, text);
        fine = true;
    } else {
        (void)dt_caddy_at(build->made->caddy, cond->at);
        fine = dt_apache_regex(&apache, text, 0, &build->out);
    }
    dt_buf_str(&build->out, nocase ? ")" : "");
    dt_buf_str(&build->out, !start && tied ? ")" : "");
    return fine;
}

/* One condition, tied to the beginning. */
static bool put_tied(struct build *build, size_t at)
{
    const struct dt_caddy_cond *cond = build->made->conds[at];
    if (is_expression(cond))
        return put_expression(build, cond, true);
    bool nocase = cond->kind == DT_CADDY_PATH;
    dt_buf_str(&build->out, nocase ? "(?i:" : "(?:");
    for (size_t i = 0; i < cond->count; i++) {
        if (!cond->negated && i != build->made->chosen[at])
            continue;
        dt_buf_str(&build->out, cond->negated && i ? "|" : "");
        if (!put_pattern(build, cond, cond->args[i]))
            return false;
    }
    dt_buf_char(&build->out, ')');
    return true;
}

/* Conditions that look ahead, but for the main one. */
static bool put_guards(struct build *build, size_t main)
{
    struct dt_caddy_rule *made = build->made;
    struct dt_slice prefix = made->when->prefix;
    if (made->rest) {
        dt_buf_str(&build->out, "(?=(?i:");
        dt_pattern_literal(&build->out, prefix, false);
        dt_buf_str(&build->out, ")/(.*)$)");
    }
    if (made->split)
        dt_buf_str(&build->out, "(?=/(.*/)?([^/]*)$)");
    made->first = (made->rest ? 1u : 0u) + (made->split ? 2u : 0u);
    for (size_t i = 0; i < made->count; i++) {
        if (!is_path(made->conds[i]) || i == main || settled(made, i))
            continue;
        dt_buf_str(&build->out, made->conds[i]->negated ? "(?!" : "(?=");
        if (!put_tied(build, i))
            return false;
        dt_buf_char(&build->out, ')');
        if (is_expression(made->conds[i]))
            made->first += dt_apache_groups(made->conds[i]->args[0]);
    }
    return true;
}

/* The condition whose groups the target may ask for; else any that is no opposite. */
static size_t find_main(const struct dt_caddy_rule *made)
{
    size_t main = SIZE_MAX;
    for (size_t i = 0; i < made->count; i++) {
        const struct dt_caddy_cond *cond = made->conds[i];
        if (!is_path(cond) || cond->negated)
            continue;
        bool better = main == SIZE_MAX || is_expression(cond) || !is_expression(made->conds[main]);
        if (better)
            main = i;
    }
    return main;
}

static bool regex_source(struct dt_caddy_rule *made)
{
    struct build build = {.made = made};
    struct dt_reader *reader = made->caddy->reader;
    size_t main = find_main(made), others = 0, last = 0;
    bool alone = !made->rest && !made->split, fine = true, nocase = false;
    for (size_t i = 0; i < made->count; i++)
        if (is_path(made->conds[i]) && i != main && !settled(made, i))
            others++, last = i;
    (void)last;
    alone = alone && !others && main != SIZE_MAX;
    dt_buf_init(&build.out, DT_PATTERN_MAX);
    if (alone && is_expression(made->conds[main])) {
        fine = put_expression(&build, made->conds[main], false);
    } else if (alone) {
        dt_buf_char(&build.out, '^');
        nocase = made->conds[main]->kind == DT_CADDY_PATH;
        fine = put_pattern(&build, made->conds[main], made->conds[main]->args[made->chosen[main]]);
    } else {
        dt_buf_char(&build.out, '^');
        fine = put_guards(&build, main) && (main == SIZE_MAX || put_tied(&build, main));
    }
    if (main != SIZE_MAX && is_expression(made->conds[main])) {
        made->groups = dt_apache_groups(made->conds[main]->args[0]);
        made->group = made->conds[main]->group;
        made->map_groups = made->row && made->conds[main] == made->conds[made->count - 1];
    }
    struct dt_slice text = dt_caddy_keep(made->caddy, &build.out);
    made->regex = true;
    if (!fine || made->never)
        return false;
    struct dt_slice at = dt_caddy_at(made->caddy, made->answer->at);
    return dt_source_regex(reader, at, dt_pattern_of_path(reader, text),
                           nocase ? DT_REGEX_NOCASE : 0, &made->rule);
}

/* ---- {raw_path} and {uri} ---- */

static bool exact_source(struct dt_caddy_rule *made, struct dt_slice raw)
{
    return dt_source_path(made->caddy->reader, raw, DT_SOURCE_LITERAL, &made->rule);
}

static bool plain_bytes(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!dt_is_word(text.ptr[i]) && !strchr("/-.~%", text.ptr[i]))
            return false;
    return true;
}

/* "^/a$", "^/a/?$" and "^/a(?:/(.*))?$" are plain sources. *ret: it is one. */
static bool raw_form(struct dt_caddy_rule *made, struct dt_slice text, bool uri, bool *ret)
{
    struct dt_reader *reader = made->caddy->reader;
    struct dt_slice rest = text, before;
    struct dt_buf out;
    bool nocase = dt_caddy_cut(&rest, "(?i)"), slash, folder, fine = true;
    *ret = false;
    if (!dt_caddy_cut(&rest, "^"))
        return true;
    const char *query = uri ? memmem(rest.ptr, rest.len, "\\?", 2) : NULL;
    before = dt_slice_of(rest.ptr, query ? (size_t)(query - rest.ptr) : rest.len);
    dt_buf_init(&out, DT_LIMIT_SOURCE);
    size_t len = dt_caddy_literal(before, &out);
    rest = dt_slice_from(rest, len);
    slash = dt_caddy_cut(&rest, "/?");
    folder = !slash && dt_caddy_cut(&rest, uri ? "(?:/([^?]*))?" : "(?:/(.*))?");
    struct dt_slice path = dt_caddy_keep(made->caddy, &out);
    if (!path.len && !folder)
        path = DT_S("/");
    bool known = uri ? dt_caddy_uri_form(made, rest) : dt_slice_eq(rest, DT_S("$"));
    if (!known || (folder && !plain_bytes(path)) || path.len == 0) {
        made->query.len = 0;
        made->only = false;
        return true;
    }
    made->nocase = nocase;
    made->slash = slash;
    *ret = true;
    bool captures = made->query.len && memmem(made->query.ptr, made->query.len, "=:", 2);
    made->folder = folder;
    made->groups = (folder ? 1u : 0u) + (captures ? 1u : 0u);
    made->map_groups = true;
    if (folder) {
        const struct dt_slice parts[] = {path, DT_S("/*")};
        struct dt_slice word = dt_pattern_join(reader, parts, 2);
        fine = dt_source_path(reader, word, DT_SOURCE_NATIVE, &made->rule);
    } else {
        fine = exact_source(made, path);
    }
    return fine;
}

/* An expression for path and query, as one for the URL. */
static bool url_source(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond)
{
    static const char *const schemes[] = {"^//", "^http://", "^https://"};
    struct dt_slice text = cond->args[0];
    struct dt_buf out;
    bool nocase = dt_caddy_cut(&text, "(?i)");
    if (!anchored(&text) || made->labels || dt_slice_starts(made->host, DT_S("*")) ||
        dt_slice_starts(made->host, DT_S(".")))
        return DT_CADDY_REFUSE(made->caddy, cond->at, "caddy-map",
                               "an expression for {uri} that does not begin with ^, or in a site "
                               "of many hosts");
    dt_buf_init(&out, DT_PATTERN_MAX);
    dt_buf_str(&out, schemes[made->scheme]);
    if (made->host.len)
        dt_pattern_literal(&out, made->host, false);
    else
        dt_buf_str(&out, "[^/?]*");
    if (made->port && !(made->scheme && (made->port == 80 || made->port == 443)))
        dt_buf_printf(&out, ":%u", made->port);
    else
        dt_buf_str(&out, "(?::[0-9]+)?");
    dt_buf_put(&out, text);
    made->groups = dt_apache_groups(text);
    made->map_groups = true;
    made->regex = true;
    struct dt_slice regex = dt_caddy_keep(made->caddy, &out);
    made->rule.host = DT_SLICE_NONE;
    made->rule.host_kind = DT_HOST_ANY;
    made->rule.port = 0;
    made->rule.scheme = DT_SCHEME_ANY;
    return dt_source_regex(made->caddy->reader, dt_caddy_at(made->caddy, cond->at), regex,
                           nocase ? DT_REGEX_NOCASE : 0, &made->rule);
}

/* ---- All of it ---- */

bool dt_caddy_path(struct dt_caddy_rule *made)
{
    struct dt_reader *reader = made->caddy->reader;
    const struct dt_caddy_cond *only = NULL;
    size_t left = 0;
    find_exact(made);
    for (size_t i = 0; i < made->count; i++) {
        if (!is_path(made->conds[i]) || settled(made, i))
            continue;
        bool all = made->conds[i]->kind == DT_CADDY_PATH && !made->conds[i]->negated &&
                   dt_slice_eq(made->conds[i]->args[made->chosen[i]], DT_S("*")) &&
                   !made->conds[i]->prefix.len;
        left += !all;
        only = all ? only : made->conds[i];
    }
    if (made->never)
        return false;
    if (made->exact && !left) {
        struct dt_buf raw;
        dt_buf_init(&raw, DT_LIMIT_SOURCE);
        dt_pattern_encode(&raw, made->path);
        struct dt_slice text = dt_caddy_keep(made->caddy, &raw);
        return exact_source(made, text);
    }
    made->exact = false;
    made->nocase = false;
    bool uri = only && left == 1 && !made->rest && !made->split && !only->negated &&
               (only->kind == DT_CADDY_URI_MAP || only->kind == DT_CADDY_EXACT_URI);
    if (uri && only->kind == DT_CADDY_EXACT_URI) {
        struct dt_slice text = only->args[0];
        const char *query = text.len ? memchr(text.ptr, '?', text.len) : NULL;
        if (query)
            dt_buf_put(&made->query,
                       dt_slice_of(query + 1, (size_t)(text.ptr + text.len - query - 1)));
        made->only = true;
        return exact_source(made,
                            dt_slice_of(text.ptr, query ? (size_t)(query - text.ptr) : text.len));
    }
    bool known = false;
    if (left == 1 && !only->negated && !only->prefix.len && !made->rest && !made->split &&
        (uri || only->kind == DT_CADDY_RAW_MAP)) {
        if (!raw_form(made, only->args[0], uri, &known))
            return false;
        if (known)
            made->group = only->group;
    }
    if (known)
        return true;
    if (uri)
        return url_source(made, only);
    for (size_t i = 0; i < made->count; i++)
        if (made->conds[i]->kind == DT_CADDY_URI_MAP || made->conds[i]->kind == DT_CADDY_EXACT_URI)
            return DT_CADDY_REFUSE(made->caddy, made->conds[i]->at, "caddy-map",
                                   "{uri} beside other conditions on the path");
    if (!left && !made->rest && !made->split)
        return dt_pattern_all(reader, DT_S("_"), &made->rule);
    return regex_source(made);
}
