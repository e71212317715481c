/* SPDX-License-Identifier: MIT
 *
 * A Caddyfile: its global options, and its sites in the order in which Caddy asks them: those that
 * name longer hosts first, then those with a star, then those for every host. Caddy asks one site
 * only: so a site ends with a rule that lets the request pass, where another would fit too.
 *
 * A site whose address is a name alone is served by https, and Caddy sends http there by itself.
 * That is not read as a rule, for it is about certificates: such a site's rules are for both.
 */
#include "rules/dialects/caddy/caddy.h"

#include "rules/dialects/dialect.h"
#include "rules/read/native_scan.h"

struct address {
    struct dt_slice host;
    uint16_t port; /* that is neither Caddy's for http nor for https */
    uint8_t scheme;
    bool wild;
};

struct site {
    const struct dt_caddy_node *node;
    struct address *list;
    size_t count;
    size_t longest; /* of its hosts, without stars */
    bool wild;      /* one has a star, or there is none */
};

struct dt_slice dt_caddy_at(struct dt_caddy *caddy, const struct dt_caddy_token *token)
{
    struct dt_reader *reader = caddy->reader;
    reader->file = token->file;
    reader->line = token->line;
    reader->text = dt_ruleset_line(reader->set, token->file, token->line);
    struct dt_slice at = dt_slice_from(reader->text, token->col - 1);
    if (token->span < at.len)
        at.len = token->span;
    return at;
}

void *dt_caddy_new(struct dt_caddy *caddy, size_t size)
{
    void *mem = dt_arena_alloc(&caddy->reader->set->arena, size);
    if (!mem) {
        dt_reader_nomem(caddy->reader);
        return NULL;
    }
    return memset(mem, 0, size);
}

struct dt_slice dt_caddy_keep(struct dt_caddy *caddy, struct dt_buf *buf)
{
    struct dt_slice kept = DT_S("");
    if (buf->len && !dt_buf_err(buf))
        kept = dt_arena_copy(&caddy->reader->set->arena, dt_buf_slice(buf));
    if (!kept.ptr || dt_buf_err(buf) == DT_ERR_NOMEM)
        dt_reader_nomem(caddy->reader);
    else if (dt_buf_err(buf))
        dt_reader_error(caddy->reader, caddy->reader->text, "line-long",
                        "too long when written out");
    dt_buf_release(buf);
    return kept;
}

/* ---- Addresses ---- */

static bool read_port(struct dt_slice text, uint16_t *ret)
{
    unsigned value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!dt_is_digit(text.ptr[i]) || value > 6553)
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *ret = (uint16_t)value;
    return text.len && value && value <= 65535;
}

static bool read_address(struct dt_caddy *caddy, const struct dt_caddy_token *token,
                         struct address *ret)
{
    struct dt_slice text = token->text;
    uint16_t port = 0;
    *ret = (struct address){0};
    text.len -= text.len && text.ptr[text.len - 1] == ',';
    size_t scheme = dt_scan_http(text);
    text = dt_slice_from(text, scheme);
    size_t len = dt_scan_authority(text);
    if (len < text.len && !dt_slice_eq(dt_slice_from(text, len), DT_S("/")))
        return DT_CADDY_REFUSE(caddy, token, "caddy-address", "a path in a site's address");
    text.len = len;
    const char *colon = text.ptr && len ? memrchr(text.ptr, ':', len) : NULL;
    if (colon && !memchr(colon, ']', (size_t)(text.ptr + len - colon))) {
        struct dt_slice digits = dt_slice_from(text, (size_t)(colon - text.ptr) + 1);
        if (!read_port(digits, &port))
            return DT_CADDY_REFUSE(caddy, token, "caddy-address", "a port that is none");
        text.len = (size_t)(colon - text.ptr);
    }
    if (text.len && (memchr(text.ptr, '{', text.len) || memchr(text.ptr + 1, '*', text.len - 1) ||
                     dt_slice_eq(text, DT_S("*"))))
        return DT_CADDY_REFUSE(caddy, token, "caddy-address",
                               "a host that is neither a name nor begins with *.");
    ret->host = text;
    ret->wild = text.len && text.ptr[0] == '*';
    ret->scheme = scheme == 7 ? DT_SCHEME_HTTP : scheme ? DT_SCHEME_HTTPS : DT_SCHEME_ANY;
    if (port == caddy->http_port || port == caddy->https_port)
        ret->scheme = port == caddy->http_port ? DT_SCHEME_HTTP : DT_SCHEME_HTTPS;
    else
        ret->port = port;
    if (!port && !scheme && !caddy->auto_https)
        ret->scheme = DT_SCHEME_HTTPS;
    if (!port && !scheme && caddy->auto_https && !caddy->auto_told) {
        caddy->auto_told = true;
        dt_reader_warn(caddy->reader, dt_caddy_at(caddy, token), "caddy-auto-https",
                       "rules of sites without a scheme are for http too: that Caddy sends it to "
                       "https first is not read as a rule");
    }
    return true;
}

/* http://x and https://x, or x beside them, are x with any scheme. */
static void join_schemes(struct site *site)
{
    for (size_t i = 0; i < site->count; i++) {
        for (size_t j = i + 1; j < site->count; j++) {
            struct address *a = &site->list[i], *b = &site->list[j];
            if (!dt_slice_eq_nocase(a->host, b->host) || a->port || b->port)
                continue;
            if (a->scheme != b->scheme)
                a->scheme = DT_SCHEME_ANY;
            *b = site->list[--site->count];
            j--;
        }
    }
}

