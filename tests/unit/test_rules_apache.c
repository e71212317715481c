/* SPDX-License-Identifier: MIT
 *
 * Apache's directives as the rules that they become, in the order in which Apache would ask them,
 * and what is refused. That the rules answer as Apache does is held to a real one: see
 * tests/e2e/apache.py.
 */
#include "test_rules_data.h"
#include "test_rules_dump.h"

/* mod_alias. */
static const struct rules_case alias_cases[] = {
    {"Redirect /a http://x.example/b\n"
     "Redirect permanent /a/ http://x.example/b/\n"
     "Redirect / https://x.example/\n"
     "Redirect 410 /gone\n"
     "Redirect gone /gone/\n"
     "redirectpermanent \"/a b\" 'http://x.example/c d'\n"
     "RedirectTemp /q http://x.example/q?a=1\n"
     "Redirect 303 /to /\n"
     "Redirect /%20 /x\n"
     "Redirect //a//b /c\n"
     "Redirect /\xc3\xa9 /\xc3\xa9{x}$1\n"
     "Redirect /colon http://x.example/a:b/:c:_d\n"
     "RedirectMatch ^/m/(.*)$ http://x.example/$1\n"
     "RedirectMatch 301 (.*)\\.gif$ http://x.example$1.png\n"
     "RedirectMatch (.*)/i$ $1/j?x=%20\n"
     "RedirectMatch ^/z http://x.example$0\n"
     "RedirectMatch /(.*) http://x.example/$1\n"
     "RedirectMatch ^(.*)$ http://x.example$1\n"
     "RedirectMatch gone \"^/with blank$\"\n"
     "RedirectMatch ^/[^\\s\"]+%$ /a%20b#c%20\n"
     "RedirectMatch ^//x /y\n"
     "RedirectMatch permanent \"^/q$\" \"http://x.example/a?b=c%20d\"\n",
     "1: /a > http://x.example/b 302\n"
     "1: /a/... > http://x.example/b/{0} 302\n"
     "2: ~ ^/a/(.*)$ > http://x.example/b/{1} 301\n"
     "3: /... > https://x.example/{0} 302\n"
     "4: /gone/... >  410\n"
     "5: ~ ^/gone/(.*)$ >  410\n"
     "6: /a%20b > http://x.example/c%20d 301\n"
     "6: /a%20b/... > http://x.example/c%20d/{0} 301\n"
     "7: /q > http://x.example/q?a=1 302 drop\n"
     "7: /q/... > http://x.example/q?a=1/{q0} 302 drop\n"
     "8: /to > / 303\n"
     "8: /to/... > /.//{0} 303\n"
     "9: /%2520 > /x 302\n"
     "9: /%2520/... > /x/{0} 302\n"
     "10: /a/b > /c 302\n"
     "10: /a/b/... > /c/{0} 302\n"
     "11: /%C3%A9 > /%C3%A9%7Bx%7D$1 302\n"
     "11: /%C3%A9/... > /%C3%A9%7Bx%7D%241/{0} 302\n"
     "12: /colon > http://x.example/a:b/:c:_d 302\n"
     "12: /colon/... > http://x.example/a:b/%3Ac%3A_d/{0} 302\n"
     "13: ~ ^/m/(.*)$ > http://x.example/{1} 302\n"
     "14: ~ ^/(.*)\\.gif$ > http://x.example/{1}.png 301\n"
     "15: ~ ^/(.*)/i$ > /{1}/j?x=%20 302 drop\n"
     "15: ~ ^()/i$ > /j?x=%20 302 drop\n"
     "16: ~ ^/(z) > http://x.example/{1} 302\n"
     "17: ~ /(.*) > http://x.example/{1} 302\n"
     "18: /... > http://x.example{path} 302\n"
     "19: ~ ^/with(?:%20)blank$ >  410\n"
     "20: ~ ^/(?:(?!%20|%09|%0A|%0B|%0C|%0D|%22).)+(?:%25)$ > /a%2520b#c%20 302\n"
     "21: ~ (?:)^//x > /y 302\n"
     "22: ~ ^/q$ > http://x.example/a?b=c%20d 301 drop\n"
     "9:10+4 warning apache-percent: Apache compares decoded paths: a % here is a percent "
     "sign, and matches %25 only\n"},
};

