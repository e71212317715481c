/* SPDX-License-Identifier: MIT
 *
 * From what is wanted to a rule. One exact path, every path, or one expression are said as they
 * are; several expressions become one, each but the last as something to look ahead to. Where the
 * host or the query is asked by an expression too, it is one for the whole URL.
 */
#include "rules/dialects/nginx/nginx.h"

#include "rules/dialects/apache/apache_regex.h"
#include "rules/dialects/apache/apache_target.h"
#include "rules/dialects/pattern.h"
#include "rules/dialects/pattern_lead.h"
#include "rules/read/native_scan.h"
#include "rules/read/target.h"
#include "rules/regex/regex.h"

struct make {
    struct dt_nginx *nginx;
    const struct dt_nginx_want *want;
    const struct dt_nginx_answer *answer;
    struct dt_rule rule;
    struct dt_options options;
    enum dt_apache_all all; /* every path is meant, and $1 is of it */
    unsigned first;         /* $N is group first + N */
    unsigned groups;
    bool lead, lead_empty; /* the slash that $1 begins with stands in front of it */
    struct dt_slice lead_regex;
};

static bool refuse(struct make *make, const char *name, const char *why)
{
    return DT_NGINX_REFUSE(make->nginx->reader, make->answer->word, name, "%s", why);
}

/* ---- Targets ---- */

/* How the target ends decides what becomes of the query. */
static void put_part(struct make *make, const struct dt_nginx_part *part, struct dt_buf *out)
{
    switch (part->kind) {
    case DT_NGINX_TEXT:
        dt_apache_put(out, part->text, false);
        break;
    case DT_NGINX_URI:
    case DT_NGINX_PATH:
    case DT_NGINX_LOWER:
    case DT_NGINX_REQUEST_URI:
        dt_buf_str(out, "{path}");
        break;
    case DT_NGINX_ARGS:
        dt_buf_str(out, "{query}");
        break;
    case DT_NGINX_HOST:
    case DT_NGINX_HTTP_HOST:
        dt_buf_str(out, "{host}");
        break;
    case DT_NGINX_SCHEME:
        dt_buf_str(out, "{scheme}");
        break;
    case DT_NGINX_PORT:
        dt_buf_str(out, "{port}");
        break;
    case DT_NGINX_GROUP:
        if (part->number == 1 && make->all == DT_APACHE_ALL_PATH)
            dt_buf_str(out, "{path}");
        else if (part->number == 1 && make->all == DT_APACHE_ALL_REST)
            dt_buf_str(out, ":" DT_APACHE_REST);
        else if (make->all == DT_APACHE_NOT_ALL && part->number <= make->groups &&
                 !(part->number == 1 && make->lead && make->lead_empty))
            dt_buf_printf(out, "%s${%u}", part->number == 1 && make->lead ? "/" : "",
                          part->number ? make->first + part->number : 0);
        break;
    case DT_NGINX_NAME:
        dt_buf_printf(out, "${%.*s}", DT_SLICE_FMT(part->text));
        break;
    case DT_NGINX_IS_ARGS:
    case DT_NGINX_SERVER_NAME:
    case DT_NGINX_HTTPS:
    case DT_NGINX_METHOD:
    case DT_NGINX_HEADER:
    case DT_NGINX_COOKIE:
    case DT_NGINX_ARG:
    case DT_NGINX_ADDRESS:
    case DT_NGINX_TABLE:
    case DT_NGINX_BARE:
    case DT_NGINX_REST_ARGS:
    case DT_NGINX_KEEP_ARGS:
    case DT_NGINX_LEFT_ARGS:
        break; /* see sends() */
    }
}

static bool sends(enum dt_nginx_kind kind)
{
    return kind == DT_NGINX_TEXT || kind == DT_NGINX_URI || kind == DT_NGINX_PATH ||
           kind == DT_NGINX_LOWER || kind == DT_NGINX_REQUEST_URI || kind == DT_NGINX_ARGS ||
           kind == DT_NGINX_HOST || kind == DT_NGINX_HTTP_HOST || kind == DT_NGINX_SCHEME ||
           kind == DT_NGINX_PORT || kind == DT_NGINX_GROUP || kind == DT_NGINX_NAME;
}

