/* SPDX-License-Identifier: MIT
 *
 * Captures in a Location: each way from a part of the request to a part of the target, escapes that
 * a capture cuts in two, what every request has, and hosts that a capture may choose.
 */
#include <detour/location.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* A slice that may stand in a static initialiser. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* What every request has, in the order of enum dt_capture_own. */
static const struct dt_capture OWN[DT_CAPTURE_OWN] = {
    {TEXT("https"), DT_FROM_HOST},      {TEXT("www.example.ai"), DT_FROM_HOST},
    {TEXT("8443"), DT_FROM_HOST},       {TEXT("/a//b;c=1"), DT_FROM_PATH},
    {TEXT("x=1&y=?/#"), DT_FROM_QUERY},
};

/* "{p0}" in a target is capture 0 in a path; q a query, f a fragment, h a host; "{ph}" is the host
 * of the request, and s, h, o, p, q are scheme, host, port, path and query. */
static struct dt_slice compile_target(const char *text, char *mem)
{
    static const char places[] = "pqfh", own[] = "shopq";
    size_t len = 0;
    for (const char *p = text; *p; p++) {
        if (*p != '{') {
            mem[len++] = *p;
            continue;
        }
        const char *is_own = strchr(own, p[2]);
        int number = is_own ? (int)(DT_CAPTURE_SCHEME + (is_own - own)) : p[2] - '0';
        mem[len++] = (char)(DT_MARK_PATH + (strchr(places, p[1]) - places));
        mem[len++] = (char)(0x80 + number);
        p += 3;
    }
    return dt_slice_of(mem, len);
}

static struct dt_location parts_of(const char *target, char *mem, const struct dt_capture *captures,
                                   uint32_t count)
{
    struct dt_slice rest = compile_target(target, mem);
    return (struct dt_location){.rest = rest,
                                .marks = dt_location_has_marks(rest),
                                .ncaptures = count,
                                .captures = captures,
                                .own = OWN,
                                .mode = DT_QUERY_DROP};
}

static void assert_location(const struct dt_location *parts, const char *want)
{
    char mem[512];
    struct dt_slice location;
    assert_int_equal(dt_location_build(parts, mem, sizeof mem, &location), DT_OK);
    if (!dt_slice_eq(location, dt_slice_str(want)))
        print_error("wanted %s, got %.*s\n", want, DT_SLICE_FMT(location));
    assert_true(dt_slice_eq(location, dt_slice_str(want)));
}

static void every_way_escapes_what_it_must(void **state)
{
    (void)state;
    static const char ALL[] = "a/b?c#d&e=f+g;h'i\\j%2Fk";
    static const struct {
        enum dt_capture_from from;
        const char *target, *want;
    } WAYS[] = {
        {DT_FROM_PATH, "/{p0}", "/a/b%3Fc%23d&e=f+g;h'i%5Cj%2Fk"},
        {DT_FROM_PATH, "/?{q0}", "/?a/b?c%23d%26e%3Df%2Bg%3Bh%27i%5Cj%2Fk"},
        {DT_FROM_VALUE, "/{p0}", "/a%2Fb%3Fc%23d&e=f%20g;h'i%5Cj%2Fk"},
        {DT_FROM_VALUE, "/?{q0}", "/?a/b?c%23d%26e=f+g;h'i%5Cj%2Fk"},
        {DT_FROM_QUERY, "/{p0}", "/a/b%3Fc%23d&e=f+g;h'i%5Cj%2Fk"},
        {DT_FROM_QUERY, "/?{q0}", "/?a/b?c%23d&e=f+g;h'i%5Cj%2Fk"},
        {DT_FROM_HOST, "/{p0}", "/a/b?c#d&e=f+g;h'i%5Cj%2Fk"},
        {DT_FROM_PATH, "/#{f0}", "/#a/b?c#d&e=f+g;h'i%5Cj%2Fk"},
        {DT_FROM_VALUE, "/#{f0}", "/#a/b?c#d&e=f+g;h'i%5Cj%2Fk"},
        {DT_FROM_QUERY, "/#{f0}", "/#a/b?c#d&e=f+g;h'i%5Cj%2Fk"},
    };
    for (size_t i = 0; i < COUNT(WAYS); i++) {
        char mem[100];
        struct dt_capture capture = {dt_slice_str(ALL), (uint8_t)WAYS[i].from};
        struct dt_location parts = parts_of(WAYS[i].target, mem, &capture, 1);
        assert_location(&parts, WAYS[i].want);
    }
}

/* What stands behind a capture in the target cannot complete an escape that it began. */
static void a_cut_escape_is_a_percent_sign(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } CASES[] = {
        {"%", "/%250A%250A?%250A#%250A"},
        {"%0", "/%2500A%2500A?%2500A#%2500A"},
        {"x%2F%", "/x%2F%250Ax%2F%250A?x%2F%250A#x%2F%250A"},
        {"%2F", "/%2F0A%2F0A?%2F0A#%2F0A"},
        {"0A", "/0A0A0A0A?0A0A#0A0A"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        char mem[100];
        struct dt_capture capture = {dt_slice_str(CASES[i].text), DT_FROM_PATH};
        struct dt_location parts = parts_of("/{p0}0A{p0}0A?{q0}0A#{f0}0A", mem, &capture, 1);
        assert_location(&parts, CASES[i].want);
    }
}

