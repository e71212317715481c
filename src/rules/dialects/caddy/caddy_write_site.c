/* SPDX-License-Identifier: MIT
 *
 * Sites. Caddy asks one site only, so a site has all rules that are for its host: its own, and
 * those for every host. When the others come last, as they mostly do, they are a snippet that all
 * sites import.
 *
 * A site without a host is for all others. Every site is for http and https, unless rules tell
 * them apart; and it ends as Detour does, with a 404.
 */
#include "rules/dialects/caddy/caddy_write_block.h"

#include <stdlib.h>

#define EVERYWHERE "everywhere"

struct group {
    struct dt_slice host; /* empty: all others */
    size_t first, last;   /* of its own lines */
    const size_t *own;    /* their numbers, ascending */
    size_t count;
};

struct sites {
    struct dt_write *write;
    const struct dt_caddy_line *lines;
    size_t count;
    size_t *others; /* lines that are not for one host */
    size_t nothers;
    bool snippet;
    bool schemes; /* a line tells http from https, or has a port */
};

/* A listener: 0 and 0 are http and https. */
struct listener {
    uint16_t port;
    uint8_t scheme;
};

static uint16_t own_port(uint8_t scheme)
{
    return scheme == DT_SCHEME_HTTPS ? 443 : 80;
}

/* ---- Which lines ---- */

/* Is a host pattern for this host? */
static bool covers(const struct dt_rule *rule, struct dt_slice host)
{
    if (rule->host_kind == DT_HOST_ANY || !host.len)
        return true;
    struct dt_slice name = rule->host;
    if (host.len < name.len || !dt_slice_eq(dt_slice_from(host, host.len - name.len), name))
        return false;
    size_t before = host.len - name.len;
    if (!before)
        return rule->host_kind == DT_HOST_DOMAIN;
    if (host.ptr[before - 1] != '.')
        return false;
    unsigned labels = 0;
    for (size_t i = 0; i < before; i++)
        labels += host.ptr[i] == '.';
    return rule->host_kind != DT_HOST_LABELS || labels == dt_write_labels(rule);
}

static bool listens(const struct dt_rule *rule, struct listener at)
{
    uint16_t port =
        rule->port && rule->scheme && rule->port == own_port(rule->scheme) ? 0 : rule->port;
    if (port)
        return port == at.port && rule->scheme == at.scheme;
    return !rule->scheme || rule->scheme == at.scheme;
}

/* ---- One site ---- */

static void put_address(struct dt_buf *out, struct dt_slice host, struct listener at)
{
    static const char *const schemes[] = {"http", "http", "https"};
    if (!at.scheme) {
        dt_buf_printf(out, "http://%.*s, https://%.*s", DT_SLICE_FMT(host), DT_SLICE_FMT(host));
        return;
    }
    dt_buf_printf(out, "%s://%.*s", schemes[at.scheme], DT_SLICE_FMT(host));
    if (at.port)
        dt_buf_printf(out, ":%u", at.port);
}

/* The group's lines and all others' that are for it, in order. */
static void put_lines(struct sites *sites, const struct group *group, struct listener at,
                      bool others, struct dt_caddy_blocks *blocks)
{
    size_t i = 0, j = 0, none = SIZE_MAX;
    while (i < group->count || (others && j < sites->nothers)) {
        size_t own = i < group->count ? group->own[i] : none;
        size_t other = others && j < sites->nothers ? sites->others[j] : none;
        const struct dt_caddy_line *line = &sites->lines[own < other ? own : other];
        i += own < other;
        j += own >= other;
        if (listens(line->rule, at) && (own < other || covers(line->rule, group->host)))
            dt_caddy_place(blocks, line);
    }
}

static void put_site(struct sites *sites, const struct group *group, struct listener at)
{
    struct dt_buf *out = &sites->write->out;
    bool import = sites->snippet && (!group->count || group->last < sites->others[0]);
    struct dt_caddy_blocks blocks;
    dt_caddy_blocks_init(&blocks, sites->write, "");
    put_lines(sites, group, at, !import, &blocks);
    import &= !blocks.closed;
    if (blocks.count || import) {
        dt_buf_str(out, out->len ? "\n" : "");
        put_address(out, group->host, at);
        dt_buf_str(out, " {\n");
        dt_caddy_blocks_put(&blocks, import || blocks.closed ? NULL : "respond 404", false, out);
        dt_buf_str(out, import ? "\timport " EVERYWHERE "\n" : "");
        dt_buf_str(out, "}\n");
    }
    dt_caddy_blocks_release(&blocks);
}

static bool same_listener(struct listener a, struct listener b)
{
    return a.port == b.port && a.scheme == b.scheme;
}

