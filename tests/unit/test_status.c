/* SPDX-License-Identifier: MIT
 *
 * The status table against the standards, told a second time and in another shape: which statuses
 * are permanent, what a client asks for next, what may be kept without being told how long.
 */
#include <detour/status.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define CODES 1000u

static bool is_in(unsigned code, const unsigned *list)
{
    for (; *list; list++)
        if (*list == code)
            return true;
    return false;
}

static void assert_slice(struct dt_slice s, const char *want)
{
    assert_int_equal(s.len, strlen(want));
    assert_memory_equal(s.ptr ? s.ptr : "", want, s.len);
}

/* ---- the table as a whole ---- */

static void has_these_statuses_and_no_others(void **state)
{
    (void)state;
    static const unsigned HAVE[] = {200, 300, 301, 302, 303, 304, 305, 307, 308, 400, 404, 405, 408,
                                    410, 413, 414, 417, 421, 429, 431, 451, 500, 501, 503, 505, 0};
    for (unsigned code = 0; code < CODES; code++) {
        const struct dt_status *status = dt_status_get(code);
        assert_int_equal(status != NULL, is_in(code, HAVE));
        if (status)
            assert_int_equal(status->code, code);
    }
    assert_null(dt_status_get(301 + 65536)); /* not cut to 16 bits */
    assert_null(dt_status_get(UINT32_MAX));
}

static void rows_can_be_sent(void **state)
{
    (void)state;
    for (unsigned code = 0; code < CODES; code++) {
        const struct dt_status *status = dt_status_get(code);
        if (!status)
            continue;
        char line[128];
        (void)snprintf(line, sizeof line, "HTTP/1.1 %u %.*s\r\n", code,
                       DT_SLICE_FMT(status->reason));
        assert_slice(status->status_line, line);
        assert_true(status->reason.len > 0);
        for (size_t i = 0; i < status->reason.len; i++)
            assert_true(status->reason.ptr[i] >= ' ' && status->reason.ptr[i] <= '~');
        assert_int_equal(strncmp(status->source, "RFC ", 4), 0);
    }
}

static void a_redirect_has_a_permanence_and_a_next_method(void **state)
{
    (void)state;
    for (unsigned code = 0; code < CODES; code++) {
        const struct dt_status *status = dt_status_get(code);
        if (!status)
            continue;
        assert_int_equal(status->location, status->permanence != DT_PERMANENCE_NONE);
        assert_int_equal(status->location, status->method != DT_METHOD_NONE);
        bool moves = status->index == DT_INDEX_MOVE;
        assert_int_equal(moves, status->permanence == DT_PERMANENCE_PERMANENT);
        bool keeps = status->index == DT_INDEX_KEEP_OLD;
        assert_int_equal(keeps, status->permanence == DT_PERMANENCE_TEMPORARY);
    }
}

static void fallbacks_are_known_to_http10(void **state)
{
    (void)state;
    for (unsigned code = 0; code < CODES; code++) {
        const struct dt_status *status = dt_status_get(code);
        if (!status)
            continue;
        unsigned want = code == 307 || code == 303 ? 302 : code == 308 ? 301 : code;
        assert_int_equal(status->http10, want);
        const struct dt_status *fallback = dt_status_get(status->http10);
        assert_non_null(fallback);
        assert_int_equal(fallback->permanence, status->permanence);
        assert_int_equal(fallback->location, status->location);
        assert_int_equal(fallback->http10, fallback->code);
    }
}

/* RFC 9110 section 15.1: 200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414 and 501; and 451 by
 * RFC 7725 section 3. */
static void heuristically_cacheable_is_what_the_rfc_lists(void **state)
{
    (void)state;
    static const unsigned CACHEABLE[] = {200, 300, 301, 308, 404, 405, 410, 414, 451, 501, 0};
    for (unsigned code = 0; code < CODES; code++) {
        const struct dt_status *status = dt_status_get(code);
        if (status)
            assert_int_equal(status->heuristic_cache, is_in(code, CACHEABLE));
    }
}

static void rules_may_answer_with_nine_statuses(void **state)
{
    (void)state;
    static const unsigned ANSWERS[] = {301, 302, 303, 307, 308, 404, 410, 451, 503, 0};
    for (unsigned code = 0; code < CODES; code++) {
        const struct dt_status *status = dt_status_get(code);
        if (status)
            assert_int_equal(status->answerable, is_in(code, ANSWERS));
    }
}

/* ---- row by row ---- */

struct row {
    unsigned code;
    enum dt_permanence permanence;
    enum dt_index_signal index;
    const char *reason;
    const char *source;
};

