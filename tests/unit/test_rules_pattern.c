/* SPDX-License-Identifier: MIT
 *
 * Sources with names, stars and labels, and regular expressions: what each is read as, what is
 * captured under which number, and what is said of those that are refused.
 */
#include "test_rules_dump.h"

static const struct rules_case names_cases[] = {
    {"/item/:id /p/:id", "1: /item/<> > /p/{0} 307\n"},
    {"/a/:x/:y/* /b/:y/:x/:splat", "1: /a/<>/<>/... > /b/{1}/{0}/{2} 307\n"},
    {"/:a /b", "1: /<> > /b 307\n"},
    {"/:_ /b", "1: /<> > /b 307\n"},
    {"/:a/ /b", "1: /<>/ > /b 307\n"},
    {"/:a//b /b", "1: /<>//b > /b 307\n"},
    {"/a/:x/../b /b", "1: /a/b > /b 307\n"},
    {"/a/./:x/%2E/y /b", "1: /a/<>/y > /b 307\n"},
    {"/a/:%69d /:id", "1: /a/<> > /{0} 307\n"},
    {"/caf\xc3\xa9/:x/%7ey /b/:x", "1: /caf%C3%A9/<>/~y > /b/{0} 307\n"},
    {"/a:b/b /c", "1: /a:b/b > /c 307\n"},
    {"/x-:id /b", "1: /x-:id > /b 307\n"},
    {"/:1/:-moz /b", "1: /:1/:-moz > /b 307\n"},
    {"/a/%3Ax/%2A /b", "1: /a/%3Ax/%2A > /b 307\n"},
    {"/:a?x=1 /b", "1: /<> ?x=1 > /b 307\n"},
    {"/a/:-moz/* /b/:splat", "1: /a/:-moz/... > /b/{0} 307\n"},
    {"/docs/:version/* /mesh/:splat", "1: /docs/<>/... > /mesh/{1} 307\n"},
    {"/:n0/:n1/:n2/:n3/:n4/:n5/:n6/:n7/:n8/:n9/:n10/:n11/:n12/:n13/:n14/:n15/:n16/:n17/:n18/:n19/"
     ":n20/:n21/:n22/:n23/:n24/:n25/:n26/:n27/:n28/:n29/:n30/:n31/* /:n0/:n31/:splat",
     "1: "
     "/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/<>/"
     "<>/<>/... > /{0}/{31}/{32} 307\n"},
};

static const struct rules_case globs_cases[] = {
    {"/a/*/z /b/:splat", "1: /a/<*>/z > /b/{0} 307\n"},
    {"/*.php /b/:splat", "1: /<*>.php > /b/{0} 307\n"},
    {"/m* /b/:splat", "1: /m<*> > /b/{0} 307\n"},
    {"/*/ /b/:splat", "1: /<*>/ > /b/{0} 307\n"},
    {"/a/:id/m*.x/:y /b/:id/:y/:splat", "1: /a/<>/m<*>.x/<> > /b/{0}/{1}/{2} 307\n"},
    {"/a/.*/b /c", "1: /a/.<*>/b > /c 307\n"},
    {"/a/*/../b /c", "1: /a/b > /c 307\n"},
    {"/dir/**/../* /c", "1: /dir/... > /c 307\n"},
    {"/a%2A* /c", "1: /a%2A<*> > /c 307\n"},
    {"/\xc3\xa9*\xc3\xa9 /c", "1: /%C3%A9<*>%C3%A9 > /c 307\n"},
};

static const struct rules_case labels_cases[] = {
    {"//:t.h.example/ /a/:t", "1: //<0>.h.example/ > /a/{0} 307\n"},
    {"//:t.h.example/* https://shop.example/:t/:splat",
     "1: //<0>.h.example/... > https://shop.example/{0}/{1} 307\n"},
    {"//:a.:b.H.Example:8080/:c?q=:d&e /:a/:b/:c/:d",
     "1: //<0>.<1>.h.example:8080/<> ?e&q <q> > /{0}/{1}/{2}/{3} 307\n"},
    {"https://:t.h.example /:t", "1: https://<0>.h.example:443/ > /{0} 307\n"},
    {"//:t.b\xc3\xbc"
     "cher.example/ /:t",
     "1: //<0>.xn--bcher-kva.example/ > /{0} 307\n"},
    {"@host :t.h.example\n"
     "/a /b/:t\n"
     "/c/:id /:t/:id\n"
     "~^/(d) /$1/${t}\n"
     "//x.example/a /b\n"
     "@host *\n"
     "/a /b",
     "2: //<0>.h.example/a > /b/{0} 307\n"
     "3: //<0>.h.example/c/<> > /{0}/{1} 307\n"
     "4: //<0>.h.example~ ^/(d) > /{1}/{2} 307\n"
     "5: //x.example/a > /b 307\n"
     "7: /a > /b 307\n"},
};

