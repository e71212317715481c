/* SPDX-License-Identifier: MIT
 *
 * Targets that ask for what the source captured, or for a part of the request: which mark each
 * becomes in which place, and what is said where one is unknown or would choose the host.
 */
#include "test_rules_dump.h"

static const struct rules_case captures_cases[] = {
    {"/d/* /e/:splat", "1: /d/... > /e/{0} 307\n"},
    {"/d/* https://h.example/:splat", "1: /d/... > https://h.example/{0} 307\n"},
    {"/* /:splat", "1: /... > /{0} 307\n"},
    {"/d/* /e?x=:splat&y=1", "1: /d/... > /e?x={q0}&y=1 307\n"},
    {"/d/* /e#:splat", "1: /d/... > /e#{f0} 307\n"},
    {"/d/* /e/:splat/f?p=:splat#:splat", "1: /d/... > /e/{0}/f?p={q0}#{f0} 307\n"},
    {"/d/* /e-:splat.html", "1: /d/... > /e-{0}.html 307\n"},
    {"/d/* https://h.example/Special:splat", "1: /d/... > https://h.example/Special{0} 307\n"},
    {"/d/* /e", "1: /d/... > /e 307\n"},
    {"/d/* /e/x:y", "1: /d/... > /e/x:y 307\n"},
    {"/d/:id /e-:id.html?x:id", "1: /d/<> > /e-{0}.html?x{q0} 307\n"},
    {"/d/* /x?u=urn:isbn:123&v=a:splat", "1: /d/... > /x?u=urn:isbn:123&v=a{q0} 307\n"},
    {"/d/* /e/::after", "1: /d/... > /e/::after 307\n"},
    {"/d/:x /e/%3Ax/%24/%7Bhost%7D", "1: /d/<> > /e/%3Ax/%24/%7Bhost%7D 307\n"},
    {"/d/:x /e/{foo/${x/$/{}/:1", "1: /d/<> > /e/%7Bfoo/$%7Bx/$/%7B%7D/:1 307\n"},
    {"~^/(a)(b)$ /e/$1${2}3/$0", "1: ~ ^/(a)(b)$ > /e/{1}{2}3/{0} 307\n"},
    {"~^/(a)(b)$ /e:a/$x{y", "1: ~ ^/(a)(b)$ > /e:a/$x%7By 307\n"},
    {"~^/(?<n>a)(?P<m>b)$ /e/${n}/${m}/$2", "1: ~ ^/(?<n>a)(?P<m>b)$ > /e/{1}/{2}/{2} 307\n"},
    {"/* /new{path}?{query}#{host}", "1: /... > /new{path}?{q query}#{f host} 307\n"},
    {"/d/:x /:x?s={scheme}&h={host}&p={port}",
     "1: /d/<> > /{0}?s={q scheme}&h={q host}&p={q port} 307\n"},
};

static const struct rules_case captures_in_hosts_cases[] = {
    {"/* https://{host}{path}", "1: /... > https://{h host}{path} 307\n"},
    {"/* {scheme}://{host}:8443{path}?{query}",
     "1: /... > {h scheme}://{h host}:8443{path}?{q query} 307\n"},
    {"/* https://www.{host}:{port}/:splat", "1: /... > https://www.{h host}:{h port}/{0} 307\n"},
    {"/* https://{host}", "1: /... > https://{h host} 307\n"},
    {"/* https://{host}.old.example/", "1: /... > https://{h host}.old.example/ 307\n"},
    {"/d https://h.example:{port}/", "1: /d > https://h.example:{h port}/ 307\n"},
    {"/d https://B\xc3\x9c"
     "CHER.example:{port}/",
     "1: /d > https://xn--bcher-kva.example:{h port}/ 307\n"},
    {"/d https://[::1]:{port}{path}", "1: /d > https://[::1]:{h port}{path} 307\n"},
    {"//:t.h.example/ https://:t.example/", "1: //<0>.h.example/ > https://{h0}.example/ 307\n"},
    {"//:t.h.example/ https://x-:t-y.b\xc3\xbc"
     "cher.example/",
     "1: //<0>.h.example/ > https://x-{h0}-y.xn--bcher-kva.example/ 307\n"},
    {"//:t.h.example/ https://WWW.:t.Example:80/",
     "1: //<0>.h.example/ > https://www.{h0}.example:80/ 307\n"},
    {"//:a.:b.h.example/ {scheme}://:b.:a.x.example/:a",
     "1: //<0>.<1>.h.example/ > {h scheme}://{h1}.{h0}.x.example/{0} 307\n"},
    {"@host :t.h.example\n"
     "~^/(a) https://${t}.h.example/$1",
     "2: //<0>.h.example~ ^/(a) > https://{h2}.h.example/{1} 307\n"},
};

