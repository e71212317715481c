/* SPDX-License-Identifier: MIT
 *
 * The findings about single rules: for each kind rules that have it and rules that look alike and
 * have it not. A case is a rule text and what is found in it, a line for each finding: "2
 * open-redirect". What other passes find (loops, chains, rules that never answer) is left out.
 */
#include "lint_case.h"

#include <stdlib.h>

#define NOW "2026-11-22T12:00:00Z"

static void check_case(const struct lint_case *one)
{
    struct compiled compiled;
    compile(one->rules, &compiled);
    struct dt_check_result *result = check_at(&compiled, NOW);
    const char *got = list(result);
    if (strcmp(got, one->want) != 0)
        fail_msg("rules:\n%sexpected:\n%sgot:\n%s", one->rules, one->want, got);
    dt_check_free(result);
    compiled_release(&compiled);
}

/* The same of another format. */
static void check_format(enum dt_format format, const char *text, const char *want)
{
    struct compiled compiled;
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("file"), dt_slice_str(text), format), DT_OK);
    compile_set(set, 7, &compiled);
    struct dt_check_result *result = check_at(&compiled, NOW);
    assert_string_equal(list(result), want);
    dt_check_free(result);
    compiled_release(&compiled);
}

#define CHECK_CASES(cases)                                                                         \
    for (size_t i = 0; i < sizeof(cases) / sizeof *(cases); i++)                                   \
    check_case(&(cases)[i])

/* ---- Targets ---- */

static void the_request_cannot_choose_the_host_unseen(void **state)
{
    static const struct lint_case cases[] = {
        {"~^/go/(.+)$ https://$1/ open=yes\n", "1 open-redirect\n"},
        {"/go/:host https://:host/x open=yes\n", "1 open-redirect\n"},
        {"/go/:name https://example.com:name/ open=yes\n", "1 open-redirect\n"},
        {"/go/* https://example.com.:splat/ open=yes\n", "1 open-redirect\n"},
        {"~^/([a-z]+)$ https://$1.com/ open=yes\n", "1 open-redirect\n"},
        {"~^/([a-z]+)$ https://$1.co.uk/ open=yes\n", "1 open-redirect\n"},
        {"//:t.example.com/* https://:t.com/:splat 301 cache=1h\n", "1 open-redirect\n"},
        /* behind the capture stands somebody's domain */
        {"~^/([a-z]+)$ https://$1.example.com/ open=yes\n", ""},
        {"~^/([a-z]+)$ https://$1.example.co.uk/ open=yes\n", ""},
        {"~^/([a-z]+)$ https://shop-$1.example.com/ open=yes\n", ""},
        {"//:t.example.com/* https://:t.example.net/:splat 301 cache=1h\n", ""},
        /* a few words leave no choice */
        {"~^/(de|fr)/ https://example.$1/ open=yes\n", ""},
        {"~^/(shop(?:-old)?|blog)/ https://$1.example/ open=yes\n", ""},
        {"~^/(x)(de|fr)/ https://example.$2/ open=yes\n", ""},
        {"~^/(de|fr)/(.*) https://example.$2/ open=yes\n", "1 open-redirect\n"},
        {"~^/(de|[a-z]+)/ https://example.$1/ open=yes\n", "1 open-redirect\n"},
        /* where the client is already */
        {"http://*/* https://{host}{path} 307 until=2026-11-23T00:00Z\n", ""},
        {"/a/* https://www.{host}/:splat\n", ""},
        {"/a/* {scheme}://{host}:{port}/:splat\n", ""},
        /* a URL handed on in the query is the other's business */
        {"/out?url=:url https://login.example.com/?next=:url query=drop\n", ""},
        {"/a/* https://example.com/:splat\n", ""},
    };
    (void)state;
    CHECK_CASES(cases);
}

