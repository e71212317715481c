/* SPDX-License-Identifier: MIT
 *
 * The order of answers. Caddy sorts a block's directives by their names (map, header, redir, ...,
 * handle, route, ..., respond, reverse_proxy, file_server), and those of one name by the length of
 * the path they are for, where both have one; only in a `route` the written order holds. Of handle
 * blocks only the first that fits is asked, but what is behind all of them still is.
 *
 * Rules are added in the order in which Caddy would ask; a directive that answers without a
 * redirect is a rule that lets the request pass, where others would follow.
 */
#include "rules/dialects/caddy/caddy.h"

#include <stdlib.h>

enum place {
    MAP,
    VARS,
    ROOT,
    HEADER,
    REDIR,
    REWRITE,
    OTHER, /* between: middleware */
    HANDLE,
    ROUTE,
    ABORT,
    ERROR,
    RESPOND,
    LAST, /* others that answer */
    NOTHING,
};

static const struct {
    const char *name;
    uint8_t place;
    uint8_t rank; /* in Caddy's list */
} directives[] = {
    {"tracing", OTHER, 0},       {"map", MAP, 1},
    {"vars", VARS, 2},           {"root", ROOT, 3},
    {"skip_log", OTHER, 4},      {"log_skip", OTHER, 4},
    {"header", HEADER, 5},       {"copy_response_headers", OTHER, 6},
    {"request_body", OTHER, 7},  {"redir", REDIR, 8},
    {"method", REWRITE, 9},      {"rewrite", REWRITE, 10},
    {"uri", REWRITE, 11},        {"try_files", REWRITE, 12},
    {"basicauth", OTHER, 13},    {"basic_auth", OTHER, 13},
    {"forward_auth", OTHER, 14}, {"request_header", OTHER, 15},
    {"encode", OTHER, 16},       {"push", OTHER, 17},
    {"templates", OTHER, 18},    {"handle", HANDLE, 20},
    {"handle_path", HANDLE, 20}, {"route", ROUTE, 21},
    {"abort", ABORT, 22},        {"error", ERROR, 23},
    {"copy_response", LAST, 24}, {"respond", RESPOND, 25},
    {"metrics", LAST, 26},       {"reverse_proxy", LAST, 27},
    {"php_fastcgi", LAST, 28},   {"file_server", LAST, 29},
    {"acme_server", LAST, 30},
};
#define DIRECTIVES (sizeof directives / sizeof *directives)

/* A directive of a block. */
struct step {
    const struct dt_caddy_node *node;
    const struct dt_caddy_cond *conds;
    size_t args;     /* of its tokens: the first behind the matcher */
    size_t number;   /* as written */
    size_t path_len; /* of the only path that it is for; 0: none, or several */
    uint8_t place;   /* enum place */
    uint8_t rank;
    bool matcher;
};

struct walk {
    struct dt_caddy *caddy;
    bool later;   /* something around this block answers after it */
    bool rewrote; /* the path is not the request's any more */
};

static void walk_block(struct walk *walk, const struct dt_caddy_node *nodes,
                       const struct dt_caddy_when *around, bool sorted);

/* ---- What is passed over ---- */

void dt_caddy_pass_over(struct dt_caddy *caddy, const struct dt_caddy_token *token)
{
    struct dt_caddy_passed **at = &caddy->passed;
    while (*at && !dt_slice_eq((*at)->name, token->text))
        at = &(*at)->next;
    if (!*at) {
        *at = dt_caddy_new(caddy, sizeof **at);
        if (!*at)
            return;
        **at = (struct dt_caddy_passed){.name = token->text, .at = token};
    }
    (*at)->count++;
}

/* ---- Sorting ---- */

static size_t only_path(const struct dt_caddy_cond *cond)
{
    size_t len = 0;
    for (; cond; cond = cond->next)
        if (cond->kind == DT_CADDY_PATH && !cond->negated)
            len = cond->count == 1 ? cond->args[0].len : 0;
    return len;
}

static int compare(const struct step *a, const struct step *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->path_len && b->path_len && a->path_len != b->path_len)
        return a->path_len > b->path_len ? -1 : 1;
    if (!(a->path_len && b->path_len) && a->matcher != b->matcher)
        return a->matcher ? -1 : 1;
    return 0;
}

/* As Go's SliceStable does for up to 20: insertion. The order is none that is total, so another
 * algorithm might come to another result; longer blocks are merged from runs of 20, as there. */
static void insertion(struct step *list, size_t from, size_t to)
{
    for (size_t i = from + 1; i < to; i++)
        for (size_t j = i; j > from && compare(&list[j], &list[j - 1]) < 0; j--) {
            struct step kept = list[j];
            list[j] = list[j - 1];
            list[j - 1] = kept;
        }
}

