/* SPDX-License-Identifier: MIT
 *
 * A pool in use. Blocks are verified when they are prepared, an expression's text whenever it is
 * asked about; it is compiled the first time, since of thousands most never are.
 */
#include "rules/regex/regex_pool.h"

#include "rules/regex/regex_match.h"
#include "rules/regex/regex_pool_layout.h"
#include "rules/regex/regex_scan.h"

#include <stdlib.h>

#define FREED_AT_ONCE 256u /* expressions: a third of a millisecond */

struct dt_regex_pool {
    const unsigned char *mem;
    const struct dt_pool_header *header;
    const struct dt_pool_scope *scopes;
    const struct dt_pool_block *blocks;
    uint64_t seed;
    struct dt_regex_code *codes; /* by item; empty until it is asked about */
    struct dt_matcher *matcher;
    struct dt_scanner **scanners; /* by block; NULL for words */
    struct dt_scratch *scratch;
    struct dt_scan_hits hits;
    uint32_t prepared; /* blocks */
    uint32_t freed;    /* codes, on the way out */
    uint32_t prepared_scopes;
};

/* ---- Opening ---- */

static bool head_is_whole(const void *bytes, size_t len, uint64_t seed)
{
    const struct dt_pool_header *h = bytes;
    if (len < sizeof *h || h->magic != DT_POOL_MAGIC || h->version != DT_POOL_VERSION ||
        h->len > len || h->head_len > h->len || h->head_len < sizeof *h)
        return false;
    uint64_t need = sizeof *h + (uint64_t)h->scopes * sizeof(struct dt_pool_scope) +
                    (uint64_t)h->blocks * sizeof(struct dt_pool_block);
    return h->head_len == need && h->items_at <= h->len && h->items <= INT32_MAX &&
           (h->len - h->items_at) / 8 >= h->items &&
           h->check ==
               dt_pool_check((const char *)bytes + 8, h->head_len - 8, seed, DT_POOL_HEAD, 0);
}

/* Scopes share out all blocks, in their order. */
static bool tables_are_whole(const struct dt_regex_pool *pool)
{
    uint32_t blocks = 0;
    for (uint32_t i = 0; i < pool->header->scopes; i++) {
        const struct dt_pool_scope *s = &pool->scopes[i];
        if (s->blocks == 0 || s->first != blocks || s->blocks > pool->header->blocks - blocks ||
            s->items > pool->header->items || (i && s->scope <= s[-1].scope))
            return false;
        blocks += s->blocks;
    }
    for (uint32_t i = 0; i < blocks; i++) {
        const struct dt_pool_block *block = &pool->blocks[i];
        if (block->at % 64 || block->at > pool->header->len ||
            block->len > pool->header->len - block->at)
            return false;
    }
    return blocks == pool->header->blocks;
}

static bool make_tables(struct dt_regex_pool *pool)
{
    uint32_t most = 1, items = pool->header->items;
    for (uint32_t i = 0; i < pool->header->scopes; i++)
        most = pool->scopes[i].items > most ? pool->scopes[i].items : most;
    pool->codes = calloc(items + 1u, sizeof *pool->codes);
    pool->matcher = dt_matcher_new();
    pool->scanners = calloc(pool->header->blocks + 1u, sizeof(struct dt_scanner *));
    pool->hits = (struct dt_scan_hits){.items = calloc(most, sizeof(uint32_t)),
                                       .cap = most,
                                       .seen = calloc(items + 1u, sizeof(uint32_t)),
                                       .item_count = items};
    return pool->codes && pool->matcher && pool->scanners && pool->hits.items && pool->hits.seen;
}