/* mod_rewrite, in a .htaccess. */
static const struct rules_case directory_cases[] = {
    {"RewriteEngine on\n"
     "RewriteRule ^(?<y>[0-9]+)/(?P<r>.*)$ /archive/$1/$2 [R=301,L]\n"
     "RewriteRule ^a(?<!b)c(?>d)(?<=d)$ /x [R=301,L]\n",
     "2: ~ ^/(?<y>[0-9]+)/(?P<r>.*)$ > /archive/{1}/{2} 301\n"
     "3: ~ ^/a(?<!b)c(?>d)(?<=d)$ > /x 301\n"},
    {"RewriteEngine on\n"
     "RewriteRule ^a$ /b [R=301,L]\n"
     "RewriteRule ^b/(.*)$ http://x.example/$1 [R,L,NC]\n"
     "RewriteRule (.*)c http://x.example/$1?q [L]\n"
     "RewriteRule d(\\d+) http://x.example/$1?q [QSA,L]\n"
     "RewriteRule ^e /x? [R=302,END]\n"
     "RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n"
     "RewriteRule ^(.*)$ https://x.example/$1 [R=307,L]\n"
     "RewriteRule . /x#y [R,L]\n"
     "RewriteRule (^|/)f /x [R,L]\n"
     "RewriteRule a|b /x [R,L]\n"
     "RewriteRule !^g$ /x [R,L]\n"
     "RewriteRule ^h(.)$ /$0/$1 [R,L]\n"
     "RewriteRule ^i - [G]\n"
     "RewriteRule ^j - [R=404]\n"
     "RewriteRule ^k - [L]\n"
     "RewriteRule ^l -\n"
     "RewriteRule ^m /m\\%20%n [R,L]\n"
     "RewriteRule ^n /m%20#x [R,L,NE]\n"
     "RewriteBase /base\n"
     "RewriteRule ^o rel/$1 [R,L]\n",
     "2: ~ ^/a$ > /b 301\n"
     "3: ~ ^/b/(.*)$ ic > http://x.example/{1} 302\n"
     "4: ~ ^/(.*)c > http://x.example/{1}?q 302 drop\n"
     "5: ~ d(\\d+) > http://x.example/{1}?q 302\n"
     "6: ~ ^/e > /x 302 drop\n"
     "7: /... > https://{h host}{path} 301\n"
     "8: /... > https://x.example/{0} 307\n"
     "9: ~ (?!^)(?:.) > /x%23y 302\n"
     "10: ~ (?!^)(?:((?<=^/)|/)f) > /x 302\n"
     "11: ~ (?!^)(?:a|b) > /x 302\n"
     "12: ~ ^(?!.*?(?:^/g$)) > /x 302\n"
     "13: ~ ^/(h(.)$) > /{1}/{2} 302\n"
     "14: ~ ^/i >  410\n"
     "15: ~ ^/j >  404\n"
     "16: ~ ^/k >  0\n"
     "18: ~ ^/m > /m%2520%25n 302\n"
     "19: ~ ^/n > /m0#x 302\n"
     "21: ~ ^/o > /base/rel/ 302\n"},
};

