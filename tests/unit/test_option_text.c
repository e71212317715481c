/* SPDX-License-Identifier: MIT
 *
 * What an operator has sent besides the answer: set-header= and page=.
 */
#include "test_rules_dump.h"

static const struct rules_case set_header_cases[] = {
    {"/a /b set-header=X-A:1", "1: /a > /b 307 fields=<X-A: 1>\n"},
    {"/a /b set-header=\"X-A:  one two \" set-header=\"x-b: \\\"q\\\"\"",
     "1: /a > /b 307 fields=<X-A: one two\r\nx-b: \"q\">\n"},
    {"/a - 410 set-header=\"Link: <https://x/>; rel=license\"",
     "1: /a >  410 fields=<Link: <https://x/>; rel=license>\n"},
    {"@default set-header=\"A: 1\"\n/a /b\n/a /b set-header=\"B: 2\" set-header=\"C: 3\"",
     "2: /a > /b 307 fields=<A: 1>\n3: /a > /b 307 fields=<B: 2\r\nC: 3>\n"},
    {"/a /b set-header=X", "1:18+1 error option-value: set-header= wants \"Name: value\"\n"},
    {"/a /b set-header=X:", "1:18+2 error option-value: set-header= wants \"Name: value\"\n"},
    {"/a /b set-header=:x", "1:18+2 error option-value: set-header= wants \"Name: value\"\n"},
    {"/a /b set-header=\"X Y: z\"",
     "1:19+6 error option-value: set-header= wants \"Name: value\"\n"},
    {"/a /b set-header=X:\xc3\xa9",
     "1:20+2 error option-value: a field's value is of visible ASCII, spaces and tabs\n"},
    {"/a /b set-header=\"LOCATION: /x\"",
     "1:19+8 error option-value: set-header= cannot set LOCATION: the target says it\n"},
    {"/a /b set-header=Cache-Control:x",
     "1:18+13 error option-value: set-header= cannot set Cache-Control: write cache=\n"},
    {"/a /b set-header=vary:x",
     "1:18+4 error option-value: set-header= cannot set vary: the conditions say it\n"},
    {"/a /b set-header=TE:x set-header=Retry-After:1 set-header=Content-Length:0",
     "1:18+2 error option-value: set-header= cannot set TE: the server says it\n"
     "1:34+11 error option-value: set-header= cannot set Retry-After: write retry-after=\n"
     "1:59+14 error option-value: set-header= cannot set Content-Length: the server says it\n"},
    {"/a /b !set-header=X:1", "1:7+15 error cond-negated: set-header= cannot be negated\n"},
};

/* Files of a small world: name, text. */
static enum dt_err load_page(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    static char large[(64u << 10) + 1];
    unsigned *loads = ctx;
    if (dt_slice_eq(name, DT_S("dir/io")))
        return DT_ERR_IO;
    memset(large, 'x', sizeof large);
    *ret_text = dt_slice_eq(name, DT_S("dir/gone.html"))    ? DT_S("<p>gone")
                : dt_slice_eq(name, DT_S("dir/sub/a.html")) ? DT_S("<p>a")
                : dt_slice_eq(name, DT_S("/abs.html"))      ? DT_S("<p>\xc3\xa9")
                : dt_slice_eq(name, DT_S("dir/empty"))      ? DT_S("")
                : dt_slice_eq(name, DT_S("dir/latin"))      ? DT_S("\xe9")
                : dt_slice_eq(name, DT_S("dir/large"))      ? dt_slice_of(large, sizeof large)
                                                            : DT_SLICE_NONE;
    ++*loads;
    return ret_text->ptr ? DT_OK : DT_ERR_NOT_FOUND;
}

static const struct rules_case page_cases[] = {
    {"/a - 410 page=gone.html\n/b - 404 page=./gone.html owner=x\n/c - 451 page=/abs.html\n"
     "/d - 503 page=\"sub/a.html\"",
     "1: /a >  410 page=<<p>gone>\n2: /b >  404 owner=<x> page=<<p>gone>\n"
     "3: /c >  451 page=<<p>\xc3\xa9>\n4: /d >  503 page=<<p>a>\n"},
    {"@default page=gone.html\n/a - 410\n/a /b\n/a - pass\n/a - 410 page=sub/a.html",
     "2: /a >  410 page=<<p>gone>\n3: /a > /b 307\n4: /a >  0 page=<<p>gone>\n"
     "5: /a >  410 page=<<p>a>\n"},
    {"/a /b page=gone.html",
     "1:4+2 error option-clash: page= goes with 404, 410, 451 and 503, not with a 307\n"},
    {"/a - pass page=gone.html", "1: /a >  0 page=<<p>gone>\n"
                                 "1:4+1 warning option-useless: page= does nothing with pass\n"},
    {"/a - 410 page=gone.html note=\"x\"",
     "1: /a >  410 note=<x> page=<<p>gone>\n"
     "1:4+1 warning option-useless: note= does nothing beside page=\n"},
    {"/a - 410 page=none", "1:15+4 error page-missing: dir/none: not found\n"},
    {"/a - 410 page=io", "1:15+2 error page-missing: dir/io: input/output error\n"},
    {"/a - 410 page=empty", "1:15+5 error page-text: dir/empty is empty\n"},
    {"/a - 410 page=latin", "1:15+5 error page-text: dir/latin is not UTF-8\n"},
    {"/a - 410 page=large",
     "1:15+5 error page-text: dir/large has 65537 bytes, a page has at most 65536\n"},
};

static const struct rules_case page_without_a_loader_cases[] = {
    {"/a - 410 page=x", "1:15+1 error page-none: pages cannot be read here\n"},
};

static void set_header(void **state)
{
    (void)state;
    DUMP_RUN(set_header_cases, DT_FORMAT_NATIVE);
}

static void set_header_is_bounded(void **state)
{
    (void)state;
    struct dt_buf text;
    dt_buf_init(&text, 1u << 20);
    dt_buf_str(&text, "/a /b");
    for (unsigned i = 0; i < 40; i++)
        dt_buf_printf(&text, " set-header=X-%u:%0100u", i, i);
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("t"), dt_buf_slice(&text), DT_FORMAT_NATIVE),
                     DT_ERR_SYNTAX);
    assert_true(
        dt_slice_eq(dt_ruleset_diag(set, 0)->message, DT_S("more than 4096 bytes of set-header=")));
    dt_ruleset_free(set);
    dt_buf_release(&text);
}

static void pages(void **state)
{
    (void)state;
    DUMP_RUN(page_without_a_loader_cases, DT_FORMAT_NATIVE);
    for (size_t i = 0; i < sizeof page_cases / sizeof *page_cases; i++) {
        unsigned loads = 0;
        struct dt_loader loader = {.load = load_page, .ctx = &loads};
        struct dt_ruleset *set = dt_ruleset_new(&loader);
        assert_non_null(set);
        (void)!dt_ruleset_read(set, DT_S("dir/t"), dt_slice_str(page_cases[i].in),
                               DT_FORMAT_NATIVE);
        dump_compare(set, page_cases[i].in, page_cases[i].want);
        if (i == 0)
            assert_int_equal(loads, 3); /* each file once */
        dt_ruleset_free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_header),
        cmocka_unit_test(set_header_is_bounded),
        cmocka_unit_test(pages),
    };
    return cmocka_run_group_tests_name("rules: option texts", tests, NULL, NULL);
}
