/* SPDX-License-Identifier: MIT
 *
 * Conditions. The host is asked for with %{SERVER_NAME}: with UseCanonicalName Off, which is the
 * default, that is the host that the client asked for, in lower case and without its port. Queries
 * are compared as they were sent; addresses by expr and -R, which knows networks.
 */
#include "rules/dialects/apache/apache_write.h"

#define LONGEST (64u << 10)

#define BEGINS "(?:^|&)"
#define ENDS "(?:&|$)"

static void put_text(struct dt_buf *out, const char *test, const char *pattern, const char *flags)
{
    dt_apache_put_cond(out, test, dt_slice_str(pattern), flags);
}

/* ---- Host, scheme, port ---- */

/* The names before the host's, which the target may ask for. */
static void put_labels(struct dt_write *write, const struct dt_rule *rule,
                       struct dt_apache_line *line)
{
    struct dt_pieces target = dt_write_target(write, rule);
    struct dt_buf pattern;
    bool asked = false;
    for (size_t i = 0; i < target.count; i++)
        asked |= target.list[i].kind == DT_PIECE_LABEL;
    dt_buf_init(&pattern, LONGEST);
    dt_buf_char(&pattern, '^');
    for (unsigned i = 0; i < dt_write_labels(rule); i++)
        dt_buf_str(&pattern, "([^.]+)\\.");
    dt_write_quoted(&pattern, rule->host);
    dt_buf_char(&pattern, '$');
    dt_apache_put_cond(asked ? &line->last : &line->conds, "%{SERVER_NAME}", dt_buf_slice(&pattern),
                       "");
    line->groups = asked ? 'h' : 0;
    dt_buf_release(&pattern);
}

static void put_names(const struct dt_rule *rule, struct dt_apache_line *line)
{
    struct dt_buf pattern;
    dt_buf_init(&pattern, LONGEST);
    if (rule->host_kind != DT_HOST_SUBDOMAINS) {
        dt_buf_char(&pattern, '=');
        dt_buf_put(&pattern, rule->host);
        dt_apache_put_cond(&line->conds, "%{SERVER_NAME}", dt_buf_slice(&pattern),
                           rule->host_kind == DT_HOST_DOMAIN ? "OR" : "");
    }
    if (rule->host_kind != DT_HOST_EXACT) {
        dt_buf_clear(&pattern);
        dt_buf_str(&pattern, "\\.");
        dt_write_quoted(&pattern, rule->host);
        dt_buf_char(&pattern, '$');
        dt_apache_put_cond(&line->conds, "%{SERVER_NAME}", dt_buf_slice(&pattern), "");
    }
    dt_buf_release(&pattern);
}

void dt_apache_put_host(struct dt_apache_write *apache, const struct dt_rule *rule,
                        struct dt_apache_line *line)
{
    if (rule->scheme)
        put_text(&line->conds, "%{HTTPS}", rule->scheme == DT_SCHEME_HTTPS ? "=on" : "=off", "");
    if (rule->port) {
        char text[16];
        struct dt_buf number = {text, 0, sizeof text, sizeof text, DT_OK};
        dt_buf_printf(&number, "=%u", rule->port);
        dt_apache_put_cond(&line->conds, "%{SERVER_PORT}", dt_buf_slice(&number), "");
    }
    if (rule->host_kind == DT_HOST_LABELS)
        put_labels(apache->write, rule, line);
    else if (rule->host_kind != DT_HOST_ANY)
        put_names(rule, line);
}

/* ---- The query ---- */

static void put_param(const struct dt_param *param, struct dt_buf *out)
{
    dt_write_quoted(out, param->name);
    if (param->any_value)
        dt_buf_str(out, "(?:=[^&]*)?");
    else if (param->value.len)
        dt_buf_char(out, '=');
    else
        dt_buf_str(out, "=?"); /* "a" and "a=" are one */
    dt_write_quoted(out, param->value);
}

/* Is its value asked for in the target? */
static bool is_asked(struct dt_write *write, const struct dt_rule *rule, struct dt_slice name)
{
    struct dt_pieces target = dt_write_target(write, rule);
    for (size_t i = 0; i < target.count; i++)
        if (target.list[i].kind == DT_PIECE_QUERY &&
            dt_slice_eq(rule->more->queries[target.list[i].number], name))
            return true;
    return false;
}

