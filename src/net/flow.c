/* SPDX-License-Identifier: MIT
 *
 * The common case is three system calls: epoll_wait, recv, send. A request that arrives whole is
 * read in the loop's shared buffer and answered from the other one, and the connection holds no
 * memory before or after. A visit (connect, one request, close) is two calls more, accept and
 * close: epoll never hears of it.
 *
 * Two rules keep a slow or hostile client cheap. While an answer is held because the client does
 * not take it, nothing more is read from it. And a recv that returns less than it could is the last
 * one: asking again only to be told EAGAIN is a wasted call, since polling is level-triggered.
 */
#include "net/flow.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_BYTES (16u << 20)
#define LINGER_READ (256u << 10)

bool dt_net_flow_idle(const struct dt_net_conn *conn)
{
    return conn->state == DT_NET_READING && !conn->in && conn->timer != DT_NET_TIMER_BODY;
}

void dt_net_flow_close(struct dt_net_loop *loop, int fd)
{
    struct dt_net_conn *conn = &loop->table[fd];
    dt_net_pool_put(&loop->pool, conn->in);
    dt_net_pool_put(&loop->pool, conn->out);
    memset(conn, 0, sizeof *conn);
    loop->count--;
    close(fd);
}

static void set_timer(struct dt_net_loop *loop, struct dt_net_conn *conn, unsigned timer)
{
    conn->timer = (uint8_t)timer;
    conn->deadline = loop->second + loop->config.timeouts[timer];
}

static bool poll_for(struct dt_net_loop *loop, int fd, uint32_t events)
{
    struct dt_net_conn *conn = &loop->table[fd];
    struct epoll_event event = {.events = events, .data.fd = fd};
    int op = conn->polled ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(loop->epoll, op, fd, &event) != 0)
        return false;
    conn->polled = true;
    return true;
}

/* Out of buffers: the connection that asks is the one that goes. */
static void shed(struct dt_net_loop *loop, int fd)
{
    unsigned held;
    loop->stats.shed++;
    if (dt_log_allow(&loop->buffer_log, loop->wall, 1, &held))
        dt_log(DT_LOG_WARNING,
               "buffers for slow clients are used up (%zu MiB), a connection was closed (%u more)",
               loop->pool.limit >> 20, held);
    dt_net_flow_close(loop, fd);
}

/* Copies bytes to a buffer of the pool, the one at *buffer when it has room. */
static bool hold(struct dt_net_loop *loop, char **buffer, uint32_t *len, struct dt_slice bytes)
{
    if (*buffer && dt_net_pool_room(&loop->pool, *buffer) < bytes.len) {
        dt_net_pool_put(&loop->pool, *buffer);
        *buffer = NULL;
    }
    if (!*buffer)
        *buffer = dt_net_pool_get(&loop->pool, bytes.len);
    if (!*buffer)
        return false;
    memcpy(*buffer, bytes.ptr, bytes.len);
    *len = (uint32_t)bytes.len;
    return true;
}

static bool hold_input(struct dt_net_loop *loop, struct dt_net_conn *conn, struct dt_slice rest)
{
    if (rest.len)
        return hold(loop, &conn->in, &conn->in_len, rest);
    dt_net_pool_put(&loop->pool, conn->in);
    conn->in = NULL;
    conn->in_len = 0;
    return true;
}

/* RFC 9112 section 9.6: closing while the client still sends makes its system throw away our answer
 * unread. So only our half is closed, and what comes is discarded until it has seen that. */
static void linger(struct dt_net_loop *loop, int fd)
{
    struct dt_net_conn *conn = &loop->table[fd];
    (void)hold_input(loop, conn, DT_SLICE_NONE);
    if (shutdown(fd, SHUT_WR) != 0 || !poll_for(loop, fd, EPOLLIN)) {
        dt_net_flow_close(loop, fd);
        return;
    }
    conn->state = DT_NET_LINGERING;
    conn->progress = 0;
    set_timer(loop, conn, DT_NET_TIMER_LINGER);
}