/* Cuts what passes the query on off the end: "$is_args$args", "?$args", "&$args", or our own. */
static bool cut_end(struct make *make, struct dt_nginx_text *text)
{
    struct dt_action *action = &make->options.action;
    struct dt_nginx_part *last = text->count ? &text->list[text->count - 1] : NULL;
    struct dt_nginx_part *before = text->count > 1 ? &text->list[text->count - 2] : NULL;
    action->query = make->answer->append ? DT_QUERY_PASS : DT_QUERY_DROP;
    if (!last)
        return true;
    if (last->kind == DT_NGINX_REST_ARGS || last->kind == DT_NGINX_LEFT_ARGS ||
        last->kind == DT_NGINX_KEEP_ARGS) {
        action->query = last->kind == DT_NGINX_KEEP_ARGS ? DT_QUERY_KEEP : DT_QUERY_WITHOUT;
        action->names = last->text;
        text->count--;
    } else if (last->kind == DT_NGINX_REQUEST_URI) {
        action->query = DT_QUERY_PASS;
    } else if (last->kind == DT_NGINX_ARGS && before && before->kind == DT_NGINX_IS_ARGS) {
        action->query = DT_QUERY_PASS;
        text->count -= 2;
    } else if (last->kind == DT_NGINX_ARGS && before && before->kind == DT_NGINX_TEXT &&
               before->text.len && strchr("?&", before->text.ptr[before->text.len - 1])) {
        action->query = DT_QUERY_PASS;
        before->text.len--;
        text->count -= before->text.len ? 1u : 2u;
    } else if (last->kind == DT_NGINX_TEXT && last->text.len &&
               last->text.ptr[last->text.len - 1] == '?') {
        if (make->answer->append)
            action->query = DT_QUERY_DROP;
        last->text.len--;
        text->count -= last->text.len == 0;
    }
    return true;
}

/* The same before a fragment. */
static bool cut_query(struct make *make, struct dt_nginx_text *text)
{
    struct dt_nginx_part fragment = {0};
    bool has = text->count > 1 && text->list[text->count - 1].kind == DT_NGINX_TEXT &&
               dt_slice_starts(text->list[text->count - 1].text, DT_S("#"));
    if (has)
        fragment = text->list[--text->count];
    if (!cut_end(make, text))
        return false;
    if (has)
        text->list[text->count++] = fragment;
    for (unsigned i = 0; i < text->count; i++)
        if (!sends(text->list[i].kind) ||
            (text->list[i].kind == DT_NGINX_REQUEST_URI && i + 1 < text->count))
            return refuse(make, "nginx-variable", "a variable that no target can have there");
    return true;
}

/* Is a capture right behind the host, or the first of all? */
static bool at_edge(const struct dt_nginx_text *text)
{
    for (unsigned i = 0; i < text->count; i++) {
        const struct dt_nginx_part *part = &text->list[i];
        if (part->kind == DT_NGINX_GROUP)
            return part->number == 1;
        if (part->kind == DT_NGINX_TEXT) {
            size_t scheme = dt_scan_http(part->text);
            struct dt_slice rest = dt_slice_from(part->text, scheme);
            if (dt_slice_starts(rest, DT_S("://")))
                rest = dt_slice_from(rest, 3);
            if (rest.len && (memchr(rest.ptr, '/', rest.len) || memchr(rest.ptr, '?', rest.len)))
                return false;
        } else if (part->kind != DT_NGINX_HOST && part->kind != DT_NGINX_HTTP_HOST &&
                   part->kind != DT_NGINX_SCHEME) {
            return false;
        }
    }
    return false;
}

static bool target(struct make *make, struct dt_nginx_text *text)
{
    struct dt_reader *reader = make->nginx->reader;
    struct dt_slice word;
    struct dt_buf buf;
    dt_buf_init(&buf, 2 * DT_LIMIT_TARGET);
    for (unsigned i = 0; i < text->count; i++)
        put_part(make, &text->list[i], &buf);
    if (!dt_nginx_keep(make->nginx, &buf, &word))
        return false;
    if (word.len == 0)
        return make->lead_empty || refuse(make, "target-missing", "redirects to nowhere");
    struct dt_slice at = make->answer->target->word->raw;
    if (dt_slice_eq(word, at))
        word = at;
    dt_nginx_go_to(reader, make->answer->target->word);
    if (make->want->host_regex.len)
        make->rule.flags |= DT_RULE_OPEN;
    return dt_target_read(reader, word, DT_TARGET_NATIVE, &make->rule);
}

