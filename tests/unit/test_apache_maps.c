/* SPDX-License-Identifier: MIT
 *
 * Apache's maps, both ways, and what is written otherwise: small sets and the file that they
 * become. That Apache answers as Detour does is held to a real one: see tests/e2e/apache_write.py.
 */
#include "test_rules_dump.h"
#include <detour/convert.h>

/* ---- Reading ---- */

static enum dt_err load(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    (void)ctx;
    if (!dt_slice_eq(name, DT_S("m.txt")))
        return DT_ERR_NOT_FOUND;
    *ret_text = DT_S("# comment\n"
                     "/a  https://x.example/a?b=c%20d  and more\n"
                     "\n"
                     "b/c /d%20e\n"
                     "h.example/e https://x.example/{host}:x$1\n"
                     "h.example/f?x=1&y -\n"
                     "H.example/G /g\n"
                     "lonely\n");
    return DT_OK;
}

static const struct dt_loader loader = {.load = load};

static void read_as(const char *in, const char *want)
{
    const struct rules_case one = {in, want};
    dump_run_with(&loader, &one, 1, DT_FORMAT_APACHE);
}

#define HEAD "RewriteEngine On\nRewriteMap m txt:m.txt\nRewriteMap low int:tolower\n"
#define LONELY "m.txt:8:1+6 error apache-map: a key without a value\n"

static void rows_become_rules(void **state)
{
    (void)state;
    read_as(HEAD "RewriteRule ^ ${m:%{REQUEST_URI}|/none} [R=301,L,NE]\n",
            "m.txt:2: /a > https://x.example/a?b=c%20d 301 drop\n"
            "4: /... > /none 301\n" LONELY);
    read_as(HEAD "RewriteCond ${m:$1} ^(.+)$\n"
                 "RewriteRule ^/(.*)$ %1 [R,L]\n",
            "m.txt:4: /b/c > /d%2520e 302\n"
            "m.txt:5: /h.example/e > https://x.example/%7Bhost%7D%3Ax%241 302\n"
            "m.txt:7: /H.example/G > /g 302\n" LONELY
            "m.txt:6:19+1 error target-relative: begin it with /\n");
}

static void keys_have_hosts_and_queries(void **state)
{
    (void)state;
    read_as(HEAD "RewriteCond ${m:%{SERVER_NAME}$1} .\n"
                 "RewriteRule ^(.*?)/?$ ${m:%{SERVER_NAME}$1} [R=308,L,NE,QSD]\n",
            "m.txt:4: //b/c is > /d%20e 308 drop\n"
            "m.txt:5: //h.example/e is > https://x.example/%7Bhost%7D%3Ax%241 308 drop\n"
            "m.txt:7: //h.example/G is > /g 308 drop\n" LONELY
            "m.txt:6:19+1 error target-relative: begin it with /\n");
    read_as(HEAD "RewriteCond ${m:${low:%{SERVER_NAME}%{REQUEST_URI}?%{QUERY_STRING}}} .\n"
                 "RewriteRule ^ - [G]\n",
            "m.txt:6: //h.example/f ?x=1&y= ic only >  410\n" LONELY);
}

static void mistakes_are_told(void **state)
{
    (void)state;
    read_as("RewriteEngine On\nRewriteMap m txt:none.txt\nRewriteMap d dbm:x\n"
            "RewriteRule ^/(.*)$ ${d:$1|/x} [R]\nRewriteRule ^/(.*)$ ${e:$1|/x} [R]\n",
            "2:18+8 error include-missing: none.txt: not found\n"
            "4:21+10 error apache-map: of maps only text files can be read here\n"
            "5:21+10 error apache-map: no RewriteMap of that name was read before\n");
    read_as(HEAD "RewriteRule ^/(.*)$ ${m:$1} [R]\nRewriteRule ^/(a|b)$ ${m:$1|/x} [R]\n"
                 "RewriteRule ^/(.*)$ ${m:$2|/x} [R]\n",
            LONELY
            "4:21+7 error apache-map: what is not in the map would be redirected to nowhere: add a "
            "condition such as RewriteCond ${m:$1} ., or a value behind |\n"
            "5:13+8 error apache-map: a pattern of which $1 is not a path, or what is left of one, "
            "as in ^/(.*)$\n"
            "6:25+2 error apache-map: a key that is no path: what can be read is %{REQUEST_URI} "
            "and $1, with %{SERVER_NAME} before it and ?%{QUERY_STRING} behind it\n");
}

/* ---- Writing ---- */

