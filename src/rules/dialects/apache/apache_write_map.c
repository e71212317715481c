/* SPDX-License-Identifier: MIT
 *
 * Maps: pages by the thousand, each a row of a text file, asked for by one RewriteCond. Rules that
 * differ in more than their page (another status, a query or none) stand in maps of their own.
 *
 * A row answers where its map is asked, which is before the rules that were written since. So a
 * rule joins a map only when none of those may match the same request: for pages it is known which
 * were written where, for others how their paths begin. Else it opens another map.
 */
#include "rules/dialects/apache/apache_write.h"

#include "base/hash.h"
#include <stdlib.h>

#define CLASSES 64u
#define FILES 40u     /* maps of one conversion */
#define PATTERNS 256u /* others than pages, since the first map */
#define ROW_MAX 1000u /* mod_rewrite reads 1,024 bytes of a line */
#define PARAMS 4u     /* of which every order is a row of its own */
#define KEY_MAX (16u << 10)

enum query { QUERY_ANY, QUERY_NONE, QUERY_KEY };

/* What all rows of a map have in common. */
struct class
{
    uint16_t status, port;
    uint8_t scheme, query; /* enum query */
    bool host, target, nocase, noslash, append, drop;
    unsigned env;
};

struct group {
    struct class class;
    uint32_t rows;      /* that there could be */
    uint32_t questions; /* of them, with a query in the target */
    uint32_t position;  /* of its map in the body; 0: none is open */
    struct dt_buf *file;
};

struct pattern {
    struct dt_slice host, begin; /* empty: any */
    uint32_t position;
};

/* Pages by a hash of what they ask: two of one hash are taken for rivals, which costs a map at
 * most. */
struct page {
    uint64_t hash;
    uint32_t position; /* 0: the slot is free */
};

struct dt_apache_maps {
    struct group groups[CLASSES];
    size_t count;
    struct pattern patterns[PATTERNS];
    size_t pattern_count;
    uint32_t anything; /* where a rule was last written of which nothing is known */
    struct page *pages;
    size_t page_mask;
    uint32_t position; /* of what is written next */
    unsigned files;
    struct dt_buf head; /* "RewriteMap ..." */
};

/* ---- Which map? ---- */

static bool is_blank_in(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ')
            return true;
    return false;
}

static bool params_fit(const struct dt_rule *rule)
{
    if (rule->nparams > PARAMS)
        return false;
    for (unsigned i = 0; i < rule->nparams; i++)
        if (rule->params[i].any_value || !rule->params[i].value.len ||
            is_blank_in(rule->params[i].value) || is_blank_in(rule->params[i].name))
            return false;
    return true;
}

static bool target_fits(const struct dt_rule *rule, bool pass)
{
    struct dt_slice target = rule->target;
    if (target.len == 0)
        return true;
    bool known = target.ptr[0] == '/' || dt_slice_starts(target, DT_S("http://")) ||
                 dt_slice_starts(target, DT_S("https://"));
    return known && !dt_location_has_marks(target) &&
           !(pass && memchr(target.ptr, '#', target.len));
}

/* False: a rule that no map can have. */
static bool class_of(struct dt_apache_write *apache, const struct dt_rule *rule, struct class *ret)
{
    const struct dt_action *action = dt_write_action(apache->write, rule);
    bool exact = rule->flags & DT_RULE_EXACT_QUERY;
    if (rule->path_kind != DT_PATH_EXACT || rule->conditions || rule->more ||
        (rule->host_kind != DT_HOST_ANY && rule->host_kind != DT_HOST_EXACT) ||
        (rule->nparams && !exact) || !params_fit(rule) || action->status == DT_STATUS_PASS ||
        action->retry_after == DT_RETRY_AFTER_UNTIL || action->query > DT_QUERY_DROP)
        return false;
    memset(ret, 0, sizeof *ret);
    ret->query = !exact ? QUERY_ANY : rule->nparams ? QUERY_KEY : QUERY_NONE;
    bool pass = action->query == DT_QUERY_PASS && ret->query != QUERY_NONE;
    bool question = rule->target.len && memchr(rule->target.ptr, '?', rule->target.len);
    if (!target_fits(rule, pass))
        return false;
    ret->env = dt_apache_env(apache, action);
    if (ret->env > DT_APACHE_FIELDS)
        return false;
    ret->status = action->status;
    ret->port = rule->port;
    ret->scheme = rule->scheme;
    ret->host = rule->host_kind == DT_HOST_EXACT;
    ret->target = rule->target.len > 0;
    ret->nocase = rule->flags & DT_RULE_IGNORE_CASE;
    ret->noslash = rule->flags & DT_RULE_IGNORE_SLASH;
    ret->append = ret->target && pass && question;
    ret->drop = ret->target && !pass && ret->query != QUERY_NONE;
    return true;
}

