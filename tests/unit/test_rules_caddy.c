/* SPDX-License-Identifier: MIT
 *
 * Caddyfiles as the rules that they become, in the order in which Caddy would ask them, what is
 * refused, and what is written for rules. That the answers are Caddy's is held to a real one: see
 * tests/e2e/caddy.py.
 */
#include "test_rules_dump.h"

#include <detour/convert.h>

static enum dt_err load(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    (void)ctx;
    if (dt_slice_eq(name, DT_S("common.caddy")))
        *ret_text = DT_S("redir /from/{args.0} /imported\n");
    else if (dt_slice_eq(name, DT_S("sites.caddy")))
        *ret_text = DT_S("i.example {\n\tredir /i /j\n}\n");
    else
        return DT_ERR_NOT_FOUND;
    return DT_OK;
}

static const struct dt_loader loader = {.load = load};

#define RUN(cases) dump_run_with(&loader, cases, sizeof cases / sizeof *cases, DT_FORMAT_CADDY)

static const struct rules_case redirects_cases[] = {
    {"http://h.example {\n"
     "\tredir /a /b\n"
     "\tredir /a/* /c{uri} permanent\n"
     "\tredir /a/long https://x.example/ 308\n"
     "\tredir * https://x.example{uri} 307\n"
     "}\n",
     "4: http://h.example/a/long ic > https://x.example/ 308 drop\n"
     "3: http://h.example~ ^/a/ ic > /c{path} 301\n"
     "2: http://h.example/a ic > /b 302 drop\n"
     "5: http://h.example/... > https://x.example{path} 307\n"},
    {"a.example, *.b.example, http://c.example:8080 {\n"
     "\tredir /x /y?{query} temporary\n"
     "}\n"
     ":80 {\n"
     "\tredir /x {scheme}://{host}{path}#f 303\n"
     "}\n",
     "2: //a.example/x ic > /y 302\n"
     "2: //a.example/... >  0\n"
     "2: //<0>.b.example/x ic > /y 302\n"
     "2: //<0>.b.example/... >  0\n"
     "2: http://c.example:8080/x ic > /y 302\n"
     "2: http://c.example:8080/... >  0\n"
     "5: http://*/x ic > {h scheme}://{h host}{path}#f 303 drop\n"
     "1:1+10 warning caddy-auto-https: rules of sites without a scheme are for http too: that "
     "Caddy sends it to https first is not read as a rule\n"},
    {"http:// {\n"
     "\troute {\n"
     "\t\tredir /a/* /1\n"
     "\t\tredir /a/b/* /2\n"
     "\t\trespond /g 410\n"
     "\t\trespond /h \"text\" 404\n"
     "\t\trespond 503\n"
     "\t}\n"
     "}\n",
     "3: http://*~ ^/a/ ic > /1 302 drop\n"
     "4: http://*~ ^/a/b/ ic > /2 302 drop\n"
     "5: http://*/g ic >  410\n"
     "6: http://*/h ic >  404\n"
     "7: http://*/... >  503\n"},
    {"h.example\n"
     "redir /a \"/b c\" # why\n"
     "redir `/d` \\\n"
     "\t/e 301\n"
     "header Cache-Control no-store\n"
     "header /z X-A b\n"
     "redir @m /n\n"
     "@m {\n"
     "\tmethod GET PUT\n"
     "\tpath /m\n"
     "}\n"
     "header @m Retry-After 5\n",
     "2: //h.example/a ic > /b%20c 302 drop cache=no-store\n"
     "3: //h.example/d ic > /e 301 drop cache=no-store\n"
     "7: //h.example/m ic > /n 302 drop cache=no-store retry=5 method(GET|PUT)\n"
     "1:1+9 warning caddy-auto-https: rules of sites without a scheme are for http too: that Caddy "
     "sends it to https first is not read as a rule\n"},
    {"http://*.t.example {\n"
     "\tredir /l https://x.example/{labels.2}/{http.request.host.labels.1} 301\n"
     "\tredir https://{labels.2}.y.example{uri}\n"
     "}\n",
     "2: http://<0>.t.example/l ic > https://x.example/{0}/t 301 drop\n"
     "3: http://<0>.t.example/... > https://{h0}.y.example{path} 302\n"},
};

