/* SPDX-License-Identifier: MIT
 *
 * nginx's configuration: a whole nginx.conf, a file with server blocks, or lines that stand in one.
 * First the maps are read, for they may be spoken of before they come; then each server is
 * followed, in the order in which nginx chooses one: by an exact name, by a name with a wildcard in
 * front, one behind, by an expression, and the standard server for all other hosts.
 */
#include "rules/dialects/nginx/nginx.h"

#include "rules/dialects/apache/apache_literal.h"
#include "rules/dialects/dialect.h"
#include "rules/dialects/pattern.h"
#include "rules/read/native_scan.h"

#include <stdlib.h>

static bool is_any(const struct dt_nginx_dir *dir, const char *const *names)
{
    for (; *names; names++)
        if (dt_nginx_is_named(dir, *names))
            return true;
    return false;
}

/* ---- Files that are included ---- */

static const char *const tables[] = {"map", "geo", "types", "split_clients", "upstream", NULL};

/* Puts what is included in the place of each `include`. */
static void splice(struct dt_nginx *nginx, struct dt_nginx_dir **at, unsigned depth)
{
    while (*at && !nginx->reader->set->err) {
        struct dt_nginx_dir *dir = *at, *others = NULL;
        if (dir->children && !is_any(dir, tables))
            splice(nginx, &dir->children, depth);
        if (!dt_nginx_is_named(dir, "include") || dir->count != 2) {
            at = &dir->next;
            continue;
        }
        size_t errors = nginx->reader->set->error_count;
        if (depth == DT_LIMIT_DEPTH || !dt_nginx_include(nginx->reader, &dir->words[1], &others)) {
            if (nginx->reader->set->error_count == errors)
                DT_NGINX_WARN(nginx->reader, &dir->words[1], "include-missing",
                              "%.*s cannot be had, and is passed over",
                              DT_SLICE_FMT(dir->words[1].text));
            *at = dir->next;
            continue;
        }
        splice(nginx, &others, depth + 1);
        *at = others ? others : dir->next;
        while (others && others->next)
            others = others->next;
        if (others) {
            others->next = dir->next;
            at = &others->next;
        }
    }
}

/* ---- What is passed over ---- */

static void pass_over(struct dt_nginx *nginx, const struct dt_nginx_word *word)
{
    struct dt_nginx_passed **at = &nginx->passed;
    while (*at && !dt_slice_eq((*at)->name, word->text))
        at = &(*at)->next;
    if (!*at) {
        *at = dt_arena_alloc(&nginx->reader->set->arena, sizeof **at);
        if (!*at) {
            dt_reader_nomem(nginx->reader);
            return;
        }
        **at = (struct dt_nginx_passed){.name = word->text, .word = word};
    }
    (*at)->count++;
}

static void tell_passed(struct dt_nginx *nginx)
{
    for (const struct dt_nginx_passed *p = nginx->passed; p && !nginx->reader->set->err;
         p = p->next) {
        if (p->count > 1)
            DT_NGINX_WARN(nginx->reader, p->word, "nginx-passed-over",
                          "%.*s is passed over: it does not redirect (here and in %u more places)",
                          DT_SLICE_FMT(p->name), p->count - 1);
        else
            DT_NGINX_WARN(nginx->reader, p->word, "nginx-passed-over",
                          "%.*s is passed over: it does not redirect", DT_SLICE_FMT(p->name));
    }
}

/* What is read, and what says only how the server itself is to work. */
static const char *const read_elsewhere[] = {"if",
                                             "return",
                                             "rewrite",
                                             "set",
                                             "break",
                                             "listen",
                                             "server_name",
                                             "map",
                                             "geo",
                                             "events",
                                             "http",
                                             "server",
                                             "location",
                                             "absolute_redirect",
                                             "merge_slashes",
                                             "map_hash_max_size",
                                             "map_hash_bucket_size",
                                             "server_names_hash_max_size",
                                             "server_names_hash_bucket_size",
                                             "variables_hash_max_size",
                                             "variables_hash_bucket_size",
                                             NULL};

static void look_over(struct dt_nginx *nginx, const struct dt_nginx_dir *dirs)
{
    static const char *const within[] = {"http", "server", "location", "if", NULL};
    for (const struct dt_nginx_dir *dir = dirs; dir; dir = dir->next) {
        if (!is_any(dir, read_elsewhere))
            pass_over(nginx, dir->words);
        else if (is_any(dir, within))
            look_over(nginx, dir->children);
    }
}

/* ---- Servers ---- */

