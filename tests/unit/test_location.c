/* SPDX-License-Identifier: MIT
 *
 * Building a Location: what stands where, whose query parameters win, and that no capture and no
 * query of a request can bring in a line end, a space or another host.
 */
#include <detour/location.h>
#include <detour/uri.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define P "\x01\x80" /* DT_MARK_PATH, capture 0 */
#define Q "\x02\x80" /* DT_MARK_QUERY */
#define F "\x03\x80" /* DT_MARK_FRAGMENT */

static enum dt_err build(const struct dt_location *parts, size_t cap, char *ret_text)
{
    char *mem = malloc(cap + 1); /* a block of its own, so that ASan sees a write past cap */
    assert_non_null(mem);
    mem[cap] = '#';
    struct dt_slice location = dt_slice_of("untouched", 9);
    enum dt_err err = dt_location_build(parts, mem, cap, &location);
    assert_int_equal(mem[cap], '#');
    assert_true(location.len <= cap || err);
    if (err)
        assert_int_equal(location.len, 9);
    else
        memcpy(ret_text, location.ptr, location.len);
    ret_text[err ? 0 : location.len] = '\0';
    free(mem);
    return err;
}

/* One row: a target, cut in two at `|` when that is in it, and what it becomes. */
struct row {
    const char *target;
    const char *splat;
    const char *query;
    enum dt_query_mode mode;
    const char *names;
    const char *want;
};

static struct dt_location parts_of(const struct row *row, struct dt_capture *splat)
{
    const char *bar = strchr(row->target, '|');
    *splat = (struct dt_capture){dt_slice_str(row->splat), DT_FROM_PATH};
    struct dt_location parts = {.captures = splat,
                                .ncaptures = 1,
                                .query = dt_slice_str(row->query),
                                .names = dt_slice_str(row->names),
                                .mode = row->mode};
    if (bar)
        parts.prefix = dt_slice_of(row->target, (size_t)(bar - row->target));
    parts.rest = dt_slice_str(bar ? bar + 1 : row->target);
    parts.marks = dt_location_has_marks(parts.rest);
    return parts;
}

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char got[4096];
        struct dt_capture splat;
        struct dt_location parts = parts_of(&rows[i], &splat);
        assert_int_equal(build(&parts, sizeof got - 1, got), DT_OK);
        if (strcmp(got, rows[i].want) != 0)
            print_error("target %s splat %s query %s\n", rows[i].target,
                        rows[i].splat ? rows[i].splat : "", rows[i].query ? rows[i].query : "");
        assert_string_equal(got, rows[i].want);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows)[0])

static void parts_are_put_together(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"/a", NULL, NULL, DT_QUERY_PASS, NULL, "/a"},
        {"https://example.ai|/a", NULL, NULL, DT_QUERY_PASS, NULL, "https://example.ai/a"},
        {"https://example.ai/a|", NULL, NULL, DT_QUERY_PASS, NULL, "https://example.ai/a"},
        {"https://example.ai", NULL, NULL, DT_QUERY_PASS, NULL, "https://example.ai"},
        {"https://example.ai/|" P, "b/c", NULL, DT_QUERY_PASS, NULL, "https://example.ai/b/c"},
        {"https://example.ai/|" P, "", NULL, DT_QUERY_PASS, NULL, "https://example.ai/"},
        {"/x/" P "/y/" P, "b", NULL, DT_QUERY_PASS, NULL, "/x/b/y/b"},
        {"/x?p=" Q "&q=" Q "#" F, "b/c", NULL, DT_QUERY_PASS, NULL, "/x?p=b/c&q=b/c#b/c"},
        {P, "b", NULL, DT_QUERY_PASS, NULL, "b"},
    };
    CHECK(ROWS);
}

static void captures_are_encoded_for_their_place(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        /* a path's delimiters stay in a path and in a fragment */
        {"/x/" P, "a&b=c+d;e'f", NULL, DT_QUERY_DROP, NULL, "/x/a&b=c+d;e'f"},
        {"/x#" P, "a&b=c+d;e'f", NULL, DT_QUERY_DROP, NULL, "/x#a&b=c+d;e'f"},
        {"/x?q=" Q, "a&b=c+d;e'f", NULL, DT_QUERY_DROP, NULL, "/x?q=a%26b%3Dc%2Bd%3Be%27f"},
        /* escapes are never decoded */
        {"/x/" P, "a%2Fb%5Cc%0D%0A%00%20", NULL, DT_QUERY_DROP, NULL, "/x/a%2Fb%5Cc%0D%0A%00%20"},
        {"/x?q=" Q, "a%26b%23%0D%0A", NULL, DT_QUERY_DROP, NULL, "/x?q=a%26b%23%0D%0A"},
        {"/x?q=" Q "&r=1", "a/b:c@d!$()*,", NULL, DT_QUERY_DROP, NULL, "/x?q=a/b:c@d!$()*,&r=1"},
    };
    CHECK(ROWS);
}