/* (?:^|&)q=([^&]*): what the target asks for. */
static void put_captured(struct dt_apache_write *apache, const struct dt_param *param,
                         const char *flags, struct dt_apache_line *line)
{
    struct dt_buf pattern;
    if (line->groups) {
        dt_write_cannot(apache->write, "captures",
                        "Apache keeps what one condition captured, and no more");
        return;
    }
    dt_buf_init(&pattern, LONGEST);
    dt_buf_str(&pattern, BEGINS);
    dt_write_quoted(&pattern, param->name);
    dt_buf_str(&pattern, "(?:=([^&]*))?" ENDS);
    dt_apache_put_cond(&line->last, "%{QUERY_STRING}", dt_buf_slice(&pattern), flags);
    line->groups = 'q';
    dt_buf_release(&pattern);
}

/* All of them, and no others. */
static void put_only(const struct dt_rule *rule, const char *flags, struct dt_apache_line *line)
{
    struct dt_buf pattern;
    dt_buf_init(&pattern, LONGEST);
    flags = rule->nparams ? flags : "";
    dt_buf_char(&pattern, '^');
    for (int twice = 0; twice < 2 && rule->nparams > 1; twice++) {
        dt_buf_str(&pattern, twice ? "(?:&(?:" : "(?:");
        for (unsigned i = 0; i < rule->nparams; i++) {
            dt_buf_str(&pattern, i ? "|" : "");
            put_param(&rule->params[i], &pattern);
        }
        dt_buf_str(&pattern, twice ? "))*" : ")");
    }
    if (rule->nparams == 1)
        put_param(&rule->params[0], &pattern);
    dt_buf_char(&pattern, '$');
    dt_apache_put_cond(&line->conds, "%{QUERY_STRING}", dt_buf_slice(&pattern), flags);
    dt_buf_release(&pattern);
}

static void put_query(struct dt_apache_write *apache, const struct dt_rule *rule,
                      struct dt_apache_line *line)
{
    const char *flags = rule->flags & DT_RULE_IGNORE_CASE ? "NC" : "";
    bool only = rule->flags & DT_RULE_EXACT_QUERY;
    struct dt_buf pattern;
    dt_buf_init(&pattern, LONGEST);
    for (unsigned i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        if (param->any_value && rule->more && is_asked(apache->write, rule, param->name)) {
            put_captured(apache, param, flags, line);
        } else if (!only || rule->nparams > 1) {
            dt_buf_clear(&pattern);
            dt_buf_str(&pattern, BEGINS);
            put_param(param, &pattern);
            dt_buf_str(&pattern, ENDS);
            dt_apache_put_cond(&line->conds, "%{QUERY_STRING}", dt_buf_slice(&pattern), flags);
        }
    }
    if (only)
        put_only(rule, flags, line);
    dt_buf_release(&pattern);
}

void dt_apache_put_source(struct dt_apache_write *apache, const struct dt_rule *rule,
                          struct dt_apache_line *line)
{
    dt_apache_put_host(apache, rule, line);
    put_query(apache, rule, line);
    dt_apache_put_conditions(apache, rule, line);
}

/* ---- Conditions ---- */

/* The pattern of texts with "*" in them; star is what it stands for. */
static void put_choice(const struct dt_condition *condition, const char *star, struct dt_buf *out)
{
    dt_buf_str(out, condition->count > 1 ? "(" : "");
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        dt_buf_str(out, i ? "|" : "");
        for (size_t at = 0; at < text.len; at++) {
            if (text.ptr[at] == '*')
                dt_buf_str(out, star);
            else
                dt_write_quoted(out, dt_slice_of(text.ptr + at, 1));
        }
    }
    dt_buf_str(out, condition->count > 1 ? ")" : "");
}

