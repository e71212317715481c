/* SPDX-License-Identifier: MIT
 *
 * Where bodies end, RFC 9112 sections 6 and 7.1: every case whole and cut at each byte.
 */
#include "http/http1_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void begin(struct dt_http1_body *body, enum dt_http_body kind, uint64_t length)
{
    static struct dt_http_request request;
    request.body = (uint8_t)kind;
    request.content_length = length;
    dt_http1_body_begin(body, &request);
}

/* Feeds a chunked body in steps of some bytes; each step lies in a block of its size. */
static enum dt_http1_body_result feed(const char *input, size_t len, size_t step, size_t *ret_used)
{
    struct dt_http1_body body;
    enum dt_http1_body_result result = DT_HTTP1_BODY_MORE;
    begin(&body, DT_HTTP_BODY_CHUNKED, 0);
    *ret_used = 0;
    for (size_t at = 0; at < len && result == DT_HTTP1_BODY_MORE; at += step) {
        size_t size = len - at < step ? len - at : step;
        size_t used = 0;
        char *exact = malloc(size);
        assert_non_null(exact);
        memcpy(exact, input + at, size);
        result = dt_http1_body_skip(&body, dt_slice_of(exact, size), &used);
        free(exact);
        assert_true(used <= size);
        assert_true(result != DT_HTTP1_BODY_MORE || used == size);
        *ret_used += used;
        assert_int_equal(body.total, *ret_used);
    }
    return result;
}

struct chunked {
    const char *input;
    size_t used; /* 0: bad; else all of the body */
};

#define REST "GET / HTTP/1.1\r\n"

static const struct chunked CASES[] = {
    {"0\r\n\r\n" REST, 5},
    {"5\r\nhello\r\n0\r\n\r\n" REST, 15},
    {"1\r\na\r\n02\r\nbc\r\n000\r\n\r\n", 21},
    {"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", 35},
    {"0000000000000005\r\nhello\r\n0\r\n\r\n", 30},
    {"5;a=b;c\r\nhello\r\n0;x\r\n\r\n", 23},
    {"5;a=\"q;\xC3\xA9\t\"\r\nhello\r\n0\r\n\r\n", 25},
    {"0\r\nX: y\r\nZ:\r\n\r\n" REST, 15},
    {"3\r\n\r\n\n\r\n0\r\n\r\n", 13},
    /* framing that two readers could read in two ways */
    {"\r\n0\r\n\r\n", 0},
    {"5\nhello\r\n0\r\n\r\n", 0},
    {"5\r\nhello\n0\r\n\r\n", 0},
    {"5\r\nhello0\r\n\r\n", 0},
    {"5\r\nhello!\r\n0\r\n\r\n", 0},
    {"5\rhello\r\n0\r\n\r\n", 0},
    {"0\r\n\n", 0},
    {"0\r\n\rX", 0},
    {"0\n\n", 0},
    {"5 \r\nhello\r\n0\r\n\r\n", 0},
    {" 5\r\nhello\r\n0\r\n\r\n", 0},
    {"5 ;a\r\nhello\r\n0\r\n\r\n", 0},
    {"+5\r\nhello\r\n0\r\n\r\n", 0},
    {"-1\r\nhello\r\n0\r\n\r\n", 0},
    {"0x5\r\nhello\r\n0\r\n\r\n", 0},
    {"g\r\n", 0},
    {";a\r\n\r\n", 0},
    {"5,\r\nhello\r\n0\r\n\r\n", 0},
    {"00000000000000005\r\nhello\r\n0\r\n\r\n", 0},
    {"10000000000000000\r\n", 0},
    {"fffffffffffffffff\r\n", 0},
    {"5;a\x01\r\nhello\r\n0\r\n\r\n", 0},
    {"5;a\x7F\r\nhello\r\n0\r\n\r\n", 0},
    {"5;a\nhello\r\n0\r\n\r\n", 0},
    {"0\r\nX : y\r\n\r\n", 0},
    {"0\r\n: y\r\n\r\n", 0},
    {"0\r\n X: y\r\n\r\n", 0},
    {"0\r\nX: y\r\n z\r\n\r\n", 0},
    {"0\r\nX\r\n\r\n", 0},
    {"0\r\nX: y\n\r\n", 0},
    {"0\r\nX: \x01\r\n\r\n", 0},
};

static void chunked_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        size_t len = strlen(CASES[i].input);
        size_t whole = 0;
        enum dt_http1_body_result want = CASES[i].used ? DT_HTTP1_BODY_DONE : DT_HTTP1_BODY_BAD;
        if (feed(CASES[i].input, len, len, &whole) != want ||
            (CASES[i].used && whole != CASES[i].used))
            fail_msg("%s: used %zu, want %zu", CASES[i].input, whole, CASES[i].used);
        for (size_t step = 1; step < len; step++) {
            size_t used = 0;
            assert_int_equal(feed(CASES[i].input, len, step, &used), want);
            assert_int_equal(used, whole);
        }
        for (size_t cut = 1; CASES[i].used && cut < CASES[i].used; cut++) {
            size_t used = 0;
            assert_int_equal(feed(CASES[i].input, cut, cut, &used), DT_HTTP1_BODY_MORE);
        }
    }
}