static const struct rules_case captured_queries_cases[] = {
    {"/a?q=:q https://find.example/?s=:q", "1: /a ?q <q> > https://find.example/?s={q0} 307\n"},
    {"/a?q=:q&q=1&r=:r&r /:q/:r", "1: /a ?q&q=1&r <q> <r> > /{0}/{1} 307\n"},
    {"/a?q=:q&q=:r /:q/:r", "1: /a ?q <q> <q> > /{0}/{1} 307\n"},
    {"/a/*?q=:q /:splat/:q", "1: /a/... ?q <q> > /{0}/{1} 307\n"},
    {"/a?q=:1&r=x:y&s=:y-z&t=: /b", "1: /a ?q=:1&r=x:y&s=:y-z&t=: > /b 307\n"},
    {"/a?q=%3Ax /b", "1: /a ?q=%3Ax > /b 307\n"},
    {"/a?\xc3\xa9=:x /:x", "1: /a ?%C3%A9 <%C3%A9> > /{0} 307\n"},
};

static const struct rules_case folded_cases[] = {
    {"/:Ab/C?Q=:Q /:Ab/:Q case=ignore", "1: /<>/c ?q <q> ic > /{0}/{1} 307\n"},
    {"/A*Z /b/:splat case=ignore", "1: /a<*>z ic > /b/{0} 307\n"},
    {"/:a/ /b slash=ignore", "1: /<> is > /b 307\n"},
    {"/:a/* /b slash=ignore", "1: /<>/... is > /b 307\n"},
    {"/a*/z/ /b slash=ignore", "1: /a<*>/z is > /b 307\n"},
    {"/a/m* /b slash=ignore", "1: /a/m<*> is > /b 307\n"},
    {"/a/*/ /b slash=ignore", "1: /a/<*> is > /b 307\n"},
    {"~^/A/$ /b case=ignore slash=ignore params=only", "1: ~ ^/A/$ ic is only > /b 307\n"},
};

static const struct rules_case regexes_cases[] = {
    {"~^/(\\d{4})/(\\d\\d)/(.+)\\.php$ /archive/$1-$2/$3",
     "1: ~ ^/(\\d{4})/(\\d\\d)/(.+)\\.php$ > /archive/{1}-{2}/{3} 307\n"},
    {"~*^/x(?<n>y)/(z)$ /a/${n}/$2/${1}/$0", "1: ~ ^/x(?<n>y)/(z)$ ic > /a/{1}/{2}/{1}/{0} 307\n"},
    {"~/x /b", "1: ~ /x > /b 307\n"},
    {"~^https?://h\\.example/(.*) /a/$1", "1: ~url ^https?://h\\.example/(.*) > /a/{1} 307\n"},
    {"~^http://h/ /b", "1: ~url ^http://h/ > /b 307\n"},
    {"~https://h/ /b", "1: ~url https://h/ > /b 307\n"},
    {"~^http(s)?://h/ /$1", "1: ~url ^http(s)?://h/ > /{1} 307\n"},
    {"~^http[s]?://h/ /b", "1: ~url ^http[s]?://h/ > /b 307\n"},
    {"~^http(?:s)?://h/ /b", "1: ~url ^http(?:s)?://h/ > /b 307\n"},
    {"~^HTTPS://h/ /b", "1: ~url ^HTTPS://h/ > /b 307\n"},
    {"~^https?:\\/\\/h\\/x /b", "1: ~url ^https?:\\/\\/h\\/x > /b 307\n"},
    {"~^//h/ /b", "1: ~url-relative ^//h/ > /b 307\n"},
    {"~\\/\\/h/ /b", "1: ~url-relative \\/\\/h/ > /b 307\n"},
    {"~//?x /b", "1: ~ //?x > /b 307\n"},
    {"~^https:/x /b",
     "1: ~ ^https:/x > /b 307\n"
     "1:1+10 warning regex-never: never matches: a path begins with /, did you mean ~^/https:/x\n"},
    {"~^httpd://h/ /b", "1: ~ ^httpd://h/ > /b 307\n"
                        "1:1+12 warning regex-never: never matches: a path begins with /, did you "
                        "mean ~^/httpd://h/\n"},
    {"@host .h.example\n"
     "~^/a /b\n"
     "~^//x/ /b",
     "2: //.h.example~ ^/a > /b 307\n"
     "3: ~url-relative ^//x/ > /b 307\n"},
    {"~^/caf\xc3\xa9? /b", "1: ~ ^/caf(?:%C3%A9)? > /b 307\n"},
    {"~^/\\\xc3\xa9\\Qa.b\\E$ /b", "1: ~ ^/(?:%C3%A9)\\Qa.b\\E$ > /b 307\n"},
    {"~^/[a]\xc3\xa9[]b]\xc3\xa9 /b", "1: ~ ^/[a](?:%C3%A9)[]b](?:%C3%A9) > /b 307\n"},
    {"~^/%C3%A9 /b", "1: ~ ^/%C3%A9 > /b 307\n"},
    {"~*^/%c3%a9 /b", "1: ~ ^/%c3%a9 ic > /b 307\n"},
    {"~^/(?i)%c3 /b", "1: ~ ^/(?i)%c3 > /b 307\n"},
    {"~^/%c3 /b case=ignore", "1: ~ ^/%c3 ic > /b 307\n"},
    {"~^a?/b /c", "1: ~ ^a?/b > /c 307\n"},
    {"~^a|/b /c", "1: ~ ^a|/b > /c 307\n"},
};

