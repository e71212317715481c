/* SPDX-License-Identifier: MIT
 *
 * Sources and conditions as tests in braces, which HAProxy joins by AND. Query conditions ask the
 * query in normal form, where url_param would see escapes as the client wrote them.
 */
#include "rules/dialects/haproxy/haproxy_out.h"

#include "semantics/network.h"

#define HOST_VAR DT_HAPROXY_VAR(DT_HAPROXY_HOST)
#define PATH_VAR DT_HAPROXY_VAR(DT_HAPROXY_PATH)
#define QUERY_VAR DT_HAPROXY_VAR(DT_HAPROXY_QUERY)

static void open_test(struct dt_buf *to, bool negated, struct dt_slice expression, const char *how)
{
    dt_buf_str(to, negated ? " !{ " : " { ");
    dt_haproxy_put_word(to, expression);
    dt_buf_str(to, *how ? " " : "");
    dt_buf_str(to, how);
}

static void put_pattern(struct dt_buf *to, struct dt_slice pattern)
{
    dt_buf_str(to, dt_slice_starts(pattern, DT_S("-")) ? " -- " : " ");
    dt_haproxy_put_word(to, pattern);
}

void dt_haproxy_put_test(struct dt_buf *to, bool negated, struct dt_slice expression,
                         const char *how, struct dt_slice pattern)
{
    open_test(to, negated, expression, how);
    if (pattern.len)
        put_pattern(to, pattern);
    dt_buf_str(to, " }");
}

/* A test whose one pattern is written in pieces. */
static void put_regex_test(struct dt_haproxy_out *out, struct dt_buf *to, bool negated,
                           const char *expression, const char *how, struct dt_buf *regex)
{
    struct dt_slice text = dt_haproxy_kept(out, regex);
    dt_haproxy_put_test(to, negated, dt_slice_str(expression), how, text);
}

/* ---- The source ---- */

static void put_host(struct dt_haproxy_out *out, const struct dt_rule *rule, struct dt_buf *to)
{
    struct dt_buf text;
    dt_buf_init(&text, DT_HAPROXY_WORD);
    if (rule->host_kind != DT_HOST_ANY)
        out->uses |= DT_HAPROXY_USES_HOST;
    switch ((enum dt_host_kind)rule->host_kind) {
    case DT_HOST_ANY:
        break;
    case DT_HOST_EXACT:
        dt_haproxy_put_test(to, false, DT_S(HOST_VAR), "-m str", rule->host);
        break;
    case DT_HOST_SUBDOMAINS:
    case DT_HOST_DOMAIN:
        dt_buf_char(&text, '.');
        dt_buf_put(&text, rule->host);
        put_regex_test(out, to, false,
                       rule->host_kind == DT_HOST_DOMAIN ? "str(.),concat(," DT_HAPROXY_HOST ")"
                                                         : HOST_VAR,
                       "-m end", &text);
        return;
    case DT_HOST_LABELS:
        dt_buf_char(&text, '^');
        for (unsigned i = 0; i < dt_write_labels(rule); i++)
            dt_buf_str(&text, "[^.]+\\.");
        dt_write_quoted(&text, rule->host);
        dt_buf_char(&text, '$');
        put_regex_test(out, to, false, HOST_VAR, "-m reg", &text);
        return;
    }
    dt_buf_release(&text);
}

/* The path as it is, and with the slash that does not count. */
static void put_exact(const struct dt_rule *rule, struct dt_haproxy_out *out, struct dt_buf *to)
{
    struct dt_buf slash;
    bool nocase = rule->flags & DT_RULE_IGNORE_CASE;
    if (!(rule->flags & DT_RULE_IGNORE_SLASH)) {
        dt_haproxy_put_test(to, false, DT_S(PATH_VAR), nocase ? "-m str -i" : "-m str", rule->path);
        return;
    }
    dt_buf_init(&slash, DT_HAPROXY_WORD);
    dt_buf_put(&slash, rule->path);
    dt_buf_char(&slash, '/');
    open_test(to, false, DT_S(PATH_VAR), nocase ? "-m str -i" : "-m str");
    if (rule->path.len)
        put_pattern(to, rule->path);
    put_pattern(to, dt_haproxy_kept(out, &slash));
    dt_buf_str(to, " }");
}

