/* SPDX-License-Identifier: MIT
 *
 * A worker answers requests and does nothing else: it reads no file, waits for no process, and when
 * the rules change it takes the new ones over between two turns of its loop.
 */
#include "server/worker.h"

#include "net/loop.h"
#include "server/channel.h"
#include "server/handler.h"
#include "server/http1_conn.h"
#include "server/process.h"
#include "server/view.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct worker {
    const struct dt_worker_start *start;
    struct dt_net_loop loop;
    struct dt_view view;
    struct dt_handler handler;
    struct dt_http1_context http1;
    int64_t limits_told; /* the second in which it was, last */
    bool stopping;
    int64_t deadline; /* ms; when stopping */
};

static void on_second(void *ctx, int64_t wall)
{
    struct dt_http1_context *http1 = ctx;
    dt_http_date_update(&http1->date, wall);
}

static void stop(struct worker *worker)
{
    if (worker->stopping)
        return;
    worker->stopping = true;
    worker->deadline =
        dt_process_ms() + (int64_t)worker->start->setup->options.drain_timeout * 1000;
    dt_net_loop_drain(&worker->loop);
}

static void tell(const struct worker *worker, uint32_t type, uint32_t generation, uint64_t value)
{
    struct dt_message message = {.type = type, .generation = generation, .value = value};
    (void)dt_channel_send(worker->start->channel, &message, -1);
}

static void refuse_snapshot(const struct worker *worker, uint32_t generation, enum dt_err err)
{
    dt_log(DT_LOG_ERROR, "worker %u keeps its old rules: %s", worker->start->number,
           dt_err_message(err));
    tell(worker, DT_MESSAGE_REFUSED, generation, err);
}

static void take_snapshot(struct worker *worker, const struct dt_message *message, int fd)
{
    enum dt_err err = dt_view_offer(&worker->view, fd, message->generation, true);
    if (err)
        refuse_snapshot(worker, message->generation, err);
}

static void on_message(void *ctx, int channel)
{
    struct worker *worker = ctx;
    struct dt_message message;
    int fd;
    int got;
    while ((got = dt_channel_receive(channel, &message, &fd)) > 0) {
        if (message.type == DT_MESSAGE_SNAPSHOT && fd >= 0) {
            take_snapshot(worker, &message, fd);
            continue;
        }
        if (fd >= 0)
            close(fd);
        if (message.type == DT_MESSAGE_WARM &&
            message.generation == worker->view.current.generation)
            worker->view.warm = true;
        else if (message.type == DT_MESSAGE_DRAIN)
            stop(worker);
    }
    if (got < 0)
        _exit(0); /* the supervisor is gone: so is its service */
}

static void on_signal(void *ctx, int fd)
{
    char buffer[128];
    while (read(fd, buffer, sizeof buffer) > 0)
        ;
    stop(ctx);
}

static struct dt_net_config loop_config(struct worker *worker)
{
    const struct dt_serve_options *o = &worker->start->setup->options;
    return (struct dt_net_config){
        .max_connections = o->max_connections,
        .buffer_bytes = (size_t)o->buffer_mib << 20,
        .timeouts = {[DT_NET_TIMER_IDLE] = o->idle_timeout,
                     [DT_NET_TIMER_HEAD] = o->head_timeout,
                     [DT_NET_TIMER_BODY] = o->body_timeout,
                     [DT_NET_TIMER_WRITE] = o->write_timeout,
                     [DT_NET_TIMER_LINGER] = o->linger_timeout},
        .ctx = &worker->http1,
        .on_second = on_second,
    };
}

static enum dt_err add_sources(struct worker *worker)
{
    static const int signals[] = {SIGTERM, 0};
    const struct dt_worker_start *start = worker->start;
    const struct dt_setup *setup = start->setup;
    for (unsigned a = 0; a < setup->nlisten; a++) {
        int fd = setup->listeners[start->number * setup->nlisten + a];
        enum dt_err err = dt_net_loop_listen(&worker->loop, fd, &dt_http1_proto);
        if (err)
            return err;
    }
    int signal_fd = dt_process_signals(signals);
    if (signal_fd < 0)
        return DT_ERR_IO;
    enum dt_err err = dt_net_loop_watch(&worker->loop, signal_fd, on_signal, worker);
    return err ? err : dt_net_loop_watch(&worker->loop, start->channel, on_message, worker);
}