enum dt_err dt_regex_pool_open(const void *bytes, size_t len, uint64_t seed,
                               struct dt_regex_pool **ret)
{
    if (!head_is_whole(bytes, len, seed))
        return DT_ERR_DAMAGED;
    struct dt_regex_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return DT_ERR_NOMEM;
    pool->mem = bytes;
    pool->header = bytes;
    pool->scopes = (const struct dt_pool_scope *)(pool->header + 1);
    pool->blocks = (const struct dt_pool_block *)(pool->scopes + pool->header->scopes);
    pool->seed = seed;
    enum dt_err err = DT_OK;
    if (!tables_are_whole(pool))
        err = DT_ERR_DAMAGED;
    else if (!make_tables(pool))
        err = DT_ERR_NOMEM;
    if (err) {
        dt_regex_pool_free(pool);
        return err;
    }
    *ret = pool;
    return DT_OK;
}

bool dt_regex_pool_free_some(struct dt_regex_pool *pool)
{
    for (uint32_t n = 0; pool->codes && n < FREED_AT_ONCE; n++) {
        if (pool->freed == pool->header->items)
            return true;
        dt_regex_code_release(&pool->codes[pool->freed++]);
    }
    return !pool->codes;
}

void dt_regex_pool_free(struct dt_regex_pool *pool)
{
    if (!pool)
        return;
    while (!dt_regex_pool_free_some(pool))
        ;
    for (uint32_t i = 0; pool->scanners && i < pool->header->blocks; i++)
        dt_scanner_free(pool->scanners[i]);
    dt_scratch_free(pool->scratch);
    dt_matcher_free(pool->matcher);
    free(pool->codes);
    free(pool->scanners);
    free(pool->hits.items);
    free(pool->hits.seen);
    free(pool);
}

/* ---- Items ---- */

size_t dt_regex_pool_count(const struct dt_regex_pool *pool)
{
    return pool->header->items;
}

static const struct dt_pool_record *record_of(const struct dt_regex_pool *pool, uint32_t item)
{
    uint64_t at;
    if (item >= pool->header->items)
        return NULL;
    memcpy(&at, pool->mem + pool->header->items_at + 8 * (size_t)item, sizeof at);
    if (at % 8 || at > pool->header->len || pool->header->len - at < sizeof(struct dt_pool_record))
        return NULL;
    const struct dt_pool_record *record = (const struct dt_pool_record *)(pool->mem + at);
    if (record->len > pool->header->len - at - sizeof *record)
        return NULL;
    uint64_t check = dt_pool_check(&record->nocase, sizeof *record - 8 + record->len, pool->seed,
                                   DT_POOL_RECORD, item);
    return check == record->check ? record : NULL;
}

static struct dt_slice record_text(const struct dt_pool_record *record)
{
    return dt_slice_of((const char *)(record + 1), record->len);
}

struct dt_slice dt_regex_pool_text(const struct dt_regex_pool *pool, uint32_t item)
{
    const struct dt_pool_record *record = record_of(pool, item);
    return record ? record_text(record) : DT_SLICE_NONE;
}

static bool get_text(void *ctx, uint32_t item, struct dt_scan_item *ret)
{
    const struct dt_pool_record *record = record_of(ctx, item);
    if (!record)
        return false;
    *ret = (struct dt_scan_item){
        .text = record_text(record), .item = item, .nocase = record->nocase != 0};
    return true;
}

/* ---- Scanning ---- */

/* The first block of a scope has its words. */
static enum dt_err prepare(struct dt_regex_pool *pool, uint32_t number)
{
    const struct dt_pool_block *block = &pool->blocks[number];
    const void *bytes = pool->mem + block->at;
    size_t len = (size_t)block->len;
    if (block->check != dt_pool_check(bytes, len, pool->seed, DT_POOL_BLOCK, number))
        return DT_ERR_DAMAGED;
    while (pool->prepared_scopes < pool->header->scopes &&
           pool->scopes[pool->prepared_scopes].first < number)
        pool->prepared_scopes++;
    if (pool->prepared_scopes < pool->header->scopes &&
        pool->scopes[pool->prepared_scopes].first == number)
        return dt_words_valid(bytes, len) ? DT_OK : DT_ERR_DAMAGED;
    struct dt_scan_texts texts = {get_text, pool};
    return dt_scanner_open(bytes, len, &texts, &pool->scratch, &pool->scanners[number]);
}

