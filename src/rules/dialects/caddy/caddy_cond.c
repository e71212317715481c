/* SPDX-License-Identifier: MIT
 *
 * Conditions that are not about the path, as options, hosts and query conditions of the native
 * language.
 */
#include "rules/dialects/caddy/caddy.h"

#include "rules/read/native_scan.h"
#include "semantics/network.h"

static bool refuse(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond, const char *why)
{
    return DT_CADDY_REFUSE(made->caddy, cond->at, "caddy-matcher", "%s", why);
}

/* ---- Hosts ---- */

/* Is the one host below the other, which begins with "*."? */
static bool is_below(struct dt_slice host, struct dt_slice wild)
{
    struct dt_slice name = dt_slice_from(wild, 1); /* ".example.com" */
    if (host.len <= name.len || host.ptr[0] == '*' || host.ptr[0] == '.')
        return false;
    size_t label = host.len - name.len;
    return dt_slice_eq_nocase(dt_slice_from(host, label), name) && !memchr(host.ptr, '.', label);
}

static bool is_wild(struct dt_slice host)
{
    return dt_slice_starts(host, DT_S("*."));
}

/* One more pattern that the host must fit. */
static void fit(struct dt_caddy_rule *made, struct dt_slice host)
{
    if (!made->host.len || (is_wild(made->host) && is_below(host, made->host)))
        made->host = host;
    else if (!dt_slice_eq_nocase(made->host, host) &&
             !(is_wild(host) && is_below(made->host, host)))
        made->never = true;
}

static bool put_host(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond, size_t chosen)
{
    struct dt_slice host = cond->args[chosen];
    if (!host.len || memchr(host.ptr, '{', host.len) || memchr(host.ptr + 1, '*', host.len - 1) ||
        (host.ptr[0] == '*' && !is_wild(host)))
        return refuse(made, cond, "a host that is neither a name nor begins with *.");
    if (!cond->negated) {
        fit(made, host);
        return true;
    }
    for (size_t i = 0; i < cond->count; i++) {
        struct dt_slice other = cond->args[i];
        if (!made->host.len || is_wild(made->host))
            return refuse(made, cond, "hosts that it is not for, in a site that names none");
        made->never |= dt_slice_eq_nocase(other, made->host) ||
                       (is_wild(other) && is_below(made->host, other));
    }
    return true;
}

/* Is a host that is written out one of "*.name", ".name" or ":h0.:h1.name"? */
static bool is_form(struct dt_slice host, struct dt_slice form, unsigned labels)
{
    unsigned before = 0;
    struct dt_slice name = form;
    for (unsigned i = 0; i < labels; i++)
        name = dt_slice_from(name, 4); /* ":h0." */
    name = dt_slice_from(name, is_wild(form) ? 2 : form.ptr[0] == '.');
    if (host.len < name.len || !dt_slice_eq_nocase(dt_slice_from(host, host.len - name.len), name))
        return false;
    if (host.len == name.len)
        return form.ptr[0] == '.';
    for (size_t i = 0; i < host.len - name.len; i++)
        before += host.ptr[i] == '.';
    return host.ptr[host.len - name.len - 1] == '.' && (!labels || before == labels);
}

/* Forms for hosts: all below a name, a name and all below, labels. */
static bool host_form(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond)
{
    struct dt_slice rest = cond->args[0];
    struct dt_buf out;
    (void)dt_caddy_cut(&rest, "(?i)");
    dt_buf_init(&out, 1024);
    bool fine = dt_caddy_cut(&rest, "^");
    unsigned labels = 0;
    if (dt_caddy_cut(&rest, ".+\\."))
        dt_buf_str(&out, "*.");
    else if (dt_caddy_cut(&rest, "(?:.+\\.)?"))
        dt_buf_char(&out, '.');
    else
        for (; dt_caddy_cut(&rest, "([^.]+)\\."); labels++)
            dt_buf_printf(&out, ":h%u.", labels);
    rest = dt_slice_from(rest, dt_caddy_literal(rest, &out));
    fine &= dt_slice_eq(rest, DT_S("$"));
    struct dt_slice host = dt_caddy_keep(made->caddy, &out);
    if (!fine || cond->negated)
        return refuse(made, cond, "an expression for the host that is not read");
    if (made->host.len && is_wild(made->host))
        return refuse(made, cond, "an expression for the host, in a site with *. in its address");
    if (made->host.len) {
        made->never |= !is_form(made->host, host, labels);
        return true;
    }
    made->host = host;
    made->labels = labels;
    made->host_group = cond->group;
    return true;
}