static void read_listen(struct dt_nginx_server *server, const struct dt_nginx_dir *dir)
{
    bool ssl = false;
    for (unsigned i = 1; i < dir->count; i++) {
        struct dt_slice word = dir->words[i].text;
        ssl |= dt_slice_eq(word, DT_S("ssl"));
        server->standard |=
            dt_slice_eq(word, DT_S("default_server")) || dt_slice_eq(word, DT_S("default"));
    }
    if (ssl)
        server->https = true;
    else
        server->http = true;
}

static void read_name(struct dt_nginx *nginx, struct dt_nginx_server *server,
                      const struct dt_nginx_word *word)
{
    struct dt_slice name = word->text;
    struct dt_host_pattern pattern;
    if (name.len == 0 || dt_slice_eq(name, DT_S("_"))) {
        server->catch_all = true;
        return;
    }
    if (name.ptr[0] == '~') {
        if (server->regex_count == 8) {
            DT_NGINX_ERROR(nginx->reader, word, "source-host", "more expressions than are read");
            return;
        }
        server->regex_words[server->regex_count] = word;
        server->regexes[server->regex_count++] = dt_slice_from(name, 1);
        return;
    }
    bool behind = name.len > 2 && dt_slice_eq(dt_slice_from(name, name.len - 2), DT_S(".*"));
    dt_nginx_go_to(nginx->reader, word);
    if (!behind && !dt_source_host(nginx->reader, name, &pattern))
        return;
    if (!server->first_name.len && !behind && name.ptr[0] != '*')
        server->first_name = dt_slice_from(name, name.ptr[0] == '.');
    if (name.ptr[0] == '.') { /* the host, and all below */
        const struct dt_slice parts[] = {DT_S("*"), name};
        server->hosts[server->host_count++] = (struct dt_nginx_host){dt_slice_from(name, 1), false};
        name = dt_pattern_join(nginx->reader, parts, 2);
    }
    server->hosts[server->host_count++] =
        (struct dt_nginx_host){name, dt_slice_starts(name, DT_S("*."))};
}

static void read_server(struct dt_nginx *nginx, const struct dt_nginx_dir *dir)
{
    struct dt_nginx_server server = {.dir = dir, .children = dir->children};
    void *mem = nginx->servers;
    unsigned names = 0;
    bool named = false;
    for (const struct dt_nginx_dir *d = dir->children; d; d = d->next)
        if (dt_nginx_is_named(d, "server_name"))
            names += 2 * d->count;
    server.hosts = dt_arena_alloc(&nginx->reader->set->arena, (names + 1) * sizeof *server.hosts);
    if (!server.hosts || !dt_grow(&mem, nginx->server_count, &nginx->server_cap, sizeof server)) {
        dt_reader_nomem(nginx->reader);
        return;
    }
    nginx->servers = mem;
    for (const struct dt_nginx_dir *d = dir->children; d; d = d->next) {
        if (dt_nginx_is_named(d, "listen"))
            read_listen(&server, d);
        for (unsigned i = 1; dt_nginx_is_named(d, "server_name") && i < d->count; i++) {
            read_name(nginx, &server, &d->words[i]);
            named = true;
        }
    }
    server.catch_all |= !named;
    if (!server.http && !server.https)
        server.http = true;
    nginx->servers[nginx->server_count++] = server;
}

/* Maps and servers, wherever they stand. */
static void gather(struct dt_nginx *nginx, const struct dt_nginx_dir *dirs, bool servers)
{
    for (const struct dt_nginx_dir *dir = dirs; dir; dir = dir->next) {
        if (dt_nginx_is_named(dir, "http"))
            gather(nginx, dir->children, servers);
        else if (servers && dt_nginx_is_named(dir, "server") && dir->block)
            read_server(nginx, dir);
        else if (!servers && (dt_nginx_is_named(dir, "map") || dt_nginx_is_named(dir, "geo")))
            (void)dt_nginx_table_read(nginx, dir, dt_nginx_is_named(dir, "geo"));
    }
}

/* ---- The order of servers ---- */

static bool is_pass(const struct dt_ruleset *set, size_t rule)
{
    return dt_ruleset_action(set, set->rules[rule].action)->status == DT_STATUS_PASS;
}

/* For every path, whatever else: nothing is left over. */
static bool is_for_all(const struct dt_rule *rule)
{
    return rule->path_kind == DT_PATH_PREFIX && rule->path.len == 0 && rule->nparams == 0 &&
           rule->conditions == 0 && !(rule->flags & DT_RULE_EXACT_QUERY);
}

