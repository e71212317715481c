/* SPDX-License-Identifier: MIT
 *
 * What was seen already, and how often: a hash table of texts with a count and a number each. It
 * grows up to a limit and then takes no more; what is in it stays exact.
 */
#ifndef DT_TRAFFIC_SEEN_H
#define DT_TRAFFIC_SEEN_H

#include "base/arena.h"

#include <stdint.h>

struct dt_seen_entry {
    struct dt_seen_entry *next; /* in the order of their coming */
    uint64_t count;
    uint64_t hash;
    uint64_t site; /* part of the key */
    uint32_t value;
    uint32_t len;
    char text[];
};

struct dt_seen {
    struct dt_arena arena;
    uint64_t *slots; /* a tag in the upper 16 bits, a pointer in the others; 0 is free */
    size_t mask;
    size_t count, max;
    struct dt_seen_entry *first, *last;
};

/* max: how many entries at most. Allocates nothing yet. */
void dt_seen_init(struct dt_seen *seen, size_t max);
void dt_seen_release(struct dt_seen *seen);

/* The hash that find and add take. */
uint64_t dt_seen_hash(uint64_t site, struct dt_slice text);

/* NULL: not there. */
struct dt_seen_entry *dt_seen_find(const struct dt_seen *seen, uint64_t hash, uint64_t site,
                                   struct dt_slice text);

/* Adds what is not there, with count 0. *ret is NULL when the limit is reached. False: no memory.
 */
bool dt_seen_add(struct dt_seen *seen, uint64_t hash, uint64_t site, struct dt_slice text,
                 struct dt_seen_entry **ret);

static inline struct dt_slice dt_seen_text(const struct dt_seen_entry *entry)
{
    return dt_slice_of(entry->text, entry->len);
}

#endif
