/* SPDX-License-Identifier: MIT
 *
 * What targets share is written once. Real maps send thousands of old pages to one new page, and
 * most others into a few folders, so two beginnings of a target are tried: all of it, and its
 * folder (up to the last "/" before query and fragment). A beginning is worth sharing when enough
 * rules do.
 */
#include "base/pages.h"
#include "rules/compile/plan.h"

#include <stdlib.h>

#define FOLDER_MIN_USES 3u
#define WHOLE_MIN_USES 2u
#define PATH_MIN_USES 16u
#define MIN_LEN 10u
#define SIEVE_BITS 21u

struct sharing {
    struct dt_plan *plan;
    struct dt_index index;
    uint8_t
        *sieve; /* how often a hash was seen, up to 2: keeps targets seen once out of the index */
    uint64_t *hashes;
    uint32_t last_folder; /* row of strings */
};

static uint64_t hash_of(const struct dt_plan *plan, struct dt_slice text)
{
    return dt_hash64(text.ptr, text.len, plan->seed);
}

static uint64_t hash_of_row(const void *rows, uint32_t row)
{
    return ((const struct dt_plan_string *)rows)[row].hash;
}

/* The part that may be shared at all: no marks and no fragment (see struct dt_location). */
static bool is_plain(struct dt_slice s)
{
    return !memchr(s.ptr, '#', s.len) && !dt_location_has_marks(s);
}

static struct dt_slice folder_of(struct dt_slice target)
{
    const char *query = memchr(target.ptr, '?', target.len);
    size_t len = query ? (size_t)(query - target.ptr) : target.len;
    const char *slash = memrchr(target.ptr, '/', len);
    return dt_slice_of(target.ptr, slash ? (size_t)(slash - target.ptr) + 1 : 0);
}

static enum dt_err intern(struct sharing *sharing, struct dt_slice text, uint64_t hash,
                          uint32_t *ret_row)
{
    struct dt_plan *plan = sharing->plan;
    enum dt_err err = dt_index_grow(&sharing->index, hash_of_row, plan->strings);
    if (err)
        return err;
    struct dt_index *index = &sharing->index;
    uint32_t tag = (uint32_t)(hash >> 32);
    uint64_t at = dt_index_start(index, hash);
    for (; index->slots[at].row; at = (at + 1) & index->mask) {
        uint32_t row = index->slots[at].row - 1;
        if (index->slots[at].tag == tag && dt_slice_eq(plan->strings[row].text, text)) {
            *ret_row = row;
            return DT_OK;
        }
    }
    void *rows = plan->strings;
    if (!dt_grow(&rows, plan->string_count, &plan->string_room, sizeof *plan->strings))
        return DT_ERR_NOMEM;
    plan->strings = rows;
    plan->strings[plan->string_count++] =
        (struct dt_plan_string){.text = text, .hash = hash, .ref = DT_PLAN_NONE};
    index->slots[at] = (struct dt_index_slot){tag, (uint32_t)plan->string_count};
    index->used++;
    *ret_row = (uint32_t)plan->string_count - 1;
    return DT_OK;
}

/* Counts one use of a folder. ret_row stays DT_PLAN_NONE when it is not worth it. */
static enum dt_err share(struct sharing *sharing, struct dt_slice folder, bool uses,
                         uint32_t *ret_row)
{
    struct dt_plan *plan = sharing->plan;
    uint32_t row = sharing->last_folder;
    if (folder.len < MIN_LEN)
        return DT_OK;
    if (row == DT_PLAN_NONE || !dt_slice_eq(plan->strings[row].text, folder)) {
        if (!is_plain(folder))
            return DT_OK;
        enum dt_err err = intern(sharing, folder, hash_of(plan, folder), &row);
        if (err)
            return err;
        sharing->last_folder = row;
    }
    plan->strings[row].uses += uses;
    *ret_row = row;
    return DT_OK;
}

