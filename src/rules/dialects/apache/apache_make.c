/* SPDX-License-Identifier: MIT
 *
 * From a RewriteRule and what its conditions want to a rule. Whatever is for every path is the
 * native slash and star; a pattern is an expression for the path, with what conditions say of the
 * path in front; and when the groups of a condition are asked for, one for the whole URL:
 *
 *   ^//www\.([^/:?]*)(?::[0-9]+)?/([^?]*)
 */
#include "rules/dialects/apache/apache_make.h"

#include "rules/dialects/apache/apache_target.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"
#include "rules/read/target.h"
#include "rules/read/target_refuse.h"
#include "rules/regex/regex.h"

struct make {
    struct dt_apache *apache;
    const struct dt_apache_rewrite *rewrite;
    const struct dt_apache_wants *wants;
    struct dt_slice pattern; /* the rule's, or one that means the same */
    struct dt_apache_captures captures;
    struct dt_rule rule;
};

static bool refuse(struct make *make, const char *why)
{
    return DT_REFUSE(make->apache->reader, make->rewrite->pattern, "apache-condition", "%s", why);
}

/* ---- Sources ---- */

/* Does a pattern ask for what a group of it matched? */
static bool refers_back(struct dt_slice pattern)
{
    for (size_t at = 0; at + 1 < pattern.len; at++) {
        if (pattern.ptr[at] != '\\')
            continue;
        at++;
        if ((dt_is_digit(pattern.ptr[at]) && pattern.ptr[at] != '0') || pattern.ptr[at] == 'g' ||
            pattern.ptr[at] == 'k')
            return true;
    }
    return false;
}

/* An expression for the path. */
static bool path_source(struct make *make)
{
    const struct dt_apache_rewrite *rewrite = make->rewrite;
    const struct dt_apache_wants *wants = make->wants;
    struct dt_reader *reader = make->apache->reader;
    struct dt_slice regex;
    struct dt_buf buf;
    unsigned form = (make->apache->directory ? DT_APACHE_DIRECTORY : 0u) |
                    (rewrite->negated ? DT_APACHE_NEGATED : 0u);
    if (make->apache->directory && !rewrite->negated && dt_apache_asks_all(rewrite->target)) {
        form |= DT_APACHE_GROUPED;
        make->captures.path_first = 1;
        if (refers_back(rewrite->pattern))
            return refuse(make, "$0 of a pattern that refers to its own groups");
    }
    bool looks = wants->path_count > 0;
    dt_buf_init(&buf, DT_PATTERN_MAX);
    dt_buf_str(&buf, looks ? "^" : "");
    for (unsigned i = 0; i < wants->path_count; i++)
        dt_buf_put(&buf, wants->paths[i]);
    dt_buf_str(&buf, !looks ? "" : rewrite->nocase ? ".*?(?i:" : ".*?(?:");
    bool fine = dt_apache_regex(make->apache, make->pattern, form, &buf);
    dt_buf_str(&buf, looks ? ")" : "");
    fine &= dt_apache_keep(make->apache, &buf, rewrite->pattern, &regex);
    make->captures.path_groups = rewrite->negated ? 0 : dt_apache_groups(rewrite->pattern);
    return fine && dt_source_regex(reader, rewrite->pattern, dt_pattern_of_path(reader, regex),
                                   !looks && rewrite->nocase ? DT_REGEX_NOCASE : 0, &make->rule);
}

static void put_url_host(struct make *make, struct dt_buf *buf)
{
    const struct dt_apache_wants *wants = make->wants;
    char quoted[2 * 255];
    size_t len = 0;
    if (wants->url_host.len)
        dt_buf_put(buf, wants->url_host);
    else if (wants->host.len > 255 || !dt_regex_quote(wants->host, quoted, sizeof quoted, &len))
        dt_buf_str(buf, "(?!)");
    else if (len)
        dt_buf_put(buf, dt_slice_of(quoted, len));
    else
        dt_buf_str(buf, "[^/:?]*");
    dt_buf_str(buf, "(?::[0-9]+)?");
}