static void merge(struct step *list, size_t from, size_t middle, size_t to, struct step *mem)
{
    size_t i = from, j = middle, k = 0;
    while (i < middle && j < to)
        mem[k++] = compare(&list[j], &list[i]) < 0 ? list[j++] : list[i++];
    while (i < middle)
        mem[k++] = list[i++];
    while (j < to)
        mem[k++] = list[j++];
    memcpy(list + from, mem, k * sizeof *mem);
}

static void sort(struct step *list, size_t count, struct step *mem)
{
    size_t run = 20;
    for (size_t at = 0; at < count; at += run)
        insertion(list, at, at + run < count ? at + run : count);
    for (; run < count; run *= 2)
        for (size_t at = 0; at + run < count; at += 2 * run)
            merge(list, at, at + run, at + 2 * run < count ? at + 2 * run : count, mem);
}

/* ---- Conditions ---- */

static bool push(struct dt_caddy *caddy, struct dt_caddy_when *when,
                 const struct dt_caddy_cond *conds, const struct dt_caddy_token *at)
{
    for (; conds; conds = conds->next) {
        const struct dt_caddy_cond *cond = conds;
        if (when->count == DT_CADDY_CONDS)
            return DT_CADDY_REFUSE(caddy, at, "caddy-matcher", "more than %u conditions",
                                   DT_CADDY_CONDS);
        if (when->prefix.len) {
            struct dt_caddy_cond *made = dt_caddy_new(caddy, sizeof *made);
            if (!made)
                return false;
            *made = *cond;
            made->prefix = when->prefix;
            cond = made;
        }
        when->conds[when->count++] = cond;
    }
    return true;
}

/* ---- Answers ---- */

static bool answers(const struct step *step)
{
    return step->place == REDIR || step->place >= HANDLE;
}

static bool anything_answers(const struct step *list, size_t from, size_t count, bool handles)
{
    for (size_t i = from; i < count; i++)
        if (answers(&list[i]) && list[i].place != LAST && list[i].place != ABORT &&
            (handles || list[i].place != HANDLE))
            return true;
    return false;
}

static void let_pass(struct walk *walk, const struct step *step, const struct dt_caddy_when *when)
{
    struct dt_caddy_answer answer = {.at = step->node->tokens, .code = DT_S("pass")};
    dt_caddy_make(walk->caddy, when, &answer);
}

/* respond and error: a status that a rule can answer, or something that is no redirect. */
static void respond(struct walk *walk, const struct step *step, const struct dt_caddy_when *when,
                    bool more)
{
    static const char *const read[] = {"404", "410", "451", "503"};
    const struct dt_caddy_node *node = step->node;
    size_t count = node->count - step->args;
    struct dt_slice status = DT_SLICE_NONE;
    struct dt_caddy_answer answer = {.at = node->tokens};
    if (count == 2 && step->place == RESPOND)
        status = node->tokens[step->args + 1].text;
    else if (count == 2)
        status = node->tokens[step->args + 1].text.len == 3 ? node->tokens[step->args + 1].text
                                                            : node->tokens[step->args].text;
    else if (count == 1 && node->tokens[step->args].text.len == 3)
        status = node->tokens[step->args].text;
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        if (dt_slice_eq(status, dt_slice_str(read[i])))
            answer.code = status;
    if (answer.code.len) {
        dt_caddy_make(walk->caddy, when, &answer);
        return;
    }
    dt_caddy_pass_over(walk->caddy, node->tokens);
    if (more)
        let_pass(walk, step, when);
}

static void redirect(struct walk *walk, const struct step *step, const struct dt_caddy_when *when)
{
    const struct dt_caddy_node *node = step->node;
    size_t count = node->count - step->args;
    struct dt_caddy_answer answer = {.at = node->tokens, .code = DT_S("302")};
    if (count < 1 || count > 2) {
        (void)DT_CADDY_REFUSE(walk->caddy, node->tokens, "caddy-redir",
                              "a redir has a matcher, a target and a code");
        return;
    }
    answer.to = &node->tokens[step->args];
    if (count == 2)
        answer.code = node->tokens[step->args + 1].text;
    if (dt_slice_eq(answer.code, DT_S("permanent")))
        answer.code = DT_S("301");
    else if (dt_slice_eq(answer.code, DT_S("temporary")))
        answer.code = DT_S("302");
    dt_caddy_make(walk->caddy, when, &answer);
}

/* ---- header ---- */

