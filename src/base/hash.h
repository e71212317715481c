/* SPDX-License-Identifier: MIT
 *
 * XXH3 with a seed, inlined: the bucket table's keys and every check in a snapshot.
 */
#ifndef DT_BASE_HASH_H
#define DT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wswitch-enum"
#define XXH_INLINE_ALL
#include <xxhash.h>
#pragma GCC diagnostic pop

static inline uint64_t dt_hash64(const void *ptr, size_t len, uint64_t seed)
{
    return XXH3_64bits_withSeed(ptr, len, seed);
}

#endif
