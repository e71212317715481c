/* SPDX-License-Identifier: MIT
 *
 * Directives: @host, @default, @order, @key, @expect, and the sentence for maintenance. @include
 * has tests of its own.
 */
#include "test_rules_dump.h"

static const struct rules_case host_cases[] = {
    {"/a /b\n"
     "@host h.example\n"
     "/a /b\n"
     "//i.example/a /b\n"
     "@host *.h.example:8080\n"
     "/a/* /b\n"
     "@host //.h.example\n"
     "/a /b\n"
     "@host *\n"
     "/a /b",
     "1: /a > /b 307\n"
     "3: //h.example/a > /b 307\n"
     "4: //i.example/a > /b 307\n"
     "6: //*.h.example:8080/a/... > /b 307\n"
     "8: //.h.example/a > /b 307\n"
     "10: /a > /b 307\n"},
    {"@host", "1:6+1 error directive-use: expected here: a host, .host, *.host, or * for any\n"},
    {"@host a b", "1:9+1 error directive-use: one word too many\n"},
    {"@host u@h",
     "1:7+3 error source-host: not a valid host: a user name has no place in a source\n"},
    {"@host h.example # c\n"
     "/a /b",
     "2: //h.example/a > /b 307\n"},
    {"@host http://h.example", "1:7+16 error source-host: not a valid host: host or host:port, "
                               "with a port from 1 to 65535\n"},
    {"@host *:81\n"
     "/a /b",
     "2: //*:81/a > /b 307\n"},
};

static const struct rules_case defaults_cases[] = {
    {"@default 301 cache=no case=ignore\n"
     "/A /b\n"
     "/A /b 302 case=exact\n"
     "@default priority=3\n"
     "/A /b\n"
     "@default\n"
     "/A /b",
     "2: /a ic > /b 301 cache=no-store\n"
     "3: /A > /b 302 cache=no-store\n"
     "5: /A > /b 307 priority=3\n"
     "7: /A > /b 307\n"},
    {"@default 418", "1:10+3 error status-unknown: 418 is not a status that a rule can answer: "
                     "those are 301, 302, 303, 307, 308, 404, 410, 451 and 503\n"},
    {"@default foo=1\n"
     "/a /b",
     "2: /a > /b 307\n"
     "1:10+5 error option-unknown: no option has the name foo\n"},
    {"@default 410\n"
     "/a -\n"
     "/a /b",
     "2: /a >  410\n"
     "3:4+2 error target-unwanted: a 410 has no target, write \"-\" in its place\n"},
    {"@default retry-after=5\n"
     "/a - 404\n"
     "/a - 503",
     "3: /a >  503 retry=5\n"
     "2:4+1 error option-clash: retry-after= goes with a redirect or a 503, not with a 404\n"},
    {"@default 301 302", "1:14+3 error status-twice: a second status\n"},
    {"@default 301 # 302\n"
     "/a /b",
     "2: /a > /b 301\n"},
};

static const struct rules_case order_cases[] = {
    {"@order first\n"
     "/a /b",
     "2: /a > /b 307\n"},
    {"@order specific\n"
     "@order specific",
     ""},
    {"@order first\n"
     "@order specific",
     "2:8+8 error order-differs: t:1 says @order first, and it is one for the whole set\n"},
    {"@order", "1:7+1 error directive-use: expected here: first or specific\n"},
    {"@order last", "1:8+4 error directive-use: expected here: first or specific\n"},
    {"@order first x", "1:14+1 error directive-use: one word too many\n"},
};

static const struct rules_case key_cases[] = {
    {"@key summer\n@key summer # again\n@key \"summer\"", ""},
    {"@key summer\n@key \"in winter\"",
     "2:6+11 error key-differs: t:1 says @key summer, and it is one for the whole set\n"},
    {"@key", "1:5+1 error directive-use: expected here: a text, the key of all percent=\n"},
    {"@key \"\"", "1:6+2 error directive-use: expected here: a text, the key of all percent=\n"},
    {"@key a b", "1:8+1 error directive-use: one word too many\n"},
};

