/* SPDX-License-Identifier: MIT
 *
 * HAProxy's lines as the rules that they become, in the order in which HAProxy would ask them, what
 * is refused, and what is written for rules. That the answers are HAProxy's is held to a real one:
 * see tests/e2e/haproxy.py.
 */
#include "test_rules_dump.h"

#include <detour/convert.h>

/* The maps beside the configuration. */
static enum dt_err load(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"pages.map", "# comment\nh.example/a https://x.example/a\n\nh.example/b?no /b\n"
                      "  g.example/c/   /c d\n/nohost /never\n"},
        {"paths.map", "/a /one\n/b https://x.example/:id?q={x}#f\n"},
        {"folders.map", "/f/ /folder\n/f/deep/ /deeper\n/ /all\n"},
        {"regs.map", "^/r/([a-z]+)$ /\\1/r\n\\.php$ /gone\n"},
        {"hosts.map", "a.example b.example\n"},
        {"list.lst", "/x\n# no\n/y z\n"},
    };
    (void)ctx;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (dt_slice_eq(name, dt_slice_str(files[i].name))) {
            *ret_text = dt_slice_str(files[i].text);
            return DT_OK;
        }
    return DT_ERR_NOT_FOUND;
}

static const struct dt_loader loader = {.load = load};

#define RUN(cases) dump_run_with(&loader, cases, sizeof cases / sizeof *cases, DT_FORMAT_HAPROXY)

/* What is answered, and where it goes. */
static const struct rules_case redirect_cases[] = {
    {"http-request redirect location https://x.example/ if { path / }\n"
     "http-request redirect location /b code 301 if { path /a } { hdr(host) -i h.example }\n"
     "http-request redirect prefix https://x.example code 308 if { path_beg /p/ }\n"
     "http-request redirect prefix https://x.example drop-query if { path_dir d }\n"
     "http-request redirect prefix / drop-query append-slash code 301 if { path_reg "
     "^/article/[^/]*$ }\n"
     "http-request redirect scheme https code 301 unless { ssl_fc }\n"
     "http-request redirect location /c set-cookie SEEN=1 clear-cookie U= if { path /c }\n"
     "http-request redirect location 'https://x.example%[path,regsub(\"^/old/\",/new/)]' if { "
     "path_beg /old/ }\n"
     "http-request redirect location 'https://x.example%[path,regsub(\"^/cut\",)]' if { path_beg "
     "/cut }\n"
     "http-request redirect location /w%%20%[path]?%[query] if { path /w }\n"
     "http-request redirect location https://x.example%[capture.req.uri] if { path_end .php }\n"
     "http-request redirect location /%[url_param(id)] if { path /q } { url_param(id) -m found }\n"
     "http-request return status 410 if { path /gone }\n"
     "http-request return status 503 hdr Retry-After 60 hdr X-A \"100%% b\" content-type "
     "text/plain string \"x y\" if { path /down }\n"
     "http-request return status 302 hdr Location /r hdr Cache-Control max-age=5 if { path /r }\n"
     "http-request deny deny_status 404 if { path /no }\n"
     "http-request allow if { path /free }\n"
     "redirect location /late if { path /a }\n"
     "http-request redirect location /early if { path /a }\n",
     "1: / > https://x.example/ 302 drop\n"
     "2: //h.example/a > /b 301 drop\n"
     "3: ~ ^/p/ > https://x.example{path} 308\n"
     "4: ~ /d(?:/|$) > https://x.example{path} 302 drop\n"
     "5: ~ ^(?=.*?(?:^/article/[^/]*$))(?=.*?(?:[^/]$)).*?(?:^/(.*)$) > /{1}/ 301 drop\n"
     "5: ~ ^(?=.*?(?:^/article/[^/]*$)).*?(?:^/(.*)$) > /{1} 301 drop\n"
     "6: http://*/... > https://{h host}{path} 301\n"
     "7: /c > /c 302 drop fields=<Set-Cookie: SEEN=1; path=/;\r\n"
     "Set-Cookie: U=; path=/; Max-Age=0;>\n"
     "8: ~ ^(?=.*?(?:^/old/)).*?(?:^(?:/old/)(.*)$) > https://x.example/new/{1} 302 drop\n"
     "9: ~ ^(?=.*?(?:^/cut)).*?(?:^(?:/cut)/(.*)$) > https://x.example/{1} 302 drop\n"
     "9: ~ ^(?=.*?(?:^/cut)).*?(?:^/cut$) > https://x.example 302 drop\n"
     "10: /w > /w%20{path}?{q query} 302 drop\n"
     "11: ~ \\.php$ > https://x.example{path} 302\n"
     "12: /q ?id <id> > /{0} 302 drop\n"
     "13: /gone >  410\n"
     "14: /down >  503 retry=60 fields=<X-A: 100% b>\n"
     "15: /r > /r 302 drop cache=max-age=5\n"
     "16: /no >  404\n"
     "17: /free >  0\n"
     "19: /a > /early 302 drop\n"
     "18: /a > /late 302 drop\n"
     "9:1+95 warning haproxy-location: where no / is behind what regsub takes away, HAProxy sends "
     "another host: those paths are not redirected\n"},
};

