/* SPDX-License-Identifier: MIT
 *
 * Which rules match a request, and what they answer. Each test is a rule text and questions; an
 * answer is written "LINE: STATUS LOCATION", with the line of the rule that wins.
 */
#include "snapshot_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- hosts, schemes, ports ---- */

static void host_forms(void **state)
{
    (void)state;
    CHECK_ANSWERS("//h.example/e /exact\n"
                  "//*.h.example/s /subdomains\n"
                  "//.h.example/d /both\n"
                  "/any /any\n",
                  {"http://h.example/e", "1: 307 /exact"}, {"http://x.h.example/e", "none"},
                  {"http://H.EXAMPLE./e", "1: 307 /exact"}, {"http://h.example/s", "none"},
                  {"http://x.h.example/s", "2: 307 /subdomains"},
                  {"http://y.x.h.example/s", "2: 307 /subdomains"}, {"http://xh.example/s", "none"},
                  {"http://h.example/d", "3: 307 /both"}, {"http://x.h.example/d", "3: 307 /both"},
                  {"http://y.x.h.example/d", "3: 307 /both"}, {"http://xh.example/d", "none"},
                  {"http://example/d", "none"}, {"http://h.example.other/d", "none"},
                  {"http://anything/any", "4: 307 /any"}, {"http:///any", "4: 307 /any"},
                  {"http:///e", "none"}, {"http://127.0.0.1/any", "4: 307 /any"});
    CHECK_ANSWERS("//127.0.0.1/* /v4\n"
                  "//[::1]/* /v6\n"
                  "//b\xc3\xbc"
                  "cher.example/* /idn\n",
                  {"http://127.0.0.1/", "1: 307 /v4"}, {"http://2130706433/", "1: 307 /v4"},
                  {"http://[::1]:8080/", "2: 307 /v6"}, {"http://[0:0::1]/", "2: 307 /v6"},
                  {"http://xn--bcher-kva.example/", "3: 307 /idn"}, {"http://0.0.1/", "none"});
}

static void host_without_rules_for_the_path_falls_through(void **state)
{
    (void)state;
    CHECK_ANSWERS("//a.b.example/x /1\n"
                  "//.a.b.example/y /2\n"
                  "//*.b.example/z /3\n"
                  "//.example/w /4\n"
                  "/v /5\n",
                  {"http://a.b.example/x", "1: 307 /1"}, {"http://a.b.example/y", "2: 307 /2"},
                  {"http://a.b.example/z", "3: 307 /3"}, {"http://a.b.example/w", "4: 307 /4"},
                  {"http://a.b.example/v", "5: 307 /5"}, {"http://a.b.example/u", "none"});
}

static void schemes_and_ports(void **state)
{
    (void)state;
    CHECK_ANSWERS("http://h/a /http\n"
                  "https://h/a /https\n"
                  "http://h:8080/a /http-8080\n"
                  "//h:8080/a /8080\n"
                  "//h:443/b /443\n"
                  "//h/a /any\n",
                  {"http://h/a", "1: 307 /http"}, {"http://h:80/a", "1: 307 /http"},
                  {"https://h/a", "2: 307 /https"}, {"https://h:443/a", "2: 307 /https"},
                  {"http://h:8080/a", "3: 307 /http-8080"}, {"https://h:8080/a", "4: 307 /8080"},
                  {"http://h:8081/a", "6: 307 /any"}, {"http://h:443/a", "6: 307 /any"},
                  {"https://h/b", "5: 307 /443"}, {"http://h:443/b", "5: 307 /443"},
                  {"http://h/b", "none"});
    CHECK_ANSWERS("https://*.h/a /sub\n"
                  "http://.h:8080/a /domain\n"
                  "//h:65535/a /last\n"
                  "//*:81/a /any-host\n",
                  {"https://x.h/a", "1: 307 /sub"}, {"http://x.h/a", "none"},
                  {"http://h:8080/a", "2: 307 /domain"}, {"http://h:65535/a", "3: 307 /last"},
                  {"http://z:81/a", "4: 307 /any-host"}, {"http://z/a", "none"});
}

/* ---- paths ---- */

