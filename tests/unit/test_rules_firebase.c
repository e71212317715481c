/* SPDX-License-Identifier: MIT
 *
 * firebase.json: sources of each kind as the rules that they become, and what is refused, each at
 * its place in the JSON. All of dart.dev's redirects are read.
 */
#include "test_rules_data.h"
#include "test_rules_dump.h"

/* What the native kinds can say. */
static const struct rules_case plain_cases[] = {
    {"{ \"hosting\": { \"redirects\": [\n"
     "  { \"source\": \"/a\", \"destination\": \"/b\", \"type\": 301 },\n"
     "  { \"source\": \"/a{,/**}\", \"destination\": \"https://x.example/\", \"type\": 302 },\n"
     "  { \"source\": \"/b/**\", \"destination\": \"/c\" },\n"
     "  { \"source\": \"/**\", \"destination\": \"/all\" },\n"
     "  { \"source\": \"**\", \"destination\": \"/all\" },\n"
     "  { \"source\": \"no/slash\", \"destination\": \"/x\" },\n"
     "  { \"glob\": \"/g\", \"destination\": \"/x\", \"type\": 307 },\n"
     "  { \"source\": \"/one/:id\", \"destination\": \"/1/:id\" },\n"
     "  { \"source\": \"/one/:a/x/:b\", \"destination\": \"/:b?a=:a#:b\" },\n"
     "  { \"source\": \"/rest/:rest*\", \"destination\": \"https://x.example/:rest*\" },\n"
     "  { \"source\": \"/r/:a/:rest*\", \"destination\": \"/:rest/:a\" },\n"
     "  { \"source\": \"/caf\\u00e9 \\\"q\\\"\", \"destination\": \"/\\u00e9\" },\n"
     "  { \"source\": \"/\\\\)\\\\*\", \"destination\": \"/\" },\n"
     "  { \"source\": \"/+\", \"destination\": \"/plus\" },\n"
     "  { \"source\": \"/%41/%2f\", \"destination\": \"/esc\" },\n"
     "  { \"destination\": \"/turned\", \"type\": 308, \"source\": \"/turned/round\" }\n"
     "] } }\n",
     "2: /a > /b 301\n"
     "3: /a/... > https://x.example/ 302\n"
     "4: ~ ^/b/.*$ > /c 301\n"
     "5: /... > /all 301\n"
     "6: /... > /all 301\n"
     "7: /no/slash > /x 301\n"
     "8: /g > /x 307\n"
     "9: /one/<> > /1/{0} 301\n"
     "10: /one/<>/x/<> > /{1}?a={q0}#{f1} 301\n"
     "11: /rest/... > https://x.example/{0} 301\n"
     "12: /r/<>/... > /{1}/{0} 301\n"
     "13: /caf%C3%A9%20%22q%22 > /%C3%A9 301\n"
     "14: /)* > / 301\n"
     "15: /+ > /plus 301\n"
     "16: /A/%2F > /esc 301\n"
     "17: /turned/round > /turned 308\n"},
};

