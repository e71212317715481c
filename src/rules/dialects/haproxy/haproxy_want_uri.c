/* SPDX-License-Identifier: MIT
 *
 * Tests of the path, the query, and of both together with the host, as a rule's source.
 */
#include "rules/dialects/haproxy/haproxy_want.h"

#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"

/* ---- Paths ---- */

static enum dt_haproxy_outcome add_regex(struct dt_haproxy_asked *asked, struct dt_slice text,
                                         bool nocase)
{
    struct dt_haproxy_wants *wants = asked->wants;
    if (wants->regex_count == DT_HAPROXY_REGEXES)
        return dt_haproxy_asked_refuse(asked, "more expressions than one rule can ask");
    wants->regexes[wants->regex_count++] =
        (struct dt_haproxy_regex){text, nocase, asked->test->negated};
    return DT_HAPROXY_FINE;
}

/* A piece of a path as an expression. */
static enum dt_haproxy_outcome piece(struct dt_haproxy_asked *asked, const char *before,
                                     struct dt_slice text, const char *after, bool nocase)
{
    struct dt_slice regex;
    struct dt_buf buf;
    dt_buf_init(&buf, DT_PATTERN_MAX);
    dt_buf_str(&buf, before);
    dt_pattern_literal(&buf, text, true);
    dt_buf_str(&buf, after);
    return dt_haproxy_keep(asked->haproxy, &buf, &regex) ? add_regex(asked, regex, nocase)
                                                         : DT_HAPROXY_ERROR;
}

static bool simple(struct dt_slice path)
{
    for (size_t i = 0; i < path.len; i++)
        if (strchr(",\"\\* ", path.ptr[i]))
            return false;
    return dt_slice_starts(path, DT_S("/"));
}

/* "!{ path /a }" is except=/a. */
static enum dt_haproxy_outcome except(struct dt_haproxy_asked *asked, struct dt_slice path,
                                      bool folder)
{
    struct dt_buf buf;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    dt_buf_str(&buf, "except=");
    dt_buf_put(&buf, path);
    dt_buf_str(&buf, folder ? "*" : "");
    return dt_haproxy_asked_option(asked, &buf);
}

static enum dt_haproxy_outcome path_text(struct dt_haproxy_asked *asked, struct dt_slice text,
                                         uint8_t how, bool nocase)
{
    struct dt_haproxy_wants *wants = asked->wants;
    const struct dt_haproxy_value *value = &asked->test->value;
    bool negated = asked->test->negated, one = !wants->exact.ptr && !wants->folder.ptr;
    bool folder =
        how == DT_HAPROXY_BEG && value->folder && text.len > 1 && text.ptr[text.len - 1] == '/';
    if (negated && !nocase && !value->noslash && simple(text) && asked->test->count == 1 &&
        (folder || how == DT_HAPROXY_STR))
        return except(asked, text, folder);
    if (folder && !negated && one && text.ptr[0] == '/') {
        wants->folder = dt_slice_of(text.ptr, text.len - 1);
        wants->nocase = nocase;
        return DT_HAPROXY_FINE;
    }
    if (how == DT_HAPROXY_STR && !negated && one && (text.len || value->noslash)) {
        if (text.len && text.ptr[0] != '/')
            return DT_HAPROXY_NEVER;
        wants->exact = text.len ? text : DT_S("/");
        wants->nocase = nocase;
        wants->noslash = value->noslash;
        return DT_HAPROXY_FINE;
    }
    if (how == DT_HAPROXY_BEG && !negated && dt_slice_eq(text, DT_S("/")))
        return DT_HAPROXY_FINE;
    switch ((enum dt_haproxy_how)how) {
    case DT_HAPROXY_STR:
        return piece(asked, "^", text, value->noslash ? "/?$" : "$", nocase);
    case DT_HAPROXY_BEG:
        return piece(asked, "^", text, "", nocase);
    case DT_HAPROXY_END:
        return piece(asked, "", text, "$", nocase);
    case DT_HAPROXY_SUB:
        return piece(asked, "", text, "", nocase);
    case DT_HAPROXY_DIR:
        while (text.len && text.ptr[0] == '/')
            text = dt_slice_from(text, 1);
        while (text.len && text.ptr[text.len - 1] == '/')
            text.len--;
        return piece(asked, "/", text, "(?:/|$)", nocase);
    case DT_HAPROXY_REG:
    case DT_HAPROXY_REGM:
        return add_regex(asked, text, nocase);
    case DT_HAPROXY_DOM:
    case DT_HAPROXY_FOUND:
    case DT_HAPROXY_NUMBER:
    case DT_HAPROXY_ADDRESS:
    case DT_HAPROXY_YES:
        break;
    }
    return dt_haproxy_asked_refuse(asked, "a way of matching that paths do not have");
}

