/* SPDX-License-Identifier: MIT
 *
 * Regular expressions before they are matched: which are valid, and what is known of every path
 * that one matches. In a shape ":" stands for DT_PATH_NAME.
 */
#include "rules/regex/regex.h"

#include <detour/ruleset.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct known_case {
    const char *text;
    const char *shape;
    const char *literal;
};

static const struct known_case known_cases[] = {
    {"^/team7$", "/team7", "/team7"},
    {"^/team7", "", "/team7"},
    {"^/team7/", "/team7", "/team7/"},
    {"\\A/team7\\z", "/team7", "/team7"},
    {"^/archive/([0-9]+)/team7(/.*)?$", "/archive/:/team7", "/archive/"},
    {"^/archive/(\\d{4})/(\\d\\d)/(.+)\\.php$", "/archive/:/:", "/archive/"},
    {"^/a/[^/]+/b$", "/a/:/b", "/a/"},
    {"^/a/[^x]+/b$", "/a", "/a/"},
    {"^/a/.*$", "/a", "/a/"},
    {"^/a(/|$)", "/a", "/a"},
    {"^/a(?:/.*|)$", "/a", "/a"},
    {"^/a(?=/|$)", "/a", "/a"},
    {"^/a(?=/)", "/a", "/a"},
    {"^/a(?=x)", "", "/a"},
    {"^/a\\b", "", "/a"},
    {"^/a\\b/b/?$", "/a/b", "/a/b"},
    {"^/a/?$", "/a", "/a"},
    {"^/a/?", "", "/a"},
    {"^/a/*$", "/a", "/a"},
    {"^/a/+$", "/a/", "/a/"},
    {"^/a/+b$", "/a", "/a/"},
    {"^/(en|de|fr)/products/(.*)$", "/:/products", "/products/"},
    {"^/(en|de/at)/products$", "", "/products"},
    {"^(/foo/.*)$", "/foo", "/foo/"},
    {"^/((foo)/(bar))/baz$", "/foo/bar/baz", "/foo/bar/baz"},
    {"^/(?<lang>[a-z]{2})/x$", "/:/x", "/x"},
    {"^/(?P<a>\\w+)/(?'b'\\w+)$", "/:/:", "/"},
    {"^/item-[0-9]+/x$", "/:/x", "/item-"},
    {"^/index\\.(html?|php)$", "/:", "/index."},
    {"^/index[.]php$", "/index.php", "/index.php"},
    {"^/\\(x\\)\\$/y$", "/(x)$/y", "/(x)$/y"},
    {"^/?old/page$", "/old/page", "old/page"},
    {"^/?$", "/", ""},
    {"^/$", "/", "/"},
    {"^/?(?:en|de)/page$", "/:/page", "/page"},
    {"^/?.*/page$", "", "/page"},
    {"^/*old$", "", "old"},
    {"^old$", "", "old"},
    {"/old$", "", "/old"},
    {"\\.php$", "", ".php"},
    {"^/a$|^/b$", "", ""},
    {"^(?:/a|/b)$", "", ""},
    {"^/a/(b|c)(/d)*$", "/a/:", "/a/"},
    {"^/a/(?:bcd/)+e$", "/a", "bcd/"},
    {"^/a{2}/b{3,}/c{1,2}$", "/aa/:/:", "/aa/bbb"},
    {"^/a{0}b$", "/b", "/b"},
    {"^/xa+yz$", "/:", "/xa"},
    {"^/a{b}$", "/a{b}", "/a{b}"},
    {"^/\\x2fa/b$", "", "a/b"},
    {"^/\\x{2f}abc$", "", "abc"},
    {"^/a\\141b$", "", "/a"},
    {"^/([a-z])/\\1/foo$", "/:", "/foo"},
    {"^/a/\\W/b$", "/a", "/a/"},
    {"^/a/\\s?\\d\\w/b$", "/a/:/b", "/a/"},
    {"^/a/[[:alpha:]_]/b$", "/a/:/b", "/a/"},
    {"^/a/[[:punct:]]/b$", "/a", "/a/"},
    {"^/a/[+-9]/b$", "/a", "/a/"},
    {"^/a/[]/]/b$", "/a", "/a/"},
    {"^/a/[^]/]/b$", "/a/:/b", "/a/"},
    {"^/a/[\\w\\]-]/b$", "/a/:/b", "/a/"},
    {"^/a(*ACCEPT)/b/c$", "", "/a"},
    {"^/a/(b(*ACCEPT))/c$", "/a", "/a/b"},
    {"^/a/(b(*ACCEPT)|x)/c$", "/a", "/a/"},
    {"^/a/(?R)?/b$", "/a", "/a/"},
    {"^/a/(?#x/)b$", "", ""},
    {"^/a/\\Qb\\E$", "", ""},
    {"(?x)^/a b$", "", ""},
    {"(?m)^/a$", "", ""},
    {"^/a/(?(?=b)b|c)/d$", "", ""},
    {"(?i)^/Team/X$", "/team/x", "/team/x"},
    {"^(?i)/Team/X$", "/team/x", "/team/x"},
    {"(?is)^/Team/X$", "/team/x", "/team/x"},
    {"^/Team(?i)/Xy/z$", "/Team/:/:", "/Team/"},
    {"^/a/(?i:Xy)/z$", "/a/:/z", "/a/"},
    {"^/a/(?i:3)/z$", "/a/3/z", "/a/3/z"},
    {"^/a/(?-i)Xy/z$", "/a/Xy/z", "/a/Xy/z"},
    {"", "", ""},
    {"^", "", ""},
    {"^/", "", "/"},
    {"^(?!/admin).*$", "", ""},
    {"^/(?!admin)[a-z]+/x$", "/:/x", "/x"},
    {"^/(?:)$", "/", "/"},
    {"^/a(?:/b)?/c$", "/a", "/a"},
    {"^//x$", "//x", "//x"},
};

