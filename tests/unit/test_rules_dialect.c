/* SPDX-License-Identifier: MIT
 *
 * The three foreign formats on small texts; real maps are read in test_rules_data.c.
 */
#include "test_rules_dump.h"

static const struct rules_case govuk_cases[] = {
    {"Old Url,New Url,Status\n"
     "http://h.gov.uk/,https://www.gov.uk,301\n"
     "http://h.gov.uk,https://www.gov.uk,301\n"
     "https://H.gov.uk/A/B/?Q=1&p#frag,https://www.gov.uk/x y,301\n"
     "http://h.gov.uk/gone,,410\n",
     "2: //h.gov.uk ic is only > https://www.gov.uk 301 drop\n"
     "3: //h.gov.uk ic is only > https://www.gov.uk 301 drop\n"
     "4: //h.gov.uk/a/b ?p=&q=1 ic is only > https://www.gov.uk/x%20y 301 drop\n"
     "5: //h.gov.uk/gone ic is only >  410 drop\n"},
    {"Old Url,New Url,Status,Suggested Link,Archive Link\n"
     "http://h.gov.uk/a,,410,http://x,http://y\n",
     "2: //h.gov.uk/a ic is only >  410 drop\n"
     "1:24+14 warning govuk-columns: Suggested Link and Archive Link are links for the page of a "
     "410, and are not read\n"},
    {"\"Old Url\",\"New Url\",\"Status\"\r\n"
     "\"http://h.gov.uk/a\"\"b\",\"https://www.gov.uk/,\",\"301\"\r\n",
     "2: //h.gov.uk/a%22b ic is only > https://www.gov.uk/, 301 drop\n"},
    {"Old Url,New Url,Status\n"
     "http://h.gov.uk/a,https://x,418\n"
     "http://h.gov.uk/a,,301\n"
     "http://h.gov.uk/a,https://x,410\n"
     "http://h.gov.uk/a,https://x\n"
     "http://h.gov.uk/a,https://x,301,,,\n"
     "/a,https://x,301\n"
     "http://*.gov.uk/,https://x,301\n"
     "http://h.gov.uk/a,www.gov.uk/b,301\n"
     "http://h.gov.uk/a,https://x,\n"
     "\n"
     "ftp://h.gov.uk/a,https://x,301\n",
     "2:29+3 error govuk-status: the status \"418\" is refused: 301 and 410 are what can be "
     "answered\n"
     "3:19+1 error target-missing: a 301 needs a target\n"
     "4:19+9 error target-unwanted: a 410 has no target\n"
     "5:28+1 error csv-fields: 2 fields, where Old Url, New Url and Status are wanted\n"
     "6:35+1 error csv-fields: more than 5 fields\n"
     "7:1+2 error source-scheme: an old URL begins with http:// or https://\n"
     "8:1+16 error source-host: not a valid host: an old URL has one whole host\n"
     "9:19+12 error target-relative: a relative reference, did you mean https://www.gov.uk/b\n"
     "10:29+1 error govuk-status: the status \"\" is refused: 301 and 410 are what can be "
     "answered\n"
     "12:1+16 error source-scheme: an old URL begins with http:// or https://\n"},
    {"http://h.gov.uk/a,https://www.gov.uk/,301\n",
     "1: //h.gov.uk/a ic is only > https://www.gov.uk/ 301 drop\n"
     "1:1+41 error csv-header: the first line names the columns: Old Url,New Url,Status\n"},
    {"Old Url,New Url,Status\n"
     "\"http://h.gov.uk/a,x,301\n"
     "\"http://h.gov.uk/a\"x,y,301\n",
     "2:1+24 error csv-quote: a quote that is not closed on its line\n"
     "3:1+26 error csv-quote: text behind the closing quote\n"},
    {"Old Url,New Url,Status\n"
     "http://h.gov.uk/*,https://www.gov.uk/:splat,301\n"
     "http://h.gov.uk/:x?y=:z,https://www.gov.uk/{host}/$1/*,301\n"
     "http://h.gov.uk:8080/a,https://www.gov.uk/,301\n",
     "2: //h.gov.uk/* ic is only > https://www.gov.uk/:splat 301 drop\n"
     "3: //h.gov.uk/:x ?y=:z ic is only > https://www.gov.uk/%7Bhost%7D/$1/* 301 drop\n"
     "4: //h.gov.uk:8080/a ic is only > https://www.gov.uk/ 301 drop\n"},
    {"", ""},
};