/* The path without its anchors, then what has to follow it. */
static void put_url_path(struct make *make, struct dt_buf *buf, struct dt_slice path)
{
    bool ends = path.len > 1 && path.ptr[path.len - 1] == '$' && path.ptr[path.len - 2] != '\\';
    path.len -= ends;
    dt_buf_put(buf, dt_slice_from(path, 1));
    dt_buf_str(buf, ends ? "" : "[^?]*");
    if (make->wants->url_query.len) {
        dt_buf_str(buf, "\\?");
        dt_buf_put(buf, make->wants->url_query);
        dt_buf_char(buf, '$');
    } else {
        dt_buf_str(buf, "(?:\\?|$)");
    }
}

/* An expression for the URL: a host and a query may be asked for besides, by their groups. */
static bool url_source(struct make *make)
{
    static const char *const schemes[] = {"^//", "^http://", "^https://"};
    const struct dt_apache_rewrite *rewrite = make->rewrite;
    const struct dt_apache_wants *wants = make->wants;
    struct dt_apache *apache = make->apache;
    struct dt_slice path, regex;
    struct dt_buf buf;
    if (rewrite->negated || wants->path_count || wants->port || wants->has_query ||
        wants->param_count || wants->only || dt_slice_starts(wants->host, DT_S("*")) ||
        (wants->url_host.len && wants->url_query.len) || apache->scope == &apache->vhost ||
        apache->reader->host.kind != DT_HOST_ANY)
        return refuse(make, "a condition that needs the whole URL, beside others that cannot "
                            "be said of one");
    dt_buf_init(&buf, DT_PATTERN_MAX);
    bool fine =
        dt_apache_regex(apache, rewrite->pattern,
                        DT_APACHE_IN_URL | (apache->directory ? DT_APACHE_DIRECTORY : 0u), &buf);
    fine &= dt_apache_keep(apache, &buf, rewrite->pattern, &path);
    if (!fine)
        return false;
    dt_buf_init(&buf, DT_PATTERN_MAX);
    dt_buf_str(&buf, schemes[wants->scheme]);
    put_url_host(make, &buf);
    put_url_path(make, &buf, path);
    make->captures.path_groups = dt_apache_groups(rewrite->pattern);
    make->captures.cond_known = true;
    if (wants->url_host.len && refers_back(rewrite->pattern))
        return refuse(make, "groups of the host beside a pattern that refers to its own");
    if (wants->url_host.len)
        make->captures.path_first = rewrite->cond_groups;
    else
        make->captures.cond_first = make->captures.path_groups;
    return dt_apache_keep(apache, &buf, rewrite->pattern, &regex) &&
           dt_source_regex(apache->reader, rewrite->pattern, regex,
                           rewrite->nocase ? DT_REGEX_NOCASE : 0, &make->rule);
}

/* Those that must be there, of any value when none is written. */
static bool parameters(struct make *make)
{
    const struct dt_apache_wants *wants = make->wants;
    struct dt_slice text;
    struct dt_buf buf;
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    for (unsigned i = 0; i < wants->param_count; i++) {
        dt_buf_str(&buf, i ? "&" : "");
        dt_buf_put(&buf, wants->params[i]);
    }
    return dt_apache_keep(make->apache, &buf, make->rewrite->pattern, &text) &&
           dt_source_query(make->apache->reader, text, DT_SOURCE_ANY, &make->rule);
}

/* Host, port and scheme, which the path does not say. */
static bool surroundings(struct make *make)
{
    const struct dt_apache_wants *wants = make->wants;
    struct dt_reader *reader = make->apache->reader;
    struct dt_host_pattern pattern;
    if (wants->host.len) {
        if (reader->host.labels)
            return refuse(make, "a condition for the host, below an @host with names");
        if (!dt_source_host(reader, wants->host, &pattern))
            return false;
        make->rule.host = pattern.host;
        make->rule.host_kind = pattern.kind;
    }
    if (wants->scheme)
        make->rule.scheme = (uint8_t)wants->scheme;
    if (wants->port)
        make->rule.port = (uint16_t)wants->port;
    if (wants->has_query || wants->only)
        make->rule.flags |= DT_RULE_EXACT_QUERY;
    if (wants->has_query && wants->query.len &&
        !dt_source_query(reader, wants->query, 0, &make->rule))
        return false;
    if (wants->param_count && !wants->has_query)
        return parameters(make);
    return true;
}