static void a_misspelt_url_is_found_where_it_hides(void **state)
{
    static const struct lint_case cases[] = {
        {"/a /http//www.example.ai/x\n", "1 target-suspicious\n"},
        {"/a /https:/x\n", "1 target-suspicious\n"},
        {"/a /https://www.example.ai/x\n", "1 target-suspicious\n"},
        {"/a /htp://x\n", "1 target-suspicious\n"},
        {"/a /HTTP://x\n", "1 target-suspicious\n"},
        {"/a /http%3A//x\n", "1 target-suspicious\n"},
        {"/a /mailto:x@example.com\n", "1 target-suspicious\n"},
        {"/a https://https//x\n", "1 target-suspicious\n"},
        {"/a https://http://x\n", "1 target-suspicious\n"},
        {"/a http://htp/x\n", "1 target-suspicious\n1 target-http\n"},
        {"/a https://www/x\n", "1 target-suspicious\n"},
        {"/a https://example.com/https://example.com/x\n", "1 target-suspicious\n"},
        {"/a https://example.com:80/\n", "1 target-suspicious\n"},
        {"https://h.example/a http://example.com:443/\n",
         "1 target-suspicious\n1 target-downgrade\n"},
        {"/a https://www{host}/\n", "1 target-suspicious\n"},
        {"/a ftp://me:secret@example.com/\n", "1 target-suspicious\n"},
        /* meant */
        {"/a /http/2\n/b /https\n/c /docs/http://x\n/d /x:y\n/e /http-status//x\n", ""},
        {"/a https://web.archive.org/web/2013/http://example.com/\n", ""},
        {"/a https://archive.example/http://example.com/\n", ""},
        {"/a https://http.example.com/x\n/b https://www.example.com:8443/\n", ""},
        {"/a https://www.{host}/\n/b ftp://example.com/x\n/c mailto:x@example.com\n", ""},
    };
    (void)state;
    CHECK_CASES(cases);
}

static void hosts_in_paths_placeholders_and_what_cannot_be_seen(void **state)
{
    static const struct lint_case cases[] = {
        {"/a /www.example.com/x\n", "1 target-host-in-path\n"},
        {"/a /WWW.example.com\n", "1 target-host-in-path\n"},
        {"/a /www.png\n/b /www./x\n/c /www/x.html\n/d /x/www.example.com/\n", ""},
        {"/a /b%20\n", "1 target-invisible\n"},
        {"/a /%20b\n", "1 target-invisible\n"},
        {"/a https://example.com/b%C2%A0\n", "1 target-invisible\n"},
        {"/a /b\xe2\x80\x8b/c\n", "1 target-invisible\n"},
        {"/a /b%20c\n/b /b%C2%A0c\n/c /%C3%A9\n", ""},
        {"/a /price$/5\n/b /x-$USD\n", ""},
    };
    (void)state;
    CHECK_CASES(cases);
}

static void foreign_formats_are_looked_at_too(void **state)
{
    (void)state;
    check_format(DT_FORMAT_GOVUK,
                 "Old Url,New Url,Status\n"
                 "http://h.gov.uk/a,https://www.gov.uk/:splat,301\n"
                 "http://h.gov.uk/b,https://www.gov.uk/$1/x,301\n"
                 "http://h.gov.uk/c,https://www.gov.uk/c\xc2\xa0,301\n"
                 "http://h.gov.uk/d,https://www.gov.uk/c#a$1b,301\n",
                 "2 target-placeholder\n2 permanent-uncached\n3 target-placeholder\n"
                 "4 target-invisible\n");
    check_format(DT_FORMAT_NETLIFY,
                 "/a /http//x # detour-allow: target-suspicious it is the page's name\n"
                 "# detour-allow: target-address the lab\n"
                 "/b https://192.0.2.1/\n",
                 "1 target-suspicious (it is the page's name)\n1 permanent-uncached\n"
                 "3 target-address (the lab)\n");
    check_format(DT_FORMAT_APACHE,
                 "RewriteEngine on\n"
                 "RewriteCond %{HTTP_HOST} ^old\\.example$\n"
                 "# 2019-01-01\n"
                 "RewriteRule ^(.*)$ https://new.example/$1 [R,L]\n",
                 "4 temporary-old\n4 site-temporary\n");
    check_format(DT_FORMAT_FIREBASE,
                 "{\"hosting\": {\"redirects\": [\n"
                 "{\"source\": \"/a\", \"destination\": \"/http://x # detour-allow: "
                 "target-suspicious no comment\", \"type\": 302}\n"
                 "]}}\n",
                 "2 target-suspicious\n");
}

