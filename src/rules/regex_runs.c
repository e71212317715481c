/* SPDX-License-Identifier: MIT
 *
 * The texts that stand in every path that an expression matches, wherever: by them one is found
 * among thousands. What follows "/old/" in ^/old/(news|press)/ is one of two texts, and that is
 * worth as much: "/old/news" or "/old/press".
 */
#include "rules/regex_tree.h"

#define BRANCHES_MAX 16u /* of a group that is a choice */
#define BEFORE_MAX 32u   /* bytes before a group that are put before its branches' */

struct finder {
    struct dt_arena *arena;
    char *mem;  /* where the run is written */
    size_t len; /* of the run */
    struct dt_regex_runs runs;
    size_t cap;
    uint32_t choice;
    enum dt_err err;
};

static void add_run(struct finder *f, struct dt_slice text, uint32_t choice)
{
    if (f->runs.count == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 16;
        struct dt_regex_run *list = dt_arena_alloc(f->arena, cap * sizeof *list);
        if (!list) {
            f->err = DT_ERR_NOMEM;
            return;
        }
        if (f->runs.count)
            memcpy(list, f->runs.list, f->runs.count * sizeof *list);
        f->runs.list = list;
        f->cap = cap;
    }
    f->runs.list[f->runs.count++] = (struct dt_regex_run){text, choice};
}

static void end_run(struct finder *f)
{
    if (!f->len)
        return;
    add_run(f, dt_slice_of(f->mem, f->len), f->choice++);
    f->mem += f->len;
    f->len = 0;
}

/* ---- Groups of which one branch must be ---- */

/* The longest text of consecutive bytes in a branch. At its beginning, what stands before the group
 * belongs to it. */
static struct dt_slice branch_text(const struct dt_regex_branch *branch, struct dt_slice before,
                                   char *mem)
{
    struct dt_slice best = DT_SLICE_NONE;
    size_t len = before.len;
    if (len)
        memcpy(mem, before.ptr, len);
    for (const struct dt_regex_node *n = branch->first; n; n = n->next) {
        bool byte = n->kind == DT_REGEX_CHAR && !n->empty;
        bool nothing = n->kind != DT_REGEX_CHAR && n->kind != DT_REGEX_SPAN &&
                       n->kind != DT_REGEX_GROUP && n->kind != DT_REGEX_STOP;
        if (byte)
            mem[len++] = n->byte;
        if (len > best.len)
            best = dt_slice_of(mem, len);
        if (n->kind == DT_REGEX_STOP)
            break;
        if (!byte && !nothing) {
            mem += len;
            len = 0;
        }
    }
    return len > best.len ? dt_slice_of(mem, len) : best;
}

static size_t list_len(const struct dt_regex_branch *branch)
{
    size_t len = 0;
    for (const struct dt_regex_node *n = branch->first; n; n = n->next)
        len++;
    return len;
}

/* All branches have a text, or it is no choice. */
static void add_choice(struct finder *f, const struct dt_regex_branch *branches,
                       struct dt_slice before)
{
    struct dt_slice texts[BRANCHES_MAX];
    size_t count = 0;
    if (before.len > BEFORE_MAX)
        before = dt_slice_from(before, before.len - BEFORE_MAX);
    for (const struct dt_regex_branch *b = branches; b; b = b->next) {
        if (count == BRANCHES_MAX)
            return;
        char *mem = dt_arena_alloc(f->arena, before.len + list_len(b));
        if (!mem) {
            f->err = DT_ERR_NOMEM;
            return;
        }
        texts[count] = branch_text(b, before, mem);
        if (!texts[count++].len)
            return;
    }
    for (size_t i = 0; i < count; i++)
        add_run(f, texts[i], f->choice);
    f->choice++;
}

static void find_runs(struct finder *f, const struct dt_regex_node *n)
{
    for (; n && !f->err; n = n->next) {
        if (n->kind == DT_REGEX_CHAR && !n->empty) {
            f->mem[f->len++] = n->byte;
            continue;
        }
        if (n->kind != DT_REGEX_CHAR && n->kind != DT_REGEX_SPAN && n->kind != DT_REGEX_GROUP &&
            n->kind != DT_REGEX_STOP)
            continue;
        bool group = n->kind == DT_REGEX_GROUP && !n->optional;
        if (group && n->branches->next) {
            add_choice(f, n->branches, dt_slice_of(f->mem, f->len));
            if (f->len)
                add_choice(f, n->branches, DT_SLICE_NONE); /* what is behind may tell more */
        }
        end_run(f);
        if (n->kind == DT_REGEX_STOP)
            return;
        if (group && !n->branches->next)
            find_runs(f, n->branches->first); /* a group with a STOP would be one itself */
    }
    end_run(f);
}

enum dt_err dt_regex_find_runs(const struct dt_regex_tree *tree, size_t text_len,
                               struct dt_arena *arena, struct dt_regex_runs *ret)
{
    struct finder f = {.arena = arena, .mem = dt_arena_alloc(arena, text_len)};
    if (!f.mem)
        return DT_ERR_NOMEM;
    if (tree->branches->next)
        add_choice(&f, tree->branches, DT_SLICE_NONE);
    else
        find_runs(&f, tree->branches->first);
    if (!f.err)
        *ret = f.runs;
    return f.err;
}