static const struct rules_case matchers_cases[] = {
    {"http:// {\n"
     "\t@a {\n"
     "\t\tpath_regexp p ^/x-(\\d+)(/.*)?$\n"
     "\t\tnot path /x-1/* *.png\n"
     "\t}\n"
     "\tredir @a /y/{re.p.1}{re.p.2}\n"
     "\t@b path *.php */in/* /g*b\n"
     "\tredir @b /p\n"
     "\t@c {\n"
     "\t\tpath /c\n"
     "\t\tquery a=1 b=*\n"
     "\t}\n"
     "\tredir @c /q\n"
     "}\n",
     "6: http://*~ ^(?!(?i:/x\\-1/|.*\\.png$))/x-(\\d+)(/.*)?$ > /y/{1}{2} 302 drop\n"
     "8: http://*~ ^.*\\.php$ ic > /p 302 drop\n"
     "8: http://*~ ^.*/in/ ic > /p 302 drop\n"
     "8: http://*~ ^/g[^/]*b$ ic > /p 302 drop\n"
     "13: http://*/c ?a=1 ic > /q 302 drop\n"
     "13: http://*/c ?b ic > /q 302 drop\n"},
    {"http:// {\n"
     "\t@a {\n"
     "\t\theader X-A b*\n"
     "\t\theader X-A c\n"
     "\t\theader !X-B\n"
     "\t\theader_regexp User-Agent (?i)bot|^x.*y$\n"
     "\t\theader_regexp Cookie `(?:^|;)[ \\t]*s[ \\t]*=`\n"
     "\t\tnot remote_ip 10.1.2.3/8 ::1\n"
     "\t\tprotocol http\n"
     "\t}\n"
     "\tredir @a /x\n"
     "\t@n not host a.example\n"
     "\tredir @n /n\n"
     "}\n",
     "11: http://*/... > /x 302 drop header(x-a:b*|c) !header(x-b) cookie(s) "
     "!ip(0:0:0:0:0:0:0:1/128|10.0.0.0/8) ua(*bot*|x*y)\n"
     "12:9+4 error caddy-matcher: hosts that it is not for, in a site that names none\n"},
    {"http://a.example, http://b.example {\n"
     "\t@w not host a.example\n"
     "\tredir @w https://a.example{uri}\n"
     "\t@v vars {path} /V /W\n"
     "\tredir @v /v\n"
     "}\n",
     "5: http://a.example/V > /v 302 drop\n"
     "5: http://a.example/W > /v 302 drop\n"
     "3: http://b.example/... > https://a.example{path} 302\n"
     "5: http://b.example/V > /v 302 drop\n"
     "5: http://b.example/W > /v 302 drop\n"},
};

static const struct rules_case maps_cases[] = {
    {"http:// {\n"
     "\tmap {path} {to} {code} {\n"
     "\t\t/a /b 301\n"
     "\t\t\"/x y\" {scheme}://{host}/z 308\n"
     "\t\t~^/n-(\\d+)$ /m/${1}x\n"
     "\t\t/none -\n"
     "\t\tdefault \"\" 302\n"
     "\t}\n"
     "\t@to not vars {to} \"\"\n"
     "\tredir @to {to} {code}\n"
     "}\n",
     "3: http://*/a > /b 301 drop\n"
     "4: http://*/x%20y > {h scheme}://{h host}/z 308 drop\n"
     "5: http://*~ ^/n-(\\d+)$ > /m/{1}x 302 drop\n"},
    {"http:// {\n"
     "\tmap {uri} {raw} {\n"
     "\t\t~^[^?]* $0\n"
     "\t}\n"
     "\tmap {query} {qs} {\n"
     "\t\t~.+ ?$0\n"
     "\t}\n"
     "\tmap {raw} {to} {\n"
     "\t\t~^/p(?:/(.*))?$ /q/$1\n"
     "\t\t~(?i)^/c/?$ /d\n"
     "\t\t~^/s/([a-z]+)$ /t/$1\n"
     "\t}\n"
     "\tmap {uri} {two} {\n"
     "\t\t~^/e\\??$ /f\n"
     "\t\t~^/e\\?(?:x=1&y=2|y=2&x=1)$ /xy\n"
     "\t\t~^/k\\?(?:.*&)?q(?:=([^&]*))?(?:&|$) /find?q=$1\n"
     "\t}\n"
     "\tredir {to}{qs} 301\n"
     "\tredir {two} 302\n"
     "}\n",
     "9: http://*/p/... > /q/{0} 301\n"
     "10: http://*/c ic is > /d 301\n"
     "11: http://*~ ^/s/([a-z]+)$ > /t/{1} 301\n"
     "14: http://*/e only > /f 302 drop\n"
     "15: http://*/e ?x=1&y=2 only > /xy 302 drop\n"
     "16: http://*/k ?q <q> > /find?q={q0} 302 drop\n"
     "18:2+5 warning caddy-map-default: Caddy answers requests that the map has no line for with "
     "an empty Location: they are not redirected here\n"
     "19:2+5 warning caddy-map-default: Caddy answers requests that the map has no line for with "
     "an empty Location: they are not redirected here\n"},
    {"http:// {\n"
     "\tmap {host} {home} {\n"
     "\t\ta.example /a\n"
     "\t\tdefault /else\n"
     "\t}\n"
     "\tredir /home {home}\n"
     "}\n",
     "3: http://a.example/home ic > /a 302 drop\n"
     "4: http://*/home ic > /else 302 drop\n"},
};