static bool same_class(const struct class *a, const struct class *b)
{
    return a->status == b->status && a->port == b->port && a->scheme == b->scheme &&
           a->query == b->query && a->host == b->host && a->target == b->target &&
           a->nocase == b->nocase && a->noslash == b->noslash && a->append == b->append &&
           a->drop == b->drop && a->env == b->env;
}

static struct group *find_group(struct dt_apache_maps *maps, const struct class *class, bool make)
{
    size_t at = 0;
    while (at < maps->count && !same_class(&maps->groups[at].class, class))
        at++;
    if (at < maps->count)
        return &maps->groups[at];
    if (!make || at == CLASSES)
        return NULL;
    maps->groups[maps->count++] = (struct group){.class = *class};
    return &maps->groups[at];
}

/* ---- Keys ---- */

/* The page as %{REQUEST_URI} has it, with its host in front. False: it cannot be a key. */
static bool put_key(struct dt_apache_write *apache, const struct dt_rule *rule, struct dt_buf *out)
{
    struct dt_slice path;
    dt_buf_clear(out);
    if (!dt_write_decode(apache->write, rule->path, &path) || is_blank_in(path))
        return false;
    dt_buf_put(out, rule->host);
    dt_buf_put(out, path);
    return out->len > 0 && out->ptr[0] != '#' && !dt_buf_err(out);
}

/* Appends "KEY?a=1&b=2 TARGET" for each order of the parameters from `at` on. */
static void put_orders(const struct dt_rule *rule, unsigned used, struct dt_slice key,
                       const struct dt_slice *done, unsigned depth, struct dt_buf *out)
{
    struct dt_slice texts[PARAMS];
    if (depth >= rule->nparams || depth >= PARAMS) {
        dt_buf_put(out, key);
        for (unsigned i = 0; i < depth; i++) {
            dt_buf_char(out, i ? '&' : '?');
            dt_buf_put(out, done[i]);
        }
        dt_buf_char(out, ' ');
        dt_buf_put(out, rule->target.len ? rule->target : DT_S("-"));
        dt_buf_char(out, '\n');
        return;
    }
    if (depth)
        memcpy(texts, done, depth * sizeof *texts);
    for (unsigned i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        char text[ROW_MAX];
        if (used & 1u << i || param->name.len + param->value.len + 1 > sizeof text)
            continue;
        memcpy(text, param->name.ptr, param->name.len);
        text[param->name.len] = '=';
        memcpy(text + param->name.len + 1, param->value.ptr, param->value.len);
        texts[depth] = dt_slice_of(text, param->name.len + 1 + param->value.len);
        put_orders(rule, used | 1u << i, key, texts, depth + 1, out);
    }
}

static size_t row_length(const struct dt_rule *rule, struct dt_slice key)
{
    size_t len = key.len + rule->target.len + 2;
    for (unsigned i = 0; i < rule->nparams; i++)
        len += rule->params[i].name.len + rule->params[i].value.len + 2;
    return len;
}

/* ---- What was written where ---- */

/* A path as it is looked for; in the arena. */
static struct dt_slice folded(struct dt_apache_write *apache, struct dt_slice path)
{
    char *mem = dt_arena_alloc(&apache->write->arena, path.len + 1);
    for (size_t i = 0; mem && i < path.len; i++)
        mem[i] = dt_ascii_lower(path.ptr[i]);
    struct dt_slice text = dt_slice_of(mem, mem ? path.len : 0);
    text.len -= text.len && text.ptr[text.len - 1] == '/';
    return text;
}