/* ---- Fields ---- */

/* A value of an option: 'name="X:a,b" '. */
static bool option(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond, const char *name,
                   struct dt_slice field, struct dt_slice values)
{
    struct dt_buf *out = &made->options;
    dt_buf_printf(out, "%s%s=\"%.*s", cond->negated ? "!" : "", name, DT_SLICE_FMT(field));
    dt_buf_str(out, field.len && values.len ? ":" : "");
    for (size_t i = 0; i < values.len; i++) {
        if (strchr("\"\\", values.ptr[i]))
            dt_buf_char(out, '\\');
        dt_buf_char(out, values.ptr[i]);
    }
    dt_buf_str(out, "\" ");
    return true;
}

static bool put_list(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond, const char *name,
                     struct dt_slice field)
{
    struct dt_buf values;
    dt_buf_init(&values, DT_LIMIT_LINE);
    for (size_t i = 0; i < cond->count; i++) {
        struct dt_slice value = cond->args[i];
        if (value.len && (memchr(value.ptr, ',', value.len) || memchr(value.ptr, '{', value.len))) {
            dt_buf_release(&values);
            return refuse(made, cond, "a value with a comma or a placeholder");
        }
        if (dt_slice_eq(value, DT_S("*"))) {
            dt_buf_release(&values);
            return option(made, cond, name, field, DT_SLICE_NONE);
        }
        dt_buf_str(&values, i ? "," : "");
        dt_buf_put(&values, value);
    }
    bool fine = option(made, cond, name, field, dt_buf_slice(&values));
    dt_buf_release(&values);
    return fine;
}

static bool put_header(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond)
{
    struct dt_caddy_cond present = *cond;
    if (dt_slice_eq_nocase(cond->name, DT_S("Host")))
        return refuse(made, cond, "the Host field: write a host matcher");
    if (cond->count)
        return put_list(made, cond, "header", cond->name);
    present.negated = !cond->negated;
    return option(made, &present, "header", cond->name, DT_SLICE_NONE);
}

/* The form of a condition for a cookie. */
static bool cookie_form(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond)
{
    struct dt_slice rest = cond->args[0];
    struct dt_buf name, values;
    dt_buf_init(&name, 4096);
    dt_buf_init(&values, DT_LIMIT_LINE);
    bool fine = dt_caddy_cut(&rest, "(?:^|;)[ \\t]*");
    rest = dt_slice_from(rest, dt_caddy_literal(rest, &name));
    fine = fine && dt_caddy_cut(&rest, "[ \\t]*=");
    if (fine && rest.len) {
        fine = dt_caddy_cut(&rest, "[ \\t]*\"?");
        struct dt_slice end = DT_S("\"?[ \\t]*(?:;|$)");
        fine = fine && rest.len >= end.len &&
               dt_slice_eq(dt_slice_from(rest, rest.len - end.len), end);
        struct dt_buf whole;
        dt_buf_init(&whole, DT_LIMIT_LINE);
        bool group = dt_slice_starts(rest, DT_S("(?:"));
        dt_buf_str(&whole, group ? "^" : "^(?:");
        dt_buf_put(&whole, dt_slice_of(rest.ptr, fine ? rest.len - end.len : 0));
        dt_buf_str(&whole, group ? "$" : ")$");
        fine = fine && dt_caddy_globs(dt_buf_slice(&whole), &values);
        dt_buf_release(&whole);
    }
    fine = fine && option(made, cond, "cookie", dt_buf_slice(&name), dt_buf_slice(&values));
    dt_buf_release(&name);
    dt_buf_release(&values);
    return fine;
}

