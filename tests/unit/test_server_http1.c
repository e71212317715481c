/* SPDX-License-Identifier: MIT
 *
 * HTTP/1 on a connection without a socket: the protocol is called as the loop calls it, with the
 * input cut at every place, and must answer the same.
 */
#include "server/http1_conn.h"
#include "snapshot_util.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OUTPUT (256u << 10)

static const char RULES[] = "/a https://example.com/a note=no\n"
                            "/b/* https://example.com/b/:splat 308\n"
                            "/big/* https://example.com/big/:splat 302\n";

struct bench {
    struct compiled rules;
    struct dt_handler handler;
    struct dt_http1_context context;
    char memory[OUTPUT];
    char held[128u << 10];
    char answer[4u << 20];
};

static int start(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    compile(RULES, &bench->rules);
    bench->handler.snapshot = &bench->rules.snapshot;
    bench->context.handler = &bench->handler;
    dt_http_date_update(&bench->context.date, 1795356000);
    *state = bench;
    return 0;
}

static int end(void **state)
{
    struct bench *bench = *state;
    compiled_release(&bench->rules);
    free(bench);
    return 0;
}

/* Feeds input in two parts, cut at `cut`, as the loop does; all answers to bench->answer. Returns
 * the last verdict and the timer that the connection is left with. */
static enum dt_net_verdict feed(struct bench *bench, struct dt_slice input, size_t cut, bool last,
                                size_t *ret_len, unsigned *ret_timer)
{
    struct dt_net_conn conn = {.proto = &dt_http1_proto, .timer = DT_NET_TIMER_HEAD};
    enum dt_net_verdict verdict = DT_NET_MORE;
    size_t held = 0;
    *ret_len = 0;
    struct dt_slice parts[2] = {dt_slice_of(input.ptr, cut), dt_slice_from(input, cut)};
    for (int i = 0; i < 2 && verdict == DT_NET_MORE; i++) {
        if (parts[i].len == 0)
            continue;
        memcpy(bench->held + held, parts[i].ptr, parts[i].len);
        struct dt_net_turn turn = {
            .input = dt_slice_of(bench->held, held + parts[i].len), .seen = held, .last = last};
        do {
            turn.out = dt_out_init(bench->memory, OUTPUT);
            verdict = dt_http1_proto.input(&conn, &turn, &bench->context);
            assert_false(turn.out.overflow);
            size_t n = dt_out_len(&turn.out);
            assert_true(*ret_len + n <= sizeof bench->answer);
            memcpy(bench->answer + *ret_len, bench->memory, n);
            *ret_len += n;
            turn.seen = 0;
            if (verdict == DT_NET_FULL) {
                assert_true(n > 0);
                conn.timer = turn.timer;
            }
        } while (verdict == DT_NET_FULL);
        conn.timer = turn.timer;
        held = turn.input.len;
        memmove(bench->held, turn.input.ptr, held);
    }
    *ret_timer = conn.timer;
    return verdict;
}

/* The same answers wherever the input is cut. */
static size_t feed_everywhere(struct bench *bench, const char *input, enum dt_net_verdict want)
{
    struct dt_slice all = dt_slice_str(input);
    size_t len, whole_len;
    unsigned timer, whole_timer;
    assert_int_equal(feed(bench, all, all.len, false, &whole_len, &whole_timer), want);
    char *whole = malloc(whole_len + 1);
    memcpy(whole, bench->answer, whole_len);
    for (size_t cut = 0; cut < all.len; cut++) {
        assert_int_equal(feed(bench, all, cut, false, &len, &timer), want);
        assert_int_equal(len, whole_len);
        assert_memory_equal(bench->answer, whole, len);
        assert_int_equal(timer, whole_timer);
    }
    free(whole);
    bench->answer[whole_len] = '\0';
    return whole_len;
}

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

static void a_pipeline_in_any_two_parts(void **state)
{
    struct bench *bench = *state;
    feed_everywhere(bench,
                    "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                    "POST /b/c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
                    "\r\nPUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5;x=y\r\nhello\r\n0\r\nT: x\r\n\r\n"
                    "HEAD /b/d HTTP/1.1\r\nHost: x\r\n\r\n"
                    "GET /none HTTP/1.1\r\nHost: x\r\n\r\n",
                    DT_NET_MORE);
    assert_int_equal(count(bench->answer, "HTTP/1.1 307"), 2);
    assert_int_equal(count(bench->answer, "HTTP/1.1 308"), 2);
    assert_int_equal(count(bench->answer, "HTTP/1.1 404"), 1);
    assert_int_equal(count(bench->answer, "Date: "), 5);
    assert_int_equal(count(bench->answer, "Connection: "), 0);
}

