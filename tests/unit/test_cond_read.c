/* SPDX-License-Identifier: MIT
 *
 * Conditions as they are written: the syntax of each, what it is told when it is wrong, and what a
 * line's conditions come to together.
 */
#include "test_rules_dump.h"

/* ---- Small zones: a TZif file of one offset, with a footer (RFC 9636) ---- */

#define TZIF_BLOCK(offset)                                                                         \
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4" offset   \
    "\0\0ABC\0"
#define TZIF(offset, footer) TZIF_BLOCK(offset) TZIF_BLOCK(offset) "\n" footer "\n"

static enum dt_err load_zone(void *ctx, struct dt_slice name, struct dt_slice *ret_bytes)
{
    unsigned *loads = ctx;
    if (loads)
        ++*loads;
    if (dt_slice_eq(name, DT_S("Test/Plus_2")))
        *ret_bytes = DT_S(TZIF("\0\0\x1c\x20", "ABC-2"));
    else if (dt_slice_eq(name, DT_S("Test/Summer")))
        *ret_bytes = DT_S(TZIF("\0\0\x0e\x10", "CET-1CEST,M3.5.0,M10.5.0/3"));
    else if (dt_slice_eq(name, DT_S("Test/Broken")))
        *ret_bytes = DT_S("TZif2");
    else
        return dt_slice_eq(name, DT_S("Test/Io")) ? DT_ERR_IO : DT_ERR_NOT_FOUND;
    return DT_OK;
}

static const struct dt_loader loader = {.zone = load_zone};

#define RUN(cases) dump_run_with(&loader, cases, sizeof(cases) / sizeof *(cases), DT_FORMAT_NATIVE)

/* ---- One by one ---- */

static const struct rules_case method_cases[] = {
    {"/a /b method=GET", "1: /a > /b 307 method(GET)\n"},
    {"/a /b method=POST,GET,PROPFIND,GET", "1: /a > /b 307 method(GET|POST|PROPFIND)\n"},
    {"/a /b !method=GET method=POST", "1: /a > /b 307 method(POST) !method(GET)\n"},
    {"/a /b method=\"GET, HEAD\"", "1: /a > /b 307 method(GET|HEAD)\n"},
    {"/a /b method=post", "1:14+4 error cond-value: method= wants a method in capitals: POST\n"},
    {"/a /b method=GET,b@d", "1:18+3 error cond-value: method= wants methods, such as GET,HEAD\n"},
    {"/a /b method=GET,", "1:14+4 error cond-value: method= wants a value before, between and "
                          "behind commas\n"},
    {"/a /b method=", "1:7+7 error cond-value: method= wants a value\n"},
    {"/a /b !method", "1:7+7 error cond-value: !method= wants a value\n"},
    {"/a /b method=GET method=HEAD", "1:18+11 error cond-twice: a second method= (several values: "
                                     "with commas between them)\n"},
    {"/a /b !method=GET !method=HEAD", "1:19+12 error cond-twice: a second !method= (several "
                                       "values: with commas between them)\n"},
};

static const struct rules_case header_cases[] = {
    {"/a /b header=X-Beta", "1: /a > /b 307 header(x-beta)\n"},
    {"/a /b header=X-Beta:yes,on*", "1: /a > /b 307 header(x-beta:on*|yes)\n"},
    {"/a /b !header=DNT:1", "1: /a > /b 307 !header(dnt:1)\n"},
    {"/a /b header=A header=B:x !header=A:y header=A", /* the second A is the same */
     "1: /a > /b 307 header(a) header(b:x) !header(a:y)\n"},
    {"/a /b header=\"X: a b , c\"", "1: /a > /b 307 header(x:a b|c)\n"},
    {"/a /b header=X:a:b", "1: /a > /b 307 header(x:a:b)\n"},
    {"/a /b header=\"X:\\\"q\\\"\"", "1: /a > /b 307 header(x:\"q\")\n"},
    {"/a /b header=X:", "1:14+2 error cond-value: header= wants a value behind the colon, or the "
                        "name alone\n"},
    {"/a /b header=:x", "1:14+2 error cond-value: header= wants NAME or NAME:VALUE,VALUE\n"},
    {"/a /b header=\"a b:x\"", "1:15+5 error cond-value: header= wants NAME or NAME:VALUE,VALUE\n"},
    {"/a /b header=X:,a", "1:14+4 error cond-value: header= wants a value before, between and "
                          "behind commas\n"},
    {"/a /b header=\"X:a", "1:7+11 error option-quote: a quote that is not closed\n"},
};