static void query_goes_along(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"/x", NULL, "a=1&b", DT_QUERY_PASS, NULL, "/x?a=1&b"},
        {"https://h", NULL, "a=1", DT_QUERY_PASS, NULL, "https://h?a=1"},
        {"/x", NULL, "", DT_QUERY_PASS, NULL, "/x"},
        {"/x?t=1", NULL, "", DT_QUERY_PASS, NULL, "/x?t=1"},
        {"/x?t=1", NULL, "a=2", DT_QUERY_PASS, NULL, "/x?t=1&a=2"},
        {"/x?t=1&", NULL, "a=2", DT_QUERY_PASS, NULL, "/x?t=1&a=2"},
        {"/x?", NULL, "a=2", DT_QUERY_PASS, NULL, "/x?a=2"},
        {"/x|?t=1", NULL, "a=2", DT_QUERY_PASS, NULL, "/x?t=1&a=2"},
        {"/x", NULL, "a?b=c?d", DT_QUERY_PASS, NULL, "/x?a?b=c?d"},
        {"/x?t=1", NULL, "&&a=2&&", DT_QUERY_PASS, NULL, "/x?t=1&a=2"}, /* empty pieces go */
    };
    CHECK(ROWS);
}

static void keys_of_the_target_win(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"/x?a=1", NULL, "a=2", DT_QUERY_PASS, NULL, "/x?a=1"},
        {"/x?a=1", NULL, "a=2&a=3&b=4&a", DT_QUERY_PASS, NULL, "/x?a=1&b=4"},
        {"/x?a", NULL, "a=2&b=4", DT_QUERY_PASS, NULL, "/x?a&b=4"},
        {"/x?a=1", NULL, "A=2&aa=3", DT_QUERY_PASS, NULL, "/x?a=1&A=2&aa=3"},
        {"/x?b=1&a=" Q, "s", "a=2&c=3", DT_QUERY_PASS, NULL, "/x?b=1&a=s&c=3"},
        {"/x?a=1", NULL, "a=2&b=3", DT_QUERY_KEEP, "a,b", "/x?a=1&b=3"},
        {"/x?a=1", NULL, "a=2&b=3&c=4", DT_QUERY_WITHOUT, "c", "/x?a=1&b=3"},
        /* what a capture brings into a value is no key */
        {"/x?a=" Q, "1&b=2", "b=3", DT_QUERY_PASS, NULL, "/x?a=1%26b%3D2&b=3"},
    };
    CHECK(ROWS);
}

static void query_drops_keeps_and_leaves_out(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"/x", NULL, "a=1&b=2", DT_QUERY_DROP, NULL, "/x"},
        {"/x?t=1", NULL, "a=1", DT_QUERY_DROP, NULL, "/x?t=1"},
        {"/x", NULL, "a=1&b=2&c=3", DT_QUERY_KEEP, "a,c", "/x?a=1&c=3"},
        {"/x", NULL, "c=3&a=1&c=4", DT_QUERY_KEEP, "a,c", "/x?c=3&a=1&c=4"},
        {"/x", NULL, "b=2", DT_QUERY_KEEP, "a,c", "/x"},
        {"/x", NULL, "a=1", DT_QUERY_KEEP, "", "/x"},
        {"/x", NULL, "utm_a=1&utm=2&utm_=3&b=4", DT_QUERY_KEEP, "utm_*", "/x?utm_a=1&utm_=3"},
        {"/x", NULL, "utm_a=1&utm=2&utm_=3&b=4", DT_QUERY_WITHOUT, "utm_*", "/x?utm=2&b=4"},
        {"/x", NULL, "a=1&b=2", DT_QUERY_WITHOUT, "*", "/x"},
        {"/x", NULL, "a=1&b=2", DT_QUERY_KEEP, "*", "/x?a=1&b=2"},
        {"/x", NULL, "a=1&b=2", DT_QUERY_WITHOUT, "", "/x?a=1&b=2"},
        {"/x", NULL, "a=1&b=2&d=3", DT_QUERY_WITHOUT, "c*,b,,d", "/x?a=1"},
        {"/x", NULL, "ab=1&a=2", DT_QUERY_WITHOUT, "a", "/x?ab=1"}, /* no beginnings without * */
        {"/x", NULL, "a=1&ab=2", DT_QUERY_WITHOUT, "ab", "/x?a=1"},
        {"/x", NULL, "a&=2&b", DT_QUERY_KEEP, "a,b", "/x?a&b"},
    };
    CHECK(ROWS);
}

