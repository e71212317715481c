/* SPDX-License-Identifier: MIT
 *
 * Of two rules that match, which one wins, and what the compiler says of those that never can. Each
 * test is a rule text and questions; an answer is written "LINE: STATUS LOCATION".
 */
#include "snapshot_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- precedence, step by step: each rule of the better kind stands later in the file, and would
 * lose at every later step ---- */

static void first_priority(void **state)
{
    (void)state;
    CHECK_ANSWERS("http://h.example:80/a?x=1 /least priority=-1\n"
                  "//h.example/a /exact\n"
                  "/* /any priority=1\n"
                  "/b /more priority=2147483647\n"
                  "/b /less priority=-2147483648\n",
                  {"http://h.example/a?x=1", "3: 307 /any?x=1"},
                  {"http://h.example/b", "4: 307 /more"}, {"http://h.example/", "3: 307 /any"});
    CHECK_ANSWERS("/a /low priority=-2147483648\n"
                  "/* /lower\n",
                  {"http://h/a", "2: 307 /lower"}, {"http://h/b", "2: 307 /lower"});
    CHECK_ANSWERS("/a /1 priority=7\n" /* all alike: as if none */
                  "/* /2 priority=7\n"
                  "//h/* /3 priority=7\n",
                  {"http://h/a", "3: 307 /3"}, {"http://i/a", "1: 307 /1"},
                  {"http://i/b", "2: 307 /2"});
}

static void then_host(void **state)
{
    (void)state;
    CHECK_ANSWERS("/a?x=1 /any\n"
                  "//*.example/a?x=1 /tld\n"
                  "//*.b.example/a?x=1 /short\n"
                  "//.a.b.example/a /long\n"
                  "//a.b.example/* /itself\n",
                  {"http://a.b.example/a?x=1", "5: 307 /itself?x=1"},
                  {"http://z.a.b.example/a?x=1", "4: 307 /long?x=1"},
                  {"http://c.b.example/a?x=1", "3: 307 /short?x=1"},
                  {"http://b.example/a?x=1", "2: 307 /tld?x=1"},
                  {"http://example/a?x=1", "1: 307 /any?x=1"},
                  {"http://other/a?x=1", "1: 307 /any?x=1"}, {"http://other/a", "none"});
}

static void hosts_of_equal_length_tie(void **state)
{
    (void)state;
    CHECK_ANSWERS("//*.h.example/a /stars\n"
                  "//.h.example/a /dots\n",
                  {"http://x.h.example/a", "1: 307 /stars"},
                  {"http://h.example/a", "2: 307 /dots"});
    CHECK_ANSWERS("//.h.example/a /dots\n"
                  "//*.h.example/a /stars\n",
                  {"http://x.h.example/a", "1: 307 /dots"}, {"http://h.example/a", "1: 307 /dots"});
    /* the path decides between them, whichever comes first */
    CHECK_ANSWERS("//*.h.example/* /any\n"
                  "//.h.example/dir/* /dir\n"
                  "//*.h.example/dir/x/* /deep\n"
                  "//.h.example/dir/x/y /page\n",
                  {"http://x.h.example/dir/x/y", "4: 307 /page"},
                  {"http://x.h.example/dir/x/z", "3: 307 /deep"},
                  {"http://x.h.example/dir/z", "2: 307 /dir"},
                  {"http://x.h.example/z", "1: 307 /any"}, {"http://h.example/z", "none"});
    CHECK_ANSWERS(
        "//.h.example/* /any\n"
        "//*.h.example/dir/* /dir\n"
        "//.h.example/dir/x/* /deep\n"
        "//*.h.example/dir/x/y /page\n",
        {"http://x.h.example/dir/x/y", "4: 307 /page"},
        {"http://x.h.example/dir/x/z", "3: 307 /deep"}, {"http://x.h.example/dir/z", "2: 307 /dir"},
        {"http://x.h.example/z", "1: 307 /any"}, {"http://h.example/dir/z", "1: 307 /any"});
}

static void then_path(void **state)
{
    (void)state;
    CHECK_ANSWERS(
        "http://h:80/*?x=1 /root\n"
        "/a/*?x=1 /a\n"
        "/a/b/*?x=1 /ab\n"
        "/a/b/c/* /abc\n"
        "/a/b/c /page\n",
        {"http://i/a/b/c?x=1", "5: 307 /page?x=1"}, {"http://i/a/b/c/?x=1", "4: 307 /abc?x=1"},
        {"http://i/a/b/c/d?x=1", "4: 307 /abc?x=1"}, {"http://i/a/b/cc?x=1", "3: 307 /ab?x=1"},
        {"http://i/a/b?x=1", "3: 307 /ab?x=1"}, {"http://i/a/bb?x=1", "2: 307 /a?x=1"},
        {"http://i/a?x=1", "2: 307 /a?x=1"}, {"http://h/aa?x=1", "1: 307 /root?x=1"},
        {"http://i/aa?x=1", "none"}, {"http://h/a/b/c?x=1", "1: 307 /root?x=1"});
}

