/* SPDX-License-Identifier: MIT
 *
 * Witnesses: see witness.h. Rules are in normal form, so most of a request is put together from
 * pieces of the rule; only what an expression matches goes through the parser of URLs.
 */
#include "rules/witness/witness_priv.h"

#include "rules/ruleset_priv.h"

#include <detour/uri.h>
#include <stdlib.h>

#define ANY_HOST "www.example.com"
#define ANY_WORD "anything"

/* What of a source is filled how. The first variant of each is the plainest. */
enum star { STAR_WORD, STAR_NONE, STAR_SLASH, STAR_DEEP, STARS };

struct shape {
    enum star star;
    bool https; /* where the rule leaves the scheme open */
    bool below; /* .host: a host below it */
};

struct dt_witness_maker *dt_witness_new(const struct dt_ruleset *set, int64_t now)
{
    struct dt_witness_maker *maker = malloc(sizeof *maker);
    if (!maker)
        return NULL;
    maker->set = set;
    maker->now = now;
    maker->share_key = set->share_key.len ? set->share_key : DT_S("detour");
    return maker;
}

void dt_witness_free(struct dt_witness_maker *maker)
{
    free(maker);
}

static bool has_star(const struct dt_rule *rule)
{
    return rule->path_kind == DT_PATH_PREFIX ||
           ((rule->path_kind == DT_PATH_PATTERN || rule->path_kind == DT_PATH_GLOB) &&
            memchr(rule->path.ptr, DT_PATH_STAR, rule->path.len));
}

/* The shape of a variant's number; false past the last. */
static bool shape_of(const struct dt_rule *rule, unsigned variant, struct shape *ret)
{
    unsigned stars = has_star(rule) ? rule->path_kind == DT_PATH_GLOB ? 2 : STARS : 1;
    if (rule->flags & DT_RULE_OPEN) /* what the star takes may have to be a host */
        stars = 1;
    unsigned schemes = rule->scheme == DT_SCHEME_ANY ? 2 : 1;
    unsigned hosts = rule->host_kind == DT_HOST_DOMAIN ? 2 : 1;
    if (variant >= stars * schemes * hosts)
        return false;
    ret->star = (enum star)(variant % stars);
    ret->https = variant / stars % schemes;
    ret->below = variant / stars / schemes;
    return true;
}

static struct dt_slice since(const struct dt_out *out, size_t from)
{
    return dt_slice_of(out->start + from, dt_out_len(out) - from);
}

/* Rules that ignore case are kept in lower case, their escapes too; requests have "%2F". */
static void raise_escapes(char *pos, const char *end)
{
    for (; pos + 2 < end; pos++)
        for (int i = 1; *pos == '%' && i < 3; i++)
            if (pos[i] >= 'a' && pos[i] <= 'f')
                pos[i] = (char)(pos[i] - 'a' + 'A');
}

/* ---- Pieces ---- */

static void put_host(struct dt_witness_maker *maker, const struct dt_rule *rule, bool below,
                     struct dt_request *request)
{
    struct dt_out *out = &maker->out;
    size_t from = dt_out_len(out);
    switch ((enum dt_host_kind)rule->host_kind) {
    case DT_HOST_ANY:
        dt_out_put(out, DT_S(ANY_HOST));
        break;
    case DT_HOST_SUBDOMAINS:
        dt_out_put(out, DT_S(ANY_WORD "."));
        break;
    case DT_HOST_DOMAIN:
        dt_out_put(out, below ? DT_S(ANY_WORD ".") : DT_S(""));
        break;
    case DT_HOST_LABELS:
        for (unsigned i = 0; i < rule->more->labels; i++) {
            dt_out_put(out, DT_S("any"));
            dt_out_uint(out, i + 1);
            dt_out_char(out, '.');
        }
        break;
    case DT_HOST_EXACT:
        break;
    }
    dt_out_put(out, rule->host);
    request->host = since(out, from);
}

