/* SPDX-License-Identifier: MIT
 *
 * One rule, of what its tests want and what it answers. Several expressions about the path become
 * one: those of which no group is asked for look ahead.
 */
#include "rules/dialects/haproxy/haproxy.h"

#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"
#include "rules/read/target.h"

struct make {
    struct dt_haproxy *haproxy;
    const struct dt_haproxy_answer *answer;
    const struct dt_haproxy_wants *wants;
    struct dt_haproxy_target target;
    struct dt_rule rule;
};

static bool refuse(struct make *make, const char *why)
{
    struct dt_reader *reader = make->haproxy->reader;
    return DT_REFUSE(reader, reader->text, "haproxy-acl", "%s", why);
}

/* ---- The source ---- */

static bool begin(struct make *make)
{
    struct dt_reader *reader = make->haproxy->reader;
    const struct dt_slice parts[] = {DT_S("//"), make->wants->host, DT_S("/")};
    struct dt_slice text = DT_S("/");
    if (make->wants->host.len) {
        text = dt_pattern_join(reader, parts, 3);
        if (reader->host.kind != DT_HOST_ANY)
            return refuse(make, "a test for the host, below an @host");
    }
    return dt_source_parse(reader, text, dt_scan_bits(text), DT_SOURCE_NATIVE, &make->rule);
}

/* What is below a folder is captured as a native star is. */
static bool all_below(struct make *make)
{
    struct dt_reader *reader = make->haproxy->reader;
    struct dt_capture_names *captures = &reader->captures;
    make->rule.path_kind = DT_PATH_PREFIX;
    if (captures->count < DT_CAPTURES_MAX)
        captures->list[captures->count++] = (struct dt_capture_name){
            .name = DT_S("splat"), .number = captures->labels, .from = DT_FROM_PATH};
    return dt_capture_more(reader, &make->rule, 0, true);
}

/* /folder and all below. */
static bool folder_source(struct make *make)
{
    struct dt_rule *rule = &make->rule;
    if (!dt_source_path(make->haproxy->reader, make->wants->folder, DT_SOURCE_LITERAL, rule))
        return false;
    if (rule->path.len && rule->path.ptr[rule->path.len - 1] == '/')
        return refuse(make, "a folder whose name ends with a slash");
    return all_below(make);
}

static void put_looks(struct dt_buf *buf, const struct dt_haproxy_regex *regex)
{
    dt_buf_str(buf, regex->negated ? "(?!" : "(?=");
    dt_buf_str(buf, regex->nocase ? ".*?(?i:" : ".*?(?:");
    dt_buf_put(buf, regex->text);
    dt_buf_str(buf, "))");
}

/* Exact paths and folders beside expressions are expressions too. */
static void put_plain(struct dt_buf *buf, const struct dt_haproxy_wants *wants)
{
    struct dt_slice text = wants->exact.ptr ? wants->exact : wants->folder;
    if (!text.ptr)
        return;
    dt_buf_str(buf, wants->nocase ? "(?=(?i:" : "(?=(?:");
    dt_pattern_literal(buf, text, true);
    dt_buf_str(buf, wants->exact.ptr ? wants->noslash ? "/?$))" : "$))" : "(?:/|$)))");
}

/* The expression whose groups the target has, or the first. */
static const struct dt_haproxy_regex *main_regex(const struct make *make,
                                                 struct dt_haproxy_regex *made)
{
    const struct dt_haproxy_wants *wants = make->wants;
    const struct dt_haproxy_regex *found = NULL;
    for (unsigned i = 0; i < wants->regex_count && !found; i++)
        if (!wants->regexes[i].negated &&
            (!make->target.regex.len || (dt_slice_eq(make->target.regex, wants->regexes[i].text) &&
                                         make->target.regex_nocase == wants->regexes[i].nocase)))
            found = &wants->regexes[i];
    if (found || !make->target.regex.len)
        return found;
    *made = (struct dt_haproxy_regex){make->target.regex, make->target.regex_nocase, false};
    return made;
}

