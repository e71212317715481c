/* SPDX-License-Identifier: MIT
 * Replaying, nearest rules, chains, sketches and comparisons. */
#include "snapshot_util.h"
#include "traffic/compare.h"
#include "traffic/near.h"
#include "traffic/replay.h"
#include "traffic/seen.h"
#include "traffic/sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- Replaying ---- */

static struct dt_replay *replay_lines(const struct compiled *rules, const char *lines,
                                      size_t distinct)
{
    static struct dt_log_format format;
    const char *why;
    const struct dt_replay_options options = {.snapshot = &rules->snapshot, .distinct = distinct};
    struct dt_replay *replay = dt_replay_new(&options);
    assert_non_null(replay);
    assert_int_equal(
        dt_log_format_read(DT_S("$host $request|$time_iso8601|$http_x_mode"), &format, &why),
        DT_OK);
    dt_log_format_want(&format, dt_replay_wants(&rules->snapshot));
    dt_replay_log(replay, &format);
    assert_int_equal(dt_replay_lines(replay, dt_slice_str(lines)), DT_OK);
    assert_int_equal(dt_replay_end(replay), DT_OK);
    return replay;
}

static void lines_are_counted_by_what_becomes_of_them(void **state)
{
    (void)state;
    struct compiled rules;
    compile("/a /b 301\n/keep - pass\n/gone - 410\n", &rules);
    struct dt_replay *replay = replay_lines(&rules,
                                            "h.example GET /a HTTP/1.1||\n"
                                            "h.example GET /a HTTP/1.1||\r\n"
                                            "h.example HEAD /a HTTP/1.1||\n"
                                            "\n"
                                            "h.example GET /keep HTTP/1.1||\n"
                                            "h.example GET /gone HTTP/1.1||\n"
                                            "h.example GET /miss?x HTTP/1.1||\n"
                                            "h.example HEAD /miss?x HTTP/1.1||\n"
                                            "h.example GET /%6diss?x HTTP/1.1||\n"
                                            "h.example GET /other HTTP/1.1||\n"
                                            "h.example OPTIONS * HTTP/1.1||\n"
                                            "h.example nonsense||\n"
                                            "b%d GET /a HTTP/1.1||",
                                            1000);
    const struct dt_replay_totals *totals = dt_replay_totals(replay);
    assert_int_equal(totals->lines, 12);
    assert_int_equal(totals->requests, 10);
    assert_int_equal(totals->answered, 4);
    assert_int_equal(totals->by_status[301], 3);
    assert_int_equal(totals->by_status[410], 1);
    assert_int_equal(totals->passed, 1);
    assert_int_equal(totals->missed, 4);
    assert_int_equal(totals->unasked, 1);
    assert_int_equal(totals->bad, 2);
    assert_int_equal(totals->nfirst_bad, 2);
    assert_int_equal(totals->first_bad[0].line, 12);
    assert_int_equal(totals->first_bad[0].bad, DT_LOG_BAD_REQUEST);
    assert_int_equal(totals->first_bad[1].bad, DT_LOG_BAD_HOST);
    size_t count;
    const struct dt_replay_miss *misses = dt_replay_misses(replay, &count);
    assert_int_equal(count, 2);
    assert_true(dt_slice_eq(misses[0].url, DT_S("http://h.example/miss?x")));
    assert_int_equal(misses[0].count, 3);
    assert_int_equal(misses[1].count, 1);
    uint64_t hits = 0;
    for (size_t i = 0; i < rules.snapshot.rules; i++)
        hits += dt_replay_hits(replay)[i];
    assert_int_equal(hits, 5);
    dt_replay_free(replay);
    compiled_release(&rules);
}

static void conditions_are_asked_line_by_line(void **state)
{
    (void)state;
    struct compiled rules;
    compile("/a /beta header=X-Mode:beta\n/a /then until=2020-01-01T00:00Z\n", &rules);
    struct dt_replay *replay = replay_lines(&rules,
                                            "h GET /a HTTP/1.1|2019-06-01T00:00:00Z|beta\n"
                                            "h GET /a HTTP/1.1|2019-06-01T00:00:00Z|-\n"
                                            "h GET /a HTTP/1.1|2021-06-01T00:00:00Z|-\n"
                                            "h GET /a HTTP/1.1|-|-\n",
                                            1000);
    const struct dt_replay_totals *totals = dt_replay_totals(replay);
    assert_int_equal(totals->answered, 2);
    assert_int_equal(totals->missed, 2);
    assert_int_equal(totals->timeless, 1);
    dt_replay_free(replay);
    compiled_release(&rules);
}

