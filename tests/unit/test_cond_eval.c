/* SPDX-License-Identifier: MIT
 *
 * Asking requests for conditions: what holds, what the answer then depends on, and when it may be
 * another one.
 */
#include "test_cond_world.h"

/* ---- One by one ---- */

static const struct eval_case method_cases[] = {
    {"method=GET,HEAD", "GET", "yes"}, {"method=GET,HEAD", "HEAD", "yes"},
    {"method=GET,HEAD", "POST", "no"}, {"method=get-x", "GET-X", "no"},
    {"!method=POST", "GET", "yes"},    {"!method=POST", "POST", "no"},
};

static const struct eval_case header_cases[] = {
    {"header=X-Beta", "GET", "no X-Beta"},
    {"header=X-Beta", "GET\nx-bETA: ", "yes X-Beta"},
    {"header=X-Beta", "GET\nX-Bet: 1\nX-Beta2: 1\nX-Betb: 1", "no X-Beta"},
    {"!header=X-Beta", "GET", "yes X-Beta"},
    {"!header=X-Beta", "GET\nX-Beta: 1", "no X-Beta"},
    {"header=A:yes,on*", "GET\nA: yes", "yes A"},
    {"header=A:yes,on*", "GET\nA: on and on", "yes A"},
    {"header=A:yes,on*", "GET\nA: Yes", "no A"},
    {"header=A:yes,on*", "GET\nA: yes!", "no A"},
    {"header=A:yes", "GET\nA: no\nB: x\na: yes", "yes A"}, /* any line of a repeated field */
    {"!header=A:yes", "GET\nA: no\nA: yes", "no A"},
    {"!header=A:yes", "GET", "yes A"},
    {"header=\"A:a b\"", "GET\nA: a b", "yes A"},
    {"header=A:*b*d*", "GET\nA: abcde", "yes A"},
    {"header=A:*", "GET\nA: ", "yes A"},
    {"header=A header=B", "GET\nA: 1\nB: 2", "yes A, B"},
    {"header=A header=B", "GET\nB: 2", "no A"}, /* the second was not looked at */
    {"header=A:x !header=a:xy", "GET\nA: x", "yes A"},
    {"header=User-Agent:x header=cookie:a=b", "GET\nuser-agent: x\ncookie: a=b",
     "yes Cookie, User-Agent"},
};

static const struct eval_case cookie_cases[] = {
    {"cookie=a", "GET", "no Cookie"},
    {"cookie=a", "GET\nCookie: b=1; a=2", "yes Cookie"},
    {"cookie=a", "GET\nCookie: A=2", "no Cookie"},
    {"cookie=a:2,x*", "GET\nCookie: b=1; a=2", "yes Cookie"},
    {"cookie=a:2,x*", "GET\nCookie: b=2; a=3", "no Cookie"},
    {"cookie=a:x*", "GET\nCookie: b=2\nCookie: a=xyz", "yes Cookie"},
    {"cookie=a:2", "GET\nCookie: a=1; a=2", "yes Cookie"},
    {"!cookie=a", "GET\nCookie: b=1", "yes Cookie"},
    {"!cookie=a:1", "GET\nCookie: a=1", "no Cookie"},
    {"!cookie=a:1", "GET\nCookie: a=2", "yes Cookie"},
    {"cookie=a cookie=b", "GET\nCookie: a=1; b=2", "yes Cookie"},
};

static const struct eval_case lang_cases[] = {
    {"lang=de", "GET", "no Accept-Language"},
    {"!lang=de", "GET", "yes Accept-Language"},
    {"lang=de", "GET\nAccept-Language: de-AT, en;q=0.5", "yes Accept-Language"},
    {"lang=de", "GET\nAccept-Language: en", "no Accept-Language"},
    {"lang=de", "GET\nAccept-Language: en, *;q=0.1", "yes Accept-Language"},
    {"lang=de", "GET\nAccept-Language: de;q=0, *", "no Accept-Language"},
    {"lang=de,en", "GET\nAccept-Language: fr\nAccept-Language: en", "yes Accept-Language"},
    {"!lang=de", "GET\nAccept-Language: en", "yes Accept-Language"},
};