static bool regex_source(struct make *make)
{
    const struct dt_haproxy_wants *wants = make->wants;
    struct dt_reader *reader = make->haproxy->reader;
    struct dt_haproxy_regex made;
    const struct dt_haproxy_regex *one = main_regex(make, &made);
    bool plain = wants->exact.ptr || wants->folder.ptr;
    struct dt_slice regex;
    struct dt_buf buf;
    if (one && wants->regex_count <= (one == &made ? 0 : 1) && !plain) {
        regex = one->text;
    } else {
        dt_buf_init(&buf, DT_PATTERN_MAX);
        dt_buf_char(&buf, '^');
        put_plain(&buf, wants);
        for (unsigned i = 0; i < wants->regex_count; i++)
            if (&wants->regexes[i] != one)
                put_looks(&buf, &wants->regexes[i]);
        if (one) {
            dt_buf_str(&buf, one->nocase ? ".*?(?i:" : ".*?(?:");
            dt_buf_put(&buf, one->text);
            dt_buf_char(&buf, ')');
        }
        one = NULL;
        if (!dt_haproxy_keep(make->haproxy, &buf, &regex))
            return false;
    }
    return dt_source_regex(reader, reader->text, dt_pattern_of_path(reader, regex),
                           one && one->nocase ? DT_REGEX_NOCASE : 0, &make->rule);
}

static bool path_source(struct make *make)
{
    const struct dt_haproxy_wants *wants = make->wants;
    struct dt_reader *reader = make->haproxy->reader;
    bool plain = wants->exact.ptr || wants->folder.ptr;
    if (wants->url.len) {
        if (plain || wants->regex_count || wants->host.len)
            return refuse(make, "an expression for the URL beside other tests of it");
        return dt_source_regex(reader, reader->text, wants->url,
                               wants->url_nocase ? DT_REGEX_NOCASE : 0, &make->rule);
    }
    if (wants->regex_count || make->target.regex.len)
        return regex_source(make);
    if (wants->exact.ptr)
        return dt_source_path(reader, wants->exact, DT_SOURCE_LITERAL, &make->rule);
    if (wants->folder.ptr)
        return folder_source(make);
    make->rule.path = DT_SLICE_NONE; /* all paths */
    return all_below(make);
}

static bool query_source(struct make *make)
{
    const struct dt_haproxy_wants *wants = make->wants;
    struct dt_slice query;
    struct dt_buf buf;
    if (!wants->param_count)
        return true;
    dt_buf_init(&buf, DT_LIMIT_SOURCE);
    for (unsigned i = 0; i < wants->param_count; i++) {
        dt_buf_str(&buf, i ? "&" : "");
        dt_buf_put(&buf, wants->params[i]);
        if (make->target.params[i])
            dt_buf_printf(&buf, "=:p%c", 'a' + (int)i);
    }
    return dt_haproxy_keep(make->haproxy, &buf, &query) &&
           dt_source_query(make->haproxy->reader, query, DT_SOURCE_ANY | DT_SOURCE_CAPTURES,
                           &make->rule);
}

static uint8_t flags_of(const struct dt_haproxy_wants *wants)
{
    unsigned flags = wants->whole_query ? DT_RULE_EXACT_QUERY : 0u;
    bool plain = (wants->exact.ptr || wants->folder.ptr) && !wants->regex_count;
    if (wants->nocase && plain)
        flags |= DT_RULE_IGNORE_CASE;
    if (wants->noslash && plain)
        flags |= DT_RULE_IGNORE_SLASH;
    return (uint8_t)flags;
}

/* ---- The rest ---- */

static bool options(struct make *make, struct dt_options *ret)
{
    const struct dt_haproxy_wants *wants = make->wants;
    struct dt_reader *reader = make->haproxy->reader;
    struct dt_slice text;
    struct dt_buf buf;
    if (!wants->option_count && !make->answer->options.len)
        return true;
    dt_buf_init(&buf, DT_LIMIT_LINE);
    dt_buf_put(&buf, make->answer->options);
    for (unsigned i = 0; i < wants->option_count; i++) {
        dt_buf_char(&buf, ' ');
        dt_buf_put(&buf, wants->options[i]);
    }
    return dt_haproxy_keep(make->haproxy, &buf, &text) && dt_options_parse(reader, text, ret) &&
           dt_ruleset_intern_conditions(reader->set, &ret->conditions, &make->rule.conditions);
}