/* http and https, and every other port that a line of the group has. */
static void put_group(struct sites *sites, const struct group *group)
{
    struct listener seen[16];
    size_t count = 0;
    if (!sites->schemes) {
        put_site(sites, group, (struct listener){0, 0});
        return;
    }
    bool apart = false;
    for (size_t i = 0; i < group->count + sites->nothers; i++) {
        size_t at = i < group->count ? group->own[i] : sites->others[i - group->count];
        const struct dt_rule *rule = sites->lines[at].rule;
        apart |= rule->scheme != DT_SCHEME_ANY;
        struct listener port = {rule->port, rule->scheme};
        if (!rule->port || rule->port == own_port(rule->scheme))
            continue;
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known |= same_listener(seen[k], port);
        if (!known && count < sizeof seen / sizeof *seen)
            seen[count++] = port;
    }
    if (!apart) {
        put_site(sites, group, (struct listener){0, 0});
        return;
    }
    put_site(sites, group, (struct listener){0, DT_SCHEME_HTTP});
    put_site(sites, group, (struct listener){0, DT_SCHEME_HTTPS});
    for (size_t k = 0; k < count; k++)
        put_site(sites, group, seen[k]);
}

/* ---- All of them ---- */

struct by_host {
    struct dt_slice host;
    size_t line;
};

static int compare_hosts(const void *a, const void *b)
{
    const struct by_host *x = a, *y = b;
    int order = dt_slice_cmp(x->host, y->host);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int compare_groups(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

/* The lines of each host; the groups in the order of their first lines. */
static size_t gather(struct sites *sites, struct by_host *by, size_t *numbers, struct group *groups)
{
    size_t own = 0, count = 0;
    for (size_t i = 0; i < sites->count; i++) {
        const struct dt_rule *rule = sites->lines[i].rule;
        sites->schemes |= rule->scheme || rule->port;
        if (rule->host_kind == DT_HOST_EXACT)
            by[own++] = (struct by_host){rule->host, i};
        else
            sites->others[sites->nothers++] = i;
    }
    qsort(by, own, sizeof *by, compare_hosts);
    for (size_t i = 0; i < own; i++) {
        numbers[i] = by[i].line;
        if (!i || !dt_slice_eq(by[i].host, by[i - 1].host))
            groups[count++] =
                (struct group){.host = by[i].host, .first = by[i].line, .own = &numbers[i]};
        groups[count - 1].last = by[i].line;
        groups[count - 1].count++;
    }
    qsort(groups, count, sizeof *groups, compare_groups);
    return count;
}

static void put_snippet(struct sites *sites)
{
    struct dt_caddy_blocks blocks;
    const struct group none = {.host = DT_SLICE_NONE};
    dt_caddy_blocks_init(&blocks, sites->write, "any_");
    put_lines(sites, &none, (struct listener){0, 0}, true, &blocks);
    dt_buf_str(&sites->write->out, "(" EVERYWHERE ") {\n");
    dt_caddy_blocks_put(&blocks, blocks.closed ? NULL : "respond 404", true, &sites->write->out);
    dt_buf_str(&sites->write->out, "}\n");
    dt_caddy_blocks_release(&blocks);
}

void dt_caddy_sites(struct dt_write *write, const struct dt_caddy_line *lines, size_t count)
{
    struct sites sites = {.write = write, .lines = lines, .count = count};
    struct dt_arena *arena = &write->arena;
    struct by_host *by = dt_arena_alloc(arena, (count + 1) * sizeof *by);
    size_t *numbers = dt_arena_alloc(arena, (count + 1) * sizeof *numbers);
    struct group *groups = dt_arena_alloc(arena, (count + 1) * sizeof *groups);
    sites.others = dt_arena_alloc(arena, (count + 1) * sizeof *sites.others);
    if (!by || !numbers || !groups || !sites.others) {
        write->out.err = DT_ERR_NOMEM;
        return;
    }
    size_t ngroups = gather(&sites, by, numbers, groups);
    bool apart = false;
    for (size_t i = 0; i < sites.nothers; i++)
        apart |= lines[sites.others[i]].rule->scheme != DT_SCHEME_ANY;
    for (size_t i = 0; i < ngroups && sites.nothers && !apart; i++)
        sites.snippet |= groups[i].last < sites.others[0];
    if (sites.snippet)
        put_snippet(&sites);
    for (size_t i = 0; i < ngroups; i++)
        put_group(&sites, &groups[i]);
    const struct group others = {.host = DT_SLICE_NONE};
    if (sites.nothers)
        put_group(&sites, &others);
}