/* ---- Sources ---- */

/* What $1 of the last expression is, when expressions come together. */
static void put_paths(struct make *make, struct dt_buf *out, unsigned groups)
{
    const struct dt_nginx_want *want = make->want;
    for (unsigned turn = 0; turn < 3; turn++) {
        for (unsigned i = 0; i < want->path_count; i++) {
            const struct dt_nginx_path *p = &want->paths[i];
            bool last = (int)i == want->latest ||
                        (want->latest < 0 && i + 1 == want->path_count && !p->negated);
            unsigned when = p->negated ? 0 : last ? 2 : 1;
            if (when != turn)
                continue;
            if ((int)i == want->latest) {
                make->first = groups;
                make->groups = p->groups;
            }
            groups += p->groups;
            const char *open = turn == 0 ? "(?!.*?" : turn == 1 ? "(?=.*?" : ".*?";
            dt_buf_printf(out, "%s%s%.*s)%s", open,
                          p->nocase ? "(?i:" : "(?:", DT_SLICE_FMT(p->text), turn < 2 ? ")" : "");
        }
    }
}

static void put_exact(struct make *make, struct dt_buf *out)
{
    const struct dt_nginx_want *want = make->want;
    dt_buf_str(out, want->exact_nocase ? "(?i:" : "");
    dt_pattern_literal(out, want->exact, true);
    dt_buf_str(out, want->exact_bare ? "/?" : "");
    dt_buf_str(out, want->exact_nocase ? ")" : "");
}

static bool exact_source(struct make *make)
{
    const struct dt_nginx_want *want = make->want;
    struct dt_reader *reader = make->nginx->reader;
    if (!dt_source_path(reader, want->exact, DT_SOURCE_LITERAL, &make->rule))
        return false;
    if (want->exact_nocase)
        make->rule.flags |= DT_RULE_IGNORE_CASE;
    if (want->exact_bare)
        make->rule.flags |= DT_RULE_IGNORE_SLASH;
    return true;
}

static bool regex_source(struct make *make, struct dt_slice regex, bool nocase)
{
    struct dt_reader *reader = make->nginx->reader;
    return dt_source_regex(reader, make->answer->word->raw, dt_pattern_of_path(reader, regex),
                           nocase ? DT_REGEX_NOCASE : 0, &make->rule);
}

static bool path_source(struct make *make)
{
    const struct dt_nginx_want *want = make->want;
    struct dt_slice regex;
    struct dt_buf buf;
    if (want->exact.len && want->path_count == 0)
        return exact_source(make);
    if (make->lead)
        return regex_source(make, make->lead_regex, want->paths[0].nocase);
    if (make->all != DT_APACHE_NOT_ALL || (want->path_count == 0 && !want->exact.len))
        return dt_pattern_all(make->nginx->reader, DT_S(DT_APACHE_REST), &make->rule);
    if (want->path_count == 1 && !want->exact.len && !want->paths[0].negated) {
        make->groups = want->latest == 0 ? want->paths[0].groups : 0;
        return regex_source(make, want->paths[0].text, want->paths[0].nocase);
    }
    dt_buf_init(&buf, DT_PATTERN_MAX);
    dt_buf_char(&buf, '^');
    if (want->exact.len) {
        dt_buf_str(&buf, "(?=");
        put_exact(make, &buf);
        dt_buf_str(&buf, "$)");
    }
    put_paths(make, &buf, 0);
    return dt_nginx_keep(make->nginx, &buf, &regex) && regex_source(make, regex, false);
}