static const struct rules_case captures_of_other_schemes_cases[] = {
    {"/d/* myapp://open/:splat?x=:splat#:splat", "1: /d/... > myapp://open/{0}?x={q0}#{f0} 307\n"},
    {"/d/* mailto:a@b.example?subject=:splat", "1: /d/... > mailto:a@b.example?subject={q0} 307\n"},
    {"/d/* myapp://h{path}", "1: /d/... > myapp://h{path} 307\n"},
    {"/d/* myapp:///:splat", "1: /d/... > myapp:///{0} 307\n"},
};

static const struct rules_case two_slashes_cases[] = {
    {"/* https://www.{host}/{path}",
     "1: /... > https://www.{h host}/{path} 307\n"
     "1:22+1 warning target-slash: {path} begins with a / of its own, and now there are two\n"},
    {"/* /{path}",
     "1: /... > /{path} 307\n"
     "1:4+1 warning target-slash: {path} begins with a / of its own, and now there are two\n"},
    {"/* /x?u=/{path}", "1: /... > /x?u=/{q path} 307\n"},
};

static const struct rules_case refused_captures_cases[] = {
    {"/d /e/:splat", "1:7+6 error target-capture: :splat stands for what the \"*\" of a source "
                     "matches, and this one has none\n"},
    {"/d/:id /e/:idd",
     "1:11+4 error target-capture: the source captures no :idd, did you mean :id\n"},
    {"/d/:id /e/:foo", "1:11+4 error target-capture: the source captures no :foo (a colon that is "
                       "meant as one is written %3A)\n"},
    {"/d /e?x=:id", "1:9+3 error target-capture: the source captures no :id (a colon that is meant "
                    "as one is written %3A)\n"},
    {"/d/* /e/:Splat",
     "1:9+6 error target-capture: the source captures no :Splat, did you mean :splat\n"},
    {"/d/:id /e/$1", "1:11+2 error target-capture: a group of a regular expression, and this "
                     "source is none (a dollar sign that is meant as one is written %24)\n"},
    {"/d/:id /e/${id}",
     "1:11+5 error target-capture: ${name} is for regular expressions, did you mean :id\n"},
    {"/d/:id /e/${host}",
     "1:11+7 error target-capture: ${name} is for regular expressions, did you mean {host}\n"},
    {"/d/:id /e/${foo}", "1:11+6 error target-capture: a group of a regular expression, and this "
                         "source is none (a dollar sign that is meant as one is written %24)\n"},
    {"/d/:id /e/{id}",
     "1:11+4 error target-capture: not a part of every request, did you mean :id\n"},
    {"/d/:id /e/{hots}",
     "1:11+6 error target-capture: not a part of a request, did you mean {host}\n"},
    {"/d/:id /e/{foo}",
     "1:11+5 error target-capture: not a part of a request: those are {scheme}, {host}, {port}, "
     "{path} and {query} (a brace that is meant as one is written %7B)\n"},
    {"/d/:id /:x/:y", "1:9+2 error target-capture: the source captures no :x (a colon that is "
                      "meant as one is written %3A)\n"
                      "1:12+2 error target-capture: the source captures no :y (a colon that is "
                      "meant as one is written %3A)\n"},
    {"~^/(a)(b)$ /e/$12",
     "1:15+3 error target-capture: no group 12 in the expression, did you mean ${1}2\n"},
    {"~^/(a)(b)$ /e/$3", "1:15+2 error target-capture: no group 3 in the expression: it has 2\n"},
    {"~^/(a)(b)$ /e/${3}", "1:15+4 error target-capture: no group 3 in the expression: it has 2\n"},
    {"~^/(a)(b)$ /e/${n}", "1:15+4 error target-capture: no group of this name in the expression, "
                           "which writes one (?<n>...)\n"},
    {"~^/(a)(b)$ /e/${host}",
     "1:15+7 error target-capture: no group of this name, did you mean {host}\n"},
    {"~^/(a)(b)$ /e/:a", "1:15+2 error target-capture: what a regular expression captures is "
                         "written $1 or ${name} (a colon that is meant as one is written %3A)\n"},
    {"~^/(?<n>a)$ /e/{n}",
     "1:16+3 error target-capture: not a part of every request, did you mean ${n}\n"},
    {"/d/* /e/*",
     "1:9+1 error target-star: a \"*\" in a target captures nothing, did you mean :splat\n"},
    {"/d/* /e/*x",
     "1:9+1 error target-star: a \"*\" in a target captures nothing, did you mean :splat\n"},
    {"/d/* myapp:x:splat", "1:13+6 error target-capture: a capture in a target that is neither "
                           "http, https nor a path stands behind its //host, or in its query\n"},
    {"/d/* myapp:/:splat", "1:13+6 error target-capture: a capture in a target that is neither "
                           "http, https nor a path stands behind its //host, or in its query\n"},
    {"~^/( /e/$4/${n}/:x", "1:5+1 error source-regex: missing closing parenthesis\n"},
    {"/:a/:a /e/:a/:b/$1", "1:5+2 error source-name: a second :a\n"},
};