static void rows_say_what_the_standards_say(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {300, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Multiple Choices", "RFC 9110 section 15.4.1"},
        {301, DT_PERMANENCE_PERMANENT, DT_INDEX_MOVE, "Moved Permanently",
         "RFC 9110 section 15.4.2"},
        {302, DT_PERMANENCE_TEMPORARY, DT_INDEX_KEEP_OLD, "Found", "RFC 9110 section 15.4.3"},
        {303, DT_PERMANENCE_TEMPORARY, DT_INDEX_KEEP_OLD, "See Other", "RFC 9110 section 15.4.4"},
        {304, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Not Modified", "RFC 9110 section 15.4.5"},
        {305, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Use Proxy", "RFC 9110 section 15.4.6"},
        {307, DT_PERMANENCE_TEMPORARY, DT_INDEX_KEEP_OLD, "Temporary Redirect",
         "RFC 9110 section 15.4.8"},
        {308, DT_PERMANENCE_PERMANENT, DT_INDEX_MOVE, "Permanent Redirect",
         "RFC 9110 section 15.4.9"},
        {400, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Bad Request", "RFC 9110 section 15.5.1"},
        {404, DT_PERMANENCE_NONE, DT_INDEX_REMOVE, "Not Found", "RFC 9110 section 15.5.5"},
        {405, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Method Not Allowed", "RFC 9110 section 15.5.6"},
        {408, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Request Timeout", "RFC 9110 section 15.5.9"},
        {410, DT_PERMANENCE_NONE, DT_INDEX_REMOVE, "Gone", "RFC 9110 section 15.5.11"},
        {413, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Content Too Large", "RFC 9110 section 15.5.14"},
        {414, DT_PERMANENCE_NONE, DT_INDEX_NONE, "URI Too Long", "RFC 9110 section 15.5.15"},
        {417, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Expectation Failed", "RFC 9110 section 15.5.18"},
        {421, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Misdirected Request", "RFC 9110 section 15.5.20"},
        {429, DT_PERMANENCE_NONE, DT_INDEX_RETRY, "Too Many Requests", "RFC 6585 section 4"},
        {431, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Request Header Fields Too Large",
         "RFC 6585 section 5"},
        {451, DT_PERMANENCE_NONE, DT_INDEX_REMOVE, "Unavailable For Legal Reasons",
         "RFC 7725 section 3"},
        {500, DT_PERMANENCE_NONE, DT_INDEX_RETRY, "Internal Server Error",
         "RFC 9110 section 15.6.1"},
        {501, DT_PERMANENCE_NONE, DT_INDEX_NONE, "Not Implemented", "RFC 9110 section 15.6.2"},
        {503, DT_PERMANENCE_NONE, DT_INDEX_RETRY, "Service Unavailable", "RFC 9110 section 15.6.4"},
        {505, DT_PERMANENCE_NONE, DT_INDEX_NONE, "HTTP Version Not Supported",
         "RFC 9110 section 15.6.6"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const struct dt_status *status = dt_status_get(ROWS[i].code);
        assert_non_null(status);
        assert_int_equal(status->permanence, ROWS[i].permanence);
        assert_int_equal(status->index, ROWS[i].index);
        assert_slice(status->reason, ROWS[i].reason);
        assert_string_equal(status->source, ROWS[i].source);
    }
}

/* ---- the next request ---- */

struct next {
    const char *method;
    const char *after[5]; /* 301, 302, 303, 307, 308 */
    bool body[5];
};

static const unsigned REDIRECTS[5] = {301, 302, 303, 307, 308};

static const struct next NEXT[] = {
    {"GET", {"GET", "GET", "GET", "GET", "GET"}, {true, true, false, true, true}},
    {"HEAD", {"HEAD", "HEAD", "HEAD", "HEAD", "HEAD"}, {true, true, false, true, true}},
    {"POST", {"GET", "GET", "GET", "POST", "POST"}, {false, false, false, true, true}},
    {"PUT", {"PUT", "PUT", "GET", "PUT", "PUT"}, {true, true, false, true, true}},
    {"DELETE", {"DELETE", "DELETE", "GET", "DELETE", "DELETE"}, {true, true, false, true, true}},
    {"PATCH", {"PATCH", "PATCH", "GET", "PATCH", "PATCH"}, {true, true, false, true, true}},
    {"OPTIONS",
     {"OPTIONS", "OPTIONS", "GET", "OPTIONS", "OPTIONS"},
     {true, true, false, true, true}},
    {"BREW", {"BREW", "BREW", "GET", "BREW", "BREW"}, {true, true, false, true, true}},
    /* methods are case-sensitive (RFC 9110 section 9.1): this is not POST */
    {"post", {"post", "post", "GET", "post", "post"}, {true, true, false, true, true}},
};

static void next_method_and_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof NEXT / sizeof NEXT[0]; i++)
        for (size_t r = 0; r < 5; r++) {
            const struct dt_status *status = dt_status_get(REDIRECTS[r]);
            struct dt_slice method = dt_slice_str(NEXT[i].method);
            assert_slice(dt_status_next_method(status, method), NEXT[i].after[r]);
            assert_int_equal(dt_status_keeps_body(status, method), NEXT[i].body[r]);
        }
}

static void what_redirects_nothing_has_no_next_method(void **state)
{
    (void)state;
    for (unsigned code = 0; code < CODES; code++) {
        const struct dt_status *status = dt_status_get(code);
        if (!status || status->location)
            continue;
        for (size_t i = 0; i < sizeof NEXT / sizeof NEXT[0]; i++) {
            struct dt_slice method = dt_slice_str(NEXT[i].method);
            assert_int_equal(dt_status_next_method(status, method).len, 0);
            assert_false(dt_status_keeps_body(status, method));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_these_statuses_and_no_others),
        cmocka_unit_test(rows_can_be_sent),
        cmocka_unit_test(a_redirect_has_a_permanence_and_a_next_method),
        cmocka_unit_test(fallbacks_are_known_to_http10),
        cmocka_unit_test(heuristically_cacheable_is_what_the_rfc_lists),
        cmocka_unit_test(rules_may_answer_with_nine_statuses),
        cmocka_unit_test(rows_say_what_the_standards_say),
        cmocka_unit_test(next_method_and_body),
        cmocka_unit_test(what_redirects_nothing_has_no_next_method),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