static void hosts_have_names_of_one_script(void **state)
{
    static const struct lint_case cases[] = {
        {"/a https://192.0.2.1/\n", "1 target-address\n"},
        {"/a https://0x7f.1/\n", "1 target-address\n"},
        {"/a https://[2001:db8::1]/x\n", "1 target-address\n"},
        {"/a https://localhost/\n/b https://app.localhost:3000/\n",
         "1 target-address\n2 target-address\n"},
        {"/a https://localhost.example/\n/b https://192.example/\n/c https://1.2.3.4.example/\n",
         ""},
        {"/a https://p\xd0\xb0ypal.com/\n", "1 target-mixed-script\n"},  /* а */
        {"/a https://xn--80ak6aa92e.com/\n", "1 target-mixed-script\n"}, /* аррӏе */
        {"/a https://www.\xce\xb1"
         "bc.gr/\n",
         "1 target-mixed-script\n"}, /* α */
        {"/a https://b\xc3\xbc"
         "cher.example/\n",
         ""},                                                               /* ü */
        {"/a https://\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.example/\n", ""}, /* 日本語 */
        {"/a https://abc\xe6\x97\xa5\xe3\x81\xae\xe3\x83\x86.jp/\n", ""},   /* Latin, Han, kana */
        {"/a https://\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.com/\n", ""}, /* пример */
        {"/a https://\xed\x95\x9c\xea\xb5\xad.example/\n", ""},
    };
    (void)state;
    CHECK_CASES(cases);
}

static void https_is_not_left_for_http(void **state)
{
    static const struct lint_case cases[] = {
        {"https://h.example/a http://h.example/b\n", "1 target-downgrade\n"},
        {"https://h.example/a https://h.example/b\n", ""},
        {"https://h.example/a /b\n", ""},
        {"http://h.example/a http://h.example/b\n", ""},
        {"/a http://h.example/b\n/c http://h.example/d\n", "1 target-http\n"},
        {"//h.example:8080/a http://h.example/b\n", ""},
        {"/a {scheme}://h.example/b\n", ""},
    };
    (void)state;
    CHECK_CASES(cases);
}

/* "/a https://example.com/xxx..." so long, with what follows. */
static void check_long(size_t bytes, const char *options, const char *want)
{
    char rules[20000];
    size_t len = (size_t)snprintf(rules, sizeof rules, "/a https://example.com/");
    for (size_t i = 20; i < bytes; i++)
        rules[len++] = 'x';
    (void)snprintf(rules + len, sizeof rules - len, " 301 cache=1h%s\n", options);
    const struct lint_case one = {rules, want};
    check_case(&one);
}

static void sizes_have_limits(void **state)
{
    char field[8000] = " set-header=\"X-Long: ";
    (void)state;
    check_long(2000, "", "");
    check_long(2001, "", "1 target-long\n");
    check_long(4100, "", "1 target-long\n1 head-long\n");
    memset(field + strlen(field), 'y', 3500);
    strcat(field, "\"");
    check_long(200, field, "");
    check_long(900, field, "1 head-long\n");
}

static void the_peer_that_refuses_is_named(void **state)
{
    char rules[20000] = "/a /";
    struct compiled compiled;
    (void)state;
    memset(rules + strlen(rules), 'x', 6000);
    strcat(rules, " set-header=\"X-A: ");
    memset(rules + strlen(rules), 'y', 2500);
    strcat(rules, "\"\n");
    compile(rules, &compiled);
    struct dt_check_result *result = check_at(&compiled, NOW);
    assert_string_equal(list(result), "1 target-long\n1 head-long\n");
    struct dt_slice message = dt_check_finding(result, 1)->message;
    assert_non_null(memmem(message.ptr, message.len, "proxy_buffer_size 8k", 20));
    dt_check_free(result);
    compiled_release(&compiled);
}