static void begin_process(const struct dt_worker_start *start)
{
    int keep[DT_SETUP_MAX_LISTEN + 2];
    size_t n = 0;
    const struct dt_setup *setup = start->setup;
    for (unsigned a = 0; a < setup->nlisten; a++)
        keep[n++] = setup->listeners[start->number * setup->nlisten + a];
    keep[n++] = start->channel;
    keep[n++] = start->snapshot_fd;
    char name[16];
    snprintf(name, sizeof name, "detour-worker-%u", start->number % 10);
    dt_process_begin(name, start->supervisor, keep, n);
    dt_process_unblock();
    /* What a terminal sends to the whole group is for the supervisor to act on. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    dt_log_set_nonblocking();
}

/* Once a second at most; but numbers of rules mean nothing in another snapshot. */
static void report_limits(struct worker *worker)
{
    struct dt_limited *limited = &worker->handler.limited;
    if (worker->loop.wall == worker->limits_told && !worker->view.next.mem)
        return;
    worker->limits_told = worker->loop.wall;
    for (unsigned i = 0; i < limited->n; i++)
        tell(worker, DT_MESSAGE_LIMITED, worker->view.current.generation,
             limited->rules[i].rule | (uint64_t)limited->rules[i].count << 32);
    limited->n = 0;
}

/* The loop until there is nothing left to do; wait only when no slice of a swap is pending. */
static void serve(struct worker *worker)
{
    bool busy = true;
    while (!worker->stopping || (worker->loop.count > 0 && dt_process_ms() < worker->deadline)) {
        dt_net_loop_turn(&worker->loop, !busy);
        if (worker->handler.limited.n > 0)
            report_limits(worker);
        busy = dt_view_work(&worker->view);
        if (worker->view.failed) {
            refuse_snapshot(worker, worker->view.failed_generation, worker->view.failed);
            worker->view.failed = DT_OK;
        }
        if (!busy && dt_view_settled(&worker->view))
            tell(worker, DT_MESSAGE_ADOPTED, worker->view.current.generation, 0);
    }
}

int dt_worker_run(const struct dt_worker_start *start)
{
    static struct worker worker; /* a third of a megabyte: too large for a stack */
    begin_process(start);
    worker.start = start;
    worker.http1.handler = &worker.handler;
    worker.http1.loop = &worker.loop;
    worker.handler.snapshot = &worker.view.current.snapshot;
    worker.handler.trust = start->setup->trust;
    worker.handler.http10_fallback = start->setup->options.http10_fallback;
    worker.handler.no_note = start->setup->options.no_note;

    enum dt_err err =
        dt_view_offer(&worker.view, start->snapshot_fd, start->generation, start->in_memory);
    if (err) {
        dt_log(DT_LOG_ERROR, "worker %u cannot use its rules: %s", start->number,
               dt_err_message(err));
        return 1;
    }
    struct dt_net_config config = loop_config(&worker);
    err = dt_net_loop_init(&worker.loop, &config);
    if (!err)
        err = add_sources(&worker);
    if (err) {
        dt_log(DT_LOG_ERROR, "worker %u cannot start: %s: %s", start->number, dt_err_message(err),
               strerror(errno));
        return 1;
    }
    tell(&worker, DT_MESSAGE_ADOPTED, start->generation, 0);
    worker.view.changed = false;
    serve(&worker);
    if (worker.loop.count > 0)
        dt_log(DT_LOG_WARNING, "worker %u closes %u connections that would not end", start->number,
               worker.loop.count);
    dt_net_loop_release(&worker.loop);
    return 0;
}
