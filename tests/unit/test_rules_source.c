/* SPDX-License-Identifier: MIT
 *
 * Sources of the native language: every form that is read, and what is said of every one that is
 * not.
 */
#include "test_rules_dump.h"

static const struct rules_case paths_cases[] = {
    {"/a /b", "1: /a > /b 307\n"},
    {"/ /b", "1: / > /b 307\n"},
    {"  /a\t \t/b  ", "1: /a > /b 307\n"},
    {"/a/b.html /b", "1: /a/b.html > /b 307\n"},
    {"/A-b_c~d!$&'()+,;=@ /b", "1: /A-b_c~d!$&'()+,;=@ > /b 307\n"},
    {"/a//b /b", "1: /a//b > /b 307\n"},
    {"/a/./b/../c /b", "1: /a/c > /b 307\n"},
    {"/%7euser/%c3%a9 /b", "1: /~user/%C3%A9 > /b 307\n"},
    {"/caf\xc3\xa9/\"x\" /b", "1: /caf%C3%A9/%22x%22 > /b 307\n"},
    {"/100% /b", "1: /100%25 > /b 307\n"},
    {"/a%2Fb%5c%00 /b", "1: /a%2Fb%5C%00 > /b 307\n"},
    {"/a[1]|{x}^` /b", "1: /a%5B1%5D%7C%7Bx%7D%5E%60 > /b 307\n"},
    {"/a /b\r\n"
     "/c /d",
     "1: /a > /b 307\n"
     "2: /c > /d 307\n"},
    {"\xef\xbb\xbf/a /b", "1: /a > /b 307\n"},
    {"/a /b\n"
     "\n"
     " \t\n"
     "# x\n"
     "/c /d # y",
     "1: /a > /b 307\n"
     "5: /c > /d 307\n"},
    {"/a:b /b", "1: /a:b > /b 307\n"},
    {"/:-moz /b", "1: /:-moz > /b 307\n"},
    {"/a\\b /b", "1: /a%5Cb > /b 307\n"},
};

static const struct rules_case prefixes_cases[] = {
    {"/dir/* /b", "1: /dir/... > /b 307\n"},
    {"/* /b", "1: /... > /b 307\n"},
    {"/a/./b/../* /b", "1: /a/... > /b 307\n"},
    {"/dir//* /b", "1: /dir//... > /b 307\n"},
    {"/dir/*?x=1 /b", "1: /dir/... ?x=1 > /b 307\n"},
    {"//h.example/* /b", "1: //h.example/... > /b 307\n"},
    {"/caf\xc3\xa9/* /b", "1: /caf%C3%A9/... > /b 307\n"},
    {"/dir/%2E/* /b", "1: /dir/... > /b 307\n"},
};

static const struct rules_case hosts_cases[] = {
    {"//www.Example.com/a /b", "1: //www.example.com/a > /b 307\n"},
    {"//h.example /b", "1: //h.example/ > /b 307\n"},
    {"//h.example?x /b", "1: //h.example/ ?x > /b 307\n"},
    {"//*.h.example/a /b", "1: //*.h.example/a > /b 307\n"},
    {"//.h.example/a /b", "1: //.h.example/a > /b 307\n"},
    {"//h.example:8080/a /b", "1: //h.example:8080/a > /b 307\n"},
    {"//h.example:/a /b", "1: //h.example/a > /b 307\n"},
    {"//*/a /b", "1: /a > /b 307\n"},
    {"//*:8080/a /b", "1: //*:8080/a > /b 307\n"},
    {"http://h.example/a /b", "1: http://h.example:80/a > /b 307\n"},
    {"https://h.example/a /b", "1: https://h.example:443/a > /b 307\n"},
    {"HTTPS://h.example/a /b", "1: https://h.example:443/a > /b 307\n"},
    {"https://h.example:8443/a /b", "1: https://h.example:8443/a > /b 307\n"},
    {"http://h.example:80/a /b", "1: http://h.example:80/a > /b 307\n"},
    {"https://*.h.example/a /b", "1: https://*.h.example:443/a > /b 307\n"},
    {"https://*/a /b", "1: https://*:443/a > /b 307\n"},
    {"//b\xc3\xbc"
     "cher.example/a /b",
     "1: //xn--bcher-kva.example/a > /b 307\n"},
    {"//[::1]:81/a /b", "1: //[::1]:81/a > /b 307\n"},
    {"//0x7f.1/a /b", "1: //127.0.0.1/a > /b 307\n"},
    {"//h.example./a /b", "1: //h.example/a > /b 307\n"},
    {"//h.example/a /b\n"
     "//h.example/c /d\n"
     "http://h.example/c /d\n"
     "//h.example/e /f",
     "1: //h.example/a > /b 307\n"
     "2: //h.example/c > /d 307\n"
     "3: http://h.example:80/c > /d 307\n"
     "4: //h.example/e > /f 307\n"},
};