/* The rest becomes regular expressions. */
static const struct rules_case glob_cases[] = {
    {"{ \"hosting\": { \"redirects\": [\n"
     "  { \"source\": \"/m*{,/**}\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/a/*\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/a/**/b\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/**/b.png\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/a**\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/a/?.c\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/[a-c]/[!x/]\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/p/[:]new\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/{a,b{c,d}}/e\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/x{,.html,/**}\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/@(a|b)/+(c)/?(d|e)/*(f)\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/!(a|b)/c\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/!(a).html\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"!/a/**\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/:id.html\", \"destination\": \"/:id\" },\n"
     "  { \"source\": \"/a:b/:c*/d\", \"destination\": \"/:b/:c*$1{x}\" },\n"
     "  { \"source\": \"/{lit}/*\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/\\u00e9*\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/{**,x}\", \"destination\": \"/x\" },\n"
     "  { \"source\": \"/a{/b,}/**\", \"destination\": \"/x\" }\n"
     "] } }\n",
     "2: ~ ^/m[^/]*(?:|/.*)$ > /x 301\n"
     "3: ~ ^/a/[^/]+$ > /x 301\n"
     "4: ~ ^/a(?:/.*)?/b$ > /x 301\n"
     "5: ~ ^(?:/.*)?/b\\.png$ > /x 301\n"
     "6: ~ ^/a[^/]*$ > /x 301\n"
     "7: ~ ^/a/[^/]\\.c$ > /x 301\n"
     "9: ~ ^/p/[\\:]new$ > /x 301\n"
     "10: ~ ^/(?:a|b(?:c|d))/e$ > /x 301\n"
     "11: ~ ^/x(?:|\\.html|/.*)$ > /x 301\n"
     "12: ~ ^/(?:a|b)/(?:c)+/(?:d|e)?/(?:f)*$ > /x 301\n"
     "13: ~ ^/(?!(?:a|b)(?:/|$))[^/]*/c$ > /x 301\n"
     "14: ~ ^/(?!(?:a)\\.html(?:/|$))[^/]*\\.html$ > /x 301\n"
     "15: ~ ^(?!/a/.*$) > /x 301\n"
     "16: ~ ^/([^/]+)\\.html$ > /{1} 301\n"
     "17: ~ ^/a([^/]+)(?:/(.*))?/d$ > /{1}/{2}$1%7Bx%7D 301\n"
     "18: ~ ^/%7Blit%7D/[^/]+$ > /x 301\n"
     "19: ~ ^/%C3%A9[^/]*$ > /x 301\n"
     "20: ~ ^/(?:.*|x)$ > /x 301\n"
     "21: ~ ^/a(?:/b|)/.*$ > /x 301\n"
     "8:16+12 error source-glob: in [...] letters, digits and -._~:@!$&'()*+,;= can be read\n"},
};

/* A site in a list, and regexes of its own; a destination that begins with a capture. */
static const struct rules_case regex_cases[] = {
    {"{ \"hosting\": [ { \"site\": \"x\", \"redirects\": [\n"
     "  { \"regex\": \"(.*)\\\\.html$\", \"destination\": \":1\", \"type\": 301 },\n"
     "  { \"regex\": \"(.*)/index\\\\.php$\", \"destination\": \":1/\", \"type\": 301 },\n"
     "  { \"regex\": \"^/blog/(?P<post>.+)$\", \"destination\": "
     "\"https://x.example/:post?p=:1\" },\n"
     "  { \"regex\": \"^(?P<all>/[a-z]+)/x\", \"destination\": \":all\" },\n"
     "  { \"regex\": \"//x\", \"destination\": \"/y\" },\n"
     "  { \"regex\": \"^https?://x\", \"destination\": \"/y\" },\n"
     "  { \"regex\": \"(\\\\.+)x\", \"destination\": \"/y:2:8080\" }\n"
     "] } ] }\n",
     "2: ~ ^/(.*)\\.html$ > /{1} 301\n"
     "3: ~ ^/(.*)/index\\.php$ > /{1}/ 301\n"
     "3: ~ ^()/index\\.php$ > / 301\n"
     "4: ~ ^/blog/(?P<post>.+)$ > https://x.example/{1}?p={q1} 301\n"
     "5: ~ ^/(?P<all>[a-z]+)/x > /{1} 301\n"
     "6: ~ (?:)//x > /y 301\n"
     "7: ~ (?:)^https?://x > /y 301\n"
     "8: ~ (\\.+)x > /y:2:8080 301\n"},
};