static void chains_and_loops_are_found(void **state)
{
    (void)state;
    struct compiled rules;
    compile("/1 /2 301\n/2 http://h.example/3?q=1 302\n/3 https://away.example/ 307\n"
            "/x /y\n/y /x\n/self /self\n/pass1 /pass2\n/pass2 - pass\n/g /gone\n/gone - 410\n"
            "/p /r 303 method=POST\n/r /s method=GET\n",
            &rules);
    struct dt_replay *replay = replay_lines(&rules,
                                            "h.example GET /1 HTTP/1.1||\n"
                                            "h.example GET /1 HTTP/1.1||\n"
                                            "h.example GET /x HTTP/1.1||\n"
                                            "h.example GET /self HTTP/1.1||\n"
                                            "h.example GET /pass1 HTTP/1.1||\n"
                                            "h.example GET /g HTTP/1.1||\n"
                                            "h.example POST /p HTTP/1.1||\n"
                                            "h.example GET /3 HTTP/1.1||\n",
                                            1000);
    const struct dt_replay_totals *totals = dt_replay_totals(replay);
    assert_int_equal(totals->chained, 4);
    assert_int_equal(totals->looped, 2);
    size_t count;
    const struct dt_replay_chain *chains = dt_replay_chains(replay, &count);
    assert_int_equal(count, 5);
    assert_int_equal(chains[0].count, 2);
    assert_int_equal(chains[0].nhops, 3);
    assert_false(chains[0].loop);
    assert_true(dt_slice_eq(chains[0].hops[2].url, DT_S("http://h.example/3?q=1")));
    assert_true(dt_slice_eq(chains[0].end, DT_S("https://away.example/?q=1")));
    dt_replay_free(replay);
    compiled_release(&rules);
}

/* Past the limit totals and hits stay exact, and misses are never counted too low. */
static void memory_is_bounded(void **state)
{
    (void)state;
    struct compiled rules;
    compile("/hit/* /to/:splat\n", &rules);
    enum { LINES = 60000 };
    char *text = malloc(LINES * 40), *at = text;
    assert_non_null(text);
    uint64_t often = 0, hit = 0;
    for (unsigned i = 0; i < LINES; i++) {
        unsigned kind = i % 4;
        if (kind == 0 && i > 10000)
            often++;
        hit += kind == 1;
        at += sprintf(at,
                      kind == 0 && i > 10000 ? "h GET /often HTTP/1.1||\n"
                      : kind == 1            ? "h GET /hit/%u HTTP/1.1||\n"
                                             : "h GET /miss/%u HTTP/1.1||\n",
                      i);
    }
    struct dt_replay *replay = replay_lines(&rules, text, 1000);
    const struct dt_replay_totals *totals = dt_replay_totals(replay);
    assert_int_equal(totals->requests, LINES);
    assert_int_equal(totals->answered, hit);
    assert_int_equal(totals->missed, LINES - hit);
    assert_int_equal(dt_replay_hits(replay)[0], hit);
    assert_false(totals->whole);
    size_t count;
    const struct dt_replay_miss *misses = dt_replay_misses(replay, &count);
    assert_true(count <= 1000 + DT_SKETCH_MAX);
    assert_true(dt_slice_eq(misses[0].url, DT_S("http://h/often")));
    assert_true(misses[0].count >= often);
    assert_true(misses[0].count - misses[0].excess <= often);
    dt_replay_free(replay);
    compiled_release(&rules);
    free(text);
}