static const struct rules_case warned_regexes_cases[] = {
    {"~^old/(.*) /b/$1",
     "1: ~ ^old/(.*) > /b/{1} 307\n"
     "1:1+10 warning regex-never: never matches: a path begins with /, did you mean ~^/old/(.*)\n"},
    {"~^/a%c3%A9 /b",
     "1: ~ ^/a%c3%A9 > /b 307\n"
     "1:5+3 warning regex-never: never matches: a path has this escape as %C3, in upper case\n"},
    {"~^/a%2f /b",
     "1: ~ ^/a%2f > /b 307\n"
     "1:5+3 warning regex-never: never matches: a path has this escape as %2F, in upper case\n"},
};

static const struct rules_case refused_names_cases[] = {
    {"/t/:id.html /b", "1:4+8 error source-name: a name is a whole segment; a part of one is "
                       "written as a regex, ~^/t/(?<id>[^/]+)\\.html$\n"},
    {"/t/:id-x/:b/*.z /b", "1:4+5 error source-name: a name is a whole segment; a part of one is "
                           "written as a regex, ~^/t/(?<id>[^/]+)-x/(?<b>[^/]+)/(.*)\\.z$\n"},
    {"/:a*/b /c", "1:2+3 error source-name: a name is a whole segment; a part of one is written as "
                  "a regex, ~^/(?<a>[^/]+)(.*)/b$\n"},
    {"/:a/:a /b", "1:5+2 error source-name: a second :a\n"},
    {"/:ab/:a/:a /b", "1:9+2 error source-name: a second :a\n"},
    {"/:splat /b",
     "1:2+6 error source-name: :splat is the name of what a \"*\" matches, and cannot be given\n"},
    {"/a?q=:splat /b",
     "1:6+6 error source-name: :splat is the name of what a \"*\" matches, and cannot be given\n"},
    {"/:a?q=:a /b", "1:7+2 error source-name: a second :a\n"},
    {"/a/*/b/* /c",
     "1:8+1 error source-star: a second \"*\": one stands for any run of characters, / too\n"},
    {"/a/** /c",
     "1:5+1 error source-star: a second \"*\": one stands for any run of characters, / too\n"},
    {"/:n0/:n1/:n2/:n3/:n4/:n5/:n6/:n7/:n8/:n9/:n10/:n11/:n12/:n13/:n14/:n15/:n16/:n17/:n18/:n19/"
     ":n20/:n21/:n22/:n23/:n24/:n25/:n26/:n27/:n28/:n29/:n30/:n31/:n32 /b",
     "1:152+4 error source-name: more than 32 names in one rule\n"},
};

