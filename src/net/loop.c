/* SPDX-License-Identifier: MIT
 *
 * One turn: wait, read the clock once, handle every event, then a slice of housekeeping. Deadlines
 * are whole seconds in the table; once a second the table is swept, a slice a turn, so that a
 * hundred thousand idle connections never hold up one that asks. No timer is set or cancelled for a
 * request.
 *
 * Out of connections or descriptors, the loop stops asking for new ones until the next second or
 * until one closes: visitors wait in the listener's queue rather than being turned away, and idle
 * connections are closed after a second to make room (RFC 9112 section 9.5 lets a server do so at
 * any time).
 */
#include "net/loop.h"

#include "net/flow.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 512
#define ACCEPTS 128          /* a turn and listener */
#define DRAIN_ACCEPTS 8192   /* more than a listener's queue holds */
#define SWEEP_SLICE 4096     /* table entries a turn */
#define MAX_TABLE (1u << 20) /* 64 MiB of address space */
#define SPARE_FDS 32         /* listeners, channels, epoll and so on */
#define GRACE 1 /* seconds that an idle connection has when the worker is full or stops */

static void read_clock(struct dt_net_loop *loop)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    loop->second = (uint32_t)time.tv_sec;
    clock_gettime(CLOCK_REALTIME_COARSE, &time);
    if (loop->wall != time.tv_sec) {
        loop->wall = time.tv_sec;
        if (loop->config.on_second)
            loop->config.on_second(loop->config.ctx, loop->wall);
    }
}

static void tick(void *ctx, int fd)
{
    struct dt_net_loop *loop = ctx;
    uint64_t times;
    if (read(fd, &times, sizeof times) == (ssize_t)sizeof times && loop->sweep >= loop->top)
        loop->sweep = 0;
}

static enum dt_err start_timer(struct dt_net_loop *loop)
{
    struct itimerspec every = {.it_interval.tv_sec = 1, .it_value.tv_sec = 1};
    loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->timer < 0 || timerfd_settime(loop->timer, 0, &every, NULL) != 0)
        return DT_ERR_IO;
    return dt_net_loop_watch(loop, loop->timer, tick, loop);
}

static void *map(size_t size)
{
    void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return mem == MAP_FAILED ? NULL : mem;
}

enum dt_err dt_net_loop_init(struct dt_net_loop *loop, const struct dt_net_config *config)
{
    memset(loop, 0, sizeof *loop);
    loop->config = *config;
    loop->epoll = -1;
    loop->timer = -1;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return DT_ERR_IO;
    loop->table_size = files.rlim_cur < MAX_TABLE ? (unsigned)files.rlim_cur : MAX_TABLE;
    unsigned most = loop->table_size > SPARE_FDS ? loop->table_size - SPARE_FDS : 1;
    if (loop->config.max_connections == 0 || loop->config.max_connections > most)
        loop->config.max_connections = most;

    loop->table = map(loop->table_size * sizeof *loop->table);
    loop->peers = map(loop->table_size * sizeof *loop->peers);
    loop->in = map(DT_NET_INPUT + DT_NET_OUTPUT);
    if (!loop->table || !loop->peers || !loop->in ||
        dt_net_pool_init(&loop->pool, config->buffer_bytes) != DT_OK) {
        dt_net_loop_release(loop);
        return DT_ERR_NOMEM;
    }
    loop->out = loop->in + DT_NET_INPUT;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0 || start_timer(loop) != DT_OK) {
        dt_net_loop_release(loop);
        return DT_ERR_IO;
    }
    read_clock(loop);
    return DT_OK;
}

void dt_net_loop_release(struct dt_net_loop *loop)
{
    if (loop->table) {
        for (unsigned fd = 0; fd < loop->top; fd++)
            if (loop->table[fd].state > DT_NET_SOURCE)
                dt_net_flow_close(loop, (int)fd);
        munmap(loop->table, loop->table_size * sizeof *loop->table);
    }
    if (loop->peers)
        munmap(loop->peers, loop->table_size * sizeof *loop->peers);
    if (loop->in)
        munmap(loop->in, DT_NET_INPUT + DT_NET_OUTPUT);
    dt_net_pool_release(&loop->pool);
    if (loop->timer >= 0)
        close(loop->timer);
    if (loop->epoll >= 0)
        close(loop->epoll);
    loop->table = NULL;
    loop->peers = NULL;
    loop->in = NULL;
    loop->timer = -1;
    loop->epoll = -1;
}

static bool poll_source(struct dt_net_loop *loop, const struct dt_net_source *source, bool on)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = source->fd};
    return epoll_ctl(loop->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, source->fd, &event) == 0;
}

static enum dt_err add_source(struct dt_net_loop *loop, const struct dt_net_source *source)
{
    if (loop->nsources == DT_NET_MAX_SOURCES || source->fd < 0 ||
        (unsigned)source->fd >= loop->table_size)
        return DT_ERR_LIMIT;
    if (!poll_source(loop, source, true))
        return DT_ERR_IO;
    loop->table[source->fd].state = DT_NET_SOURCE;
    loop->table[source->fd].data[0] = loop->nsources;
    loop->sources[loop->nsources++] = *source;
    return DT_OK;
}

enum dt_err dt_net_loop_listen(struct dt_net_loop *loop, int fd, const struct dt_net_proto *proto)
{
    return add_source(loop, &(struct dt_net_source){.fd = fd, .proto = proto});
}

