/* SPDX-License-Identifier: MIT
 * Rules that never answer, by whom, and those that do after all. */
#include "test_check_rules.h"

static const char *const names[] = {"unreachable", "shadowed", NULL};
#define SAYS(rules, want) check_said(rules, want, names)

static void nothing_is_said_of_what_answers(void **state)
{
    (void)state;
    SAYS("/a /b\n/a/* /c\n/x/* /d\n/:x/y /e\n~^/a /f\n", "");
    SAYS("@order first\n/a /b\n/a/* /c\n/* /d\n", "");
    SAYS("/a /b lang=de\n/a /c lang=fr\n/a /d\n", "");
}

static void expressions_come_last(void **state)
{
    (void)state;
    SAYS("/* /d\n~^/a /f\n", "2 unreachable: http://www.example.com/a\n");
}

static void the_first_takes_all(void **state)
{
    (void)state;
    SAYS("@order first\n/* /x?\n/a /b\n/a/* /c\n~^/q /d\n",
         "3 unreachable: http://www.example.com/a\n"
         "4 unreachable: http://www.example.com/a/anything\n"
         "5 unreachable: http://www.example.com/q\n");
    SAYS("@order first\n/:x/* /to\n/a/b /b\n/a /c\n/ /d\n",
         "3 unreachable: http://www.example.com/a/b\n4 unreachable: http://www.example.com/a\n");
    SAYS("@order first\n//*.example/* https://x.test/\n//h.example/a /b\n//.h.example/a /c\n",
         "3 unreachable: http://h.example/a\n4 unreachable: http://h.example/a\n");
}

static void a_part_is_not_all(void **state)
{
    (void)state;
    SAYS("@order first\n/a/* /b\n/a* /c\n", "");
    SAYS("@order first\nhttp://h.example/* https://h.example/\n//h.example/a /b\n", "");
    SAYS("@order first\n/* /b method=POST\n/a /c\n", "");
    SAYS("@order first\n/*?x /b\n/a /c\n", "");
    SAYS("@order first\n/:x /b\n/a/* /c\n", "");
    SAYS("@order first\n/A /b\n/a /c case=ignore\n", "");
    SAYS("@order first\n~^/[a-z]+$ /b\n/a/* /c\n", "");
}

static void priority_takes_all(void **state)
{
    (void)state;
    SAYS("/a /b\n/* /c priority=1\n", "1 unreachable: http://www.example.com/a\n");
    SAYS("/a /b priority=2\n/* /c priority=1\n", "");
}

static void expressions_take_what_they_are_known_to(void **state)
{
    (void)state;
    SAYS("~.* /b\n~^/a /c\n", "2 unreachable: http://www.example.com/a\n");
    SAYS("@order first\n~^/a/ /b\n/a/b /c\n/a/* /d\n/a/x/* /e\n",
         "3 unreachable: http://www.example.com/a/b\n"
         "5 unreachable: http://www.example.com/a/x/anything\n");
    SAYS("@order first\n~^/(a|b)$ /x\n/a /y\n", "3 unreachable: http://www.example.com/a\n");
}

static void the_query_counts(void **state)
{
    (void)state;
    SAYS("/a?x /b\n/a?x=1 /c\n", "2 unreachable: http://www.example.com/a?x=1\n");
    SAYS("/a?x=1 /b\n/a?x /c\n", "");
    SAYS("@order first\n/a /b\n/a?x /c\n", "3 unreachable: http://www.example.com/a?x\n");
    SAYS("@order first\n/a /b params=only\n/a?x /c\n", "");
}

static void conditions_count(void **state)
{
    (void)state;
    SAYS("/a /b ip=10.0.0.0/8\n/a /c ip=10.1.0.0/16\n",
         "2 unreachable: http://www.example.com/a\n");
    SAYS("/a /b ip=10.1.0.0/16\n/a /c ip=10.0.0.0/8\n", "");
    SAYS("/a /b method=GET,POST\n/a /c method=POST\n", "2 unreachable: http://www.example.com/a\n");
    SAYS("/a /b !cookie=x:1\n/a /c !cookie=x\n", "2 unreachable: http://www.example.com/a\n");
    SAYS("/a /b !cookie=x\n/a /c !cookie=x:1\n", "");
    SAYS("/a /b percent=20\n/a /c percent=0-10\n", "2 unreachable: http://www.example.com/a\n");
}

static void maintenance_without_end_takes_all(void **state)
{
    (void)state;
    SAYS("maintenance /* - from=2020-01-01T00:00Z\n/a /b\n",
         "2 unreachable: http://www.example.com/a\n");
    SAYS("maintenance /* - from=2020-01-01T00:00Z until=2036-01-01T00:00Z\n/a /b\n", "");
    SAYS("maintenance /* - from=2036-01-01T00:00Z\n/a /b\n", "");
    SAYS("maintenance /* - except=/health/*\n/health/x /b\n/healthy /c\n",
         "3 unreachable: http://www.example.com/healthy\n");
}

static void the_compilers_duplicates_are_not_said_again(void **state)
{
    (void)state;
    SAYS("/a /b\n/a /c\n", "");
}

static void the_plainest_may_be_taken(void **state)
{
    (void)state;
    SAYS("@order first\n/* /b params=only\n/a /c\n", "3 shadowed: http://www.example.com/a\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_of_what_answers),
        cmocka_unit_test(expressions_come_last),
        cmocka_unit_test(the_first_takes_all),
        cmocka_unit_test(a_part_is_not_all),
        cmocka_unit_test(priority_takes_all),
        cmocka_unit_test(expressions_take_what_they_are_known_to),
        cmocka_unit_test(the_query_counts),
        cmocka_unit_test(conditions_count),
        cmocka_unit_test(maintenance_without_end_takes_all),
        cmocka_unit_test(the_compilers_duplicates_are_not_said_again),
        cmocka_unit_test(the_plainest_may_be_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
