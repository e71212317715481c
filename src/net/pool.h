/* SPDX-License-Identifier: MIT
 *
 * Buffers for the few connections that need one between two turns of the loop: half a request head,
 * an answer that the client does not take yet. Bounded, and never malloc.
 */
#ifndef DT_NET_POOL_H
#define DT_NET_POOL_H

#include <detour/err.h>
#include <stddef.h>

#define DT_NET_POOL_CLASSES 4
#define DT_NET_POOL_SMALLEST                                                                       \
    4096u /* each class is four times the one before: 4, 16, 64, 256 KiB                           \
           */
#define DT_NET_POOL_LARGEST (DT_NET_POOL_SMALLEST << 2 * (DT_NET_POOL_CLASSES - 1))

struct dt_net_pool {
    char *base;
    size_t region;                     /* bytes of address space for each class */
    size_t fresh[DT_NET_POOL_CLASSES]; /* bytes of the region ever handed out */
    void *free[DT_NET_POOL_CLASSES];   /* given back; linked through their first bytes */
    size_t used;                       /* bytes in use now */
    size_t limit;
};

/* Reserves address space only; memory is taken when a buffer is first written. limit: bytes in use
 * at any one time. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_net_pool_init(struct dt_net_pool *pool, size_t limit);
void dt_net_pool_release(struct dt_net_pool *pool);

/* A buffer of at least size bytes (at most DT_NET_POOL_LARGEST), not zeroed; NULL at the limit. */
void *dt_net_pool_get(struct dt_net_pool *pool, size_t size);

/* The bytes that a buffer has room for. */
size_t dt_net_pool_room(const struct dt_net_pool *pool, const void *buffer);

/* Gives a buffer back; accepts NULL. */
void dt_net_pool_put(struct dt_net_pool *pool, void *buffer);

#endif