static const struct rules_case mistake_cases[] = {
    {"{\n"
     "  \"$schema\": \"x\",\n"
     "  \"hosting\": {\n"
     "    \"public\": \"p\",\n"
     "    \"headers\": [],\n"
     "    \"rewrites\": [ { \"source\": \"**\", \"destination\": \"/i\" } ],\n"
     "    \"cleanUrls\": true, \"trailingSlash\": false, \"odd\": 1,\n"
     "    \"redirects\": [\n"
     "      { \"source\": \"/a\", \"regex\": \"b\", \"destination\": \"/c\" },\n"
     "      { \"destination\": \"/c\" },\n"
     "      { \"source\": \"/a\" },\n"
     "      { \"source\": \"/a\", \"destination\": \"/b\", \"type\": 200 },\n"
     "      { \"source\": \"/a\", \"destination\": \"/b\", \"type\": \"301\" },\n"
     "      { \"source\": 1, \"destination\": \"/b\" },\n"
     "      { \"source\": \"/a\", \"destination\": \"b.html\" },\n"
     "      { \"source\": \"/a\", \"destination\": \"/:id\" },\n"
     "      { \"source\": \"/:a/:a\", \"destination\": \"/x\" },\n"
     "      { \"source\": \"/x/*:a*:a\", \"destination\": \"/x\" },\n"
     "      { \"source\": \"/{1..3}\", \"destination\": \"/x\" },\n"
     "      { \"source\": \"/!(a)*\", \"destination\": \"/x\" },\n"
     "      { \"source\": \"/a/**{b,c}\", \"destination\": \"/x\" },\n"
     "      { \"source\": \"/a\", \"destination\": \"/b\", \"comment\": \"why\" },\n"
     "      { \"regex\": \"(\", \"destination\": \"/b\" },\n"
     "      { \"regex\": \"(a|/b)\", \"destination\": \":1\" },\n"
     "      { \"source\": \"/a\", \"destination\": \"https://:x/\" },\n"
     "      { \"source\": \"\", \"destination\": \"/\" }, { \"source\": \"/x\", "
     "\"destination\": \"\" },\n"
     "      7\n"
     "    ]\n"
     "  }\n"
     "}\n",
     "22: /a > /b 301\n"
     "5:6+7 warning firebase-passed-over: \"headers\" is passed over: header fields for files\n"
     "6:6+8 warning firebase-passed-over: \"rewrites\" is passed over: files and functions "
     "under other names\n"
     "7:6+9 warning firebase-passed-over: \"cleanUrls\" is passed over: Firebase's own "
     "redirects from /a.html to /a, where there is a file\n"
     "7:25+13 warning firebase-passed-over: \"trailingSlash\" is passed over: Firebase's own "
     "redirects for a final slash, where there is a file\n"
     "7:49+3 warning firebase-passed-over: \"odd\" is passed over: not known\n"
     "9:7+1 error firebase-source: both a source and a regex\n"
     "10:7+1 error firebase-source: a redirect without a source or a regex\n"
     "11:7+1 error target-missing: a redirect without a destination\n"
     "12:54+3 error status-unknown: 200 is not the status of a redirect: 301, 302, 303, 307 "
     "or 308\n"
     "13:55+3 error firebase-value: \"type\" is a number\n"
     "14:19+1 error firebase-value: \"source\" is a string\n"
     "15:41+6 error target-relative: a relative reference, did you mean /b.html\n"
     "16:41+4 error target-capture: nothing in the source is named :id\n"
     "17:24+2 error source-name: a second :a\n"
     "18:20+9 error source-name: the name :a stands twice\n"
     "19:20+7 error source-glob: a range in braces: write its values, {1,2,3}\n"
     "20:20+6 error source-glob: a pattern behind !(...) in one segment: what that means "
     "differs from reader to reader\n"
     "21:20+10 error source-glob: two stars beside brackets: whether they are a whole segment "
     "cannot be told\n"
     "22:47+7 warning firebase-passed-over: \"comment\" is passed over: a redirect has source "
     "or regex, destination and type\n"
     "23:20+1 error source-regex: missing closing parenthesis\n"
     "24:44+2 error target-relative: begins with a capture, and that it takes the path from "
     "its first slash on cannot be told: begin it with / or a scheme\n"
     "25:41+11 error target-capture: nothing in the source is named :x\n"
     "26:20+1 error source-long: a source has 1 to 8192 bytes\n"
     "26:79+1 error target-missing: an empty destination\n"
     "27:7+1 error firebase-value: a redirect is an object\n"},
    {"{ \"hosting\": {\n"
     " // no\n"
     " } }\n",
     "2:3+1 error json-syntax: not JSON: string or '}' expected near '/' (JSON has no "
     "comments)\n"},
    {"{\"hosting\":[{},{}]}\n",
     "1:12+1 error firebase-sites: several sites in one file, which does not say their hosts: "
     "write each as a file of its own, and include it below @host\n"},
    {"{}\n", "1:1+1 error firebase-hosting: no \"hosting\" is in this file\n"},
    {"{\"hosting\":{\"redirects\":{}}}\n",
     "1:25+1 error firebase-value: \"redirects\" is a list\n"},
    {"{\"hosting\":1,\"hosting\":2}\n",
     "1:23+1 error json-syntax: not JSON: duplicate object key near '\"hosting\"'\n"},
    {"{\"hosting\":[]}\n", ""},
    {"\n"
     "\n"
     "\"x\"\n",
     "3:4+1 error json-syntax: not JSON: '[' or '{' expected near '\"x\"'\n"},
    {"{\"hosting\": {\"redirects\": [\n"
     "{\"source\":\"/a\",\"destination\":\"/b\"},\n"
     "{\"source\":\"/c\",\"destination\":\"/d\"]}}\n",
     "3:35+1 error json-syntax: not JSON: '}' expected near ']'\n"},
};