enum dt_err dt_net_loop_watch(struct dt_net_loop *loop, int fd, void (*ready)(void *ctx, int fd),
                              void *ctx)
{
    return add_source(loop, &(struct dt_net_source){.fd = fd, .ready = ready, .ctx = ctx});
}

static void set_accepting(struct dt_net_loop *loop, bool on)
{
    if (loop->paused == !on || loop->draining)
        return;
    for (unsigned i = 0; i < loop->nsources; i++)
        if (loop->sources[i].proto)
            (void)poll_source(loop, &loop->sources[i], on);
    loop->paused = !on;
}

static void pause_full(struct dt_net_loop *loop)
{
    unsigned held;
    loop->pressed = true;
    set_accepting(loop, false);
    if (dt_log_allow(&loop->full_log, loop->wall / 10, 1, &held))
        dt_log(DT_LOG_WARNING,
               "the limit of %u connections a worker is reached: new ones wait until others close",
               loop->config.max_connections);
}

/* Waiting does not help a listener that polls readable: it would be reported again at once. */
static void pause_no_fds(struct dt_net_loop *loop, int error)
{
    unsigned held;
    loop->pressed = true;
    loop->starved = true;
    set_accepting(loop, false);
    if (dt_log_allow(&loop->fd_log, loop->wall / 10, 1, &held))
        dt_log(DT_LOG_ERROR, "cannot accept a connection: %s (%u are open): new ones wait",
               strerror(error), loop->count);
}

/* Returns false when the queue is empty or nothing more can be taken. */
static bool accept_one(struct dt_net_loop *loop, const struct dt_net_source *source)
{
    if (loop->count >= loop->config.max_connections) {
        pause_full(loop);
        return false;
    }
    int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        if ((unsigned)fd >= loop->table_size) {
            close(fd);
            pause_full(loop);
            return false;
        }
        if ((unsigned)fd >= loop->top) {
            /* A sweep that is over stays over. */
            bool over = loop->sweep >= loop->top;
            loop->top = (unsigned)fd + 1;
            if (over)
                loop->sweep = loop->top;
        }
        loop->stats.accepted++;
        dt_net_flow_open(loop, fd, source->proto);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        pause_no_fds(loop, errno);
        return false;
    }
    /* Errors of the connection itself (ECONNABORTED, EPROTO ...: accept(2)) concern nobody else. */
    return errno != EAGAIN && errno != EBADF && errno != EINVAL;
}

static void accept_some(struct dt_net_loop *loop, const struct dt_net_source *source)
{
    for (unsigned i = 0; i < ACCEPTS; i++)
        if (!accept_one(loop, source))
            return;
}

static void source_ready(struct dt_net_loop *loop, int fd)
{
    const struct dt_net_source *source = &loop->sources[loop->table[fd].data[0]];
    if (source->ready)
        source->ready(source->ctx, fd);
    else
        accept_some(loop, source);
}

/* When the worker is full or stops, an idle connection has GRACE seconds and not idle_timeout. */
static bool is_late(const struct dt_net_loop *loop, const struct dt_net_conn *conn)
{
    if ((int32_t)(loop->second - conn->deadline) >= 0)
        return true;
    if (!(loop->pressed || loop->draining) || !dt_net_flow_idle(conn))
        return false;
    uint32_t since = conn->deadline - loop->config.timeouts[conn->timer];
    return loop->second - since > GRACE;
}

static void sweep_slice(struct dt_net_loop *loop)
{
    unsigned end = loop->top - loop->sweep < SWEEP_SLICE ? loop->top : loop->sweep + SWEEP_SLICE;
    for (unsigned fd = loop->sweep; fd < end; fd++) {
        const struct dt_net_conn *conn = &loop->table[fd];
        if (conn->state > DT_NET_SOURCE && is_late(loop, conn))
            dt_net_flow_late(loop, (int)fd);
    }
    loop->sweep = end;
    if (end < loop->top)
        return;
    loop->starved = false;
    if (loop->count < loop->config.max_connections)
        set_accepting(loop, true);
    if (!loop->paused)
        loop->pressed = loop->count >= loop->config.max_connections;
}

void dt_net_loop_turn(struct dt_net_loop *loop, bool wait)
{
    struct epoll_event events[EVENTS];
    bool idle = wait && loop->sweep >= loop->top;
    int n = epoll_wait(loop->epoll, events, EVENTS, idle ? -1 : 0);
    read_clock(loop);
    for (int i = 0; i < n; i++) {
        int fd = events[i].data.fd;
        if (loop->table[fd].state == DT_NET_SOURCE)
            source_ready(loop, fd);
        else
            dt_net_flow_ready(loop, fd);
    }
    if (loop->paused && !loop->starved && loop->count < loop->config.max_connections)
        set_accepting(loop, true);
    if (loop->sweep < loop->top)
        sweep_slice(loop);
}

void dt_net_loop_drain(struct dt_net_loop *loop)
{
    if (loop->draining)
        return;
    for (unsigned i = 0; i < loop->nsources; i++) {
        if (!loop->sources[i].proto)
            continue;
        for (unsigned n = 0; n < DRAIN_ACCEPTS && accept_one(loop, &loop->sources[i]); n++)
            ;
        /* Another process may hold the listener too, so closing it would not end the polling. */
        if (!loop->paused)
            (void)poll_source(loop, &loop->sources[i], false);
        close(loop->sources[i].fd);
        loop->table[loop->sources[i].fd].state = DT_NET_FREE;
    }
    loop->draining = true;
    loop->sweep = 0;
}
