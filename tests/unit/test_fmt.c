/* SPDX-License-Identifier: MIT
 *
 * The formatter on small texts, and what it promises for every text on many: the examples, damaged
 * in all kinds of ways.
 */
#include "test_fmt_check.h"
#include "test_rules_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fmt_case {
    const char *before, *after;
};

static void is_formatted(const struct fmt_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct dt_buf out;
        size_t refused;
        dt_buf_init(&out, FMT_CAP);
        assert_int_equal(dt_fmt(dt_slice_str(cases[i].before), &out, &refused), DT_OK);
        dt_buf_char(&out, '\0');
        assert_string_equal(out.ptr, cases[i].after);
        dt_buf_release(&out);
        fmt_holds(dt_slice_str(cases[i].before));
    }
}

#define FORMATTED(cases) is_formatted(cases, sizeof(cases) / sizeof *(cases))

static void columns_are_aligned_in_a_block(void **state)
{
    static const struct fmt_case cases[] = {
        {"/a /b\n/long/source   /c  308\n\n/x    /y",
         "/a            /b\n/long/source  /c  308\n\n/x  /y\n"},
        {"/a /bbbb cache=1h\n/b /c 301\n/c /d 302 query=drop # one\n/d /e # two\n",
         "/a  /bbbb       cache=1h\n/b  /c     301\n/c  /d     302  query=drop  # one\n"
         "/d  /e                      # two\n"},
        {"/a /b\n# between\n/ccc /d\n@order first\n/e /f\n",
         "/a    /b\n# between\n/ccc  /d\n@order first\n/e  /f\n"},
        {"/b\xc3\xbc /x\n/abc /y\n", "/b\xc3\xbc   /x\n/abc  /y\n"},
        {"/short /x\n/s /y\n/a-source-that-is-much-longer-than-all-the-others-of-its-block /z\n",
         "/short  /x\n/s      /y\n/a-source-that-is-much-longer-than-all-the-others-of-its-block  "
         "/z\n"},
    };
    (void)state;
    FORMATTED(cases);
}

static void options_have_one_order(void **state)
{
    static const struct fmt_case cases[] = {
        {"/a /b owner=\"web\" ip=10.0.0.0/8 method=GET cache=no 301 query=drop\n",
         "/a  /b  301  query=drop cache=no owner=web method=GET ip=10.0.0.0/8\n"},
        {"/a /b note=\"no\" owner=\"a b\" !ua=x ua=y set-header=\"B: 1\" set-header=\"A: 2\"\n",
         "/a  /b  note=\"no\" set-header=\"B: 1\" set-header=\"A: 2\" owner=\"a b\" !ua=x ua=y\n"},
        {"@default   owner=x   301 # all\n/a /b\n", "@default 301 owner=x  # all\n/a  /b\n"},
        {"maintenance  //a.example/*  except=/h until=2026-12-02T02:00Z\n",
         "maintenance //a.example/*  until=2026-12-02T02:00Z except=/h\n"},
    };
    (void)state;
    FORMATTED(cases);
}

static void lines_keep_their_place(void **state)
{
    static const struct fmt_case cases[] = {
        {"", ""},
        {"\n\n", ""},
        {"\n\n# a  \n\n\n\n  # b\n/a /b\n\n", "# a\n\n# b\n/a  /b\n"},
        {"/a /b\r\n\r\n\r\n/c   /d", "/a  /b\r\n\r\n/c  /d\r\n"},
        {"\xef\xbb\xbf/a   /b\n", "\xef\xbb\xbf/a  /b\n"},
        {"@include  \"a b\"#c\n@host   x.example\n@key   \"k  k\"\n",
         "@include \"a b\"  #c\n@host x.example\n@key \"k  k\"\n"},
        {"@expect   GET http://a/b   ->   301 http://c/\n@expect POST http://a/bb ip=::1 -> 404 # "
         "x\n",
         "@expect GET  http://a/b         -> 301 http://c/\n"
         "@expect POST http://a/bb ip=::1 -> 404  # x\n"},
        {"@expect GET http://a/ -> 404\n@expect http://a/bbbbbb -> 404\n",
         "@expect GET http://a/   -> 404\n@expect http://a/bbbbbb -> 404\n"},
    };
    (void)state;
    FORMATTED(cases);
}

static void lines_with_errors_stay(void **state)
{
    static const struct fmt_case cases[] = {
        {"/aaa   /b\n/c    http//x\n/d   /e\n", "/aaa  /b\n/c    http//x\n/d    /e\n"},
        {"/a   /b  301 302\n/a   /b  owner=\"x\n/a\n  /a  /b nosuch=1 \n",
         "/a   /b  301 302\n/a   /b  owner=\"x\n/a\n  /a  /b nosuch=1 \n"},
        {"@nosuch   x\n@host\n", "@nosuch   x\n@host\n"},
        /* files and zones are not looked at */
        {"/a   -  410 page=none.html\n/b   /c  from=2026-01-01T00:00 tz=Europe/Berlin\n",
         "/a  -   410  page=none.html\n/b  /c       from=2026-01-01T00:00 tz=Europe/Berlin\n"},
    };
    (void)state;
    FORMATTED(cases);
}

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Blanks come and go, bytes are lost, lines change their places. */
static size_t damage(char *text, size_t len, size_t cap, uint64_t *seed)
{
    static const char bytes[] = " \t\n\"#=!-@/:*~?&\\,\r";
    for (uint64_t times = 1 + next(seed) % 12; times; times--) {
        size_t at = (size_t)(next(seed) % (len + 1)), rest = len - at;
        char c = next(seed) % 3 ? ' ' : bytes[next(seed) % (sizeof bytes - 1)];
        if (next(seed) % 3 == 0 && rest) {
            memmove(text + at, text + at + 1, rest - 1);
            len--;
        } else if (len < cap) {
            memmove(text + at + 1, text + at, rest);
            text[at] = c;
            len++;
        }
    }
    return len;
}

static void rules_stay_what_they_are(void **state)
{
    const char *root = getenv("DETOUR_SOURCE_ROOT");
    char path[4096];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/examples/news.rules", root ? root : ".");
    struct dt_slice text = data_read(path);
    assert_non_null(text.ptr);
    fmt_holds(text);
    char *mem = malloc(text.len + 64);
    assert_non_null(mem);
    uint64_t seed = 8307;
    for (unsigned round = 0; round < 600; round++) {
        size_t from = (size_t)(next(&seed) % text.len);
        size_t len = 200 + (size_t)(next(&seed) % 3000);
        if (len > text.len - from)
            len = text.len - from;
        memcpy(mem, text.ptr + from, len);
        fmt_holds(dt_slice_of(mem, damage(mem, len, text.len + 64, &seed)));
    }
    free(mem);
    free((void *)(uintptr_t)text.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned_in_a_block), cmocka_unit_test(options_have_one_order),
        cmocka_unit_test(lines_keep_their_place),         cmocka_unit_test(lines_with_errors_stay),
        cmocka_unit_test(rules_stay_what_they_are),
    };
    return cmocka_run_group_tests_name("fmt", tests, NULL, NULL);
}