static const struct rules_case maintenance_cases[] = {
    {"maintenance //h.example/* https://status.example/ from=2026-12-01T22:00Z "
     "until=2026-12-02T02:00Z except=/health,10.0.0.0/8",
     "1: //h.example/... > https://status.example/ 307 cache=no-store retry=until maintenance "
     "!ip(10.0.0.0/8) time(2026-12-01T22:00:00Z..2026-12-02T02:00:00Z) !path(/health)\n"},
    {"maintenance /*", "1: /... >  503 cache=no-store maintenance\n"},
    {"  maintenance\t/* # works", "1: /... >  503 cache=no-store maintenance\n"},
    {"maintenance /* - until=2026-12-02T02:00Z",
     "1: /... >  503 cache=no-store retry=until maintenance time(*..2026-12-02T02:00:00Z)\n"},
    {"maintenance /* 503 retry-after=1h cache=5 except=/a except=/b/*",
     "1: /... >  503 cache=max-age=5 retry=3600 maintenance !path(/a|/b/*)\n"},
    {"maintenance /* /works.html?a=b#c 302",
     "1: /... > /works.html?a=b#c 302 cache=no-store maintenance !path(/works.html)\n"},
    {"maintenance //h.example/* http://H.example:8080/%7ex except=/y",
     "1: //h.example/... > http://h.example:8080/%7ex 307 cache=no-store maintenance "
     "!path(/y|/~x)\n"},
    {"maintenance //h.example/* https://h.example",
     "1: //h.example/... > https://h.example 307 cache=no-store maintenance !path(/)\n"},
    {"maintenance //*.h.example/* https://h.example/x",
     "1: //*.h.example/... > https://h.example/x 307 cache=no-store maintenance\n"},
    {"maintenance /a/* /b/:splat", "1: /a/... > /b/{0} 307 cache=no-store maintenance\n"},
    {"@default 301 cache=1h retry-after=5 method=GET\nmaintenance /a /b\nmaintenance /a",
     "2: /a > /b 307 cache=no-store maintenance method(GET) !path(/b)\n"
     "3: /a >  503 cache=no-store maintenance method(GET)\n"},
    {"maintenance", "1:12+1 error directive-use: expected here: a source\n"},
    {"maintenance /a /b 301",
     "1:16+2 error option-clash: maintenance is for a time: its status is 302, 303, 307 or 503\n"},
    {"maintenance /a 410",
     "1:19+1 error option-clash: maintenance is for a time: its status is 302, 303, 307 or 503\n"},
    {"maintenance /a pass",
     "1:20+1 error option-clash: maintenance is for a time: its status is 302, 303, 307 or 503\n"},
    {"maintenance /a /b 503",
     "1:16+2 error target-unwanted: a 503 has no target, write \"-\" in its place\n"},
    {"maintenance /a 307", "1:19+1 error target-missing: a 307 needs a target\n"},
    {"maintenance /a retry-after=until", "1:33+1 error option-clash: retry-after=until counts down "
                                         "to an until=, and there is none\n"},
    {"maintenances /a", "1:1+12 error source-relative: a source begins with /, // or http://, did "
                        "you mean /maintenances\n"},
};