enum dt_haproxy_outcome dt_haproxy_want_path(struct dt_haproxy_asked *asked)
{
    const struct dt_haproxy_test *test = asked->test;
    bool nocase = test->nocase || test->value.lower;
    if (test->how == DT_HAPROXY_FOUND)
        return test->negated ? DT_HAPROXY_NEVER : DT_HAPROXY_FINE;
    if (!test->negated)
        return path_text(asked, asked->pattern, test->how, nocase);
    if (test->count > 1) { /* none of them */
        struct dt_haproxy_test one = *test;
        struct dt_haproxy_asked each = *asked;
        each.test = &one;
        one.count = 1;
        for (uint32_t i = 0; i < test->count; i++) {
            one.patterns = test->patterns + i;
            enum dt_haproxy_outcome result = path_text(&each, test->patterns[i], test->how, nocase);
            if (result != DT_HAPROXY_FINE)
                return result;
        }
        return DT_HAPROXY_FINE;
    }
    return path_text(asked, asked->pattern, test->how, nocase);
}

/* ---- Queries ---- */

static enum dt_haproxy_outcome add_param(struct dt_haproxy_asked *asked, struct dt_slice param)
{
    struct dt_haproxy_wants *wants = asked->wants;
    if (wants->param_count == DT_HAPROXY_PARAMS)
        return dt_haproxy_asked_refuse(asked, "more parameters than can be asked for here");
    wants->params[wants->param_count++] = param;
    return DT_HAPROXY_FINE;
}

static enum dt_haproxy_outcome whole_query(struct dt_haproxy_asked *asked, struct dt_slice query)
{
    asked->wants->whole_query = true;
    while (query.len) {
        const char *amp = memchr(query.ptr, '&', query.len);
        struct dt_slice one = dt_slice_of(query.ptr, amp ? (size_t)(amp - query.ptr) : query.len);
        query = dt_slice_from(query, one.len + 1);
        const struct dt_slice parts[] = {
            one, one.len && memchr(one.ptr, '=', one.len) ? DT_SLICE_NONE : DT_S("=")};
        struct dt_slice param = dt_pattern_join(asked->haproxy->reader, parts, 2);
        if (one.len && add_param(asked, param) != DT_HAPROXY_FINE)
            return DT_HAPROXY_ERROR;
    }
    return DT_HAPROXY_FINE;
}

/* The parameter in "(^|&)name=value(&|$)", whose bytes are escaped for the expression. */
static enum dt_haproxy_outcome query_regex(struct dt_haproxy_asked *asked)
{
    struct dt_slice regex = asked->pattern, begin = DT_S("(^|&)"), end = DT_S("(&|$)");
    struct dt_slice any = DT_S("(?:=[^&]*)?"), text;
    struct dt_buf buf;
    bool negated = asked->test->negated;
    if (negated &&
        dt_slice_eq(dt_slice_from(regex, regex.len < 4 ? 0 : regex.len - 4), DT_S("[^&]")) &&
        (regex.len == 4 || dt_slice_starts(regex, DT_S("(^|&)(?!(?:")))) {
        asked->wants->whole_query = true;
        return DT_HAPROXY_FINE;
    }
    if (negated || regex.len <= begin.len + end.len || !dt_slice_starts(regex, begin) ||
        !dt_slice_eq(dt_slice_from(regex, regex.len - end.len), end))
        return dt_haproxy_asked_refuse(asked,
                                       "a query can be asked for whole parameters: url_param, or "
                                       "(^|&)name=value(&|$)");
    regex = dt_slice_of(regex.ptr + begin.len, regex.len - begin.len - end.len);
    bool open = regex.len > any.len && dt_slice_eq(dt_slice_from(regex, regex.len - any.len), any);
    if (open)
        regex.len -= any.len;
    bool maybe =
        !open && regex.len > 2 && dt_slice_eq(dt_slice_from(regex, regex.len - 2), DT_S("=?"));
    regex.len -= maybe;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    for (size_t i = 0; i < regex.len; i++) {
        char c = regex.ptr[i];
        if (c == '\\' && i + 1 < regex.len && !dt_is_word(regex.ptr[i + 1])) {
            c = regex.ptr[++i];
        } else if (strchr("\\^$.|?*+()[]{}", c)) {
            dt_buf_release(&buf);
            return dt_haproxy_asked_refuse(asked, "an expression for a parameter's value");
        }
        dt_buf_char(&buf, c);
    }
    return dt_haproxy_keep(asked->haproxy, &buf, &text) ? add_param(asked, text) : DT_HAPROXY_ERROR;
}

