/* SPDX-License-Identifier: MIT
 *
 * The bytes of a pool of expressions, written by regex_pool_build.c. Little-endian; every part is
 * aligned to 8, and blocks to 64.
 *
 *   header     then scopes, then blocks: one check over all of it, verified when the pool is opened
 *   items      u64 each: where its record is
 *   records    check, length, flags, text: verified when the item is first used
 *   blocks     scanners, verified when they are prepared: for each scope one of words (see
 *              regex_words.c), and then any number of Vectorscan's (see regex_scan_hs.c)
 */
#ifndef DT_RULES_REGEX_POOL_LAYOUT_H
#define DT_RULES_REGEX_POOL_LAYOUT_H

#include "base/hash.h"

#include <stdint.h>

#define DT_POOL_MAGIC 0x4c4f4f50u /* "POOL" */
#define DT_POOL_VERSION 1u

struct dt_pool_header {
    uint64_t check; /* of what follows, up to head_len */
    uint32_t magic;
    uint32_t version;
    uint64_t len; /* of the whole pool */
    uint64_t head_len;
    uint64_t items_at;
    uint32_t items;
    uint32_t scopes;
    uint32_t blocks;
    uint32_t spare;
};

struct dt_pool_scope {
    uint32_t scope; /* ascending */
    uint32_t items; /* that may be found in it */
    uint32_t first; /* block: its words */
    uint32_t blocks;
};

struct dt_pool_block {
    uint64_t at;
    uint64_t len;
    uint64_t check;
};

struct dt_pool_record {
    uint64_t check; /* of what follows */
    uint32_t nocase;
    uint32_t len; /* of the text behind */
};

enum dt_pool_part { DT_POOL_HEAD = 1, DT_POOL_RECORD, DT_POOL_BLOCK };

/* The place is part of it: what lands somewhere else is no less damaged. */
static inline uint64_t dt_pool_check(const void *bytes, size_t len, uint64_t seed,
                                     enum dt_pool_part part, uint64_t number)
{
    return dt_hash64(bytes, len,
                     seed ^ (((uint64_t)part << 56 | number) * UINT64_C(0x9E3779B97F4A7C15)));
}

#endif