static void globs(void **state)
{
    (void)state;
    DUMP_RUN(plain_cases, DT_FORMAT_FIREBASE);
    DUMP_RUN(glob_cases, DT_FORMAT_FIREBASE);
}

static void regexes(void **state)
{
    (void)state;
    DUMP_RUN(regex_cases, DT_FORMAT_FIREBASE);
}

static void mistakes(void **state)
{
    (void)state;
    DUMP_RUN(mistake_cases, DT_FORMAT_FIREBASE);
}

/* By its name, or by an object that has "hosting"; the first match wins. */
static void recognised(void **state)
{
    (void)state;
    static const char *const names[] = {"firebase.json", "a/firebase.json", "site.json"};
    for (size_t i = 0; i < 3; i++) {
        struct dt_ruleset *set = dt_ruleset_new(NULL);
        assert_non_null(set);
        struct dt_slice text = dt_slice_str(plain_cases[0].in);
        assert_int_equal(dt_ruleset_read(set, dt_slice_str(names[i]), text, DT_FORMAT_AUTO), DT_OK);
        assert_int_equal(dt_ruleset_count(set), 16);
        assert_int_equal(dt_ruleset_order(set), DT_ORDER_FIRST);
        assert_int_equal(dt_ruleset_read(set, DT_S("n.rules"), DT_S("/a /b\n"), DT_FORMAT_AUTO),
                         DT_ERR_SYNTAX);
        const struct dt_diag *diag = dt_ruleset_diag(set, dt_ruleset_diag_count(set) - 1);
        assert_string_equal(diag->name, "order-needed");
        dt_ruleset_free(set);
    }
}

/* A file on one line, with more than 256 lines before it, and with one that is too long. */
static void lines(void **state)
{
    (void)state;
    struct dt_buf buf;
    dt_buf_init(&buf, 1u << 20);
    dt_buf_str(&buf, "{\"hosting\":{\"redirects\":[");
    for (unsigned i = 0; i < 600; i++)
        dt_buf_printf(&buf, "\n{\"source\":\"/a%u\",\n\"destination\":\"/b\"},", i);
    dt_buf_str(&buf, "\n{\"source\":\"/last\",\"destination\":\"b\"},{\"x\":\"");
    for (unsigned i = 0; i < 7000; i++)
        dt_buf_str(&buf, "0123456789");
    dt_buf_str(&buf, "\"}]}}");
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("t"), dt_buf_slice(&buf), DT_FORMAT_FIREBASE),
                     DT_ERR_SYNTAX);
    rules_check(set);
    assert_int_equal(dt_ruleset_count(set), 600);
    assert_int_equal(dt_ruleset_rule(set, 599)->line, 2 + 2 * 599);
    assert_int_equal(dt_ruleset_diag_count(set), 1);
    assert_string_equal(dt_ruleset_diag(set, 0)->name, "line-long");
    dt_ruleset_free(set);
    dt_buf_release(&buf);
}

static void dart(void **state)
{
    (void)state;
    struct data_files files;
    if (!data_load("dart/firebase.json", &files))
        skip();
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("firebase.json"), files.texts[0], DT_FORMAT_AUTO),
                     DT_OK);
    rules_check(set);
    size_t kinds[DT_PATH_REGEX + 1] = {0};
    for (size_t i = 0; i < dt_ruleset_count(set); i++)
        kinds[dt_ruleset_rule(set, i)->path_kind]++;
    (void)printf("# dart: %zu paths, %zu folders, %zu with names, %zu regexes\n",
                 kinds[DT_PATH_EXACT], kinds[DT_PATH_PREFIX], kinds[DT_PATH_PATTERN],
                 kinds[DT_PATH_REGEX]);
    assert_int_equal(dt_ruleset_count(set), 446);
    assert_int_equal(dt_ruleset_error_count(set), 0);
    assert_true(kinds[DT_PATH_REGEX] < 20);
    dt_ruleset_free(set);
    data_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs),      cmocka_unit_test(regexes), cmocka_unit_test(mistakes),
        cmocka_unit_test(recognised), cmocka_unit_test(lines),   cmocka_unit_test(dart),
    };
    return cmocka_run_group_tests_name("rules: Firebase", tests, NULL, NULL);
}
