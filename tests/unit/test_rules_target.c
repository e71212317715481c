/* SPDX-License-Identifier: MIT
 *
 * Targets of the native language: what is kept, what is encoded, what is refused and what is
 * suggested.
 */
#include "test_rules_dump.h"

static const struct rules_case kept_cases[] = {
    {"/a /", "1: /a > / 307\n"},
    {"/a /b?c=d#e", "1: /a > /b?c=d#e 307\n"},
    {"/a https://www.gov.uk", "1: /a > https://www.gov.uk 307\n"},
    {"/a https://h.example/b?topics[]=all", "1: /a > https://h.example/b?topics[]=all 307\n"},
    {"/a https://h.example?x", "1: /a > https://h.example?x 307\n"},
    {"/a https://h.example#x", "1: /a > https://h.example#x 307\n"},
    {"/a http://h.example:8080/", "1: /a > http://h.example:8080/ 307\n"},
    {"/a http://h.example:/", "1: /a > http://h.example:/ 307\n"},
    {"/a http://[::1]:80/x", "1: /a > http://[::1]:80/x 307\n"},
    {"/a /b%2fc%41", "1: /a > /b%2fc%41 307\n"},
    {"/a /b:c", "1: /a > /b:c 307\n"},
    {"/a /b//c/../d", "1: /a > /b//c/../d 307\n"},
    {"/a /b'c?d'e", "1: /a > /b'c?d'e 307\n"},
    {"/a /x?u=https://h.example/y:z", "1: /a > /x?u=https://h.example/y:z 307\n"},
    {"/a /b|[]^", "1: /a > /b|[]%5E 307\n"},
    {"/a /b#c#d", "1: /a > /b#c#d 307\n"},
    {"/a mailto:a@b.example", "1: /a > mailto:a@b.example 307\n"},
    {"/a myapp://open/x", "1: /a > myapp://open/x 307\n"},
    {"/a ftp://h.example/x", "1: /a > ftp://h.example/x 307\n"},
    {"/a /price/$x{}", "1: /a > /price/$x%7B%7D 307\n"},
    {"/a /x*y", "1: /a > /x*y 307\n"},
    {"/a http://h.example./", "1: /a > http://h.example./ 307\n"},
};

static const struct rules_case encoded_cases[] = {
    {"/a /caf\xc3\xa9", "1: /a > /caf%C3%A9 307\n"},
    {"/a /b\"<>`{^?\"<>`{^#\"<>`{^",
     "1: /a > /b%22%3C%3E%60%7B%5E?%22%3C%3E`{^#%22%3C%3E%60{^ 307\n"},
    {"/a Https://B\xc3\x9c"
     "CHER.example:443/\xc3\xa9",
     "1: /a > https://xn--bcher-kva.example:443/%C3%A9 307\n"},
    {"/a HTTP://H.EXAMPLE/A", "1: /a > http://h.example/A 307\n"},
    {"/a /100%", "1: /a > /100%25 307\n"},
    {"/a /%zz%4", "1: /a > /%25zz%254 307\n"},
    {"/a /b?c\\d#e\\f", "1: /a > /b?c%5Cd#e%5Cf 307\n"},
    {"/a http://0x7f.1/", "1: /a > http://127.0.0.1/ 307\n"},
    {"/a https://h.example/\xe2\x82\xac?\xe2\x82\xac#\xe2\x82\xac",
     "1: /a > https://h.example/%E2%82%AC?%E2%82%AC#%E2%82%AC 307\n"},
    {"/a myapp://x/\xc3\xa9", "1: /a > myapp://x/%C3%A9 307\n"},
};

static const struct rules_case relative_cases[] = {
    {"/a http//www.example.ai/x",
     "1:4+22 error target-relative: a relative reference, did you mean http://www.example.ai/x\n"},
    {"/a https//www.example.ai/x",
     "1:4+23 error target-relative: a relative reference, did you mean https://www.example.ai/x\n"},
    {"/a htp//www.example.ai/x",
     "1:4+21 error target-relative: a relative reference, did you mean http://www.example.ai/x\n"},
    {"/a www.example.com/x", "1:4+17 error target-relative: a relative reference, did you mean "
                             "https://www.example.com/x\n"},
    {"/a example.co.uk",
     "1:4+13 error target-relative: a relative reference, did you mean https://example.co.uk\n"},
    {"/a index.html",
     "1:4+10 error target-relative: a relative reference, did you mean /index.html\n"},
    {"/a ./b", "1:4+3 error target-relative: a relative reference, did you mean /b\n"},
    {"/a ../../b", "1:4+7 error target-relative: a relative reference, did you mean /b\n"},
    {"/a ?x=1", "1:4+4 error target-relative: a relative reference, did you mean /?x=1\n"},
    {"/a b", "1:4+1 error target-relative: a relative reference, did you mean /b\n"},
    {"/a localhost:8080/x",
     "1:4+16 error target-relative: a relative reference, did you mean http://localhost:8080/x\n"},
    {"/a www.example.com:8080/x", "1:4+22 error target-relative: a relative reference, did you "
                                  "mean http://www.example.com:8080/x\n"},
    {"/a example.com:x",
     "1:4+13 error target-relative: a relative reference, did you mean http://example.com:x\n"},
    {"/a \\b",
     "1:4+1 error target-backslash: a backslash, which browsers take for /: write / or %5C\n"},
};

