/* SPDX-License-Identifier: MIT
 *
 * The event loop below HTTP: addresses, the buffer pool, and a loop that serves a small protocol
 * over real sockets in this process: one byte asks for something, and every way to end is there.
 */
#include "net/listen.h"
#include "net/loop.h"
#include "net/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- addresses ---- */

static void reads_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } GOOD[] = {
        {"127.0.0.1:8307", "127.0.0.1:8307"}, {":80", "0.0.0.0:80"}, {"80", "0.0.0.0:80"},
        {"[::1]:443", "[::1]:443"},           {"[::]:0", "[::]:0"},  {"localhost:1", "127.0.0.1:1"},
        {"0.0.0.0:65535", "0.0.0.0:65535"},
    };
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        struct dt_net_address address;
        char text[DT_NET_ADDRESS_MAX];
        assert_int_equal(dt_net_address_parse(GOOD[i].text, &address), DT_OK);
        dt_net_address_text(&address, text);
        assert_string_equal(text, GOOD[i].want);
    }
    static const char *const BAD[] = {
        "",
        ":",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "::1:80",
        "[::1]",
        "[::1:80",
        "[]:80",
        "[127.0.0.1]:80",
        "256.0.0.1:80",
        "example:1",
        "1:2:3:4",
        "[::1]x:80",
        "127.0.0.1:8x",
        " 80",
        "[fe80::1%eth0]:80",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct dt_net_address address;
        assert_int_equal(dt_net_address_parse(BAD[i], &address), DT_ERR_INVALID);
    }
}

static void listeners_share_a_port_and_nobody_else_does(void **state)
{
    (void)state;
    struct dt_net_address address;
    int fds[3], more[1];
    assert_int_equal(dt_net_address_parse("127.0.0.1:0", &address), DT_OK);
    assert_int_equal(dt_net_listen(&address, 3, fds), DT_OK);
    char text[DT_NET_ADDRESS_MAX];
    dt_net_address_text(&address, text);
    assert_string_not_equal(text, "127.0.0.1:0");
    assert_int_equal(dt_net_listen(&address, 1, more), DT_ERR_IO);
    assert_int_equal(errno, EADDRINUSE);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    assert_int_equal(dt_net_listen(&address, 1, more), DT_OK);
    close(more[0]);
}

/* ---- the pool ---- */

static void pool_is_bounded_and_gives_back(void **state)
{
    (void)state;
    struct dt_net_pool pool;
    assert_int_equal(dt_net_pool_init(&pool, 1u << 20), DT_OK);
    assert_null(dt_net_pool_get(&pool, DT_NET_POOL_LARGEST + 1));
    static const size_t ASK[] = {1, 4096, 4097, 16384, 65536, 65537, 262144};
    static const size_t ROOM[] = {4096, 4096, 16384, 16384, 65536, 262144, 262144};
    void *buffers[7];
    for (size_t i = 0; i < 7; i++) {
        buffers[i] = dt_net_pool_get(&pool, ASK[i]);
        assert_non_null(buffers[i]);
        assert_int_equal(dt_net_pool_room(&pool, buffers[i]), ROOM[i]);
        memset(buffers[i], (int)i, ROOM[i]);
    }
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(((unsigned char *)buffers[i])[ROOM[i] - 1], i);
    for (size_t i = 0; i < 7; i++)
        dt_net_pool_put(&pool, buffers[i]);
    assert_int_equal(pool.used, 0);
    dt_net_pool_put(&pool, NULL);

    void *all[256];
    for (size_t i = 0; i < 256; i++)
        assert_non_null(all[i] = dt_net_pool_get(&pool, 4096));
    assert_null(dt_net_pool_get(&pool, 1));
    dt_net_pool_put(&pool, all[100]);
    assert_ptr_equal(dt_net_pool_get(&pool, 1), all[100]);
    dt_net_pool_release(&pool);
}

/* ---- the loop ---- */

/* Answers "e" with one byte, "b" with much, "c" with a byte and a close, "l" with a byte and a
 * linger, "p" with the 16 bytes of who asks; "(" needs a ")"; anything else is the body, to be
 * skipped. */
struct toy {
    struct dt_net_loop loop;
    int listener;
    struct dt_net_address address;
    unsigned seconds;
};

#define MUCH 100000u

