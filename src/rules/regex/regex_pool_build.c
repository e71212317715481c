/* SPDX-License-Identifier: MIT
 *
 * Makes a pool: what is matched stands in records, and for each scope there are the means to find
 * it. Words take what they can, for nothing. What is left over goes to Vectorscan, whose compiler
 * needs about a millisecond for an expression whatever the size of a database, and much longer for
 * some; a few that are left over are tried as they are.
 */
#include "rules/regex/regex_pool.h"

#include "rules/regex/regex_pool_layout.h"
#include "rules/regex/regex_scan.h"

#include <stdlib.h>

#define POOL_MAX ((size_t)16 << 30)
#define SHARE_MAX 8u    /* items that may have one word; it gives all of them as candidates */
#define TRIED_MAX 4u    /* left-over items that are tried without Vectorscan */
#define SHARD_MAX 1000u /* expressions of one database: some kinds compile in squared time */

struct builder {
    struct dt_regex_item *items;
    size_t count;
    const struct dt_regex_build *how;
    struct dt_scan_item *scans; /* those to be scanned for, by scope */
    size_t scan_count;
    struct dt_pool_scope *scopes;
    size_t scope_count;
    struct dt_pool_block *blocks;
    size_t block_count;
    size_t block_cap;
    struct dt_buf blocks_bytes; /* offsets in it until the head is measured */
};

/* ---- Blocks ---- */

static void pad(struct dt_buf *buf, size_t to)
{
    static const char zero[64];
    dt_buf_put(buf, dt_slice_of(zero, (to - buf->len % to) % to));
}

/* The bytes since `from` are a block. */
static enum dt_err end_block(struct builder *b, size_t from)
{
    if (b->block_count == b->block_cap) {
        size_t cap = b->block_cap ? 2 * b->block_cap : 16;
        struct dt_pool_block *blocks = realloc(b->blocks, cap * sizeof *blocks);
        if (!blocks)
            return DT_ERR_NOMEM;
        b->blocks = blocks;
        b->block_cap = cap;
    }
    if (dt_buf_err(&b->blocks_bytes))
        return dt_buf_err(&b->blocks_bytes);
    b->blocks[b->block_count] = (struct dt_pool_block){from, b->blocks_bytes.len - from, 0};
    b->block_count++;
    pad(&b->blocks_bytes, 64);
    return dt_buf_err(&b->blocks_bytes);
}

static void tell(const struct builder *b, const struct dt_scan_item *items, size_t count)
{
    if (b->how->progress && count)
        b->how->progress(b->how->ctx, items[0].item, count);
}

/* ---- What words leave over ---- */

/* What is refused together is halved, until what is to blame stands alone. */
static enum dt_err write_databases(struct builder *b, struct dt_scan_item *items, size_t count)
{
    if (!count)
        return DT_OK;
    tell(b, items, count);
    enum dt_err err = DT_ERR_LIMIT;
    size_t from = b->blocks_bytes.len;
    if (count <= SHARD_MAX)
        err = dt_scanner_write(items, count, &b->blocks_bytes);
    if (!err)
        return end_block(b, from);
    if (err != DT_ERR_LIMIT)
        return err;
    if (count == 1) {
        items->always = true;
        return DT_OK;
    }
    err = write_databases(b, items, count / 2);
    return err ? err : write_databases(b, items + count / 2, count - count / 2);
}

/* Judges items, and says of those that cannot be scanned for, or only roughly. */
static enum dt_err judge(struct builder *b, struct dt_scan_item *items, size_t count,
                         struct dt_scan_item *good, size_t *ret_good)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct dt_regex_item *item = &b->items[items[i].item];
        tell(b, &items[i], 1);
        enum dt_err err = dt_scanner_judge(&items[i]);
        if (err)
            return err;
        item->prefiltered = items[i].prefiltered;
        item->unscanned = items[i].always;
        if (!items[i].always)
            good[kept++] = items[i];
    }
    *ret_good = kept;
    return DT_OK;
}