static const struct rules_case cookie_cases[] = {
    {"/a /b cookie=SID", "1: /a > /b 307 cookie(SID)\n"},
    {"/a /b cookie=SID:a*,b !cookie=sid", "1: /a > /b 307 cookie(SID:a*|b) !cookie(sid)\n"},
    {"/a /b cookie=a;b", "1:14+3 error cond-value: cookie= wants NAME or NAME:VALUE,VALUE\n"},
};

static const struct rules_case lang_cases[] = {
    {"/a /b lang=de,fr-CH", "1: /a > /b 307 lang(de|fr-ch)\n"},
    {"/a /b !lang=EN", "1: /a > /b 307 !lang(en)\n"},
    {"/a /b lang=de_CH",
     "1:12+5 error cond-value: lang= wants language tags, such as de or fr-CH\n"},
    {"/a /b lang=de,*",
     "1:15+1 error cond-value: lang= wants language tags, such as de or fr-CH\n"},
};

static const struct rules_case country_cases[] = {
    {"/a /b country=DE,at", "1: /a > /b 307 country(AT|DE)\n"},
    {"/a /b !country=us", "1: /a > /b 307 !country(US)\n"},
    {"/a /b country=DE,Germany", "1:18+7 error cond-value: country= wants countries by their two "
                                 "letters, such as DE,AT\n"},
    {"/a /b country=D1", "1:15+2 error cond-value: country= wants countries by their two letters, "
                         "such as DE,AT\n"},
};

#define NO_NET                                                                                     \
    "ip= wants addresses and networks (10.0.0.0/8, 2001:db8::/32), with no bits set behind the "   \
    "prefix\n"

static const struct rules_case ip_cases[] = {
    {"/a /b ip=10.0.0.0/8", "1: /a > /b 307 ip(10.0.0.0/8)\n"},
    {"/a /b ip=192.0.2.7,10.1.0.0/16,10.0.0.0/8,2001:db8::/32,10.0.0.0/8,2001:db8::1",
     "1: /a > /b 307 ip(10.0.0.0/8|192.0.2.7/32|2001:db8:0:0:0:0:0:0/32)\n"},
    {"/a /b !ip=::ffff:10.0.0.0/104,::/0,0.0.0.0/0",
     "1: /a > /b 307 !ip(0:0:0:0:0:0:0:0/0|0.0.0.0/0)\n"},
    {"/a /b ip=10.0.0.1/8", "1:10+10 error cond-value: " NO_NET},
    {"/a /b !ip=10.0.0.0/8,x", "1:22+1 error cond-value: !" NO_NET},
    {"/a /b ip=10.0.0.0/33", "1:10+11 error cond-value: " NO_NET},
};

#define NO_REFERER                                                                                 \
    "referer= wants hosts (example.com, *.example.com, .example.com) or URLs "                     \
    "(https://example.com/*)\n"

static const struct rules_case referer_cases[] = {
    {"/a /b referer=News.example,*.b.example,.c.example",
     "1: /a > /b 307 referer(*.b.example|.c.example|news.example)\n"},
    {"/a /b referer=b\xc3\xbc"
     "cher.example",
     "1: /a > /b 307 referer(xn--bcher-kva.example)\n"},
    {"/a /b !referer=HTTPS://News.example/A*,//b.example/*",
     "1: /a > /b 307 !referer(//b.example/*|https://news.example/A*)\n"},
    {"/a /b referer=[2001:DB8::1]", "1: /a > /b 307 referer([2001:db8::1])\n"},
    {"/a /b referer=a.*.example", "1:15+11 error cond-value: " NO_REFERER},
    {"/a /b referer=.", "1:15+1 error cond-value: " NO_REFERER},
    {"/a /b referer=https://news.example",
     "1:15+20 error cond-value: referer= wants news.example for any page of a host, or "
     "https://news.example/*\n"},
    {"/a /b referer=/a",
     "1:15+2 error cond-value: referer= wants a URL with its scheme, or without any: "
     "//example.com/x*\n"},
    {"/a /b referer=news.example/x",
     "1:15+14 error cond-value: referer= wants a URL with its scheme, or without any: "
     "//example.com/x*\n"},
};

