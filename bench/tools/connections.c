/* SPDX-License-Identifier: MIT
 *
 * One thread, one epoll set. A connection is free (nothing on its way) or waits for the answers of
 * the requests first .. first + waiting - 1 of the table, in order; in a visit it also waits for
 * the server's end of file before it is free again.
 *
 * With a rate R over C connections, connection i has its turns at begin + (i + k * C) / R for
 * k = 0, 1, ...: one counter finds who is next, and a connection that was late takes its overdue
 * turns as soon as it is free.
 */
#include "connections.h"

#include "answers.h"
#include "checker.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 32768, EVENTS = 256, OUT_MAX = 65536 };
#define DRAIN_NS UINT64_C(2000000000)
#define RETRY_NS UINT64_C(1000000)

struct connection {
    int fd; /* -1: not connected */
    int waiting;
    size_t first;      /* index of the oldest request that waits */
    size_t have;       /* bytes in buffer */
    uint64_t since_ns; /* latency counts from here */
    uint64_t sent_ns;
    uint64_t retry_ns;
    uint64_t turn; /* with a rate: number of the next turn */
    bool ending;   /* nothing more will be sent: wait for end of file */
    bool down;     /* could not connect: again at retry_ns */
    char *buffer;
};

struct dt_load {
    const struct dt_load_options *options;
    const struct dt_requests *requests;
    struct connection *connections;
    int epoll;
    size_t next_request;
    struct dt_checker checker;
    int busy;                    /* connections that wait */
    int down;                    /* connections that could not connect */
    struct connection **greeted; /* visits that are connected and have not asked yet */
    int ngreeted;
    /* of the run */
    struct dt_load_counts *counts;
    struct dt_histogram *latency;
    uint64_t left; /* requests that may still be sent */
    uint64_t next_turn;
    bool sending;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* ---- Connecting ---- */

static bool dial(struct dt_load *load, struct connection *c)
{
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(load->options->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    c->have = 0;
    c->waiting = 0;
    c->ending = false;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd >= 0 && connect(c->fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, c->fd, &event) == 0)
        return true;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->down = true;
    c->retry_ns = now_ns() + RETRY_NS;
    load->down++;
    return false;
}

/* ---- Sending ---- */

static size_t fill(struct dt_load *load, struct connection *c, char *out)
{
    size_t len = 0;
    int n = load->left < (uint64_t)load->options->depth ? (int)load->left : load->options->depth;
    c->first = load->next_request;
    for (c->waiting = 0; c->waiting < n; c->waiting++) {
        const struct dt_request *request = &load->requests->items[load->next_request];
        if (len + request->head_len > OUT_MAX)
            break;
        memcpy(out + len, request->head, request->head_len);
        len += request->head_len;
        if (++load->next_request == load->requests->count)
            load->next_request = 0;
    }
    return len;
}

/* A send that fails is found by the end of file that follows it. */
static void put(struct connection *c, const char *bytes, size_t len)
{
    if (send(c->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        shutdown(c->fd, SHUT_RDWR);
}

/* The next request is this connection's. */
static const struct dt_request *take(struct dt_load *load, struct connection *c)
{
    c->first = load->next_request;
    c->waiting = 1;
    if (++load->next_request == load->requests->count)
        load->next_request = 0;
    return &load->requests->items[c->first];
}

/* A visit connects now and asks when the turn is over, as clients do that handle many connections:
 * what was ready together is connected together. */
static void visit(struct dt_load *load, struct connection *c)
{
    if (!dial(load, c)) {
        load->counts->refused++;
        return;
    }
    (void)take(load, c);
    load->greeted[load->ngreeted++] = c;
}

static void fire(struct dt_load *load, struct connection *c, uint64_t since_ns, uint64_t now)
{
    static char out[OUT_MAX];
    if (load->options->visits) {
        visit(load, c);
    } else if (load->options->depth == 1) {
        const struct dt_request *request = take(load, c);
        put(c, request->head, request->head_len);
    } else {
        put(c, out, fill(load, c, out));
    }
    c->since_ns = since_ns;
    c->sent_ns = now;
    load->left -= (uint64_t)c->waiting;
    load->busy += c->waiting > 0;
}

static void ask_greeted(struct dt_load *load)
{
    for (int i = 0; i < load->ngreeted; i++) {
        struct connection *c = load->greeted[i];
        const struct dt_request *request = &load->requests->items[c->first];
        put(c, request->head, request->head_len);
    }
    load->ngreeted = 0;
}

static uint64_t turn_ns(const struct dt_load *load, uint64_t turn)
{
    return load->counts->begin_ns + (uint64_t)((double)turn * 1e9 / load->options->rate);
}

/* The connection is free: sends its next request if it is time for one. */
static void next(struct dt_load *load, struct connection *c, uint64_t now)
{
    if (!load->sending || load->left == 0)
        return;
    if (load->options->rate == 0) {
        fire(load, c, now, now);
        return;
    }
    uint64_t due = turn_ns(load, c->turn);
    if (due <= now) {
        c->turn += (uint64_t)load->options->connections;
        fire(load, c, due, now);
    }
}

static void take_turns(struct dt_load *load, uint64_t now)
{
    while (turn_ns(load, load->next_turn) <= now) {
        size_t i = load->next_turn % (uint64_t)load->options->connections;
        struct connection *c = &load->connections[i];
        load->next_turn++;
        if (c->waiting == 0 && c->fd >= 0)
            next(load, c, now);
    }
}

/* ---- Receiving ---- */

/* A visit connects when it begins, any other connection now. */
static void reconnect(struct dt_load *load, struct connection *c, uint64_t now)
{
    if (load->options->visits || dial(load, c))
        next(load, c, now);
    else
        load->counts->refused++;
}

/* The server ended the connection. */
static void ended(struct dt_load *load, struct connection *c, uint64_t now)
{
    if (c->waiting > 0 || (!load->options->visits && !c->ending)) {
        load->counts->broken++;
        load->counts->lost += (uint64_t)c->waiting;
    }
    if (c->waiting > 0 || c->ending)
        load->busy--;
    close(c->fd);
    c->fd = -1;
    c->waiting = 0;
    c->ending = false;
    reconnect(load, c, now);
}

static void take_answers(struct dt_load *load, struct connection *c, uint64_t now)
{
    struct dt_answer answer;
    size_t at = 0;
    while (c->waiting > 0 && dt_answer_read(c->buffer + at, c->have - at, &answer)) {
        dt_checker_see(&load->checker, &load->requests->items[c->first], &answer, c->sent_ns, now);
        load->counts->requests++;
        load->counts->bytes += answer.len;
        dt_histogram_add(load->latency, now - c->since_ns);
        at += answer.len;
        c->waiting--;
        if (++c->first == load->requests->count)
            c->first = 0;
        if (answer.closing && !c->ending) {
            c->ending = true;
            load->counts->closing += !load->options->visits;
            load->counts->lost += (uint64_t)c->waiting;
            c->waiting = 0;
        }
    }
    c->have -= at;
    memmove(c->buffer, c->buffer + at, c->have);
}

static void receive(struct dt_load *load, struct connection *c)
{
    ssize_t got = recv(c->fd, c->buffer + c->have, BUFFER - c->have, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    uint64_t now = now_ns();
    if (got <= 0) {
        ended(load, c, now);
        return;
    }
    c->have += (size_t)got;
    take_answers(load, c, now);
    if (c->waiting == 0 && !c->ending && !load->options->visits) {
        load->busy--;
        next(load, c, now);
    }
}

/* ---- Running ---- */

static void revive(struct dt_load *load, uint64_t now)
{
    for (int i = 0; i < load->options->connections; i++) {
        struct connection *c = &load->connections[i];
        if (c->down && c->retry_ns <= now) {
            c->down = false;
            load->down--;
            reconnect(load, c, now);
        }
    }
}

static uint64_t poll_once(struct dt_load *load)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(load->epoll, events, EVENTS, 0);
    for (int i = 0; i < n; i++)
        receive(load, events[i].data.ptr);
    uint64_t now = now_ns();
    if (load->down > 0 && load->sending)
        revive(load, now);
    if (load->options->rate > 0 && load->sending)
        take_turns(load, now);
    ask_greeted(load);
    return now;
}

/* What did not come in two seconds is lost; the next run begins with a fresh connection. */
static void abandon(struct dt_load *load, struct connection *c)
{
    if (c->waiting == 0 && !c->ending)
        return;
    load->counts->lost += (uint64_t)c->waiting;
    load->busy--;
    close(c->fd);
    c->fd = -1;
    c->waiting = 0;
    c->ending = false;
    if (!load->options->visits && !dial(load, c))
        load->counts->refused++;
}

void dt_load_run(struct dt_load *load, double seconds, uint64_t requests,
                 struct dt_load_counts *ret_counts, struct dt_histogram *ret_latency_ns)
{
    *ret_counts = (struct dt_load_counts){.begin_ns = now_ns()};
    dt_histogram_clear(ret_latency_ns);
    load->counts = ret_counts;
    dt_checker_begin(&load->checker, ret_counts);
    load->latency = ret_latency_ns;
    load->left = requests;
    load->next_turn = 0;
    load->sending = true;
    uint64_t end = ret_counts->begin_ns + (uint64_t)(seconds * 1e9);
    for (int i = 0; i < load->options->connections; i++) {
        struct connection *c = &load->connections[i];
        c->turn = (uint64_t)i;
        if (load->options->visits || c->fd >= 0)
            next(load, c, now_ns());
    }
    while (load->left > 0 && poll_once(load) < end)
        continue;
    load->sending = false;
    uint64_t drained = now_ns() + DRAIN_NS;
    while (load->busy > 0 && poll_once(load) < drained)
        continue;
    ret_counts->end_ns = now_ns();
    for (int i = 0; load->busy > 0 && i < load->options->connections; i++)
        abandon(load, &load->connections[i]);
    dt_checker_end(&load->checker);
}

struct dt_load *dt_load_new(const struct dt_load_options *options,
                            const struct dt_requests *requests)
{
    struct dt_load *load = calloc(1, sizeof *load);
    if (load == NULL)
        return NULL;
    *load = (struct dt_load){.options = options, .requests = requests};
    load->checker = dt_checker_of(options);
    load->connections = calloc((size_t)options->connections, sizeof *load->connections);
    load->greeted = calloc((size_t)options->connections, sizeof(struct connection *));
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    bool ok = load->connections != NULL && load->greeted != NULL && load->epoll >= 0;
    for (int i = 0; ok && i < options->connections; i++) {
        struct connection *c = &load->connections[i];
        c->fd = -1;
        c->buffer = malloc(BUFFER);
        ok = c->buffer != NULL && (options->visits || dial(load, c));
    }
    if (!ok) {
        perror("load: cannot connect");
        dt_load_free(load);
        return NULL;
    }
    return load;
}

void dt_load_free(struct dt_load *load)
{
    if (load == NULL)
        return;
    for (int i = 0; load->connections != NULL && i < load->options->connections; i++) {
        if (load->connections[i].buffer != NULL && load->connections[i].fd >= 0)
            close(load->connections[i].fd);
        free(load->connections[i].buffer);
    }
    free(load->connections);
    free(load->greeted);
    if (load->epoll >= 0)
        close(load->epoll);
    free(load);
}
