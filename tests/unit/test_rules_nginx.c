/* SPDX-License-Identifier: MIT
 *
 * nginx's directives as the rules that they become, in the order in which nginx would decide, and
 * what is refused. That the rules answer as nginx does is held to a real one: see
 * tests/e2e/nginx.py.
 */
#include "test_rules_data.h"
#include "test_rules_dump.h"

static const struct rules_case location_cases[] = {
    {"location /a { return 301 /x; }\n"
     "location ~ ^/b/(.+)$ { return 302 https://x.example/$1$is_args$args; }\n"
     "location = /c { return 308 $scheme://$host/d?e=1&$args; }\n"
     "location ^~ /f/ { root /x; }\n"
     "rewrite ^/g/(.*)$ /h/$1 permanent;\n"
     "rewrite ^/i$ https://x.example/? redirect;\n"
     "location / { return 410; }\n",
     "5: ~ ^/g/(.*)$ > /h/{1} 301\n"
     "6: ~ ^/i$ > https://x.example/ 302 drop\n"
     "3: /c > {h scheme}://{h host}/d?e=1 308\n"
     "4: ~ ^/f/ >  0\n"
     "2: ~ ^/b/(.+)$ > https://x.example/{1} 302\n"
     "1: ~ ^/a > /x 301 drop\n"
     "7: /... >  410\n"
     "4:19+4 warning nginx-passed-over: root is passed over: it does not redirect\n"},
};

static const struct rules_case condition_cases[] = {
    {"if ($request_method = POST) { return 307 /p; }\n"
     "if ($http_x_y ~ ^a) { return 302 /h; }\n"
     "if ($host = a.example) { return 301 https://b.example$request_uri; }\n"
     "if ($args ~ \"(^|&)q=1(&|$)\") { return 302 /q; }\n"
     "if ($cookie_c != \"1\") { return 302 /c; }\n",
     "1: /... > /p 307 drop method(POST)\n"
     "2: /... > /h 302 drop header(x-y:a*)\n"
     "3: //a.example/... > https://b.example{path} 301\n"
     "4: /... ?q=1 > /q 302 drop\n"
     "5: /... > /c 302 drop !cookie(c:1)\n"},
};

static const struct rules_case map_cases[] = {
    {"map $uri $new { default \"\"; /a /b; ~^/c/(?<d>.+)$ /e/$d; }\n"
     "map $host $to { hostnames; *.x.example y.example; }\n"
     "server { listen 80; if ($new) { return 301 $new; } if ($to) { return 302 https://$to/; } }\n",
     "3: /a ic > /b 301 drop\n"
     "3: ~ ^/c/(?<d>.+)$ > /e/{1} 301 drop\n"
     "3: //*.x.example/... > https://y.example/ 302 drop\n"},
};

static const struct rules_case server_cases[] = {
    {"server { listen 80; server_name a.example; location = /x { return 301 /a; } }\n"
     "server { listen 80; server_name *.b.example; return 301 https://b.example$request_uri; }\n",
     "1: //a.example/x > /a 301 drop\n"
     "1: //a.example/... >  0\n"
     "2: //*.b.example/... > https://b.example{path} 301\n"
     "1: /x > /a 301 drop\n"},
    {"server { listen 80; server_name a.example; return 301 https://$host$request_uri; }\n"
     "server { listen 443 ssl; server_name a.example; location /z { return 302 /y; } }\n",
     "1: http://*/... > https://{h host}{path} 301\n"
     "2: https://*~ ^/z > /y 302 drop\n"},
};

static const struct rules_case mistake_cases[] = {
    {"return 301 \"/a;\n", "1:12+1 error nginx-syntax: a quote that is not closed\n"},
    {"location / {\n", "1:1+8 error nginx-syntax: a block that is not closed\n"},
    {"}\n", "1:1+1 error nginx-syntax: closes no block that is open\n"},
    {"rewrite ^/a$ /b last;\n",
     "1:14+2 error nginx-rewrite: serves another path: only rewrites that redirect can be rules\n"},
    {"return 301 $request_filename;\n", "1:12+17 error nginx-variable: $request_filename is "
                                        "nothing that a rule can ask for or send\n"},
    {"if ($host = $uri) { return 301 /a; }\n",
     "1:13+5 error nginx-condition: one variable compared with another\n"},
};

#define RUN(name)                                                                                  \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        DUMP_RUN(name##_cases, DT_FORMAT_NGINX);                                                   \
    }
RUN(location)
RUN(condition)
RUN(map)
RUN(server)
RUN(mistake)

/* Maps of maps multiply: that ends, and soon. */
static void decisions_without_end(void **state)
{
    (void)state;
    struct dt_buf text;
    dt_buf_init(&text, 1u << 20);
    for (unsigned i = 0; i < 12; i++) {
        dt_buf_printf(&text, "map $host $v%u { default $v%u;", i, (i + 1) % 12);
        for (unsigned j = 0; j < 12; j++)
            dt_buf_printf(&text, " h%u.example $v%u;", j, (i + j) % 12);
        dt_buf_str(&text, "}\n");
    }
    dt_buf_str(&text, "server { if ($v0) { return 301 /a; } }\n");
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("nginx.conf"), dt_buf_slice(&text), DT_FORMAT_NGINX),
                     DT_ERR_SYNTAX);
    dt_ruleset_free(set);
    dt_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(location), cmocka_unit_test(condition),
        cmocka_unit_test(map),      cmocka_unit_test(server),
        cmocka_unit_test(mistake),  cmocka_unit_test(decisions_without_end),
    };
    return cmocka_run_group_tests_name("rules: nginx", tests, NULL, NULL);
}