/* One server, for some of its hosts. more: other servers may take what its rules leave over. */
static void run_server(struct dt_nginx *nginx, const struct dt_nginx_server *server,
                       struct dt_nginx_want *want, uint8_t scheme, bool more)
{
    struct dt_ruleset *set = nginx->reader->set;
    size_t first = set->count;
    want->scheme = scheme;
    want->latest = want->host_regex.len ? DT_NGINX_OF_HOST : DT_NGINX_NO_GROUPS;
    nginx->server = server;
    dt_nginx_follow(nginx, server->children, want);
    while (set->count > first && is_pass(set, set->count - 1))
        set->count--;
    if (more && !(set->count > first && is_for_all(&set->rules[set->count - 1]))) {
        const struct dt_nginx_answer answer = {.word = server->dir->words};
        (void)dt_nginx_make(nginx, want, &answer);
    }
}

enum name_kind { EXACT, FRONT, BEHIND };

static enum name_kind kind_of(const struct dt_nginx_host *host)
{
    if (host->below)
        return FRONT;
    return host->host.ptr[host->host.len - 1] == '*' ? BEHIND : EXACT;
}

struct turn {
    const struct dt_nginx_server *server;
    const struct dt_nginx_host *host; /* NULL: all exact ones */
    size_t len;
    enum name_kind kind;
};

static int compare(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->len != y->len)
        return x->len > y->len ? -1 : 1;
    return (x->server > y->server) - (x->server < y->server);
}

/* Names in nginx's order; those that are exact are all at once, for no two are alike. */
static void run_names(struct dt_nginx *nginx, const struct dt_nginx_server *standard,
                      uint8_t scheme, bool skip_standard, bool more)
{
    size_t count = 0, cap = 0;
    for (size_t i = 0; i < nginx->server_count; i++)
        cap += 1 + nginx->servers[i].host_count;
    struct turn *turns = calloc(cap + 1, sizeof *turns);
    if (!turns) {
        dt_reader_nomem(nginx->reader);
        return;
    }
    for (size_t i = 0; i < nginx->server_count; i++) {
        const struct dt_nginx_server *s = &nginx->servers[i];
        bool exact = false;
        if ((scheme == DT_SCHEME_HTTPS ? !s->https : scheme && !s->http) ||
            (skip_standard && s == standard))
            continue;
        for (unsigned j = 0; j < s->host_count; j++) {
            enum name_kind kind = kind_of(&s->hosts[j]);
            if (kind != EXACT)
                turns[count++] = (struct turn){s, &s->hosts[j], s->hosts[j].host.len, kind};
            else if (!exact)
                turns[count++] = (struct turn){s, NULL, 0, EXACT};
            exact |= kind == EXACT;
        }
    }
    if (count)
        qsort(turns, count, sizeof *turns, compare);
    for (size_t i = 0; i < count && !nginx->reader->set->err; i++) {
        const struct turn *turn = &turns[i];
        struct dt_nginx_want want = {.hosts = turn->host, .host_count = 1};
        struct dt_slice parts[] = {DT_S("header=\"host:"),
                                   turn->host ? turn->host->host : DT_SLICE_NONE, DT_S("\"")};
        if (turn->kind == EXACT) {
            struct dt_nginx_host *kept =
                dt_arena_alloc(&nginx->reader->set->arena, turn->server->host_count * sizeof *kept);
            if (!kept) {
                dt_reader_nomem(nginx->reader);
                break;
            }
            want.hosts = kept;
            want.host_count = 0;
            for (unsigned j = 0; j < turn->server->host_count; j++)
                if (kind_of(&turn->server->hosts[j]) == EXACT)
                    kept[want.host_count++] = turn->server->hosts[j];
        } else if (turn->kind == BEHIND) {
            want.host_count = 0;
            want.options[want.option_count++] = dt_pattern_join(nginx->reader, parts, 3);
        }
        run_server(nginx, turn->server, &want, scheme, more || i + 1 < count);
    }
    free(turns);
}

static void run_regexes(struct dt_nginx *nginx, uint8_t scheme)
{
    for (size_t i = 0; i < nginx->server_count; i++) {
        const struct dt_nginx_server *s = &nginx->servers[i];
        if (scheme == DT_SCHEME_HTTPS ? !s->https : scheme && !s->http)
            continue;
        for (unsigned j = 0; j < s->regex_count; j++) {
            const struct dt_nginx_part host = {.kind = DT_NGINX_HOST};
            const struct dt_nginx_test test = {.how = DT_NGINX_MATCHES,
                                               .nocase = true,
                                               .pattern = s->regexes[j],
                                               .word = s->regex_words[j]};
            const struct dt_nginx_want any = {.latest = DT_NGINX_NO_GROUPS};
            struct dt_nginx_alts *alts = malloc(sizeof *alts);
            if (!alts) {
                dt_reader_nomem(nginx->reader);
                return;
            }
            alts->count = 0;
            if (dt_nginx_test_part(nginx, &any, &host, &test, alts))
                for (unsigned k = 0; k < alts->count; k++)
                    run_server(nginx, s, &alts->list[k], scheme, true);
            free(alts);
        }
    }
}