static bool referer_form(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond)
{
    struct dt_slice rest = cond->args[0];
    struct dt_buf values;
    bool fine = true, first = true;
    dt_buf_init(&values, DT_LIMIT_LINE);
    while (fine && (first || dt_caddy_cut(&rest, "|"))) {
        dt_buf_str(&values, first ? "" : ",");
        first = false;
        fine = dt_caddy_cut(&rest, "(?i:^(?:[^/]|/[^/])*?//(?:[^/?#]*@)?");
        if (dt_caddy_cut(&rest, "[^/?#:]+\\."))
            dt_buf_str(&values, "*.");
        else if (dt_caddy_cut(&rest, "(?:[^/?#:]+\\.)?"))
            dt_buf_char(&values, '.');
        rest = dt_slice_from(rest, dt_caddy_literal(rest, &values));
        fine = fine && dt_caddy_cut(&rest, "\\.?(?::[^/?#]*)?(?:[/?#]|$))");
    }
    fine = fine && !rest.len && option(made, cond, "referer", DT_SLICE_NONE, dt_buf_slice(&values));
    dt_buf_release(&values);
    return fine;
}

static bool put_expression(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond)
{
    bool cookie = dt_slice_eq_nocase(cond->name, DT_S("Cookie"));
    bool agent = dt_slice_eq_nocase(cond->name, DT_S("User-Agent"));
    bool referer = dt_slice_eq_nocase(cond->name, DT_S("Referer"));
    struct dt_slice text = cond->args[0];
    struct dt_buf values;
    bool nocase = dt_caddy_cut(&text, "(?i)");
    if ((cookie && cookie_form(made, cond)) || (referer && referer_form(made, cond)))
        return true;
    dt_buf_init(&values, DT_LIMIT_LINE);
    bool fine = (!nocase || agent) && dt_caddy_globs(text, &values);
    if (fine && agent && nocase)
        option(made, cond, "ua", DT_SLICE_NONE, dt_buf_slice(&values));
    else if (fine)
        option(made, cond, "header", cond->name, dt_buf_slice(&values));
    dt_buf_release(&values);
    return fine || refuse(made, cond,
                          "an expression for a field that cannot be spelt out as texts with stars");
}

/* ---- Others ---- */

/* A network without the bits behind its prefix: Caddy takes 127.0.0.1/8. */
static void put_net(struct dt_slice text, struct dt_buf *out)
{
    const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    size_t len = slash ? (size_t)(slash - text.ptr) : text.len;
    struct dt_net whole, net = {.bits = 0};
    char buf[DT_NET_TEXT];
    bool v4 = !memchr(text.ptr, ':', len);
    unsigned bits = 0;
    for (size_t i = len + 1; i < text.len && bits < 1000; i++)
        bits = bits * 10 + (unsigned)(text.ptr[i] - '0');
    if (!slash || memchr(text.ptr, ',', text.len) || bits > (v4 ? 32u : 128u) ||
        dt_net_parse(dt_slice_of(text.ptr, len), &whole) != DT_OK) {
        dt_buf_put(out, text); /* right as it is, or wrong: the reader of ip= says so */
        return;
    }
    net.bits = (uint8_t)(bits + (v4 ? 96u : 0u));
    for (unsigned i = 0; i < net.bits; i++)
        net.address[i / 8] =
            (uint8_t)(net.address[i / 8] | (whole.address[i / 8] & (0x80u >> i % 8)));
    dt_buf_put(out, dt_net_print(&net, true, buf));
}

static bool put_nets(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond)
{
    struct dt_buf values;
    dt_buf_init(&values, DT_LIMIT_LINE);
    for (size_t i = 0; i < cond->count; i++) {
        struct dt_slice net = cond->args[i];
        if (dt_slice_eq(net, DT_S("forwarded"))) {
            dt_buf_release(&values);
            return refuse(made, cond, "addresses that X-Forwarded-For says: see serve");
        }
        if (dt_slice_eq(net, DT_S("private_ranges")))
            net = DT_S("192.168.0.0/16,172.16.0.0/12,10.0.0.0/8,127.0.0.0/8,fd00::/8,::1");
        dt_buf_str(&values, i ? "," : "");
        put_net(net, &values);
    }
    option(made, cond, "ip", DT_SLICE_NONE, dt_buf_slice(&values));
    dt_buf_release(&values);
    return true;
}