static void then_conditions(void **state)
{
    (void)state;
    CHECK_ANSWERS("//h:80/a /port\n"
                  "/a?x=1 /any-host\n"
                  "//h/a?x=1 /one\n"
                  "//h/a?y=1&x=1 /two\n"
                  "//h/a?x=1&y=1&z=1 /three\n",
                  {"http://h/a?z=1&y=1&x=1", "5: 307 /three?z=1&y=1&x=1"},
                  {"http://h/a?y=1&x=1", "4: 307 /two?y=1&x=1"},
                  {"http://h/a?x=1", "3: 307 /one?x=1"}, {"http://h/a", "1: 307 /port"},
                  {"http://i/a?x=1", "2: 307 /any-host?x=1"});
    /* at equal number, params=only before not */
    CHECK_ANSWERS("/a?x=1 /some\n"
                  "/a?x=1 /only params=only\n"
                  "/a /none params=only\n"
                  "/a?x=1&y=1 /two\n",
                  {"http://h/a?x=1", "2: 307 /only?x=1"},
                  {"http://h/a?x=1&z", "1: 307 /some?x=1&z"}, {"http://h/a", "3: 307 /none"},
                  {"http://h/a?y=1&x=1", "4: 307 /two?y=1&x=1"}, {"http://h/a?z", "none"});
    /* and before port and scheme */
    CHECK_ANSWERS("http://h/a?x=1 /pinned\n"
                  "//h/a?x=1 /only params=only\n",
                  {"http://h/a?x=1", "2: 307 /only?x=1"},
                  {"http://h/a?x=1&y", "1: 307 /pinned?x=1&y"});
}

static void then_port_then_scheme_then_file_order(void **state)
{
    (void)state;
    CHECK_ANSWERS("//h/a /first\n"
                  "//h/a /second\n"
                  "//h:443/a /port\n"
                  "https://h/a /scheme\n"
                  "//h:8443/a /other\n",
                  {"https://h/a", "4: 307 /scheme"}, {"http://h:443/a", "3: 307 /port"},
                  {"http://h/a", "1: 307 /first"}, {"https://h:8443/a", "5: 307 /other"});
}

static void order_first_is_file_order(void **state)
{
    (void)state;
    CHECK_ANSWERS("@order first\n"
                  "/* /any 302\n"
                  "//h/a /never\n",
                  {"http://h/a", "2: 302 /any"});
    CHECK_ANSWERS("@order first\n"
                  "/a/* /shallow\n"
                  "/a/b/* /deep\n"
                  "//*.example/x /star\n"
                  "//.example/x /dot\n"
                  "//h.example/* /host\n"
                  "//h.example/x /page\n"
                  "/y?b=2 /b\n"
                  "/y?a=1 /a\n"
                  "/y /y\n"
                  "/* /late priority=1\n"
                  "/z /z priority=1\n",
                  {"http://i/a/b/c", "11: 307 /late"}, {"http://i/z", "11: 307 /late"});
    CHECK_ANSWERS("@order first\n"
                  "/a/* /shallow\n"
                  "/a/b/* /deep\n"
                  "//*.example/x /star\n"
                  "//.example/x /dot\n"
                  "//h.example/* /host\n"
                  "//h.example/x /page\n"
                  "/y?b=2 /b\n"
                  "/y?a=1 /a\n"
                  "/y?b=2&a=1 /both\n"
                  "/y /y\n",
                  {"http://i/a/b/c", "2: 307 /shallow"}, {"http://h.example/x", "4: 307 /star"},
                  {"http://example/x", "5: 307 /dot"}, {"http://h.example/z", "6: 307 /host"},
                  {"http://i/y?a=1&b=2", "8: 307 /b?a=1&b=2"}, {"http://i/y?a=1", "9: 307 /a?a=1"},
                  {"http://i/y", "11: 307 /y"});
}

/* The matcher may stop at the first level that answers only while ranks follow levels. */
static void one_priority_makes_it_look_everywhere(void **state)
{
    (void)state;
    CHECK_ANSWERS("//h.example/a /exact\n"
                  "//.example/a /domain\n"
                  "//.example/* /domain-any priority=1\n"
                  "/a?x=1 /any priority=2\n"
                  "/A /nocase case=ignore priority=3\n"
                  "/b/ /slash slash=ignore priority=3\n"
                  "/b /b\n",
                  {"http://h.example/a", "5: 307 /nocase"}, {"http://h.example/b", "6: 307 /slash"},
                  {"http://h.example/c", "3: 307 /domain-any"}, {"http://i/c", "none"});
    CHECK_ANSWERS("//h.example/a /exact\n"
                  "//.example/* /domain-any priority=1\n"
                  "/a?x=1 /any priority=2\n",
                  {"http://h.example/a?x=1", "3: 307 /any?x=1"},
                  {"http://h.example/a?x=2", "2: 307 /domain-any?x=2"}, {"http://i/a", "none"});
}

