/* SPDX-License-Identifier: MIT
 *
 * Formats that are tables of redirects: each case is read, written in the native language, and
 * written in its own format again. What was refused, on either way, stands below.
 */
#include "test_rules_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <detour/convert.h>

#include "base/buf.h"

struct table_case {
    enum dt_format format;
    const char *in;
    const char *native;
    const char *back;
};

static void put_convert(struct dt_buf *out, const struct dt_ruleset *set, enum dt_format to)
{
    const struct dt_convert_options options = {.to = to};
    struct dt_convert *convert;
    assert_int_equal(dt_convert_new(set, &options, &convert), DT_OK);
    dt_buf_put(out, dt_convert_file(convert, 0).text);
    for (size_t i = 0; i < dt_convert_note_count(convert); i++) {
        const struct dt_convert_note *note = dt_convert_note(convert, i);
        dt_buf_printf(out, "refused %u %s\n", dt_ruleset_rule(set, note->rule)->line, note->name);
    }
    dt_convert_free(convert);
}

static void put_diags(struct dt_buf *out, const struct dt_ruleset *set)
{
    for (size_t i = 0; i < dt_ruleset_diag_count(set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(set, i);
        dt_buf_printf(out, "%u:%u %s\n", diag->line, diag->col, diag->name);
    }
}

static void compare(struct dt_buf *got, const char *want, const char *in)
{
    dt_buf_char(got, 0);
    if (strcmp(got->ptr, want) != 0)
        print_error("---- in\n%s---- wanted\n%s---- got\n%s----\n", in, want, got->ptr);
    assert_string_equal(got->ptr, want);
    dt_buf_clear(got);
}

static void run(const struct table_case *cases, size_t count)
{
    struct dt_buf text;
    dt_buf_init(&text, 1u << 20);
    for (size_t i = 0; i < count; i++) {
        struct dt_ruleset *set = dt_ruleset_new(NULL);
        assert_non_null(set);
        enum dt_err err =
            dt_ruleset_read(set, DT_S("t"), dt_slice_str(cases[i].in), cases[i].format);
        assert_true(err == DT_OK || err == DT_ERR_SYNTAX);
        rules_check(set);
        put_convert(&text, set, DT_FORMAT_NATIVE);
        put_diags(&text, set);
        compare(&text, cases[i].native, cases[i].in);
        if (cases[i].back) {
            put_convert(&text, set, cases[i].format);
            compare(&text, cases[i].back, cases[i].in);
        }
        dt_ruleset_free(set);
    }
    dt_buf_release(&text);
}

/* ---- Cases ---- */

static const struct table_case bulk_cases[] = {
    {DT_FORMAT_CLOUDFLARE_BULK,
     "example.com/about,https://example.com/news\n"
     "example.com/new_feature,https://example.com/soon,302,TRUE\n"
     "http://example.com,https://example.com/,308\n",
     "//example.com/about        https://example.com/news  301  query=drop\n"
     "//example.com/new_feature  https://example.com/soon  302\n"
     "http://example.com/        https://example.com/      308  query=drop\n",
     "http://example.com/,https://example.com/,308,FALSE,FALSE,FALSE,FALSE\n"
     "example.com/about,https://example.com/news,301,FALSE,FALSE,FALSE,FALSE\n"
     "example.com/new_feature,https://example.com/soon,302,TRUE,FALSE,FALSE,FALSE\n"},
    {DT_FORMAT_CLOUDFLARE_BULK,
     "https://www.example.com/foo/,https://example.com/qux/,301,TRUE,TRUE,TRUE,TRUE\n"
     "example.com/flat,https://example.com/all?x=1,307,FALSE,FALSE,TRUE,FALSE\n"
     "\"example.com/a b\",\"https://example.com/x,y\",301,false,false,true\n",
     "https://.www.example.com/foo    https://example.com/qux/        301\n"
     "https://.www.example.com/foo/*  https://example.com/qux/:splat  301\n"
     "//example.com/flat/*            https://example.com/all?x=1          query=drop\n"
     "//example.com/a%20b             https://example.com/x,y         301  query=drop\n"
     "//example.com/a%20b/*           https://example.com/x,y/:splat  301  query=drop\n",
     "example.com/a%20b,\"https://example.com/x,y\",301,FALSE,FALSE,TRUE,TRUE\n"
     "example.com/flat,https://example.com/all?x=1,307,FALSE,FALSE,TRUE,FALSE\n"
     "https://www.example.com/foo,https://example.com/qux/,301,TRUE,TRUE,TRUE,TRUE\n"},
    {DT_FORMAT_CLOUDFLARE_BULK,
     "example.com/a?b=1,https://example.com/all,301\n"
     "example.com/c,/all,301\n"
     "example.com/d,https://example.com/all,303\n"
     "*.example.com/e,https://example.com/all\n"
     "example.com/f,https://example.com/all,301,maybe\n"
     "/g,https://example.com/all\n"
     "example.com/h\n",
     "1:14 source-query\n"
     "2:15 target-relative\n"
     "3:39 status-unknown\n"
     "4:1 source-host\n"
     "5:43 cloudflare-switch\n"
     "6:1 source-host\n"
     "7:14 csv-fields\n",
     ""},
};

static const struct table_case csv_cases[] = {
    {DT_FORMAT_WORDPRESS_CSV,
     "source,target,regex,code,type,hits,title,status\n"
     "\"/old/\",/new/,0,301,url,15,\"\",active\n"
     "\"/gone\",\"\",0,410,error,0,\"x, y\",active\n"
     "\"/search?q=1&p=2\",\"https://find.example/\",0,307,url,0,\"\",active\n"
     "\"/off\",\"/y\",0,301,url,0,\"\",disabled\n",
     "@order first\n"
     "\n"
     "/old/            /new/                  301  query=drop params=only\n"
     "/gone            -                      410  query=drop params=only\n"
     "/search?p=2&q=1  https://find.example/       query=drop params=only\n"
     "5:1 wordpress-disabled\n",
     "source,target,regex,code,type,hits,title,status\n"
     "/old/,/new/,0,301,url,0,,active\n"
     "/gone,,0,410,error,0,,active\n"
     "/search?p=2&q=1,https://find.example/,0,307,url,0,,active\n"},
    {DT_FORMAT_WORDPRESS_CSV,
     "source,target,regex,code\n"
     "\"^/news/(\\d+)$\",\"/archive/$1\",1,302\n"
     "\"^/blog\",\"/stories\",1,301\n"
     "\"/a/(.*)\",\"/b/$1\",1,301\n"
     "\"/to/(.*)\",\"https://b.example/$1\",1,301\n",
     "@order first\n"
     "\n"
     "~^//[^/]+/news/(\\d+)$        /archive/$1             302  query=drop\n"
     "~^//[^/]+/blog(.*)$          /stories$1              301  query=drop\n"
     "~^//[^/]+/a/(.*)(.*)$        /b/$1$2                 301  query=drop\n"
     "~^//[^/]+/(.+?)/a/(.*)(.*)$  /$1/b/$2$3              301  query=drop\n"
     "~^//[^/]+/to/(.*)(.*)$       https://b.example/$1$2  301  query=drop\n",
     "source,target,regex,code,type,hits,title,status\n"
     "^/news/(\\d+)$,/archive/$1,1,302,url,0,,active\n"
     "^/blog(.*)$,/stories$1,1,301,url,0,,active\n"
     "^/a/(.*)(.*)$,/b/$1$2,1,301,url,0,,active\n"
     "^/(.+?)/a/(.*)(.*)$,/$1/b/$2$3,1,301,url,0,,active\n"
     "^/to/(.*)(.*)$,https://b.example/$1$2,1,301,url,0,,active\n"},
    {DT_FORMAT_WORDPRESS_CSV,
     "source,target,regex,code,type\n"
     "/r,/s,0,301,random\n"
     "/b,/z,0,500,url\n"
     "/c,,0,301,url\n"
     "x|y,/z,1,301,url\n"
     "\"(\\d)/\\1\",/z,1,301,url\n",
     "@order first\n"
     "2:13 wordpress-type\n"
     "3:9 status-unknown\n"
     "4:7 target-missing\n"
     "5:1 wordpress-regex\n"
     "6:2 wordpress-regex\n",
     "source,target,regex,code,type,hits,title,status\n"},
    {DT_FORMAT_WORDPRESS_CSV, "/a,/b\n",
     "@order first\n"
     "1:1 csv-header\n",
     "source,target,regex,code,type,hits,title,status\n"},
};

static const struct table_case json_cases[] = {
    {DT_FORMAT_WORDPRESS_JSON,
     "{\"redirects\": [\n"
     " {\"url\":\"/"
     "source\",\"match_data\":{\"source\":{\"flag_query\":\"pass\",\"flag_case\":true,\"flag_"
     "trailing\":true,\"flag_regex\":false}},\"action_code\":301,\"action_type\":\"url\",\"action_"
     "data\":{\"url\":\"/target\"},\"match_type\":\"url\"},\n"
     " {\"url\":\"/"
     "m\",\"match_data\":{\"source\":{\"flag_query\":\"ignore\"}},\"action_code\":302,\"action_"
     "data\":{\"agent\":\"iphone\",\"regex\":false,\"url_from\":\"/mobile\",\"url_notfrom\":\"/"
     "desktop\"},\"match_type\":\"agent\"},\n"
     " {\"url\":\"/s\",\"action_code\":307,\"action_data\":{\"server\":\"https://"
     "www.example.com\",\"url_from\":\"/here\",\"url_notfrom\":\"\"},\"match_type\":\"server\"},\n"
     " {\"url\":\"/"
     "i\",\"action_code\":301,\"action_data\":{\"ip\":[\"192.0.2.1\",\"2001:db8::1\"],\"url_from\":"
     "\"/office\"},\"match_type\":\"ip\"},\n"
     " {\"url\":\"^/p/"
     "(.*)$\",\"match_data\":{\"source\":{\"flag_regex\":true,\"flag_case\":true}},\"action_code\":"
     "308,\"action_data\":{\"url\":\"/q/$1\"},\"match_type\":\"url\"},\n"
     " {\"url\":\"/"
     "c\",\"action_code\":410,\"action_type\":\"error\",\"action_data\":{\"name\":\"beta\","
     "\"value\":\"yes\",\"url_from\":\"\"},\"match_type\":\"cookie\"}\n"
     "]}\n",
     "@order first\n"
     "\n"
     "/source                    /target   301  case=ignore slash=ignore\n"
     "/m                         /mobile   302  query=drop ua=iphone\n"
     "/m                         /desktop  302  query=drop\n"
     "https://www.example.com/s  /here          query=drop params=only\n"
     "/i                         /office   301  query=drop params=only ip=192.0.2.1,2001:db8::1\n"
     "~*^//[^/]+/p/(.*)$         /q/$1     308  query=drop\n"
     "/c                         -         410  query=drop params=only cookie=beta:yes\n",
     "{\n"
     "  \"groups\": [\n"
     "    {\"id\": 1, \"name\": \"Redirections\", \"module_id\": 1, \"enabled\": true}\n"
     "  ],\n"
     "  \"redirects\": [\n"
     "    {\n"
     "      \"url\": \"/source\",\n"
     "      \"match_data\": {\"source\": {\"flag_query\": \"pass\", \"flag_case\": true, "
     "\"flag_trailing\": true, \"flag_regex\": false}},\n"
     "      \"action_code\": 301,\n"
     "      \"action_type\": \"url\",\n"
     "      \"action_data\": {\"url\": \"/target\"},\n"
     "      \"match_type\": \"url\",\n"
     "      \"title\": \"\",\n"
     "      \"regex\": false,\n"
     "      \"group_id\": 1,\n"
     "      \"position\": 0,\n"
     "      \"enabled\": true\n"
     "    },\n"
     "    {\n"
     "      \"url\": \"/m\",\n"
     "      \"match_data\": {\"source\": {\"flag_query\": \"ignore\", \"flag_case\": false, "
     "\"flag_trailing\": false, \"flag_regex\": false}},\n"
     "      \"action_code\": 302,\n"
     "      \"action_type\": \"url\",\n"
     "      \"action_data\": {\"url_from\": \"/mobile\", \"agent\": \"iphone\", \"regex\": "
     "false},\n"
     "      \"match_type\": \"agent\",\n"
     "      \"title\": \"\",\n"
     "      \"regex\": false,\n"
     "      \"group_id\": 1,\n"
     "      \"position\": 1,\n"
     "      \"enabled\": true\n"
     "    },\n"
     "    {\n"
     "      \"url\": \"/m\",\n"
     "      \"match_data\": {\"source\": {\"flag_query\": \"ignore\", \"flag_case\": false, "
     "\"flag_trailing\": false, \"flag_regex\": false}},\n"
     "      \"action_code\": 302,\n"
     "      \"action_type\": \"url\",\n"
     "      \"action_data\": {\"url\": \"/desktop\"},\n"
     "      \"match_type\": \"url\",\n"
     "      \"title\": \"\",\n"
     "      \"regex\": false,\n"
     "      \"group_id\": 1,\n"
     "      \"position\": 2,\n"
     "      \"enabled\": true\n"
     "    },\n"
     "    {\n"
     "      \"url\": \"/s\",\n"
     "      \"match_data\": {\"source\": {\"flag_query\": \"exact\", \"flag_case\": false, "
     "\"flag_trailing\": false, \"flag_regex\": false}},\n"
     "      \"action_code\": 307,\n"
     "      \"action_type\": \"url\",\n"
     "      \"action_data\": {\"url_from\": \"/here\", \"server\": \"https://www.example.com\"},\n"
     "      \"match_type\": \"server\",\n"
     "      \"title\": \"\",\n"
     "      \"regex\": false,\n"
     "      \"group_id\": 1,\n"
     "      \"position\": 3,\n"
     "      \"enabled\": true\n"
     "    },\n"
     "    {\n"
     "      \"url\": \"/i\",\n"
     "      \"match_data\": {\"source\": {\"flag_query\": \"exact\", \"flag_case\": false, "
     "\"flag_trailing\": false, \"flag_regex\": false}},\n"
     "      \"action_code\": 301,\n"
     "      \"action_type\": \"url\",\n"
     "      \"action_data\": {\"url_from\": \"/office\", \"ip\": [\"192.0.2.1\", "
     "\"2001:db8::1\"]},\n"
     "      \"match_type\": \"ip\",\n"
     "      \"title\": \"\",\n"
     "      \"regex\": false,\n"
     "      \"group_id\": 1,\n"
     "      \"position\": 4,\n"
     "      \"enabled\": true\n"
     "    },\n"
     "    {\n"
     "      \"url\": \"^/p/(.*)$\",\n"
     "      \"match_data\": {\"source\": {\"flag_query\": \"exact\", \"flag_case\": true, "
     "\"flag_trailing\": false, \"flag_regex\": true}},\n"
     "      \"action_code\": 308,\n"
     "      \"action_type\": \"url\",\n"
     "      \"action_data\": {\"url\": \"/q/$1\"},\n"
     "      \"match_type\": \"url\",\n"
     "      \"title\": \"\",\n"
     "      \"regex\": true,\n"
     "      \"group_id\": 1,\n"
     "      \"position\": 5,\n"
     "      \"enabled\": true\n"
     "    },\n"
     "    {\n"
     "      \"url\": \"/c\",\n"
     "      \"match_data\": {\"source\": {\"flag_query\": \"exact\", \"flag_case\": false, "
     "\"flag_trailing\": false, \"flag_regex\": false}},\n"
     "      \"action_code\": 410,\n"
     "      \"action_type\": \"error\",\n"
     "      \"action_data\": {\"url_from\": \"\", \"name\": \"beta\", \"value\": \"yes\", "
     "\"regex\": false},\n"
     "      \"match_type\": \"cookie\",\n"
     "      \"title\": \"\",\n"
     "      \"regex\": false,\n"
     "      \"group_id\": 1,\n"
     "      \"position\": 6,\n"
     "      \"enabled\": true\n"
     "    }\n"
     "  ]\n"
     "}\n"},
    {DT_FORMAT_WORDPRESS_JSON,
     "{\"groups\": [{\"id\": 2, \"enabled\": false}],\n"
     "\"redirects\": [\n"
     " {\"url\":\"/l\",\"action_code\":301,\"action_data\":{\"logged_in\":\"/"
     "in\"},\"match_type\":\"login\"},\n"
     " {\"url\":\"/d\",\"action_code\":301,\"action_data\":{\"url\":\"/e\"},\"group_id\":2},\n"
     " {\"url\":\"/e\",\"action_code\":301,\"action_data\":{\"url\":\"/f\"},\"enabled\":false},\n"
     " {\"url\":\"/f\",\"action_code\":999,\"action_data\":{\"url\":\"/g\"}},\n"
     " {\"url\":\"/g\",\"action_code\":301,\"action_data\":{}},\n"
     " {\"url\":\"/h\",\"action_code\":301,\"action_type\":\"pass\",\"action_data\":{\"url\":\"/"
     "g\"}},\n"
     " {\"action_code\":301,\"action_data\":{\"url\":\"/g\"}},\n"
     " 7\n"
     "]}\n",
     "@order first\n"
     "3:80 wordpress-match\n"
     "6:28 status-unknown\n"
     "7:46 target-missing\n"
     "8:10 wordpress-type\n"
     "9:2 wordpress-key\n"
     "10:2 wordpress-value\n"
     "10:1 wordpress-disabled\n",
     "{\n"
     "  \"groups\": [\n"
     "    {\"id\": 1, \"name\": \"Redirections\", \"module_id\": 1, \"enabled\": true}\n"
     "  ],\n"
     "  \"redirects\": [\n"
     "  ]\n"
     "}\n"},
    {DT_FORMAT_WORDPRESS_JSON, "{\"redirects\": 1}\n",
     "@order first\n"
     "1:15 wordpress-value\n",
     "{\n"
     "  \"groups\": [\n"
     "    {\"id\": 1, \"name\": \"Redirections\", \"module_id\": 1, \"enabled\": true}\n"
     "  ],\n"
     "  \"redirects\": [\n"
     "  ]\n"
     "}\n"},
    {DT_FORMAT_WORDPRESS_JSON, "{\"a\": 1}\n",
     "@order first\n"
     "1:1 wordpress-key\n",
     "{\n"
     "  \"groups\": [\n"
     "    {\"id\": 1, \"name\": \"Redirections\", \"module_id\": 1, \"enabled\": true}\n"
     "  ],\n"
     "  \"redirects\": [\n"
     "  ]\n"
     "}\n"},
};

static const struct table_case open_cases[] = {
    {DT_FORMAT_OPENPUBLISHING,
     "{\n"
     "    \"redirections\": [\n"
     "        {\"source_path\": \"articles/start/index.md\", \"redirect_url\": \"/azure/start\", "
     "\"redirect_document_id\": false},\n"
     "        {\"source_path_from_root\": \"/python/msal/index.yml\", \"redirect_url\": "
     "\"https://learn.example.com/python#x\"},\n"
     "        {\"source_path\": \"index.md\", \"redirect_url\": \"/home\"}\n"
     "    ]\n"
     "}\n",
     "/articles/start  /azure/start                        301  case=ignore slash=ignore\n"
     "/python/msal     https://learn.example.com/python#x  301  case=ignore slash=ignore\n"
     "/                /home                               301  case=ignore slash=ignore\n",
     NULL},
    {DT_FORMAT_OPENPUBLISHING,
     "{\n"
     "    \"redirections\": [\n"
     "        {\"source_path\": \"a.md\", \"redirect_url\": \"b\"},\n"
     "        {\"source_path\": \"../a.md\", \"redirect_url\": \"/b\"},\n"
     "        {\"source_path\": \"c.md\"},\n"
     "        {\"source_path\": \"d.md\", \"source_path_from_root\": \"/d.md\", \"redirect_url\": "
     "\"/b\"},\n"
     "        {\"source_path\": \"e.md\", \"redirect_url\": \"/b\", \"monikers\": []},\n"
     "        {\"source_path\": 5, \"redirect_url\": \"/b\"},\n"
     "        7\n"
     "    ],\n"
     "    \"renames\": []\n"
     "}\n",
     "3:50 target-relative\n"
     "4:26 source-relative\n"
     "5:9 openpublishing-key\n"
     "6:9 openpublishing-key\n"
     "7:56 openpublishing-key\n"
     "8:25 openpublishing-value\n"
     "9:9 openpublishing-value\n"
     "11:6 openpublishing-key\n",
     NULL},
    {DT_FORMAT_OPENPUBLISHING, "[]\n", "1:1 openpublishing-value\n", NULL},
};

static const struct table_case govuk_cases[] = {
    {DT_FORMAT_GOVUK,
     "Old Url,New Url,Status\n"
     "http://www.example.gov.uk/A/?x=1&y=2,https://www.gov.uk/a,301\n"
     "http://www.example.gov.uk/,,410\n",
     "//www.example.gov.uk/a?x=1&y=2  https://www.gov.uk/a  301  query=drop case=ignore "
     "slash=ignore params=only\n"
     "//www.example.gov.uk/           -                     410  query=drop case=ignore "
     "slash=ignore params=only\n",
     "Old Url,New Url,Status\n"
     "http://www.example.gov.uk/a?x=1&y=2,https://www.gov.uk/a,301\n"
     "http://www.example.gov.uk/,,410\n"},
};

static const struct table_case mdn_cases[] = {
    {DT_FORMAT_MDN,
     "# FROM-URL\tTO-URL\n"
     "# a comment\n"
     "/en/docs/A*:b\t/en/docs/B\n"
     "/en/docs/C\thttps://www.example.org/c\n",
     "# a comment\n"
     "/en/docs/A\\*:b  /en/docs/B                 301\n"
     "/en/docs/C      https://www.example.org/c  301\n",
     "# FROM-URL\tTO-URL\n"
     "# a comment\n"
     "/en/docs/A*:b\t/en/docs/B\n"
     "/en/docs/C\thttps://www.example.org/c\n"},
};

static void bulk_cases_test(void **state)
{
    (void)state;
    run(bulk_cases, sizeof bulk_cases / sizeof *bulk_cases);
}

static void csv_cases_test(void **state)
{
    (void)state;
    run(csv_cases, sizeof csv_cases / sizeof *csv_cases);
}

static void json_cases_test(void **state)
{
    (void)state;
    run(json_cases, sizeof json_cases / sizeof *json_cases);
}

static void open_cases_test(void **state)
{
    (void)state;
    run(open_cases, sizeof open_cases / sizeof *open_cases);
}

static void govuk_cases_test(void **state)
{
    (void)state;
    run(govuk_cases, sizeof govuk_cases / sizeof *govuk_cases);
}

static void mdn_cases_test(void **state)
{
    (void)state;
    run(mdn_cases, sizeof mdn_cases / sizeof *mdn_cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bulk_cases_test),  cmocka_unit_test(csv_cases_test),
        cmocka_unit_test(json_cases_test),  cmocka_unit_test(open_cases_test),
        cmocka_unit_test(govuk_cases_test), cmocka_unit_test(mdn_cases_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