static bool put_protocol(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond)
{
    bool https = dt_slice_eq(cond->args[0], DT_S("https"));
    if (!https && !dt_slice_eq(cond->args[0], DT_S("http")))
        return refuse(made, cond, "a version of HTTP");
    uint8_t scheme = https != cond->negated ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
    if (made->scheme && made->scheme != scheme)
        made->never = true;
    made->scheme = scheme;
    return true;
}

static bool put_param(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond, size_t chosen)
{
    struct dt_slice text = cond->args[chosen];
    const char *equal = text.len ? memchr(text.ptr, '=', text.len) : NULL;
    if (cond->negated || !equal || memchr(text.ptr, '{', text.len))
        return refuse(made, cond, "a query that is refused: name=value, and not its opposite");
    if (dt_slice_eq(dt_slice_of(equal, (size_t)(text.ptr + text.len - equal)), DT_S("=*")))
        text.len -= 2;
    if (made->query.len)
        dt_buf_char(&made->query, '&');
    dt_buf_put(&made->query, text);
    return true;
}

static bool put_vars(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond, size_t chosen)
{
    struct dt_slice name = dt_caddy_long(cond->name);
    if (dt_slice_eq(name, DT_S("http.request.uri.query")) && !cond->negated &&
        !cond->args[chosen].len) {
        made->only = true;
        return true;
    }
    if (dt_slice_eq(name, DT_S("http.request.host")))
        return put_host(made, cond, chosen);
    return refuse(made, cond, "a placeholder that is not asked for here");
}

static bool put_vars_expression(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond)
{
    struct dt_slice name = dt_caddy_long(cond->name);
    if (dt_slice_eq(name, DT_S("http.request.host")))
        return host_form(made, cond);
    if (dt_slice_eq(name, DT_S("http.request.uri.query")) && !cond->negated &&
        dt_caddy_query_form(made, cond->args[0], cond->group))
        return true;
    return refuse(made, cond, "an expression for a placeholder that is not read");
}

static bool put(struct dt_caddy_rule *made, const struct dt_caddy_cond *cond, size_t chosen)
{
    switch ((enum dt_caddy_cond_kind)cond->kind) {
    case DT_CADDY_METHOD:
        return put_list(made, cond, "method", DT_SLICE_NONE);
    case DT_CADDY_HOST:
        return put_host(made, cond, chosen);
    case DT_CADDY_HEADER:
        return put_header(made, cond);
    case DT_CADDY_HEADER_RE:
        return put_expression(made, cond);
    case DT_CADDY_PARAMS:
        return put_param(made, cond, chosen);
    case DT_CADDY_PROTOCOL:
        return put_protocol(made, cond);
    case DT_CADDY_IP:
        return put_nets(made, cond);
    case DT_CADDY_VARS:
        return put_vars(made, cond, chosen);
    case DT_CADDY_VARS_RE:
        return put_vars_expression(made, cond);
    case DT_CADDY_PATH:
    case DT_CADDY_PATH_RE:
    case DT_CADDY_EXACT_PATH:
    case DT_CADDY_PATH_MAP:
    case DT_CADDY_RAW_MAP:
    case DT_CADDY_URI_MAP:
    case DT_CADDY_EXACT_URI:
        break; /* caddy_path.c */
    }
    return true;
}

bool dt_caddy_conds(struct dt_caddy_rule *made)
{
    for (unsigned negated = 0; negated < 2; negated++) /* hosts that it is for come first */
        for (size_t i = 0; i < made->count; i++)
            if (made->conds[i]->negated == negated && !put(made, made->conds[i], made->chosen[i]))
                return false;
    return true;
}