static void put_regex(struct dt_haproxy_out *out, const struct dt_rule *rule, struct dt_buf *to)
{
    const char *how = rule->flags & DT_RULE_IGNORE_CASE ? "-m reg -i" : "-m reg";
    const char *subject = PATH_VAR;
    struct dt_buf text;
    dt_buf_init(&text, DT_HAPROXY_WORD);
    (void)dt_write_regex(out->write, rule, 0, &text);
    if (rule->flags & DT_RULE_URL) {
        out->uses |= DT_HAPROXY_USES_URL;
        subject = rule->flags & DT_RULE_RELATIVE
                      ? DT_HAPROXY_VAR(DT_HAPROXY_URL) ",regsub(^[a-z]+:,\"\")"
                      : DT_HAPROXY_VAR(DT_HAPROXY_URL);
    }
    put_regex_test(out, to, false, subject, how, &text);
}

static void put_path(struct dt_haproxy_out *out, const struct dt_rule *rule, struct dt_buf *to)
{
    bool nocase = rule->flags & DT_RULE_IGNORE_CASE;
    struct dt_buf text;
    if (!(rule->flags & DT_RULE_URL))
        out->uses |= DT_HAPROXY_USES_PATH;
    switch ((enum dt_path_kind)rule->path_kind) {
    case DT_PATH_EXACT:
        put_exact(rule, out, to);
        return;
    case DT_PATH_PREFIX:
        if (!rule->path.len)
            return;
        dt_buf_init(&text, DT_HAPROXY_WORD);
        dt_buf_put(&text, rule->path);
        dt_buf_char(&text, '/');
        put_regex_test(out, to, false, PATH_VAR ",concat(/)", nocase ? "-m beg -i" : "-m beg",
                       &text);
        return;
    case DT_PATH_PATTERN:
    case DT_PATH_GLOB:
    case DT_PATH_REGEX:
        put_regex(out, rule, to);
        return;
    }
}

/* "name=value" as an expression for a whole parameter; an empty value may lack its "=". */
static void put_param(struct dt_buf *text, const struct dt_param *param)
{
    dt_write_quoted(text, param->name);
    if (param->any_value) {
        dt_buf_str(text, "(?:=[^&]*)?");
        return;
    }
    dt_buf_str(text, param->value.len ? "=" : "=?");
    dt_write_quoted(text, param->value);
}

static void put_query(struct dt_haproxy_out *out, const struct dt_rule *rule, struct dt_buf *to)
{
    const char *how = rule->flags & DT_RULE_IGNORE_CASE ? "-m reg -i" : "-m reg";
    struct dt_buf text;
    for (unsigned i = 0; i < rule->nparams; i++) {
        dt_buf_init(&text, DT_HAPROXY_WORD);
        dt_buf_str(&text, "(^|&)");
        put_param(&text, &rule->params[i]);
        dt_buf_str(&text, "(&|$)");
        put_regex_test(out, to, false, QUERY_VAR, how, &text);
        out->uses |= DT_HAPROXY_USES_QUERY;
    }
    if (!(rule->flags & DT_RULE_EXACT_QUERY))
        return;
    out->uses |= DT_HAPROXY_USES_QUERY;
    dt_buf_init(&text, DT_HAPROXY_WORD);
    if (rule->nparams)
        dt_buf_str(&text, "(^|&)(?!(?:");
    for (unsigned i = 0; i < rule->nparams; i++) {
        dt_buf_str(&text, i ? "|" : "");
        put_param(&text, &rule->params[i]);
    }
    if (rule->nparams)
        dt_buf_str(&text, ")(?:&|$))");
    dt_buf_str(&text, "[^&]");
    put_regex_test(out, to, true, QUERY_VAR, how, &text);
}

void dt_haproxy_put_source(struct dt_haproxy_out *out, const struct dt_rule *rule,
                           struct dt_buf *to)
{
    if (rule->scheme)
        dt_buf_str(to, rule->scheme == DT_SCHEME_HTTPS ? " { ssl_fc }" : " !{ ssl_fc }");
    put_host(out, rule, to);
    if (rule->port) {
        out->uses |= DT_HAPROXY_USES_PORT;
        dt_buf_printf(to, " { " DT_HAPROXY_VAR(DT_HAPROXY_PORT) " -m int %u }", rule->port);
    }
    put_path(out, rule, to);
    put_query(out, rule, to);
}