static void put_star(struct dt_out *out, enum star star, bool folder)
{
    if (star == STAR_NONE)
        return;
    if (folder)
        dt_out_char(out, '/');
    if (star != STAR_SLASH)
        dt_out_put(out, DT_S(ANY_WORD));
    if (star == STAR_DEEP)
        dt_out_put(out, DT_S("/else"));
}

static void put_path(struct dt_witness_maker *maker, const struct dt_rule *rule, enum star star,
                     struct dt_request *request)
{
    struct dt_out *out = &maker->out;
    bool marked = rule->path_kind == DT_PATH_PATTERN || rule->path_kind == DT_PATH_GLOB;
    size_t from = dt_out_len(out);
    unsigned names = 0;
    if (!marked)
        dt_out_put(out, rule->path);
    for (size_t i = 0; marked && i < rule->path.len; i++) {
        char c = rule->path.ptr[i];
        bool folder = rule->path_kind == DT_PATH_PATTERN && c == DT_PATH_STAR;
        if (c == DT_PATH_NAME) {
            dt_out_put(out, DT_S(ANY_WORD));
            if (++names > 1)
                dt_out_uint(out, names);
        } else if (c == DT_PATH_STAR) {
            if (folder && dt_out_len(out) > from)
                out->pos--; /* the slash is the star's */
            put_star(out, star, folder);
        } else {
            dt_out_char(out, c);
        }
    }
    if (rule->path_kind == DT_PATH_PREFIX)
        put_star(out, star, true);
    bool lost = (rule->flags & DT_RULE_IGNORE_SLASH) && rule->path_kind != DT_PATH_PREFIX &&
                rule->path.len && rule->path.ptr[rule->path.len - 1] == '/';
    if (lost || dt_out_len(out) == from) /* what ignores a slash is kept without it */
        dt_out_char(out, '/');
    request->path = since(out, from);
}

static bool captured(const struct dt_rule *rule, struct dt_slice name)
{
    for (unsigned i = 0; rule->more && i < rule->more->nqueries; i++)
        if (dt_slice_eq(rule->more->queries[i], name))
            return true;
    return false;
}

static void put_query(struct dt_witness_maker *maker, const struct dt_rule *rule,
                      struct dt_request *request)
{
    struct dt_out *out = &maker->out;
    size_t from = dt_out_len(out);
    for (unsigned i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        if (i)
            dt_out_char(out, '&');
        dt_out_put(out, param->name);
        if (!param->any_value || captured(rule, param->name))
            dt_out_char(out, '=');
        if (!param->any_value)
            dt_out_put(out, param->value);
        else if (captured(rule, param->name))
            dt_out_put(out, DT_S(ANY_WORD));
    }
    request->query = since(out, from);
}

/* ---- Expressions ---- */

/* A path from what an expression matches, which may be a piece of one. */
static bool take_path(struct dt_witness_maker *maker, struct dt_slice text, struct dt_slice *ret)
{
    struct dt_out *out = &maker->out;
    size_t from = dt_out_len(out);
    if (text.len == 0 || text.ptr[0] != '/')
        dt_out_put(out, DT_S("/"));
    dt_out_put(out, text);
    struct dt_slice raw = since(out, from);
    size_t room = dt_out_room(out);
    if (out->overflow || raw.len == 0 || memchr(raw.ptr, '?', raw.len) ||
        memchr(raw.ptr, '#', raw.len) || dt_norm_path(raw, out->pos, room, ret))
        return false;
    bool same = ret->ptr == raw.ptr;
    if (!same)
        out->pos += ret->len;
    return same; /* what was normalised may not match any more */
}