static void sketches_keep_what_is_frequent(void **state)
{
    (void)state;
    struct dt_sketch sketch = {0};
    static uint32_t truth[40000];
    uint64_t total = 0;
    uint32_t random = 1;
    for (unsigned i = 0; i < 400000; i++) {
        char text[16];
        random = random * 1664525u + 1013904223u;
        uint32_t number = (random >> 8) % 40000;
        number = i % 3 ? number % 50 : number;
        truth[number]++;
        total++;
        int len = snprintf(text, sizeof text, "/%u", number);
        assert_true(dt_sketch_add(&sketch, dt_slice_of(text, (size_t)len)));
    }
    assert_int_equal(sketch.count, DT_SKETCH_MAX);
    unsigned found = 0;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < sketch.count; i++) {
        const struct dt_sketch_row *row = &sketch.rows[i];
        uint32_t number = 0;
        for (uint32_t j = 1; j < row->len; j++)
            number = number * 10 + (uint32_t)(row->text[j] - '0');
        assert_true(row->count >= truth[number]);
        assert_true(row->count - row->excess <= truth[number]);
        found += number < 50;
        sum += row->count;
    }
    assert_int_equal(found, 50); /* each comes more often than one in DT_SKETCH_MAX */
    assert_int_equal(sum, total);
    dt_sketch_release(&sketch);
}

/* ---- Nearest rules ---- */

static const char *near_to(const struct compiled *rules, const char *host, const char *path)
{
    static char text[64];
    struct dt_near_index *index = dt_near_new(rules->set);
    struct dt_near near;
    assert_non_null(index);
    bool found = dt_near_find(index, dt_slice_str(host), dt_slice_str(path), &near);
    dt_near_free(index);
    if (!found)
        return "none";
    snprintf(text, sizeof text, "%u %s", dt_ruleset_rule(rules->set, near.rule)->line, near.name);
    return text;
}

static void near_rules_are_named_and_far_ones_are_not(void **state)
{
    (void)state;
    struct compiled rules;
    compile("/News/Today /a\n/about/ /b\n/page.html /c\n//h.example/only/here /d\n"
            "/Folder/* /e\n/products/telephone-4711 /f\n/year/2015 /g\n/q?a=1 /h\n/docs/manual /i\n"
            "/old/location/of/handbook /j\n/one/readme /k\n/two/readme /l\n",
            &rules);
    assert_string_equal(near_to(&rules, "", "/news/today"), "1 case");
    assert_string_equal(near_to(&rules, "", "/about"), "2 slash");
    assert_string_equal(near_to(&rules, "", "/page.php"), "3 extension");
    assert_string_equal(near_to(&rules, "", "/page"), "3 extension");
    assert_string_equal(near_to(&rules, "x.example", "/only/here"), "4 host");
    assert_string_equal(near_to(&rules, "h.example", "/Only/here"), "4 case");
    assert_string_equal(near_to(&rules, "x.example", "/Only/here"), "none");
    assert_string_equal(near_to(&rules, "", "/folder/x/y"), "5 case");
    assert_string_equal(near_to(&rules, "", "/prodcts/telephone-4711"), "6 edit");
    assert_string_equal(near_to(&rules, "", "/products/telephoen-4711"), "6 edit");
    assert_string_equal(near_to(&rules, "", "/productss/telephone-4711"), "6 edit");
    assert_string_equal(near_to(&rules, "", "/products/telephone-4712"), "none");
    assert_string_equal(near_to(&rules, "", "/year/2016"), "none");
    assert_string_equal(near_to(&rules, "", "/year/20155"), "none");
    assert_string_equal(near_to(&rules, "", "/q"), "8 conditions");
    assert_string_equal(near_to(&rules, "", "/docs/handbook"), "10 last-segment");
    assert_string_equal(near_to(&rules, "", "/three/readme"), "none"); /* two have it */
    assert_string_equal(near_to(&rules, "", "/"), "none");
    assert_string_equal(near_to(&rules, "", "/quite/something/else"), "none");
    compiled_release(&rules);
}

/* ---- Comparing ---- */