static const struct rules_case schemes_cases[] = {
    {"/a htp://www.example.ai/x",
     "1:4+22 error target-scheme: not http:// or https://, did you mean http://www.example.ai/x\n"},
    {"/a htps://www.example.ai/x", "1:4+23 error target-scheme: not http:// or https://, did you "
                                   "mean https://www.example.ai/x\n"},
    {"/a hhtp://x.example",
     "1:4+16 error target-scheme: not http:// or https://, did you mean http://x.example\n"},
    {"/a http:/x.example/y",
     "1:4+17 error target-scheme: not http:// or https://, did you mean http://x.example/y\n"},
    {"/a http:x.example",
     "1:4+14 error target-scheme: not http:// or https://, did you mean http://x.example\n"},
    {"/a https:///x.example", "1:12+1 error target-host: no host is there\n"},
    {"/a ttp://x.example",
     "1:4+15 error target-scheme: not http:// or https://, did you mean http://x.example\n"},
    {"/a javascript:alert(1)", "1:4+19 error target-scheme: a javascript: target is not safe to "
                               "follow: a target is http://, https:// or a path\n"},
    {"/a JavaScript:alert(1)", "1:4+19 error target-scheme: a JavaScript: target is not safe to "
                               "follow: a target is http://, https:// or a path\n"},
    {"/a data:text/html,x", "1:4+16 error target-scheme: a data: target is not safe to follow: a "
                            "target is http://, https:// or a path\n"},
    {"/a vbscript:x", "1:4+10 error target-scheme: a vbscript: target is not safe to follow: a "
                      "target is http://, https:// or a path\n"},
    {"/a file:///etc/passwd", "1:4+18 error target-scheme: a file: target is not safe to follow: a "
                              "target is http://, https:// or a path\n"},
    {"/a blob:x", "1:4+6 error target-scheme: a blob: target is not safe to follow: a target is "
                  "http://, https:// or a path\n"},
    {"/a foo://[x", "1:4+8 error target-url: not a valid URL\n"},
};

static const struct rules_case hosts_cases[] = {
    {"/a //evil.example/x",
     "1:4+16 error target-host: \"//\" names another host, did you mean https://evil.example/x\n"},
    {"/a /\\evil.example",
     "1:4+14 error target-host: \"/\\\" names another host, did you mean https://evil.example\n"},
    {"/a https://", "1:12+1 error target-host: no host is there\n"},
    {"/a https:///x", "1:12+1 error target-host: no host is there\n"},
    {"/a https://?x", "1:12+1 error target-host: no host is there\n"},
    {"/a https://u@h.example/", "1:12+11 error target-userinfo: a user name or password in a "
                                "target is sent to everyone who asks\n"},
    {"/a https://h.example:99999/", "1:12+15 error target-host: not a valid host\n"},
    {"/a https://h.example:x1/", "1:12+12 error target-host: not a valid host\n"},
    {"/a https://ho<st/", "1:12+5 error target-host: not a valid host\n"},
    {"/a https://1.2.3.4.5/", "1:12+9 error target-host: not a valid host\n"},
    {"/a https://h.example\\x/",
     "1:21+1 error target-backslash: a backslash, which browsers take for /: write / or %5C\n"},
    {"/a https://h.example/x\\y",
     "1:23+1 error target-backslash: a backslash, which browsers take for /: write / or %5C\n"},
    {"/a https://%00/", "1:12+3 error target-host: not a valid host\n"},
    {"/a https://a%22b/", "1:12+5 error target-host: not a valid host\n"},
    {"/a https://a{b}/",
     "1:13+3 error target-capture: not a part of a request: those are {scheme}, {host}, {port}, "
     "{path} and {query} (a brace that is meant as one is written %7B)\n"},
    {"/a https://a%2eb/", "1: /a > https://a.b/ 307\n"},
};

static const struct rules_case targets_and_statuses_cases[] = {
    {"/a", "1:3+1 error target-missing: a source without a target\n"},
    {"/a # x", "1:4+1 error target-missing: a source without a target\n"},
    {"/a -", "1:4+1 error target-missing: a 307 needs a target\n"},
    {"/a - 410", "1: /a >  410\n"},
    {"/a - 404\n"
     "/b - 451\n"
     "/c - 503",
     "1: /a >  404\n"
     "2: /b >  451\n"
     "3: /c >  503\n"},
    {"/a /b 410", "1:4+2 error target-unwanted: a 410 has no target, write \"-\" in its place\n"},
    {"/a 410",
     "1:4+3 error target-missing: a status where the target is expected, did you mean - 410\n"},
    {"/a 301 /b",
     "1:4+3 error target-missing: a status where the target is expected, did you mean - 301\n"
     "1:8+2 error target-twice: a second target (a space in a URL is written %20)\n"},
    {"/a - 308", "1:4+1 error target-missing: a 308 needs a target\n"},
    {"/a -x", "1:4+2 error target-relative: a relative reference, did you mean /-x\n"},
};

static void kept(void **state)
{
    (void)state;
    DUMP_RUN(kept_cases, DT_FORMAT_NATIVE);
}

static void encoded(void **state)
{
    (void)state;
    DUMP_RUN(encoded_cases, DT_FORMAT_NATIVE);
}

static void relative(void **state)
{
    (void)state;
    DUMP_RUN(relative_cases, DT_FORMAT_NATIVE);
}

static void schemes(void **state)
{
    (void)state;
    DUMP_RUN(schemes_cases, DT_FORMAT_NATIVE);
}

static void hosts(void **state)
{
    (void)state;
    DUMP_RUN(hosts_cases, DT_FORMAT_NATIVE);
}

static void targets_and_statuses(void **state)
{
    (void)state;
    DUMP_RUN(targets_and_statuses_cases, DT_FORMAT_NATIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept),     cmocka_unit_test(encoded),
        cmocka_unit_test(relative), cmocka_unit_test(schemes),
        cmocka_unit_test(hosts),    cmocka_unit_test(targets_and_statuses),
    };
    return cmocka_run_group_tests_name("rules: target", tests, NULL, NULL);
}