/* ---- Meaning ---- */

static void permanent_redirects_that_nothing_recalls_are_told_once(void **state)
{
    static const struct lint_case cases[] = {
        {"/a /b 301\n/c /d 308\n/e /f 302\n", "1 permanent-uncached\n"},
        {"/a /b 301 cache=1d\n/c /d 308 cache=no\n", ""},
        {"/a /b 301 until=2027-01-01T00:00Z\n", ""}, /* cached no longer than it holds */
        {"/a - 410\n/b /c 307\n", ""},
        {"@default cache=1h\n/a /b 301\n@default\n/c /d 301\n", "4 permanent-uncached\n"},
    };
    (void)state;
    CHECK_CASES(cases);
}

static void time_passes(void **state)
{
    static const struct lint_case cases[] = {
        {"/a /b 302 until=2026-11-22T12:00Z\n", "1 temporary-expired\n"},
        {"/a /b 302 until=2026-11-22T12:01Z\n", ""},
        {"/a - 410 from=2020-01-01T00:00Z until=2021-01-01T00:00Z\n", "1 temporary-expired\n"},
        {"maintenance //h.example/* - until=2026-01-01T00:00Z\n", "1 temporary-expired\n"},
        /* old */
        {"# 2024-03-01: until the shop is back\n/a /b 302\n", "2 temporary-old\n"},
        {"/a /b 302 # since 2024-03-01\n", "1 temporary-old\n"},
        {"/a /b # since 2024-03-01\n", "1 temporary-old\n"},
        {"# 2024-03-01\n# because of the shop\n/a /b 302\n", "3 temporary-old\n"},
        {"/a /b 302 owner=\"web team, 2024-03-01\"\n", "1 temporary-old\n"},
        {"/a /b 302 note=\"Moved on 2024-03-01.\"\n", "1 temporary-old\n"},
        {"/a /b 302 from=2024-03-01T00:00Z\n", "1 temporary-old\n"},
        {"/a /b 302 # 2026-05-26\n", "1 temporary-old\n"}, /* 180 days */
        /* not old, not temporary, or not for all */
        {"/a /b 302 # 2026-05-27\n", ""},
        {"/a /b 302 # 2024-03-01, looked at again 2026-11-01\n", ""},
        {"# 2024-03-01\n\n/a /b 302\n", ""},
        {"/a /b 301 cache=1h # 2024-03-01\n", ""},
        {"/a /b 302 until=2027-01-01T00:00Z # 2024-03-01\n", ""},
        {"/a /de 302 lang=de # 2024-03-01\n", ""},
        {"/a /b 302 hours=22-6 # 2024-03-01\n", ""},
        {"/a /b#2024-03-01 302\n/c /2024-03-01\n", ""},
        {"/a /b 302 # version 12024-03-01, 2024-13-01, 2024-02-30\n", ""},
        {"/c /d 302 note=\"# 2024\"\n", ""},
    };
    (void)state;
    CHECK_CASES(cases);
}

static void statuses_keep_what_the_methods_bring(void **state)
{
    static const struct lint_case cases[] = {
        {"/a /b 302 method=POST\n", "1 method-changed\n"},
        {"/a /b 301 cache=1h method=GET,PUT\n", "1 method-changed\n"},
        {"/a /b 302 method=PATCH\n/c /d 302 method=DELETE\n",
         "1 method-changed\n2 method-changed\n"},
        {"/a /b 302 !method=GET,HEAD\n", "1 method-changed\n"},
        {"/a /b 307 method=POST\n/c /d 308 cache=1h method=POST\n/e /f 303 method=POST\n", ""},
        {"/a /b 302 method=GET,HEAD\n/c /d 302 !method=POST\n/e - 410 method=POST\n", ""},
        {"/a /b 302 !method=OPTIONS\n", ""},
        {"/a /b 303 method=GET\n/c /d 303 method=GET,HEAD\n", "1 see-other-get\n2 see-other-get\n"},
        {"/a /b 303\n/c /d 303 method=GET,POST\n/e /f 303 !method=GET\n", ""},
    };
    (void)state;
    CHECK_CASES(cases);
}