static const struct rules_case refused_labels_cases[] = {
    {"//:t/ /b",
     "1:3+2 error source-host: not a valid host: a label must follow the names of labels\n"},
    {"//:t./ /b",
     "1:3+3 error source-host: not a valid host: a label must follow the names of labels\n"},
    {"//:t.*/ /b", "1:3+4 error source-host: not a valid host: names of labels and wildcards do "
                   "not go together\n"},
    {"//:t..x/ /b", "1:3+5 error source-host: not a valid host: names of labels and wildcards do "
                    "not go together\n"},
    {"//*.:t.y/ /b",
     "1:3+6 error source-host: not a valid host: names stand for its first labels\n"},
    {"//x.:t.y/ /b",
     "1:3+6 error source-host: not a valid host: names stand for its first labels\n"},
    {"//:t-x.y/ /b", "1:3+6 error source-name: a name in a host is a whole label\n"},
    {"//:t.:t.y/ /b", "1:3+7 error source-name: a second :t\n"},
    {"//:splat.y/ /b",
     "1:3+8 error source-name: :splat is the name of what a \"*\" matches, and cannot be given\n"},
    {"//:t.127.0.0.1/ /b",
     "1:6+9 error source-host: not a valid host: an address has no subdomains\n"},
    {"//:t:80/ /b",
     "1:3+5 error source-host: not a valid host: a label must follow the names of labels\n"},
    {"//:t.h.example/:t /b", "1:16+2 error source-name: a second :t\n"},
    {"//:t.h.example/?x=:t /b", "1:19+2 error source-name: a second :t\n"},
    {"@host :t.h.example\n"
     "~^/(?<t>a) /b",
     "2:1+10 error source-name: a second t: @host has the first\n"},
    {"//"
     ":n0.:n1.:n2.:n3.:n4.:n5.:n6.:n7.:n8.:n9.:n10.:n11.:n12.:n13.:n14.:n15.:n16.:n17.:n18.:n19.:"
     "n20.:n21.:n22.:n23.:n24.:n25.:n26.:n27.:n28.:n29.:n30.:n31.:n32.x/ /b",
     "1:153+4 error source-name: more than 32 names in one rule\n"},
};

static const struct rules_case refused_regexes_cases[] = {
    {"~^/(a /b", "1:6+1 error source-regex: missing closing parenthesis\n"},
    {"~^/caf\xc3\xa9?(x /b", "1:12+1 error source-regex: missing closing parenthesis\n"},
    {"~^/[\xc3\xa9] /b",
     "1:5+2 error source-regex: in brackets and behind \\Q a letter outside of ASCII cannot be "
     "matched: a path has its escapes, as in (%C3%A9|%C3%A8)\n"},
    {"~^/[[:alpha:]\xc3\xa9] /b",
     "1:14+2 error source-regex: in brackets and behind \\Q a letter outside of ASCII cannot be "
     "matched: a path has its escapes, as in (%C3%A9|%C3%A8)\n"},
    {"~^/\\Q\xc3\xa9\\E$ /b",
     "1:6+2 error source-regex: in brackets and behind \\Q a letter outside of ASCII cannot be "
     "matched: a path has its escapes, as in (%C3%A9|%C3%A8)\n"},
    {"~ /b", "1:1+1 error source-regex: an empty expression\n"},
    {"~* /b", "1:1+2 error source-regex: an empty expression\n"},
    {"~^/[b-a] /b", "1:7+1 error source-regex: range out of order in character class\n"},
    {"~^/a(?C1) /b", "1:9+1 error source-regex: a callout, which nothing here listens to\n"},
};

static void names(void **state)
{
    (void)state;
    DUMP_RUN(names_cases, DT_FORMAT_NATIVE);
}

static void globs(void **state)
{
    (void)state;
    DUMP_RUN(globs_cases, DT_FORMAT_NATIVE);
}

static void labels(void **state)
{
    (void)state;
    DUMP_RUN(labels_cases, DT_FORMAT_NATIVE);
}

static void captured_queries(void **state)
{
    (void)state;
    DUMP_RUN(captured_queries_cases, DT_FORMAT_NATIVE);
}

static void folded(void **state)
{
    (void)state;
    DUMP_RUN(folded_cases, DT_FORMAT_NATIVE);
}

static void regexes(void **state)
{
    (void)state;
    DUMP_RUN(regexes_cases, DT_FORMAT_NATIVE);
}

static void warned_regexes(void **state)
{
    (void)state;
    DUMP_RUN(warned_regexes_cases, DT_FORMAT_NATIVE);
}

static void refused_names(void **state)
{
    (void)state;
    DUMP_RUN(refused_names_cases, DT_FORMAT_NATIVE);
}

static void refused_labels(void **state)
{
    (void)state;
    DUMP_RUN(refused_labels_cases, DT_FORMAT_NATIVE);
}

static void refused_regexes(void **state)
{
    (void)state;
    DUMP_RUN(refused_regexes_cases, DT_FORMAT_NATIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),          cmocka_unit_test(globs),
        cmocka_unit_test(labels),         cmocka_unit_test(captured_queries),
        cmocka_unit_test(folded),         cmocka_unit_test(regexes),
        cmocka_unit_test(warned_regexes), cmocka_unit_test(refused_names),
        cmocka_unit_test(refused_labels), cmocka_unit_test(refused_regexes),
    };
    return cmocka_run_group_tests_name("rules: pattern", tests, NULL, NULL);
}