static enum dt_net_verdict toy_input(struct dt_net_conn *conn, struct dt_net_turn *turn, void *ctx)
{
    struct toy *toy = ctx;
    turn->timer = DT_NET_TIMER_IDLE;
    while (turn->input.len > 0) {
        char c = turn->input.ptr[0];
        if (dt_out_room(&turn->out) < MUCH)
            return DT_NET_FULL;
        if (c == '(' && !memchr(turn->input.ptr, ')', turn->input.len)) {
            turn->timer = DT_NET_TIMER_HEAD;
            return DT_NET_MORE;
        }
        turn->input = dt_slice_from(turn->input, 1);
        turn->restart = true;
        if (c == 'p') {
            const uint8_t *peer = dt_net_peer(&toy->loop, conn);
            assert_non_null(peer);
            assert_true(conn->peered);
            dt_out_put(&turn->out, dt_slice_of((const char *)peer, 16));
            continue;
        }
        dt_out_char(&turn->out, turn->last ? '!' : c);
        if (c == 'b')
            for (unsigned i = 1; i < MUCH; i++)
                dt_out_char(&turn->out, 'B');
        if (c == 'c')
            return DT_NET_CLOSE;
        if (c == 'l')
            return DT_NET_LINGER;
    }
    return DT_NET_MORE;
}

static void toy_late(struct dt_net_conn *conn, struct dt_out *out, void *ctx)
{
    (void)conn;
    (void)ctx;
    dt_out_char(out, 'L');
}

static const struct dt_net_proto TOY = {"toy", toy_input, toy_late};

static void on_second(void *ctx, int64_t wall)
{
    struct toy *toy = ctx;
    assert_true(wall > 1600000000);
    toy->seconds++;
}

static int start(void **state)
{
    struct toy *toy = calloc(1, sizeof *toy);
    struct dt_net_config config = {.max_connections = 8,
                                   .buffer_bytes = 1u << 20,
                                   .timeouts = {2, 1, 1, 1, 1},
                                   .ctx = toy,
                                   .on_second = on_second};
    assert_int_equal(dt_net_address_parse("127.0.0.1:0", &toy->address), DT_OK);
    assert_int_equal(dt_net_listen(&toy->address, 1, &toy->listener), DT_OK);
    assert_int_equal(dt_net_loop_init(&toy->loop, &config), DT_OK);
    assert_int_equal(dt_net_loop_listen(&toy->loop, toy->listener, &TOY), DT_OK);
    *state = toy;
    return 0;
}

static int end(void **state)
{
    struct toy *toy = *state;
    dt_net_loop_release(&toy->loop);
    if (!toy->loop.draining)
        close(toy->listener);
    free(toy);
    return 0;
}

static int dial(const struct toy *toy, int receive_buffer)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (receive_buffer)
        assert_int_equal(
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&toy->address.addr, toy->address.len), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

/* Turns until the client has read what it wants, or the end; returns the bytes read, *ret_ended. */
static size_t read_until(struct toy *toy, int fd, char *buffer, size_t want, bool *ret_ended)
{
    size_t have = 0;
    *ret_ended = false;
    for (int i = 0; i < 4000 && have < want && !*ret_ended; i++) {
        dt_net_loop_turn(&toy->loop, false);
        ssize_t n = recv(fd, buffer + have, want - have, 0);
        if (n > 0)
            have += (size_t)n;
        else if (n == 0 || errno != EAGAIN)
            *ret_ended = true;
        else
            poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 1);
    }
    return have;
}

static void answers_and_closes(void **state)
{
    struct toy *toy = *state;
    char buffer[8];
    bool ended;
    int fd = dial(toy, 0);
    assert_int_equal(send(fd, "e", 1, 0), 1);
    assert_int_equal(read_until(toy, fd, buffer, 1, &ended), 1);
    assert_int_equal(toy->loop.count, 1);
    assert_int_equal(send(fd, "eec", 3, 0), 3);
    assert_int_equal(read_until(toy, fd, buffer, 4, &ended), 3);
    assert_true(ended);
    assert_memory_equal(buffer, "eec", 3);
    assert_int_equal(toy->loop.count, 0);
    assert_int_equal(toy->loop.pool.used, 0);
    close(fd);
}