static bool take_url(struct dt_witness_maker *maker, const struct dt_rule *rule,
                     struct dt_slice text, bool https, struct dt_request *request)
{
    struct dt_out *out = &maker->out;
    size_t from = dt_out_len(out);
    struct dt_url url = {0};
    if (rule->flags & DT_RULE_RELATIVE)
        dt_out_put(out, https ? DT_S("https:") : DT_S("http:"));
    dt_out_put(out, text);
    struct dt_slice raw = since(out, from);
    if (out->overflow || dt_url_parse(raw, NULL, &url))
        return false;
    const struct {
        struct dt_slice from, *to;
    } parts[] = {
        {url.host, &request->host}, {url.path, &request->path}, {url.query, &request->query}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t start = dt_out_len(out);
        dt_out_put(out, parts[i].from);
        *parts[i].to = since(out, start);
    }
    request->scheme = dt_slice_eq(url.scheme, DT_S("https")) ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
    request->port = dt_url_port(&url);
    /* What the parser changed, but for the slash of an empty path, may not match any more. */
    bool same = dt_slice_eq(url.href, raw) || (url.href.len == raw.len + 1 && url.path.len == 1 &&
                                               dt_slice_starts(url.href, raw));
    bool fine = dt_url_is_http(&url) && url.username.len == 0 && same && !url.has_fragment;
    dt_url_release(&url);
    return fine;
}

static bool put_expression(struct dt_witness_maker *maker, const struct dt_rule *rule,
                           const struct shape *shape, struct dt_request *request)
{
    struct dt_out *out = &maker->out;
    size_t room = dt_out_room(out) / 2;
    struct dt_slice text;
    if (!dt_regex_example(rule->path, rule->flags & DT_RULE_IGNORE_CASE, out->pos, room, &text))
        return false;
    out->pos += text.len;
    if (rule->flags & DT_RULE_URL)
        return take_url(maker, rule, text, shape->https, request);
    return take_path(maker, text, &request->path);
}

/* ---- All ---- */

static void put_url(struct dt_witness_maker *maker, const struct dt_request *request,
                    struct dt_slice *ret)
{
    struct dt_out *out = &maker->out;
    size_t from = dt_out_len(out);
    bool https = request->scheme == DT_SCHEME_HTTPS;
    dt_out_put(out, https ? DT_S("https://") : DT_S("http://"));
    dt_out_put(out, request->host);
    if (request->port != (https ? 443 : 80)) {
        dt_out_char(out, ':');
        dt_out_uint(out, request->port);
    }
    dt_out_put(out, request->path);
    if (request->query.len) {
        dt_out_char(out, '?');
        dt_out_put(out, request->query);
    }
    *ret = since(out, from);
}

bool dt_witness_make(struct dt_witness_maker *maker, uint32_t number, unsigned variant,
                     struct dt_witness *ret)
{
    const struct dt_rule *rule = dt_ruleset_rule(maker->set, number);
    struct dt_request *request = &ret->request;
    struct shape shape;
    if (!shape_of(rule, variant, &shape))
        return false;
    maker->out = dt_out_init(maker->mem, sizeof maker->mem);
    maker->nfields = 0;
    memset(ret, 0, sizeof *ret);
    bool https = rule->scheme == DT_SCHEME_ANY ? shape.https : rule->scheme == DT_SCHEME_HTTPS;
    request->scheme = https ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP;
    request->port = rule->port ? rule->port : https ? 443 : 80;
    put_host(maker, rule, shape.below, request);
    if (rule->path_kind == DT_PATH_REGEX) {
        if (!put_expression(maker, rule, &shape, request))
            return false;
    } else {
        size_t from = dt_out_len(&maker->out);
        put_path(maker, rule, shape.star, request);
        put_query(maker, rule, request);
        if (rule->flags & DT_RULE_IGNORE_CASE)
            raise_escapes(maker->mem + from, maker->out.pos);
    }
    if (rule->conditions) {
        if (!dt_witness_conditions(maker, dt_ruleset_conditions(maker->set, rule->conditions),
                                   request))
            return false;
    } else {
        request->method = DT_S("GET");
        request->now = maker->now;
    }
    put_url(maker, request, &ret->url);
    return !maker->out.overflow;
}
