/* SPDX-License-Identifier: MIT
 *
 * Matching where it is large: many rules in one place, deep folders, long names and paths, and the
 * limits that are told rather than passed.
 */
#include "snapshot_util.h"

#include <detour/uri.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char *repeat(const char *head, const char *piece, size_t times, const char *tail)
{
    size_t len = strlen(piece);
    char *text = malloc(strlen(head) + times * len + strlen(tail) + 1);
    assert_non_null(text);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < times; i++, at += len)
        memcpy(at, piece, len);
    (void)strcpy(at, tail);
    return text;
}

/* ---- many rules ---- */

/* A rule stands under its rarest condition; every one of them is found whatever else is asked. */
static void twenty_thousand_rules_on_one_path(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    size_t cap = COUNT * 64, len = 0;
    char *rules = malloc(cap), url[200], want[64];
    assert_non_null(rules);
    for (unsigned i = 1; i <= COUNT; i++)
        len += (size_t)snprintf(rules + len, cap - len, "/page?type=%u&id=%u%s /p%u query=drop\n",
                                i % 3, i, i % 5 ? "" : "&full", i);
    struct compiled c;
    compile(rules, &c);
    free(rules);
    for (unsigned i = 1; i <= COUNT; i += 1 + i % 7) {
        (void)snprintf(url, sizeof url, "http://h/page?full=1&a=b&id=%u&type=%u", i, i % 3);
        (void)snprintf(want, sizeof want, "%u: 307 /p%u", i, i);
        assert_string_equal(answer(&c.snapshot, url), want);
        (void)snprintf(url, sizeof url, "http://h/page?type=%u&id=%u", i % 3, i);
        assert_string_equal(answer(&c.snapshot, url), i % 5 ? want : "none");
        (void)snprintf(url, sizeof url, "http://h/page?full&type=%u&id=%u", (i + 1) % 3, i);
        assert_string_equal(answer(&c.snapshot, url), "none");
    }
    assert_answer(&c, "http://h/page?type=1&id=1&id=4&full", "1: 307 /p1");
    assert_answer(&c, "http://h/page", "none");
    compiled_release(&c);
}

/* More candidates than anyone wants explained, and the best is met last. */
static void ten_thousand_duplicates(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    char *rules = repeat("", "//h/a /x\n/d/* /y\n", COUNT, "/a /z priority=1\n");
    struct compiled c;
    compile(rules, &c);
    free(rules);
    assert_int_equal(dt_ruleset_diag_count(c.set), 2 * (COUNT - 1));
    assert_answer(&c, "http://h/a", "20001: 307 /z"); /* found past all the others */
    assert_answer(&c, "http://i/d/e", "2: 307 /y");
    compiled_release(&c);
}

/* ---- long names, deep and long paths ---- */

static void many_labels(void **state)
{
    (void)state;
    /* 40 labels: counts past the mask's last bit share it */
#define L10 "a.a.a.a.a.a.a.a.a.a."
    CHECK_ANSWERS("//*." L10 L10 L10 "b.example/ /32-labels\n"
                  "//*." L10 L10 L10 L10 "b.example/ /42-labels\n"
                  "//.example/ /1-label\n",
                  {"http://" L10 L10 L10 L10 L10 "b.example/", "2: 307 /42-labels"},
                  {"http://x." L10 L10 L10 L10 "b.example/", "2: 307 /42-labels"},
                  {"http://" L10 L10 L10 L10 "b.example/", "1: 307 /32-labels"},
                  {"http://x." L10 L10 L10 "b.example/", "1: 307 /32-labels"},
                  {"http://" L10 L10 L10 "b.example/", "3: 307 /1-label"});
#undef L10
}

/* URL hosts may be longer than DNS allows: length decides all the same. */
static void hosts_longer_than_dns_allows(void **state)
{
    (void)state;
    char label[61], base[320], rules[1000], url[700];
    memset(label, 'a', 60);
    label[60] = '\0';
    (void)snprintf(base, sizeof base, "%s.%s.%s.%s.%s", label, label, label, label, label);
    struct dt_slice host;
    char mem[1000];
    (void)snprintf(url, sizeof url, "y.x.%s", base);
    if (dt_norm_host(dt_slice_str(url), mem, sizeof mem, &host) != DT_OK)
        skip(); /* then there is nothing to decide */
    (void)snprintf(rules, sizeof rules, "//*.%s/ /short\n//*.x.%s/ /long\n", base, base);
    struct compiled c;
    compile(rules, &c);
    (void)snprintf(url, sizeof url, "http://y.x.%s/", base);
    assert_answer(&c, url, "2: 307 /long");
    compiled_release(&c);
}

