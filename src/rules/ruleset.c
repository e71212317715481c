/* SPDX-License-Identifier: MIT
 *
 * The rule set as a container: growing arrays, actions that are kept once, and the accessors. Rules
 * are numerous (millions) and small; their strings stay in the file's text wherever that text is in
 * normal form already. Reading is in reader.c.
 */
#include "rules/ruleset_priv.h"

#include "base/hash.h"
#include "rules/read/reader.h"
#include <stdlib.h>

#define FIRST_CAP 16u
#define FIRST_SLOTS 64u

bool dt_grow(void **array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return true;
    if (*cap > SIZE_MAX / 2 / size)
        return false;
    size_t more = *cap ? *cap * 2 : FIRST_CAP;
    void *mem = realloc(*array, more * size);
    if (!mem)
        return false;
    *array = mem;
    *cap = more;
    return true;
}

struct dt_ruleset *dt_ruleset_new(const struct dt_loader *loader)
{
    struct dt_ruleset *set = calloc(1, sizeof *set);
    if (set && loader)
        set->loader = *loader;
    return set;
}

void dt_ruleset_free(struct dt_ruleset *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->file_count; i++)
        free(set->files[i].marks);
    free(set->files);
    free(set->rules);
    free(set->actions);
    free(set->action_slots);
    free(set->conditions);
    free(set->condition_slots);
    free(set->diags);
    free(set->expects);
    dt_intern_release(&set->strings);
    dt_arena_release(&set->arena);
    free(set);
}

/* Behind a top-level file: some formats want the first match, native rules the most specific. */
static void check_order(struct dt_ruleset *set)
{
    if (!set->first_wanted || !set->native || set->order != DT_ORDER_UNSET || set->order_reported)
        return;
    set->order_reported = true;
    set->err = dt_ruleset_diag_add(set, DT_SEVERITY_ERROR,
                                   (struct dt_place){set->native_file, set->native_line, 1, 1},
                                   "order-needed",
                                   "native rules beside %s rules, of which the first that matches "
                                   "wins: write \"@order first\" "
                                   "or \"@order specific\" into this file or one before it",
                                   set->first_wanted);
}

enum dt_err dt_ruleset_read(struct dt_ruleset *set, struct dt_slice name, struct dt_slice text,
                            enum dt_format format)
{
    if (set->err)
        return set->err;
    size_t errors = set->error_count;
    dt_reader_file(set, NULL, name, text, format);
    if (!set->err)
        check_order(set);
    if (set->err)
        return set->err;
    return set->error_count > errors ? DT_ERR_SYNTAX : DT_OK;
}

static bool nomem(struct dt_ruleset *set)
{
    set->err = DT_ERR_NOMEM;
    return false;
}

bool dt_ruleset_add_rule(struct dt_ruleset *set, const struct dt_rule *rule)
{
    if (set->count == set->cap) {
        void *mem = set->rules;
        if (!dt_grow(&mem, set->count, &set->cap, sizeof *set->rules))
            return nomem(set);
        set->rules = mem;
    }
    set->rules[set->count++] = *rule;
    return true;
}

bool dt_ruleset_add_expect(struct dt_ruleset *set, const struct dt_expect *expect)
{
    void *mem = set->expects;
    if (!dt_grow(&mem, set->expect_count, &set->expect_cap, sizeof *set->expects))
        return nomem(set);
    set->expects = mem;
    set->expects[set->expect_count++] = *expect;
    return true;
}

static bool same_action(const struct dt_action *a, const struct dt_action *b)
{
    return a->status == b->status && a->query == b->query && a->note == b->note &&
           a->retry_after == b->retry_after && dt_slice_eq(a->names, b->names) &&
           dt_slice_eq(a->cache, b->cache) && dt_slice_eq(a->note_text, b->note_text) &&
           dt_slice_eq(a->owner, b->owner) && dt_slice_eq(a->fields, b->fields) &&
           dt_slice_eq(a->page, b->page);
}