/* The path without its anchors, where a URL follows it; "." is any byte but "?". */
static bool put_url_path(struct make *make, struct dt_buf *out, unsigned groups)
{
    const struct dt_nginx_want *want = make->want;
    const struct dt_nginx_path *p = want->paths;
    struct dt_apache *apache = make->nginx->apache;
    if (want->exact.len && want->path_count == 0) {
        put_exact(make, out);
        return true;
    }
    if (want->exact.len || want->path_count > 1 || (want->path_count && p->negated))
        return refuse(make, "nginx-condition",
                      "a condition for the host or the query as an expression, beside several for "
                      "the path");
    if (want->path_count == 0) {
        dt_buf_str(out, "/[^?]*");
        return true;
    }
    if (dt_apache_choice(p->text))
        return refuse(make, "nginx-condition", "a choice that is not in brackets");
    struct dt_slice inner = p->text;
    bool begins = dt_slice_starts(inner, DT_S("^"));
    inner = dt_slice_from(inner, begins);
    bool ends = inner.len && inner.ptr[inner.len - 1] == '$' &&
                (inner.len < 2 || inner.ptr[inner.len - 2] != '\\');
    inner.len -= ends;
    dt_buf_str(out, begins ? "(?=/)" : "(?=/)[^?]*?");
    dt_buf_str(out, p->nocase ? "(?i:" : "(?:");
    bool fine = dt_apache_regex_part(apache, inner, "[^?]", out);
    dt_buf_str(out, ends ? ")" : ")[^?]*");
    if (want->latest == 0) {
        make->first = groups;
        make->groups = p->groups;
    }
    return fine;
}

static void put_url_host(struct make *make, struct dt_buf *out)
{
    const struct dt_nginx_want *want = make->want;
    if (want->host_regex.len) {
        dt_buf_put(out, want->host_regex);
    } else if (want->host_count == 0) {
        dt_buf_str(out, "[^/:?]*");
    } else {
        dt_buf_str(out, "(?:");
        for (unsigned i = 0; i < want->host_count; i++) {
            const struct dt_nginx_host *host = &want->hosts[i];
            dt_buf_str(out, i ? "|" : "");
            dt_buf_str(out, host->below ? "[^/:?]+\\." : "");
            struct dt_slice text = dt_slice_from(host->host, host->below ? 2 : 0);
            for (size_t at = 0; at < text.len; at++) {
                if (!dt_is_word(text.ptr[at]) && text.ptr[at] != '-')
                    dt_buf_char(out, '\\');
                dt_buf_char(out, dt_ascii_lower(text.ptr[at]));
            }
        }
        dt_buf_char(out, ')');
    }
    if (want->port)
        dt_buf_printf(out, ":%u", want->port);
    else
        dt_buf_str(out, "(?::[0-9]+)?");
}

/* An expression for the URL. */
static bool url_source(struct make *make)
{
    static const char *const schemes[] = {"^//", "^http://", "^https://"};
    const struct dt_nginx_want *want = make->want;
    struct dt_slice regex;
    struct dt_buf buf;
    dt_buf_init(&buf, DT_PATTERN_MAX);
    dt_buf_str(&buf, schemes[want->scheme]);
    put_url_host(make, &buf);
    if (want->latest == DT_NGINX_OF_HOST)
        make->groups = want->host_groups;
    if (!put_url_path(make, &buf, want->host_groups)) {
        dt_buf_release(&buf);
        return false;
    }
    if (want->latest == DT_NGINX_OF_QUERY) {
        make->first = want->host_groups + (want->path_count ? want->paths[0].groups : 0u);
        make->groups = want->query_groups;
    }
    if (want->query_regex.len)
        dt_buf_printf(&buf, "\\?%.*s$", DT_SLICE_FMT(want->query_regex));
    else if (want->only && want->params.len == 0)
        dt_buf_str(&buf, "$");
    else if (want->only || want->params.len)
        return refuse(make, "nginx-condition",
                      "a condition for the host as an expression, beside one for the query");
    else
        dt_buf_str(&buf, "(?:\\?|$)");
    return dt_nginx_keep(make->nginx, &buf, &regex) &&
           dt_source_regex(make->nginx->reader, make->answer->word->raw, regex, 0, &make->rule);
}