/* Appends the form with a number in place of each "%u". */
static size_t put_form(char *mem, size_t cap, const char *form, unsigned number)
{
    size_t len = 0;
    for (const char *p = form; *p && len + 12 < cap; p++) {
        if (p[0] == '%' && p[1] == 'u') {
            len += (size_t)snprintf(mem + len, cap - len, "%u", number);
            p++;
        } else {
            mem[len++] = *p;
        }
    }
    mem[len] = 0;
    return len;
}

/* So many pages to one place, and so many elsewhere on it. */
static void check_homes(const char *form, unsigned homes, const char *other, unsigned others,
                        const char *want)
{
    static char rules[64 << 10];
    size_t len = 0;
    for (unsigned i = 0; i < homes; i++)
        len += put_form(rules + len, sizeof rules - len, form, i);
    for (unsigned i = 0; i < others; i++)
        len += put_form(rules + len, sizeof rules - len, other, i);
    assert_true(len < sizeof rules);
    const struct lint_case one = {rules, want};
    check_case(&one);
}

static void many_pages_to_one_home_page(void **state)
{
    const char *home = "/page-%u https://new.example/ 301 cache=1h\n";
    const char *page = "/other-%u https://new.example/o/%u 301 cache=1h\n";
    const char *path = "/page-%u / 301 cache=1h\n", *moved = "/other-%u /o/%u 301 cache=1h\n";
    (void)state;
    check_homes(home, 10, page, 9, "1 soft-404\n");
    check_homes(home, 9, page, 0, "");
    check_homes(home, 10, page, 10, "");
    check_homes(home, 50, page, 90, "1 soft-404\n");
    check_homes(path, 12, moved, 3, "1 soft-404\n");
    check_homes("/page-%u https://new.example/start 301 cache=1h\n", 60, page, 0, "");
    check_homes("/page-%u https://new.example/ 302\n", 60, page, 0, "");
    check_homes("//old%u.example/ https://new.example/ 301 cache=1h\n", 60, page, 0, "");
    check_homes("/page-%u https://new.example/ 301 cache=1h lang=de\n", 60, page, 0, "");
}

static void https_comes_before_another_host(void **state)
{
    static const struct lint_case cases[] = {
        {"//example.com/* https://www.example.com/:splat 301 cache=1h\n", "1 hsts-order\n"},
        {"http://example.com/* https://www.example.com/:splat 301 cache=1h\n", "1 hsts-order\n"},
        {"http://example.com/ https://www.example.com/ 301 cache=1h\n", "1 hsts-order\n"},
        {"http://*/* https://www.{host}{path} 301 cache=1h !ua=x\n", ""},
        /* first https, then another host */
        {"http://example.com/* https://example.com/:splat 301 cache=1h\n"
         "https://example.com/* https://www.example.com/:splat 301 cache=1h\n",
         ""},
        {"http://example.com/* https://example.com/:splat 301 cache=1h\n"
         "//example.com/* https://www.example.com/:splat 301 cache=1h\n",
         ""},
        {"//www.example.com/* https://example.com/:splat 301 cache=1h\n", ""},
        {"//old.example/* https://new.example/:splat 301 cache=1h\n", ""},
        {"//example.com/blog/* https://blog.example.com/:splat 301 cache=1h\n", ""},
        {"//example.com/* https://www.notexample.com/:splat 301 cache=1h\n", ""},
        {"//example.com:8080/* https://www.example.com/:splat 301 cache=1h\n", ""},
    };
    (void)state;
    CHECK_CASES(cases);
}