static void folders_end_at_segments(void **state)
{
    (void)state;
    CHECK_ANSWERS("/dir/* /to/:splat\n", {"http://h/dir", "1: 307 /to/"},
                  {"http://h/dir/", "1: 307 /to/"}, {"http://h/dir/x", "1: 307 /to/x"},
                  {"http://h/dir/x/", "1: 307 /to/x/"}, {"http://h/dir//x", "1: 307 /to//x"},
                  {"http://h/directory", "none"}, {"http://h/di", "none"},
                  {"http://h/x/dir", "none"}, {"http://h/Dir", "none"}, {"http://h//dir", "none"},
                  {"http://h/dir%2Fx", "none"}, {"http://h/", "none"},
                  {"http://h/dir/a/../b", "1: 307 /to/b"}, {"http://h/dir/../x", "none"},
                  {"http://h/x/../dir/y", "1: 307 /to/y"}, {"http://h/%64ir/y", "1: 307 /to/y"});
    CHECK_ANSWERS("/* /to/:splat\n", {"http://h", "1: 307 /to/"}, {"http://h/", "1: 307 /to/"},
                  {"http://h/x", "1: 307 /to/x"}, {"http://h//x", "1: 307 /to//x"},
                  {"http://h/x/y", "1: 307 /to/x/y"});
    CHECK_ANSWERS("//h/* /:splat\n", {"http://h//evil.example", "1: 307 /.//evil.example"},
                  {"http://h/%2Fevil.example", "1: 307 /%2Fevil.example"},
                  {"http://h/\\evil.example", "1: 307 /%5Cevil.example"});
}

static void exact_paths_are_exact(void **state)
{
    (void)state;
    CHECK_ANSWERS("/a /1\n"
                  "/b/ /2\n"
                  "/ /3\n"
                  "/c%2fd /4\n"
                  "/e%7Ef /5\n"
                  "//h//x /6\n",
                  {"http://h/a", "1: 307 /1"}, {"http://h/a/", "none"}, {"http://h/A", "none"},
                  {"http://h/b/", "2: 307 /2"}, {"http://h/b", "none"}, {"http://h", "3: 307 /3"},
                  {"http://h/c%2Fd", "4: 307 /4"}, {"http://h/c/d", "none"},
                  {"http://h/e~f", "5: 307 /5"}, {"http://h/%61", "1: 307 /1"},
                  {"http://h//x", "6: 307 /6"}, {"http://h/x", "none"});
}

static void folder_and_page_of_one_name(void **state)
{
    (void)state;
    CHECK_ANSWERS("/a /page\n"
                  "/a/* /folder/:splat\n"
                  "/a/ /slash\n",
                  {"http://h/a", "1: 307 /page"}, {"http://h/a/", "3: 307 /slash"},
                  {"http://h/a/b", "2: 307 /folder/b"});
}

/* ---- case and slash ---- */

static void case_is_ignored_when_the_rule_says_so(void **state)
{
    (void)state;
    CHECK_ANSWERS("/News/Page?Id=A&X /1 case=ignore query=drop\n"
                  "/Dir/* /2/:splat case=ignore\n"
                  "/dir/sub/x /3\n"
                  "/plain /4\n",
                  {"http://h/news/page?ID=a&x=1", "1: 307 /1"},
                  {"http://h/NEWS/PAGE?x&id=A", "1: 307 /1"}, {"http://h/news/page?id=b&x", "none"},
                  {"http://h/DIR/Sub/Y", "2: 307 /2/Sub/Y"}, /* the capture as it came */
                  {"http://h/dir", "2: 307 /2/"}, {"http://h/dir/sub/x", "3: 307 /3"},
                  {"http://h/dir/sub/X", "2: 307 /2/sub/X"}, {"http://h/PLAIN", "none"},
                  {"http://h/directory", "none"});
    /* only ASCII is folded, and escapes stay upper-case on both sides */
    CHECK_ANSWERS("/caf\xc3\x89/%2F /1 case=ignore\n", {"http://h/CAF%C3%89/%2f", "1: 307 /1"},
                  {"http://h/caf%C3%A9/%2F", "none"});
    /* exact and folded spellings are equally specific: file order */
    CHECK_ANSWERS("/a /1 case=ignore\n"
                  "/a /2\n"
                  "/B /3\n"
                  "/b /4 case=ignore\n",
                  {"http://h/a", "1: 307 /1"}, {"http://h/A", "1: 307 /1"},
                  {"http://h/B", "3: 307 /3"}, {"http://h/b", "4: 307 /4"});
}

static void slash_is_ignored_when_the_rule_says_so(void **state)
{
    (void)state;
    CHECK_ANSWERS("/a /1 slash=ignore\n"
                  "/b/ /2 slash=ignore\n"
                  "/ /3 slash=ignore\n"
                  "/C/ /4 slash=ignore case=ignore\n"
                  "/d// /5 slash=ignore\n",
                  {"http://h/a", "1: 307 /1"}, {"http://h/a/", "1: 307 /1"},
                  {"http://h/a//", "none"}, {"http://h/b", "2: 307 /2"},
                  {"http://h/b/", "2: 307 /2"}, {"http://h", "3: 307 /3"},
                  {"http://h/", "3: 307 /3"}, {"http://h//", "none"}, {"http://h/c", "4: 307 /4"},
                  {"http://h/c/", "4: 307 /4"}, {"http://h/d//", "5: 307 /5"},
                  {"http://h/d/", "none"}, {"http://h/d", "none"});
    /* a folder has both spellings already */
    CHECK_ANSWERS("/d/* /1/:splat slash=ignore\n", {"http://h/d", "1: 307 /1/"},
                  {"http://h/d/", "1: 307 /1/"}, {"http://h/d/x/", "1: 307 /1/x/"});
}

