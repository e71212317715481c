/* SPDX-License-Identifier: MIT
 *
 * Four sizes, each with a stretch of address space of its own, so that a buffer's address tells its
 * size and a buffer needs no header. Address space costs nothing until it is touched. The large
 * ones give their memory back to the system when they come home: they are rare, and one slow client
 * with a long answer should not cost 256 KiB for ever.
 */
#include "net/pool.h"

#include <string.h>
#include <sys/mman.h>

static size_t class_size(unsigned class)
{
    return (size_t)DT_NET_POOL_SMALLEST << 2 * class;
}

static unsigned class_of(const struct dt_net_pool *pool, const void *buffer)
{
    return (unsigned)((size_t)((const char *)buffer - pool->base) / pool->region);
}

enum dt_err dt_net_pool_init(struct dt_net_pool *pool, size_t limit)
{
    memset(pool, 0, sizeof *pool);
    pool->limit = limit;
    pool->region = (limit + DT_NET_POOL_LARGEST - 1) / DT_NET_POOL_LARGEST * DT_NET_POOL_LARGEST;
    void *base = mmap(NULL, pool->region * DT_NET_POOL_CLASSES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return DT_ERR_NOMEM;
    pool->base = base;
    return DT_OK;
}

void dt_net_pool_release(struct dt_net_pool *pool)
{
    if (pool->base)
        munmap(pool->base, pool->region * DT_NET_POOL_CLASSES);
    memset(pool, 0, sizeof *pool);
}

void *dt_net_pool_get(struct dt_net_pool *pool, size_t size)
{
    unsigned class = 0;
    while (class_size(class) < size)
        if (++class == DT_NET_POOL_CLASSES)
            return NULL;
    size_t bytes = class_size(class);
    if (pool->used + bytes > pool->limit)
        return NULL;
    void *buffer = pool->free[class];
    if (buffer) {
        memcpy(&pool->free[class], buffer, sizeof(void *));
    } else if (pool->fresh[class] + bytes <= pool->region) {
        buffer = pool->base + class * pool->region + pool->fresh[class];
        pool->fresh[class] += bytes;
    } else {
        return NULL;
    }
    pool->used += bytes;
    return buffer;
}

size_t dt_net_pool_room(const struct dt_net_pool *pool, const void *buffer)
{
    return class_size(class_of(pool, buffer));
}

void dt_net_pool_put(struct dt_net_pool *pool, void *buffer)
{
    if (!buffer)
        return;
    unsigned class = class_of(pool, buffer);
    size_t bytes = class_size(class);
    if (class >= 2)
        (void)madvise(buffer, bytes, MADV_DONTNEED);
    memcpy(buffer, &pool->free[class], sizeof(void *));
    pool->free[class] = buffer;
    pool->used -= bytes;
}