static bool read_site(struct dt_caddy *caddy, const struct dt_caddy_node *node, struct site *ret)
{
    *ret = (struct site){.node = node};
    ret->list = dt_caddy_new(caddy, (node->count + 1) * sizeof *ret->list);
    if (!ret->list)
        return false;
    for (size_t i = 0; i < node->count; i++) {
        if (!read_address(caddy, &node->tokens[i], &ret->list[ret->count]))
            return false;
        const struct address *made = &ret->list[ret->count++];
        size_t len = made->host.len - made->wild;
        ret->longest = len > ret->longest ? len : ret->longest;
        ret->wild |= made->wild || !made->host.len;
    }
    join_schemes(ret);
    return true;
}

/* ---- Sites ---- */

/* Does the first site come before the second? As Caddy's sort, which is stable. */
static bool before(const struct site *a, const struct site *b)
{
    if (!a->longest || !b->longest)
        return a->longest && !b->longest;
    if (a->wild != b->wild)
        return b->wild;
    return a->longest > b->longest;
}

static void sort_sites(struct site *list, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && before(&list[j], &list[j - 1]); j--) {
            struct site kept = list[j];
            list[j] = list[j - 1];
            list[j - 1] = kept;
        }
}

/* Is there a site behind it that could fit the same host? */
static bool is_last(const struct site *list, size_t at, size_t count, const struct address *host)
{
    for (size_t i = at + 1; i < count; i++)
        for (size_t k = 0; k < list[i].count; k++) {
            const struct address *other = &list[i].list[k];
            if (!host->host.len || !other->host.len || other->wild || host->wild)
                return false;
        }
    return true;
}

/* With a site alone (no host, no scheme) the rule that ends it would end all. */
static void walk_site(struct dt_caddy *caddy, const struct site *list, size_t at, size_t count)
{
    const struct site *site = &list[at];
    for (size_t i = 0; i < site->count && !caddy->reader->set->err; i++) {
        const struct address *address = &site->list[i];
        struct dt_caddy_when when = {
            .host = address->host,
            .port = address->port,
            .scheme = address->scheme,
            .wild = address->wild,
        };
        dt_caddy_walk(caddy, site->node->children, &when, is_last(list, at, count, address));
    }
}

/* ---- Global options ---- */

static void read_option(struct dt_caddy *caddy, const struct dt_caddy_node *node)
{
    bool http = dt_caddy_named(node, "http_port"), https = dt_caddy_named(node, "https_port");
    uint16_t port;
    if ((http || https) && node->count == 2) {
        if (!read_port(node->tokens[1].text, &port))
            (void)DT_CADDY_REFUSE(caddy, &node->tokens[1], "caddy-address", "a port that is none");
        else if (http)
            caddy->http_port = port;
        else
            caddy->https_port = port;
    } else if (dt_caddy_named(node, "auto_https") && node->count == 2) {
        caddy->auto_https = !dt_caddy_is_text(&node->tokens[1], "off") &&
                            !dt_caddy_is_text(&node->tokens[1], "disable_redirects");
    } else if (dt_caddy_named(node, "order")) {
        (void)DT_CADDY_REFUSE(caddy, node->tokens, "caddy-order",
                              "another order of directives than Caddy's own");
    } /* all others are about how it is served */
}

static void tell_passed(struct dt_caddy *caddy)
{
    struct dt_reader *reader = caddy->reader;
    for (const struct dt_caddy_passed *p = caddy->passed; p && !reader->set->err; p = p->next) {
        struct dt_slice at = dt_caddy_at(caddy, p->at);
        dt_reader_warn(reader, at, "caddy-passed-over",
                       "%.*s is passed over: it does not redirect%s", DT_SLICE_FMT(p->name),
                       p->count > 1 ? ", here and below" : "");
    }
}

bool dt_caddy_is(const struct dt_look *look)
{
    return dt_slice_eq_nocase(look->base, DT_S("Caddyfile")) ||
           dt_slice_starts(look->base, DT_S("Caddyfile.")) ||
           dt_look_ends(look->base, DT_S(".caddyfile")) || dt_look_ends(look->base, DT_S(".caddy"));
}

static void read_sites(struct dt_caddy *caddy, const struct dt_caddy_node *nodes)
{
    size_t count = 0;
    for (const struct dt_caddy_node *node = nodes; node; node = node->next)
        count++;
    struct site *sites = dt_caddy_new(caddy, (count + 1) * sizeof *sites);
    count = 0;
    for (const struct dt_caddy_node *node = nodes; node && sites; node = node->next) {
        if (node->count) {
            count += read_site(caddy, node, &sites[count]);
            continue;
        }
        for (const struct dt_caddy_node *line = node->children; line; line = line->next)
            read_option(caddy, line);
    }
    if (!sites)
        return;
    sort_sites(sites, count);
    for (size_t i = 0; i < count; i++)
        walk_site(caddy, sites, i, count);
}

void dt_caddy_read(struct dt_reader *reader)
{
    const struct dt_caddy_token *tokens;
    struct dt_caddy_node *nodes = NULL;
    size_t count;
    struct dt_caddy *caddy = dt_arena_alloc(&reader->set->arena, sizeof *caddy);
    if (!caddy) {
        dt_reader_nomem(reader);
        return;
    }
    *caddy =
        (struct dt_caddy){.reader = reader, .http_port = 80, .https_port = 443, .auto_https = true};
    uint32_t file = reader->file;
    reader->set->first_wanted = "Caddy";
    while (dt_reader_next(reader)) {
        bool fine = dt_reader_check_text(reader, reader->text, dt_scan_bits(reader->text));
        if (!fine)
            return;
    }
    if (!dt_caddy_lex(caddy, file, &tokens, &count) || !dt_caddy_tree(caddy, tokens, count, &nodes))
        return;
    read_sites(caddy, nodes);
    tell_passed(caddy);
    reader->file = file;
}