#define STEP_BYTES ((uint64_t)1 << 20) /* of words; a database is a step of its own */

enum dt_err dt_regex_pool_step(struct dt_regex_pool *pool, bool *ret_done)
{
    uint64_t bytes = 0;
    while (pool->prepared < pool->header->blocks && bytes < STEP_BYTES) {
        enum dt_err err = prepare(pool, pool->prepared);
        if (err)
            return err;
        bytes += pool->scanners[pool->prepared] ? STEP_BYTES : pool->blocks[pool->prepared].len;
        pool->prepared++;
    }
    *ret_done = pool->prepared == pool->header->blocks;
    return DT_OK;
}

static const struct dt_pool_scope *find_scope(const struct dt_regex_pool *pool, uint32_t scope)
{
    uint32_t low = 0, high = pool->header->scopes;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pool->scopes[middle].scope < scope)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < pool->header->scopes && pool->scopes[low].scope == scope;
    return found ? &pool->scopes[low] : NULL;
}

/* Shell's sort: hits are few, or nearly in order. */
static void sort(uint32_t *items, size_t count)
{
    static const size_t gaps[] = {29524, 9841, 3280, 1093, 364, 121, 40, 13, 4, 1};
    for (size_t g = 0; g < sizeof gaps / sizeof gaps[0]; g++)
        for (size_t i = gaps[g]; i < count; i++) {
            uint32_t item = items[i];
            size_t at = i;
            for (; at >= gaps[g] && items[at - gaps[g]] > item; at -= gaps[g])
                items[at] = items[at - gaps[g]];
            items[at] = item;
        }
}

static void next_turn(struct dt_scan_hits *hits)
{
    hits->count = 0;
    if (++hits->turn == 0) {
        memset(hits->seen, 0, hits->item_count * sizeof *hits->seen);
        hits->turn = 1;
    }
}

enum dt_err dt_regex_pool_scan(struct dt_regex_pool *pool, uint32_t number, struct dt_slice subject,
                               const uint32_t **ret_items, size_t *ret_count)
{
    const struct dt_pool_scope *scope = find_scope(pool, number);
    next_turn(&pool->hits);
    if (scope) {
        if (scope->first + scope->blocks > pool->prepared)
            return DT_ERR_DAMAGED; /* not stepped to its end */
        dt_words_scan(pool->mem + pool->blocks[scope->first].at, subject, &pool->hits);
        for (uint32_t i = 1; i < scope->blocks; i++) {
            enum dt_err err = dt_scanner_scan(pool->scanners[scope->first + i], pool->scratch,
                                              subject, &pool->hits);
            if (err)
                return err;
        }
        sort(pool->hits.items, pool->hits.count);
    }
    *ret_items = pool->hits.items;
    *ret_count = pool->hits.count;
    return DT_OK;
}

/* ---- Matching ---- */

static bool make_code(struct dt_regex_pool *pool, uint32_t item)
{
    struct dt_scan_item text;
    return get_text(pool, item, &text) &&
           dt_regex_code_init(&pool->codes[item], text.text, text.nocase);
}

enum dt_regex_result dt_regex_pool_match(struct dt_regex_pool *pool, uint32_t item,
                                         struct dt_slice subject, const size_t **ret_groups,
                                         unsigned *ret_count)
{
    if (item >= pool->header->items)
        return DT_REGEX_DAMAGED;
    struct dt_regex_code *code = &pool->codes[item];
    if (!code->quick && !make_code(pool, item))
        return DT_REGEX_DAMAGED;
    enum dt_regex_result result = dt_matcher_quick(pool->matcher, code, subject);
    struct dt_scan_item text;
    if (result == DT_REGEX_LIMIT && !get_text(pool, item, &text))
        return DT_REGEX_DAMAGED;
    if (result == DT_REGEX_LIMIT)
        result = dt_matcher_careful(pool->matcher, code, text.text, text.nocase, subject);
    if (result != DT_REGEX_YES)
        return result;
    *ret_groups = dt_matcher_groups(pool->matcher);
    *ret_count = code->groups;
    return result;
}
