/* SPDX-License-Identifier: MIT
 *
 * Paths with names, stars inside and expressions: what they match, what they capture, which of them
 * wins, and that none of it can be made to cost without bound. Answers are written "LINE: STATUS
 * LOCATION".
 */
#include "snapshot_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_name_is_one_segment(void **state)
{
    (void)state;
    CHECK_ANSWERS("/item/:id /i/:id\n"
                  "/item/:id/x/:y /xy/:y/:id\n",
                  {"http://h/item/5", "1: 307 /i/5"}, {"http://h/item/a%2Fb", "1: 307 /i/a%2Fb"},
                  {"http://h/item/", "none"}, {"http://h/item", "none"},
                  {"http://h/item/5/", "none"}, {"http://h/item/5/x/6", "2: 307 /xy/6/5"},
                  {"http://h/item//x/6", "none"}, {"http://h/item/5/x/", "none"},
                  {"http://h/ITEM/5", "none"}, {"http://h/item/%00?a", "1: 307 /i/%00?a"});
    CHECK_ANSWERS("/Item/:id/ /i/:id slash=ignore case=ignore\n",
                  {"http://h/iTEM/Ab", "1: 307 /i/Ab"}, {"http://h/item/Ab/", "1: 307 /i/Ab"},
                  {"http://h/item/Ab//", "none"}, {"http://h/item/", "none"});
    CHECK_ANSWERS("/:a/:b/:c/* /:c/:b/:a/:splat\n", {"http://h/1/2/3", "1: 307 /3/2/1/"},
                  {"http://h/1/2/3/", "1: 307 /3/2/1/"},
                  {"http://h/1/2/3/4/5", "1: 307 /3/2/1/4/5"}, {"http://h/1/2", "none"},
                  {"http://h/1//3/4", "none"});
}

static void from_the_left_what_is_written_out_wins(void **state)
{
    (void)state;
    CHECK_ANSWERS("/* /9\n"
                  "/:x/b /8\n"
                  "/a/* /7\n"
                  "/a/:x/* /6\n"
                  "/a/:x/:y /5\n"
                  "/a/:x/c /4\n"
                  "/a/b/* /3\n"
                  "/a/b/:x /2\n"
                  "/a/b/c /1\n",
                  {"http://h/a/b/c", "9: 307 /1"}, {"http://h/a/b/d", "8: 307 /2"},
                  {"http://h/a/b/d/e", "7: 307 /3"}, {"http://h/a/z/c", "6: 307 /4"},
                  {"http://h/a/z/d", "5: 307 /5"}, {"http://h/a/z/d/e", "4: 307 /6"},
                  {"http://h/a", "3: 307 /7"}, {"http://h/a/", "3: 307 /7"},
                  {"http://h/z/b", "2: 307 /8"}, {"http://h/z/c", "1: 307 /9"});
    /* what does not hold further on is come back from */
    CHECK_ANSWERS("/a/:x/c/d /1\n"
                  "/:x/b/c/e /2\n"
                  "/a/b/c/d/e /3\n"
                  "/:x/:y/:z/f /4\n",
                  {"http://h/a/b/c/d", "1: 307 /1"}, {"http://h/a/b/c/e", "2: 307 /2"},
                  {"http://h/a/b/c/f", "4: 307 /4"}, {"http://h/a/b/c/g", "none"});
}

static void a_star_inside(void **state)
{
    (void)state;
    CHECK_ANSWERS(
        "/docs/*/print /p/:splat\n"
        "/docs/* /d/:splat\n"
        "/img*.png /i/:splat\n"
        "/docs/*/long/print /l/:splat\n"
        "/:lang/x* /x/:lang/:splat\n"
        "/* /any\n",
        {"http://h/docs/a/print", "1: 307 /p/a"}, {"http://h/docs/a/b/print", "1: 307 /p/a/b"},
        {"http://h/docs//print", "1: 307 /p/"}, {"http://h/docs/print", "2: 307 /d/print"},
        {"http://h/docs/a/long/print", "4: 307 /l/a"}, {"http://h/img.png", "3: 307 /i/"},
        {"http://h/img/a/b.png", "3: 307 /i//a/b"}, {"http://h/imgApng", "6: 307 /any"},
        {"http://h/de/x", "5: 307 /x/de/"}, {"http://h/de/xy/z", "5: 307 /x/de/y/z"},
        {"http://h/de/y", "6: 307 /any"});
    CHECK_ANSWERS("/A*z/ /:splat case=ignore slash=ignore\n", {"http://h/aQZ", "1: 307 /Q"},
                  {"http://h/aQz/", "1: 307 /Q"}, {"http://h/aQz//", "none"});
    CHECK_ANSWERS("/a.b*c /1\n", {"http://h/a.bc", "1: 307 /1"}, {"http://h/axbc", "none"});
}

