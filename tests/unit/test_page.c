/* SPDX-License-Identifier: MIT
 *
 * An operator's page: what words stand for, what is left alone, and that nobody writes HTML into it
 * by asking for an odd address.
 */
#include <detour/condition.h>
#include <detour/page.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct dt_page PAGE = {
    .status = 503,
    .url = {"https://www.example.ai/a?b=1&c=2", 32},
    .host = {"www.example.ai", 14},
    .path = {"/a", 2},
    .location = {"https://status.example.ai/", 26},
    .retry_after = 3600,
    .until = 1796162400,
};

static void assert_page(const struct dt_page *page, const char *text, const char *want)
{
    size_t len = strlen(text);
    char *exact = malloc(len ? len : 1); /* so that a read past the end is seen */
    assert_non_null(exact);
    for (size_t i = 0; i < len; i++)
        exact[i] = text[i];
    for (size_t cap = 0; cap <= strlen(want); cap++) {
        char *mem = malloc(cap ? cap : 1);
        assert_non_null(mem);
        struct dt_slice got = DT_S("untouched");
        enum dt_err err = dt_page_build(dt_slice_of(exact, len), page, mem, cap, &got);
        assert_int_equal(err, cap < strlen(want) ? DT_ERR_SPACE : DT_OK);
        if (!dt_slice_eq(got, err ? DT_S("untouched") : dt_slice_str(want)))
            fail_msg("%s: %.*s", text, DT_SLICE_FMT(got));
        free(mem);
    }
    free(exact);
}

static void words(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } CASES[] = {
        {"", ""},
        {"<p>Back soon.", "<p>Back soon."},
        {"{status} {reason}", "503 Service Unavailable"},
        {"{url}", "https://www.example.ai/a?b=1&amp;c=2"},
        {"<a href={host}{path}>", "<a href=www.example.ai/a>"},
        {"{location}", "https://status.example.ai/"},
        {"{retry_after}{until}", "36002026-12-01T22:00:00Z"},
        /* all other braces */
        {"p { color: red } a{b}", "p { color: red } a{b}"},
        {"{", "{"},
        {"}", "}"},
        {"{}", "{}"},
        {"{{status}}", "{503}"},
        {"{status", "{status"},
        {"{status{status}", "{status503"},
        {"{Status} { status } {status }", "{Status} { status } {status }"},
        {"{retry_afterx} {retry_afte}", "{retry_afterx} {retry_afte}"},
        {"{query} {scheme} {port}", "{query} {scheme} {port}"},
        {"function f() { return {}; } {path}", "function f() { return {}; } /a"},
        {"caf\xc3\xa9 {status}", "caf\xc3\xa9 503"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_page(&PAGE, CASES[i].text, CASES[i].want);
    char none[1];
    struct dt_slice got;
    assert_int_equal(dt_page_build(DT_SLICE_NONE, &PAGE, none, 0, &got), DT_OK);
    assert_int_equal(got.len, 0);
}

static void nothing_to_say(void **state)
{
    (void)state;
    const struct dt_page page = {.status = 299, .retry_after = UINT32_MAX, .until = DT_TIME_MAX};
    assert_page(&page, "{status}[{reason}{url}{host}{path}{location}{retry_after}{until}]",
                "299[]");
    const struct dt_page zero = {.status = 410};
    assert_page(&zero, "{reason} {retry_after} {until}", "Gone 0 1970-01-01T00:00:00Z");
}

static void what_clients_send_is_text(void **state)
{
    (void)state;
    struct dt_page page = PAGE;
    page.path = DT_S("/<script>alert('1')</script>\"onload=\"x&{status}");
    page.host = DT_S("0123456789abcde'"); /* its last byte in a block of 16 */
    page.location = DT_S("{path}");
    assert_page(&page, "<p title='{path}'>{host}|{location}",
                "<p title='/&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;onload=&quot;"
                "x&amp;{status}'>0123456789abcde&#39;|{path}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(nothing_to_say),
        cmocka_unit_test(what_clients_send_is_text),
    };
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