static const struct rules_case mdn_cases[] = {
    {"# FROM-URL\tTO-URL\n"
     "/a\t/b\n"
     "\n"
     "/a b/\"c\"/\xc3\xa9\t/d e#f()\n"
     "/css/:hover/*\t/web/:hover/*\n"
     "/a\thttps://x.example/y\n",
     "2: /a > /b 301\n"
     "4: /a%20b/%22c%22/%C3%A9 > /d%20e#f() 301\n"
     "5: /css/:hover/* > /web/:hover/* 301\n"
     "6: /a > https://x.example/y 301\n"},
    {"/a /b\n"
     "/a\t/b\t/c\n"
     "\t/b\n"
     "/a\t\n"
     "a\t/b\n"
     "/a#x\t/b\n"
     "/a?x\t/b\n"
     "//h/a\t/b\n"
     "/a\tb\n"
     "/a\t//b\n",
     "1:1+5 error mdn-fields: not two fields with a tab between them\n"
     "2:1+8 error mdn-fields: not two fields with a tab between them\n"
     "3:1+3 error mdn-fields: not two fields with a tab between them\n"
     "4:1+3 error mdn-fields: not two fields with a tab between them\n"
     "5:1+1 error source-relative: a source is a path of this site and begins with one /\n"
     "6:3+2 error source-fragment: a fragment in a source: browsers never send it, so no request "
     "can match\n"
     "7:3+1 error mdn-query: a ? in a source: only paths are mapped (a ? in a page's name is "
     "written %3F)\n"
     "8:1+5 error source-relative: a source is a path of this site and begins with one /\n"
     "9:4+1 error target-relative: a relative reference, did you mean /b\n"
     "10:4+3 error target-host: \"//\" names another host, did you mean https://b\n"},
};