/* Tests, as sources and conditions. */
static const struct rules_case acl_cases[] = {
    {"acl a path /1 /2\n"
     "acl a path_end .x\n"
     "acl h hdr(host) -i h.example\n"
     "acl w hdr_end(host) .w.example\n"
     "acl d hdr_dom(host) d.example\n"
     "acl p dst_port 8080\n"
     "acl m method POST\n"
     "acl get method GET HEAD\n"
     "acl n src 10.0.0.0/8 192.0.2.1\n"
     "acl c req.cook(uid) -m beg 1\n"
     "acl f req.fhdr(x-a) -m sub \"a b\"\n"
     "acl ua hdr_sub(user-agent) -i Bot\n"
     "acl list path -f list.lst\n"
     "acl odd nbsrv(dynamic) lt 2\n"
     "http-request redirect location /a if a h\n"
     "http-request redirect location /nota if !a w\n"
     "http-request redirect location /or if d or p\n"
     "http-request redirect location /unless unless m h || n\n"
     "http-request redirect location /c if c f ua !n\n"
     "http-request redirect location /list if list\n"
     "http-request redirect location /neg if { path_beg /neg } !{ path /neg/a } !{ path_reg x$ } "
     "!h\n"
     "http-request redirect location /ci if { path -i /CI } METH_GET\n"
     "http-request redirect location /re if { path_reg -i ^/re } { path_sub b }\n"
     "http-request redirect location /t if { date ge 1577836800 } { path /t } TRUE\n"
     "http-request redirect location /never if FALSE\n"
     "http-request redirect location /q if { url_param(a) 1 2 }\n"
     "http-request redirect location /u if { url /u?b=1&c }\n"
     "http-request redirect location /hr if { hdr_reg(host) ^(www\\.)?r\\.example$ } { path /r }\n"
     "http-request redirect location /b if { base b.example/p }\n"
     "http-request redirect location /bb if { base_beg b.example/p }\n",
     "15: //h.example~ \\.x$ > /a 302 drop\n"
     "15: //h.example/1 > /a 302 drop\n"
     "15: //h.example/2 > /a 302 drop\n"
     "16: //*.w.example~ ^(?!.*?(?:\\.x$)) > /nota 302 drop !path(/1|/2)\n"
     "17: //.d.example/... > /or 302 drop\n"
     "17: //*:8080/... > /or 302 drop\n"
     "18: /... > /unless 302 drop !method(POST) !ip(10.0.0.0/8|192.0.2.1/32)\n"
     "18: /... > /unless 302 drop !header(host:h.example|h.example:*) "
     "!ip(10.0.0.0/8|192.0.2.1/32)\n"
     "19: /... > /c 302 drop header(x-a:*a b*) cookie(uid:1*) !ip(10.0.0.0/8|192.0.2.1/32) "
     "ua(bot)\n"
     "20: /x > /list 302 drop\n"
     "20: /y%20z > /list 302 drop\n"
     "21: ~ ^(?!.*?(?:x$)).*?(?:^/neg) > /neg 302 drop !header(host:h.example|h.example:*) "
     "!path(/neg/a)\n"
     "22: /ci ic > /ci 302 drop method(GET|HEAD)\n"
     "23: ~ ^(?=.*?(?:b)).*?(?i:^/re) > /re 302 drop\n"
     "24: /t > /t 302 drop time(2020-01-01T00:00:00Z..*)\n"
     "26: /... ?a=1 > /q 302 drop\n"
     "26: /... ?a=2 > /q 302 drop\n"
     "27: /u ?b=1&c= only > /u 302 drop\n"
     "28: /r > /hr 302 drop header(host:r.example|www.r.example)\n"
     "29: //b.example/p > /b 302 drop\n"
     "30: //b.example~ ^/p > /bb 302 drop\n"},
};