/* Native options that send what a header line sets; the line's words without the matcher. */
static void put_field(struct walk *walk, const struct dt_caddy_node *node,
                      const struct dt_caddy_token *words, size_t count, struct dt_buf *out)
{
    struct dt_slice name = count ? words->text : DT_SLICE_NONE, value;
    if (count != 2 || !name.len || strchr("-?", name.ptr[0]) ||
        memchr(words[1].text.ptr, '{', words[1].text.len) ||
        memchr(words[1].text.ptr, '\n', words[1].text.len)) {
        dt_caddy_pass_over(walk->caddy, node->tokens);
        return;
    }
    name = dt_slice_from(name, name.ptr[0] == '+');
    name.len -= name.len && name.ptr[name.len - 1] == ':';
    value = words[1].text;
    bool cache = dt_slice_eq_nocase(name, DT_S("Cache-Control"));
    bool retry = dt_slice_eq_nocase(name, DT_S("Retry-After"));
    dt_buf_str(out, cache ? "cache=\"" : retry ? "retry-after=\"" : "set-header=\"");
    if (!cache && !retry)
        dt_buf_printf(out, "%.*s: ", DT_SLICE_FMT(name));
    for (size_t i = 0; i < value.len; i++) {
        if (strchr("\"\\", value.ptr[i]))
            dt_buf_char(out, '\\');
        dt_buf_char(out, value.ptr[i]);
    }
    dt_buf_str(out, "\" ");
}

/* The fields that directives before a redir set for the same requests: those with its matcher, and
 * those for all. */
static void fields(struct walk *walk, const struct step *list, size_t at,
                   struct dt_caddy_when *when)
{
    struct dt_buf out;
    dt_buf_init(&out, DT_LIMIT_LINE);
    dt_buf_put(&out, when->options);
    for (size_t i = 0; i < at; i++) {
        const struct step *step = &list[i];
        if (step->place != HEADER || (step->conds && step->conds != list[at].conds))
            continue;
        const struct dt_caddy_node *node = step->node;
        if (node->count > step->args)
            put_field(walk, node, &node->tokens[step->args], node->count - step->args, &out);
        for (const struct dt_caddy_node *line = node->children; line; line = line->next)
            if (line->count)
                put_field(walk, node, line->tokens, line->count, &out);
    }
    when->options = out.len ? dt_caddy_keep(walk->caddy, &out) : DT_SLICE_NONE;
    dt_buf_release(&out);
}

/* ---- A block ---- */

static void walk_steps(struct walk *walk, const struct step *list, size_t from, size_t count,
                       const struct dt_caddy_when *when, bool handles);

/* handle_path takes its path off, up to the star. */
static bool take_prefix(struct walk *walk, const struct step *step, struct dt_caddy_when *when)
{
    struct dt_slice path = step->conds && step->conds->count ? step->conds->args[0] : DT_SLICE_NONE;
    if (path.len < 3 || !dt_slice_eq(dt_slice_from(path, path.len - 2), DT_S("/*")) ||
        memchr(path.ptr, '*', path.len - 1))
        return DT_CADDY_REFUSE(
            walk->caddy, step->node->tokens, "caddy-handle-path",
            "a handle_path is read whose path ends in /*, and has no other star");
    const struct dt_slice parts[] = {when->prefix, dt_slice_of(path.ptr, path.len - 2)};
    struct dt_buf out;
    dt_buf_init(&out, DT_LIMIT_SOURCE);
    dt_buf_put(&out, parts[0]);
    dt_buf_put(&out, parts[1]);
    when->prefix = dt_caddy_keep(walk->caddy, &out);
    return !walk->caddy->reader->set->err;
}

static void handle(struct walk *walk, const struct step *list, size_t at, size_t count,
                   const struct dt_caddy_when *around)
{
    const struct step *step = &list[at];
    struct dt_caddy_when when = *around, inside;
    bool behind = anything_answers(list, at + 1, count, false);
    bool others = false;
    for (size_t i = at + 1; i < count; i++)
        others |= list[i].place == HANDLE;
    if (!push(walk->caddy, &when, step->conds, step->node->tokens))
        return;
    inside = when;
    if (dt_caddy_named(step->node, "handle_path") && !take_prefix(walk, step, &inside))
        return;
    struct walk inner = *walk;
    inner.later |= behind;
    walk_block(&inner, step->node->children, &inside, true);
    if (!others && !behind)
        return;
    /* What is in no rule of the block goes on behind all handles. */
    if (behind && others)
        walk_steps(walk, list, at + 1, count, &when, false);
    if (others && walk->later && step->conds)
        (void)DT_CADDY_REFUSE(walk->caddy, step->node->tokens, "caddy-handle",
                              "handles beside each other in a block behind which others answer");
    else if (others)
        let_pass(walk, step, &when);
}