static enum dt_err write_rest(struct builder *b, struct dt_scan_item *items, size_t count)
{
    struct dt_scan_item *good = malloc((count + 1) * sizeof *good);
    if (!good)
        return DT_ERR_NOMEM;
    size_t kept;
    enum dt_err err = judge(b, items, count, good, &kept);
    if (!err && kept > TRIED_MAX)
        err = write_databases(b, good, kept);
    for (size_t i = 0, k = 0; !err && i < count; i++) {
        if (items[i].always)
            continue;
        bool refused = good[k++].always; /* by the compiler, after all */
        items[i].always = refused || kept <= TRIED_MAX;
        b->items[items[i].item].unscanned |= refused;
    }
    free(good);
    return err;
}

/* ---- A scope ---- */

/* Those that no word tells together, in their order. */
static enum dt_err split(struct builder *b, struct dt_scan_item *items, size_t count)
{
    struct dt_scan_item *rest = malloc((count + 1) * sizeof *rest);
    size_t left = 0;
    if (!rest)
        return DT_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        if (!items[i].told)
            rest[left++] = items[i];
    enum dt_err err = write_rest(b, rest, left);
    for (size_t i = 0, r = 0; !err && i < count; i++)
        if (!items[i].told)
            items[i].always = rest[r++].always;
    free(rest);
    return err;
}

/* The words' block is the first of its scope, though it is written last: it has what the others
 * refused. */
static enum dt_err write_scope(struct builder *b, struct dt_pool_scope *scope,
                               struct dt_scan_item *items, size_t count)
{
    struct dt_arena arena;
    struct dt_words words;
    dt_arena_init(&arena);
    scope->items = (uint32_t)count;
    scope->first = (uint32_t)b->block_count;
    size_t share = dt_scanner_present() ? SHARE_MAX : count;
    enum dt_err err = dt_words_choose(items, count, share, &arena, &words);
    if (!err)
        err = split(b, items, count);
    size_t from = b->blocks_bytes.len;
    if (!err) {
        dt_words_write(items, count, &words, &b->blocks_bytes);
        err = end_block(b, from);
    }
    if (!err) {
        scope->blocks = (uint32_t)b->block_count - scope->first;
        struct dt_pool_block *first = &b->blocks[scope->first];
        struct dt_pool_block block = b->blocks[b->block_count - 1];
        memmove(first + 1, first, (scope->blocks - 1) * sizeof *first);
        *first = block;
    }
    dt_arena_release(&arena);
    return err;
}

static int by_scope(const void *x, const void *y, void *ctx)
{
    const struct dt_regex_item *items = ctx;
    uint32_t a = ((const struct dt_scan_item *)x)->item, b = ((const struct dt_scan_item *)y)->item;
    if (items[a].scope != items[b].scope)
        return items[a].scope < items[b].scope ? -1 : 1;
    return (a > b) - (a < b);
}

static enum dt_err write_scopes(struct builder *b)
{
    b->scans = calloc(b->count + 1, sizeof *b->scans);
    b->scopes = calloc(b->count + 1, sizeof *b->scopes);
    if (!b->scans || !b->scopes)
        return DT_ERR_NOMEM;
    for (size_t i = 0; i < b->count; i++) {
        struct dt_regex_item *item = &b->items[i];
        item->prefiltered = item->unscanned = false;
        if (item->scan)
            b->scans[b->scan_count++] = (struct dt_scan_item){
                .text = item->text, .item = (uint32_t)i, .nocase = item->nocase};
    }
    qsort_r(b->scans, b->scan_count, sizeof *b->scans, by_scope, b->items);
    enum dt_err err = DT_OK;
    for (size_t from = 0, to; !err && from < b->scan_count; from = to) {
        uint32_t scope = b->items[b->scans[from].item].scope;
        for (to = from; to < b->scan_count && b->items[b->scans[to].item].scope == scope; to++)
            continue;
        b->scopes[b->scope_count] = (struct dt_pool_scope){.scope = scope};
        err = write_scope(b, &b->scopes[b->scope_count++], b->scans + from, to - from);
    }
    return err;
}

