/* SPDX-License-Identifier: MIT
 *
 * What is known of the beginning of every path that an expression matches. Its shape is how the
 * engine finds most expressions without asking any, as it finds patterns with names: whole segments
 * from the beginning on. A segment counts only when what follows it must be "/" or the end: ^/team7
 * is no /team7, since /team70 matches too.
 */
#include "rules/regex/regex_tree.h"

#include <detour/ruleset.h>

/* ---- Is the next byte certainly "/", or is there none? ---- */

enum brk { BRK_NO, BRK_YES, BRK_THROUGH /* nothing is there: what follows decides */ };

static enum brk list_breaks(const struct dt_regex_node *n);

static enum brk branches_break(const struct dt_regex_branch *branch)
{
    enum brk all = BRK_YES;
    for (; branch; branch = branch->next) {
        enum brk one = list_breaks(branch->first);
        if (one == BRK_NO)
            return BRK_NO;
        if (one == BRK_THROUGH)
            all = BRK_THROUGH;
    }
    return all;
}

static enum brk node_breaks(const struct dt_regex_node *n)
{
    enum brk inside;
    switch ((enum dt_regex_kind)n->kind) {
    case DT_REGEX_CHAR:
        if (n->byte != '/')
            return BRK_NO;
        return n->empty ? BRK_THROUGH : BRK_YES;
    case DT_REGEX_END:
        return BRK_YES;
    case DT_REGEX_BEGIN:
    case DT_REGEX_NOTHING:
        return BRK_THROUGH;
    case DT_REGEX_AHEAD:
        return branches_break(n->branches) == BRK_YES ? BRK_YES : BRK_THROUGH;
    case DT_REGEX_GROUP:
        inside = branches_break(n->branches);
        return inside == BRK_YES && n->optional ? BRK_THROUGH : inside;
    case DT_REGEX_SPAN:
    case DT_REGEX_STOP:
        break;
    }
    return BRK_NO;
}

static enum brk list_breaks(const struct dt_regex_node *n)
{
    for (; n; n = n->next) {
        enum brk brk = node_breaks(n);
        if (brk != BRK_THROUGH)
            return brk;
    }
    return BRK_THROUGH;
}

bool dt_regex_breaks(const struct dt_regex_node *list)
{
    return list_breaks(list) == BRK_YES;
}

/* ---- Shape ---- */

struct shape {
    char *mem;
    size_t len;
    size_t complete; /* what of it is certain */
    size_t segment;  /* where the last segment begins, behind its "/" */
    bool begun;
    bool name; /* the last segment is not known to the byte */
};

static void complete(struct shape *s)
{
    if (!s->begun)
        return;
    if (s->name) {
        s->len = s->segment;
        s->mem[s->len++] = DT_PATH_NAME;
    }
    s->complete = s->len;
}

static void put(struct shape *s, char byte)
{
    if (byte == '/') {
        complete(s);
        s->begun = true;
        s->name = false;
        s->segment = s->len + 1;
    }
    if (!s->name)
        s->mem[s->len++] = byte;
}

/* A path begins with "/", so ^/?a is ^/a unless what follows the "/" can be one. */
static bool must_begin(const struct dt_regex_node *n)
{
    const struct dt_regex_node *next = n->next;
    if (n->kind != DT_REGEX_CHAR || n->byte != '/' || n->many || !next)
        return false;
    bool other = !next->slash && !next->empty;
    return !n->empty || next->kind == DT_REGEX_END || other;
}

/* Adds what n says; false when the shape ends before it. */
static bool add(struct shape *s, const struct dt_regex_node *n)
{
    if (n->kind == DT_REGEX_CHAR && !n->empty) {
        put(s, n->byte);
        return true;
    }
    if (n->kind == DT_REGEX_NOTHING || n->kind == DT_REGEX_BEGIN)
        return true;
    if (n->slash || n->kind == DT_REGEX_END || n->kind == DT_REGEX_GROUP) {
        if (list_breaks(n) == BRK_YES) {
            complete(s);
            return false;
        }
    }
    if (n->kind == DT_REGEX_AHEAD) {
        if (node_breaks(n) == BRK_YES)
            complete(s);
        return node_breaks(n) != BRK_YES;
    }
    if (n->slash || n->kind == DT_REGEX_STOP)
        return false;
    s->name = true;
    return true;
}

static struct dt_slice find_shape(const struct dt_regex_branch *only, char *mem)
{
    struct shape s = {.mem = mem};
    const struct dt_regex_node *n = only->first;
    while (n && n->kind == DT_REGEX_NOTHING)
        n = n->next;
    if (!n || n->kind != DT_REGEX_BEGIN)
        return DT_SLICE_NONE;
    while (n && (n->kind == DT_REGEX_NOTHING || n->kind == DT_REGEX_BEGIN))
        n = n->next;
    if (!n || !must_begin(n))
        return DT_SLICE_NONE;
    put(&s, '/');
    n = n->next;
    while (n && add(&s, n))
        n = n->next;
    return dt_slice_of(mem, s.complete);
}

enum dt_err dt_regex_find_shape(const struct dt_regex_tree *tree, size_t text_len,
                                struct dt_arena *arena, struct dt_slice *ret)
{
    char *mem = dt_arena_alloc(arena, text_len + 1);
    if (!mem)
        return DT_ERR_NOMEM;
    *ret = tree->branches->next ? DT_SLICE_NONE : find_shape(tree->branches, mem);
    return DT_OK;
}
