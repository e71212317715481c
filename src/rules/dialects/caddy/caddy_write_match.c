/* SPDX-License-Identifier: MIT
 *
 * Conditions as lines of a named matcher. All lines of a matcher hold, but lines of one kind are
 * Caddy's to combine, and it does so in several ways: those for a header field are alternatives
 * when they name the same field, several vars_regexp are alternatives whatever they ask, several
 * `not` must all hold. So a second vars_regexp is written as a `not not`.
 */
#include "rules/dialects/caddy/caddy_write.h"

#include "semantics/network.h"

void dt_caddy_expression(struct dt_caddy_matcher *matcher, const char *name, const char *what,
                         struct dt_slice expression)
{
    struct dt_buf *out = &matcher->out;
    dt_buf_str(out, matcher->expressions++ ? "not not vars_regexp " : "vars_regexp ");
    dt_buf_printf(out, "%s%s{%s} ", name, *name ? " " : "", what);
    dt_caddy_token(out, expression);
    dt_buf_char(out, '\n');
}

/* ---- Hosts ---- */

bool dt_caddy_asks_host(const struct dt_rule *rule)
{
    return rule->host_kind != DT_HOST_ANY && rule->host_kind != DT_HOST_EXACT;
}

static void put_host(struct dt_caddy_matcher *matcher, const struct dt_rule *rule)
{
    struct dt_buf out;
    dt_buf_init(&out, 1u << 16);
    dt_buf_str(&out, "(?i)^");
    if (rule->host_kind == DT_HOST_LABELS)
        for (unsigned i = 0; i < dt_write_labels(rule); i++)
            dt_buf_str(&out, "([^.]+)\\.");
    else
        dt_buf_str(&out, rule->host_kind == DT_HOST_DOMAIN ? "(?:.+\\.)?" : ".+\\.");
    dt_write_quoted(&out, rule->host);
    dt_buf_char(&out, '$');
    dt_caddy_expression(matcher, rule->host_kind == DT_HOST_LABELS ? "host" : "", "host",
                        dt_caddy_kept(matcher->write, &out));
}

/* ---- Texts with stars, as expressions ---- */

static void put_glob(struct dt_buf *out, struct dt_slice text, const char *any)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '*')
            dt_buf_str(out, any);
        else
            dt_write_quoted(out, dt_slice_of(text.ptr + i, 1));
    }
}

static void put_globs(struct dt_buf *out, const struct dt_condition *condition, const char *any)
{
    dt_buf_str(out, condition->count > 1 ? "(?:" : "");
    for (unsigned i = 0; i < condition->count; i++) {
        dt_buf_str(out, i ? "|" : "");
        put_glob(out, condition->texts[i], any);
    }
    dt_buf_str(out, condition->count > 1 ? ")" : "");
}

static void put_agents(struct dt_buf *out, const struct dt_condition *condition)
{
    dt_buf_str(out, "(?i)");
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        bool glob = memchr(text.ptr, '*', text.len);
        dt_buf_str(out, i ? "|" : "");
        dt_buf_str(out, glob ? "^" : "");
        put_glob(out, text, ".*");
        dt_buf_str(out, glob ? "$" : "");
    }
}

static void put_referer(struct dt_buf *out, struct dt_slice text)
{
    if (memchr(text.ptr, '/', text.len)) {
        dt_buf_str(out, text.ptr[0] == '/' ? "^(?:[^/]|/[^/])*?" : "^");
        put_glob(out, text, ".*");
        dt_buf_char(out, '$');
        return;
    }
    dt_buf_str(out, "(?i:^(?:[^/]|/[^/])*?//(?:[^/?#]*@)?");
    if (dt_slice_starts(text, DT_S("*."))) {
        dt_buf_str(out, "[^/?#:]+\\.");
        text = dt_slice_from(text, 2);
    } else if (dt_slice_starts(text, DT_S("."))) {
        dt_buf_str(out, "(?:[^/?#:]+\\.)?");
        text = dt_slice_from(text, 1);
    }
    dt_write_quoted(out, text);
    dt_buf_str(out, "\\.?(?::[^/?#]*)?(?:[/?#]|$))");
}

/* ---- Fields ---- */

/* What the lines of one kind for one field would be combined to is not what is meant: only one. */
static void claim(struct dt_caddy_matcher *matcher, const struct dt_condition *condition,
                  struct dt_slice name)
{
    if (condition->negated)
        return; /* every `not` stands alone */
    uint32_t bit = 0;
    for (size_t i = 0; i < name.len; i++)
        bit = bit * 31 + (unsigned char)dt_ascii_lower(name.ptr[i]);
    bit = 1u << (bit % 32);
    if (matcher->fields & bit)
        dt_write_cannot(matcher->write, "condition-twice",
                        "%s takes two conditions on the field %.*s as alternatives",
                        matcher->write->title, DT_SLICE_FMT(name));
    matcher->fields |= bit;
}

static void put_field(struct dt_caddy_matcher *matcher, const char *kind, struct dt_slice name,
                      struct dt_slice value, bool negated)
{
    dt_buf_printf(&matcher->out, "%s%s %.*s ", negated ? "not " : "", kind, DT_SLICE_FMT(name));
    dt_caddy_token(&matcher->out, value);
    dt_buf_char(&matcher->out, '\n');
}

static bool plain_value(struct dt_slice text)
{
    struct dt_slice inner = text;
    if (inner.len && inner.ptr[0] == '*')
        inner = dt_slice_from(inner, 1);
    if (inner.len && inner.ptr[inner.len - 1] == '*')
        inner.len--;
    return !inner.len || (!memchr(inner.ptr, '*', inner.len) && !memchr(inner.ptr, '{', inner.len));
}