static const struct rules_case netlify_cases[] = {
    {"/a /b\n"
     "/a/ /b/ 302!\n"
     "/a/* /b/:splat # c\n"
     "http://h.example/* https://x.example/:splat 301!\n"
     "/a id=1 q=/x /b\n"
     "  /a\x09/b#c  301 #d\n",
     "1: /a is > /b 301\n"
     "2: /a is > /b/ 302\n"
     "3: /a/... is > /b/{0} 301\n"
     "4: http://h.example:80/... is > https://x.example/{0} 301\n"
     "5: /a ?id=1&q=/x is > /b 301\n"
     "6: /a is > /b#c 301\n"},
    {"/a/:id /b/:id\n"
     "/docs/:version/* /mesh/:splat\n"
     "/news/:year/:month/:date/:slug /blog/:date/:month/:year/:slug\n"
     "/a id=:id /b/:id\n"
     "/a/:b/* id=:id x=1 /b/:b/:id/:splat?i=:id\n"
     "/a* /b/:splat\n"
     "/a /b/$1/{host}\n"
     "/a /css/::after/x:y\n"
     "/:a id=_:x /b\n",
     "1: /a/<> is > /b/{0} 301\n"
     "2: /docs/<>/... is > /mesh/{1} 301\n"
     "3: /news/<>/<>/<>/<> is > /blog/{2}/{1}/{0}/{3} 301\n"
     "4: /a ?id <id> is > /b/{0} 301\n"
     "5: /a/<>/... ?id&x=1 <id> is > /b/{0}/{2}/{1}?i={q2} 301\n"
     "6: /a/... is > /b/{0} 301\n"
     "6: /a<*> is > /b/{0} 301\n"
     "7: /a is > /b/$1/%7Bhost%7D 301\n"
     "8: /a is > /css/::after/x:y 301\n"
     "9: /<> ?id=_:x is > /b 301\n"},
    {"/a /b 302 Country=us,DE Language=en\n"
     "/a id=:id /b?i=:id 301! language=de-AT cookie=uid\n"
     "/a /b 302 Country=usa\n"
     "/a /b 302 Cookie=a,b\n"
     "/a /b 302 Country=\n"
     "/a /b 302 Role=admin Sign=K signed=L x\n",
     "1: /a is > /b 302 lang(en) country(DE|US)\n"
     "2: /a ?id <id> is > /b?i={q0} 301 cookie(uid) lang(de-at)\n"
     "3:1+21 error cond-value: country= wants countries by their two letters, such as DE,AT\n"
     "4:11+10 error netlify-condition: several cookies are alternatives: write a rule for each\n"
     "5:11+8 error netlify-condition: Country= wants a value\n"
     "6:11+10 error netlify-condition: Role= asks for what only Netlify's own accounts and keys "
     "can tell\n"
     "6:22+6 error netlify-condition: Sign= asks for what only Netlify's own accounts and keys can "
     "tell\n"
     "6:29+8 error netlify-condition: signed= asks for what only Netlify's own accounts and keys "
     "can tell\n"
     "6:38+1 error netlify-condition: neither a status nor a condition\n"},
    {"/x/*/y /b\n"
     "/a /b 200\n"
     "/a/* 200\n"
     "/a /b 404\n"
     "/a /b 418\n"
     "/a /b abc\n"
     "/a/:id id=:id /b\n"
     "/a/:id.html /b/:id\n"
     "/a id=:id /b/:ix\n"
     "/a/* https://:splat/\n"
     "/a/* https://:splat.h.example/\n"
     "~^/a /b\n",
     "1:4+1 error source-star: Netlify has a \"*\" at the end of a path only\n"
     "2:7+3 error not-built: serving files or another server's answer (a rewrite) is not built "
     "yet\n"
     "3:6+3 error not-built: serving files or another server's answer (a rewrite) is not built "
     "yet\n"
     "4:7+3 error not-built: a page of one's own for a status is not built yet\n"
     "5:7+3 error status-unknown: 418 is not a status that a rule can answer: those are 301, 302, "
     "303, 307, 308, 404, 410, 451 and 503\n"
     "6:7+3 error status-unknown: \"abc\" is not a status\n"
     "7:1+16 error source-name: a second :id\n"
     "8:4+8 error source-name: a name is a whole segment; a part of one is written as a regex, "
     "~^/a/(?<id>[^/]+)\\.html$\n"
     "9:14+3 error target-capture: the source captures no :ix, did you mean :id\n"
     "10:14+6 error target-open: would let the request choose the host\n"
     "11:14+6 error target-open: would let the request choose the host\n"
     "12:1+4 error source-relative: a source begins with /, // or http://, did you mean /~^/a\n"},
    {"/a\n"
     "/a 301\n"
     "/a b.html\n"
     "/a x=y\n"
     "/.netlify/a /b\n"
     "a /b\n"
     "//h/a /b\n"
     "/a?x=1 /b\n"
     "http:// /b\n"
     "http://*.h.example/ /b\n"
     "http://.h.example/ /b\n"
     "http://:h.h.example/ /b\n"
     "/a x /b\n"
     "/a x=1=2 /b\n"
     "/a x=1&y /b\n"
     "/a#b /c\n"
     "/a /b/*\n"
     "/a/* /b/*\n"
     "/a /b/:splat\n"
     "/a /b?x=:y\n",
     "17: /a is > /b/* 301\n"
     "1:3+1 error target-missing: a source without a target\n"
     "2:4+3 error target-missing: a status where the target is expected\n"
     "3:4+6 error target-relative: a relative reference, did you mean /b.html\n"
     "4:7+1 error target-missing: no target: one begins with /, http:// or https://\n"
     "5:1+11 error netlify-path: paths that begin with /.netlify are Netlify's own\n"
     "6:1+1 error source-relative: a source begins with /, // or http://, did you mean /a\n"
     "7:1+5 error source-relative: a source begins with one /, http:// or https://\n"
     "8:1+6 error source-query: a query in a source: Netlify writes its conditions behind the "
     "source, as name=value\n"
     "9:8+1 error source-host: not a valid host: nothing is there\n"
     "10:1+19 error source-host: not a valid host: Netlify has no patterns for hosts\n"
     "11:1+18 error source-host: not a valid host: Netlify has no patterns for hosts\n"
     "12:1+20 error source-host: not a valid host: Netlify has no patterns for hosts\n"
     "13:4+1 error netlify-query: a query condition is written name=value\n"
     "14:4+5 error netlify-query: a query condition is written name=value\n"
     "15:4+5 error netlify-query: a query condition is written name=value\n"
     "16:3+2 error source-fragment: a fragment in a source: browsers never send it, so no request "
     "can match\n"
     "18:9+1 error target-star: a \"*\" in a target captures nothing, did you mean :splat\n"
     "19:7+6 error target-capture: :splat stands for what the \"*\" of a source matches, and this "
     "one has none\n"
     "20:9+2 error target-capture: the source captures no :y (a colon that is meant as one is "
     "written %3A)\n"},
};

static void govuk(void **state)
{
    (void)state;
    DUMP_RUN(govuk_cases, DT_FORMAT_GOVUK);
}

static void mdn(void **state)
{
    (void)state;
    DUMP_RUN(mdn_cases, DT_FORMAT_MDN);
}

static void netlify(void **state)
{
    (void)state;
    DUMP_RUN(netlify_cases, DT_FORMAT_NETLIFY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(govuk),
        cmocka_unit_test(mdn),
        cmocka_unit_test(netlify),
    };
    return cmocka_run_group_tests_name("rules: dialect", tests, NULL, NULL);
}