static const struct eval_case referer_cases[] = {
    {"referer=a.example", "GET", "no Referer"},
    {"!referer=a.example", "GET", "yes Referer"},
    {"referer=a.example", "GET\nReferer: https://A.Example:8443/x?y", "yes Referer"},
    {"referer=a.example", "GET\nReferer: http://u@a.example./", "yes Referer"},
    {"referer=a.example", "GET\nReferer: https://b.a.example/", "no Referer"},
    {"referer=a.example", "GET\nReferer: https://xa.example/", "no Referer"},
    {"referer=a.example", "GET\nReferer: https://b.example/?https://a.example/", "no Referer"},
    {"referer=a.example", "GET\nReferer: a.example", "no Referer"},
    {"referer=*.a.example", "GET\nReferer: https://b.a.example/", "yes Referer"},
    {"referer=*.a.example", "GET\nReferer: https://a.example/", "no Referer"},
    {"referer=*.a.example", "GET\nReferer: https://.a.example/", "no Referer"},
    {"referer=.a.example", "GET\nReferer: https://c.b.a.example", "yes Referer"},
    {"referer=.a.example", "GET\nReferer: https://a.example", "yes Referer"},
    {"referer=.a.example", "GET\nReferer: https://ba.example", "no Referer"},
    {"referer=[::1]", "GET\nReferer: http://[::1]:80/", "yes Referer"},
    {"referer=https://a.example/x*", "GET\nReferer: https://a.example/xyz", "yes Referer"},
    {"referer=https://a.example/x*", "GET\nReferer: http://a.example/xyz", "no Referer"},
    {"referer=//a.example/x*", "GET\nReferer: http://a.example/xyz", "yes Referer"},
    {"referer=//a.example/x*", "GET\nReferer: http://b.example//a.example/xyz", "no Referer"},
};

static const struct eval_case ua_cases[] = {
    {"ua=googlebot", "GET\nUser-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)", "yes User-Agent"},
    {"ua=GoogleBot", "GET\nUser-Agent: curl/8", "no User-Agent"},
    {"ua=curl*", "GET\nUser-Agent: CURL/8", "yes User-Agent"},
    {"ua=curl*", "GET\nUser-Agent: x curl/8", "no User-Agent"},
    {"ua=bot", "GET", "no User-Agent"},
    {"!ua=bot", "GET", "yes User-Agent"},
    {"!ua=bot,curl", "GET\nUser-Agent: curl", "no User-Agent"},
};

static const struct eval_case address_cases[] = {
    {"ip=10.0.0.0/8", "GET ip=10.255.0.1", "yes *"},
    {"ip=10.0.0.0/8", "GET ip=11.0.0.0", "no *"},
    {"ip=10.0.0.0/8", "GET ip=9.255.255.255", "no *"},
    {"ip=10.0.0.0/8", "GET", "no *"}, /* not known: neither holds */
    {"!ip=10.0.0.0/8", "GET", "no *"},
    {"!ip=10.0.0.0/8", "GET ip=10.0.0.1", "no *"},
    {"!ip=10.0.0.0/8", "GET ip=192.0.2.1", "yes *"},
    {"ip=10.0.0.0/8,::/0", "GET ip=2001:db8::1", "yes *"},
    {"ip=10.0.0.0/8,::/0", "GET ip=11.0.0.1", "no *"},
    {"ip=0.0.0.0/0", "GET ip=2001:db8::1", "no *"},
    {"ip=0.0.0.0/0", "GET ip=255.1.2.3", "yes *"},
    {"ip=2001:db8::/32,192.0.2.7,192.0.2.9,192.0.2.128/25", "GET ip=192.0.2.9", "yes *"},
    {"ip=2001:db8::/32,192.0.2.7,192.0.2.9,192.0.2.128/25", "GET ip=192.0.2.8", "no *"},
    {"ip=2001:db8::/32,192.0.2.7,192.0.2.9,192.0.2.128/25", "GET ip=192.0.2.255", "yes *"},
    {"ip=2001:db8::/32,192.0.2.7,192.0.2.9,192.0.2.128/25", "GET ip=2001:db8:1::", "yes *"},
    {"ip=2001:db8::/32,192.0.2.7,192.0.2.9,192.0.2.128/25", "GET ip=2001:db9::", "no *"},
    {"country=DE,AT", "GET country=AT", "yes *"},
    {"country=DE,AT", "GET country=CH from=X-Country", "no X-Country"},
    {"country=DE,AT", "GET from=X-Country", "no X-Country"},
    {"!country=DE", "GET", "no *"},
    {"!country=DE", "GET country=FR from=X-Country", "yes X-Country"},
};