/* A page of a map. */
static bool page_source(struct make *make)
{
    const struct dt_apache_page *page = make->rewrite->page;
    const struct dt_apache_wants *wants = make->wants;
    struct dt_reader *reader = make->apache->reader;
    struct dt_host_pattern pattern;
    struct dt_slice path;
    struct dt_buf buf;
    if (wants->path_count || wants->url_host.len || wants->url_query.len ||
        (page->host.len && wants->host.len) || (page->has_query && wants->has_query) ||
        wants->param_count || wants->only)
        return refuse(make, "a condition beside a map that asks for the same");
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    for (size_t at = 0; at < page->path.len; at++)
        if (page->path.ptr[at] != '/' || at == 0 || page->path.ptr[at - 1] != '/')
            dt_pattern_encode(&buf, dt_slice_of(page->path.ptr + at, 1));
    if (!dt_apache_keep(make->apache, &buf, reader->text, &path) ||
        !dt_source_path(reader, path, DT_SOURCE_LITERAL, &make->rule))
        return false;
    if (page->host.len) {
        if (!dt_source_host(reader, page->host, &pattern))
            return false;
        make->rule.host = pattern.host;
        make->rule.host_kind = pattern.kind;
    }
    if (page->has_query) {
        make->rule.flags |= DT_RULE_EXACT_QUERY;
        if (page->query.len && !dt_source_query(reader, page->query, 0, &make->rule))
            return false;
    }
    make->rule.flags |= (uint8_t)((page->nocase ? DT_RULE_IGNORE_CASE : 0) |
                                  (page->noslash ? DT_RULE_IGNORE_SLASH : 0));
    return true;
}

static bool source(struct make *make)
{
    const struct dt_apache_wants *wants = make->wants;
    struct dt_reader *reader = make->apache->reader;
    if (!dt_pattern_begin(reader, &make->rule))
        return false;
    if (make->rewrite->page)
        return page_source(make) && surroundings(make);
    if (wants->url_host.len || wants->url_query.len)
        return url_source(make);
    bool fine = make->captures.all != DT_APACHE_NOT_ALL
                    ? dt_pattern_all(reader, DT_S(DT_APACHE_REST), &make->rule)
                    : path_source(make);
    return fine && surroundings(make);
}

/* ---- Target and the rest ---- */

/* What a row of a map says: nothing in it stands for anything else. */
static bool page_target(struct make *make)
{
    const struct dt_apache_rewrite *rewrite = make->rewrite;
    struct dt_reader *reader = make->apache->reader;
    struct dt_slice target = rewrite->target, text;
    const char *mark = memchr(target.ptr, '?', target.len);
    size_t path = mark ? (size_t)(mark - target.ptr) : target.len;
    struct dt_buf buf;
    if (target.ptr[0] != '/' && !dt_target_has_scheme(target))
        return DT_REFUSE(reader, target, "target-relative", "begin it with /");
    dt_buf_init(&buf, 2 * DT_LIMIT_TARGET);
    dt_apache_put(&buf, dt_slice_of(target.ptr, path), !rewrite->raw);
    dt_apache_put(&buf, dt_slice_from(target, path), false);
    return dt_apache_keep(make->apache, &buf, target, &text) &&
           dt_target_read(reader, text, DT_TARGET_NATIVE, &make->rule);
}

/* *ret_nothing: it is no target, and the rule is none. */
static bool target(struct make *make, bool *ret_nothing)
{
    const struct dt_apache_rewrite *rewrite = make->rewrite;
    struct dt_reader *reader = make->apache->reader;
    struct dt_slice base = make->apache->scope->base, text;
    struct dt_buf buf;
    *ret_nothing = false;
    if (rewrite->target.len == 0)
        return true;
    if (rewrite->page)
        return page_target(make);
    bool relative = rewrite->target.ptr[0] != '/' && !dt_scan_http(rewrite->target) &&
                    !make->captures.lead && make->captures.all != DT_APACHE_ALL_PATH;
    if (relative)
        relative = !dt_target_has_scheme(rewrite->target);
    if (relative && (!make->apache->directory || base.len == 0))
        return DT_REFUSE(reader, rewrite->target, "target-relative",
                         make->apache->directory
                             ? "without a RewriteBase before it, Apache puts the folder's place on "
                               "its disk in front: begin it with /"
                             : "begin it with /");
    dt_buf_init(&buf, 2 * DT_LIMIT_TARGET);
    if (relative) {
        dt_apache_put(&buf, base, !rewrite->raw);
        dt_buf_str(&buf, base.ptr[base.len - 1] == '/' ? "" : "/");
    }
    bool fine =
        dt_apache_substitution(make->apache, rewrite->target, rewrite->raw, &make->captures, &buf);
    fine &= dt_apache_keep(make->apache, &buf, rewrite->target, &text);
    if (!fine)
        return false;
    *ret_nothing = dt_apache_is_nothing(text, &make->captures);
    if (*ret_nothing)
        return true;
    if (dt_slice_eq(text, rewrite->target))
        text = rewrite->target;
    if (make->wants->url_host.len)
        make->rule.flags |= DT_RULE_OPEN;
    return dt_target_read(reader, text, DT_TARGET_NATIVE, &make->rule);
}