static void regexes(void **state)
{
    (void)state;
    CHECK_ANSWERS("~^/(\\d{4})/(?<m>\\d\\d)/(.+)\\.php$ /archive/$1-${m}/$3\n"
                  "~*\\.PHP$ /php$0\n"
                  "~(a)|(b) /$1-$2-$0\n"
                  "/2020/* /folder\n",
                  {"http://h/2021/07/x/y.php", "1: 307 /archive/2021-07/x/y"},
                  {"http://h/2021/7/x.php", "2: 307 /php.php"},
                  {"http://h/2020/07/x.php", "4: 307 /folder"}, {"http://h/zb", "3: 307 /-b-b"},
                  {"http://h/a", "3: 307 /a--a"}, {"http://h/q", "none"});
    CHECK_ANSWERS("@host www.example\n"
                  "~^/a(.*)$ /b$1\n"
                  "@host *\n"
                  "~^/a /any\n"
                  "~^https://(\\w+)\\.example/ /s/$1\n"
                  "~//[^/]+:8080/(.*)\\?(.*)$ /r/$1?$2&z=1 query=drop\n",
                  {"http://www.example/ax", "2: 307 /bx"}, {"http://x.example/ax", "4: 307 /any"},
                  {"https://x.example/q", "5: 307 /s/x"}, {"http://x.example/q", "none"},
                  {"http://x.example:8080/q/r?a=1&b=2", "6: 307 /r/q/r?a=1&b=2&z=1"});
}

static void hosts_with_names(void **state)
{
    (void)state;
    CHECK_ANSWERS("//*.shop.example/* /any\n"
                  "//:t.shop.example/* https://:t.example.com/:splat\n"
                  "//:a.:b.shop.example/:x /:x/:b/:a\n"
                  "//a.shop.example/q /exact\n",
                  {"http://a.shop.example/p/q", "2: 307 https://a.example.com/p/q"},
                  {"http://a.shop.example/q", "4: 307 /exact"},
                  {"http://x.a.shop.example/q", "3: 307 /q/a/x"},
                  {"http://x.a.shop.example/q/r", "1: 307 /any"},
                  {"http://y.x.a.shop.example/q", "1: 307 /any"},
                  {"http://.shop.example/q", "1: 307 /any"},
                  {"http://x..shop.example/q", "1: 307 /any"}, {"http://shop.example/q", "none"});
}

static void what_a_request_has(void **state)
{
    (void)state;
    CHECK_ANSWERS("http://.example/* https://{host}{path}\n"
                  "//h/a /a?s={scheme}&p={port}&q={query} query=drop\n"
                  "/go/:h/* https://:h/:splat open=yes\n"
                  "/go/* /no\n",
                  {"http://www.example/a/b?c=d", "1: 307 https://www.example/a/b?c=d"},
                  {"https://h:8443/a?x=1&y", "2: 307 /a?s=https&p=8443&q=x=1&y"},
                  {"http://h/go/b.example/x", "3: 307 https://b.example/x"},
                  {"http://h/go/b%2Fc/x", "4: 307 /no"}, {"http://h/go/b@c/x", "4: 307 /no"},
                  {"http://h/go/b:80/x", "4: 307 /no"});
}