/* ---- queries ---- */

static void conditions(void **state)
{
    (void)state;
    CHECK_ANSWERS(
        "@default query=drop\n"
        "/a?x=1&y /1\n"
        "/b?x= /2\n"
        "/c?x /3\n"
        "/d?x=1&x=2 /4\n"
        "/e?=v /5\n"
        "/f?q=a+b /6\n"
        "/g?q=%2f /7\n"
        "/i?a=b=c /8\n",
        {"http://h/a?y&x=1", "2: 307 /1"}, {"http://h/a?z&&x=1&y=2&", "2: 307 /1"},
        {"http://h/a?x=1", "none"}, {"http://h/a?y", "none"}, {"http://h/a?x=11&y", "none"},
        {"http://h/a?X=1&y", "none"}, {"http://h/a?x=2&x=1&y", "2: 307 /1"}, {"http://h/a", "none"},
        {"http://h/b?x=", "3: 307 /2"}, {"http://h/b?x", "3: 307 /2"}, {"http://h/b?x=1", "none"},
        {"http://h/c?x", "4: 307 /3"}, {"http://h/c?x=", "4: 307 /3"},
        {"http://h/c?x=1", "4: 307 /3"}, {"http://h/c?xx", "none"},
        {"http://h/d?x=2&x=1", "5: 307 /4"}, {"http://h/d?x=1&x=1", "none"},
        {"http://h/e?=v", "6: 307 /5"}, {"http://h/e?v", "none"}, {"http://h/f?q=a+b", "7: 307 /6"},
        {"http://h/f?q=a%20b", "none"}, {"http://h/g?q=%2F", "8: 307 /7"},
        {"http://h/g?q=/", "none"}, {"http://h/i?a=b=c", "9: 307 /8"}, {"http://h/i?a=b", "none"});
}

static void a_name_and_its_value_are_two_conditions(void **state)
{
    (void)state;
    CHECK_ANSWERS("@default query=drop\n"
                  "/a?x /name\n"
                  "/a?x=1 /value\n"
                  "/a?x&x=2 /both\n",
                  {"http://h/a?x=3", "2: 307 /name"},
                  {"http://h/a?x=1", "2: 307 /name"}, /* one condition each: file order */
                  {"http://h/a?x=2", "4: 307 /both"}, {"http://h/a?x=9&x=2", "4: 307 /both"});
}

static void no_parameters_but_these(void **state)
{
    (void)state;
    CHECK_ANSWERS("@default query=drop params=only\n"
                  "/a /1\n"
                  "/b?x=1 /2\n"
                  "/c?x /3\n"
                  "/d?x=1&y=2 /4\n"
                  "/e?X /5 case=ignore\n",
                  {"http://h/a", "2: 307 /1"}, {"http://h/a?", "2: 307 /1"},
                  {"http://h/a?&&", "2: 307 /1"}, {"http://h/a?x", "none"},
                  {"http://h/b?x=1", "3: 307 /2"}, {"http://h/b?x=1&x=1", "3: 307 /2"},
                  {"http://h/b?x=1&x=2", "none"}, {"http://h/b?x=1&y", "none"},
                  {"http://h/b", "none"}, {"http://h/c?x=1&x=2", "4: 307 /3"},
                  {"http://h/c?x=1&y", "none"}, {"http://h/d?y=2&x=1", "5: 307 /4"},
                  {"http://h/d?y=2&x=1&y=3", "none"}, {"http://h/e?x=1", "6: 307 /5"},
                  {"http://h/e?x=1&Y", "none"});
}

static void conditions_on_folders(void **state)
{
    (void)state;
    CHECK_ANSWERS("/d/*?v=1 /1/:splat query=drop\n"
                  "/d/e/* /2/:splat\n"
                  "/*?v=2 /3 query=keep:w\n",
                  {"http://h/d/x?v=1", "1: 307 /1/x"}, {"http://h/d/e/x?v=1", "2: 307 /2/x?v=1"},
                  {"http://h/d/x?v=2&w=3", "3: 307 /3?w=3"}, {"http://h/d/x", "none"});
}

/* ---- answers ---- */

