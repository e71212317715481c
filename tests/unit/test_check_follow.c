/* SPDX-License-Identifier: MIT
 * Loops and chains: which rule is told, and by which URL. */
#include "test_check_rules.h"

static const char *const names[] = {"loop", "loop-possible", "chain", "chain-mixed", NULL};
#define SAYS(rules, want) check_said(rules, want, names)

static void nothing_is_said_of_one_hop(void **state)
{
    (void)state;
    SAYS("/a /b\n/old/* /new/:splat 301\n//h.example/* https://k.example/:splat\n/x/* /:splat\n"
         "/gone - 410\n/to-gone /gone\n",
         "");
}

static void a_rule_may_send_to_itself(void **state)
{
    (void)state;
    SAYS("/a /a\n", "1 loop: http://www.example.com/a\n");
    SAYS("/* /same\n", "1 loop: http://www.example.com/same\n");
    SAYS("//h.example/* https://h.example/\n", "1 loop: https://h.example/\n");
}

static void a_circle_is_told_once(void **state)
{
    (void)state;
    SAYS("/a /b\n/b /c\n/c /a\n", "1 loop: http://www.example.com/a\n");
    SAYS("/c /a\n/a/* /b/:splat\n/b/* /a/:splat\n", "1 chain: http://www.example.com/c\n"
                                                    "2 loop: http://www.example.com/a/\n");
}

static void a_circle_may_be_longer_than_clients_go(void **state)
{
    (void)state;
    static char rules[8000];
    size_t len = 0;
    for (unsigned i = 0; i < 100; i++)
        len += (size_t)snprintf(rules + len, sizeof rules - len, "/p%u /p%u\n", i, (i + 1) % 100);
    SAYS(rules, "1 loop: http://www.example.com/p0\n");
}

static void a_circle_goes_over_hosts_and_schemes(void **state)
{
    (void)state;
    SAYS("//a.example/* https://b.example/:splat\n//b.example/* https://a.example/:splat\n",
         "1 loop: https://a.example/anything\n");
    SAYS("http://h.example/* https://h.example/:splat\n/p /q\n", "");
    SAYS("http://h.example/* https://h.example/:splat\n"
         "https://h.example/* http://h.example/:splat\n",
         "1 loop: http://h.example/anything\n");
    SAYS("//:t.a.example/* https://:t.b.example/:splat\n"
         "//*.b.example/* https://x.a.example/:splat\n",
         "1 loop: https://x.a.example/anything\n");
}

static void a_url_may_grow(void **state)
{
    (void)state;
    SAYS("/a/* /a/b/:splat\n", "1 loop: http://www.example.com/a/anything\n");
    SAYS("/a /a?x=1\n", "1 loop: http://www.example.com/a?x=1\n");
    SAYS("/x/* /:splat\n/y/* /y/x/:splat\n", "2 loop: http://www.example.com/y/anything\n");
}

static void a_loop_may_take_a_certain_word(void **state)
{
    (void)state;
    SAYS("/:x/y /y/:x\n", "1 loop: http://www.example.com/y/y\n");
    SAYS("/:a/:b/y /:b/y/:a\n", "1 loop: http://www.example.com/y/y/y\n");
    SAYS("/a/:x/1 /b/2/:x\n/b/:y/:z /a/:z/1\n", "1 loop: http://www.example.com/a/anything/1\n");
    SAYS("/in/:x /:x/out\n/:x/out /in/:x\n", "1 loop: http://www.example.com/in/anything\n");
    SAYS("/a/:x /b/:x\n/b/k /a/k\n", "1 loop: http://www.example.com/a/k\n");
}

static void a_star_that_is_used_up_is_no_loop(void **state)
{
    (void)state;
    SAYS("/x/* /:splat\n", "");
    SAYS("/x/:a/* /x/:splat\n", "1 chain: http://www.example.com/x/anything/anything\n");
    SAYS("/:a/x /:a\n", "");
}