static struct page *find_page(struct dt_apache_maps *maps, uint64_t hash)
{
    size_t at = (size_t)hash & maps->page_mask;
    while (maps->pages[at].position && maps->pages[at].hash != hash)
        at = (at + 1) & maps->page_mask;
    return &maps->pages[at];
}

/* What a page asks for besides its path: a host, or any; these parameters, or any. ALL stands for
 * both, and is what somebody looks for who asks for any. */
enum side { SIDE_OWN, SIDE_ANY, SIDE_ALL };

static uint64_t hash_page(const struct dt_rule *rule, struct dt_slice text, enum side host,
                          enum side query)
{
    uint64_t hash = dt_hash64(text.ptr, text.len, (uint64_t)host * 3 + (uint64_t)query);
    if (host == SIDE_OWN)
        hash = dt_hash64(rule->host.ptr, rule->host.len, hash);
    for (unsigned i = 0; query == SIDE_OWN && i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        char name[2 * KEY_MAX];
        size_t len = 0; /* a rule that ignores case has its own in lower case */
        for (size_t at = 0; at < param->name.len && len < sizeof name; at++)
            name[len++] = dt_ascii_lower(param->name.ptr[at]);
        for (size_t at = 0; at < param->value.len && len < sizeof name; at++)
            name[len++] = dt_ascii_lower(param->value.ptr[at]);
        hash += dt_hash64(name, len, 1); /* in whatever order */
    }
    return hash;
}

static void note_page(struct dt_apache_maps *maps, const struct dt_rule *rule, struct dt_slice text,
                      uint32_t position)
{
    enum side host = rule->host_kind == DT_HOST_EXACT ? SIDE_OWN : SIDE_ANY;
    bool plain = true; /* a parameter of any value is one of many */
    for (unsigned i = 0; i < rule->nparams; i++)
        plain &= !rule->params[i].any_value;
    enum side query = (rule->flags & DT_RULE_EXACT_QUERY) && plain ? SIDE_OWN : SIDE_ANY;
    const enum side hosts[] = {host, SIDE_ALL}, queries[] = {query, SIDE_ALL};
    for (unsigned i = 0; i < 4; i++) {
        uint64_t hash = hash_page(rule, text, hosts[i / 2], queries[i % 2]);
        struct page *page = find_page(maps, hash);
        page->hash = hash;
        if (page->position < position)
            page->position = position;
    }
}

/* The last place where a page was written that may be asked for by a request for this one. */
static uint32_t last_page(struct dt_apache_maps *maps, const struct dt_rule *rule,
                          struct dt_slice text)
{
    static const enum side own[] = {SIDE_OWN, SIDE_ANY}, all[] = {SIDE_ALL, SIDE_ALL};
    const enum side *hosts = rule->host_kind == DT_HOST_EXACT ? own : all;
    const enum side *queries = rule->flags & DT_RULE_EXACT_QUERY ? own : all;
    uint32_t last = 0;
    for (unsigned i = 0; i < 4; i++) {
        const struct page *page =
            find_page(maps, hash_page(rule, text, hosts[i / 2], queries[i % 2]));
        if (page->position > last)
            last = page->position;
    }
    return last;
}

static void note_pattern(struct dt_apache_write *apache, const struct dt_rule *rule)
{
    struct dt_apache_maps *maps = apache->maps;
    struct dt_pieces path = dt_write_path(apache->write, rule);
    if (maps->pattern_count == PATTERNS || rule->path_kind == DT_PATH_REGEX) {
        maps->anything = maps->position;
        return;
    }
    struct pattern *pattern = &maps->patterns[maps->pattern_count++];
    *pattern = (struct pattern){.position = maps->position};
    if (rule->host_kind == DT_HOST_EXACT)
        pattern->host = rule->host;
    if (path.count && path.list[0].kind == DT_PIECE_TEXT)
        pattern->begin = folded(apache, path.list[0].text);
}