static const struct rules_case expect_cases[] = {
    {"@expect http://h.example/a -> 307 http://h.example/b",
     "1:9 expect GET http://h.example/a 307 http://h.example/b\n"},
    {"@expect POST https://h.example/a -> 404", "1:9 expect POST https://h.example/a 404 \n"},
    {"@expect", "1:8+1 error directive-use: expected here: an absolute http or https URL\n"},
    {"@expect GET", "1:12+1 error directive-use: expected here: an absolute http or https URL\n"},
    {"@expect /a -> 307",
     "1:9+2 error directive-use: expected here: an absolute http or https URL\n"},
    {"@expect ftp://h/a -> 307",
     "1:9+9 error directive-use: expected here: an absolute http or https URL\n"},
    {"@expect http://h.example/a 307",
     "1:28+3 error directive-use: expected here: ->, or at=, header=, ip=, country= before it\n"},
    {"@expect http://h.example/a", "1:27+1 error directive-use: expected here: ->\n"},
    {"@expect http://h.example/a -> pass", "1:9 expect GET http://h.example/a 404 \n"},
    {"@expect http://h.example/a at=2026-12-01T22:00Z header=\"A-B:  c d\" header=x:y "
     "ip=192.0.2.1 country=DE -> 307 http://x/",
     "1:9 expect GET http://h.example/a 307 http://x/ at=2026-12-01T22:00:00Z A-B=<c d> x=<y> "
     "ip=..2.1 country=DE\n"},
    {"@expect http://h.example/a at=2026-12-01T22:00 -> 404",
     "1:31+16 error cond-zone: a time without an offset: write Z behind it for UTC, or +01:00\n"},
    {"@expect http://h.example/a at=x -> 404", "1:31+1 error cond-value: at= wants a time such as "
                                               "2026-12-01T22:00Z: a date is written 2026-12-01\n"},
    {"@expect http://h.example/a ip=10.0.0.0/8 -> 404",
     "1:31+10 error cond-value: ip= wants an address here\n"},
    {"@expect http://h.example/a country=de -> 404",
     "1:36+2 error cond-value: country= wants two capitals, such as DE\n"},
    {"@expect http://h.example/a header=x -> 404",
     "1:35+1 error option-value: header= wants \"Name: value\"\n"},
    {"@expect http://h.example/a header=\"x -> 404",
     "1:28+16 error option-quote: a quote that is not closed\n"},
    {"@expect http://h.example/a ip=::1 ip=::2 -> 404", "1:35+6 error cond-twice: a second ip=\n"},
    {"@expect http://h.example/a lang=de -> 404",
     "1:28+7 error directive-use: expected here: ->, or at=, header=, ip=, country= before it\n"},
    {"@expect http://h.example/a -> 200",
     "1:31+3 error directive-use: expected here: a status, one of 301, 302, 303, 307, 308, 404, "
     "410, 451 and 503\n"},
    {"@expect http://h.example/a -> 307 /b",
     "1:35+2 error directive-use: expected here: an absolute URL\n"},
    {"@expect http://h.example/a -> 410 http://x/",
     "1:35+9 error directive-use: a 410 has no Location\n"},
    {"@expect http://h.example/a -> 307 http://x/ y",
     "1:45+1 error directive-use: one word too many\n"},
    {"@expect http://h.example/a ->", "1:30+1 error directive-use: expected here: a status, one of "
                                      "301, 302, 303, 307, 308, 404, 410, 451 and 503\n"},
    {"  @expect PURGE http://h.example/ -> 301 # x", "1:11 expect PURGE http://h.example/ 301 \n"},
};

static const struct rules_case unknown_ones_cases[] = {
    {"@ordre first", "1:1+6 error directive-unknown: no such directive, did you mean @order\n"},
    {"@exclude x", "1:1+8 error directive-unknown: no such directive, did you mean @include\n"},
    {"@", "1:1+1 error directive-unknown: no such directive: there are @host, @default, @include, "
          "@order, @key, @expect\n"},
    {"@hosts x", "1:1+6 error directive-unknown: no such directive, did you mean @host\n"},
    {"@ host", "1:1+1 error directive-unknown: no such directive: there are @host, @default, "
               "@include, @order, @key, @expect\n"},
};

static const struct rules_case include_without_a_loader_cases[] = {
    {"@include x", "1:10+1 error include-none: files cannot be included here\n"},
};

static void host(void **state)
{
    (void)state;
    DUMP_RUN(host_cases, DT_FORMAT_NATIVE);
}

static void defaults(void **state)
{
    (void)state;
    DUMP_RUN(defaults_cases, DT_FORMAT_NATIVE);
}

static void order(void **state)
{
    (void)state;
    DUMP_RUN(order_cases, DT_FORMAT_NATIVE);
}

static void key(void **state)
{
    (void)state;
    DUMP_RUN(key_cases, DT_FORMAT_NATIVE);
}

static void maintenance(void **state)
{
    (void)state;
    DUMP_RUN(maintenance_cases, DT_FORMAT_NATIVE);
}

static void expect(void **state)
{
    (void)state;
    DUMP_RUN(expect_cases, DT_FORMAT_NATIVE);
}

static void unknown_ones(void **state)
{
    (void)state;
    DUMP_RUN(unknown_ones_cases, DT_FORMAT_NATIVE);
}

static void include_without_a_loader(void **state)
{
    (void)state;
    DUMP_RUN(include_without_a_loader_cases, DT_FORMAT_NATIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host),         cmocka_unit_test(defaults),
        cmocka_unit_test(order),        cmocka_unit_test(expect),
        cmocka_unit_test(key),          cmocka_unit_test(maintenance),
        cmocka_unit_test(unknown_ones), cmocka_unit_test(include_without_a_loader),
    };
    return cmocka_run_group_tests_name("rules: directive", tests, NULL, NULL);
}