static void discard(struct dt_net_loop *loop, int fd)
{
    struct dt_net_conn *conn = &loop->table[fd];
    /* TCP drops the bytes without copying them when MSG_TRUNC is given (tcp(7)). */
    ssize_t n = recv(fd, NULL, LINGER_READ, MSG_TRUNC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        conn->progress += (uint32_t)n;
    if (n <= 0 || conn->progress > LINGER_BYTES)
        dt_net_flow_close(loop, fd);
}

/* All output has gone: what the protocol asked for is due. Never FULL. */
static void finish(struct dt_net_loop *loop, int fd, enum dt_net_verdict verdict)
{
    if (verdict == DT_NET_LINGER)
        linger(loop, fd);
    else if (verdict == DT_NET_CLOSE)
        dt_net_flow_close(loop, fd);
    else if (!loop->table[fd].polled && !poll_for(loop, fd, EPOLLIN))
        dt_net_flow_close(loop, fd);
}

/* The client does not take its answer: keep the rest and wait until it does. */
static void hold_output(struct dt_net_loop *loop, int fd, struct dt_slice rest,
                        const struct dt_net_turn *turn, enum dt_net_verdict verdict)
{
    struct dt_net_conn *conn = &loop->table[fd];
    if (!hold(loop, &conn->out, &conn->out_len, rest) || !hold_input(loop, conn, turn->input)) {
        shed(loop, fd);
        return;
    }
    if (!poll_for(loop, fd, EPOLLOUT)) {
        dt_net_flow_close(loop, fd);
        return;
    }
    conn->state = DT_NET_WRITING;
    conn->progress = 0;
    conn->then = (uint8_t)verdict;
    conn->wait = turn->timer;
    set_timer(loop, conn, DT_NET_TIMER_WRITE);
}

/* Lets the protocol read the shared buffer and sends what it answers. */
static void process(struct dt_net_loop *loop, int fd, size_t len, size_t seen)
{
    struct dt_net_conn *conn = &loop->table[fd];
    struct dt_net_turn turn = {
        .input = dt_slice_of(loop->in, len), .seen = seen, .last = loop->draining};
    enum dt_net_verdict verdict;
    do {
        turn.out = dt_out_init(loop->out, DT_NET_OUTPUT);
        verdict = conn->proto->input(conn, &turn, loop->config.ctx);
        struct dt_slice rest = dt_out_slice(&turn.out);
        if (rest.len) {
            ssize_t n = send(fd, rest.ptr, rest.len, MSG_NOSIGNAL);
            if (n < 0 && errno != EAGAIN && errno != EINTR) {
                dt_net_flow_close(loop, fd);
                return;
            }
            rest = dt_slice_from(rest, n > 0 ? (size_t)n : 0);
        }
        if (rest.len) {
            hold_output(loop, fd, rest, &turn, verdict);
            return;
        }
        /* The protocol is asked again: it must find its own last word and not the one before. */
        turn.seen = 0;
        if (verdict == DT_NET_FULL)
            conn->timer = turn.timer;
    } while (verdict == DT_NET_FULL);

    if (verdict == DT_NET_MORE) {
        if ((turn.input.len || conn->in) && !hold_input(loop, conn, turn.input)) {
            shed(loop, fd);
            return;
        }
        if (turn.restart || conn->timer != turn.timer)
            set_timer(loop, conn, turn.timer);
    }
    finish(loop, fd, verdict);
}

static void readable(struct dt_net_loop *loop, int fd)
{
    struct dt_net_conn *conn = &loop->table[fd];
    size_t have = conn->in_len;
    if (have)
        memcpy(loop->in, conn->in, have);
    ssize_t n = recv(fd, loop->in + have, DT_NET_INPUT - have, 0);
    if (n > 0) {
        process(loop, fd, have + (size_t)n, have);
        return;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        dt_net_flow_close(loop, fd);
        return;
    }
    if (!conn->polled && !poll_for(loop, fd, EPOLLIN))
        dt_net_flow_close(loop, fd);
}

static void writable(struct dt_net_loop *loop, int fd)
{
    struct dt_net_conn *conn = &loop->table[fd];
    ssize_t n = send(fd, conn->out + conn->progress, conn->out_len - conn->progress, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            dt_net_flow_close(loop, fd);
        return;
    }
    conn->progress += (uint32_t)n;
    if (conn->progress < conn->out_len)
        return;
    dt_net_pool_put(&loop->pool, conn->out);
    conn->out = NULL;
    conn->out_len = 0;
    conn->progress = 0;
    conn->state = DT_NET_READING;
    if (conn->then != DT_NET_FULL && conn->then != DT_NET_MORE) {
        finish(loop, fd, conn->then);
        return;
    }
    if (!poll_for(loop, fd, EPOLLIN)) {
        dt_net_flow_close(loop, fd);
        return;
    }
    set_timer(loop, conn, conn->wait);
    if (conn->then == DT_NET_FULL) {
        size_t have = conn->in_len;
        if (have)
            memcpy(loop->in, conn->in, have);
        process(loop, fd, have, 0);
    }
}

void dt_net_flow_open(struct dt_net_loop *loop, int fd, const struct dt_net_proto *proto)
{
    struct dt_net_conn *conn = &loop->table[fd];
    memset(conn, 0, sizeof *conn);
    conn->proto = proto;
    conn->state = DT_NET_READING;
    set_timer(loop, conn, DT_NET_TIMER_HEAD);
    loop->count++;
    readable(loop, fd);
}

void dt_net_flow_ready(struct dt_net_loop *loop, int fd)
{
    /* An event may be older than the connection: its descriptor was closed and given out again in
     * this turn. Every call below takes that as "nothing yet". */
    switch ((enum dt_net_state)loop->table[fd].state) {
    case DT_NET_READING:
        readable(loop, fd);
        break;
    case DT_NET_WRITING:
        writable(loop, fd);
        break;
    case DT_NET_LINGERING:
        discard(loop, fd);
        break;
    case DT_NET_FREE:
    case DT_NET_SOURCE:
        break;
    }
}

void dt_net_flow_late(struct dt_net_loop *loop, int fd)
{
    struct dt_net_conn *conn = &loop->table[fd];
    loop->stats.timed_out++;
    if (conn->state == DT_NET_READING && conn->timer == DT_NET_TIMER_HEAD && conn->in &&
        conn->proto->late) {
        struct dt_out out = dt_out_init(loop->out, DT_NET_OUTPUT);
        conn->proto->late(conn, &out, loop->config.ctx);
        if (dt_out_len(&out) && send(fd, out.start, dt_out_len(&out), MSG_NOSIGNAL) > 0) {
            linger(loop, fd);
            return;
        }
    }
    dt_net_flow_close(loop, fd);
}