static const struct rules_case blocks_cases[] = {
    {"http:// {\n"
     "\thandle /app/* {\n"
     "\t\tredir /app/x /y\n"
     "\t\trespond /app/gone 410\n"
     "\t}\n"
     "\thandle_path /api/* {\n"
     "\t\tredir /u /v\n"
     "\t\tredir https://api.example{uri}\n"
     "\t}\n"
     "\thandle {\n"
     "\t\tredir /s /t\n"
     "\t\tfile_server\n"
     "\t}\n"
     "}\n",
     "3: http://*/app/x ic > /y 302 drop\n"
     "4: http://*/app/gone ic >  410\n"
     "2: http://*~ ^/app/ ic >  0\n"
     "7: http://*/api/u ic > /v 302 drop\n"
     "8: http://*~ ^(?=(?i:/api)/(.*)$)(?i:/api/) > https://api.example/{1} 302\n"
     "6: http://*~ ^/api/ ic >  0\n"
     "11: http://*/s ic > /t 302 drop\n"
     "12:3+11 warning caddy-passed-over: file_server is passed over: it does not redirect\n"},
    {"http:// {\n"
     "\troute /r/* {\n"
     "\t\treverse_proxy /r/in/* 127.0.0.1:1\n"
     "\t\tredir {dir}up/{file}\n"
     "\t}\n"
     "\troot * /srv\n"
     "\trewrite /x /y\n"
     "}\n",
     "2:2+5 error caddy-rewrite: behind a directive that rewrites the path\n"
     "6:2+4 warning caddy-passed-over: root is passed over: it does not redirect\n"
     "7:2+7 warning caddy-passed-over: rewrite is passed over: it does not redirect\n"},
    {"(s) {\n"
     "\tredir /{args.0} /{args.1}\n"
     "}\n"
     "http://a.example {\n"
     "\timport s one two\n"
     "\timport common.caddy x\n"
     "}\n"
     "import sites.caddy\n"
     "http:// {\n"
     "\tredir /z /y\n"
     "}\n",
     "common.caddy:1: http://a.example/from/x ic > /imported 302 drop\n"
     "2: http://a.example/one ic > /two 302 drop\n"
     "2: http://a.example/... >  0\n"
     "sites.caddy:2: //i.example/i ic > /j 302 drop\n"
     "sites.caddy:2: //i.example/... >  0\n"
     "10: http://*/z ic > /y 302 drop\n"
     "sites.caddy:1:1+9 warning caddy-auto-https: rules of sites without a scheme are for http "
     "too: that Caddy sends it to https first is not read as a rule\n"},
    {"{\n"
     "\tauto_https off\n"
     "\thttp_port 8080\n"
     "}\n"
     "a.example, :8080 {\n"
     "\tredir /a /b\n"
     "}\n",
     "6: https://a.example/a ic > /b 302 drop\n"
     "6: http://*/a ic > /b 302 drop\n"},
};