static void the_largest_chunk_does_not_overflow(void **state)
{
    (void)state;
    size_t used = 0;
    static const char LARGEST[] = "ffffffffffffffff\r\nabc";
    assert_int_equal(feed(LARGEST, sizeof LARGEST - 1, 7, &used), DT_HTTP1_BODY_MORE);
    assert_int_equal(used, sizeof LARGEST - 1);
}

static void limited(const char *before, char fill, size_t count, const char *after,
                    enum dt_http1_body_result want)
{
    static char text[16384];
    size_t len = strlen(before);
    memcpy(text, before, len);
    memset(text + len, fill, count);
    len += count;
    memcpy(text + len, after, strlen(after));
    len += strlen(after);
    for (size_t step = 1; step <= len; step += step < 4 ? 1 : len / 3) {
        size_t used = 0;
        assert_int_equal(feed(text, len, step, &used), want);
    }
}

static void extensions_and_trailers_have_limits(void **state)
{
    (void)state;
    limited("5;", 'x', 256, "\r\nhello\r\n0\r\n\r\n", DT_HTTP1_BODY_DONE);
    limited("5;", 'x', 257, "\r\nhello\r\n0\r\n\r\n", DT_HTTP1_BODY_BAD);
    limited("0\r\n", 'x', 8191, ":\r\n\r\n", DT_HTTP1_BODY_DONE);
    limited("0\r\n", 'x', 8192, ":\r\n\r\n", DT_HTTP1_BODY_BAD);
    limited("0\r\nX:", 'x', 8190, "\r\n\r\n", DT_HTTP1_BODY_DONE);
    limited("0\r\nX:", 'x', 8191, "\r\n\r\n", DT_HTTP1_BODY_BAD);
    limited("0\r\nX:", 'x', 8000, "\r\nY:\r\n\r\n", DT_HTTP1_BODY_DONE);
    limited("0\r\nX:", 'x', 8190, "\r\nY:\r\n\r\n", DT_HTTP1_BODY_BAD);
}

static void bodies_with_a_length(void **state)
{
    (void)state;
    struct dt_http1_body body;
    size_t used = 9;
    begin(&body, DT_HTTP_BODY_NONE, 0);
    assert_int_equal(dt_http1_body_skip(&body, DT_S("GET"), &used), DT_HTTP1_BODY_DONE);
    assert_int_equal(used, 0);

    begin(&body, DT_HTTP_BODY_LENGTH, 5);
    assert_int_equal(dt_http1_body_skip(&body, DT_SLICE_NONE, &used), DT_HTTP1_BODY_MORE);
    assert_int_equal(dt_http1_body_skip(&body, DT_S("he"), &used), DT_HTTP1_BODY_MORE);
    assert_int_equal(used, 2);
    assert_int_equal(dt_http1_body_skip(&body, DT_S("lloGET"), &used), DT_HTTP1_BODY_DONE);
    assert_int_equal(used, 3);
    assert_int_equal(body.total, 5);
    assert_int_equal(dt_http1_body_skip(&body, DT_S("GET"), &used), DT_HTTP1_BODY_DONE);
    assert_int_equal(used, 0);
}

static void bad_stays_bad_and_the_total_saturates(void **state)
{
    (void)state;
    struct dt_http1_body body;
    size_t used = 0;
    begin(&body, DT_HTTP_BODY_CHUNKED, 0);
    assert_int_equal(dt_http1_body_skip(&body, DT_S("x"), &used), DT_HTTP1_BODY_BAD);
    assert_int_equal(dt_http1_body_skip(&body, DT_S("0\r\n\r\n"), &used), DT_HTTP1_BODY_BAD);
    assert_int_equal(used, 0);

    begin(&body, DT_HTTP_BODY_LENGTH, UINT64_MAX);
    body.total = UINT32_MAX - 2;
    assert_int_equal(dt_http1_body_skip(&body, DT_S("abcde"), &used), DT_HTTP1_BODY_MORE);
    assert_int_equal(body.total, UINT32_MAX);
    assert_true(sizeof body <= 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunked_bodies),
        cmocka_unit_test(the_largest_chunk_does_not_overflow),
        cmocka_unit_test(extensions_and_trailers_have_limits),
        cmocka_unit_test(bodies_with_a_length),
        cmocka_unit_test(bad_stays_bad_and_the_total_saturates),
    };
    return cmocka_run_group_tests_name("http_body", tests, NULL, NULL);
}