static uint64_t hash_action(const struct dt_action *a)
{
    uint32_t numbers[] = {a->status, a->query, a->note, a->retry_after};
    const struct dt_slice texts[] = {a->names, a->cache,  a->note_text,
                                     a->owner, a->fields, a->page};
    uint64_t hash = dt_hash64(numbers, sizeof numbers, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hash = dt_hash64(texts[i].ptr, texts[i].len, hash);
    return hash;
}

static uint32_t *find_action(struct dt_ruleset *set, const struct dt_action *action)
{
    size_t at = (size_t)hash_action(action) & set->action_mask;
    while (set->action_slots[at] && !same_action(&set->actions[set->action_slots[at] - 1], action))
        at = (at + 1) & set->action_mask;
    return &set->action_slots[at];
}

static bool grow_actions(struct dt_ruleset *set)
{
    size_t slots = set->action_slots ? (set->action_mask + 1) * 2 : FIRST_SLOTS;
    uint32_t *mem = calloc(slots, sizeof *mem);
    if (!mem)
        return false;
    free(set->action_slots);
    set->action_slots = mem;
    set->action_mask = slots - 1;
    for (size_t i = 0; i < set->action_count; i++)
        *find_action(set, &set->actions[i]) = (uint32_t)i + 1;
    return true;
}

bool dt_ruleset_intern_action(struct dt_ruleset *set, const struct dt_action *action,
                              uint32_t *ret_index)
{
    if ((!set->action_slots || set->action_count >= set->action_mask / 2) && !grow_actions(set))
        return nomem(set);
    uint32_t *slot = find_action(set, action);
    if (!*slot) {
        void *mem = set->actions;
        if (!dt_grow(&mem, set->action_count, &set->action_cap, sizeof *set->actions))
            return nomem(set);
        set->actions = mem;
        set->actions[set->action_count++] = *action;
        *slot = (uint32_t)set->action_count;
    }
    *ret_index = *slot - 1;
    return true;
}

size_t dt_ruleset_count(const struct dt_ruleset *set)
{
    return set->count;
}

const struct dt_rule *dt_ruleset_rule(const struct dt_ruleset *set, size_t at)
{
    return at < set->count ? &set->rules[at] : NULL;
}

size_t dt_ruleset_action_count(const struct dt_ruleset *set)
{
    return set->action_count;
}

const struct dt_action *dt_ruleset_action(const struct dt_ruleset *set, size_t at)
{
    return at < set->action_count ? &set->actions[at] : NULL;
}

size_t dt_ruleset_file_count(const struct dt_ruleset *set)
{
    return set->file_count;
}

struct dt_slice dt_ruleset_file(const struct dt_ruleset *set, size_t at)
{
    return at < set->file_count ? set->files[at].name : DT_SLICE_NONE;
}

struct dt_slice dt_ruleset_line(const struct dt_ruleset *set, uint32_t file, uint32_t line)
{
    if (file >= set->file_count || line == 0)
        return DT_SLICE_NONE;
    const struct dt_rule_file *from = &set->files[file];
    size_t mark = (line - 1) / DT_LINE_MARK;
    if (mark >= from->nmarks)
        return DT_SLICE_NONE;
    struct dt_slice rest = dt_slice_from(from->text, from->marks[mark]);
    for (uint32_t skip = (line - 1) % DT_LINE_MARK; rest.len; skip--) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        if (skip == 0) {
            len -= len && rest.ptr[len - 1] == '\r';
            return dt_slice_of(rest.ptr, len);
        }
        rest = dt_slice_from(rest, len + 1);
    }
    return DT_SLICE_NONE;
}

size_t dt_ruleset_diag_count(const struct dt_ruleset *set)
{
    return set->diag_count;
}

const struct dt_diag *dt_ruleset_diag(const struct dt_ruleset *set, size_t at)
{
    return at < set->diag_count ? &set->diags[at] : NULL;
}

size_t dt_ruleset_error_count(const struct dt_ruleset *set)
{
    return set->error_count;
}

size_t dt_ruleset_expect_count(const struct dt_ruleset *set)
{
    return set->expect_count;
}

const struct dt_expect *dt_ruleset_expect(const struct dt_ruleset *set, size_t at)
{
    return at < set->expect_count ? &set->expects[at] : NULL;
}

enum dt_order dt_ruleset_order(const struct dt_ruleset *set)
{
    if (set->order == DT_ORDER_UNSET && set->first_wanted)
        return DT_ORDER_FIRST;
    return set->order;
}
