/* SPDX-License-Identifier: MIT
 *
 * An epoll loop for many small requests: level-triggered, one thread, one shared input buffer and
 * one shared output buffer. Nothing is allocated once it runs.
 */
#ifndef DT_NET_LOOP_H
#define DT_NET_LOOP_H

#include "base/log.h"
#include "net/conn.h"
#include "net/pool.h"

#include <detour/err.h>

#define DT_NET_INPUT (64u << 10)
#define DT_NET_OUTPUT (256u << 10)
#define DT_NET_MAX_SOURCES 64

struct dt_net_config {
    unsigned max_connections;
    size_t buffer_bytes;              /* of held input and output, all connections together */
    unsigned timeouts[DT_NET_TIMERS]; /* seconds, each at least 1 */
    void *ctx;                        /* given to protocols and to on_second */
    void (*on_second)(void *ctx,
                      int64_t wall); /* before the first event of a new second; or NULL */
};

struct dt_net_source {
    int fd;
    const struct dt_net_proto *proto; /* a listener: of the connections that it accepts */
    void (*ready)(void *ctx, int fd); /* anything else */
    void *ctx;
};

struct dt_net_stats {
    uint64_t accepted;
    uint64_t timed_out;
    uint64_t shed; /* closed because buffers ran out */
};

struct dt_net_loop {
    struct dt_net_config config;
    struct dt_net_conn *table;
    uint8_t (*peers)[16]; /* beside it: the addresses that were asked for */
    unsigned table_size;
    unsigned top;   /* entries from here on were never used */
    unsigned count; /* open connections */
    unsigned sweep; /* the table entry that the sweep has reached; top and above: none is on */
    int epoll;
    int timer;
    uint32_t second; /* monotonic; read once a turn */
    int64_t wall;    /* seconds since 1970; read once a turn */
    bool paused;     /* listeners are not polled */
    bool starved;    /* the system has no descriptors; until the next sweep is over */
    bool pressed;    /* connections are short: idle ones may not stay */
    bool draining;
    char *in;
    char *out;
    struct dt_net_pool pool;
    unsigned nsources;
    struct dt_net_source sources[DT_NET_MAX_SOURCES];
    struct dt_log_limit full_log, fd_log, buffer_log;
    struct dt_net_stats stats;
};

/* Sizes the table by RLIMIT_NOFILE's soft limit, which the caller has raised as far as it wants,
 * and lowers max_connections to what it allows. DT_ERR_NOMEM, DT_ERR_IO. */
DT_MUST_USE enum dt_err dt_net_loop_init(struct dt_net_loop *loop,
                                         const struct dt_net_config *config);

/* Closes every connection and the loop's own descriptors; not the sources'. */
void dt_net_loop_release(struct dt_net_loop *loop);

/* Accepts from fd, a non-blocking listener that stays the caller's until dt_net_loop_drain. */
DT_MUST_USE enum dt_err dt_net_loop_listen(struct dt_net_loop *loop, int fd,
                                           const struct dt_net_proto *proto);

/* Calls ready(ctx, fd) in each turn in which fd can be read. */
DT_MUST_USE enum dt_err dt_net_loop_watch(struct dt_net_loop *loop, int fd,
                                          void (*ready)(void *ctx, int fd), void *ctx);

/* Handles what is ready; waits for something when wait is true and no work of the loop's own is
 * pending. At least one turn a second ends. */
void dt_net_loop_turn(struct dt_net_loop *loop, bool wait);

/* No new connections: takes what is queued at the listeners and closes them, closes connections
 * that were idle for a second, lets the others have one more answer. Over when loop->count is 0. */
void dt_net_loop_drain(struct dt_net_loop *loop);

#endif