static const struct rules_case queries_cases[] = {
    {"/a?x=1 /b", "1: /a ?x=1 > /b 307\n"},
    {"/a?y=2&x=1&z /b", "1: /a ?x=1&y=2&z > /b 307\n"},
    {"/a? /b", "1: /a > /b 307\n"},
    {"/a?&&x& /b", "1: /a ?x > /b 307\n"},
    {"/a?x=1&x=1&x=0&x /b", "1: /a ?x&x=0&x=1 > /b 307\n"},
    {"/a?x=a=b /b", "1: /a ?x=a=b > /b 307\n"},
    {"/a?X=%7e%c3%a9&\xc3\xa9=\"  /b", "1: /a ?%C3%A9=%22&X=~%C3%A9 > /b 307\n"},
    {"/a?=1 /b", "1: /a ?=1 > /b 307\n"},
    {"/a?x=:1&y=a:b /b", "1: /a ?x=:1&y=a:b > /b 307\n"},
    {"/a?x=? /b", "1: /a ?x=? > /b 307\n"},
};

static const struct rules_case case_slash_and_params_cases[] = {
    {"/Ab/C%2fd?Q=V /b case=ignore", "1: /ab/c%2fd ?q=v ic > /b 307\n"},
    {"/a?B=1&b=1&b=2 /b case=ignore", "1: /a ?b=1&b=2 ic > /b 307\n"},
    {"/a/ /b slash=ignore", "1: /a is > /b 307\n"},
    {"/ /b slash=ignore", "1:  is > /b 307\n"},
    {"/a// /b slash=ignore", "1: /a/ is > /b 307\n"},
    {"/a/* /b slash=ignore", "1: /a/... is > /b 307\n"},
    {"/a /b params=only", "1: /a only > /b 307\n"},
    {"/a?x /b params=only case=ignore slash=ignore", "1: /a ?x ic is only > /b 307\n"},
    {"/A /b case=exact slash=exact params=some", "1: /A > /b 307\n"},
    {"//H.example/A/* /b case=ignore", "1: //h.example/a/... ic > /b 307\n"},
};

static const struct rules_case refused_paths_cases[] = {
    {"/a#b /b", "1:3+2 error source-fragment: a fragment in a source: browsers never send it, so "
                "no request can match\n"},
    {"/a?x=1#b /b", "1:7+2 error source-fragment: a fragment in a source: browsers never send it, "
                    "so no request can match\n"},
};

static const struct rules_case refused_starts_cases[] = {
    {"a.html /b",
     "1:1+6 error source-relative: a source begins with /, // or http://, did you mean /a.html\n"},
    {"www.example.com/x /b", "1:1+17 error source-relative: a source begins with /, // or http://, "
                             "did you mean //www.example.com/x\n"},
    {"http//www.example.com/x /b", "1:1+23 error source-scheme: not http:// or https://, did you "
                                   "mean http://www.example.com/x\n"},
    {"htp://www.example.com/x /b", "1:1+23 error source-scheme: not http:// or https://, did you "
                                   "mean http://www.example.com/x\n"},
    {"htps://h.example/x /b",
     "1:1+18 error source-scheme: not http:// or https://, did you mean https://h.example/x\n"},
    {"ftp://h.example/x /b",
     "1:1+17 error source-scheme: a source's scheme is http or https, or none: //host/path\n"},
    {"?x=1 /b",
     "1:1+4 error source-relative: a source begins with /, // or http://, did you mean /?x=1\n"},
    {"301 /b",
     "1:1+3 error source-relative: a source begins with /, // or http://, did you mean /301\n"},
};