/* Maps: a rule a line, the longest beginning first. */
static const struct rules_case map_cases[] = {
    {"http-request redirect location %[base,map(pages.map)] code 301 if { base,map(pages.map) -m "
     "found }\n"
     "http-request set-var(txn.to) path,map_str(paths.map)\n"
     "http-request set-var(txn.to) path,lower,map_str(paths.map) if !{ var(txn.to) -m found } { "
     "hdr(host) h.example }\n"
     "http-request redirect location %[var(txn.to)] code 308 if { var(txn.to) -m found }\n"
     "http-request redirect location %[path,map_beg(folders.map)] ignore-empty\n"
     "http-request redirect location https://x.example%[path,map_regm(regs.map)] ignore-empty\n"
     "http-request redirect prefix https://%[hdr(host),lower,map_str(hosts.map)] if { "
     "hdr(host),lower,map_str(hosts.map) -m found }\n"
     "http-request redirect location %[path,map(paths.map,/default)] if { method POST }\n"
     "http-request return status 410 if { path,map(paths.map) -m found }\n"
     "http-request set-var(txn.h) hdr(host),lower\n"
     "http-request redirect location /var if { var(txn.h) -m str v.example }\n",
     "pages.map:2: //h.example/a > https://x.example/a 301 drop\n"
     "pages.map:4: //h.example/b%3Fno > /b 301 drop\n"
     "pages.map:5: //g.example/c/ > /c%20d 301 drop\n"
     "paths.map:1: /a > /one 308 drop\n"
     "paths.map:2: /b > https://x.example/:id?q={x}#f 308 drop\n"
     "paths.map:1: //h.example/a ic > /one 308 drop\n"
     "paths.map:2: //h.example/b ic > https://x.example/:id?q={x}#f 308 drop\n"
     "folders.map:2: ~ ^/f/deep/ > /deeper 302 drop\n"
     "folders.map:1: ~ ^/f/ > /folder 302 drop\n"
     "folders.map:3: /... > /all 302 drop\n"
     "regs.map:1: ~ ^/r/([a-z]+)$ > https://x.example/{1}/r 302 drop\n"
     "regs.map:2: ~ \\.php$ > https://x.example/gone 302 drop\n"
     "hosts.map:1: //a.example/... > https://b.example{path} 302\n"
     "paths.map:1: /a > /one 302 drop method(POST)\n"
     "paths.map:2: /b > https://x.example/:id?q={x}#f 302 drop method(POST)\n"
     "8: /... > /default 302 drop method(POST)\n"
     "paths.map:1: /a >  410\n"
     "paths.map:2: /b >  410\n"
     "11: //v.example/... > /var 302 drop\n"},
};

/* Frontends have their own ports; what else there is. */
static const struct rules_case section_cases[] = {
    {"global\n"
     "    log stdout local0\n"
     "defaults\n"
     "    mode http\n"
     "frontend a\n"
     "    bind *:80\n"
     "    option httplog\n"
     "    http-request redirect location /a if { path /x }\n"
     "    use_backend b if { path /y }\n"
     "frontend b\n"
     "    bind 10.0.0.1:8080,10.0.0.1:8081\n"
     "    acl x path /z\n"
     "    http-request redirect location /b if x\n"
     "    http-request add-header X-A 1\n"
     "backend b\n"
     "    server s 127.0.0.1:1\n"
     "    http-request redirect location /c\n",
     "8: //*:80/x > /a 302 drop\n"
     "13: //*:8080/z > /b 302 drop\n"
     "13: //*:8081/z > /b 302 drop\n"
     "17:5+12 error haproxy-section: outside of a frontend, where the requests it is for are not "
     "known: write it into the frontend\n"
     "9:5+11 warning haproxy-passed-over: use_backend is passed over: it does not redirect (1 "
     "line, this is the first)\n"
     "14:18+10 warning haproxy-passed-over: add-header is passed over: it does not redirect (1 "
     "line, this is the first)\n"},
    {"frontend a\n"
     "    http-request set-path /x%[path]\n"
     "    http-request redirect location /a if { path /x }\n",
     "3:1+52 error haproxy-changed: line 2 changes the request before it is asked here\n"},
};