/* RewriteCond %{HTTP:Name} [!]^pattern$ */
static void put_header(const struct dt_condition *condition, struct dt_buf *pattern,
                       struct dt_buf *out)
{
    struct dt_buf test;
    dt_buf_init(&test, LONGEST);
    dt_buf_printf(&test, "%%{HTTP:%.*s}%c", DT_SLICE_FMT(condition->name), 0);
    if (condition->count == 0) {
        put_text(out, test.ptr ? test.ptr : "", condition->negated ? "^$" : "!^$", "");
    } else {
        dt_buf_char(pattern, '^');
        put_choice(condition, ".*", pattern);
        dt_buf_char(pattern, '$');
        dt_apache_put_cond(out, test.ptr ? test.ptr : "", dt_buf_slice(pattern), "");
    }
    dt_buf_release(&test);
}

static void put_cookie(const struct dt_condition *condition, struct dt_buf *pattern,
                       struct dt_buf *out)
{
    dt_buf_str(pattern, "(?:^|; *)");
    dt_write_quoted(pattern, condition->name);
    dt_buf_char(pattern, '=');
    if (condition->count) {
        put_choice(condition, "[^;]*", pattern);
        dt_buf_str(pattern, "(?:;|$)");
    }
    dt_apache_put_cond(out, "%{HTTP_COOKIE}", dt_buf_slice(pattern), "");
}

/* A text is contained, one with a star is all of it. */
static void put_agent(const struct dt_condition *condition, struct dt_buf *pattern,
                      struct dt_buf *out)
{
    dt_buf_str(pattern, condition->count > 1 ? "(" : "");
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_condition one = {.texts = condition->texts + i, .count = 1};
        bool star = memchr(one.texts[0].ptr, '*', one.texts[0].len);
        dt_buf_printf(pattern, "%s%s", i ? "|" : "", star ? "^" : "");
        put_choice(&one, ".*", pattern);
        dt_buf_str(pattern, star ? "$" : "");
    }
    dt_buf_str(pattern, condition->count > 1 ? ")" : "");
    dt_apache_put_cond(out, "%{HTTP_USER_AGENT}", dt_buf_slice(pattern), "NC");
}

/* A page by its host, or by its URL. */
static void put_referer(const struct dt_condition *condition, struct dt_buf *pattern,
                        struct dt_buf *out)
{
    dt_buf_str(pattern, "^(?:");
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        struct dt_condition one = {.texts = &text, .count = 1};
        dt_buf_str(pattern, i ? "|" : "");
        if (memchr(text.ptr, '/', text.len)) {
            dt_buf_str(pattern, dt_slice_starts(text, DT_S("//")) ? "[^/?#]*:" : "");
            put_choice(&one, ".*", pattern);
            dt_buf_char(pattern, '$');
            continue;
        }
        dt_buf_str(pattern, "https?://(?:[^/@?#]*@)?");
        if (text.ptr[0] == '*' || text.ptr[0] == '.')
            dt_buf_str(pattern, text.ptr[0] == '*' ? "[^/:?#]+" : "(?:[^/:?#]+\\.)?");
        text = dt_slice_from(text, text.ptr[0] == '*' || text.ptr[0] == '.');
        dt_write_quoted(pattern, text);
        dt_buf_str(pattern, "\\.?(?:[:/?#]|$)");
    }
    dt_buf_char(pattern, ')');
    dt_apache_put_cond(out, "%{HTTP_REFERER}", dt_buf_slice(pattern), "NC");
}

/* RewriteCond expr "-R '192.0.2.0/24' || -R '2001:db8::/32'" */
static void put_nets(const struct dt_condition *condition, struct dt_buf *out)
{
    static const uint8_t v4[12] = {[10] = 0xff, 0xff};
    bool around = condition->negated && condition->count > 1;
    dt_buf_printf(out, "RewriteCond expr \"%s%s", condition->negated ? "!" : "", around ? "(" : "");
    for (unsigned i = 0; i < condition->count; i++) {
        const struct dt_net *net = &condition->nets[i];
        const uint8_t *a = net->address;
        dt_buf_str(out, i ? " || -R '" : "-R '");
        if (memcmp(a, v4, sizeof v4) == 0 && net->bits >= 96) {
            dt_buf_printf(out, "%u.%u.%u.%u/%u'", a[12], a[13], a[14], a[15], net->bits - 96u);
            continue;
        }
        for (unsigned at = 0; at < 16; at += 2)
            dt_buf_printf(out, "%s%x", at ? ":" : "", (unsigned)a[at] << 8 | a[at + 1]);
        dt_buf_printf(out, "/%u'", net->bits);
    }
    dt_buf_printf(out, "%s\"\n", around ? ")" : "");
}