/* ---- Conditions ---- */

/* A pattern with "*" as an expression for the whole text. */
static void put_glob(struct dt_buf *text, struct dt_slice pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '*')
            dt_buf_str(text, ".*");
        else
            dt_write_quoted(text, dt_slice_of(pattern.ptr + i, 1));
    }
}

/* How a pattern is asked for without an expression; cuts its stars off. NULL: not at all. */
static const char *how_of(struct dt_slice *pattern)
{
    bool front = pattern->len && pattern->ptr[0] == '*';
    bool back = pattern->len > 1 && pattern->ptr[pattern->len - 1] == '*';
    struct dt_slice bare = dt_slice_of(pattern->ptr + front, pattern->len - front - back);
    if (!bare.len || memchr(bare.ptr, '*', bare.len))
        return NULL;
    *pattern = bare;
    return front && back ? "-m sub" : front ? "-m end" : back ? "-m beg" : "-m str";
}

/* All texts in one test when one way of asking is good for all, else one expression. */
static void put_texts(struct dt_haproxy_out *out, const struct dt_condition *condition,
                      struct dt_slice expression, const char *flag, struct dt_buf *to)
{
    struct dt_slice text = condition->texts[0];
    struct dt_buf regex, how_text;
    const char *how = how_of(&text);
    for (unsigned i = 1; i < condition->count; i++) {
        text = condition->texts[i];
        const char *other = how_of(&text);
        if (!how || !other || strcmp(how, other) != 0)
            how = NULL;
    }
    dt_buf_init(&how_text, 64);
    dt_buf_printf(&how_text, "%s%s%c", how ? how : "-m reg", flag, 0);
    open_test(to, condition->negated, expression, how_text.ptr ? how_text.ptr : "");
    dt_buf_release(&how_text);
    for (unsigned i = 0; how && i < condition->count; i++) {
        text = condition->texts[i];
        (void)how_of(&text);
        put_pattern(to, text);
    }
    dt_buf_init(&regex, DT_HAPROXY_WORD);
    for (unsigned i = 0; !how && i < condition->count; i++) {
        dt_buf_str(&regex, i ? "|" : "^(?:");
        put_glob(&regex, condition->texts[i]);
    }
    dt_buf_str(&regex, ")$");
    text = dt_haproxy_kept(out, &regex);
    if (!how)
        put_pattern(to, text);
    dt_buf_str(to, " }");
}

/* A field or a cookie. */
static void put_named(struct dt_haproxy_out *out, const struct dt_condition *condition,
                      const char *fetch, struct dt_buf *to)
{
    struct dt_buf text;
    dt_buf_init(&text, DT_HAPROXY_WORD);
    dt_buf_printf(&text, "%s(%.*s)", fetch, DT_SLICE_FMT(condition->name));
    struct dt_slice expression = dt_haproxy_kept(out, &text);
    if (condition->count)
        put_texts(out, condition, expression, "", to);
    else
        dt_haproxy_put_test(to, condition->negated, expression, "-m found", DT_SLICE_NONE);
}

/* ua=: a text without a star is contained. */
static void put_agent(struct dt_haproxy_out *out, const struct dt_condition *condition,
                      struct dt_buf *to)
{
    bool stars = false;
    for (unsigned i = 0; i < condition->count; i++)
        stars |= condition->texts[i].len &&
                 memchr(condition->texts[i].ptr, '*', condition->texts[i].len) != NULL;
    struct dt_buf regex;
    if (!stars) {
        open_test(to, condition->negated, DT_S("req.fhdr(user-agent)"), "-m sub -i");
        for (unsigned i = 0; i < condition->count; i++)
            put_pattern(to, condition->texts[i]);
        dt_buf_str(to, " }");
        return;
    }
    dt_buf_init(&regex, DT_HAPROXY_WORD);
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        bool star = text.len && memchr(text.ptr, '*', text.len);
        dt_buf_str(&regex, i ? "|" : "");
        dt_buf_str(&regex, star ? "^" : "");
        put_glob(&regex, text);
        dt_buf_str(&regex, star ? "$" : "");
    }
    put_regex_test(out, to, condition->negated, "req.fhdr(user-agent)", "-m reg -i", &regex);
}

