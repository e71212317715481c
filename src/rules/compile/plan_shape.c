/* SPDX-License-Identifier: MIT
 *
 * How specific a path is, when it is more than exact or a folder. Segment by segment from the left,
 * what is written out comes before a name, a name before a star; where a path ends, it comes before
 * one that goes on. A star inside a path comes just before a star that ends one, the longer text
 * from there on first. Written as strings of kinds, that is the order of memcmp; the few different
 * strings of a rule set are sorted once, and a rule's place among them is a number.
 */
#include "rules/compile/plan.h"

#include <stdlib.h>

enum { KIND_STATIC = 'a', KIND_NAME, KIND_INNER, KIND_STAR };

#define GLOB_LITERAL_CAP 0xffffffu
_Static_assert(DT_LIMIT_SOURCE < GLOB_LITERAL_CAP, "three bytes hold any length");

struct shape {
    struct dt_slice text;
    uint64_t hash;
    uint32_t number;
};

struct shapes {
    struct shape *rows;
    size_t count, room;
    struct dt_index index;
};

static uint64_t hash_of_row(const void *rows, uint32_t row)
{
    return ((const struct shape *)rows)[row].hash;
}

/* A segment from behind its "/" on. */
static struct dt_slice next_segment(struct dt_slice *path)
{
    struct dt_slice rest = dt_slice_from(*path, 1);
    const char *slash = rest.len ? memchr(rest.ptr, '/', rest.len) : NULL;
    struct dt_slice segment = dt_slice_of(rest.ptr, slash ? (size_t)(slash - rest.ptr) : rest.len);
    *path = dt_slice_from(rest, segment.len);
    return segment;
}

static size_t literal_bytes(struct dt_slice s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] != DT_PATH_NAME && s.ptr[i] != DT_PATH_STAR;
    return count;
}

/* The kinds of a path's segments. mem has room for a byte a segment, and three more. */
static struct dt_slice kinds_of(const struct dt_rule *rule, char *mem)
{
    struct dt_slice path = rule->path;
    size_t len = 0;
    while (path.len) {
        struct dt_slice before = path;
        struct dt_slice segment = next_segment(&path);
        const char *star = segment.len ? memchr(segment.ptr, DT_PATH_STAR, segment.len) : NULL;
        if (star && rule->path_kind == DT_PATH_GLOB) {
            size_t literal = literal_bytes(dt_slice_from(before, 1));
            size_t less = GLOB_LITERAL_CAP - literal; /* a source has DT_LIMIT_SOURCE bytes */
            mem[len++] = KIND_INNER;
            for (int shift = 16; shift >= 0; shift -= 8)
                mem[len++] = (char)(less >> shift);
            break;
        }
        bool name = segment.len == 1 && segment.ptr[0] == DT_PATH_NAME;
        mem[len++] = star ? KIND_STAR : name ? KIND_NAME : KIND_STATIC;
    }
    if (rule->path_kind == DT_PATH_PREFIX)
        mem[len++] = KIND_STAR;
    return dt_slice_of(mem, len);
}

static enum dt_err find(struct shapes *shapes, struct dt_arena *arena, struct dt_slice text,
                        uint32_t *ret_row)
{
    enum dt_err err = dt_index_grow(&shapes->index, hash_of_row, shapes->rows);
    if (err)
        return err;
    uint64_t hash = dt_hash64(text.ptr, text.len, 0);
    uint64_t at = dt_index_start(&shapes->index, hash);
    for (; shapes->index.slots[at].row; at = (at + 1) & shapes->index.mask) {
        const struct shape *row = &shapes->rows[shapes->index.slots[at].row - 1];
        if (row->hash == hash && dt_slice_eq(row->text, text)) {
            *ret_row = shapes->index.slots[at].row - 1;
            return DT_OK;
        }
    }
    void *rows = shapes->rows;
    struct dt_slice copy = dt_arena_copy(arena, text);
    if (!copy.ptr || !dt_grow(&rows, shapes->count, &shapes->room, sizeof *shapes->rows))
        return DT_ERR_NOMEM;
    shapes->rows = rows;
    shapes->rows[shapes->count] = (struct shape){copy, hash, (uint32_t)shapes->count};
    shapes->count++;
    shapes->index.slots[at] =
        (struct dt_index_slot){(uint32_t)(hash >> 32), (uint32_t)shapes->count};
    shapes->index.used++;
    *ret_row = (uint32_t)shapes->count - 1;
    return DT_OK;
}

static int compare(const void *a, const void *b)
{
    const struct shape *x = a, *y = b;
    return dt_slice_cmp(x->text, y->text);
}

static bool has_shape(const struct dt_rule *rule)
{
    return rule->path_kind != DT_PATH_EXACT && rule->path_kind != DT_PATH_REGEX;
}

/* Number of a row -> its place among all; 1 is the first, so that exact paths can be 0. */
static enum dt_err number(struct dt_plan *plan, struct shapes *shapes)
{
    uint32_t *place = malloc((shapes->count + 1) * sizeof *place);
    if (!place)
        return DT_ERR_NOMEM;
    qsort(shapes->rows, shapes->count, sizeof *shapes->rows, compare);
    for (size_t i = 0; i < shapes->count; i++)
        place[shapes->rows[i].number] = (uint32_t)i + 1;
    for (uint32_t i = 0; i < plan->count; i++)
        if (has_shape(&plan->set->rules[i]))
            plan->shape_at[i] = place[plan->shape_at[i]];
    free(place);
    return DT_OK;
}

static enum dt_err collect(struct dt_plan *plan, struct shapes *shapes, char *mem)
{
    enum dt_err err = dt_index_init(&shapes->index, 64);
    for (uint32_t i = 0; !err && i < plan->count; i++)
        if (has_shape(&plan->set->rules[i]))
            err =
                find(shapes, &plan->arena, kinds_of(&plan->set->rules[i], mem), &plan->shape_at[i]);
    return err;
}

enum dt_err dt_plan_shapes(struct dt_plan *plan)
{
    bool needed = false;
    for (uint32_t i = 0; !needed && i < plan->count; i++)
        needed = plan->set->rules[i].path_kind > DT_PATH_PREFIX &&
                 plan->set->rules[i].path_kind != DT_PATH_REGEX;
    if (!needed)
        return DT_OK; /* folders alone are told apart by their depth */
    struct shapes shapes = {0};
    plan->shape_at = calloc(plan->count, sizeof *plan->shape_at);
    char *mem = malloc(DT_LIMIT_SOURCE + 8);
    enum dt_err err = plan->shape_at && mem ? collect(plan, &shapes, mem) : DT_ERR_NOMEM;
    if (!err)
        err = number(plan, &shapes);
    dt_index_release(&shapes.index);
    free(shapes.rows);
    free(mem);
    return err;
}