enum dt_haproxy_outcome dt_haproxy_want_param(struct dt_haproxy_asked *asked)
{
    const struct dt_haproxy_test *test = asked->test;
    const struct dt_slice parts[] = {test->value.name, DT_S("="), asked->pattern};
    if (test->negated || (test->how != DT_HAPROXY_STR && test->how != DT_HAPROXY_FOUND) ||
        test->nocase || !test->value.name.len)
        return dt_haproxy_asked_refuse(
            asked, "a parameter can be asked for its whole value, or whether it is there");
    return add_param(asked, test->how == DT_HAPROXY_FOUND
                                ? test->value.name
                                : dt_pattern_join(asked->haproxy->reader, parts, 3));
}

/* ---- Several of them at once ---- */

/* "path?query", or "path" alone: the query must be so, too. */
enum dt_haproxy_outcome dt_haproxy_want_path_and_query(struct dt_haproxy_asked *asked,
                                                       struct dt_slice text)
{
    const struct dt_haproxy_test *test = asked->test;
    const char *mark = text.len ? memchr(text.ptr, '?', text.len) : NULL;
    struct dt_slice front = dt_slice_of(text.ptr, mark ? (size_t)(mark - text.ptr) : text.len);
    bool nocase = test->nocase || test->value.lower;
    if (test->negated)
        return dt_haproxy_asked_refuse(asked, "a path with its query cannot be asked not to be so");
    if (test->how == DT_HAPROXY_BEG && !mark)
        return path_text(asked, front, DT_HAPROXY_BEG, nocase);
    if (test->how != DT_HAPROXY_STR)
        return dt_haproxy_asked_refuse(
            asked, "a path with its query can be compared as a whole only: ask path");
    enum dt_haproxy_outcome result = path_text(asked, front, DT_HAPROXY_STR, nocase);
    return result == DT_HAPROXY_FINE ? whole_query(asked, dt_slice_from(text, front.len + 1))
                                     : result;
}

enum dt_haproxy_outcome dt_haproxy_want_base(struct dt_haproxy_asked *asked)
{
    const struct dt_haproxy_test *test = asked->test;
    struct dt_slice text = asked->pattern;
    const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    if (test->negated || (test->how != DT_HAPROXY_STR && test->how != DT_HAPROXY_BEG) || !text.len)
        return dt_haproxy_asked_refuse(asked,
                                       "host and path together can be compared with texts only");
    if (!slash && test->how == DT_HAPROXY_BEG)
        return dt_haproxy_asked_refuse(asked, "the beginning of a host");
    if (!slash && !test->value.noslash)
        return DT_HAPROXY_NEVER;
    struct dt_slice name = slash ? dt_slice_of(text.ptr, (size_t)(slash - text.ptr)) : text;
    enum dt_haproxy_outcome result = dt_haproxy_asked_host(asked, "", name);
    if (result != DT_HAPROXY_FINE)
        return result;
    text = dt_slice_from(text, name.len);
    if (test->value.subject == DT_HAPROXY_IS_BASEQ)
        return dt_haproxy_want_path_and_query(asked, text);
    return path_text(asked, text, test->how, test->nocase || test->value.lower);
}

enum dt_haproxy_outcome dt_haproxy_want_url(struct dt_haproxy_asked *asked)
{
    struct dt_haproxy_wants *wants = asked->wants;
    if (asked->test->negated || asked->test->how != DT_HAPROXY_REG || wants->url.len)
        return dt_haproxy_asked_refuse(asked, "a URL is asked by one expression");
    wants->url = asked->pattern;
    wants->url_nocase = asked->test->nocase;
    return DT_HAPROXY_FINE;
}

enum dt_haproxy_outcome dt_haproxy_want_query(struct dt_haproxy_asked *asked)
{
    const struct dt_haproxy_test *test = asked->test;
    if (test->how == DT_HAPROXY_REG)
        return query_regex(asked);
    if (test->how == DT_HAPROXY_STR && !test->negated)
        return whole_query(asked, asked->pattern);
    return dt_haproxy_asked_refuse(asked, "a query can be asked for whole parameters: url_param");
}