static enum dt_err share_paths(struct sharing *sharing)
{
    struct dt_plan *plan = sharing->plan;
    for (size_t i = 0; i < plan->node_count; i++) {
        struct dt_plan_node *node = &plan->nodes[i];
        if (node->path.len < MIN_LEN)
            continue;
        const char *slash = memrchr(node->path.ptr, '/', node->path.len);
        size_t len = slash ? (size_t)(slash - node->path.ptr) + 1 : 0;
        enum dt_err err = share(sharing, dt_slice_of(node->path.ptr, len), true, &node->string);
        if (err)
            return err;
    }
    for (size_t i = 0; i < plan->node_count; i++) {
        uint32_t *row = &plan->nodes[i].string;
        if (*row != DT_PLAN_NONE && plan->strings[*row].uses < PATH_MIN_USES)
            *row = DT_PLAN_NONE;
    }
    return DT_OK;
}

/* Counts the target's folder, and sifts the target itself. */
static enum dt_err share_folder(struct sharing *sharing, uint32_t rank)
{
    struct dt_plan *plan = sharing->plan;
    struct dt_slice target = dt_plan_rule(plan, rank)->target;
    plan->string_at[rank] = DT_PLAN_NONE;
    sharing->hashes[rank] = 0;
    if (target.len < MIN_LEN)
        return DT_OK;
    uint64_t hash = hash_of(plan, target);
    sharing->hashes[rank] = hash;
    uint8_t *seen = &sharing->sieve[hash >> (64 - SIEVE_BITS)];
    if (*seen < WHOLE_MIN_USES)
        (*seen)++;
    struct dt_slice folder = folder_of(target);
    return share(sharing, folder, folder.len < target.len, &plan->string_at[rank]);
}

/* Takes the whole target instead, when the sieve says that others may have it too. */
static enum dt_err share_whole(struct sharing *sharing, uint32_t rank)
{
    struct dt_plan *plan = sharing->plan;
    uint64_t hash = sharing->hashes[rank];
    if (sharing->sieve[hash >> (64 - SIEVE_BITS)] < WHOLE_MIN_USES)
        return DT_OK;
    struct dt_slice target = dt_plan_rule(plan, rank)->target;
    if (target.len < MIN_LEN || !is_plain(target))
        return DT_OK;
    uint32_t row;
    enum dt_err err = intern(sharing, target, hash, &row);
    if (err)
        return err;
    plan->strings[row].uses++;
    plan->string_at[rank] = row;
    return DT_OK;
}

/* Takes back what too few rules share. */
static enum dt_err settle(struct sharing *sharing)
{
    struct dt_plan *plan = sharing->plan;
    for (uint32_t rank = 0; rank < plan->count; rank++) {
        uint32_t row = plan->string_at[rank];
        if (row == DT_PLAN_NONE)
            continue;
        struct dt_slice target = dt_plan_rule(plan, rank)->target;
        struct dt_plan_string *string = &plan->strings[row];
        if (string->text.len == target.len && string->uses < WHOLE_MIN_USES) {
            struct dt_slice folder = folder_of(target);
            row = DT_PLAN_NONE;
            if (folder.len >= MIN_LEN && folder.len < target.len && is_plain(folder)) {
                enum dt_err err = intern(sharing, folder, hash_of(plan, folder), &row);
                if (err)
                    return err;
            }
        }
        if (row != DT_PLAN_NONE && plan->strings[row].text.len < target.len &&
            plan->strings[row].uses < FOLDER_MIN_USES)
            row = DT_PLAN_NONE;
        plan->string_at[rank] = row;
    }
    return DT_OK;
}

enum dt_err dt_plan_strings(struct dt_plan *plan)
{
    struct sharing sharing = {.plan = plan, .last_folder = DT_PLAN_NONE};
    enum dt_err err = dt_index_init(&sharing.index, 1024);
    plan->string_at = dt_pages_alloc(plan->count, sizeof *plan->string_at);
    sharing.hashes = dt_pages_alloc(plan->count, sizeof *sharing.hashes);
    sharing.sieve = calloc((size_t)1 << SIEVE_BITS, 1);
    if (!err && (!plan->string_at || !sharing.hashes || !sharing.sieve))
        err = DT_ERR_NOMEM;
    for (uint32_t rank = 0; !err && rank < plan->count; rank++)
        err = share_folder(&sharing, rank);
    for (uint32_t rank = 0; !err && rank < plan->count; rank++)
        err = share_whole(&sharing, rank);
    if (!err)
        err = settle(&sharing);
    sharing.last_folder = DT_PLAN_NONE;
    if (!err)
        err = share_paths(&sharing);
    dt_index_release(&sharing.index);
    free(sharing.hashes);
    free(sharing.sieve);
    return err;
}