static void run(struct walk *walk, const struct step *list, size_t at, size_t count,
                const struct dt_caddy_when *around)
{
    const struct step *step = &list[at];
    struct dt_caddy_when when = *around;
    bool more = walk->later || anything_answers(list, at + 1, count, true);
    if (walk->rewrote && answers(step) && step->place != LAST) {
        (void)DT_CADDY_REFUSE(walk->caddy, step->node->tokens, "caddy-rewrite",
                              "behind a directive that rewrites the path");
        return;
    }
    if (step->place == HANDLE) {
        handle(walk, list, at, count, around);
        return;
    }
    if (!push(walk->caddy, &when, step->conds, step->node->tokens))
        return;
    if (step->place == REDIR || step->place == RESPOND || step->place == ERROR)
        fields(walk, list, at, &when);
    switch ((enum place)step->place) {
    case REDIR:
        redirect(walk, step, &when);
        break;
    case ROUTE: {
        struct walk inner = *walk;
        inner.later |= anything_answers(list, at + 1, count, true);
        walk_block(&inner, step->node->children, &when, false);
        break;
    }
    case RESPOND:
    case ERROR:
        respond(walk, step, &when, more);
        break;
    case REWRITE:
        walk->rewrote = true;
        dt_caddy_pass_over(walk->caddy, step->node->tokens);
        break;
    case ABORT:
    case LAST:
        dt_caddy_pass_over(walk->caddy, step->node->tokens);
        if (more)
            let_pass(walk, step, &when);
        break;
    case HEADER:
        break; /* see fields */
    case MAP:
    case VARS:
    case ROOT:
    case OTHER:
    case HANDLE:
    case NOTHING:
        if (step->place != MAP)
            dt_caddy_pass_over(walk->caddy, step->node->tokens);
        break;
    }
}

static void walk_steps(struct walk *walk, const struct step *list, size_t from, size_t count,
                       const struct dt_caddy_when *when, bool handles)
{
    for (size_t i = from; i < count && !walk->caddy->reader->set->err; i++)
        if (handles || list[i].place != HANDLE)
            run(walk, list, i, count, when);
}

static bool fill(struct walk *walk, const struct dt_caddy_node *node,
                 const struct dt_caddy_scope *scope, struct step *step)
{
    *step = (struct step){.node = node, .place = NOTHING, .rank = 255, .args = 1};
    for (size_t i = 0; i < DIRECTIVES; i++) {
        if (!dt_caddy_named(node, directives[i].name))
            continue;
        step->place = directives[i].place;
        step->rank = directives[i].rank;
    }
    bool asks = step->place == HEADER || step->place == REDIR || step->place >= HANDLE;
    if (step->place == NOTHING || !asks)
        return true;
    bool fine = dt_caddy_matcher(walk->caddy, scope, node, &step->conds, &step->args);
    step->matcher = step->conds != NULL;
    step->path_len = only_path(step->conds);
    return fine;
}

static void walk_block(struct walk *walk, const struct dt_caddy_node *nodes,
                       const struct dt_caddy_when *around, bool sorted)
{
    struct dt_caddy *caddy = walk->caddy;
    struct dt_caddy_scope scope = {.outer = around->scope};
    struct dt_caddy_when when = *around;
    struct walk inner = *walk;
    size_t count = 0, used = 0;
    when.scope = &scope;
    dt_caddy_matchers(caddy, nodes, &scope);
    for (const struct dt_caddy_node *node = nodes; node; node = node->next) {
        count++;
        if (dt_caddy_named(node, "map"))
            dt_caddy_map(caddy, node, &scope);
    }
    struct step *list = dt_caddy_new(caddy, 2 * (count + 1) * sizeof *list);
    if (!list)
        return;
    for (const struct dt_caddy_node *node = nodes; node; node = node->next) {
        bool matcher =
            node->count && node->tokens[0].text.len && node->tokens[0].text.ptr[0] == '@';
        if (node->count && !matcher && fill(walk, node, &scope, &list[used]))
            used++;
    }
    if (sorted)
        sort(list, used, list + count + 1);
    walk_steps(&inner, list, 0, used, &when, true);
    walk->rewrote |= inner.rewrote && !sorted;
}

void dt_caddy_walk(struct dt_caddy *caddy, const struct dt_caddy_node *directives_,
                   struct dt_caddy_when *when, bool last)
{
    struct walk walk = {.caddy = caddy};
    walk_block(&walk, directives_, when, true);
    if (last || caddy->reader->set->err || !directives_)
        return;
    struct dt_caddy_answer answer = {.at = directives_->tokens, .code = DT_S("pass")};
    dt_caddy_make(caddy, when, &answer); /* no other site is asked */
}