/* All servers that are asked by one scheme; ANY: they all are by the same. */
static void run_scheme(struct dt_nginx *nginx, uint8_t scheme)
{
    const struct dt_nginx_server *standard = NULL;
    size_t count = 0;
    bool patterns = false;
    for (size_t i = 0; i < nginx->server_count; i++) {
        const struct dt_nginx_server *s = &nginx->servers[i];
        if (scheme == DT_SCHEME_HTTPS ? !s->https : scheme && !s->http)
            continue;
        count++;
        if (!standard || (s->standard && !standard->standard))
            standard = s;
    }
    for (size_t i = 0; i < nginx->server_count; i++) {
        const struct dt_nginx_server *s = &nginx->servers[i];
        for (unsigned j = 0; j < s->host_count && s != standard; j++)
            patterns |= kind_of(&s->hosts[j]) != EXACT;
        patterns |= s != standard && s->regex_count > 0;
    }
    if (!standard)
        return;
    if (count > 1) {
        run_names(nginx, standard, scheme, !patterns, true);
        run_regexes(nginx, scheme);
    }
    struct dt_nginx_want want = {.latest = DT_NGINX_NO_GROUPS};
    if (count == 1 && standard->regex_count)
        run_regexes(nginx, scheme);
    run_server(nginx, standard, &want, scheme, false);
}

static void run_servers(struct dt_nginx *nginx)
{
    bool plain = false, secure = false;
    for (size_t i = 0; i < nginx->server_count; i++) {
        const struct dt_nginx_server *s = &nginx->servers[i];
        plain |= s->http && !s->https;
        secure |= s->https && !s->http;
    }
    if (plain && secure) {
        run_scheme(nginx, DT_SCHEME_HTTP);
        run_scheme(nginx, DT_SCHEME_HTTPS);
    } else {
        run_scheme(nginx, DT_SCHEME_ANY);
    }
}

/* ---- The whole ---- */

/* Lines that stand in a server. */
static void run_fragment(struct dt_nginx *nginx, struct dt_nginx_dir *dirs)
{
    static const char *const steps[] = {"location", "if", "return", "rewrite", "set", NULL};
    struct dt_nginx_server server = {.dir = dirs, .children = dirs, .catch_all = true};
    struct dt_nginx_want want = {.latest = DT_NGINX_NO_GROUPS};
    for (const struct dt_nginx_dir *dir = dirs; dir; dir = dir->next)
        if (is_any(dir, steps)) {
            run_server(nginx, &server, &want, DT_SCHEME_ANY, false);
            return;
        }
}

/* Passes behind which nothing stands say nothing. */
static void drop_passes(struct dt_nginx *nginx, size_t first)
{
    struct dt_ruleset *set = nginx->reader->set;
    while (set->count > first && is_pass(set, set->count - 1))
        set->count--;
}

bool dt_nginx_is(const struct dt_look *look)
{
    static const char *const words[] = {
        "server", "http", "map", "location", "events", "upstream", "worker_processes", NULL};
    return dt_slice_eq(look->base, DT_S("nginx.conf")) ||
           (dt_look_ends(look->base, DT_S(".conf")) && dt_look_word(look->text, words));
}

void dt_nginx_read(struct dt_reader *reader)
{
    struct dt_nginx_dir *dirs = NULL;
    struct dt_nginx nginx = {.reader = reader};
    size_t first = reader->set->count;
    nginx.steps = 2000 + 4 * (size_t)(reader->end - reader->pos);
    reader->set->first_wanted = "nginx";
    nginx.apache = dt_arena_alloc(&reader->set->arena, sizeof *nginx.apache);
    if (!nginx.apache) {
        dt_reader_nomem(reader);
        return;
    }
    *nginx.apache = (struct dt_apache){.reader = reader};
    if (dt_nginx_parse(reader, &dirs) && dirs) {
        splice(&nginx, &dirs, 0);
        gather(&nginx, dirs, false);
        gather(&nginx, dirs, true);
        if (nginx.server_count)
            run_servers(&nginx);
        else
            run_fragment(&nginx, dirs);
        drop_passes(&nginx, first);
        look_over(&nginx, dirs);
        tell_passed(&nginx);
    }
    for (struct dt_nginx_table *table = nginx.tables; table; table = table->next)
        free(table->rows);
    free(nginx.servers);
}