static void decisions_carry_the_whole_answer(void **state)
{
    (void)state;
    struct compiled c;
    compile("/a /b 301 cache=1h retry-after=2m note=\"Gone fishing\" owner=team-a\n"
            "/c - 410 note=no\n"
            "/d - 503 retry-after=120\n"
            "/f/* https://x.example/?q=:splat#:splat 308 cache=no\n",
            &c);
    struct question q;
    struct dt_decision d;
    question_set(&q, "http://h/a");
    assert_int_equal(dt_match(&c.snapshot, &q.request, scratch(), &d), DT_OK);
    assert_true(d.matched && d.note);
    assert_int_equal(d.status, 301);
    assert_int_equal(d.retry_after, 120);
    assert_true(dt_slice_eq(d.location, DT_S("/b")));
    assert_true(dt_slice_eq(d.cache, DT_S("max-age=3600")));
    assert_true(dt_slice_eq(d.note_text, DT_S("Gone fishing")));
    assert_true(dt_slice_eq(d.owner, DT_S("team-a")));
    question_set(&q, "http://h/c");
    assert_int_equal(dt_match(&c.snapshot, &q.request, scratch(), &d), DT_OK);
    assert_true(d.matched && !d.note && !d.location.len && !d.cache.len && !d.note_text.len);
    assert_int_equal(d.status, 410);
    assert_int_equal(d.retry_after, DT_RETRY_AFTER_NONE);
    assert_answer(&c, "http://h/d", "3: 503");
    assert_answer(&c, "http://h/f/a/b&c", "4: 308 https://x.example/?q=a/b%26c#a/b&c");
    question_set(&q, "http://h/none");
    assert_int_equal(dt_match(&c.snapshot, &q.request, scratch(), &d), DT_OK);
    assert_false(d.matched);
    compiled_release(&c);
}

static void targets_that_share_a_beginning(void **state)
{
    (void)state;
    /* whole targets, folders, and a folder that is a whole target as well; with a query of its own
     * in what is shared */
    CHECK_ANSWERS("/1 https://x.example/folder/page?q=1\n"
                  "/2 https://x.example/folder/page?q=1\n"
                  "/3 https://x.example/folder/other\n"
                  "/4 https://x.example/folder/\n"
                  "/5 https://x.example/folder/\n"
                  "/6/* https://x.example/folder/:splat\n"
                  "/7/* https://x.example/:splat/folder/\n"
                  "/8 https://x.example/folder/#f\n"
                  "/9 https://x.example/folder/page?q=1&r=/2/3\n",
                  {"http://h/1?a=2&q=3", "1: 307 https://x.example/folder/page?q=1&a=2"},
                  {"http://h/2?q", "2: 307 https://x.example/folder/page?q=1"},
                  {"http://h/3?q", "3: 307 https://x.example/folder/other?q"},
                  {"http://h/4?q", "4: 307 https://x.example/folder/?q"},
                  {"http://h/5", "5: 307 https://x.example/folder/"},
                  {"http://h/6/a/b?q", "6: 307 https://x.example/folder/a/b?q"},
                  {"http://h/7/a/b?q", "7: 307 https://x.example/a/b/folder/?q"},
                  {"http://h/8?q", "8: 307 https://x.example/folder/?q#f"},
                  {"http://h/9?q&s", "9: 307 https://x.example/folder/page?q=1&r=/2/3&s"});
}

static void no_rules_match_nothing(void **state)
{
    (void)state;
    CHECK_ANSWERS("# nothing\n", {"http://h/", "none"}, {"https://h/a?b", "none"},
                  {"http:///", "none"});
}

static void the_seed_changes_nothing(void **state)
{
    (void)state;
    static const char RULES[] = "//h.example/a /1\n//*.example/a/* /2/:splat\n/a?x=1&y /3\n/* /4\n";
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct compiled c;
        compile_seeded(RULES, seed * UINT64_C(0x9E3779B97F4A7C15), &c);
        assert_answer(&c, "http://h.example/a", "1: 307 /1");
        assert_answer(&c, "http://g.example/a/b", "2: 307 /2/b");
        assert_answer(&c, "http://i/a?y&x=1", "3: 307 /3?y&x=1");
        assert_answer(&c, "http://i/a?x=1", "4: 307 /4?x=1");
        compiled_release(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_forms),
        cmocka_unit_test(host_without_rules_for_the_path_falls_through),
        cmocka_unit_test(schemes_and_ports),
        cmocka_unit_test(folders_end_at_segments),
        cmocka_unit_test(exact_paths_are_exact),
        cmocka_unit_test(folder_and_page_of_one_name),
        cmocka_unit_test(case_is_ignored_when_the_rule_says_so),
        cmocka_unit_test(slash_is_ignored_when_the_rule_says_so),
        cmocka_unit_test(conditions),
        cmocka_unit_test(a_name_and_its_value_are_two_conditions),
        cmocka_unit_test(no_parameters_but_these),
        cmocka_unit_test(conditions_on_folders),
        cmocka_unit_test(decisions_carry_the_whole_answer),
        cmocka_unit_test(targets_that_share_a_beginning),
        cmocka_unit_test(no_rules_match_nothing),
        cmocka_unit_test(the_seed_changes_nothing),
    };
    return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