static void tells_who_asks(void **state)
{
    struct toy *toy = *state;
    static const uint8_t LOOPBACK[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
    uint8_t peer[33];
    bool ended;
    for (int i = 0; i < 3; i++) { /* each takes the descriptor of the one before */
        int fd = dial(toy, 0);
        assert_int_equal(send(fd, "ppc", 3, 0), 3);
        assert_int_equal(read_until(toy, fd, (char *)peer, 33, &ended), 33);
        assert_memory_equal(peer, LOOPBACK, 16);
        assert_memory_equal(peer + 16, LOOPBACK, 16);
        close(fd);
    }
}

static void a_visit_needs_no_epoll(void **state)
{
    struct toy *toy = *state;
    char c;
    bool ended;
    int fd = dial(toy, 0);
    assert_int_equal(send(fd, "c", 1, 0), 1);
    dt_net_loop_turn(&toy->loop, true);
    assert_int_equal(toy->loop.stats.accepted, 1);
    assert_int_equal(toy->loop.count, 0); /* accepted, read, answered and closed in one turn */
    assert_int_equal(read_until(toy, fd, &c, 1, &ended), 1);
    close(fd);
}

static void holds_half_a_request(void **state)
{
    struct toy *toy = *state;
    char buffer[8];
    bool ended;
    int fd = dial(toy, 0);
    assert_int_equal(send(fd, "e(", 2, 0), 2);
    assert_int_equal(read_until(toy, fd, buffer, 1, &ended), 1);
    assert_int_equal(toy->loop.pool.used, DT_NET_POOL_SMALLEST);
    assert_int_equal(send(fd, ")", 1, 0), 1);
    assert_int_equal(read_until(toy, fd, buffer, 2, &ended), 2);
    assert_memory_equal(buffer, "()", 2);
    assert_int_equal(toy->loop.pool.used, 0);
    close(fd);
}

static void holds_what_the_client_does_not_take(void **state)
{
    struct toy *toy = *state;
    static char requests[200];
    static char buffer[MUCH];
    bool ended;
    int fd = dial(toy, 4096);
    memset(requests, 'b', sizeof requests);
    assert_int_equal(send(fd, requests, sizeof requests, 0), sizeof requests);
    for (int i = 0; i < 50; i++)
        dt_net_loop_turn(&toy->loop, false);
    assert_int_equal(toy->loop.count, 1);
    assert_true(toy->loop.pool.used > 0);
    for (size_t i = 0; i < sizeof requests; i++) {
        assert_int_equal(read_until(toy, fd, buffer, MUCH, &ended), MUCH);
        assert_int_equal(buffer[0], 'b');
        assert_int_equal(buffer[1], 'B');
        assert_int_equal(buffer[MUCH - 1], 'B');
    }
    for (int i = 0; i < 5; i++)
        dt_net_loop_turn(&toy->loop, false);
    assert_int_equal(toy->loop.pool.used, 0);
    assert_int_equal(send(fd, "e", 1, 0), 1);
    assert_int_equal(read_until(toy, fd, buffer, 1, &ended), 1);
    close(fd);
}

static void lingers_so_that_the_answer_is_read(void **state)
{
    struct toy *toy = *state;
    static char body[1u << 20];
    char c;
    bool ended;
    int fd = dial(toy, 0);
    body[0] = 'l';
    for (size_t sent = 0; sent < sizeof body;) {
        ssize_t n = send(fd, body + sent, sizeof body - sent, MSG_NOSIGNAL);
        assert_true(n > 0 || errno == EAGAIN);
        sent += n > 0 ? (size_t)n : 0;
        dt_net_loop_turn(&toy->loop, false);
    }
    assert_int_equal(read_until(toy, fd, &c, 1, &ended), 1);
    assert_int_equal(c, 'l');
    assert_int_equal(read_until(toy, fd, &c, 1, &ended), 0);
    assert_true(ended);
    assert_int_equal(toy->loop.count, 1);
    close(fd);
    for (int i = 0; i < 100 && toy->loop.count; i++)
        dt_net_loop_turn(&toy->loop, false);
    assert_int_equal(toy->loop.count, 0);
}

static void time_runs_out(void **state)
{
    struct toy *toy = *state;
    char c = 0;
    bool ended;
    int half = dial(toy, 0), idle = dial(toy, 0), stuck = dial(toy, 4096);
    assert_int_equal(send(half, "(", 1, 0), 1);
    assert_int_equal(send(idle, "e", 1, 0), 1);
    assert_int_equal(send(stuck, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 40, 0), 40);
    assert_int_equal(read_until(toy, idle, &c, 1, &ended), 1);
    assert_int_equal(toy->loop.count, 3);
    for (int i = 0; i < 6 && toy->loop.count; i++)
        dt_net_loop_turn(&toy->loop, true); /* a turn a second */
    assert_int_equal(read_until(toy, half, &c, 1, &ended), 1);
    assert_int_equal(c, 'L');
    close(half);
    for (int i = 0; i < 6 && toy->loop.count; i++)
        dt_net_loop_turn(&toy->loop, true);
    assert_int_equal(toy->loop.count, 0);
    assert_int_equal(toy->loop.pool.used, 0);
    assert_true(toy->seconds >= 2);
    close(idle);
    close(stuck);
}

static void silence_is_ended_too(void **state)
{
    struct toy *toy = *state;
    char c;
    bool ended;
    int fd = dial(toy, 0);
    for (int i = 0; i < 5 && toy->loop.stats.accepted == 0; i++)
        dt_net_loop_turn(&toy->loop, true); /* the system hands it over after a second */
    assert_int_equal(toy->loop.count, 1);
    for (int i = 0; i < 5 && toy->loop.count; i++)
        dt_net_loop_turn(&toy->loop, true);
    assert_int_equal(read_until(toy, fd, &c, 1, &ended), 0);
    assert_true(ended);
    close(fd);
}

static void full_is_not_closed_to_others(void **state)
{
    struct toy *toy = *state;
    int fds[9];
    char c;
    bool ended;
    for (int i = 0; i < 9; i++) {
        fds[i] = dial(toy, 0);
        assert_int_equal(send(fds[i], "e", 1, 0), 1);
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(read_until(toy, fds[i], &c, 1, &ended), 1);
    assert_int_equal(toy->loop.count, 8);
    assert_true(toy->loop.paused);
    close(fds[0]);
    assert_int_equal(read_until(toy, fds[8], &c, 1, &ended), 1);
    assert_int_equal(toy->loop.count, 8);
    for (int i = 1; i < 9; i++)
        close(fds[i]);
}

static void drains(void **state)
{
    struct toy *toy = *state;
    char c;
    bool ended;
    int queued = dial(toy, 0);
    assert_int_equal(send(queued, "c", 1, 0), 1);
    int busy = dial(toy, 0);
    assert_int_equal(send(busy, "(", 1, 0), 1);
    dt_net_loop_drain(&toy->loop);
    int late = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(late, (const struct sockaddr *)&toy->address.addr, toy->address.len),
                     -1);
    assert_int_equal(read_until(toy, queued, &c, 1, &ended), 1);
    assert_int_equal(send(busy, ")c", 2, 0), 2);
    assert_int_equal(read_until(toy, busy, &c, 1, &ended), 1);
    assert_int_equal(c, '!');
    for (int i = 0; i < 6 && toy->loop.count; i++)
        dt_net_loop_turn(&toy->loop, true);
    assert_int_equal(toy->loop.count, 0);
    close(queued);
    close(busy);
    close(late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_addresses),
        cmocka_unit_test(listeners_share_a_port_and_nobody_else_does),
        cmocka_unit_test(pool_is_bounded_and_gives_back),
        cmocka_unit_test_setup_teardown(answers_and_closes, start, end),
        cmocka_unit_test_setup_teardown(tells_who_asks, start, end),
        cmocka_unit_test_setup_teardown(a_visit_needs_no_epoll, start, end),
        cmocka_unit_test_setup_teardown(holds_half_a_request, start, end),
        cmocka_unit_test_setup_teardown(holds_what_the_client_does_not_take, start, end),
        cmocka_unit_test_setup_teardown(lingers_so_that_the_answer_is_read, start, end),
        cmocka_unit_test_setup_teardown(time_runs_out, start, end),
        cmocka_unit_test_setup_teardown(silence_is_ended_too, start, end),
        cmocka_unit_test_setup_teardown(full_is_not_closed_to_others, start, end),
        cmocka_unit_test_setup_teardown(drains, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
