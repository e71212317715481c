/* SPDX-License-Identifier: MIT
 *
 * The texts that stand in every path that an expression matches, wherever: by them one is found
 * among thousands. What follows "/old/" in ^/old/(news|press)/ is one of two texts, and that is
 * worth as much: "/old/news" or "/old/press".
 */
#include "rules/regex/regex_tree.h"

#define BRANCHES_MAX 16u /* of a group that is a choice */
#define BEFORE_MAX 32u   /* bytes before a group that are put before its branches' */

struct finder {
    struct dt_arena *arena;
    char *mem;   /* where the run is written */
    size_t len;  /* of the run */
    bool begins; /* so does the run */
    struct dt_regex_runs runs;
    size_t cap;
    uint32_t choice;
    enum dt_err err;
};

static void add_run(struct finder *f, struct dt_regex_run run)
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
    f->runs.list[f->runs.count++] = run;
}

/* It stands between two bytes of a run. */
static bool is_between(const struct dt_regex_node *n)
{
    return n->kind == DT_REGEX_NOTHING || n->kind == DT_REGEX_AHEAD || n->kind == DT_REGEX_BEGIN;
}

/* What follows is n. */
static void end_run(struct finder *f, const struct dt_regex_node *n)
{
    if (f->len)
        add_run(f, (struct dt_regex_run){dt_slice_of(f->mem, f->len), f->choice++, f->begins,
                                         dt_regex_breaks(n)});
    f->mem += f->len;
    f->len = 0;
    f->begins = false;
}

/* ---- Groups of which one branch must be ---- */

/* The longest text of consecutive bytes in a branch. At its beginning, what stands before the group
 * belongs to it; `after` follows the group. */
static struct dt_regex_run branch_run(const struct dt_regex_branch *branch, struct dt_slice before,
                                      const struct dt_regex_node *after, char *mem)
{
    struct dt_regex_run best = {0};
    size_t len = before.len;
    if (len)
        memcpy(mem, before.ptr, len);
    for (const struct dt_regex_node *n = branch->first;; n = n->next) {
        if (n && n->kind == DT_REGEX_CHAR && !n->empty) {
            mem[len++] = n->byte;
            continue;
        }
        if (n && is_between(n))
            continue;
        if (len > best.text.len)
            best = (struct dt_regex_run){.text = dt_slice_of(mem, len),
                                         .ends = dt_regex_breaks(n ? n : after)};
        mem += len;
        len = 0;
        if (!n || n->kind == DT_REGEX_STOP)
            return best;
    }
}

static size_t list_len(const struct dt_regex_branch *branch)
{
    size_t len = 0;
    for (const struct dt_regex_node *n = branch->first; n; n = n->next)
        len++;
    return len;
}

/* All branches have a text, or it is no choice. A group that is repeated is followed by itself. */
static void add_choice(struct finder *f, const struct dt_regex_branch *branches,
                       struct dt_slice before, const struct dt_regex_node *after)
{
    struct dt_regex_run runs[BRANCHES_MAX];
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
        runs[count] = branch_run(b, before, after, mem);
        runs[count].choice = f->choice;
        if (!runs[count++].text.len)
            return;
    }
    for (size_t i = 0; i < count; i++)
        add_run(f, runs[i]);
    f->choice++;
}

static void find_runs(struct finder *f, const struct dt_regex_node *n)
{
    for (; n && !f->err; n = n->next) {
        if (n->kind == DT_REGEX_CHAR && !n->empty) {
            f->mem[f->len++] = n->byte;
            continue;
        }
        if (is_between(n))
            continue;
        bool group = n->kind == DT_REGEX_GROUP && !n->optional;
        const struct dt_regex_node *after = n->many ? NULL : n->next;
        if (group && n->branches->next) {
            add_choice(f, n->branches, dt_slice_of(f->mem, f->len), after);
            if (f->len)
                add_choice(f, n->branches, DT_SLICE_NONE, after); /* this may tell more */
        }
        end_run(f, n);
        if (n->kind == DT_REGEX_STOP)
            return;
        if (group && !n->branches->next)
            find_runs(f, n->branches->first); /* a group with a STOP would be one itself */
    }
    end_run(f, NULL);
}

enum dt_err dt_regex_find_runs(const struct dt_regex_tree *tree, size_t text_len,
                               struct dt_arena *arena, struct dt_regex_runs *ret)
{
    struct finder f = {.arena = arena, .mem = dt_arena_alloc(arena, text_len)};
    const struct dt_regex_node *first = tree->branches->first;
    if (!f.mem)
        return DT_ERR_NOMEM;
    f.begins = first && first->kind == DT_REGEX_BEGIN;
    if (tree->branches->next)
        add_choice(&f, tree->branches, DT_SLICE_NONE, NULL);
    else
        find_runs(&f, first);
    if (!f.err)
        *ret = f.runs;
    return f.err;
}
