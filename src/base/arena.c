/* SPDX-License-Identifier: MIT
 * Chunked arena; see arena.h. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST_CHUNK (16u << 10)
#define LARGEST_CHUNK (1u << 20)

struct dt_arena_chunk {
    struct dt_arena_chunk *next;
    size_t size;
};

void dt_arena_init(struct dt_arena *arena)
{
    *arena = (struct dt_arena){0};
}

void dt_arena_release(struct dt_arena *arena)
{
    struct dt_arena_chunk *chunk = arena->chunks;
    while (chunk) {
        struct dt_arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    dt_arena_init(arena);
}

static bool add_chunk(struct dt_arena *arena, size_t need)
{
    size_t size = arena->next_size ? arena->next_size : FIRST_CHUNK;
    if (need > SIZE_MAX - sizeof(struct dt_arena_chunk))
        return false;
    need += sizeof(struct dt_arena_chunk);
    size_t bytes = need > size ? need : size;
    struct dt_arena_chunk *chunk = malloc(bytes);
    if (!chunk)
        return false;
    *chunk = (struct dt_arena_chunk){arena->chunks, bytes};
    arena->chunks = chunk;
    arena->pos = (char *)(chunk + 1);
    arena->end = (char *)chunk + bytes;
    arena->next_size = size < LARGEST_CHUNK ? size * 2 : LARGEST_CHUNK;
    return true;
}

void *dt_arena_alloc(struct dt_arena *arena, size_t size)
{
    if (size > SIZE_MAX - 7)
        return NULL;
    if (size == 0)
        size = 1; /* NULL means that memory is out, and blocks are told apart by address */
    size = (size + 7) & ~(size_t)7;
    if (size > (size_t)(arena->end - arena->pos) && !add_chunk(arena, size))
        return NULL;
    void *mem = arena->pos;
    arena->pos += size;
    return mem;
}

struct dt_slice dt_arena_copy(struct dt_arena *arena, struct dt_slice s)
{
    char *mem = dt_arena_alloc(arena, s.len);
    if (!mem)
        return DT_SLICE_NONE;
    if (s.len)
        memcpy(mem, s.ptr, s.len);
    return dt_slice_of(mem, s.len);
}