static void the_fragment_stands_last(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"/x#f", NULL, NULL, DT_QUERY_PASS, NULL, "/x#f"},
        {"/x#f", NULL, "a=1", DT_QUERY_PASS, NULL, "/x?a=1#f"},
        {"/x#f", NULL, "a=1", DT_QUERY_DROP, NULL, "/x#f"},
        {"/x?t=1#f", NULL, "a=1&t=2", DT_QUERY_PASS, NULL, "/x?t=1&a=1#f"},
        {"/x#f?t=1", NULL, "a=1&t=2", DT_QUERY_PASS, NULL, "/x?a=1&t=2#f?t=1"},
        {"/x/" P "#" F, "s", "a=1", DT_QUERY_PASS, NULL, "/x/s?a=1#s"},
        {"/x#", NULL, "a=1", DT_QUERY_PASS, NULL, "/x?a=1#"},
        {"https://h|#f", NULL, "a=1", DT_QUERY_PASS, NULL, "https://h?a=1#f"},
        {"/x#f", NULL, "a=1", DT_QUERY_KEEP, "b", "/x#f"},
    };
    CHECK(ROWS);
}

static void no_path_reads_as_a_host(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"/" P, "/evil.example", NULL, DT_QUERY_PASS, NULL, "/.//evil.example"},
        {"/|" P, "/evil.example/x", "a=1", DT_QUERY_PASS, NULL, "/.//evil.example/x?a=1"},
        {"/" P, "//evil.example", NULL, DT_QUERY_PASS, NULL, "/.///evil.example"},
        {"/" P, "\\evil.example", NULL, DT_QUERY_PASS, NULL, "/%5Cevil.example"},
        {"/" P "#" F, "/evil", NULL, DT_QUERY_DROP, NULL, "/.//evil#/evil"},
        {"/" P "#" F, "/evil", "a=1", DT_QUERY_PASS, NULL, "/.//evil?a=1#/evil"},
        {P, "//evil.example", NULL, DT_QUERY_PASS, NULL, "/.//evil.example"},
        {"/" P, "/", NULL, DT_QUERY_PASS, NULL, "/.//"},
        /* these name none */
        {"/" P, "evil.example", NULL, DT_QUERY_PASS, NULL, "/evil.example"},
        {"/" P, "", NULL, DT_QUERY_PASS, NULL, "/"},
        {"/x" P, "/evil.example", NULL, DT_QUERY_PASS, NULL, "/x/evil.example"},
        {"/a/" P, "/evil.example", NULL, DT_QUERY_PASS, NULL, "/a//evil.example"},
        {"/?u=" Q, "/evil.example", NULL, DT_QUERY_PASS, NULL, "/?u=/evil.example"},
        {"https://h/" P, "/evil.example", NULL, DT_QUERY_PASS, NULL, "https://h//evil.example"},
        {"/" P, "%2Fevil.example", NULL, DT_QUERY_PASS, NULL, "/%2Fevil.example"},
        {"/" P, "%5Cevil.example", NULL, DT_QUERY_PASS, NULL, "/%5Cevil.example"},
    };
    CHECK(ROWS);
}

/* A browser resolves the guarded Location to the same host, and to the path that was meant. */
static void the_guard_resolves_to_the_same_host(void **state)
{
    (void)state;
    static const char *const SPLATS[] = {"/evil.example", "//evil.example/x", "/", "/a/../b"};
    struct dt_url base;
    assert_int_equal(dt_url_parse(DT_S("https://good.example/old/x"), NULL, &base), DT_OK);
    for (size_t i = 0; i < sizeof SPLATS / sizeof SPLATS[0]; i++) {
        struct dt_capture splat = {dt_slice_str(SPLATS[i]), DT_FROM_PATH};
        struct dt_location parts = {
            .rest = DT_S("/" P), .marks = true, .captures = &splat, .ncaptures = 1};
        char location[200];
        assert_int_equal(build(&parts, sizeof location - 1, location), DT_OK);
        struct dt_url url;
        assert_int_equal(dt_url_parse(dt_slice_str(location), &base, &url), DT_OK);
        assert_true(dt_slice_eq(url.host, DT_S("good.example")));
        assert_true(dt_slice_starts(url.path, DT_S("//")));
        dt_url_release(&url);
    }
    dt_url_release(&base);
}

/* ---- room ---- */