/* What is refused, and why. */
static const struct rules_case mistake_cases[] = {
    {"http-request redirect location\n"
     "http-request redirect location /a code 300\n"
     "http-request redirect location /a bogus\n"
     "http-request redirect location /a if\n"
     "http-request redirect location /a if { path /a\n"
     "http-request redirect location /a if nobody\n"
     "http-request redirect location /a if { path }\n"
     "http-request redirect location /a if { nbsrv gt 2 }\n"
     "http-request redirect location /a if { path -m len 3 }\n"
     "http-request redirect location \"/$X\" if { path /a }\n"
     "http-request redirect location '/a\n"
     "http-request redirect location %[path,map(missing.map)] if { path,map(missing.map) -m found "
     "}\n"
     "http-request redirect location %[path,map(paths.map)]\n"
     "http-request redirect location /%[src] if { path /a }\n"
     "http-request redirect location /%[path,base64] if { path /a }\n"
     "http-request redirect location /%ci if { path /a }\n"
     "http-request redirect location /%[url_param(x)] if { path /a }\n"
     "http-request redirect location https://x%[path,regsub(a,b)] if { path /a }\n"
     "http-request redirect location /a if { req.fhdr(x) -m str -i b }\n"
     "http-request redirect location /a if { path /a } { hdr_reg(host) ^[a-z]+$ }\n"
     "http-request redirect location /a if { query -m sub x }\n"
     "http-request redirect location %[var(txn.none)] if { path /a }\n"
     "http-request set-var(txn.odd) req.body\n"
     "http-request redirect location %[var(txn.odd)] if { var(txn.odd) -m found }\n"
     "http-request auth realm x\n"
     "http-request redirect location htp://x\n"
     "tcp-request connection reject if { src 10.0.0.1 }\n"
     "http-request deny if { path /secret }\n"
     ".if defined(X)\n",
     "paths.map:1: /a > /one 302 drop\n"
     "paths.map:2: /b > https://x.example/:id?q={x}#f 302 drop\n"
     "28: /secret >  0\n"
     "1:23+8 error haproxy-redirect: a word that a redirect does not have, or one too few\n"
     "2:40+3 error status-unknown: 300 is not a status that a rule can answer: those are 301, 302, "
     "303, 307, 308, 404, 410, 451 and 503\n"
     "3:35+5 error haproxy-redirect: a word that a redirect does not have, or one too few\n"
     "4:35+2 error haproxy-acl: a condition is missing\n"
     "5:38+1 error haproxy-acl: a brace that is not closed\n"
     "6:38+6 error haproxy-acl: there is no acl of the name nobody\n"
     "7:40+4 error haproxy-acl: nothing to compare with\n"
     "8:40+5 error haproxy-fetch: nbsrv is nothing that a rule can ask for\n"
     "9:48+3 error haproxy-acl: a method of matching that no rule has\n"
     "10:34+1 error haproxy-environment: a variable of the environment, which is not known here\n"
     "11:32+3 error haproxy-quote: a quote that is not closed\n"
     "12:67+3 error haproxy-map: missing.map: not found\n"
     "13:1+53 error haproxy-map: what the map does not have is sent an empty Location: ask for -m "
     "found, or say ignore-empty\n"
     "14:1+53 error haproxy-location: something that no target can have\n"
     "15:1+61 error haproxy-converter: the converter base64 cannot be followed here\n"
     "16:1+50 error haproxy-location: no target can have a log variable\n"
     "17:1+62 error haproxy-location: a parameter of which the condition does not say that it is "
     "there (-m found)\n"
     "18:1+74 error haproxy-location: what regsub leaves of the path would choose the host\n"
     "19:1+64 error haproxy-acl: no condition compares a field or a cookie without case, but "
     "User-Agent\n"
     "20:1+75 error haproxy-acl: an expression for hosts that says more than a few names\n"
     "21:1+55 error haproxy-acl: a query can be asked for whole parameters: url_param\n"
     "22:1+62 error haproxy-variable: a variable that is set nowhere above\n"
     "24:1+75 error haproxy-variable: what txn.odd is set to cannot be followed\n"
     "25:14+4 error haproxy-auth: asks for a password before the lines below: no rule can\n"
     "26:1+38 error target-scheme: not http:// or https://, did you mean http://x\n"
     "27:1+11 error haproxy-answer: HAProxy asks this before all http-request lines: write it "
     "above them\n"
     "28:14+4 warning haproxy-answer: HAProxy answers itself here, by deny; no rule below is "
     "asked, and the answer is that of a request without a rule\n"
     "29:1+3 error haproxy-section: a part that is read or not depends on what is not known "
     "here\n"},
};

static void redirects(void **state)
{
    (void)state;
    RUN(redirect_cases);
}

static void tests_become_sources_and_conditions(void **state)
{
    (void)state;
    RUN(acl_cases);
}

static void maps(void **state)
{
    (void)state;
    RUN(map_cases);
}