static const struct rules_case open_hosts_cases[] = {
    {"/* https://:splat/",
     "1:12+6 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"/* https://a.:splat.example/",
     "1:14+6 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"/d/* https://h.example:splat/",
     "1:23+6 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"/a?h=:h https://:h/",
     "1:17+2 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"/:h https://x:h.example/",
     "1:14+2 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"~^/(.*)$ https://$1/",
     "1:18+2 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"~^/(?<h>.*)$ https://${h}.example/",
     "1:22+4 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"/* https://{query}/",
     "1:12+7 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"/* https://{port}.example/",
     "1:12+6 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"/* https://{scheme}.example/",
     "1:12+8 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"//:t.h.example/ https://:t/",
     "1:25+2 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"//:t.h.example/ https://:t./",
     "1:25+2 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"//:t.h.example/ https://:t..example/",
     "1:25+2 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"//:t.h.example/ https://:t.{host}/",
     "1:25+2 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"/d/* https://u:splat@h.example/", "1:14+17 error target-userinfo: a user name or password in "
                                        "a target is sent to everyone who asks\n"},
    {"/d/* myapp://:splat/",
     "1:14+6 error target-open: in the host of an http or https target only\n"},
    {"/d {host}/x", "1:4+8 error target-open: a target begins with /, http://, https:// or "
                    "{scheme}://, did you mean https://{host}/x\n"},
    {"/d/* :splat", "1:6+6 error target-open: a target begins with /, http://, https:// or "
                    "{scheme}://, did you mean /:splat\n"},
    {"/d {path}/", "1:4+7 error target-open: a target begins with /, http://, https:// or "
                   "{scheme}://, did you mean {scheme}://{host}{path}/\n"},
    {"~^/(.*)$ $1", "1:10+2 error target-open: a target begins with /, http://, https:// or "
                    "{scheme}://, did you mean /$1\n"},
};

static const struct rules_case opened_hosts_cases[] = {
    {"/* https://:splat/ open=yes", "1: /... open > https://{h0}/ 307\n"},
    {"/a?h=:h https://a.:h:8443/:h open=yes", "1: /a ?h <h> open > https://a.{h0}:8443/{0} 307\n"},
    {"/:h https://x:h.EXAMPLE/ open=yes", "1: /<> open > https://x{h0}.example/ 307\n"},
    {"~^/(.*)$ {scheme}://$1 open=yes", "1: ~ ^/(.*)$ open > {h scheme}://{h1} 307\n"},
    {"@default open=yes\n/:h https://:h/\n/a /b", "2: /<> open > https://{h0}/ 307\n"
                                                  "3: /a open > /b 307\n"},
    {"/* https://:splat/ open=no",
     "1:12+6 error target-open: would let the request choose the host: write open=yes if it may\n"},
    {"@default open=yes\n/:h https://:h/ open=no",
     "2:13+2 error target-open: would let the request choose the host: write open=yes if it may\n"},
};

static const struct rules_case refused_hosts_with_captures_cases[] = {
    {"/* https://x.{host}\xc3\xa9/",
     "1:12+10 error target-host: beside a capture a host has letters, digits, \"-\", \"_\" and "
     "\".\" (other scripts as xn--)\n"},
    {"//:t.h.example/ https://B\xc3\x9c.:t.example/",
     "1:25+14 error target-host: beside a capture a host has letters, digits, \"-\", \"_\" and "
     "\".\" (other scripts as xn--)\n"},
    {"//:t.h.example/ https://:t.1/", "1:25+4 error target-host: not a valid host\n"},
    {"//:t.h.example/ https://:t.example:99999/", "1:25+16 error target-host: not a valid host\n"},
    {"//:t.h.example/ https://:tt.example/", "1:25+3 error target-capture: the source captures no "
                                             ":tt (a colon that is meant as one is written %3A)\n"},
    {"//:t.h.example/ https://[:t]/", "1:25+4 error target-host: not a valid host\n"},
    {"/d https://{host}x:80:90/", "1:12+13 error target-host: not a valid host\n"},
    {"~^/(.*)$ https://h.example:$1/", "1:18+12 error target-host: not a valid host\n"},
    {"//:t.h.example/ https://:t.exa<mple/",
     "1:25+11 error target-host: beside a capture a host has letters, digits, \"-\", \"_\" and "
     "\".\" (other scripts as xn--)\n"},
    {"//:t.h.example/ https://:t.\xc3\xa9<mple/", "1:28+7 error target-host: not a valid host\n"},
    {"/* https://{host}:{port}0/", "1:12+14 error target-host: not a valid host\n"},
    {"//:t.h.example/ "
     "https://"
     ":t."
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",
     "1:25+515 error target-host: not a valid host\n"},
};

static void captures(void **state)
{
    (void)state;
    DUMP_RUN(captures_cases, DT_FORMAT_NATIVE);
}

static void captures_in_hosts(void **state)
{
    (void)state;
    DUMP_RUN(captures_in_hosts_cases, DT_FORMAT_NATIVE);
}

static void captures_of_other_schemes(void **state)
{
    (void)state;
    DUMP_RUN(captures_of_other_schemes_cases, DT_FORMAT_NATIVE);
}

static void two_slashes(void **state)
{
    (void)state;
    DUMP_RUN(two_slashes_cases, DT_FORMAT_NATIVE);
}

static void refused_captures(void **state)
{
    (void)state;
    DUMP_RUN(refused_captures_cases, DT_FORMAT_NATIVE);
}

static void open_hosts(void **state)
{
    (void)state;
    DUMP_RUN(open_hosts_cases, DT_FORMAT_NATIVE);
}

static void opened_hosts(void **state)
{
    (void)state;
    DUMP_RUN(opened_hosts_cases, DT_FORMAT_NATIVE);
}

static void refused_hosts_with_captures(void **state)
{
    (void)state;
    DUMP_RUN(refused_hosts_with_captures_cases, DT_FORMAT_NATIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captures),
        cmocka_unit_test(captures_in_hosts),
        cmocka_unit_test(captures_of_other_schemes),
        cmocka_unit_test(two_slashes),
        cmocka_unit_test(refused_captures),
        cmocka_unit_test(open_hosts),
        cmocka_unit_test(opened_hosts),
        cmocka_unit_test(refused_hosts_with_captures),
    };
    return cmocka_run_group_tests_name("rules: capture", tests, NULL, NULL);
}