static void what_closes_a_connection(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *input;
        enum dt_net_verdict verdict;
        unsigned answers;
    } CASES[] = {
        {"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", DT_NET_CLOSE, 1},
        {"GET /a HTTP/1.0\r\n\r\n", DT_NET_CLOSE, 1},
        {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
         DT_NET_CLOSE, 1},
        {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nConnection: close\r\n\r\n",
         DT_NET_LINGER, 1},
        {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", DT_NET_LINGER, 1},
        {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
         DT_NET_LINGER, 1},
        {"GET /a HTTP/1.1\r\n\r\n", DT_NET_LINGER, 1},
        {"GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", DT_NET_LINGER, 1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        size_t len = 0;
        unsigned timer;
        struct dt_slice input = dt_slice_str(CASES[i].input);
        assert_int_equal(feed(bench, input, input.len, false, &len, &timer), CASES[i].verdict);
        bench->answer[len] = '\0';
        assert_int_equal(count(bench->answer, "HTTP/1.1 "), CASES[i].answers);
        assert_int_equal(count(bench->answer, "Connection: close\r\n"), 1);
    }
}

static void bodies_have_their_own_timer(void **state)
{
    struct bench *bench = *state;
    size_t len;
    unsigned timer;
    struct dt_slice part = DT_S("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
    assert_int_equal(feed(bench, part, part.len, false, &len, &timer), DT_NET_MORE);
    assert_int_equal(timer, DT_NET_TIMER_BODY);
    part = DT_S("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /a HT");
    assert_int_equal(feed(bench, part, part.len, false, &len, &timer), DT_NET_MORE);
    assert_int_equal(timer, DT_NET_TIMER_HEAD);
    part = DT_S("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(feed(bench, part, part.len, false, &len, &timer), DT_NET_MORE);
    assert_int_equal(timer, DT_NET_TIMER_IDLE);
}

static void more_answers_than_fit_the_output(void **state)
{
    struct bench *bench = *state;
    char *input = malloc(120000);
    char path[6001];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    size_t n = 0;
    for (int i = 0; i < 18; i++)
        n += (size_t)sprintf(input + n, "GET /big/%s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    size_t len;
    unsigned timer;
    assert_int_equal(feed(bench, dt_slice_of(input, n), n, false, &len, &timer), DT_NET_MORE);
    assert_true(len > OUTPUT);
    bench->answer[len] = '\0';
    assert_int_equal(count(bench->answer, "HTTP/1.1 302"), 18);
    free(input);
}

static void the_last_answer_says_so(void **state)
{
    struct bench *bench = *state;
    size_t len;
    unsigned timer;
    struct dt_slice two =
        DT_S("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b/ HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(feed(bench, two, two.len, true, &len, &timer), DT_NET_CLOSE);
    bench->answer[len] = '\0';
    assert_int_equal(count(bench->answer, "HTTP/1.1 30"), 2);
    assert_int_equal(count(bench->answer, "Connection: close"), 1);
}

static void late_heads_are_told(void **state)
{
    struct bench *bench = *state;
    struct dt_net_conn conn = {.proto = &dt_http1_proto};
    struct dt_out out = dt_out_init(bench->memory, OUTPUT);
    dt_http1_proto.late(&conn, &out, &bench->context);
    assert_true(dt_slice_starts(dt_out_slice(&out), DT_S("HTTP/1.1 408 ")));
}

static void damaged_rules_are_500(void **state)
{
    struct bench *bench = *state;
    struct dt_snapshot damaged;
    size_t size = bench->rules.len;
    unsigned char *copy = copy_aligned(bench->rules.mem, size);
    assert_int_equal(dt_snapshot_open(copy, size, &damaged), DT_OK);
    for (size_t i = sizeof(struct dt_snap_header); i < size; i++) /* all but the header */
        copy[i] ^= 0xff;
    bench->handler.snapshot = &damaged;
    struct dt_slice input = DT_S("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    size_t len;
    unsigned timer;
    assert_int_equal(feed(bench, input, input.len, false, &len, &timer), DT_NET_MORE);
    bench->answer[len] = '\0';
    assert_int_equal(count(bench->answer, "HTTP/1.1 500"), 1);
    assert_int_equal(count(bench->answer, "Location"), 0);
    free(copy);
}

/* A Location that grows with the request can outgrow what an answer holds: the request is at fault.
 */
static void a_location_too_long_is_414(void **state)
{
    struct bench *bench = *state;
    struct compiled many;
    static char rules[1024];
    char *at = rules + snprintf(rules, sizeof rules, "/big/* /x");
    for (int i = 0; i < 40; i++)
        at += snprintf(at, sizeof rules - (size_t)(at - rules), "/:splat");
    compile(rules, &many);
    bench->handler.snapshot = &many.snapshot;
    static char input[8192];
    int head = snprintf(input, sizeof input, "GET /big/");
    memset(input + head, 'a', 4000);
    snprintf(input + head + 4000, 64, " HTTP/1.1\r\nHost: a\r\n\r\n");
    struct dt_slice all = dt_slice_str(input);
    size_t len;
    unsigned timer;
    assert_int_equal(feed(bench, all, all.len, false, &len, &timer), DT_NET_MORE);
    bench->answer[len] = '\0';
    assert_non_null(strstr(bench->answer, "HTTP/1.1 414 URI Too Long\r\n"));
    compiled_release(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pipeline_in_any_two_parts, start, end),
        cmocka_unit_test_setup_teardown(what_closes_a_connection, start, end),
        cmocka_unit_test_setup_teardown(bodies_have_their_own_timer, start, end),
        cmocka_unit_test_setup_teardown(more_answers_than_fit_the_output, start, end),
        cmocka_unit_test_setup_teardown(the_last_answer_says_so, start, end),
        cmocka_unit_test_setup_teardown(late_heads_are_told, start, end),
        cmocka_unit_test_setup_teardown(damaged_rules_are_500, start, end),
        cmocka_unit_test_setup_teardown(a_location_too_long_is_414, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