static void written_as(const char *name, const char *rules, const char *want, const char *map)
{
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    struct dt_convert_options options = {.to = DT_FORMAT_APACHE, .name = dt_slice_str(name)};
    struct dt_convert *convert;
    struct dt_buf out;
    assert_int_equal(dt_ruleset_read(set, DT_S("t"), dt_slice_str(rules), DT_FORMAT_NATIVE), DT_OK);
    assert_int_equal(dt_convert_new(set, &options, &convert), DT_OK);
    dt_buf_init(&out, 1u << 20);
    dt_buf_put(&out, dt_convert_file(convert, 0).text);
    dt_buf_char(&out, '\0');
    assert_string_equal(out.ptr, want);
    assert_int_equal(dt_convert_file_count(convert), map ? 2 : 1);
    if (map) {
        dt_buf_clear(&out);
        dt_buf_put(&out, dt_convert_file(convert, 1).text);
        dt_buf_char(&out, '\0');
        assert_memory_equal(out.ptr, map, strlen(map));
    }
    dt_buf_release(&out);
    dt_convert_free(convert);
    dt_ruleset_free(set);
}

static void plain_sets_are_mod_alias(void **state)
{
    (void)state;
    written_as(
        "x.conf",
        "# why\n/a /b 301\n/c/* /d/:splat 302\n/e/* - 410\n/f/:x https://x.example/:x?a=b 308 "
        "query=drop\n~\\.bak$ - 404\n",
        "# For Apache httpd 2.4 with mod_alias: include it in a <VirtualHost>, or where there is "
        "none.\n"
        "# why\n"
        "RedirectMatch 301 ^/a$ /b\n"
        "RedirectMatch 308 ^/f/([^/]+)$ https://x.example/$1?a=b\n"
        "RedirectMatch 302 ^/c(?:/(.*))?$ /d/$1\n"
        "Redirect 410 /e\n"
        "RedirectMatch 404 \\.bak$\n",
        NULL);
}

#define DIRECTORY                                                                                  \
    "# For Apache httpd 2.4 with mod_rewrite: the .htaccess of the site's root folder.\n"          \
    "RewriteEngine On\n\n"
#define SERVER                                                                                     \
    "# For Apache httpd 2.4 with mod_rewrite: include it in a <VirtualHost>, or where there is "   \
    "none.\nRewriteEngine On\n"

static void other_sets_are_mod_rewrite(void **state)
{
    (void)state;
    written_as(".htaccess", "//h.example/a%20b /b%3Bc 301\n/d/:x /e?v=:x query=drop\n/f /g#h 302\n",
               DIRECTORY "RewriteCond %{SERVER_NAME} =h.example\n"
                         "RewriteRule \"^a b$\" /b\\%3Bc [R=301,L,NE]\n\n"
                         "RewriteCond %{QUERY_STRING} .\n"
                         "RewriteRule ^f$ /g?%{QUERY_STRING}#h [R=302,L,NE]\n"
                         "RewriteRule ^f$ /g#h [R=302,L,NE]\n"
                         "RewriteRule ^d/([^/]+)$ /e?v=$1 [R=307,L,B,BNP,NE]\n",
               NULL);
}

static void pages_by_the_dozen_are_a_map(void **state)
{
    char rules[2048] = "//h.example/p/* /all\n", map[2048] = "";
    (void)state;
    for (unsigned i = 0; i < 25; i++) {
        (void)snprintf(rules + strlen(rules), sizeof rules - strlen(rules),
                       "//h.example/p%u /q%u 301\n", i, i);
        (void)snprintf(map + strlen(map), sizeof map - strlen(map), "h.example/p%u /q%u\n", i, i);
    }
    written_as("site.conf", rules,
               SERVER "# Maps are looked for in ServerRoot: give their whole paths when they stand "
                      "elsewhere.\n"
                      "RewriteMap site-301 txt:site-301.txt\n\n"
                      "RewriteCond ${site-301:%{SERVER_NAME}%{REQUEST_URI}} ^(.+)$\n"
                      "RewriteRule ^ %1 [R=301,L,NE]\n\n"
                      "RewriteCond %{SERVER_NAME} =h.example\n"
                      "RewriteRule ^/p(?:/(.*))?$ /all [R=307,L]\n",
               map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_rules),
        cmocka_unit_test(keys_have_hosts_and_queries),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(plain_sets_are_mod_alias),
        cmocka_unit_test(other_sets_are_mod_rewrite),
        cmocka_unit_test(pages_by_the_dozen_are_a_map),
    };
    return cmocka_run_group_tests_name("apache_maps", tests, NULL, NULL);
}