static const struct rules_case refused_hosts_cases[] = {
    {"// /b", "1:3+1 error source-host: not a valid host: nothing is there\n"},
    {"///a /b", "1:3+1 error source-host: not a valid host: nothing is there\n"},
    {"//:80/a /b",
     "1:3+3 error source-host: not a valid host: host or host:port, with a port from 1 to 65535\n"},
    {"//u@h.example/a /b",
     "1:3+11 error source-host: not a valid host: a user name has no place in a source\n"},
    {"//h.example:0/a /b", "1:3+11 error source-host: not a valid host: host or host:port, with a "
                           "port from 1 to 65535\n"},
    {"//h.example:99999/a /b", "1:3+15 error source-host: not a valid host: host or host:port, "
                               "with a port from 1 to 65535\n"},
    {"//h.example:x/a /b", "1:3+11 error source-host: not a valid host: host or host:port, with a "
                           "port from 1 to 65535\n"},
    {"//h ost/a /b",
     "1:5+5 error target-relative: a relative reference, did you mean /ost/a\n"
     "1:11+2 error target-twice: a second target (a space in a URL is written %20)\n"},
    {"//a*b.example/a /b",
     "1:3+11 error source-host: not a valid host: a \"*\" is its whole first label, *.host\n"},
    {"//*.*.example/a /b",
     "1:3+11 error source-host: not a valid host: a \"*\" is its whole first label, *.host\n"},
    {"//*.127.0.0.1/a /b",
     "1:3+11 error source-host: not a valid host: an address has no subdomains\n"},
    {"//.[::1]/a /b",
     "1:3+6 error source-host: not a valid host: host or host:port, with a port from 1 to 65535\n"},
    {"//.1/a /b", "1:3+2 error source-host: not a valid host: an address has no subdomains\n"},
    {"//exa<mple/a /b",
     "1:3+8 error source-host: not a valid host: no such name can be looked up\n"},
    {"https:///a /b", "1:9+1 error source-host: not a valid host: nothing is there\n"},
    {"//./a /b", "1:3+1 error source-host: not a valid host: no such name can be looked up\n"},
    {"//*./a /b", "1:3+2 error source-host: not a valid host: no such name can be looked up\n"},
};

static const struct rules_case bytes_that_no_text_has_cases[] = {
    {"/a\x01"
     "b /b",
     "1:3+1 error text-control: a control character (0x01)\n"},
    {"/a /b\x7f", "1:6+1 error text-control: a control character (0x7f)\n"},
    {"/a /b # \x02", "1:9+1 error text-control: a control character (0x02)\n"},
    {"# \x03", "1:3+1 error text-control: a control character (0x03)\n"},
    {"/a\rb /b", "1:3+1 error text-control: a control character (0x0d)\n"},
    {"/a\xff /b", "1:1+3 error text-utf8: not UTF-8\n"},
    {"/a /b\xc0\xaf", "1:4+4 error text-utf8: not UTF-8\n"},
    {"/a /b owner=\xed\xa0\x80", "1:6+10 error text-utf8: not UTF-8\n"},
    {"@host \xff", "1:1+7 error text-utf8: not UTF-8\n"},
    {"@default \x04", "1:10+1 error text-control: a control character (0x04)\n"},
};

static void paths(void **state)
{
    (void)state;
    DUMP_RUN(paths_cases, DT_FORMAT_NATIVE);
}

static void prefixes(void **state)
{
    (void)state;
    DUMP_RUN(prefixes_cases, DT_FORMAT_NATIVE);
}

static void hosts(void **state)
{
    (void)state;
    DUMP_RUN(hosts_cases, DT_FORMAT_NATIVE);
}

static void queries(void **state)
{
    (void)state;
    DUMP_RUN(queries_cases, DT_FORMAT_NATIVE);
}

static void case_slash_and_params(void **state)
{
    (void)state;
    DUMP_RUN(case_slash_and_params_cases, DT_FORMAT_NATIVE);
}

static void refused_paths(void **state)
{
    (void)state;
    DUMP_RUN(refused_paths_cases, DT_FORMAT_NATIVE);
}

static void refused_starts(void **state)
{
    (void)state;
    DUMP_RUN(refused_starts_cases, DT_FORMAT_NATIVE);
}

static void refused_hosts(void **state)
{
    (void)state;
    DUMP_RUN(refused_hosts_cases, DT_FORMAT_NATIVE);
}

static void bytes_that_no_text_has(void **state)
{
    (void)state;
    DUMP_RUN(bytes_that_no_text_has_cases, DT_FORMAT_NATIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(hosts),
        cmocka_unit_test(queries),
        cmocka_unit_test(case_slash_and_params),
        cmocka_unit_test(refused_paths),
        cmocka_unit_test(refused_starts),
        cmocka_unit_test(refused_hosts),
        cmocka_unit_test(bytes_that_no_text_has),
    };
    return cmocka_run_group_tests_name("rules: source", tests, NULL, NULL);
}