static void requests_bring_their_own(void **state)
{
    (void)state;
    static const struct {
        const char *target, *want;
    } CASES[] = {
        {"{hs}://{hh}:{ho}{pp}?{qq}#{fh}",
         "https://www.example.ai:8443/a//b;c=1?x=1&y=?/%23#www.example.ai"},
        {"/x{pp}?p={qp}&h={qh}", "/x/a//b;c=1?p=/a//b%3Bc%3D1&h=www.example.ai"},
        {"/{pp}", "/.//a//b;c=1"},
        {"/{pq}", "/x=1&y=%3F/%23"},
        {"/{p7}x", "/x"}, /* a number past the last */
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        char mem[100];
        struct dt_location parts = parts_of(CASES[i].target, mem, NULL, 0);
        assert_location(&parts, CASES[i].want);
    }
    char mem[100];
    struct dt_location none = parts_of("/a{pp}b", mem, NULL, 0);
    none.own = NULL;
    assert_location(&none, "/ab");
}

static void many_captures_in_any_order(void **state)
{
    (void)state;
    struct dt_capture captures[DT_CAPTURES_MAX];
    static char texts[DT_CAPTURES_MAX][4];
    char mem[600], want[600] = "/";
    size_t len = 1;
    mem[0] = '/';
    for (unsigned i = 0; i < DT_CAPTURES_MAX; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%u", i);
        captures[i] = (struct dt_capture){dt_slice_str(texts[i]), DT_FROM_PATH};
    }
    for (unsigned i = DT_CAPTURES_MAX; i-- > 0;) {
        mem[len++] = DT_MARK_PATH;
        mem[len++] = (char)(0x80 + i);
        mem[len++] = '.';
        (void)strcat(strcat(want, texts[i]), ".");
    }
    struct dt_location parts = {.rest = dt_slice_of(mem, len),
                                .marks = true,
                                .ncaptures = DT_CAPTURES_MAX,
                                .captures = captures,
                                .own = OWN};
    assert_location(&parts, want);
}

/* The request's query is added behind what captures brought; what they brought into a name is a
 * key of the target. */
static void keys_that_captures_bring_win(void **state)
{
    (void)state;
    static const struct dt_capture CAPTURE = {TEXT("a=7&b=8"), DT_FROM_QUERY};
    char mem[100];
    struct dt_location parts = parts_of("/?{q0}#f", mem, &CAPTURE, 1);
    parts.mode = DT_QUERY_PASS;
    parts.query = DT_S("a=1&c=3");
    assert_location(&parts, "/?a=7&b=8&c=3#f");
    struct dt_location all = parts_of("/x?{qq}", mem, NULL, 0);
    all.mode = DT_QUERY_PASS;
    all.query = OWN[DT_CAPTURE_QUERY - DT_CAPTURES_MAX].text;
    assert_location(&all, "/x?x=1&y=?/%23");
}

static void hosts_are_letters_digits_and_dots(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } CASES[] = {
        {"example.ai", true}, {"EXAMPLE-1.ai", true}, {"a_b", true},        {"1.2.3.4", true},
        {"", false},          {"a/b", false},         {"a:80", false},      {"u@a", false},
        {"a%2Fb", false},     {"a?b", false},         {"a#b", false},       {"[::1]", false},
        {"a\\b", false},      {"a b", false},         {"b\xc3\xbc", false}, {"a&b", false},
        {"a\r\nX: y", false}, {"a\tb", false},        {"a!b", false},       {"a,b", false},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        char mem[100];
        struct dt_capture capture = {dt_slice_str(CASES[i].text), DT_FROM_PATH};
        struct dt_location parts = parts_of("https://{h0}/{p0}", mem, &capture, 1);
        assert_int_equal(dt_location_host_ok(&parts), CASES[i].ok);
        parts = parts_of("https://{hh}.{h0}:{ho}/?{q0}", mem, &capture, 1);
        assert_int_equal(dt_location_host_ok(&parts), CASES[i].ok);
        parts = parts_of("{hs}://x/{p0}?{q0}#{f0}", mem, &capture, 1);
        assert_true(dt_location_host_ok(&parts));
    }
    char mem[100];
    struct dt_location parts = parts_of("https://{h1}/", mem, NULL, 0);
    assert_false(dt_location_host_ok(&parts)); /* no such capture */
    parts = parts_of("https://{hq}/", mem, NULL, 0);
    assert_false(dt_location_host_ok(&parts)); /* a query is no host */
    static const struct dt_capture NUL = {TEXT("a\0b"), DT_FROM_PATH};
    parts = parts_of("https://{h0}/", mem, &NUL, 1);
    assert_false(dt_location_host_ok(&parts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_escapes_what_it_must),
        cmocka_unit_test(a_cut_escape_is_a_percent_sign),
        cmocka_unit_test(requests_bring_their_own),
        cmocka_unit_test(many_captures_in_any_order),
        cmocka_unit_test(keys_that_captures_bring_win),
        cmocka_unit_test(hosts_are_letters_digits_and_dots),
    };
    return cmocka_run_group_tests_name("location: captures", tests, NULL, NULL);
}