/* Runs of 31 segments and more share a bit, paths of 64 and more are cut as they are needed. */
static void deep_paths(void **state)
{
    (void)state;
    static char rules[4096], url[4096], want[128];
    for (int depth = 28; depth < 100; depth += 3) {
        char path[1024] = "";
        for (int i = 0; i < depth; i++)
            (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/s%d", i);
        (void)snprintf(rules, sizeof rules, "%s/:x%s/* /:x/:splat\n%s/:x /short/:x\n", path, path,
                       path);
        struct compiled c;
        compile(rules, &c);
        (void)snprintf(url, sizeof url, "http://h%s/one%s/two/three", path, path);
        check_answer(&c, url, "1: 307 /one/two/three", __FILE__, __LINE__);
        (void)snprintf(url, sizeof url, "http://h%s/one", path);
        (void)snprintf(want, sizeof want, "2: 307 /short/one");
        check_answer(&c, url, want, __FILE__, __LINE__);
        (void)snprintf(url, sizeof url, "http://h%s/one%s", path + 3, path);
        check_answer(&c, url, "none", __FILE__, __LINE__);
        compiled_release(&c);
    }
}

/* Names that all match and ends that do not: every way there would be tried, were it not bounded.
 */
static void hostile_paths_end(void **state)
{
    (void)state;
    static char rules[200 << 10], url[8 << 10];
    size_t len = 0;
    for (unsigned bits = 0; bits < 4096; bits++) {
        for (unsigned i = 0; i < 12; i++)
            len += (size_t)snprintf(rules + len, sizeof rules - len, bits >> i & 1 ? "/a" : "/:n%u",
                                    i);
        len += (size_t)snprintf(rules + len, sizeof rules - len, "/end%u /x\n", bits);
    }
    struct compiled c;
    compile(rules, &c);
    for (unsigned i = 0; i < 12; i++)
        (void)snprintf(url + strlen(url), sizeof url - strlen(url), i ? "/a" : "http://h/a");
    char *end = url + strlen(url);
    (void)strcpy(end, "/end0");
    check_answer(&c, url, "1: 307 /x", __FILE__, __LINE__);
    (void)strcpy(end, "/none");
    check_answer(&c, url, "none", __FILE__, __LINE__);
    while (strlen(url) < sizeof url - 4)
        (void)strcat(url, "/a");
    struct question *question = malloc(sizeof *question);
    assert_non_null(question);
    question_set(question, url);
    struct dt_decision decision;
    enum dt_err err = dt_match(&c.snapshot, &question->request, scratch(), &decision);
    assert_true(err == DT_ERR_LIMIT || (err == DT_OK && !decision.matched));
    free(question);
    compiled_release(&c);
}

static void duplicates_are_told(void **state)
{
    (void)state;
    struct compiled c;
    compile("/a/:x /1\n"
            "/a/:y /2\n"
            "~^/r$ /1\n"
            "~^/r$ /2\n"
            "/g*h /1\n"
            "/g*h /1\n"
            "/a/:x /3 method=GET\n",
            &c);
    static const char *const NAMES[] = {"conflict", "conflict", "duplicate"};
    size_t told = 0;
    for (size_t i = 0; i < dt_ruleset_diag_count(c.set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(c.set, i);
        if (strncmp(diag->name, "regex-", 6) == 0)
            continue; /* a build without Vectorscan has its own to say */
        assert_true(told < 3);
        assert_int_equal(diag->line, 2 * told + 2);
        assert_string_equal(diag->name, NAMES[told++]);
    }
    assert_int_equal(told, 3);
    compiled_release(&c);
}

/* Regexes are asked in the order of the file, whether they were found by their beginning or by the
 * scanner, and priorities and @order first hold across kinds. */
static void order_across_kinds(void **state)
{
    (void)state;
    CHECK_ANSWERS("~b$ /scan\n"
                  "~^/a/b$ /begin\n"
                  "~^/a/c$ /begin\n"
                  "~c$ /scan\n",
                  {"http://h/a/b", "1: 307 /scan"}, {"http://h/a/c", "3: 307 /begin"});
    CHECK_ANSWERS("/a/b /exact\n"
                  "/a/:x /name\n"
                  "/a/* /folder\n"
                  "~^/a /regex priority=1\n"
                  "/a*c /glob priority=2\n",
                  {"http://h/a/b", "4: 307 /regex"}, {"http://h/a/c", "5: 307 /glob"});
    CHECK_ANSWERS("@order first\n"
                  "~^/a/q /regex\n"
                  "/a/* /folder\n"
                  "/a/:x /name\n"
                  "/a/b /exact\n"
                  "/b/:x /name\n"
                  "/b/*c /glob\n"
                  "/b/abc /exact\n",
                  {"http://h/a/q", "2: 307 /regex"}, {"http://h/a/b", "3: 307 /folder"},
                  {"http://h/b/abc", "6: 307 /name"}, {"http://h/b/a/c", "7: 307 /glob"});
}

/* More than a handful behind one beginning go to the scanner; the answers stay. */
static void crowds(void **state)
{
    (void)state;
    static char rules[64 << 10];
    size_t len = 0;
    for (unsigned i = 0; i < 300; i++)
        len +=
            (size_t)snprintf(rules + len, sizeof rules - len, "~^/c/([0-9]+)-%u$ /%u/$1\n", i, i);
    struct compiled c;
    compile(rules, &c);
    for (unsigned i = 0; i < 300; i++) {
        char url[64], want[64];
        (void)snprintf(url, sizeof url, "http://h/c/77-%u", i);
        (void)snprintf(want, sizeof want, "%u: 307 /%u/77", i + 1, i);
        check_answer(&c, url, want, __FILE__, __LINE__);
    }
    check_answer(&c, "http://h/c/77-300", "none", __FILE__, __LINE__);
    compiled_release(&c);
}

static void a_snapshot_with_regexes_is_prepared_first(void **state)
{
    (void)state;
    struct compiled c;
    compile("~a /b\n/c/:x /d\n", &c);
    dt_snapshot_release(&c.snapshot);
    assert_string_equal(answer(&c.snapshot, "http://h/a"), dt_err_name(DT_ERR_INVALID));
    assert_int_equal(dt_snapshot_prepare(&c.snapshot), DT_OK);
    check_answer(&c, "http://h/a", "1: 307 /b", __FILE__, __LINE__);
    compiled_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_one_segment),
        cmocka_unit_test(from_the_left_what_is_written_out_wins),
        cmocka_unit_test(a_star_inside),
        cmocka_unit_test(regexes),
        cmocka_unit_test(hosts_with_names),
        cmocka_unit_test(what_a_request_has),
        cmocka_unit_test(deep_paths),
        cmocka_unit_test(hostile_paths_end),
        cmocka_unit_test(duplicates_are_told),
        cmocka_unit_test(order_across_kinds),
        cmocka_unit_test(crowds),
        cmocka_unit_test(a_snapshot_with_regexes_is_prepared_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