static void put_header(struct dt_caddy_matcher *matcher, const struct dt_condition *condition)
{
    bool plain = true;
    claim(matcher, condition, condition->name);
    for (unsigned i = 0; i < condition->count; i++)
        plain &= plain_value(condition->texts[i]);
    if (!condition->count) {
        put_field(matcher, "header", condition->name, DT_S("*"), condition->negated);
        return;
    }
    for (unsigned i = 0; plain && i < condition->count; i++)
        put_field(matcher, "header", condition->name, condition->texts[i], condition->negated);
    if (plain)
        return;
    struct dt_buf out;
    dt_buf_init(&out, 1u << 20);
    dt_buf_char(&out, '^');
    put_globs(&out, condition, ".*");
    dt_buf_char(&out, '$');
    put_field(matcher, "header_regexp", condition->name, dt_caddy_kept(matcher->write, &out),
              condition->negated);
}

static void put_expression(struct dt_caddy_matcher *matcher, const struct dt_condition *condition,
                           struct dt_slice field, struct dt_buf *out)
{
    claim(matcher, condition, field);
    put_field(matcher, "header_regexp", field, dt_caddy_kept(matcher->write, out),
              condition->negated);
}

static void put_cookie(struct dt_caddy_matcher *matcher, const struct dt_condition *condition)
{
    struct dt_buf out;
    dt_buf_init(&out, 1u << 20);
    dt_buf_str(&out, "(?:^|;)[ \\t]*");
    dt_write_quoted(&out, condition->name);
    dt_buf_str(&out, "[ \\t]*=");
    if (condition->count) {
        dt_buf_str(&out, "[ \\t]*\"?");
        put_globs(&out, condition, "[^;]*");
        dt_buf_str(&out, "\"?[ \\t]*(?:;|$)");
    }
    put_expression(matcher, condition, DT_S("Cookie"), &out);
}

/* ---- Addresses and paths ---- */

static void put_nets(struct dt_caddy_matcher *matcher, const struct dt_condition *condition)
{
    char text[DT_NET_TEXT];
    dt_buf_str(&matcher->out, condition->negated ? "not remote_ip" : "remote_ip");
    for (unsigned i = 0; i < condition->count; i++) {
        dt_buf_char(&matcher->out, ' ');
        dt_buf_put(&matcher->out, dt_net_print(&condition->nets[i], false, text));
    }
    dt_buf_char(&matcher->out, '\n');
}

/* except= */
static void put_paths(struct dt_caddy_matcher *matcher, const struct dt_condition *condition)
{
    struct dt_buf out;
    dt_buf_init(&out, 1u << 20);
    dt_buf_str(&out, "^(?:");
    for (unsigned i = 0; i < condition->count; i++) {
        struct dt_slice text = condition->texts[i];
        bool folder = text.len > 1 && text.ptr[text.len - 1] == '*';
        dt_buf_str(&out, i ? "|" : "");
        text.len -= folder ? 2 : 0;
        dt_write_quoted(&out, text);
        dt_buf_str(&out, folder ? "(?:/.*)?" : "");
    }
    dt_buf_str(&out, ")$");
    dt_buf_printf(&matcher->out, "%svars_regexp {raw_path} ", condition->negated ? "not " : "");
    dt_caddy_token(&matcher->out, dt_caddy_kept(matcher->write, &out));
    dt_buf_char(&matcher->out, '\n');
    if (!condition->negated)
        dt_write_cannot(matcher->write, "condition", "paths beside the rule's own path");
}

/* ---- All of them ---- */

static void put_method(struct dt_caddy_matcher *matcher, const struct dt_condition *condition)
{
    dt_buf_str(&matcher->out, condition->negated ? "not method" : "method");
    for (unsigned i = 0; i < condition->count; i++)
        dt_buf_printf(&matcher->out, " %.*s", DT_SLICE_FMT(condition->texts[i]));
    dt_buf_char(&matcher->out, '\n');
}

static void put_condition(struct dt_caddy_matcher *matcher, const struct dt_condition *condition)
{
    struct dt_buf out;
    switch ((enum dt_condition_kind)condition->kind) {
    case DT_CONDITION_METHOD:
        put_method(matcher, condition);
        break;
    case DT_CONDITION_HEADER:
        put_header(matcher, condition);
        break;
    case DT_CONDITION_COOKIE:
        put_cookie(matcher, condition);
        break;
    case DT_CONDITION_IP:
        put_nets(matcher, condition);
        break;
    case DT_CONDITION_UA:
        dt_buf_init(&out, 1u << 20);
        put_agents(&out, condition);
        put_expression(matcher, condition, DT_S("User-Agent"), &out);
        break;
    case DT_CONDITION_REFERER:
        dt_buf_init(&out, 1u << 20);
        for (unsigned i = 0; i < condition->count; i++) {
            dt_buf_str(&out, i ? "|" : "");
            put_referer(&out, condition->texts[i]);
        }
        put_expression(matcher, condition, DT_S("Referer"), &out);
        break;
    case DT_CONDITION_PATH:
        put_paths(matcher, condition);
        break;
    case DT_CONDITION_LANG:
    case DT_CONDITION_COUNTRY:
    case DT_CONDITION_TIME:
    case DT_CONDITION_WINDOW:
    case DT_CONDITION_PERCENT:
        break; /* refused: see dt_caddy_line */
    }
}

void dt_caddy_conditions(struct dt_caddy_matcher *matcher, const struct dt_rule *rule)
{
    const struct dt_conditions *conditions = dt_write_conditions(matcher->write, rule);
    for (uint32_t i = 0; i < conditions->count; i++)
        put_condition(matcher, &conditions->list[i]);
    if (dt_caddy_asks_host(rule))
        put_host(matcher, rule);
}