static bool wait(struct dt_haproxy *haproxy, const struct dt_rule *rule)
{
    struct dt_haproxy_rules *rules = haproxy->into_late ? &haproxy->late : &haproxy->rules;
    void *mem = rules->list;
    if (!dt_grow(&mem, rules->count, &rules->cap, sizeof *rules->list))
        return dt_reader_nomem(haproxy->reader);
    rules->list = mem;
    rules->list[rules->count++] = *rule;
    return true;
}

static bool finish(struct make *make)
{
    struct dt_reader *reader = make->haproxy->reader;
    struct dt_options made = dt_options_standard();
    struct dt_slice text = make->target.text;
    make->rule.file = reader->file;
    make->rule.line = reader->line;
    if (!begin(make) || !path_source(make) || !query_source(make))
        return false;
    if (make->wants->scheme)
        make->rule.scheme = (uint8_t)make->wants->scheme;
    if (make->wants->port)
        make->rule.port = (uint16_t)make->wants->port;
    uint8_t flags = flags_of(make->wants);
    if (make->answer->location && memmem(text.ptr ? text.ptr : "", text.len, "//${", 4)) {
        /* a host that is tested to be one; see dt_haproxy_put_open */
        make->rule.flags |= DT_RULE_OPEN;
        flags |= DT_RULE_OPEN;
    }
    if (make->answer->location &&
        (!text.len ||
         !dt_target_read(reader, text, make->target.captures ? DT_TARGET_NATIVE : DT_TARGET_LITERAL,
                         &make->rule)))
        return text.len > 0 ? false : refuse(make, "a Location that is empty");
    made.action.status = make->answer->status;
    made.action.query = make->answer->location ? make->target.query : DT_QUERY_PASS;
    made.action.names = make->target.names;
    return options(make, &made) &&
           dt_ruleset_intern_action(reader->set, &made.action, &make->rule.action) &&
           dt_source_fold(reader, &make->rule, flags) && wait(make->haproxy, &make->rule);
}

/* Do the tests say already that the expression matches? */
static bool is_implied(const struct dt_haproxy_wants *wants, struct dt_slice regex)
{
    for (unsigned i = 0; i < wants->regex_count; i++)
        if (!wants->regexes[i].negated && dt_slice_starts(regex, DT_S("^")) &&
            dt_slice_starts(wants->regexes[i].text, regex))
            return true;
    return false;
}

static const struct dt_haproxy_value *replaced(const struct dt_haproxy_pieces *pieces)
{
    for (unsigned i = 0; i < pieces->count; i++)
        if (pieces->list[i].value.regex.len)
            return &pieces->list[i].value;
    return NULL;
}

bool dt_haproxy_make(struct dt_haproxy *haproxy, const struct dt_haproxy_answer *answer,
                     const struct dt_haproxy_pieces *pieces, const struct dt_haproxy_wants *wants,
                     const struct dt_haproxy_value *lookup, const struct dt_haproxy_entry *entry)
{
    struct make make = {.haproxy = haproxy, .answer = answer, .wants = wants};
    if (answer->location && !dt_haproxy_target(haproxy, pieces, wants, lookup, entry, &make.target))
        return false;
    struct dt_haproxy_target target = make.target;
    if (!finish(&make))
        return false;
    const struct dt_haproxy_value *value = replaced(pieces);
    if (!target.replaces || !value)
        return true;
    struct dt_haproxy_pieces others = *pieces;
    if (target.rest && target.before) { /* nothing is left behind the match */
        const struct dt_slice parts[] = {value->regex, DT_S("$")};
        struct make end = {.haproxy = haproxy, .answer = answer, .wants = wants, .target = target};
        end.target.text.len = target.before;
        end.target.regex = dt_pattern_join(haproxy->reader, parts, 2);
        if (!finish(&end))
            return false;
    }
    if (is_implied(wants, value->regex))
        return true;
    for (unsigned i = 0; i < others.count; i++)
        others.list[i].value.regex = DT_SLICE_NONE;
    return dt_haproxy_make(haproxy, answer, &others, wants, lookup, entry);
}