/* The conditions, as options that the native language reads. */
static bool conditions(struct make *make, struct dt_options *options)
{
    const struct dt_apache_wants *wants = make->wants;
    struct dt_reader *reader = make->apache->reader;
    struct dt_slice text;
    struct dt_buf buf;
    if (wants->option_count == 0)
        return true;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    for (unsigned i = 0; i < wants->option_count; i++) {
        dt_buf_put(&buf, wants->options[i]);
        dt_buf_char(&buf, ' ');
    }
    return dt_apache_keep(make->apache, &buf, make->rewrite->pattern, &text) &&
           dt_options_parse(reader, text, options) &&
           dt_ruleset_intern_conditions(reader->set, &options->conditions, &make->rule.conditions);
}

static bool make_rule(struct make *make, struct dt_slice pattern)
{
    struct dt_apache *apache = make->apache;
    struct dt_reader *reader = apache->reader;
    struct dt_options options = dt_options_standard();
    make->pattern = pattern;
    make->rule = (struct dt_rule){.file = reader->file, .line = reader->line};
    if (make->rewrite->page) {
        make->rule.file = make->rewrite->page->file;
        make->rule.line = make->rewrite->page->line;
    }
    options.action.status = make->rewrite->status;
    options.action.query = make->rewrite->query;
    bool nothing;
    if (!source(make) || !target(make, &nothing))
        return false;
    if (nothing)
        return true;
    return conditions(make, &options) &&
           dt_ruleset_intern_action(reader->set, &options.action, &make->rule.action) &&
           dt_source_fold(reader, &make->rule, make->rule.flags) &&
           dt_apache_wait(apache, &apache->scope->rewrites, &make->rule);
}

/* Is the source for every path, and can the target have what is captured of it? */
static enum dt_apache_all for_all(const struct make *make)
{
    const struct dt_apache_rewrite *rewrite = make->rewrite;
    enum dt_apache_all all = dt_apache_all(rewrite->pattern, make->apache->directory);
    bool url = make->wants->url_host.len || make->wants->url_query.len;
    bool fits = !rewrite->negated && !make->wants->path_count && !url &&
                dt_apache_fits_all(rewrite->target, all);
    return fits ? all : DT_APACHE_NOT_ALL;
}

bool dt_apache_make(struct dt_apache *apache, const struct dt_apache_rewrite *rewrite,
                    const struct dt_apache_wants *wants)
{
    struct make make = {.apache = apache, .rewrite = rewrite, .wants = wants};
    struct dt_slice patterns[2] = {rewrite->pattern, DT_SLICE_NONE};
    unsigned count = 1, edge;
    bool url = wants->url_host.len || wants->url_query.len;
    make.captures.cond_groups = rewrite->cond_groups;
    if (rewrite->page)
        return make_rule(&make, rewrite->pattern);
    make.captures.all = for_all(&make);
    if (!apache->directory && !url && !rewrite->negated && make.captures.all == DT_APACHE_NOT_ALL &&
        dt_apache_edge(rewrite->target, &edge))
        count = dt_apache_leads(apache, rewrite->pattern, rewrite->target, edge, patterns,
                                &make.captures);
    if (count == 0 || !make_rule(&make, patterns[0]))
        return false;
    make.captures.lead_empty = true;
    return count == 1 || make_rule(&make, patterns[1]);
}
