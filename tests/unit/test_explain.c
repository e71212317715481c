/* SPDX-License-Identifier: MIT
 *
 * Why a rule won: every rule that matches, best first, each loser with the step of precedence at
 * which it lost to the winner. That the first is what dt_match says is asked of every question in
 * test_match.c and test_precedence.c too.
 */
#include "snapshot_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WON "it comes before all others"
#define PRIORITY "the other has a higher priority"
#define FIRST "the other comes first"
#define HOST "the other names this host exactly"
#define DOMAIN "the other is for this domain, this one for any host"
#define LONGER_DOMAIN "the other's domain is longer"
#define PATH "the other names this path exactly"
#define LONGER_PATH "the other's path is longer"
#define CONDITIONS "the other has more query conditions"
#define ONLY "the other wants exactly these query parameters"
#define PORT "the other names the port"
#define SCHEME "the other names the scheme"

struct reason {
    uint32_t line;
    const char *text;
};

static void check(const char *rules, const char *url, const struct reason *want, size_t count,
                  int line)
{
    struct compiled c;
    struct question question;
    struct dt_candidate all[32];
    size_t got;
    compile(rules, &c);
    question_set(&question, url);
    assert_int_equal(dt_match_all(&c.snapshot, &question.request, scratch(), 32, all, &got), DT_OK);
    for (size_t i = 0; i < got && i < count; i++) {
        struct dt_origin origin;
        assert_int_equal(dt_snapshot_origin(&c.snapshot, all[i].rule, &origin), DT_OK);
        if (origin.line != want[i].line || strcmp(all[i].reason, want[i].text) != 0)
            print_error("test line %d, candidate %zu: line %u, %s\n", line, i, origin.line,
                        all[i].reason);
        assert_int_equal(origin.line, want[i].line);
        assert_string_equal(all[i].reason, want[i].text);
        assert_int_equal(all[i].wins, i == 0);
    }
    assert_int_equal(got, count);
    check_answer(&c, url, answer(&c.snapshot, url), __FILE__, line);
    compiled_release(&c);
}

#define CHECK(rules, url, ...)                                                                     \
    do {                                                                                           \
        static const struct reason WANT[] = {__VA_ARGS__};                                         \
        check(rules, url, WANT, sizeof WANT / sizeof WANT[0], __LINE__);                           \
    } while (0)

static void each_step_has_its_reason(void **state)
{
    (void)state;
    CHECK("/a /1\n/* /2 priority=1\n", "http://h/a", {2, WON}, {1, PRIORITY});
    CHECK("/a /1\n//h/* /2\n", "http://h/a", {2, WON}, {1, HOST});
    CHECK("//.h/a /1\n//h/* /2\n", "http://h/a", {2, WON}, {1, HOST});
    CHECK("/a /1\n//.h/* /2\n", "http://h/a", {2, WON}, {1, DOMAIN});
    CHECK("//.b/a /1\n//*.a.b/* /2\n", "http://x.a.b/a", {2, WON}, {1, LONGER_DOMAIN});
    CHECK("/* /1\n/a /2\n", "http://h/a", {2, WON}, {1, PATH});
    CHECK("/a/* /1\n/a/b/* /2\n", "http://h/a/b/c", {2, WON}, {1, LONGER_PATH});
    CHECK("/a /1\n/a?x /2\n", "http://h/a?x", {2, WON}, {1, CONDITIONS});
    CHECK("/a?x /1\n/a?x&y /2\n", "http://h/a?x&y", {2, WON}, {1, CONDITIONS});
    CHECK("/a?x /1\n/a?x /2 params=only\n", "http://h/a?x", {2, WON}, {1, ONLY});
    CHECK("//h/a /1\n//h:80/a /2\n", "http://h/a", {2, WON}, {1, PORT});
    CHECK("//h:80/a /1\nhttp://h/a /2\n", "http://h/a", {2, WON}, {1, SCHEME});
    CHECK("/a /1\n/a /2 case=ignore\n", "http://h/a", {1, WON}, {2, FIRST});
    CHECK("//*.h/a /1\n//.h/a /2\n", "http://x.h/a", {1, WON}, {2, FIRST});
}