static char *shown(struct dt_slice shape, char *mem)
{
    memcpy(mem, shape.len ? shape.ptr : "", shape.len);
    mem[shape.len] = '\0';
    for (char *c = mem; *c; c++)
        if (*c == DT_PATH_NAME)
            *c = ':';
    return mem;
}

static void assert_known(const struct known_case *c, bool nocase, const char *note)
{
    struct dt_arena arena;
    struct dt_regex regex;
    struct dt_regex_error error = {0};
    char mem[256], want[256];
    dt_arena_init(&arena);
    if (dt_regex_check(dt_slice_str(c->text), nocase, &arena, &regex, &error))
        fail_msg("%s: %s at %zu", c->text, error.message, error.at);
    snprintf(want, sizeof want, "%s", c->shape);
    if (strcmp(shown(regex.shape, mem), want) != 0)
        fail_msg("%s%s: shape %s, not %s", c->text, note, mem, c->shape);
    if (strcmp(shown(regex.literal, mem), c->literal) != 0)
        fail_msg("%s%s: literal %s, not %s", c->text, note, mem, c->literal);
    dt_arena_release(&arena);
}

static void shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(known_cases); i++)
        assert_known(&known_cases[i], false, "");
}

static const struct known_case nocase_cases[] = {
    {"^/Team/X$", "/team/x", "/team/x"},
    {"^/Team(?i)/Xy/z$", "/team/xy/z", "/team/xy/z"},
    {"^/a/(?-i)Xy/z$", "/a/xy/z", "/a/xy/z"},
    {"^/A/[B]/%C3$", "/a/b/%c3", "/a/b/%c3"},
};

static void shapes_without_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nocase_cases); i++)
        assert_known(&nocase_cases[i], true, " without case");
}

static void leading_option_is_reported(void **state)
{
    static const struct {
        const char *text;
        bool nocase;
    } cases[] = {
        {"(?i)^/a", true},      {"^(?i)/a", true},  {"(?i)", true},        {"(?s)(?i)/a", true},
        {"^/a(?i)/b", false},   {"^/a", false},     {"(?i:^/a)/b", false}, {"(?-i)^/a", false},
        {"(?<=A)(?i)/", false}, {"a|(?i)b", false}, {"(?s)^(?i)/a", true},
    };
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dt_regex regex;
        struct dt_regex_error error;
        assert_int_equal(dt_regex_check(dt_slice_str(cases[i].text), false, &arena, &regex, &error),
                         DT_OK);
        if (regex.nocase != cases[i].nocase)
            fail_msg("%s", cases[i].text);
    }
    dt_arena_release(&arena);
}