/* Conditions, in a server's file. */
static const struct rules_case condition_cases[] = {
    {"RewriteEngine On\n"
     "RewriteCond %{HTTP_HOST} ^(www\\.)?one\\.example$ [NC]\n"
     "RewriteRule ^/a$ /b [R,L]\n"
     "RewriteCond %{HTTP_HOST} !^www.one\\.example$\n"
     "RewriteRule ^/(.*) http://www.one.example/$1 [R,L]\n"
     "RewriteCond %{HTTP_HOST} ^a\\.example$ [OR]\n"
     "RewriteCond %{HTTP_HOST} \\.b\\.example$ [OR]\n"
     "RewriteCond %{HTTP_HOST} ^c\\.\n"
     "RewriteRule ^/x /y [R,L]\n"
     "RewriteCond %{HTTPS} !=on\n"
     "RewriteCond %{REQUEST_METHOD} ^(GET|HEAD)$\n"
     "RewriteRule ^/s /t [R,L]\n"
     "RewriteCond %{SERVER_PORT} ^8080$\n"
     "RewriteRule ^/p /t [R,L]\n"
     "RewriteCond %{QUERY_STRING} ^$\n"
     "RewriteRule ^/q0$ /t [R,L]\n"
     "RewriteCond %{QUERY_STRING} ^a=1$\n"
     "RewriteRule ^/q1$ /t? [R,L]\n"
     "RewriteCond %{QUERY_STRING} (^|&)a=(1|2)(&|$)\n"
     "RewriteRule ^/q2$ /t? [R,L]\n"
     "RewriteCond %{QUERY_STRING} ^id=(\\d+)$ [NC]\n"
     "RewriteRule ^/i/(\\w+)$ /$1/%1? [R,L]\n"
     "RewriteCond %{QUERY_STRING} x=\n"
     "RewriteRule ^/qx /t [R,L]\n"
     "RewriteCond %{HTTP_HOST} ^www\\.(.+)$\n"
     "RewriteRule ^/(.*)$ https://%1/$1 [R=301,L]\n"
     "RewriteCond %{HTTP_USER_AGENT} \"bot|Spider X\" [NC]\n"
     "RewriteRule ^/u /t [R,L]\n"
     "RewriteCond %{HTTP_USER_AGENT} ^Mozilla\n"
     "RewriteRule ^/u /t [R,L]\n"
     "RewriteCond %{HTTP_COOKIE} !a=1\n"
     "RewriteCond %{HTTP_REFERER} !^$\n"
     "RewriteCond %{HTTP:X-Y} ^$\n"
     "RewriteRule ^/c /t [R,L]\n"
     "RewriteCond %{REMOTE_ADDR} !^10\\.|^192\\.0\\.2\\.7$\n"
     "RewriteRule ^/ip /t [R,L]\n"
     "RewriteCond %{REQUEST_URI} !^/keep\n"
     "RewriteCond %{REQUEST_URI} \\.php$ [NC]\n"
     "RewriteRule ^/(.*)\\.php$ /$1 [R,L]\n"
     "RewriteCond %{REQUEST_FILENAME} !-f\n"
     "RewriteRule ^/f /t [R,L]\n"
     "RewriteCond %{REQUEST_FILENAME} -d\n"
     "RewriteRule ^/f /t [R,L]\n"
     "RewriteCond expr \"! %{HTTP_HOST} -strmatch '*.example'\"\n"
     "RewriteRule ^/e /t [R,L]\n",
     "3: //www.one.example~ ^/a$ > /b 302\n"
     "3: //one.example~ ^/a$ > /b 302\n"
     "5: /... > http://www.one.example/{0} 302 !header(host:www.one.example)\n"
     "9: //a.example~ ^/x > /y 302\n"
     "9: //*.b.example~ ^/x > /y 302\n"
     "9: ~ ^/x > /y 302 header(host:c.*)\n"
     "12: http://*~ ^/s > /t 302 method(GET|HEAD)\n"
     "14: //*:8080~ ^/p > /t 302\n"
     "16: ~ ^/q0$ only > /t 302\n"
     "18: ~ ^/q1$ ?a=1 only > /t 302 drop\n"
     "20: ~ ^/q2$ ?a=1 > /t 302 drop\n"
     "20: ~ ^/q2$ ?a=2 > /t 302 drop\n"
     "22: ~url-relative ^//[^/:?]*(?::[0-9]+)?/i/(\\w+)\\?(?i:id=(\\d+))$ > /{1}/{2} 302 drop\n"
     "24: ~url-relative ^//[^/:?]*(?::[0-9]+)?/qx[^?]*\\?.*?x=.*$ > /t 302\n"
     "26: ~url-relative ^//www\\.([^/:?]+)(?::[0-9]+)?/([^?]*)(?:\\?|$) open > "
     "https://{h1}/{2} 301\n"
     "28: ~ ^/u > /t 302 ua(bot|spider x)\n"
     "30: ~ ^/u > /t 302 header(user-agent:Mozilla*)\n"
     "34: ~ ^/c > /t 302 header(referer) !header(cookie:*a=1*) !header(x-y)\n"
     "36: ~ ^/ip > /t 302 !ip(10.0.0.0/8|192.0.2.7/32)\n"
     "39: ~ ^(?=.*?(?i:\\.php$))(?!.*?(?:^/keep)).*?(?:^/(.*)\\.php$) > /{1} 302\n"
     "41: ~ ^/f > /t 302\n"
     "45: ~ ^/e > /t 302 !header(host:*.example)\n"
     "4:26+19 warning apache-dot: a \".\" in a host is read as the dot that it looks like\n"
     "40:33+3 warning apache-files: there are no files here: this condition always holds\n"
     "42:33+2 warning apache-files: there are no files here: this condition never holds\n"},
};