static void the_first_step_that_differs_is_told(void **state)
{
    (void)state;
    /* the winner is better at this step and worse at every later one */
    CHECK("http://h:80/a?x /1\n/* /2 priority=1\n", "http://h/a?x", {2, WON}, {1, PRIORITY});
    CHECK("//.h/a?x /1\n//h/* /2\n", "http://h/a?x", {2, WON}, {1, HOST});
    CHECK("/a/*?x&y /1\n/a/b /2\n", "http://h/a/b?x&y", {2, WON}, {1, PATH});
    CHECK("http://*/a?x /1\n/a?x&y /2\n", "http://h/a?x&y", {2, WON}, {1, CONDITIONS});
    CHECK("http://*/a?x /1\n/a?x /2 params=only\n", "http://h/a?x", {2, WON}, {1, ONLY});
}

static void all_that_match_are_listed_best_first(void **state)
{
    (void)state;
    CHECK("/* /any\n"
          "/a/* /folder\n"
          "/a/b /page\n"
          "/a/c /other\n"
          "//.h.example/* /domain\n"
          "//h.example/a/* /host\n"
          "//h.example/a/b?x=1 /most\n"
          "//h.example/a/b?x=2 /not-this\n"
          "/A/B /folded case=ignore\n"
          "https://h.example/a/b /not-this-either\n",
          "http://h.example/a/b?x=1", {7, WON}, {6, PATH}, {5, HOST}, {3, HOST}, {9, HOST},
          {2, HOST}, {1, HOST});
}

static void nothing_matches(void **state)
{
    (void)state;
    struct compiled c;
    struct question question;
    size_t count = 4711;
    compile("/a /b\n", &c);
    question_set(&question, "http://h/c");
    assert_int_equal(dt_match_all(&c.snapshot, &question.request, scratch(), 0, NULL, &count),
                     DT_OK);
    assert_int_equal(count, 0);
    compiled_release(&c);
}

static void order_first_knows_two_reasons(void **state)
{
    (void)state;
    CHECK("@order first\n/* /1\n//h/a /2\n/a?x /3\n//h/* /4 priority=1\n", "http://h/a?x", {5, WON},
          {2, PRIORITY}, {3, PRIORITY}, {4, PRIORITY});
    CHECK("@order first\n/* /1\n//h/a /2\n/a?x /3\n", "http://h/a?x", {2, WON}, {3, FIRST},
          {4, FIRST});
}

static void a_rule_that_two_parameters_find_is_listed_once(void **state)
{
    (void)state;
    CHECK("/a?x /1\n/a?y&x=1 /2\n", "http://h/a?x=1&x=2&x=1&y&y", {2, WON}, {1, CONDITIONS});
}

/* More than there is room for: the best of them, and no more than that. */
static void no_more_than_asked_for(void **state)
{
    (void)state;
    enum { COUNT = 1000, ROOM = 5 };
    char rules[COUNT * 9 + 40] = "", *at = rules;
    for (unsigned i = 0; i < COUNT; i++)
        at = stpcpy(at, "//h/* /x\n");
    (void)strcpy(at, "/* /best priority=1\n");
    struct compiled c;
    struct question question;
    compile(rules, &c);
    question_set(&question, "http://h/a");
    for (size_t max = 0; max <= ROOM; max++) {
        struct dt_candidate all[ROOM + 1];
        memset(all, 0x55, sizeof all);
        struct dt_candidate untouched = all[ROOM];
        size_t count;
        assert_int_equal(dt_match_all(&c.snapshot, &question.request, scratch(), max, all, &count),
                         DT_OK);
        assert_int_equal(count, max);
        for (uint32_t i = 0; i < max; i++)
            assert_int_equal(all[i].rule, i);
        assert_memory_equal(&all[max], &untouched, sizeof untouched);
    }
    compiled_release(&c);
}

static void damage_is_told(void **state)
{
    (void)state;
    struct compiled c;
    struct question question;
    struct dt_candidate all[4];
    compile("/a /b\n", &c);
    question_set(&question, "http://h/a");
    c.mem[section_row(c.mem, DT_SECTION_RECORDS).offset + 8] ^= 1;
    size_t count = 4711;
    assert_int_equal(dt_match_all(&c.snapshot, &question.request, scratch(), 4, all, &count),
                     DT_ERR_DAMAGED);
    assert_int_equal(count, 4711); /* untouched on failure */
    compiled_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_has_its_reason),
        cmocka_unit_test(the_first_step_that_differs_is_told),
        cmocka_unit_test(all_that_match_are_listed_best_first),
        cmocka_unit_test(nothing_matches),
        cmocka_unit_test(order_first_knows_two_reasons),
        cmocka_unit_test(a_rule_that_two_parameters_find_is_listed_once),
        cmocka_unit_test(no_more_than_asked_for),
        cmocka_unit_test(damage_is_told),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