/* ---- what the compiler has to say ---- */

struct finding {
    uint32_t line;
    const char *name;
    const char *message;
};

static void check_findings(const char *rules, const struct finding *want, size_t count)
{
    struct compiled c;
    compile(rules, &c);
    for (size_t i = 0; i < dt_ruleset_diag_count(c.set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(c.set, i);
        char message[300];
        (void)snprintf(message, sizeof message, "%.*s", DT_SLICE_FMT(diag->message));
        size_t at = 0; /* in no order: a program that shows them sorts them */
        while (at < count && want[at].line != diag->line)
            at++;
        if (at == count || !strstr(message, want[at].message))
            print_error("line %u: %s\n", diag->line, message);
        assert_true(at < count);
        assert_int_equal(diag->severity, DT_SEVERITY_WARNING);
        assert_string_equal(diag->name, want[at].name);
        assert_non_null(strstr(message, want[at].message));
        assert_true(dt_slice_eq(diag->text, dt_ruleset_line(c.set, diag->file, diag->line)));
    }
    assert_int_equal(dt_ruleset_diag_count(c.set), count);
    assert_int_equal(dt_ruleset_error_count(c.set), 0);
    compiled_release(&c);
}

static void duplicates_and_conflicts_are_found(void **state)
{
    (void)state;
    static const struct finding ONE[] = {{2, "duplicate", "t.rules:1"}};
    check_findings("/a /x\n/a /x\n", ONE, 1);
    static const struct finding TWO[] = {{3, "conflict", "t.rules:1"}};
    check_findings("/a /x\n\n/a /y\n", TWO, 1);
    check_findings("/a /x\n\n/a /x 301\n", TWO, 1);
    /* another spelling of the same source */
    static const struct finding SPELT[] = {{2, "duplicate", "t.rules:1"},
                                           {4, "duplicate", "t.rules:3"},
                                           {6, "duplicate", "t.rules:5"},
                                           {8, "conflict", "t.rules:7"},
                                           {10, "duplicate", "t.rules:9"}};
    check_findings("//H.example/a /x\n//h.example./%61 /x\n"
                   "/b?x=1&y=2 /x\n/b?y=2&x=1&y=2 /x\n"
                   "/d/* /x slash=ignore\n/d/* /x\n"
                   "/E?X /x case=ignore\n/e?x /y case=ignore\n"
                   "http://h/f /x\nhttp://h:80/f /x\n",
                   SPELT, 5);
    /* the one with the higher priority wins, wherever it stands */
    static const struct finding PRIORITY[] = {{1, "conflict", "t.rules:2"}};
    check_findings("/a /x\n/a /y priority=1\n", PRIORITY, 1);
    /* the winner is named each time */
    static const struct finding THREE[] = {{2, "duplicate", "t.rules:1"},
                                           {3, "conflict", "t.rules:1"}};
    check_findings("/a /x\n/a /x\n/a /y\n", THREE, 2);
}

static void what_only_looks_alike_is_no_conflict(void **state)
{
    (void)state;
    check_findings("/a /1\n"
                   "/a/ /2\n"
                   "/a/* /3\n"
                   "/A /4\n"
                   "/a /5 case=ignore\n"
                   "/a /6 slash=ignore\n"
                   "/a /7 params=only\n"
                   "/a?x /8\n"
                   "/a?x= /9\n"
                   "/a?x=1 /10\n"
                   "/a?x=1 /11 params=only\n"
                   "/a?x=1&x=2 /12\n"
                   "/a?x=12 /13\n"
                   "/a?x=1&y=2 /14\n"
                   "//h/a /15\n"
                   "//*.h/a /16\n"
                   "//.h/a /17\n"
                   "//h:80/a /18\n"
                   "http://h/a /19\n"
                   "https://h:80/a /20\n"
                   "http://h:8080/a /21\n",
                   NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_priority),
        cmocka_unit_test(then_host),
        cmocka_unit_test(hosts_of_equal_length_tie),
        cmocka_unit_test(then_path),
        cmocka_unit_test(then_conditions),
        cmocka_unit_test(then_port_then_scheme_then_file_order),
        cmocka_unit_test(order_first_is_file_order),
        cmocka_unit_test(one_priority_makes_it_look_everywhere),
        cmocka_unit_test(duplicates_and_conflicts_are_found),
        cmocka_unit_test(what_only_looks_alike_is_no_conflict),
    };
    return cmocka_run_group_tests_name("precedence", tests, NULL, NULL);
}