static bool source(struct make *make)
{
    const struct dt_nginx_want *want = make->want;
    struct dt_reader *reader = make->nginx->reader;
    dt_nginx_go_to(reader, make->answer->word);
    if (!dt_pattern_begin(reader, &make->rule))
        return false;
    if (want->host_regex.len || want->query_regex.len)
        return url_source(make);
    if (!path_source(make))
        return false;
    make->rule.scheme = want->scheme;
    make->rule.port = want->port;
    if (want->only)
        make->rule.flags |= DT_RULE_EXACT_QUERY;
    if (want->params_nocase && want->params.len && !want->exact.len)
        return refuse(make, "nginx-condition",
                      "a query in any case, beside an expression for the path");
    if (want->params_nocase && want->exact.len)
        make->rule.flags |= DT_RULE_IGNORE_CASE;
    return want->params.len == 0 || dt_source_query(reader, want->params, 0, &make->rule);
}

/* ---- The whole ---- */

static bool conditions(struct make *make)
{
    const struct dt_nginx_want *want = make->want;
    struct dt_reader *reader = make->nginx->reader;
    struct dt_slice text;
    struct dt_buf buf;
    if (want->option_count == 0 && make->answer->options.len == 0)
        return true;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    for (unsigned i = 0; i < want->option_count; i++)
        dt_buf_printf(&buf, "%.*s ", DT_SLICE_FMT(want->options[i]));
    dt_buf_put(&buf, make->answer->options);
    return dt_nginx_keep(make->nginx, &buf, &text) &&
           dt_options_parse(reader, text, &make->options) &&
           dt_ruleset_intern_conditions(reader->set, &make->options.conditions,
                                        &make->rule.conditions);
}

/* One rule for each host. */
static bool add(struct make *make)
{
    const struct dt_nginx_want *want = make->want;
    struct dt_reader *reader = make->nginx->reader;
    struct dt_rule rule = make->rule;
    if (reader->set->count > DT_NGINX_RULES)
        return refuse(make, "nginx-many", "more rules than one file can become");
    if (want->host_count == 0 || (rule.flags & DT_RULE_URL))
        return dt_ruleset_add_rule(reader->set, &rule);
    for (unsigned i = 0; i < want->host_count; i++) {
        struct dt_host_pattern pattern;
        if (!dt_source_host(reader, want->hosts[i].host, &pattern))
            return false;
        rule.host = pattern.host;
        rule.host_kind = pattern.kind;
        if (!dt_ruleset_add_rule(reader->set, &rule))
            return false;
    }
    return true;
}

static bool make_rule(struct make *make)
{
    struct dt_reader *reader = make->nginx->reader;
    struct dt_nginx_text text = {0};
    make->rule =
        (struct dt_rule){.file = make->answer->word->file, .line = make->answer->word->line};
    make->options = dt_options_standard();
    make->options.action.status = (uint16_t)make->answer->status;
    if (make->answer->target) {
        text = *make->answer->target;
        if (!cut_query(make, &text))
            return false;
    }
    if (!source(make))
        return false;
    if (make->answer->target && !target(make, &text))
        return false;
    if (make->lead_empty && !make->rule.target.len)
        return true;
    return conditions(make) &&
           dt_ruleset_intern_action(reader->set, &make->options.action, &make->rule.action) &&
           dt_source_fold(reader, &make->rule, make->rule.flags) && add(make);
}

bool dt_nginx_make(struct dt_nginx *nginx, const struct dt_nginx_want *want,
                   const struct dt_nginx_answer *answer)
{
    struct make make = {.nginx = nginx, .want = want, .answer = answer};
    bool url = want->host_regex.len || want->query_regex.len;
    bool one = want->path_count == 1 && want->latest == 0 && !want->exact.len && !url;
    struct dt_lead lead;
    if (one)
        make.all = dt_apache_all(want->paths[0].text, false);
    if (!one || make.all != DT_APACHE_NOT_ALL || !answer->target || !at_edge(answer->target) ||
        !dt_lead_find(want->paths[0].text, &lead))
        return make_rule(&make);
    make.lead = true;
    make.groups = want->paths[0].groups;
    make.lead_regex = dt_lead_first(nginx->reader, &lead);
    if (!make_rule(&make) || !lead.may_be_empty)
        return !nginx->reader->set->err;
    make.lead_empty = true;
    make.lead_regex = dt_lead_second(nginx->reader, &lead);
    return make_rule(&make);
}