void dt_apache_maps_note(struct dt_apache_write *apache, const struct dt_rule *rule)
{
    struct dt_apache_maps *maps = apache->maps;
    if (!maps)
        return;
    if (rule->path_kind == DT_PATH_EXACT)
        note_page(maps, rule, folded(apache, rule->path), maps->position);
    else
        note_pattern(apache, rule);
    maps->position++;
}

/* The last place where something was written that may match what this page does. */
static uint32_t last_rival(const struct dt_apache_maps *maps, const struct dt_rule *rule,
                           struct dt_slice text, uint32_t page)
{
    uint32_t last = maps->anything > page ? maps->anything : page;
    for (size_t i = 0; i < maps->pattern_count; i++) {
        const struct pattern *pattern = &maps->patterns[i];
        bool host = !pattern->host.len || rule->host_kind != DT_HOST_EXACT ||
                    dt_slice_eq(pattern->host, rule->host);
        if (host && pattern->position > last && dt_slice_starts(text, pattern->begin))
            last = pattern->position;
    }
    return last;
}

/* ---- Maps ---- */

/* "${redirects-301:${lower:%{SERVER_NAME}$1}}" */
static void put_lookup(const struct class *class, const char *name, struct dt_buf *out)
{
    dt_buf_printf(out, "${%s:", name);
    dt_buf_str(out, class->nocase ? "${lower:" : "");
    dt_buf_str(out, class->host ? "%{SERVER_NAME}" : "");
    dt_buf_str(out, class->noslash ? "$1" : "%{REQUEST_URI}");
    dt_buf_str(out, class->query == QUERY_KEY ? "?%{QUERY_STRING}" : "");
    dt_buf_str(out, class->nocase ? "}}" : "}");
}

/* question: for rows with a query in their target. Its "?" must stand in the substitution: one that
 * comes out of a map is refused (CVE-2024-38474). */
static void put_rule(const struct class *class, const char *name, bool question, struct dt_buf *out)
{
    const char *row = question ? "^([^?]+)\\?(.*)$" : class->target ? "^(.+)$" : ".";
    dt_buf_str(out, "RewriteCond ");
    put_lookup(class, name, out);
    dt_buf_printf(out, " %s\nRewriteRule %s %s [", row, class->noslash ? "^(.*?)/?$" : "^",
                  question        ? "%1?%2"
                  : class->target ? "%1"
                                  : "-");
    if (class->status == 410)
        dt_buf_str(out, "G");
    else
        dt_buf_printf(out, "R=%u,L", class->status);
    dt_buf_str(out, class->append ? ",QSA" : class->drop && !question ? ",QSD" : "");
    dt_buf_str(out, class->target ? ",NE" : "");
    dt_apache_put_env(class->env, out);
    dt_buf_str(out, "]\n");
}

/* What the host, the scheme and the port must be, and whether there may be a query. */
static void put_conds(struct dt_apache_write *apache, const struct class *class)
{
    struct dt_rule like = {.scheme = class->scheme, .port = class->port};
    struct dt_apache_line line = {.env = 0};
    dt_buf_init(&line.conds, 1024);
    dt_apache_put_host(apache, &like, &line);
    dt_buf_put(&apache->body, dt_buf_slice(&line.conds));
    if (class->query == QUERY_NONE)
        dt_apache_put_cond(&apache->body, "%{QUERY_STRING}", DT_S("^$"), "");
    dt_buf_release(&line.conds);
}

static void put_name(struct dt_apache_write *apache, const struct class *class, struct dt_buf *out)
{
    struct dt_slice name = apache->write->name;
    for (size_t i = 0; i < name.len && i < 100; i++) {
        char c = name.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '.';
        dt_buf_char(out, plain ? c : '-');
    }
    dt_buf_printf(out, "-%u", class->status);
    if (apache->maps->files)
        dt_buf_printf(out, "-%u", apache->maps->files + 1);
}