static void every_cap_that_is_too_small_is_told(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"https://example.ai/|x/" P "?t=" Q "#" F, "a&b", "t=1&c=2&d=3", DT_QUERY_PASS, NULL,
         "https://example.ai/x/a&b?t=a%26b&c=2&d=3#a&b"},
        {"/|" P "#f", "/evil", "c=2", DT_QUERY_PASS, NULL, "/.//evil?c=2#f"},
        {"/|" P, "/evil", "c=2", DT_QUERY_DROP, NULL, "/.//evil"},
        {"/x", NULL, "c=2&d=3&e=4", DT_QUERY_WITHOUT, "d", "/x?c=2&e=4"},
        {"/x?t=" Q, "&&&&&&&&", NULL, DT_QUERY_PASS, NULL, "/x?t=%26%26%26%26%26%26%26%26"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct dt_capture splat;
        struct dt_location parts = parts_of(&ROWS[i], &splat);
        size_t len = strlen(ROWS[i].want);
        char got[200];
        for (size_t cap = 0; cap < len; cap++)
            assert_int_equal(build(&parts, cap, got), DT_ERR_SPACE);
        assert_int_equal(build(&parts, len, got), DT_OK);
        assert_string_equal(got, ROWS[i].want);
    }
}

/* ---- whatever a client sends ---- */

static size_t random_bytes(unsigned *seed, char *to, size_t max)
{
    static const char NASTY[] = "\r\n\t \0//\\\\??##&&==%%2f5C00..;:@'\"<>{}|^`[]+,\x7f\x01\x02*";
    size_t len = (size_t)rand_r(seed) % max;
    for (size_t i = 0; i < len; i++) {
        int kind = rand_r(seed) % 4;
        if (kind < 2)
            to[i] = NASTY[(size_t)rand_r(seed) % (sizeof NASTY - 1)];
        else
            to[i] = (char)(kind == 2 ? 'a' + rand_r(seed) % 6 : rand_r(seed) % 256);
    }
    return len;
}

static void assert_clean(const char *location, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)location[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>')
            print_error("byte %02x at %zu of %.*s\n", c, i, (int)len, location);
        assert_true(c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>');
    }
    if (len > 1 && location[0] == '/')
        assert_true(location[1] != '/' && location[1] != '\\');
}

static void no_request_brings_in_what_may_not_be_there(void **state)
{
    (void)state;
    static const char *const TARGETS[] = {
        "/" P,        "/x/" P "?q=" Q "#" F, "https://good.example/|" P,
        "/?a=1&b=" Q, "/" P "?c=1#f",        "https://good.example/x|?q=" Q};
    static const char *const NAMES[] = {"a,b", "a*", "", "*"};
    unsigned seed = 307;
    for (unsigned round = 0; round < 60000; round++) {
        char raw[64], path_mem[3 * 65 + 1], query_mem[3 * 64 + 1], got[1024];
        struct dt_slice path, query;
        raw[0] = '/';
        size_t len = 1 + random_bytes(&seed, raw + 1, sizeof raw - 1);
        assert_int_equal(dt_norm_path(dt_slice_of(raw, len), path_mem, sizeof path_mem, &path),
                         DT_OK);
        char raw_query[64];
        len = random_bytes(&seed, raw_query, sizeof raw_query);
        assert_int_equal(
            dt_norm_query(dt_slice_of(raw_query, len), query_mem, sizeof query_mem, &query), DT_OK);
        struct row row = {TARGETS[round % 6],    NULL, NULL, (enum dt_query_mode)(round / 6 % 4),
                          NAMES[round / 24 % 4], NULL};
        struct dt_capture splat;
        struct dt_location parts = parts_of(&row, &splat);
        splat.text = dt_slice_from(path, 1);
        parts.query = query;
        assert_int_equal(build(&parts, sizeof got - 1, got), DT_OK);
        assert_clean(got, strlen(got));
        if (strncmp(row.target, "https:", 6) == 0)
            assert_int_equal(strncmp(got, "https://good.example/", 21), 0);
        const char *hash = strchr(got, '#'); /* at most the target's own */
        assert_true(hash ? strchr(row.target, '#') && !strchr(hash + 1, '#') : true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_put_together),
        cmocka_unit_test(captures_are_encoded_for_their_place),
        cmocka_unit_test(query_goes_along),
        cmocka_unit_test(keys_of_the_target_win),
        cmocka_unit_test(query_drops_keeps_and_leaves_out),
        cmocka_unit_test(the_fragment_stands_last),
        cmocka_unit_test(no_path_reads_as_a_host),
        cmocka_unit_test(the_guard_resolves_to_the_same_host),
        cmocka_unit_test(every_cap_that_is_too_small_is_told),
        cmocka_unit_test(no_request_brings_in_what_may_not_be_there),
    };
    return cmocka_run_group_tests_name("location", tests, NULL, NULL);
}