/* Sections, and what is passed over. */
static const struct rules_case section_cases[] = {
    {"Header set X y\n"
     "Header unset Z\n"
     "<IfModule mod_alias.c>\n"
     "Redirect /in /x\n"
     "</IfModule>\n"
     "<IfModule !mod_alias.c>\n"
     "Redirect /not /x\n"
     "</IfModule>\n"
     "<Files \"x\">\n"
     "Redirect /files /x\n"
     "Header set A b\n"
     "</Files>\n"
     "<VirtualHost *:8080>\n"
     "Redirect /v /w\n"
     "ServerName one.example:80\n"
     "ServerAlias www.one.example *.two.example\n"
     "</VirtualHost>\n"
     "Redirect /main /x\n"
     "# a comment \\\n"
     "Redirect /commented /x\n"
     "Redirect /con\\\n"
     "tinued /x\n"
     "Redirct /x /y\n"
     "RewriteRule ^/never /x [R,L]\n"
     "</Files>\n"
     "<Location /x>\n",
     "14: //one.example:8080/v > /w 302\n"
     "14: //www.one.example:8080/v > /w 302\n"
     "14: //*.two.example:8080/v > /w 302\n"
     "14: //one.example:8080/v/... > /w/{0} 302\n"
     "14: //www.one.example:8080/v/... > /w/{0} 302\n"
     "14: //*.two.example:8080/v/... > /w/{0} 302\n"
     "4: /in > /x 302\n"
     "4: /in/... > /x/{0} 302\n"
     "18: /main > /x 302\n"
     "18: /main/... > /x/{0} 302\n"
     "21: /continued > /x 302\n"
     "21: /continued/... > /x/{0} 302\n"
     "10:1+8 error apache-section: in <Files>, which says for which requests it is in a way "
     "that no rule can\n"
     "23:1+7 error directive-unknown: not a directive, did you mean Redirect\n"
     "25:1+8 error apache-section: ends no section that is open\n"
     "26:1+13 error apache-section: a section that is not closed\n"
     "24:1+28 warning apache-passed-over: RewriteRule is passed over: there is no "
     "RewriteEngine On\n"
     "1:1+6 warning apache-passed-over: Header is passed over: it does not redirect (lines 1, "
     "2, 11)\n"
     "6:1+9 warning apache-passed-over: <IfModule> is passed over with what is in it (line 6)\n"
     "9:1+6 warning apache-passed-over: <Files> is passed over with what is in it (line 9)\n"
     "26:1+9 warning apache-passed-over: <Location> is passed over with what is in it (line "
     "26)\n"},
};