/* ---- The whole ---- */

static size_t record_len(const struct dt_regex_item *item)
{
    return (sizeof(struct dt_pool_record) + item->text.len + 7) & ~(size_t)7;
}

static size_t align(size_t value)
{
    return (value + 63) & ~(size_t)63;
}

static void write_records(const struct builder *b, char *mem, const struct dt_pool_header *header,
                          size_t at)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct dt_regex_item *item = &b->items[i];
        uint64_t offset = at;
        memcpy(mem + header->items_at + 8 * i, &offset, 8);
        struct dt_pool_record record = {0, item->nocase, (uint32_t)item->text.len};
        memcpy(mem + at, &record, sizeof record);
        if (item->text.len)
            memcpy(mem + at + sizeof record, item->text.ptr, item->text.len);
        record.check = dt_pool_check(mem + at + 8, sizeof record - 8 + item->text.len, b->how->seed,
                                     DT_POOL_RECORD, i);
        memcpy(mem + at, &record, sizeof record);
        at += record_len(item);
    }
}

static void write_head(struct builder *b, char *mem, struct dt_pool_header *header, size_t blocks)
{
    for (size_t i = 0; i < b->block_count; i++) {
        struct dt_pool_block *block = &b->blocks[i];
        block->at += blocks;
        block->check = dt_pool_check(mem + block->at, block->len, b->how->seed, DT_POOL_BLOCK, i);
    }
    char *pos = mem + sizeof *header;
    if (b->scope_count)
        memcpy(pos, b->scopes, b->scope_count * sizeof *b->scopes);
    pos += b->scope_count * sizeof *b->scopes;
    if (b->block_count)
        memcpy(pos, b->blocks, b->block_count * sizeof *b->blocks);
    memcpy(mem, header, sizeof *header);
    header->check = dt_pool_check(mem + 8, header->head_len - 8, b->how->seed, DT_POOL_HEAD, 0);
    memcpy(mem, header, sizeof *header);
}

static enum dt_err write_pool(struct builder *b, void **ret_bytes, size_t *ret_len)
{
    struct dt_pool_header header = {.magic = DT_POOL_MAGIC,
                                    .version = DT_POOL_VERSION,
                                    .items = (uint32_t)b->count,
                                    .scopes = (uint32_t)b->scope_count,
                                    .blocks = (uint32_t)b->block_count};
    header.head_len =
        sizeof header + b->scope_count * sizeof *b->scopes + b->block_count * sizeof *b->blocks;
    header.items_at = header.head_len;
    size_t records = header.items_at + 8 * b->count, len = records;
    for (size_t i = 0; i < b->count; i++)
        len += record_len(&b->items[i]);
    size_t blocks = align(len);
    len = blocks + b->blocks_bytes.len;
    header.len = len;
    char *mem = aligned_alloc(64, align(len));
    if (!mem)
        return DT_ERR_NOMEM;
    memset(mem, 0, align(len));
    if (b->blocks_bytes.len)
        memcpy(mem + blocks, b->blocks_bytes.ptr, b->blocks_bytes.len);
    write_records(b, mem, &header, records);
    write_head(b, mem, &header, blocks);
    *ret_bytes = mem;
    *ret_len = len;
    return DT_OK;
}

enum dt_err dt_regex_pool_build(struct dt_regex_item *items, size_t count,
                                const struct dt_regex_build *build, void **ret_bytes,
                                size_t *ret_len)
{
    struct builder b = {.items = items, .count = count, .how = build};
    if (count > INT32_MAX)
        return DT_ERR_LIMIT;
    dt_buf_init(&b.blocks_bytes, POOL_MAX);
    enum dt_err err = write_scopes(&b);
    if (!err)
        err = write_pool(&b, ret_bytes, ret_len);
    free(b.scans);
    free(b.scopes);
    free(b.blocks);
    dt_buf_release(&b.blocks_bytes);
    return err;
}
