/* SPDX-License-Identifier: MIT
 *
 * Where the head parser says that it is enough, to the byte.
 */
#include "http/http1_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "http_cuts.h"

static char big[2 * DT_HTTP1_MAX_HEAD];

/* A head of exactly len bytes, of which the request line takes line without its CRLF. */
static void fill_head(size_t len, size_t line)
{
    static const char START[] = "GET /";
    static const char VERSION[] = " HTTP/1.1";
    memset(big, 'a', sizeof big);
    memcpy(big, START, sizeof START - 1);
    memcpy(big + line - (sizeof VERSION - 1), VERSION, sizeof VERSION - 1);
    memcpy(big + line, "\r\nHost: a\r\nX: ", 14);
    memcpy(big + len - 4, "\r\n\r\n", 4);
}

static void the_head_has_a_limit(void **state)
{
    (void)state;
    struct outcome got;
    fill_head(DT_HTTP1_MAX_HEAD, 100);
    parse(big, sizeof big, &got);
    assert_int_equal(got.result, DT_HTTP1_DONE);
    assert_int_equal(got.used, DT_HTTP1_MAX_HEAD);

    fill_head(DT_HTTP1_MAX_HEAD + 1, 100);
    parse(big, DT_HTTP1_MAX_HEAD - 1, &got);
    assert_int_equal(got.result, DT_HTTP1_MORE);
    parse(big, DT_HTTP1_MAX_HEAD, &got);
    assert_int_equal(got.result, DT_HTTP1_BAD);
    assert_int_equal(got.error.status, 431);
    parse(big, sizeof big, &got);
    assert_int_equal(got.result, DT_HTTP1_BAD);
    assert_int_equal(got.error.status, 431);
}

static void the_request_line_has_a_limit(void **state)
{
    (void)state;
    struct outcome got;
    fill_head(DT_HTTP1_MAX_HEAD, DT_HTTP1_MAX_HEAD - 18);
    parse(big, DT_HTTP1_MAX_HEAD, &got);
    assert_int_equal(got.result, DT_HTTP1_DONE);
    fill_head(sizeof big, DT_HTTP1_MAX_HEAD + 100);
    parse(big, DT_HTTP1_MAX_HEAD - 1, &got);
    assert_int_equal(got.result, DT_HTTP1_MORE);
    parse(big, DT_HTTP1_MAX_HEAD, &got);
    assert_int_equal(got.result, DT_HTTP1_BAD);
    assert_int_equal(got.error.status, 414);
    parse(big, sizeof big, &got);
    assert_int_equal(got.error.status, 414);
}

static void the_method_has_a_limit(void **state)
{
    (void)state;
    struct outcome got;
    memset(big, 'M', 65);
    size_t rest = (size_t)snprintf(big + 64, 100, " / HTTP/1.1\r\nHost: a\r\n\r\n");
    parse(big, 64 + rest, &got);
    assert_int_equal(got.result, DT_HTTP1_DONE);
    memset(big, 'M', 65);
    rest = (size_t)snprintf(big + 65, 100, " / HTTP/1.1\r\nHost: a\r\n\r\n");
    parse(big, 65 + rest, &got);
    assert_int_equal(got.result, DT_HTTP1_BAD);
    assert_int_equal(got.error.status, 501);
    assert_cuts(big, 65 + rest);
}

static void fields_have_a_limit(void **state)
{
    (void)state;
    struct outcome got;
    for (unsigned fields = DT_HTTP_MAX_FIELDS; fields <= DT_HTTP_MAX_FIELDS + 40; fields++) {
        size_t len = (size_t)snprintf(big, sizeof big, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (unsigned i = 1; i < fields; i++)
            len += (size_t)snprintf(big + len, sizeof big - len, "%s\r\n",
                                    i % 3 ? "x:" : "Other: a value");
        memcpy(big + len, "\r\n", 2);
        len += 2;
        parse(big, len, &got);
        assert_int_equal(got.result, fields == DT_HTTP_MAX_FIELDS ? DT_HTTP1_DONE : DT_HTTP1_BAD);
        if (fields > DT_HTTP_MAX_FIELDS)
            assert_int_equal(got.error.status, 431);
        assert_cuts(big, len);
    }
}

static void what_is_read_here_has_a_limit(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        size_t fill;
        const char *after;
        uint16_t status;
    } CASES[] = {
        {"GET / HTTP/1.1\r\nHost: ", 1024, "\r\n\r\n", 0},
        {"GET / HTTP/1.1\r\nHost: ", 1025, "\r\n\r\n", 431},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: ", 1023, "\r\n\r\n", 0},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: ", 1024, "\r\n\r\n", 431},
        {"GET http://", 1024, "/ HTTP/1.1\r\nHost: a\r\n\r\n", 0},
        {"GET http://", 1025, "/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct outcome got;
        size_t len = strlen(CASES[i].before);
        memcpy(big, CASES[i].before, len);
        memset(big + len, 'a', CASES[i].fill);
        len += CASES[i].fill;
        memcpy(big + len, CASES[i].after, strlen(CASES[i].after));
        len += strlen(CASES[i].after);
        parse(big, len, &got);
        assert_int_equal(got.result, CASES[i].status ? DT_HTTP1_BAD : DT_HTTP1_DONE);
        assert_int_equal(got.error.status, CASES[i].status);
        assert_cuts(big, len);
    }
}

static void nothing_is_a_beginning(void **state)
{
    (void)state;
    struct dt_http_request request;
    struct dt_http1_error error;
    size_t used = 7;
    assert_int_equal(dt_http1_parse(DT_SLICE_NONE, &request, &used, &error), DT_HTTP1_MORE);
    assert_int_equal(dt_http1_parse(DT_S("\r"), &request, &used, &error), DT_HTTP1_MORE);
    assert_int_equal(dt_http1_parse(DT_S("\r\n"), &request, &used, &error), DT_HTTP1_MORE);
    assert_int_equal(used, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_has_a_limit),
        cmocka_unit_test(the_request_line_has_a_limit),
        cmocka_unit_test(the_method_has_a_limit),
        cmocka_unit_test(fields_have_a_limit),
        cmocka_unit_test(what_is_read_here_has_a_limit),
        cmocka_unit_test(nothing_is_a_beginning),
    };
    return cmocka_run_group_tests_name("http_limits", tests, NULL, NULL);
}