static const struct {
    const char *text;
    size_t at;
    const char *message;
} refused_cases[] = {
    {"^/a(", 4, "missing closing parenthesis"},
    {"^/a)", 3, "unmatched closing parenthesis"},
    {"^/a[", 4, "missing terminating ] for character class"},
    {"*", 0, "quantifier does not follow a repeatable item"},
    {"^/caf\xc3\xa9", 5, "an expression is ASCII: paths are percent-encoded"},
    {"^/a\tb", 3, "a control character"},
    {"^/a(?C)", 6, "a callout, which nothing here listens to"},
    {"(*LIMIT_MATCH=99999999)a", 0, "an expression cannot set its own limits"},
    {"(*LIMIT_HEAP=99999999)a", 0, "an expression cannot set its own limits"},
    {"(*LIMIT_DEPTH=99999999)a", 0, "an expression cannot set its own limits"},
    {"^/a{,3}$", 3,
     "{,n} is read as a repetition or as it stands, by PCRE2's version: write {0,n}, or \\{"},
    {"(((((a{100}){100}){100}){100}){100}){100}", 41, "regular expression is too large"},
};

static void refused(void **state)
{
    (void)state;
    struct dt_arena arena;
    dt_arena_init(&arena);
    for (size_t i = 0; i < COUNT(refused_cases); i++) {
        struct dt_regex regex;
        struct dt_regex_error error = {0};
        const char *text = refused_cases[i].text;
        assert_int_equal(dt_regex_check(dt_slice_str(text), false, &arena, &regex, &error),
                         DT_ERR_SYNTAX);
        if (strcmp(error.message, refused_cases[i].message) != 0 || error.at != refused_cases[i].at)
            fail_msg("%s: %zu %s", text, error.at, error.message);
    }
    dt_arena_release(&arena);
}

static enum dt_err check(const char *text, size_t len)
{
    struct dt_arena arena;
    struct dt_regex regex;
    struct dt_regex_error error;
    dt_arena_init(&arena);
    enum dt_err err = dt_regex_check(dt_slice_of(text, len), false, &arena, &regex, &error);
    dt_arena_release(&arena);
    return err;
}

/* As long as may be, as deep, with as many groups. */
static void limits(void **state)
{
    (void)state;
    static char text[40000];
    memset(text, 'a', sizeof text);
    assert_int_equal(check(text, 30000), DT_OK);
    assert_int_equal(check(text, 32769), DT_ERR_SYNTAX);
    for (size_t i = 0; i < 32768; i++)
        text[i] = "()?"[i % 3];
    assert_int_equal(check(text, 63 * 3), DT_OK);
    assert_int_equal(check(text, 64 * 3), DT_ERR_SYNTAX);
    memset(text, '(', 200);
    memset(text + 200, ')', 200);
    assert_int_equal(check(text, 400), DT_ERR_SYNTAX);
    assert_int_equal(check(text + 140, 120), DT_OK);
}

static void groups(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        unsigned number;
    } cases[] = {
        {"^/(?<id>\\d+)/(?<lang>..)$", "id", 1},
        {"^/(?<id>\\d+)/(?<lang>..)$", "lang", 2},
        {"^/(?<id>\\d+)/(?<lang>..)$", "la", 0},
        {"^/(x)(?P<id>\\d+)/(?'lang'..)$", "id", 2},
        {"^/(x)(?P<id>\\d+)/(?'lang'..)$", "lang", 3},
        {"^/(x)$", "", 0},
        {"^/(x)$", "1", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(dt_regex_group(dt_slice_str(cases[i].text), dt_slice_str(cases[i].name)),
                         cases[i].number);
    struct dt_arena arena;
    struct dt_regex regex;
    struct dt_regex_error error;
    dt_arena_init(&arena);
    assert_int_equal(dt_regex_check(DT_S("(a)(?:b)(?<c>d)"), false, &arena, &regex, &error), DT_OK);
    assert_int_equal(regex.groups, 2);
    dt_arena_release(&arena);
}

static void quote(void **state)
{
    (void)state;
    char mem[64];
    size_t len = 0;
    assert_true(dt_regex_quote(DT_S("/a.b*(c)[d]{2}^$|+?\\-%20~"), mem, sizeof mem, &len));
    struct known_case same = {mem, "", "/a.b*(c)[d]{2}^$|+?\\-%20~"};
    mem[len] = '\0';
    assert_known(&same, false, "");
    for (size_t cap = 0; cap < 4; cap++) {
        len = 0;
        assert_int_equal(dt_regex_quote(DT_S("a.b"), mem, cap, &len), cap >= 4);
        assert_int_equal(len, 0);
    }
    assert_true(dt_regex_quote(DT_S("a.b"), mem, 4, &len));
    assert_memory_equal(mem, "a\\.b", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),  cmocka_unit_test(shapes_without_case),
        cmocka_unit_test(refused), cmocka_unit_test(leading_option_is_reported),
        cmocka_unit_test(limits),  cmocka_unit_test(groups),
        cmocka_unit_test(quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