static void a_whole_site_is_not_moved_for_a_while(void **state)
{
    static const struct lint_case cases[] = {
        {"//old.example/* https://new.example/:splat\n", "1 site-temporary\n"},
        {"/* https://new.example/:splat 302\n", "1 site-temporary\n"},
        {"~^/(.*)$ https://new.example/$1 302\n", "1 site-temporary\n"},
        {"//old.example/* https://new.example/ from=2026-12-01T00:00Z until=2026-12-09T00:00Z\n",
         "1 site-temporary\n"},
        {"//old.example/* https://new.example/ until=2027-12-09T00:00Z\n", "1 site-temporary\n"},
        {"//old.example/* https://new.example/ from=2026-12-01T00:00Z until=2026-12-08T00:00Z\n",
         ""},
        {"//old.example/* https://new.example/:splat 301 cache=1h\n", ""},
        {"//old.example/a/* https://new.example/:splat\n", ""},
        {"//old.example/*?a=1 https://new.example/:splat\n", ""},
        {"//old.example/* https://new.example/:splat 302 country=DE\n", ""},
        {"//old.example/* https://new.example/:splat 302 percent=10\n", ""},
        {"//old.example/* https://new.example/:splat 302 hours=22-6\n", ""},
        {"//old.example/* - 503\n//x.example/* - pass\n", ""},
        {"~^/a(.*)$ https://new.example/$1 302\n", ""},
    };
    (void)state;
    CHECK_CASES(cases);
}

/* ---- Silencing ---- */

static void a_reason_silences(void **state)
{
    static const struct lint_case cases[] = {
        {"/a https://192.0.2.1/ # detour-allow: target-address the lab has no names\n",
         "1 target-address (the lab has no names)\n"},
        {"# detour-allow: target-address the lab has no names\n/a https://192.0.2.1/\n",
         "2 target-address (the lab has no names)\n"},
        {"# see below\n#detour-allow:target-address lab\n# more\n/a https://192.0.2.1/\n",
         "4 target-address (lab)\n"},
        {"/a http://192.0.2.1/ # detour-allow: target-http,target-address both\n",
         "1 target-address (both)\n1 target-http (both)\n"},
        {"/a http://192.0.2.1/ # detour-allow: target-http, target-address both\n",
         "1 target-address (both)\n1 target-http (both)\n"},
        /* only its own rule, only what it names */
        {"/a https://192.0.2.1/ # detour-allow: target-address lab\n/b https://192.0.2.1/\n",
         "1 target-address (lab)\n2 target-address\n"},
        {"# detour-allow: target-address lab\n\n/a https://192.0.2.1/\n",
         "1 allow-unused\n3 target-address\n"},
        {"/a https://192.0.2.1/ # detour-allow: target-long lab\n",
         "1 target-address\n1 allow-unused\n"},
        {"/a https://192.0.2.1/ # detour-allow: target-adress lab\n",
         "1 target-address\n1 allow-unknown\n"},
        {"/a https://192.0.2.1/ # detour-allow: target-address\n",
         "1 target-address\n1 allow-reason\n"},
        {"/a https://192.0.2.1/ # detour-allow:\n", "1 target-address\n1 allow-unknown\n"},
        {"/a https://192.0.2.1/ # no detour-allow: target-address lab\n", "1 target-address\n"},
        {"/a https://192.0.2.1/#detour-allow:target-address\n", "1 target-address\n"},
        {"/a /b 302 note=\"# detour-allow: target-address x\"\n", ""},
        /* warnings of the compiler too */
        {"/a /b\n/a /b # detour-allow: duplicate said twice on purpose\n", ""},
        {"/a /b\n/a /b # detour-allow: conflict said twice on purpose\n", "2 allow-unused\n"},
    };
    (void)state;
    CHECK_CASES(cases);
}

static void a_misspelt_name_gets_the_nearest(void **state)
{
    struct compiled compiled;
    (void)state;
    compile("/a https://192.0.2.1/ # detour-allow: target-adress lab\n", &compiled);
    struct dt_check_result *result = check_at(&compiled, NOW);
    const struct dt_finding *finding = dt_check_finding(result, 1);
    assert_string_equal(finding->kind->name, "allow-unknown");
    struct dt_slice want =
        DT_S("there is no finding \"target-adress\", did you mean target-address");
    assert_true(dt_slice_eq(finding->message, want));
    assert_int_equal(finding->col, 39);
    assert_int_equal(finding->span, 13);
    assert_int_equal(finding->rule, UINT32_MAX);
    dt_check_free(result);
    compiled_release(&compiled);
}