/* except=: exact paths, and folders with a star. */
static void put_paths(struct dt_apache_write *apache, const struct dt_condition *condition,
                      struct dt_buf *pattern, struct dt_buf *out)
{
    dt_buf_printf(pattern, "^%s", condition->count > 1 ? "(?:" : "");
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        bool folder = text.len > 1 && text.ptr[text.len - 1] == '*';
        dt_buf_str(pattern, i ? "|" : "");
        if (folder)
            text.len -= 2; /* "/dir/" and a star is for "/dir" too */
        if (!dt_write_decode(apache->write, text, &text))
            dt_write_cannot(apache->write, "path",
                            "Apache refuses %%2F and controls in a path before it asks any rule");
        dt_write_quoted(pattern, text);
        dt_buf_str(pattern, folder ? "(?:/.*)?" : "");
    }
    dt_buf_printf(pattern, "%s$", condition->count > 1 ? ")" : "");
    dt_apache_put_cond(out, "%{REQUEST_URI}", dt_buf_slice(pattern), "");
}

static void refuse_time(struct dt_apache_write *apache)
{
    dt_write_cannot(apache->write, "time",
                    "Apache knows the time of its machine's zone only, so no rule can begin or end "
                    "at a moment");
}

static void put_one(struct dt_apache_write *apache, const struct dt_condition *condition,
                    struct dt_buf *out)
{
    struct dt_buf pattern;
    dt_buf_init(&pattern, LONGEST);
    bool sign = condition->negated && condition->kind != DT_CONDITION_IP &&
                !(condition->kind == DT_CONDITION_HEADER && condition->count == 0);
    dt_buf_str(&pattern, sign ? "!" : "");
    switch ((enum dt_condition_kind)condition->kind) {
    case DT_CONDITION_METHOD:
        dt_buf_char(&pattern, '^');
        put_choice(condition, "\\*", &pattern);
        dt_buf_char(&pattern, '$');
        dt_apache_put_cond(out, "%{REQUEST_METHOD}", dt_buf_slice(&pattern), "");
        break;
    case DT_CONDITION_HEADER:
        put_header(condition, &pattern, out);
        break;
    case DT_CONDITION_COOKIE:
        put_cookie(condition, &pattern, out);
        break;
    case DT_CONDITION_UA:
        put_agent(condition, &pattern, out);
        break;
    case DT_CONDITION_REFERER:
        put_referer(condition, &pattern, out);
        break;
    case DT_CONDITION_IP:
        put_nets(condition, out);
        break;
    case DT_CONDITION_PATH:
        put_paths(apache, condition, &pattern, out);
        break;
    case DT_CONDITION_TIME:
        refuse_time(apache);
        break;
    case DT_CONDITION_LANG:
    case DT_CONDITION_COUNTRY:
    case DT_CONDITION_WINDOW:
    case DT_CONDITION_PERCENT:
        break; /* dt_write_check_conditions said so */
    }
    dt_buf_release(&pattern);
}

void dt_apache_put_conditions(struct dt_apache_write *apache, const struct dt_rule *rule,
                              struct dt_apache_line *line)
{
    const unsigned can = 1u << DT_CONDITION_METHOD | 1u << DT_CONDITION_HEADER |
                         1u << DT_CONDITION_COOKIE | 1u << DT_CONDITION_IP |
                         1u << DT_CONDITION_REFERER | 1u << DT_CONDITION_UA |
                         1u << DT_CONDITION_PATH | 1u << DT_CONDITION_TIME;
    const struct dt_conditions *conditions = dt_write_conditions(apache->write, rule);
    dt_write_check_conditions(apache->write, rule, can);
    for (uint32_t i = 0; i < conditions->count; i++)
        put_one(apache, &conditions->list[i], &line->conds);
}