static const struct rules_case mistake_cases[] = {
    {"Redirect\n"
     "Redirect /a\n"
     "Redirect 301 /a\n"
     "Redirect 200 /a /b\n"
     "Redirect 403 /a\n"
     "Redirect 410 /a /b\n"
     "Redirect a /b\n"
     "Redirect /a b\n"
     "Redirect /a /b c d\n"
     "Redirect /a ${x}\n"
     "RedirectMatch ( /b\n"
     "RedirectMatch ^/(a)$ http://$1.example/\n"
     "RedirectMatch (a|/b) http://x$1\n"
     "RewriteEngine maybe\n"
     "RewriteEngine on\n"
     "RewriteBase x\n"
     "RewriteRule ^/a$\n"
     "RewriteRule ^/a$ /b\n"
     "RewriteRule ^/a$ /b [R=999]\n"
     "RewriteRule ^/a$ /b [F]\n"
     "RewriteRule ^/a$ /b [P,R]\n"
     "RewriteRule ^/a$ /b R\n"
     "RewriteRule ^/a$ - [R]\n"
     "RewriteRule ^/a$ b [R,L]\n"
     "RewriteRule ^/a$ /${map:x} [R,L]\n"
     "RewriteRule ^/a$ /%{TIME} [R,L]\n"
     "RewriteRule ^/a$ /%1 [R,L]\n"
     "RewriteCond %{TIME} >2020\n"
     "RewriteRule ^/a$ /b [R,L]\n"
     "RewriteCond %{TIME_HOUR} ^10$\n"
     "RewriteRule ^/a$ /b [R,L]\n"
     "RewriteCond %{HTTP_HOST} ^[a-z]+\\.x$\n"
     "RewriteRule ^/a$ /b [R,L]\n"
     "RewriteCond %{HTTP_HOST}%{REQUEST_URI} x\n"
     "RewriteRule ^/a$ /b [R,L]\n"
     "RewriteCond %{HTTP_COOKIE} (\\w+)=1\n"
     "RewriteRule ^/a$ /%1 [R,L]\n"
     "RewriteCond %{HTTP_COOKIE} \"a,b\"\n"
     "RewriteRule ^/a$ /b [R,L]\n"
     "RewriteCond %{HTTP_COOKIE} x [XX]\n"
     "RewriteRule ^/a$ /b [R,L]\n"
     "RewriteCond expr \"%{TIME} > 1\"\n"
     "RewriteRule ^/a$ /b [R,L]\n"
     "RewriteRule ^/u$ /b [R]\n"
     "RewriteRule ^/v$ /b [R]\n"
     "RewriteRule ^/w$ /b [R,L]\n"
     "RewriteRule u /b [R,L]\n"
     "RewriteRule ^/z - [L]\n"
     "Redirect /after /x\n",
     "27: ~ ^/a$ > / 302\n"
     "46: ~ ^/w$ > /b 302\n"
     "47: ~ u > /b 302\n"
     "49: /after > /x 302\n"
     "49: /after/... > /x/{0} 302\n"
     "1:1+8 error target-missing: no path, and no URL\n"
     "2:1+11 error target-missing: no URL to redirect to\n"
     "3:10+3 error target-missing: no URL to redirect to\n"
     "4:10+3 error status-unknown: 200 is not a status that a rule can answer: those are 301, "
     "302, 303, 307, 308, 404, 410, 451 and 503\n"
     "5:10+3 error status-unknown: 403 is not a status that a rule can answer: those are 301, "
     "302, 303, 307, 308, 404, 410, 451 and 503\n"
     "6:17+2 error target-unwanted: a 410 has no target\n"
     "7:10+1 error source-relative: a path begins with / (Redirect with a URL alone is for "
     "<Location>)\n"
     "8:13+1 error target-relative: a relative reference, did you mean /b\n"
     "9:18+1 error apache-value: more words than it has a use for\n"
     "10:13+4 error apache-variable: a variable of Define is not read\n"
     "11:15+1 error source-regex: missing closing parenthesis\n"
     "12:1+39 error target-open: would let the request choose the host: write open=yes if it "
     "may\n"
     "13:22+10 error target-open: $1 would choose the host: that it begins with the path's "
     "first slash cannot be told\n"
     "14:15+5 error apache-value: RewriteEngine is On or Off\n"
     "16:13+1 error apache-value: RewriteBase is a path\n"
     "17:1+16 error apache-value: a rule has a pattern and a target\n"
     "18:18+2 error apache-rewrite: serves another file: there are no files here (to "
     "redirect, add R)\n"
     "19:24+3 error status-unknown: 999 is not a status that a rule can answer: those are "
     "301, 302, 303, 307, 308, 404, 410, 451 and 503\n"
     "20:22+1 error status-unknown: 403 is not a status that a rule can answer: those are "
     "301, 302, 303, 307, 308, 404, 410, 451 and 503\n"
     "21:22+1 error apache-flag: the flag P is not one that a redirect can have here\n"
     "22:21+1 error apache-flag: flags stand in brackets: [R=301,L]\n"
     "23:18+1 error target-missing: redirects to nowhere\n"
     "24:18+1 error target-relative: begin it with /\n"
     "25:18+9 error apache-variable: no target can have this RewriteMap: only "
     "int:escape, and a text file for all of it\n"
     "26:18+8 error apache-variable: no target can have the variable %{TIME}\n"
     "28:21+5 error apache-condition: a comparison that no rule can make\n"
     "30:13+12 error apache-condition: %{TIME_HOUR} is nothing that a rule can ask for\n"
     "32:26+11 error apache-condition: a pattern for the host that cannot be spelt out as a "
     "few names\n"
     "34:13+26 error apache-condition: a condition asks for one variable, as in %{HTTP_HOST}\n"
     "36:28+7 error apache-condition: groups of a condition that is not on the host or the "
     "query\n"
     "38:29+3 error apache-condition: a comma, a quote or a backslash in a value\n"
     "40:31+2 error apache-flag: no flag of a condition\n"
     "42:19+11 error apache-condition: of expressions only %{NAME} with -strmatch, "
     "-strcmatch, == or != and a text can be read\n"
     "45:1+23 error apache-flag: without L, the rule of line 47 goes on with its result: add L\n"
     "44:1+23 error apache-flag: without L, the rule of line 47 goes on with its result: add L\n"
     "48:1+21 error apache-pass: leaves the request to the Redirect directives of this file: "
     "write those as RewriteRule, or this one's condition into them\n"},
};