static bool open_map(struct dt_apache_write *apache, struct group *group)
{
    struct dt_apache_maps *maps = apache->maps;
    struct dt_buf *body = &apache->body, name;
    if (maps->files == FILES)
        return false;
    dt_buf_init(&name, 256);
    put_name(apache, &group->class, &name);
    size_t bare = name.len;
    dt_buf_str(&name, ".txt");
    group->file = dt_write_file(apache->write, dt_buf_slice(&name));
    if (group->file && !dt_buf_err(&name)) {
        name.ptr[bare] = '\0';
        maps->files++;
        dt_buf_printf(&maps->head, "RewriteMap %s txt:%s.txt\n", name.ptr, name.ptr);
        if (body->len > 1 && body->ptr[body->len - 2] != '\n')
            dt_buf_char(body, '\n');
        for (int question = group->questions ? 1 : 0; question >= 0; question--) {
            put_conds(apache, &group->class);
            put_rule(&group->class, name.ptr, question, body);
        }
        dt_buf_char(body, '\n');
        apache->lower |= group->class.nocase;
        group->position = maps->position++;
    }
    dt_buf_release(&name);
    return group->file != NULL;
}

static void write_row(struct dt_apache_write *apache, const struct dt_rule *rule,
                      struct group *group, struct dt_slice key)
{
    struct dt_write *write = apache->write;
    dt_write_check(write, rule, UINT32_MAX);
    if (group->class.append && group->class.query != QUERY_NONE)
        dt_write_differs(write, "query-both",
                         "of a parameter that the target and the request both have, Apache sends "
                         "both");
    if (!dt_write_go(write))
        return;
    dt_write_lead(write, group->file, "# ");
    put_orders(rule, 0, key, NULL, 0, group->file);
}

bool dt_apache_maps_take(struct dt_apache_write *apache, uint32_t number)
{
    struct dt_apache_maps *maps = apache->maps;
    const struct dt_rule *rule = dt_ruleset_rule(apache->write->set, number);
    struct class class;
    struct dt_buf key;
    if (!maps || !class_of(apache, rule, &class))
        return false;
    struct group *group = find_group(maps, &class, false);
    if (!group || group->rows < DT_APACHE_MAP_LEAST)
        return false;
    dt_buf_init(&key, KEY_MAX);
    struct dt_slice text = folded(apache, rule->path);
    bool fine = put_key(apache, rule, &key) && row_length(rule, dt_buf_slice(&key)) < ROW_MAX;
    if (fine) {
        uint32_t rival = last_rival(maps, rule, text, last_page(maps, rule, text));
        fine = (group->position && group->position >= rival) || open_map(apache, group);
    }
    if (fine) {
        (void)dt_write_begin(apache->write, number);
        write_row(apache, rule, group, dt_buf_slice(&key));
        note_page(maps, rule, text, group->position);
    }
    dt_buf_release(&key);
    return fine;
}

bool dt_apache_maps_begin(struct dt_apache_write *apache)
{
    struct dt_write *write = apache->write;
    struct dt_apache_maps *maps = calloc(1, sizeof *maps);
    size_t slots = 64;
    while (slots < 8 * (size_t)write->count + 8)
        slots *= 2;
    if (maps)
        maps->pages = calloc(slots, sizeof *maps->pages);
    if (!maps || !maps->pages) {
        free(maps);
        return false;
    }
    apache->maps = maps;
    maps->page_mask = slots - 1;
    maps->position = 1;
    dt_buf_init(&maps->head, 64u << 10);
    for (uint32_t i = 0; i < write->count; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(write->set, write->order[i]);
        struct class class;
        struct group *group =
            class_of(apache, rule, &class) ? find_group(maps, &class, true) : NULL;
        if (group) {
            group->rows++;
            group->questions += rule->target.len && memchr(rule->target.ptr, '?', rule->target.len);
        }
    }
    return true;
}

void dt_apache_maps_head(const struct dt_apache_write *apache, struct dt_buf *out)
{
    const struct dt_apache_maps *maps = apache->maps;
    if (!maps || !maps->head.len)
        return;
    dt_buf_str(out, "# Maps are looked for in ServerRoot: give their whole paths when they stand "
                    "elsewhere.\n");
    dt_buf_put(out, dt_buf_slice(&maps->head));
}

void dt_apache_maps_free(struct dt_apache_write *apache)
{
    if (!apache->maps)
        return;
    free(apache->maps->pages);
    dt_buf_release(&apache->maps->head);
    free(apache->maps);
    apache->maps = NULL;
}