/* Depths from 31 on share a bit of the mask. */
static void deep_folders(void **state)
{
    (void)state;
    char rules[4096] = "", url[1024], want[64];
    static const unsigned DEPTHS[] = {1, 2, 29, 30, 31, 32, 33, 40, 60};
    enum { COUNT = sizeof DEPTHS / sizeof DEPTHS[0] };
    for (unsigned i = 0; i < COUNT; i++) {
        for (unsigned d = 0; d < DEPTHS[i]; d++)
            (void)strcat(rules, "/s");
        (void)snprintf(rules + strlen(rules), 32, "/* /d%u\n", DEPTHS[i]);
    }
    struct compiled c;
    compile(rules, &c);
    for (unsigned depth = 1; depth <= 70; depth++) {
        unsigned line = 0;
        while (line < COUNT && DEPTHS[line] <= depth)
            line++;
        (void)strcpy(url, "http://h");
        for (unsigned d = 0; d < depth; d++)
            (void)strcat(url, "/s");
        (void)snprintf(want, sizeof want, "%u: 307 /d%u", line, DEPTHS[line - 1]);
        assert_answer(&c, url, want);
        (void)strcat(url, "/");
        assert_answer(&c, url, want);
        (void)strcat(url, "t/u");
        assert_answer(&c, url, want);
    }
    assert_answer(&c, "http://h/t", "none");
    compiled_release(&c);
}

static void long_paths(void **state)
{
    (void)state;
    char *rules = repeat("/", "s/", 400, "* /deep/:splat\n/x/* /:splat#:splat\n");
    struct compiled c;
    compile(rules, &c);
    free(rules);
    char *url = repeat("http://h/", "s/", 1500, "end");
    char *want = repeat("1: 307 /deep/", "s/", 1100, "end");
    assert_answer(&c, url, want);
    free(url);
    free(want);
    url = repeat("http://h/s/", "x", 90000, "");
    assert_answer(&c, url, "none");
    free(url);
    url = repeat("http://h/x/", "y", 60000, "end");
    assert_answer(&c, url, "DT_ERR_SPACE"); /* twice the splat is too long for a Location */
    free(url);
    compiled_release(&c);
}

/* ---- limits ---- */

/* What a client can make expensive is bounded: DESIGN section 6. */
static void a_request_cannot_cost_seconds(void **state)
{
    (void)state;
    struct compiled c;
    char *rules = repeat("", "/s", 31, "/* /x\n");
    compile(rules, &c);
    free(rules);
    char *url = repeat("http://h/", "/", 16000, "");
    assert_string_equal(answer(&c.snapshot, url), "DT_ERR_LIMIT");
    free(url);
    url = repeat("http://h", "/s", 300, "");
    assert_answer(&c, url, "1: 307 /x");
    free(url);
    compiled_release(&c);

    rules = malloc(20000 * 32);
    assert_non_null(rules);
    char *at = rules;
    for (int i = 0; i < 20000; i++)
        at += sprintf(at, "/p?a=%d&b=%d /x query=drop\n", i % 140, i / 140);
    compile(rules, &c);
    free(rules);
    url = repeat("http://h/p?", "b=1&a=x&", 1700, "a=y");
    assert_string_equal(answer(&c.snapshot, url), "DT_ERR_LIMIT");
    free(url);
    url = repeat("http://h/p?", "c=d&", 100, "a=7&b=142");
    assert_answer(&c, url, "19888: 307 /x");
    free(url);
    compiled_release(&c);
}

static void limits_are_told(void **state)
{
    (void)state;
    struct compiled c;
    compile("/A/* /x case=ignore query=drop\n", &c);
    char *url = repeat("http://h/a/", "x", sizeof scratch()->folded, "");
    assert_answer(&c, url, "DT_ERR_LIMIT");
    free(url);
    url = repeat("http://h/a/", "x", sizeof scratch()->folded - 3, "");
    assert_answer(&c, url, "1: 307 /x");
    free(url);
    compiled_release(&c);
    compile("/* /x/:splat\n", &c);
    url = repeat("http://h/", "x", DT_MATCH_LOCATION_MAX - 3, "");
    char *want = repeat("1: 307 /x/", "x", DT_MATCH_LOCATION_MAX - 3, "");
    assert_answer(&c, url, want);
    free(url);
    free(want);
    url = repeat("http://h/", "x", DT_MATCH_LOCATION_MAX - 2, "");
    assert_answer(&c, url, "DT_ERR_SPACE");
    free(url);
    compiled_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_thousand_rules_on_one_path),
        cmocka_unit_test(ten_thousand_duplicates),
        cmocka_unit_test(many_labels),
        cmocka_unit_test(hosts_longer_than_dns_allows),
        cmocka_unit_test(deep_folders),
        cmocka_unit_test(long_paths),
        cmocka_unit_test(a_request_cannot_cost_seconds),
        cmocka_unit_test(limits_are_told),
    };
    return cmocka_run_group_tests_name("match_large", tests, NULL, NULL);
}