static void put_referer(struct dt_haproxy_out *out, const struct dt_condition *condition,
                        struct dt_buf *to)
{
    struct dt_buf regex;
    dt_buf_init(&regex, DT_HAPROXY_WORD);
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        bool url = text.len && memchr(text.ptr, '/', text.len);
        size_t wild = dt_slice_starts(text, DT_S("*.")) ? 2 : dt_slice_starts(text, DT_S("."));
        dt_buf_str(&regex, i ? "|" : "");
        if (url) {
            dt_buf_str(&regex, text.ptr[0] == '/' ? "^.*?(?=//)" : "^");
            put_glob(&regex, text);
            dt_buf_char(&regex, '$');
            continue;
        }
        dt_buf_str(&regex, DT_HAPROXY_REFERER_BEGIN);
        dt_buf_str(&regex, wild == 2 ? DT_HAPROXY_REFERER_BELOW
                           : wild    ? DT_HAPROXY_REFERER_DOMAIN
                                     : "");
        dt_write_quoted(&regex, dt_slice_from(text, wild));
        dt_buf_str(&regex, DT_HAPROXY_REFERER_END);
    }
    put_regex_test(out, to, condition->negated, "req.fhdr(referer)", "-m reg", &regex);
}

static void put_nets(const struct dt_condition *condition, struct dt_buf *to)
{
    char text[DT_NET_TEXT];
    open_test(to, condition->negated, DT_S("src"), "");
    for (unsigned i = 0; i < condition->count; i++) {
        dt_buf_char(to, ' ');
        dt_buf_put(to, dt_net_print(&condition->nets[i], false, text));
    }
    dt_buf_str(to, " }");
}

/* Paths to leave alone: whole ones, and folders. */
static void put_paths(struct dt_haproxy_out *out, const struct dt_condition *condition,
                      struct dt_buf *to)
{
    out->uses |= DT_HAPROXY_USES_PATH;
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        bool folder = text.len && text.ptr[text.len - 1] == '*';
        text.len -= folder;
        dt_haproxy_put_test(to, condition->negated,
                            folder ? DT_S(PATH_VAR ",concat(/)") : DT_S(PATH_VAR),
                            folder ? "-m beg" : "-m str", text);
    }
}

static void put_methods(const struct dt_condition *condition, struct dt_buf *to)
{
    open_test(to, condition->negated, DT_S("method"), "");
    for (unsigned i = 0; i < condition->count; i++)
        put_pattern(to, condition->texts[i]);
    dt_buf_str(to, " }");
}

static void put_time(const struct dt_condition *condition, struct dt_buf *to)
{
    if (condition->from != DT_TIME_MIN)
        dt_buf_printf(to, " { date ge %lld }", (long long)condition->from);
    if (condition->until != DT_TIME_MAX)
        dt_buf_printf(to, " { date lt %lld }", (long long)condition->until);
}

void dt_haproxy_put_conditions(struct dt_haproxy_out *out, const struct dt_rule *rule,
                               struct dt_buf *to)
{
    const struct dt_conditions *conditions = dt_write_conditions(out->write, rule);
    for (uint32_t i = 0; i < conditions->count; i++) {
        const struct dt_condition *condition = &conditions->list[i];
        switch ((enum dt_condition_kind)condition->kind) {
        case DT_CONDITION_METHOD:
            put_methods(condition, to);
            break;
        case DT_CONDITION_HEADER:
            put_named(out, condition, "req.fhdr", to);
            break;
        case DT_CONDITION_COOKIE:
            put_named(out, condition, "req.cook", to);
            break;
        case DT_CONDITION_IP:
            put_nets(condition, to);
            break;
        case DT_CONDITION_REFERER:
            put_referer(out, condition, to);
            break;
        case DT_CONDITION_UA:
            put_agent(out, condition, to);
            break;
        case DT_CONDITION_TIME:
            put_time(condition, to);
            break;
        case DT_CONDITION_PATH:
            put_paths(out, condition, to);
            break;
        case DT_CONDITION_LANG:
        case DT_CONDITION_COUNTRY:
        case DT_CONDITION_WINDOW:
        case DT_CONDITION_PERCENT:
            break; /* refused */
        }
    }
}