static const struct rules_case ua_cases[] = {
    {"/a /b ua=Googlebot,*Bot*", "1: /a > /b 307 ua(*bot*|googlebot)\n"},
    {"/a /b !ua=\"MSIE 6.0\"", "1: /a > /b 307 !ua(msie 6.0)\n"},
};

/* ---- Time ---- */

#define NO_OFFSET "a time without an offset: write Z behind it for UTC, or tz=\n"

static const struct rules_case time_cases[] = {
    {"/a /b from=2026-12-01T22:00Z until=2026-12-02T02:00:30+01:00",
     "1: /a > /b 307 time(2026-12-01T22:00:00Z..2026-12-02T01:00:30Z)\n"},
    {"/a /b from=2026-12-01T22:00Z", "1: /a > /b 307 time(2026-12-01T22:00:00Z..*)\n"},
    {"/a /b until=2026-12-01T22:00Z", "1: /a > /b 307 time(*..2026-12-01T22:00:00Z)\n"},
    {"/a /b from=2026-12-01T22:00 until=2026-12-02 tz=Test/Plus_2",
     "1: /a > /b 307 time(2026-12-01T20:00:00Z..2026-12-01T22:00:00Z)\n"},
    {"/a /b from=\"2026-07-01 12:00\" tz=Test/Summer",
     "1: /a > /b 307 time(2026-07-01T10:00:00Z..*)\n"},
    {"/a /b from=2026-07-01T12:00 tz=UTC", "1: /a > /b 307 time(2026-07-01T12:00:00Z..*)\n"},
    {"/a /b from=2026-12-01T22:00", "1:12+16 error cond-zone: " NO_OFFSET},
    {"/a /b from=2026-12-01T22:00Z until=2026-12-02", "1:36+10 error cond-zone: " NO_OFFSET},
    {"/a /b from=2026-02-30T00:00Z",
     "1:12+17 error cond-value: from= wants a time such as 2026-12-01T22:00Z: that month does not "
     "have this day\n"},
    {"/a /b until=2026-12-01T22:00Z from=2026-12-01T22:00Z",
     "1:13+17 error cond-never: until= is not behind from=: that would never be\n"},
    {"/a /b !from=2026-12-01T22:00Z", "1:7+23 error cond-negated: from= cannot be negated\n"},
    {"/a /b !until=2026-12-01T22:00Z", "1:7+24 error cond-negated: until= cannot be negated\n"},
    {"/a /b from=2026-12-01T22:00Z from=2026-12-01T22:00Z",
     "1:30+22 error cond-twice: a second from=\n"},
};

static const struct rules_case window_cases[] = {
    {"/a /b days=mon-fri", "1: /a > /b 307 window(1f )\n"},
    {"/a /b days=sat,sun hours=9-17,22:00-06:00 tz=Test/Plus_2",
     "1: /a > /b 307 window(60 540-1020|1320-360 Test/Plus_2)\n"},
    {"/a /b hours=22-24,0-1,22-24", "1: /a > /b 307 window(7f 0-60|1320-1440)\n"},
    {"/a /b hours=9-17 !days=sat-sun tz=Test/Plus_2",
     "1: /a > /b 307 window(7f 540-1020 Test/Plus_2) !window(60  Test/Plus_2)\n"},
    {"/a /b days=mon !days=sun !hours=1-2",
     "1: /a > /b 307 window(01 ) !window(40 ) !window(7f 60-120)\n"},
    {"/a /b days=monday",
     "1:12+6 error cond-value: days= wants days, such as mon-fri or sat,sun\n"},
    {"/a /b days=mon,", "1:12+4 error cond-value: days= wants days, such as mon-fri or sat,sun\n"},
    {"/a /b hours=9-17,25-26",
     "1:18+5 error cond-value: hours= wants hours, such as 9-17 or 22:00-06:00\n"},
    {"/a /b hours=9", "1:13+1 error cond-value: hours= wants hours, such as 9-17 or 22:00-06:00\n"},
};

