/* SPDX-License-Identifier: MIT
 *
 * Memory that is given back all at once: a list of chunks, a cursor in the newest. For rule sets
 * and compilation; never used while a request is served.
 */
#ifndef DT_BASE_ARENA_H
#define DT_BASE_ARENA_H

#include <detour/slice.h>

struct dt_arena_chunk;

struct dt_arena {
    struct dt_arena_chunk *chunks;
    char *pos;
    char *end;
    size_t next_size; /* bytes of the next chunk; doubles up to 1 MiB */
};

/* Allocates nothing yet. {0} is also a valid empty arena. */
void dt_arena_init(struct dt_arena *arena);

/* Gives all memory back; the arena is as after dt_arena_init. */
void dt_arena_release(struct dt_arena *arena);

/* size bytes aligned to 8, not zeroed; NULL when memory is out. */
void *dt_arena_alloc(struct dt_arena *arena, size_t size);

/* A copy of s that lives as long as the arena; {NULL,0} when memory is out (and s is not empty). */
struct dt_slice dt_arena_copy(struct dt_arena *arena, struct dt_slice s);

#endif