static const struct eval_case except_cases[] = {
    {"except=/a/health,/a/s/*", "GET /a/x", "yes"},
    {"except=/a/health,/a/s/*", "GET /a/health", "no"},
    {"except=/a/health,/a/s/*", "GET /a/health/", "yes"},
    {"except=/a/health,/a/s/*", "GET /a/s", "no"},
    {"except=/a/health,/a/s/*", "GET /a/s/", "no"},
    {"except=/a/health,/a/s/*", "GET /a/s/t/u", "no"},
    {"except=/a/health,/a/s/*", "GET /a/st", "yes"},
    {"except=/a/health,10.0.0.0/8", "GET /a/x ip=192.0.2.1", "yes *"},
    {"except=/a/health,10.0.0.0/8", "GET /a/x ip=10.0.0.1", "no *"},
    {"except=/a/health,10.0.0.0/8", "GET /a/health ip=192.0.2.1", "no"},
};

static void fields_and_addresses(void **state)
{
    (void)state;
    RUN(method_cases);
    RUN(header_cases);
    RUN(cookie_cases);
    RUN(lang_cases);
    RUN(referer_cases);
    RUN(ua_cases);
    RUN(address_cases);
    RUN(except_cases);
}

/* ---- Time ---- */

#define FROM "from=2026-12-01T22:00Z "
#define UNTIL "until=2026-12-02T02:00Z "