static const char *diff(const char *a, const char *b, unsigned ignore)
{
    static char text[1024];
    struct compiled sides[2];
    compile(a, &sides[0]);
    compile(b, &sides[1]);
    const struct dt_compare_options options = {
        .snapshots = {&sides[0].snapshot, &sides[1].snapshot},
        .sets = {sides[0].set, sides[1].set},
        .ignore = ignore,
        .now = 1700000000,
        .distinct = 1000,
    };
    struct dt_compare *compare = dt_compare_new(&options);
    assert_non_null(compare);
    assert_int_equal(dt_compare_rules(compare), DT_OK);
    assert_int_equal(dt_compare_end(compare), DT_OK);
    size_t count, len = 0;
    const struct dt_compare_group *groups = dt_compare_groups(compare, &count);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        unsigned lines[2] = {0, 0};
        struct dt_compare_shown shown;
        for (unsigned side = 0; side < 2; side++) {
            struct dt_origin origin;
            if (groups[i].rules[side] == DT_COMPARE_NONE)
                continue;
            assert_int_equal(
                dt_snapshot_origin(&sides[side].snapshot, groups[i].rules[side], &origin), DT_OK);
            lines[side] = origin.line;
        }
        assert_non_null(groups[i].examples);
        for (const struct dt_compare_example *at = groups[i].examples; at; at = at->next) {
            assert_true(dt_compare_show(compare, at, &shown));
            assert_true(shown.url.len > 0);
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%u:%u>%u", i ? " " : "",
                                groups[i].change, lines[0], lines[1]);
    }
    dt_compare_free(compare);
    compiled_release(&sides[0]);
    compiled_release(&sides[1]);
    return text;
}

static void differences_are_grouped_by_rules(void **state)
{
    (void)state;
    assert_string_equal(diff("/a /b\n", "/a /b\n", 0), "");
    assert_string_equal(diff("/a /b\n", "/c /d\n", 0), "2:1>0 1:0>1");
    assert_string_equal(diff("/a /b\n", "/a /c\n", 0), "4:1>1");
    assert_string_equal(diff("/a /b 301\n", "/a /b 302\n", 0), "8:1>1");
    assert_string_equal(diff("/a /b 301\n", "/a /b 302\n", DT_CHANGE_STATUS), "");
    assert_string_equal(diff("/a /b cache=1h\n", "/a /b\n", 0), "16:1>1");
    assert_string_equal(diff("/a /b retry-after=9\n", "/a /b\n", 0), "32:1>1");
    assert_string_equal(diff("/a /b set-header=\"X: y\"\n", "/a /b\n", 0), "64:1>1");
    assert_string_equal(diff("/a - 410 note=yes\n", "/a - 410 note=no\n", 0), "128:1>1");
    assert_string_equal(diff("/a /b\n", "# moved\n\n/a /b\n", 0), "");
    /* The same place, written otherwise. */
    assert_string_equal(diff("//h.example/a /b\n", "//h.example/a http://h.example/b\n", 0),
                        "4:1>1"); /* from https they differ */
    assert_string_equal(
        diff("http://h.example/a /b\n", "http://h.example/a http://h.example/b\n", 0), "");
}

static void what_nearly_misses_is_asked_too(void **state)
{
    (void)state;
    assert_string_equal(diff("/a /b\n", "/a /b slash=ignore\n", 0), "1:0>1");
    assert_string_equal(diff("/a /b\n", "/a/* /b\n", 0), "1:0>1");
    assert_string_equal(diff("//h.example/a /b\n", "/a /b\n", 0), "1:0>1");
    assert_string_equal(diff("/a /b method=POST\n", "/a /b\n", 0), "1:0>1");
    assert_string_equal(
        diff("/a /b until=2030-01-01T00:00Z\n", "/a /b until=2030-01-02T00:00Z\n", DT_CHANGE_CACHE),
        "1:0>1");
    assert_string_equal(diff("/a /b lang=de\n/a /c\n", "/a /c\n/a /b lang=de\n", 0), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_counted_by_what_becomes_of_them),
        cmocka_unit_test(conditions_are_asked_line_by_line),
        cmocka_unit_test(chains_and_loops_are_found),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(sketches_keep_what_is_frequent),
        cmocka_unit_test(near_rules_are_named_and_far_ones_are_not),
        cmocka_unit_test(differences_are_grouped_by_rules),
        cmocka_unit_test(what_nearly_misses_is_asked_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