static const struct rules_case zone_cases[] = {
    {"/a /b hours=1-2 tz=UTC", "1: /a > /b 307 window(7f 60-120)\n"},
    {"/a /b tz=Test/Plus_2 from=2026-12-01T22:00Z",
     "1:4+2 error option-clash: tz= is for days=, hours= and for times without an offset, and "
     "there are none\n"},
    {"/a /b hours=1-2 tz=Test/None",
     "1:20+9 error cond-zone: no time zone has the name Test/None (they are as in "
     "Europe/Berlin)\n"},
    {"/a /b hours=1-2 tz=Test/Broken",
     "1:20+11 error cond-zone: the file of the time zone Test/Broken is damaged\n"},
    {"/a /b hours=1-2 tz=Test/Io",
     "1:20+7 error cond-zone: the time zone Test/Io cannot be read: is tzdata "
     "installed?\n"},
    {"/a /b hours=1-2 tz=../etc/passwd",
     "1:20+13 error cond-zone: tz= wants the name of a time zone, such as Europe/Berlin\n"},
    {"/a /b hours=1-2 tz=/etc/x",
     "1:20+6 error cond-zone: tz= wants the name of a time zone, such as Europe/Berlin\n"},
    {"/a /b hours=1-2 tz=Etc//x",
     "1:20+6 error cond-zone: tz= wants the name of a time zone, such as Europe/Berlin\n"},
    {"/a /b hours=1-2 !tz=UTC", "1:17+7 error cond-negated: tz= cannot be negated\n"},
    {"/a /b hours=1-2 tz=UTC tz=UTC", "1:24+6 error cond-twice: a second tz=\n"},
};

/* ---- Shares and exceptions ---- */

static const struct rules_case percent_cases[] = {
    {"/a /b percent=10", "1: /a > /b 307 percent(0-1000)\n"},
    {"/a /b percent=50-60,10-20,15-30,30-31 percent=12.5:cookie:Uid",
     "1: /a > /b 307 percent(1000-3100|5000-6000) percent(cookie:Uid:0-1250)\n"},
    {"/a /b !percent=5:header:X-Id", "1: /a > /b 307 !percent(header:x-id:0-500)\n"},
    {"/a /b percent=0", "1: /a > /b 307 percent(0-0)\n"},
    {"/a /b percent=101", "1:15+3 error cond-value: percent= wants a share from 0 to 100, such as "
                          "10, 12.5 or 10-20\n"},
    {"/a /b percent=10:uid", "1:18+3 error cond-value: percent= wants cookie:NAME or header:NAME "
                             "behind the share\n"},
    {"/a /b percent=10:cookie:", "1:18+7 error cond-value: percent= wants the name of a cookie "
                                 "behind cookie:\n"},
    {"/a /b percent=:cookie:a", "1:15+9 error cond-value: percent= wants a share from 0 to 100, "
                                "such as 10, 12.5 or 10-20\n"},
};

static const struct rules_case except_cases[] = {
    {"/a/* /b except=/a/%7ex,10.0.0.0/8 except=/a/y/*,::1",
     "1: /a/... > /b 307 !ip(0:0:0:0:0:0:0:1/128|10.0.0.0/8) !path(/a/y/*|/a/~x)\n"},
    {"/a/* /b except=/a/b/../c !ip=192.0.2.1",
     "1: /a/... > /b 307 !ip(192.0.2.1/32) !path(/a/c)\n"},
    {"/a/* /b except=/*", "1:16+2 error cond-value: except= wants less than /*, which leaves "
                          "nothing\n"},
    {"/a/* /b except=/x/../*", "1:16+7 error cond-value: except= wants less than /*, which leaves "
                               "nothing\n"},
    {"/a/* /b except=/x*",
     "1:16+3 error cond-value: except= wants a path alone, with /* at its end at most\n"},
    {"/a/* /b except=/x?y",
     "1:16+4 error cond-value: except= wants a path alone, with /* at its end at most\n"},
    {"/a/* /b except=/x,health",
     "1:19+6 error cond-value: except= wants paths (/health, /status/*), addresses and networks\n"},
    {"/a/* /b !except=/x", "1:9+10 error cond-negated: except= cannot be negated\n"},
};