static const struct eval_case time_cases[] = {
    {FROM UNTIL, "GET at=2026-12-01T21:59:59Z", "no @2026-12-01T22:00:00Z"},
    {FROM UNTIL, "GET at=2026-12-01T22:00:00Z", "yes @2026-12-02T02:00:00Z"},
    {FROM UNTIL, "GET at=2026-12-02T01:59:59Z", "yes @2026-12-02T02:00:00Z"},
    {FROM UNTIL, "GET at=2026-12-02T02:00:00Z", "no"},
    {FROM, "GET at=2026-12-01T00:00Z", "no @2026-12-01T22:00:00Z"},
    {FROM, "GET at=2030-12-01T00:00Z", "yes"},
    {UNTIL, "GET at=2020-12-01T00:00Z", "yes @2026-12-02T02:00:00Z"},
    {FROM UNTIL, "GET", "no"}, /* not known */
    {"days=mon", "GET", "no"},
    {"!days=mon", "GET", "no"},
    {"hours=9-17", "GET at=2026-12-01T09:00Z", "yes @2026-12-01T17:00:00Z"},
    {"hours=9-17", "GET at=2026-12-01T08:59:59Z", "no @2026-12-01T09:00:00Z"},
    {"hours=9-17", "GET at=2026-12-01T17:00Z", "no @2026-12-02T09:00:00Z"},
    {"!hours=9-17", "GET at=2026-12-01T17:00Z", "yes @2026-12-02T09:00:00Z"},
    {"days=tue hours=22:00-06:00", "GET at=2026-12-01T23:00Z", "yes @2026-12-02T06:00:00Z"},
    {"days=tue hours=22:00-06:00", "GET at=2026-12-02T05:59Z", "yes @2026-12-02T06:00:00Z"},
    {"days=tue hours=22:00-06:00", "GET at=2026-12-01T05:59Z", "no @2026-12-01T22:00:00Z"},
    /* the earlier of two; and what comes behind a time that does not hold was not looked at */
    {"hours=9-17 " UNTIL, "GET at=2026-12-02T00:30Z", "no @2026-12-02T02:00:00Z"},
    {"hours=0-1 " UNTIL, "GET at=2026-12-02T00:30Z", "yes @2026-12-02T01:00:00Z"},
    {FROM "hours=0-1", "GET at=2026-12-01T00:30Z", "no @2026-12-01T22:00:00Z"},
    {FROM "header=A ip=::1", "GET at=2026-12-01T00:30Z", "no @2026-12-01T22:00:00Z"},
    {UNTIL "method=POST header=A", "GET at=2026-12-01T00:30Z", "no @2026-12-02T02:00:00Z"},
    {UNTIL "header=A ip=::1", "GET at=2026-12-01T00:30Z", "no A @2026-12-02T02:00:00Z"},
    {UNTIL "header=A ip=::1", "GET at=2026-12-01T00:30Z ip=::1\nA: b",
     "yes * @2026-12-02T02:00:00Z"},
    {UNTIL "except=/a/x", "GET /a/x at=2026-12-01T00:30Z", "no"},
    {"country=DE ip=::1 percent=100", "GET country=FR from=C", "no C"},
    {"country=DE ip=::1 cookie=x", "GET country=DE from=C", "no Cookie"},
};

static const struct eval_case zone_cases[] = {
    /* clocks go forward at 2026-03-29T01:00Z, back at 2026-10-25T01:00Z */
    {"hours=2-3 tz=Europe/Berlin", "GET at=2026-03-28T01:30Z", "yes @2026-03-28T02:00:00Z"},
    {"hours=2-3 tz=Europe/Berlin", "GET at=2026-03-29T01:00Z", "no @2026-03-30T00:00:00Z"},
    {"hours=2-3 tz=Europe/Berlin", "GET at=2026-10-25T00:00Z", "yes @2026-10-25T02:00:00Z"},
    {"days=fri hours=22-6 tz=Europe/Berlin", "GET at=2026-07-04T03:59:59Z",
     "yes @2026-07-04T04:00:00Z"},
    {"days=fri hours=22-6 tz=Europe/Berlin", "GET at=2026-07-04T04:00Z",
     "no @2026-07-10T20:00:00Z"},
    {"hours=9-17 tz=Asia/Kathmandu", "GET at=2026-12-01T03:15Z", "yes @2026-12-01T11:15:00Z"},
    {"from=2026-07-01T12:00 tz=America/New_York", "GET at=2026-07-01T15:59:59Z",
     "no @2026-07-01T16:00:00Z"},
};

static void times(void **state)
{
    (void)state;
    RUN(time_cases);
    if (has_zones())
        RUN(zone_cases);
}

static void until_is_told(void **state)
{
    struct world w;
    struct asked asked;
    struct dt_cond_outcome outcome;
    (void)state;
    world_read(&w, DT_S("/a /b until=2026-12-02T02:00Z except=/x\n/a /b method=GET"));
    ask(&asked, "GET /x");
    assert_true(hold(&w, 0, &asked.request, &outcome));
    assert_int_equal(outcome.until, 1796176800);
    assert_false(outcome.holds);
    assert_true(hold(&w, 1, &asked.request, &outcome));
    assert_true(outcome.until == DT_TIME_MAX);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_addresses),
        cmocka_unit_test(times),
        cmocka_unit_test(until_is_told),
    };
    return cmocka_run_group_tests_name("rules: asking conditions", tests, NULL, free_zones);
}