/* As dump_run, under the name of a .htaccess. */
static void run_directory(const struct rules_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct dt_ruleset *set = dt_ruleset_new(NULL);
        assert_non_null(set);
        enum dt_err err =
            dt_ruleset_read(set, DT_S("d/.htaccess"), dt_slice_str(cases[i].in), DT_FORMAT_AUTO);
        assert_int_equal(err, dt_ruleset_error_count(set) ? DT_ERR_SYNTAX : DT_OK);
        dump_compare(set, cases[i].in, cases[i].want);
        dt_ruleset_free(set);
    }
}

static void alias(void **state)
{
    (void)state;
    DUMP_RUN(alias_cases, DT_FORMAT_APACHE);
}

static void rewrite(void **state)
{
    (void)state;
    run_directory(directory_cases, sizeof directory_cases / sizeof *directory_cases);
    DUMP_RUN(condition_cases, DT_FORMAT_APACHE);
}

static void sections(void **state)
{
    (void)state;
    DUMP_RUN(section_cases, DT_FORMAT_APACHE);
}

static void mistakes(void **state)
{
    (void)state;
    DUMP_RUN(mistake_cases, DT_FORMAT_APACHE);
}

/* By name, or by a first line that only Apache has. */
static void recognised(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } files[] = {
        {"htaccess", "Options None\n"},
        {"site.htaccess", ""},
        {"x", "# comment\n\n  redirect 301 /a /b\n"},
        {"x", "<IfModule mod_rewrite.c>\nRewriteEngine On\n</IfModule>\n"},
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

static void curl(void **state)
{
    (void)state;
    struct data_files files;
    if (!data_load("curl-www/htaccess", &files))
        skip();
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("htaccess"), files.texts[0], DT_FORMAT_AUTO), DT_OK);
    rules_check(set);
    assert_int_equal(dt_ruleset_error_count(set), 0);
    assert_int_equal(dt_ruleset_count(set), 211); /* 104 of 107 are two: a folder, what is below */
    dt_ruleset_free(set);
    data_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alias),    cmocka_unit_test(rewrite),    cmocka_unit_test(sections),
        cmocka_unit_test(mistakes), cmocka_unit_test(recognised), cmocka_unit_test(curl),
    };
    return cmocka_run_group_tests_name("rules: Apache", tests, NULL, NULL);
}