/* ---- Together ---- */

static const struct rules_case together_cases[] = {
    /* in order of kind, whatever the order of the words */
    {"/a /b ua=x method=GET percent=1 lang=de header=A\n/a /b header=a lang=DE percent=0-1 ua=X "
     "method=GET",
     "1: /a > /b 307 method(GET) header(a) lang(de) ua(x) percent(0-100)\n"
     "2: /a > /b 307 method(GET) header(a) lang(de) ua(x) percent(0-100)\n"},
    {"/a /b 302 note=no method=GET # header=x\n/c /d", "1: /a > /b 302 note=no method(GET)\n"
                                                       "2: /c > /d 307\n"},
    {"/a /b metod=POST",
     "1:7+10 error option-unknown: no option has the name metod, did you mean method=\n"},
    {"/a /b !metod=POST",
     "1:7+11 error option-unknown: no option has the name metod, did you mean method=\n"},
    {"/a /b !priority=3", "1:7+11 error cond-negated: priority= cannot be negated\n"},
    {"/a /b method=b@d lang=_ ip=x\n/c /d",
     "2: /c > /d 307\n"
     "1:14+3 error cond-value: method= wants methods, such as GET,HEAD\n"
     "1:23+1 error cond-value: lang= wants language tags, such as de or fr-CH\n"
     "1:28+1 error cond-value: " NO_NET},
};

static const struct rules_case defaults_cases[] = {
    {"@default method=GET header=A header=B !lang=de\n/a /b\n/a /b method=POST\n/a /b header=C\n"
     "/a /b !method=PUT lang=fr\n@default\n/a /b",
     "2: /a > /b 307 method(GET) header(a) header(b) !lang(de)\n"
     "3: /a > /b 307 method(POST) header(a) header(b) !lang(de)\n"
     "4: /a > /b 307 method(GET) header(c) !lang(de)\n"
     "5: /a > /b 307 method(GET) !method(PUT) header(a) header(b) lang(fr) !lang(de)\n"
     "7: /a > /b 307\n"},
    {"@default tz=Test/Plus_2 until=2026-12-02T00:00\n/a /b from=2026-12-01T00:00\n/a /b "
     "hours=9-10\n"
     "/a /b tz=UTC until=2026-12-03\n/a /b from=2027-01-01T00:00Z",
     "2: /a > /b 307 time(2026-11-30T22:00:00Z..2026-12-01T22:00:00Z)\n"
     "3: /a > /b 307 time(*..2026-12-01T22:00:00Z) window(7f 540-600 Test/Plus_2)\n"
     "4: /a > /b 307 time(*..2026-12-03T00:00:00Z)\n"
     "5:29+1 error cond-never: until= is not behind from=: that would never be\n"},
    {"@default from=2026-12-01T00:00\n/a /b",
     "2: /a > /b 307\n1:15+16 error cond-zone: " NO_OFFSET},
    {"@default except=/x\n/a/* /b\n/a/* /b except=/y",
     "2: /a/... > /b 307 !path(/x)\n3: /a/... > /b 307 !path(/y)\n"},
};

static void conditions_one_by_one(void **state)
{
    (void)state;
    RUN(method_cases);
    RUN(header_cases);
    RUN(cookie_cases);
    RUN(lang_cases);
    RUN(country_cases);
    RUN(ip_cases);
    RUN(referer_cases);
    RUN(ua_cases);
    RUN(percent_cases);
    RUN(except_cases);
}

