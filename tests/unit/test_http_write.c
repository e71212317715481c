/* SPDX-License-Identifier: MIT
 *
 * Answers as bytes: what stands in them, in which order, and that too little room is never half an
 * answer. The pages of error answers.
 */
#include "http/http1_error_page.h"
#include "http/http1_write.h"

#include <detour/ruleset.h>
#include <detour/status.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define DATE "Date: Sun, 22 Nov 2026 14:00:00 GMT\r\n"
#define NOW 1795356000

static struct dt_http_date date_at(int64_t now)
{
    struct dt_http_date date = {0};
    dt_http_date_update(&date, now);
    return date;
}

static void assert_written(const struct dt_answer *answer, bool head, bool keep_alive,
                           unsigned version, const char *want)
{
    struct dt_http_date date = date_at(NOW);
    size_t len = strlen(want);
    for (size_t cap = 0; cap <= len; cap++) {
        char *mem = malloc(cap ? cap : 1); /* ASan watches its end */
        assert_non_null(mem);
        struct dt_out out = dt_out_init(mem, cap);
        dt_http1_write(&out, answer, &date, head, keep_alive, version);
        assert_int_equal(out.overflow, cap < len);
        if (cap == len) {
            assert_int_equal(dt_out_len(&out), len);
            assert_memory_equal(mem, want, len);
        }
        free(mem);
    }
}

static void a_redirect(void **state)
{
    (void)state;
    struct dt_answer answer = {.status = 307,
                               .retry_after = DT_RETRY_AFTER_NONE,
                               .location = DT_S("http://www.example.ai/breaking/news.html")};
    assert_written(&answer, false, true, 11,
                   "HTTP/1.1 307 Temporary Redirect\r\n" DATE
                   "Location: http://www.example.ai/breaking/news.html\r\n"
                   "Content-Length: 0\r\n\r\n");
    assert_written(&answer, false, true, 10,
                   "HTTP/1.1 307 Temporary Redirect\r\n" DATE
                   "Location: http://www.example.ai/breaking/news.html\r\n"
                   "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n");
    assert_written(&answer, false, false, 10,
                   "HTTP/1.1 307 Temporary Redirect\r\n" DATE
                   "Location: http://www.example.ai/breaking/news.html\r\n"
                   "Content-Length: 0\r\nConnection: close\r\n\r\n");
}

static void everything_at_once(void **state)
{
    (void)state;
    struct dt_answer answer = {.status = 301,
                               .close = true,
                               .retry_after = 120,
                               .location = DT_S("/x"),
                               .cache = DT_S("max-age=60"),
                               .vary = DT_S("Cookie"),
                               .fields = DT_S("X-A: 1\r\nX-B: 2\r\n"),
                               .allow = DT_S("GET"),
                               .body = DT_S("<p>moved")};
#define HEAD                                                                                       \
    "HTTP/1.1 301 Moved Permanently\r\n" DATE "Location: /x\r\n"                                   \
    "Content-Type: text/html; charset=utf-8\r\nContent-Length: 8\r\n"                              \
    "Cache-Control: max-age=60\r\nVary: Cookie\r\nRetry-After: 120\r\nAllow: GET\r\n"              \
    "X-A: 1\r\nX-B: 2\r\nConnection: close\r\n\r\n"
    assert_written(&answer, false, true, 11, HEAD "<p>moved");
    assert_written(&answer, true, true, 11, HEAD);
}

static void errors(void **state)
{
    (void)state;
    struct dt_answer answer = {.status = 405, .retry_after = DT_RETRY_AFTER_NONE};
    assert_written(&answer, false, true, 11,
                   "HTTP/1.1 405 Method Not Allowed\r\n" DATE
                   "Content-Length: 0\r\nAllow: \r\n\r\n");
    answer = (struct dt_answer){.status = 503};
    assert_written(&answer, false, true, 11,
                   "HTTP/1.1 503 Service Unavailable\r\n" DATE
                   "Content-Length: 0\r\nRetry-After: 0\r\n\r\n");
    answer = (struct dt_answer){.status = 599, .retry_after = DT_RETRY_AFTER_NONE};
    assert_written(&answer, false, true, 11, "HTTP/1.1 599 \r\n" DATE "Content-Length: 0\r\n\r\n");
}

/* ---- Date --------------------------------------------------------------------------------- */

static void dates(void **state)
{
    (void)state;
    static const struct {
        int64_t now;
        const char *want;
    } CASES[] = {
        {NOW, DATE},
        {0, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"},
        {784111777, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"}, /* RFC 9110 section 5.6.7 */
        {951782400, "Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n"},
        {4107542399, "Date: Sun, 28 Feb 2100 23:59:59 GMT\r\n"},
        {4107542400, "Date: Mon, 01 Mar 2100 00:00:00 GMT\r\n"},
        {253402300799, "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"},
        {253402300800, "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"},
        {INT64_MAX, "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"},
        {-1, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"},
        {INT64_MIN, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct dt_http_date date = date_at(CASES[i].now);
        assert_int_equal(date.len, strlen(CASES[i].want));
        assert_memory_equal(date.line, CASES[i].want, date.len);
    }
}

/* The C library knows the calendar as well. */
static void every_fifth_day_until_2400(void **state)
{
    (void)state;
    for (int64_t now = 0; now < INT64_C(13569465600); now += 5 * 86400 + 3661) {
        struct dt_http_date date = date_at(now);
        char want[64];
        time_t time = (time_t)now;
        struct tm tm;
        assert_non_null(gmtime_r(&time, &tm));
        size_t len = strftime(want, sizeof want, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
        assert_int_equal(date.len, len);
        assert_memory_equal(date.line, want, len);
    }
}

static void a_date_moves_on(void **state)
{
    (void)state;
    struct dt_http_date date = date_at(NOW);
    dt_http_date_update(&date, NOW);
    assert_memory_equal(date.line, DATE, date.len);
    dt_http_date_update(&date, NOW + 61);
    assert_memory_equal(date.line, "Date: Sun, 22 Nov 2026 14:01:01 GMT\r\n", date.len);
}

/* ---- Pages -------------------------------------------------------------------------------- */

static void each_error_has_a_page(void **state)
{
    (void)state;
    static const unsigned CODES[] = {400, 404, 405, 408, 410, 414, 417, 421,
                                     429, 431, 451, 500, 501, 503, 505};
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
        struct dt_slice page = dt_http1_error_page(CODES[i]);
        const struct dt_status *status = dt_status_get(CODES[i]);
        char title[128];
        assert_non_null(status);
        (void)snprintf(title, sizeof title, "<title>%u %.*s</title>", CODES[i],
                       DT_SLICE_FMT(status->reason));
        assert_true(dt_slice_starts(page, DT_S("<!DOCTYPE html>\n")));
        assert_non_null(strstr(page.ptr, title));
        assert_true(page.len < 400);
    }
    assert_int_equal(dt_http1_error_page(307).len, 0);
    assert_int_equal(dt_http1_error_page(0).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redirect),
        cmocka_unit_test(everything_at_once),
        cmocka_unit_test(errors),
        cmocka_unit_test(dates),
        cmocka_unit_test(every_fifth_day_until_2400),
        cmocka_unit_test(a_date_moves_on),
        cmocka_unit_test(each_error_has_a_page),
    };
    return cmocka_run_group_tests_name("http_write", tests, NULL, NULL);
}