/* ---- Places, and the table ---- */

static void findings_point_to_what_they_mean(void **state)
{
    struct compiled compiled;
    (void)state;
    compile(
        "/a   https://192.0.2.1/   302\n/b /x   302  method=POST\n/c https://EXAMPLE.com:80/x\n",
        &compiled);
    struct dt_check_result *result = check_at(&compiled, NOW);
    static const struct {
        uint32_t line, col, span;
    } want[] = {{1, 6, 18}, {2, 9, 3}, {3, 4, 24}};
    assert_int_equal(dt_check_count(result), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct dt_finding *finding = dt_check_finding(result, i);
        assert_int_equal(finding->line, want[i].line);
        assert_int_equal(finding->col, want[i].col);
        assert_int_equal(finding->span, want[i].span);
    }
    dt_check_free(result);
    compiled_release(&compiled);
}

static void every_kind_has_a_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < DT_FIND_COUNT; i++) {
        const struct dt_finding_kind *kind = dt_finding_kind(i);
        assert_non_null(kind);
        assert_true(kind->name && kind->name[0] && kind->says && kind->mend);
        assert_true(kind->severity <= DT_FINDING_NOTE);
        assert_ptr_equal(dt_finding_kind_find(dt_slice_str(kind->name)), kind);
        assert_int_equal(kind->says[strlen(kind->says) - 1], '.');
        assert_int_equal(kind->mend[strlen(kind->mend) - 1], '.');
    }
    assert_null(dt_finding_kind(DT_FIND_COUNT));
    assert_null(dt_finding_kind_find(DT_S("nothing")));
}

/* docs/check.md has a row for each kind, word for word, and no row for anything else. */
static void the_document_is_the_table(void **state)
{
    static const char *const severities[] = {"error", "warning", "note"};
    static char text[128 << 10];
    char path[4096], row[2048];
    const char *root = getenv("DETOUR_SOURCE_ROOT");
    size_t rows = 0;
    (void)state;
    assert_non_null(root);
    (void)snprintf(path, sizeof path, "%s/docs/check.md", root);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    (void)fclose(file);
    for (size_t i = 0; i < DT_FIND_COUNT; i++) {
        const struct dt_finding_kind *kind = dt_finding_kind(i);
        (void)snprintf(row, sizeof row, "\n| `%s` | %s | %s | %s |\n", kind->name,
                       severities[kind->severity], kind->says, kind->mend);
        if (!strstr(text, row))
            fail_msg("docs/check.md has not this row:%s", row);
    }
    for (const char *at = text; (at = strstr(at, "\n| `")) != NULL; at++)
        rows += at[5] != '-';
    assert_int_equal(rows, DT_FIND_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_cannot_choose_the_host_unseen),
        cmocka_unit_test(a_misspelt_url_is_found_where_it_hides),
        cmocka_unit_test(hosts_in_paths_placeholders_and_what_cannot_be_seen),
        cmocka_unit_test(foreign_formats_are_looked_at_too),
        cmocka_unit_test(hosts_have_names_of_one_script),
        cmocka_unit_test(https_is_not_left_for_http),
        cmocka_unit_test(sizes_have_limits),
        cmocka_unit_test(the_peer_that_refuses_is_named),
        cmocka_unit_test(permanent_redirects_that_nothing_recalls_are_told_once),
        cmocka_unit_test(time_passes),
        cmocka_unit_test(statuses_keep_what_the_methods_bring),
        cmocka_unit_test(many_pages_to_one_home_page),
        cmocka_unit_test(https_comes_before_another_host),
        cmocka_unit_test(a_whole_site_is_not_moved_for_a_while),
        cmocka_unit_test(a_reason_silences),
        cmocka_unit_test(a_misspelt_name_gets_the_nearest),
        cmocka_unit_test(findings_point_to_what_they_mean),
        cmocka_unit_test(every_kind_has_a_row),
        cmocka_unit_test(the_document_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