static void times(void **state)
{
    (void)state;
    RUN(time_cases);
    RUN(window_cases);
    RUN(zone_cases);
    static const struct rules_case none[] = {
        {"/a /b hours=1-2 tz=Europe/Berlin",
         "1:20+13 error cond-zone: time zones cannot be read here\n"}};
    DUMP_RUN(none, DT_FORMAT_NATIVE);
}

static void together(void **state)
{
    (void)state;
    RUN(together_cases);
    RUN(defaults_cases);
}

static void zones_are_read_once(void **state)
{
    (void)state;
    unsigned loads = 0;
    struct dt_loader counting = {.zone = load_zone, .ctx = &loads};
    struct dt_ruleset *set = dt_ruleset_new(&counting);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("t"),
                                     DT_S("/a /b hours=1-2 tz=Test/Plus_2\n"
                                          "/c /d hours=2-3 tz=Test/Plus_2\n"
                                          "/e /f hours=2-3 tz=Test/Summer\n"),
                                     DT_FORMAT_NATIVE),
                     DT_OK);
    assert_int_equal(loads, 2);
    const struct dt_zone *zones[3];
    for (size_t i = 0; i < 3; i++)
        zones[i] = dt_ruleset_conditions(set, dt_ruleset_rule(set, i)->conditions)->list[0].zone;
    assert_ptr_equal(zones[0], zones[1]);
    assert_ptr_not_equal(zones[0], zones[2]);
    dt_ruleset_free(set);
}

/* Sets that are alike have one number; none at all is number 0. */
static void sets_are_kept_once(void **state)
{
    (void)state;
    struct dt_buf text;
    struct dt_ruleset *set = dt_ruleset_new(&loader);
    dt_buf_init(&text, 1u << 20);
    for (unsigned i = 0; i < 1000; i++)
        dt_buf_printf(&text, "/a%u /b cookie=c:v%u !method=POST\n/c%u /d\n", i, i % 100, i);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("t"), dt_buf_slice(&text), DT_FORMAT_NATIVE), DT_OK);
    assert_int_equal(dt_ruleset_conditions_count(set), 101);
    for (size_t i = 0; i < 2000; i++) {
        uint32_t number = dt_ruleset_rule(set, i)->conditions;
        assert_int_equal(number, i % 2 ? 0 : 1 + i / 2 % 100);
    }
    assert_int_equal(dt_ruleset_conditions(set, 0)->count, 0);
    assert_null(dt_ruleset_conditions(set, 101));
    dt_ruleset_free(set);
    dt_buf_release(&text);
}

static void limits(void **state)
{
    (void)state;
    struct dt_buf text;
    struct dt_ruleset *set = dt_ruleset_new(&loader);
    dt_buf_init(&text, 1u << 20);
    dt_buf_str(&text, "/a /b");
    for (unsigned i = 0; i < 65; i++)
        dt_buf_printf(&text, " header=h%u", i);
    dt_buf_str(&text, "\n/a /b hours=");
    for (unsigned i = 0; i < 65; i++)
        dt_buf_printf(&text, "%s0:%02u-%u:%02u", i ? "," : "", i % 60, 1 + i / 60, i % 60);
    dt_buf_str(&text, "\n/a /b ip=");
    for (unsigned i = 0; i < 4000; i++) /* as many as a line can hold are fine */
        dt_buf_printf(&text, "%s10.%u.%u.1", i ? "," : "", i / 250, i % 250);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("t"), dt_buf_slice(&text), DT_FORMAT_NATIVE),
                     DT_ERR_SYNTAX);
    assert_int_equal(dt_ruleset_diag_count(set), 2);
    assert_string_equal(dt_ruleset_diag(set, 0)->name, "cond-many");
    assert_string_equal(dt_ruleset_diag(set, 1)->name, "cond-value");
    assert_int_equal(dt_ruleset_count(set), 1);
    assert_int_equal(dt_ruleset_conditions(set, 1)->list[0].count, 4000);
    dt_ruleset_free(set);
    dt_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_one_by_one),
        cmocka_unit_test(times),
        cmocka_unit_test(together),
        cmocka_unit_test(zones_are_read_once),
        cmocka_unit_test(sets_are_kept_once),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests_name("rules: reading conditions", tests, NULL, NULL);
}