static const struct rules_case mistakes_cases[] = {
    {"http:// {\n"
     "\tredir\n"
     "\tredir /a /b 200\n"
     "\tredir /c /d html\n"
     "\tredir @none /e\n"
     "\tredir /f rel\n"
     "\tredir /g {env.HOME}\n"
     "\tredir /h {re.x.1}\n"
     "\tredir /i {uri}/more\n"
     "\trespond /t 418\n"
     "\tredir /j {header.X}\n"
     "}\n",
     "5:8+5 error caddy-matcher: no matcher of this name\n"
     "3:2+5 error caddy-code: the code 200 is not one of 301, 302, 303, 307, 308, 404, 410, 451 "
     "and 503\n"
     "4:2+5 error caddy-code: html is a page with status 200 that redirects by itself\n"
     "6:1+13 error target-relative: a relative reference, did you mean /rel\n"
     "7:2+5 error target-capture: {env.HOME} cannot be put into a target here\n"
     "8:2+5 error target-capture: {re.x.1} is no group of an expression that this redirect asks\n"
     "9:2+5 error target-capture: {uri} has the query at its end: nothing but # can follow\n"
     "11:2+5 error target-capture: {header.X} cannot be put into a target here\n"
     "2:2+5 error caddy-redir: a redir has a matcher, a target and a code\n"
     "10:2+7 warning caddy-passed-over: respond is passed over: it does not redirect\n"},
    {"http:// {\n"
     "\t@e expression path('/x')\n"
     "\tredir @e /a\n"
     "\t@q not query a=1\n"
     "\tredir @q /b\n"
     "\t@n not {\n"
     "\t\tpath /x\n"
     "\t\tmethod GET\n"
     "\t}\n"
     "\tredir @n /c\n"
     "\t@h header_regexp X-A (a|b)c\n"
     "\tredir @h /d\n"
     "\thandle_path /x {\n"
     "\t\tredir /a /b\n"
     "\t}\n"
     "\troute {\n"
     "\t\trewrite /a /b\n"
     "\t\tredir /c /d\n"
     "\t}\n"
     "}\n",
     "2:5+10 error caddy-expression: expressions are not read, but for {x} != \"\"\n"
     "6:2+2 error caddy-matcher: a not with several matchers in it: write each with a not, or as a "
     "directive of its own\n"
     "4:9+5 error caddy-matcher: a query that is refused: name=value, and not its opposite\n"
     "11:5+13 error caddy-matcher: an expression for a field that cannot be spelt out as texts "
     "with stars\n"
     "13:2+11 error caddy-handle-path: a handle_path is read whose path ends in /*, and has no "
     "other star\n"
     "18:3+5 error caddy-rewrite: behind a directive that rewrites the path\n"
     "17:3+7 warning caddy-passed-over: rewrite is passed over: it does not redirect\n"},
    {"http:// {\n"
     "\tredir /a \"open\n"
     "}\n",
     "2:11+5 error caddy-quote: a quote that is not closed\n"},
    {"http:// {\n"
     "\tredir /a /b\n",
     "1:9+1 error caddy-block: a block that is not closed\n"},
    {"}\n", "1:1+1 error caddy-block: closes no block that is open\n"},
    {"h.example:99999 {\n"
     "}\n",
     "1:1+15 error caddy-address: a port that is none\n"},
    {"h.example/path {\n"
     "\tredir /a /b\n"
     "}\n",
     "1:1+14 error caddy-address: a path in a site's address\n"},
    {"h.example {\n"
     "\tredir /{$X} /b\n"
     "}\n",
     "2:8+5 error caddy-env: what the environment says is not known here\n"},
    {"import none.caddy\n", "1:8+10 error include-missing: none.caddy: not found\n"},
    {"import *.caddy\n", "1:8+7 error caddy-import: which files there are is not known here\n"},
    {"(a) {\n"
     "\timport a\n"
     "}\n"
     "http:// {\n"
     "\timport a\n"
     "}\n",
     "2:2+6 error include-depth: imported more than 16 deep\n"},
};

static const char written_rules[] = "# pages\n"
                                    "/a /b 301\n"
                                    "/c%20d /e 301 query=drop\n"
                                    "/s/ /t 301 slash=ignore\n"
                                    "//h.example/x/* https://x.example/:splat 308\n"
                                    "/i/:id /j/:id 301\n"
                                    "/q?k=1&l /m 302 query=drop params=only\n"
                                    "/g - 410\n"
                                    "/p /post 307 method=POST ua=bot\n"
                                    "/r /z 302 percent=5\n"
                                    "~^/(?=x)y /no 301\n"
                                    "/w /v?u=1 302\n";
