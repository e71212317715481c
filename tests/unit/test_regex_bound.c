/* SPDX-License-Identifier: MIT
 *
 * A match ends, whatever the expression and the path are, and long paths match all the same.
 */
#include "rules/regex/regex_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum dt_regex_result match(struct dt_matcher *m, struct dt_regex_code *code,
                                  const char *text, struct dt_slice path)
{
    enum dt_regex_result result = dt_matcher_quick(m, code, path);
    if (result == DT_REGEX_LIMIT)
        result = dt_matcher_careful(m, code, dt_slice_str(text), false, path);
    return result;
}

static const char *const evil[] = {
    "(a+)+$",
    "^/(a+)+$",
    "(.*)*x=",
    "(a|aa)+$",
    "(a+a+)+y",
    "(a*)*b=",
    "([a-z]+)*\\d",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(?:a?){15}a{15}=",
    "((a*)*)*b=",
    "a+a+a+[0-9]{3}",
    "(a+)\\1+b=",
    "(?:(?=a*x)a)*[0-9]{3}",
    "^/(a|(?1)a)b=",
    "(\\w+\\s?)+$",
    "(a(?R)?a)*b=",
    "(?:a|b)*[0-9]{3}",
    "a{1,500}a{1,500}[0-9]{3}",
    "(?:a(?!.*x))*b=",
    "^(.*?,){11}P",
    "(.*)(.*)(.*)(.*)\\1\\2x",
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* A few milliseconds, where an unbounded match would take seconds to centuries. It is the CPU time
 * of this thread, and the best of three, so that it holds on a busy machine too. */
static void evil_expressions_end(void **state)
{
    (void)state;
    static char path[8192];
    struct dt_matcher *m = dt_matcher_new();
    assert_non_null(m);
    for (size_t e = 0; e < COUNT(evil); e++) {
        struct dt_regex_code code = {0};
        assert_true(dt_regex_code_init(&code, dt_slice_str(evil[e]), false));
        for (size_t len = 64; len <= sizeof path; len *= 2) {
            double best = 1e9;
            memset(path, 'a', len);
            path[0] = '/';
            memcpy(path + len - 4, "!b=!", 4);
            for (int round = 0; round < 3; round++) {
                double from = cpu_ms();
                assert_int_not_equal(match(m, &code, evil[e], dt_slice_of(path, len)),
                                     DT_REGEX_DAMAGED);
                double took = cpu_ms() - from;
                best = took < best ? took : best;
            }
            if (best > 20)
                fail_msg("%s on %zu bytes takes %.1f ms", evil[e], len, best);
        }
        dt_regex_code_release(&code);
    }
    dt_matcher_free(m);
}

static void long_paths_match(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum dt_regex_result want;
    } cases[] = {
        {"^/(.*)\\.html$", DT_REGEX_YES},
        {"(foo|bar)\\.html$", DT_REGEX_NO},
        {"^/([^/]+/)*index\\.html$", DT_REGEX_YES},
        {"/([a-z]+)\\.html$", DT_REGEX_YES},
        {"^(.*)/([^/]+)/index\\.(html?|php)$", DT_REGEX_YES},
        {"/index\\.php", DT_REGEX_NO},
    };
    static char path[8192];
    for (size_t i = 0; i < sizeof path; i++)
        path[i] = i % 20 ? 'a' : '/';
    memcpy(path + sizeof path - 12, "a/index.html", 12);
    struct dt_matcher *m = dt_matcher_new();
    assert_non_null(m);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dt_regex_code code = {0};
        assert_true(dt_regex_code_init(&code, dt_slice_str(cases[i].text), false));
        if (match(m, &code, cases[i].text, dt_slice_of(path, sizeof path)) != cases[i].want)
            fail_msg("%s", cases[i].text);
        dt_regex_code_release(&code);
    }
    dt_matcher_free(m);
}

/* PCRE2 itself has been wrong about these. */
static void known_mistakes_are_not_made(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path;
    } cases[] = {
        {"(1|)b*1", "1"},
        {"b(ab[^]/]|)\\-*?b\\Z", "/bababb"},
        {"b(\\x61a)(/|/ba-|)[[:alpha:]]*?(?:/|$)", "/1baa/b-."},
        {"^/((/++/a|[b-]\\g1{0,2})\\o{57})", "/b/"},
    };
    struct dt_matcher *m = dt_matcher_new();
    assert_non_null(m);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dt_regex_code code = {0};
        assert_true(dt_regex_code_init(&code, dt_slice_str(cases[i].text), false));
        if (match(m, &code, cases[i].text, dt_slice_str(cases[i].path)) != DT_REGEX_YES)
            fail_msg("%s", cases[i].text);
        dt_regex_code_release(&code);
    }
    dt_matcher_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evil_expressions_end),
        cmocka_unit_test(long_paths_match),
        cmocka_unit_test(known_mistakes_are_not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