static void expressions_loop_too(void **state)
{
    (void)state;
    SAYS("~^/a/(.*)$ /b/$1\n~^/b/(.*)$ /a/$1\n", "1 loop: http://www.example.com/a/a\n");
    SAYS("~^/x/(.*)a(.*)$ /x/$1$2\n", "1 loop-possible: http://www.example.com/x/aaa\n"
                                      "1 chain: http://www.example.com/x/aaa\n");
    SAYS("~^/(\\d+)$ /n/$1\n~^/n/(\\d+)$ /$1\n", "1 loop: http://www.example.com/1\n");
}

static void the_same_client_goes_all_the_way(void **state)
{
    (void)state;
    SAYS("/ /de/ lang=de\n/de/ / lang=de\n", "1 loop: http://www.example.com/\n");
    SAYS("/ /login cookie=!in\n/login / cookie=in\n", "");
    SAYS("/ /in !cookie=seen set-header=\"Set-Cookie: seen=1\"\n/in /\n",
         "1 loop-possible: http://www.example.com/\n");
    SAYS("/form /done method=POST 303\n/done /x method=GET 301\n/x - 410\n",
         "1 chain: http://www.example.com/form\n1 chain-mixed: http://www.example.com/form\n");
}

static void a_host_that_no_rule_names_may_be_anybodys(void **state)
{
    (void)state;
    SAYS("/events https://x.example/events\n", "1 loop-possible: https://x.example/events\n");
    SAYS("/a https://x.example/b\n/b /c\n", "");
    SAYS("/a https://x.example/b\n/b /c\n//x.example/z /y\n",
         "1 chain: http://www.example.com/a\n");
}

static void what_was_over_is_past(void **state)
{
    (void)state;
    SAYS("/a /b until=2020-01-01T00:00Z\n/b /a\n", "");
}

static void chains_are_told_where_they_begin(void **state)
{
    (void)state;
    SAYS("/a /b 301\n/b /c 301\n/c https://x.example/\n",
         "1 chain: http://www.example.com/a\n1 chain-mixed: http://www.example.com/a\n"
         "2 chain: http://www.example.com/b\n2 chain-mixed: http://www.example.com/b\n");
    SAYS("/a /b\n/b - pass\n", "");
    SAYS("/a/* /b/:splat\n/b/* /c/:splat\n", "1 chain: http://www.example.com/a/anything\n");
}

static void an_upgrade_is_a_hop(void **state)
{
    (void)state;
    SAYS("http://h.example/* https://h.example/:splat 301 priority=1\n//h.example/old /new 301\n",
         "1 chain: http://h.example/old\n");
}

static void a_chain_says_where_it_ends(void **state)
{
    (void)state;
    struct compiled compiled;
    struct dt_check_result *result =
        check_rules("/a /b 301\n/b /c 302\n/c /d 308\n/d - 410\n", &compiled);
    const struct dt_finding *finding = dt_check_finding(result, 0);
    assert_string_equal(finding->kind->name, "chain");
    static const char want[] =
        "3 hops to http://www.example.com/d: 301 to http://www.example.com/b, 302 to "
        "http://www.example.com/c (t.rules:2), 308 to http://www.example.com/d (t.rules:3), which "
        "is answered by t.rules:4";
    assert_int_equal(finding->message.len, sizeof want - 1);
    assert_memory_equal(finding->message.ptr, want, sizeof want - 1);
    assert_int_equal(finding->other, 1);
    dt_check_free(result);
    compiled_release(&compiled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_of_one_hop),
        cmocka_unit_test(a_rule_may_send_to_itself),
        cmocka_unit_test(a_circle_is_told_once),
        cmocka_unit_test(a_circle_may_be_longer_than_clients_go),
        cmocka_unit_test(a_circle_goes_over_hosts_and_schemes),
        cmocka_unit_test(a_url_may_grow),
        cmocka_unit_test(a_loop_may_take_a_certain_word),
        cmocka_unit_test(a_star_that_is_used_up_is_no_loop),
        cmocka_unit_test(expressions_loop_too),
        cmocka_unit_test(the_same_client_goes_all_the_way),
        cmocka_unit_test(a_host_that_no_rule_names_may_be_anybodys),
        cmocka_unit_test(what_was_over_is_past),
        cmocka_unit_test(chains_are_told_where_they_begin),
        cmocka_unit_test(an_upgrade_is_a_hop),
        cmocka_unit_test(a_chain_says_where_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