static const char written_want[] =
    "(everywhere) {\n"
    "\tmap {uri} {raw_path} {\n"
    "\t\t~^[^?]* $0\n"
    "\t}\n"
    "\tmap {query} {qs} {\n"
    "\t\t~.+ ?$0\n"
    "\t}\n"
    "\troute {\n"
    "\t\tmap {uri} {any_found} {\n"
    "\t\t\t~^/q\\?(?:k=1&l(?:=[^&]*)?|l(?:=[^&]*)?&k=1)$ /m\n"
    "\t\t\tdefault \"\"\n"
    "\t\t}\n"
    "\t\t@any_found not vars {any_found} \"\"\n"
    "\t\tredir @any_found {any_found} 302\n"
    "\n"
    "\t\t@any_temporary {\n"
    "\t\t\tvars {path} /p\n"
    "\t\t\tmethod POST\n"
    "\t\t\theader_regexp User-Agent (?i)bot\n"
    "\t\t}\n"
    "\t\tredir @any_temporary /post{qs} 307\n"
    "\n"
    "\t\tmap {path} {any_moved} {\n"
    "\t\t\t# pages\n"
    "\t\t\t/a /b\n"
    "\t\t\t/s /t\n"
    "\t\t\t/s/ /t\n"
    "\t\t\tdefault \"\"\n"
    "\t\t}\n"
    "\t\t@any_moved not vars {any_moved} \"\"\n"
    "\t\tredir @any_moved {any_moved}{qs} 301\n"
    "\n"
    "\t\tmap {path} {any_moved_2} {\n"
    "\t\t\t\"/c d\" /e\n"
    "\t\t\tdefault \"\"\n"
    "\t\t}\n"
    "\t\t@any_moved_2 not vars {any_moved_2} \"\"\n"
    "\t\tredir @any_moved_2 {any_moved_2} 301\n"
    "\n"
    "\t\tmap {path} {any_gone} {\n"
    "\t\t\t/g yes\n"
    "\t\t}\n"
    "\t\t@any_gone vars {any_gone} yes\n"
    "\t\trespond @any_gone 410\n"
    "\n"
    "\t\tmap {raw_path} {any_moved_3} {\n"
    "\t\t\t~^/i/([^/]+)$ /j/$1\n"
    "\t\t\tdefault \"\"\n"
    "\t\t}\n"
    "\t\t@any_moved_3 not vars {any_moved_3} \"\"\n"
    "\t\tredir @any_moved_3 {any_moved_3}{qs} 301\n"
    "\n"
    "\t\trespond 404\n"
    "\t}\n"
    "}\n"
    "\n"
    "http://h.example, https://h.example {\n"
    "\tmap {uri} {raw_path} {\n"
    "\t\t~^[^?]* $0\n"
    "\t}\n"
    "\tmap {query} {qs} {\n"
    "\t\t~.+ ?$0\n"
    "\t}\n"
    "\tmap {raw_path} {permanent} {\n"
    "\t\t~^/x(?:/(.*))?$ https://x.example/$1\n"
    "\t\tdefault \"\"\n"
    "\t}\n"
    "\t@permanent not vars {permanent} \"\"\n"
    "\tredir @permanent {permanent}{qs} 308\n"
    "\timport everywhere\n"
    "}\n"
    "\n"
    "http://, https:// {\n"
    "\timport everywhere\n"
    "}\n"
    "note condition: Caddy has no condition like percent=\n"
    "note query-merge: a parameter that the target and the request both have is sent twice\n"
    "note regex: Caddy has RE2's expressions, without look-around and references\n";

static void redirects(void **state)
{
    (void)state;
    RUN(redirects_cases);
}

static void matchers(void **state)
{
    (void)state;
    RUN(matchers_cases);
}

static void maps(void **state)
{
    (void)state;
    RUN(maps_cases);
}

static void blocks(void **state)
{
    (void)state;
    RUN(blocks_cases);
}

static void mistakes(void **state)
{
    (void)state;
    RUN(mistakes_cases);
}

static void recognised(void **state)
{
    (void)state;
    const char *const names[] = {"Caddyfile", "etc/caddy/Caddyfile.prod", "site.caddy"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct dt_ruleset *set = dt_ruleset_new(NULL);
        assert_non_null(set);
        assert_int_equal(dt_ruleset_read(set, dt_slice_str(names[i]),
                                         DT_S("http:// {\n\tredir /a /b\n}\n"), DT_FORMAT_AUTO),
                         DT_OK);
        assert_int_equal(dt_ruleset_count(set), 1);
        dt_ruleset_free(set);
    }
}

static void sites_and_maps_are_written(void **state)
{
    (void)state;
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    struct dt_convert *convert;
    struct dt_convert_options options = {.to = DT_FORMAT_CADDY};
    struct dt_buf out;
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("t"), dt_slice_str(written_rules), DT_FORMAT_NATIVE),
                     DT_OK);
    assert_int_equal(dt_convert_new(set, &options, &convert), DT_OK);
    dt_buf_init(&out, 1u << 20);
    dt_buf_put(&out, dt_convert_file(convert, 0).text);
    for (size_t i = 0; i < dt_convert_note_count(convert); i++) {
        const struct dt_convert_note *note = dt_convert_note(convert, i);
        dt_buf_printf(&out, "note %s: %.*s\n", note->name, DT_SLICE_FMT(note->message));
    }
    dt_buf_char(&out, 0);
    assert_string_equal(out.ptr, written_want);
    dt_buf_release(&out);
    dt_convert_free(convert);
    dt_ruleset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redirects),
        cmocka_unit_test(matchers),
        cmocka_unit_test(maps),
        cmocka_unit_test(blocks),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(recognised),
        cmocka_unit_test(sites_and_maps_are_written),
    };
    return cmocka_run_group_tests_name("rules: Caddy", tests, NULL, NULL);
}