static void sections(void **state)
{
    (void)state;
    RUN(section_cases);
}

static void mistakes(void **state)
{
    (void)state;
    RUN(mistake_cases);
}

static void recognised(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } files[] = {
        {"etc/haproxy.cfg", "global\n"},
        {"x", "# comment\n\nfrontend www\n"},
        {"x", "http-request redirect location /b if { path /a }\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct dt_ruleset *set = dt_ruleset_new(NULL);
        assert_non_null(set);
        assert_int_equal(dt_ruleset_read(set, dt_slice_str(files[i].name),
                                         dt_slice_str(files[i].text), DT_FORMAT_AUTO),
                         DT_OK);
        assert_int_equal(dt_ruleset_order(set), DT_ORDER_FIRST);
        dt_ruleset_free(set);
    }
}

/* ---- Writing ---- */

static const char written_rules[] = "//h.example/a https://x.example/a 301\n"
                                    "//h.example/b https://x.example/b 301\n"
                                    "//h.example/c https://x.example/c 301\n"
                                    "//h.example/d https://x.example/d%20 301\n"
                                    "/x /y 308 method=POST header=X-A:v*\n"
                                    "/old/* /new/:splat query=drop\n"
                                    "/share - 410 percent=10\n"
                                    "/when /x lang=de\n"
                                    "/hours /x days=mon\n"
                                    "/note /x note=\"Read this.\"\n";

/* Without the lines above the rules, which bring host and path to one form. */
static const char written_want[] =
    "== \n"
    "# 4 rules\n"
    "http-request set-var(txn.rd_to) var(txn.rd_key),map_str(redirects-301.map)\n"
    "http-request redirect code 301 location %[var(txn.rd_to)]%[var(txn.rd_tail)] if { "
    "var(txn.rd_to) -m found }\n"
    "http-request redirect code 308 location /y%[var(txn.rd_tail)] if { var(txn.rd_path) -m str /x "
    "} { method POST } { req.fhdr(x-a) -m beg v }\n"
    "http-request redirect code 307 location '/new/%[var(txn.rd_path),regsub(\"^/old/?\",\"\")]' "
    "if { var(txn.rd_path),concat(/) -m beg /old/ }\n"
    "== redirects-301.map\n"
    "h.example/a https://x.example/a\n"
    "h.example/b https://x.example/b\n"
    "h.example/c https://x.example/c\n"
    "h.example/d https://x.example/d%20\n"
    "note condition: HAProxy has no condition like percent=\n"
    "note condition: HAProxy has no condition like lang=\n"
    "note condition: HAProxy has no condition like days=/hours=\n"
    "note note: the body of the answer is the server's own\n";

static void put_lines(struct dt_buf *out, struct dt_slice text)
{
    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct dt_slice line = dt_slice_of(text.ptr, (size_t)(end - text.ptr));
        text = dt_slice_from(text, line.len + 1);
        bool above = dt_slice_starts(line, DT_S("http-request set-var(txn.rd_")) &&
                     !memmem(line.ptr, line.len, "map_str", 7);
        bool head = dt_slice_starts(line, DT_S("# Redirects")) ||
                    dt_slice_starts(line, DT_S("# redirects-")) ||
                    dt_slice_starts(line, DT_S("# in its")) ||
                    dt_slice_starts(line, DT_S("# Host,"));
        if (line.len && !above && !head)
            dt_buf_printf(out, "%.*s\n", DT_SLICE_FMT(line));
    }
}

static void maps_and_lines_are_written(void **state)
{
    (void)state;
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    struct dt_convert *convert;
    struct dt_convert_options options = {.to = DT_FORMAT_HAPROXY};
    struct dt_buf out;
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("t"), dt_slice_str(written_rules), DT_FORMAT_NATIVE),
                     DT_OK);
    assert_int_equal(dt_convert_new(set, &options, &convert), DT_OK);
    dt_buf_init(&out, 1u << 20);
    for (size_t i = 0; i < dt_convert_file_count(convert); i++) {
        struct dt_convert_file file = dt_convert_file(convert, i);
        dt_buf_printf(&out, "== %.*s\n", DT_SLICE_FMT(file.name));
        put_lines(&out, file.text);
    }
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
        cmocka_unit_test(tests_become_sources_and_conditions),
        cmocka_unit_test(maps),
        cmocka_unit_test(sections),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(recognised),
        cmocka_unit_test(maps_and_lines_are_written),
    };
    return cmocka_run_group_tests_name("rules: HAProxy", tests, NULL, NULL);
}
