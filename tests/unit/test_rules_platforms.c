/* SPDX-License-Identifier: MIT
 *
 * The files of the hosted platforms, read and written: Netlify's and Cloudflare Pages' _redirects,
 * vercel.json and Vercel's bulk redirects. tests/npm compares with the platforms' own code what
 * they mean; here stand the places of errors and what is written.
 */
#include "test_rules_dump.h"

#include <detour/convert.h>

static const struct rules_case netlify_cases[] = {
    {"/p* /w/:splat\n"
     "/:a/p* id=:id /x/:a/:splat?i=:id 302!\n",
     "1: /p/... is > /w/{0} 301\n"
     "1: /p<*> is > /w/{0} 301\n"
     "2: /<>/p/... ?id <id> is > /x/{0}/{1}?i={q2} 302\n"
     "2: /<>/p<*> ?id <id> is > /x/{0}/{1}?i={q2} 302\n"},
    {"HTTP://h.example/x /b\n"
     "/a HTTPS://x.example/\n"
     "/a 1=x /b\n"
     "/a b=1 1=x /b\n"
     "/a a=1 a=2 /b\n",
     "4: /a ?1=x&b=1 is > /b 301\n"
     "1:1+18 error source-scheme: Netlify knows http:// and https:// in lower case only\n"
     "2:4+18 error target-scheme: Netlify knows http:// and https:// in lower case only\n"
     "3:4+3 error target-missing: Netlify takes what begins with a digit for a status, where a "
     "query condition or the target is expected\n"
     "5:8+3 error netlify-query: a second condition for this name: Netlify keeps the last only\n"},
};

static const struct rules_case pages_cases[] = {
    {"# c\n"
     "/a /b 301\n"
     "/a?x=1 https://x.example/y?z#f 307\n"
     "b /c 308\n"
     "/dir/* /new/:splat 302\n"
     "/:x/y/:z /q/:z/$1/{x}\n"
     "/:x/y-:z.html /q/:z:xx 303\n"
     "/late /t$1 302\n"
     "/* https://x.example/:splat 302\n",
     "2: /a > /b 301\n"
     "3: /a > https://x.example/y?z#f 307 drop\n"
     "4: /b > /c 308\n"
     "5: ~ ^/dir/(.*)$ > /new/{1} 302\n"
     "6: /<>/y/<> > /q/{1}/$1/%7Bx%7D 302\n"
     "7: ~ ^/([^/]+)/y\\-([^/]+)\\.html$ > /q/{2}{1}x 303\n"
     "8: /late > /t$1 302\n"
     "9: /... > https://x.example/{0} 302\n"
     "3:3+4 warning pages-cut: Cloudflare Pages looks at no query and no fragment of a source: "
     "this is not read\n"
     "4:1+1 warning pages-slash: read as /b, as Cloudflare Pages does\n"
     "6:22+1 warning pages-status: no status: Cloudflare Pages answers 302 (Netlify, whose file "
     "has the same name, 301)\n"},
    {"/a\n"
     "/a /b 200\n"
     "/a /b 301!\n"
     "/a /b 301 # c\n"
     "/a /b #c\n"
     "/a*b* /c\n"
     "/:a/:ab /c\n"
     "https://h.example/x /b\n"
     "//h/x /b\n"
     "/a http://x.example/\n"
     "/a b\n"
     "/x/ /index.html\n"
     "/* /index\n"
     "/a //h.example/b\n"
     "/s /:splat\n",
     "15: /s > /:splat 302\n"
     "1:3+1 error pages-words: a rule is a source, a target and perhaps a status: 1 words are "
     "skipped by Cloudflare Pages\n"
     "2:7+3 error not-built: serving a file under another name (200) is not built yet\n"
     "3:7+4 error status-unknown: \"301!\" is not a status of Cloudflare Pages: 301, 302, 303, 307 "
     "or 308\n"
     "4:1+13 error pages-words: a rule is a source, a target and perhaps a status: 5 words are "
     "skipped by Cloudflare Pages\n"
     "5:7+2 error status-unknown: Cloudflare Pages has no comments behind a rule, and would skip "
     "it\n"
     "6:5+1 error source-star: a second \"*\": Cloudflare drops such a rule\n"
     "7:5+3 error source-name: \"a\" and \"ab\": Cloudflare takes a name for the beginning of the "
     "other, and drops the rule\n"
     "8:1+8 error source-host: a source of Cloudflare Pages has no scheme and no host: it is a "
     "path\n"
     "9:1+5 error source-relative: a source begins with one /\n"
     "10:4+17 error target-scheme: a target of Cloudflare Pages begins with / or https://\n"
     "11:4+1 error target-relative: a target of Cloudflare Pages begins with / or https://\n"
     "12:5+11 error pages-loop: Cloudflare Pages takes this for a loop, and skips it: it redirects "
     "/index and /index.html to / itself\n"
     "13:4+6 error pages-loop: Cloudflare Pages takes this for a loop, and skips it: it redirects "
     "/index and /index.html to / itself\n"
     "14:17+1 warning pages-status: no status: Cloudflare Pages answers 302 (Netlify, whose file "
     "has the same name, 301)\n"
     "14:4+13 error target-host: \"//\" names another host, did you mean https://h.example/b\n"
     "15:4+7 warning pages-splat: the source has no \"*\": Cloudflare Pages sends :splat as it "
     "stands\n"},
};

static const struct rules_case vercel_cases[] = {
    {"{ \"redirects\": [\n"
     "  { \"source\": \"/a\", \"destination\": \"/b\" },\n"
     "  { \"source\": \"/a/:id/x\", \"destination\": \"https://x.example/:id?y=:id#:id\", "
     "\"permanent\": false },\n"
     "  { \"source\": \"/r/:p*\", \"destination\": \"/:p*\", \"statusCode\": 301 },\n"
     "  { \"source\": \"/m/:p+\", \"destination\": \"/$1\", \"statusCode\": 302 },\n"
     "  { \"source\": \"/n/:id(\\\\d+).:ext?\", \"destination\": \"/:ext/:id$\" },\n"
     "  { \"source\": \"/o{/s}?/(.*)\", \"destination\": \"/\\u00e9/$1\" },\n"
     "  { \"source\": \"/:p*\", \"destination\": \"/x/:p*\" },\n"
     "  { \"source\": \"(a|b)\", \"destination\": \"/$1\" },\n"
     "  { \"source\": \"/esc\\\\:x\\\\*\", \"destination\": \"/y\" }\n"
     "] }\n",
     "2: /a > /b 308\n"
     "3: /a/<>/x > https://x.example/{0}?y={q0}#{f0} 307\n"
     "4: ~ ^/r(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))?$ > /{1} 301\n"
     "5: ~ ^/m(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))$ > /{1} 302\n"
     "6: ~ ^/n/(\\d+)(?:\\.([^/]+?))?$ > /{2}/{1}$ 308\n"
     "7: ~ ^/o(?:/s)?/(.*)$ > /%C3%A9/{1} 308\n"
     "8: ~ ^(?:(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))?|/)$ > /x/{1} 308\n"
     "9: ~ ^(?|(a|b)|/(a|b))$ > /{1} 308\n"
     "10: ~ ^/esc:x\\*$ > /y 308\n"},
    {"{ \"redirects\": [\n"
     "  { \"source\": \"/a/:x\", \"destination\": \"/:t/:x\", \"has\": [\n"
     "    { \"type\": \"host\", \"value\": \"(?<t>[^.]+)\\\\.h\\\\.example\" } ] },\n"
     "  { \"source\": \"/b\", \"destination\": \"/b2\", \"has\": [\n"
     "    { \"type\": \"host\", \"value\": \"(?:www\\\\.)?h.example\" } ] },\n"
     "  { \"source\": \"/c\", \"destination\": \"/c2\", \"has\": [\n"
     "    { \"type\": \"host\", \"value\": { \"suf\": \".h.example\" } },\n"
     "    { \"type\": \"header\", \"key\": \"X-Vercel-IP-Country\", \"value\": \"(DE|AT)\" },\n"
     "    { \"type\": \"cookie\", \"key\": \"uid\" } ],\n"
     "    \"missing\": [ { \"type\": \"header\", \"key\": \"K\", \"value\": { \"inc\": [\"a\", "
     "\"b\"] } } ] },\n"
     "  { \"source\": \"/d\", \"destination\": \"/:id/:n\", \"has\": [\n"
     "    { \"type\": \"query\", \"key\": \"id\" },\n"
     "    { \"type\": \"query\", \"key\": \"v\", \"value\": \"1\" },\n"
     "    { \"type\": \"query\", \"key\": \"w\", \"value\": \"(?<n>.*)\" } ] },\n"
     "  { \"source\": \"/e\", \"destination\": \"/e2\", \"has\": [\n"
     "    { \"type\": \"host\", \"value\": \"(?:.+\\\\.)?h\\\\.example\" },\n"
     "    { \"type\": \"header\", \"key\": \"k\", \"value\": { \"neq\": \"v\" } } ] },\n"
     "  { \"source\": \"/f/(.*)\", \"destination\": \"https://x.example/$1/:t\", \"has\": [\n"
     "    { \"type\": \"host\", \"value\": \"(?<t>[^.]+)\\\\.h\\\\.example\" } ] }\n"
     "] }\n",
     "2: //<0>.h.example/a/<> > /{0}/{1} 308\n"
     "4: //www.h.example/b > /b2 308\n"
     "4: //h.example/b > /b2 308\n"
     "6: //*.h.example/c > /c2 308 !header(k:a|b) cookie(uid) country(AT|DE)\n"
     "11: /d ?id&v=1&w <id> <w> > /{0}/{1} 308\n"
     "15: //.h.example/e > /e2 308 !header(k:v)\n"
     "18: //<0>.h.example~ ^/f/(.*)$ > https://x.example/{1}/{2} 308\n"},
    {"{ \"routes\": [], \"headers\": [], \"redirects\": [\n"
     "  { \"source\": \"a\", \"destination\": \"/b\" },\n"
     "  { \"source\": \"/:\", \"destination\": \"/b\" },\n"
     "  { \"source\": \"/(a(b))\", \"destination\": \"/b\" },\n"
     "  { \"source\": \"/{a\", \"destination\": \"/b\" },\n"
     "  { \"source\": \"/*\", \"destination\": \"/b\" },\n"
     "  { \"source\": \"/x\", \"destination\": \"/:b\" },\n"
     "  { \"source\": \"/x\", \"destination\": \"/$1\" },\n"
     "  { \"source\": \"/x\", \"destination\": \"/b_(c)\" },\n"
     "  { \"source\": \"/:x\", \"destination\": \"https://:x/\" },\n"
     "  { \"source\": \"/x\", \"destination\": \"/b\", \"permanent\": true, \"statusCode\": 301 "
     "},\n"
     "  { \"source\": \"/x\", \"destination\": \"/b\", \"statusCode\": 404 },\n"
     "  { \"source\": \"/x\" },\n"
     "  { \"source\": \"/x\", \"destination\": 7 },\n"
     "  { \"source\": \"/x\", \"destination\": \"/b\", \"env\": [] },\n"
     "  7,\n"
     "  { \"source\": \"/x\", \"destination\": \"/b\", \"has\": [ { \"type\": \"path\", \"key\": "
     "\"x\" } ] },\n"
     "  { \"source\": \"/x\", \"destination\": \"/b\", \"has\": [ { \"type\": \"header\" } ] },\n"
     "  { \"source\": \"/x\", \"destination\": \"/b\", \"has\": [ { \"type\": \"header\", \"key\": "
     "\"k\", \"value\": \"[0-9]+\" } ] },\n"
     "  { \"source\": \"/x\", \"destination\": \"/b\", \"has\": [ { \"type\": \"header\", \"key\": "
     "\"k\", \"value\": { \"gt\": 1 } } ] },\n"
     "  { \"source\": \"/x\", \"destination\": \"/:n\", \"has\": [ { \"type\": \"header\", "
     "\"key\": \"k\", \"value\": \"(?<n>.*)\" } ] },\n"
     "  { \"source\": \"/x\", \"destination\": \"/b\", \"missing\": [ { \"type\": \"query\", "
     "\"key\": \"k\" } ] },\n"
     "  { \"source\": \"/x\", \"destination\": \"/b\", \"missing\": [ { \"type\": \"host\", "
     "\"value\": \"h\" } ] },\n"
     "  { \"source\": \"/x/(.*)\", \"destination\": \"/b\", \"has\": [ { \"type\": \"query\", "
     "\"key\": \"k\" } ] }\n"
     "] }\n",
     "1:4+6 error vercel-routes: \"routes\" is Vercel's older way, and is not read: write its "
     "redirects as \"redirects\"\n"
     "1:18+7 warning vercel-passed-over: \"headers\" is passed over: header fields for files\n"
     "2:16+1 error source-relative: a source is a path and begins with / (a host is a condition of "
     "\"has\")\n"
     "3:16+2 error source-path: not a path for Vercel: a \":\" without a name behind it (write "
     "\\\\: for the sign)\n"
     "4:16+7 error source-path: not a path for Vercel: a group inside of a pattern: write (?:...)\n"
     "5:16+3 error source-path: not a path for Vercel: a brace that is not closed\n"
     "6:16+2 error source-path: not a path for Vercel: one of \"?*+)}\" where nothing stands "
     "before it (write \\\\? for the sign)\n"
     "7:37+3 error target-capture: nothing in source or has is named :b, and Vercel refuses that\n"
     "8:37+3 error target-capture: no group \"1\" in the source: Vercel would leave $1 out\n"
     "9:37+6 error target-group: Vercel takes the bracket for a group that the source does not "
     "have, and refuses it: write %28\n"
     "10:1+52 error target-open: would let the request choose the host\n"
     "11:75+3 error vercel-value: both permanent and statusCode, which Vercel refuses\n"
     "12:56+3 error status-unknown: 404 is not the status of a redirect: 301, 302, 303, 307 or "
     "308\n"
     "13:3+1 error vercel-key: a redirect without a destination\n"
     "14:36+1 error vercel-value: \"destination\" is a string\n"
     "15:43+3 error vercel-key: a redirect has source, destination, permanent or statusCode, has "
     "and missing\n"
     "16:3+1 error vercel-value: a redirect is an object\n"
     "17:62+4 error vercel-value: the type of a condition is host, header, cookie or query\n"
     "18:51+1 error vercel-value: a condition without a key\n"
     "19:93+6 error vercel-value: this is more than a few texts written out, and cannot be a "
     "condition here\n"
     "20:92+11 error vercel-value: this is more than a few texts written out, and cannot be a "
     "condition here\n"
     "21:94+8 error vercel-value: what a header field or a cookie has cannot be captured here\n"
     "22:55+1 error vercel-value: a query parameter can be asked for with any value or with one, "
     "and not to be missing\n"
     "23:55+1 error vercel-value: a host that must not be the request's cannot be a condition "
     "here\n"
     "24:54+1 error vercel-query: a query parameter can be asked for beside whole segments only: "
     "this source is a regular expression here\n"},
    {"{ \"redirects\": { } }\n", "1:16+1 error vercel-value: \"redirects\" is a list\n"},
};

static const struct rules_case bulk_cases[] = {
    {"source,destination,permanent,statusCode,caseSensitive,query\n"
     "/a,/b,t,,f,true\n"
     "\"/a,b\",https://x.example/?a=b#c,,302,true,\n"
     "/C/:x/*,/d/:x/$1,,,,\n",
     "2: /a ic > /b 308\n"
     "3: /a,b > https://x.example/?a=b#c 302 drop\n"
     "4: /c/:x/* ic > /d/:x/$1 307 drop\n"},
    {"destination,source,preserveQueryParams,sensitive\n"
     "/b,/a,true,true\n",
     "2: /a > /b 307\n"},
    {"source,destination,permanent,statusCode\n"
     "/a?b,/c,,\n"
     "a,/c,,\n"
     "//a,/c,,\n"
     "/a,/c,x,\n"
     "/a,/c,,418\n"
     "/a,/c\n"
     "/a,,,\n"
     "/a,c,,\n",
     "2:3+2 error source-query: a source is a path, without query and fragment\n"
     "3:1+1 error source-relative: a source is a path and begins with one /\n"
     "4:1+3 error source-relative: a source is a path and begins with one /\n"
     "5:7+1 error vercel-value: \"x\" is not true or false, t or f\n"
     "6:8+3 error status-unknown: 418 is not the status of a redirect: 301, 302, 303, 307 or 308\n"
     "7:1+5 error csv-fields: 2 fields, where the header has 4\n"
     "8:6+1 error target-missing: a source without a destination\n"
     "9:4+1 error target-relative: a relative reference, did you mean /c\n"},
    {"source,target\n"
     "/a,/b\n",
     "1:8+6 error csv-header: a column is source, destination, permanent, statusCode, "
     "caseSensitive or query\n"},
    {"source,destination,from\n"
     "/a,/b,c\n",
     "1:20+4 error csv-header: a column is source, destination, permanent, statusCode, "
     "caseSensitive or query\n"},
};

static void netlify_is_read(void **state)
{
    (void)state;
    DUMP_RUN(netlify_cases, DT_FORMAT_NETLIFY);
}

static void pages_are_read(void **state)
{
    (void)state;
    DUMP_RUN(pages_cases, DT_FORMAT_PAGES);
}

static void vercel_is_read(void **state)
{
    (void)state;
    DUMP_RUN(vercel_cases, DT_FORMAT_VERCEL);
}

static void bulk_redirects_are_read(void **state)
{
    (void)state;
    DUMP_RUN(bulk_cases, DT_FORMAT_VERCEL_BULK);
}

static enum dt_err load_bulk(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    (void)ctx;
    if (!dt_slice_eq(name, DT_S("bulk.csv")))
        return DT_ERR_NOT_FOUND;
    *ret_text = DT_S("source,destination\n/first,/1\n");
    return DT_OK;
}

/* Bulk redirects are asked first, wherever the file is named. */
static void the_bulk_file_comes_first(void **state)
{
    static const struct rules_case cases[] = {
        {"{ \"redirects\": [\n"
         "  { \"source\": \"/a\", \"destination\": \"/b\" } ],\n"
         "  \"bulkRedirectsPath\": \"bulk.csv\",\n"
         "  \"trailingSlash\": false }\n",
         "bulk.csv:2: /first ic > /1 307 drop\n"
         "2: /a > /b 308\n"
         "4:4+13 warning vercel-passed-over: \"trailingSlash\" is passed over: Vercel's own "
         "redirects that put a final slash or take it away\n"},
        {"{ \"bulkRedirectsPath\": \"none.csv\" }\n",
         "1:25+8 error include-missing: none.csv: not found\n"},
        {"{ \"bulkRedirectsPath\": \"folder\" }\n",
         "1:25+6 error vercel-bulk: bulk redirects are read from one CSV file, not from JSON or a "
         "folder\n"},
    };
    const struct dt_loader loader = {.load = load_bulk};
    (void)state;
    dump_run_with(&loader, cases, sizeof cases / sizeof *cases, DT_FORMAT_VERCEL);
}

/* ---- Writing ---- */

struct written {
    enum dt_format to;
    bool approximate;
    const char *want; /* the file, then what was noted */
};

/* Native rules of each kind. */
static const char sample[] = "# about news\n"
                             "/news.html /breaking/news.html owner=desk\n"
                             "//www.example.ai/old/* https://example.ai/new/:splat 308\n"
                             "//*.example.ai/x /y slash=ignore\n"
                             "/item/:id/x https://shop.example/p/:id?from=:id 301 slash=ignore\n"
                             "/a /b 302 slash=ignore case=ignore\n"
                             "/dir/* /neu/:splat 301 query=drop\n"
                             "/lang /de 302 lang=de country=DE,AT slash=ignore\n"
                             "/c /d header=X-Mode:a*,b !cookie=uid\n"
                             "/s?id=:id&b=1&c /y/:id slash=ignore\n"
                             "~^/(\\d{4})/[a-z]+/(.+)\\.php$ /archive/$1/$2 301\n"
                             "~^/p/([^/]+)-x(.*)$ /q/$1/$2 302\n"
                             "~^/alt(a|b)|c$ /z\n"
                             "/img*.png /i/:splat 301\n"
                             "/p* /w/:splat\n"
                             "/w/File%2Ax /w/%3Aname(x) 301\n"
                             "/gone - 410\n"
                             "/t mailto:x@example.com\n"
                             "/* https://all.example{path} 302\n";

static void put_notes(struct dt_buf *out, const struct dt_convert *convert)
{
    for (size_t i = 0; i < dt_convert_note_count(convert); i++) {
        const struct dt_convert_note *note = dt_convert_note(convert, i);
        dt_buf_printf(out, "%u %s %s: %.*s\n", note->rule, note->refused ? "refused" : "nearly",
                      note->name, DT_SLICE_FMT(note->message));
    }
}

static void check_written(const struct written *one)
{
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    struct dt_convert *convert = NULL;
    struct dt_buf out;
    dt_buf_init(&out, 1u << 20);
    assert_non_null(set);
    assert_int_equal(dt_ruleset_read(set, DT_S("t"), dt_slice_str(sample), DT_FORMAT_NATIVE),
                     DT_OK);
    const struct dt_convert_options options = {.to = one->to, .approximate = one->approximate};
    assert_int_equal(dt_convert_new(set, &options, &convert), DT_OK);
    dt_buf_put(&out, dt_convert_file(convert, 0).text);
    put_notes(&out, convert);
    dt_buf_char(&out, 0);
    bool same = strcmp(out.ptr, one->want) == 0;
    if (!same)
        print_error("---- in\n%s\n---- wanted\n%s---- got\n%s----\n", sample, one->want, out.ptr);
    dt_buf_release(&out);
    dt_convert_free(convert);
    dt_ruleset_free(set);
    assert_true(same);
}

static const struct written written[] = {
    {DT_FORMAT_NETLIFY, true,
     "http://www.example.ai/old/*     https://example.ai/new/:splat           308!\n"
     "https://www.example.ai/old/*    https://example.ai/new/:splat           308!\n"
     "/s b=1 c=:any2 id=:id           /y/:id                                  307!\n"
     "/lang                           /de                                     302! Language=de "
     "Country=at,de\n"
     "# about news\n"
     "# owner: desk\n"
     "# approximate: Netlify ignores a final slash\n"
     "/news.html                      /breaking/news.html                     307!\n"
     "# approximate: Netlify does not ignore case\n"
     "/a                              /b                                      302!\n"
     "# approximate: Netlify ignores a final slash\n"
     "/w/File%2Ax                     /w/%3Aname(x)                           301!\n"
     "/item/:id/x                     https://shop.example/p/:id?from=:id     301!\n"
     "# approximate: Netlify passes the whole query on\n"
     "/dir/*                          /neu/:splat                             301!\n"
     "# approximate: in a star right behind a letter Netlify leaves out the slash that it begins "
     "with\n"
     "/p*                             /w/:splat                               307!\n"
     "/*                              https://all.example/:splat              302!\n"
     "2 refused host-below: Netlify _redirects cannot ask for all hosts below a name\n"
     "7 refused slash: Netlify ignores a final slash\n"
     "7 refused condition: Netlify _redirects has no condition like header=\n"
     "7 refused condition: Netlify has no condition like !cookie=\n"
     "0 nearly slash: Netlify ignores a final slash\n"
     "4 nearly case: Netlify does not ignore case\n"
     "14 nearly slash: Netlify ignores a final slash\n"
     "15 refused slash: Netlify ignores a final slash\n"
     "15 refused target-scheme: a target for Netlify begins with /, http:// or https://\n"
     "15 refused status: Netlify answers a status without a Location from a page, and there is "
     "none\n"
     "16 refused slash: Netlify ignores a final slash\n"
     "16 refused target-scheme: a target for Netlify begins with /, http:// or https://\n"
     "5 nearly query: Netlify passes the whole query on\n"
     "12 refused star-inside: Netlify has a \"*\" at the end of a path only\n"
     "12 refused slash: Netlify ignores a final slash\n"
     "13 nearly star: in a star right behind a letter Netlify leaves out the slash that it begins "
     "with\n"
     "9 refused regex: Netlify _redirects cannot match a regular expression\n"
     "10 refused regex: Netlify _redirects cannot match a regular expression\n"
     "11 refused regex: Netlify _redirects cannot match a regular expression\n"},
    {DT_FORMAT_PAGES, false,
     "# about news\n"
     "# owner: desk\n"
     "/news.html                      /breaking/news.html                     307\n"
     "/w/File%2Ax                     /w/%3Aname(x)                           301\n"
     "\n"
     "/img*.png                       /i/:splat                               301\n"
     "/p*                             /w/:splat                               307\n"
     "/*                              https://all.example/:splat              302\n"
     "/p/:a-x*                        /q/:a/:splat                            302\n"
     "1 refused host: Cloudflare Pages _redirects cannot ask for a host\n"
     "2 refused host-below: Cloudflare Pages _redirects cannot ask for all hosts below a name\n"
     "8 refused query: Cloudflare Pages _redirects cannot ask for query parameters\n"
     "8 refused target-capture: a target for Cloudflare Pages has what the path of its source "
     "captures\n"
     "6 refused condition: Cloudflare Pages _redirects has no condition like lang=\n"
     "6 refused condition: Cloudflare Pages _redirects has no condition like country=\n"
     "7 refused condition: Cloudflare Pages _redirects has no condition like header=\n"
     "7 refused condition: Cloudflare Pages _redirects has no condition like !cookie=\n"
     "4 refused case: Cloudflare Pages does not ignore case\n"
     "15 refused status: Cloudflare Pages answers 301, 302, 303, 307 and 308 only\n"
     "16 refused target-scheme: a target for Cloudflare Pages begins with / or https://\n"
     "3 refused query: Cloudflare Pages does not add the request's query to a target's own\n"
     "5 refused query: Cloudflare Pages passes the query on to a target that has none\n"
     "9 refused regex: Cloudflare Pages has placeholders and one star, and no regular expressions\n"
     "11 refused regex: Cloudflare Pages has placeholders and one star, and no regular "
     "expressions\n"},
    {DT_FORMAT_VERCEL, false,
     "{\n"
     "  \"$schema\": \"https://openapi.vercel.sh/vercel.json\",\n"
     "  \"redirects\": [\n"
     "    {\n"
     "      \"source\": \"/old/:path(.*)?\",\n"
     "      \"destination\": \"https://example.ai/new/:path\",\n"
     "      \"permanent\": true,\n"
     "      \"has\": [\n"
     "        { \"type\": \"host\", \"value\": { \"eq\": \"www.example.ai\" } }\n"
     "      ]\n"
     "    },\n"
     "    {\n"
     "      \"source\": \"/x{/}?\",\n"
     "      \"destination\": \"/y\",\n"
     "      \"permanent\": false,\n"
     "      \"has\": [\n"
     "        { \"type\": \"host\", \"value\": { \"suf\": \".example.ai\" } }\n"
     "      ]\n"
     "    },\n"
     "    {\n"
     "      \"source\": \"/s{/}?\",\n"
     "      \"destination\": \"/y/:id\",\n"
     "      \"permanent\": false,\n"
     "      \"has\": [\n"
     "        { \"type\": \"query\", \"key\": \"b\", \"value\": { \"eq\": \"1\" } },\n"
     "        { \"type\": \"query\", \"key\": \"c\" },\n"
     "        { \"type\": \"query\", \"key\": \"id\", \"value\": \"(?<id>.*)\" }\n"
     "      ]\n"
     "    },\n"
     "    {\n"
     "      \"source\": \"/c\",\n"
     "      \"destination\": \"/d\",\n"
     "      \"permanent\": false,\n"
     "      \"has\": [\n"
     "        { \"type\": \"header\", \"key\": \"x-mode\", \"value\": \"(?:a.*|b)\" }\n"
     "      ],\n"
     "      \"missing\": [\n"
     "        { \"type\": \"cookie\", \"key\": \"uid\" }\n"
     "      ]\n"
     "    },\n"
     "    { \"source\": \"/w/File%2Ax\", \"destination\": \"/w/%3Aname%28x%29\", \"statusCode\": "
     "301 },\n"
     "    {\n"
     "      \"source\": \"/item/:id/x{/}?\",\n"
     "      \"destination\": \"https://shop.example/p/:id?from=:id\",\n"
     "      \"statusCode\": 301\n"
     "    },\n"
     "    { \"source\": \"/img:path(.*).png\", \"destination\": \"/i/:path\", \"statusCode\": 301 "
     "},\n"
     "    { \"source\": \"/p:path(.*)\", \"destination\": \"/w/:path\", \"permanent\": false },\n"
     "    { \"source\": \"/:path(.*)\", \"destination\": \"https://all.example/:path\", "
     "\"statusCode\": 302 },\n"
     "    { \"source\": \"/(\\\\d{4})/([a-z]+)/(.+).php\", \"destination\": \"/archive/$1/$3\", "
     "\"statusCode\": 301 },\n"
     "    { \"source\": \"/p/([^/]+)-x(.*)\", \"destination\": \"/q/$1/$2\", \"statusCode\": 302 "
     "}\n"
     "  ]\n"
     "}\n"
     "6 refused condition: vercel.json has no condition like lang=\n"
     "0 refused owner: vercel.json has no comments, so the owner is not kept\n"
     "4 refused case: Vercel does not ignore case\n"
     "15 refused status: Vercel answers 301, 302, 303, 307 and 308 only\n"
     "16 refused target-scheme: a destination of Vercel begins with /, http:// or https://\n"
     "5 refused query: Vercel passes the whole query on\n"
     "11 refused regex: this expression cannot be cut into text and groups for Vercel\n"},
    {DT_FORMAT_VERCEL_BULK, false,
     "source,destination,statusCode,caseSensitive,query\n"
     "/a,/b,302,false,true\n"
     "/a/,/b,302,false,true\n"
     "/w/File%2Ax,/w/%3Aname(x),301,true,true\n"
     "1 refused host: Vercel bulk redirects CSV cannot ask for a host\n"
     "1 refused folder: Vercel bulk redirects CSV cannot match a folder and all below it\n"
     "2 refused host-below: Vercel bulk redirects CSV cannot ask for all hosts below a name\n"
     "8 refused query: Vercel bulk redirects CSV cannot ask for query parameters\n"
     "8 refused target-capture: a bulk redirect of Vercel goes to one URL, always the same\n"
     "6 refused condition: Vercel bulk redirects CSV has no condition like lang=\n"
     "6 refused condition: Vercel bulk redirects CSV has no condition like country=\n"
     "7 refused condition: Vercel bulk redirects CSV has no condition like header=\n"
     "7 refused condition: Vercel bulk redirects CSV has no condition like !cookie=\n"
     "0 refused owner: Vercel bulk redirects CSV has no comments, so the owner is not kept\n"
     "15 refused status: Vercel answers 301, 302, 303, 307 and 308 only\n"
     "16 refused target-scheme: a destination of Vercel begins with /, http:// or https://\n"
     "3 refused names: Vercel bulk redirects CSV cannot capture a segment of the path\n"
     "5 refused folder: Vercel bulk redirects CSV cannot match a folder and all below it\n"
     "12 refused star-inside: Vercel bulk redirects CSV cannot match a star inside a path\n"
     "13 refused star-inside: Vercel bulk redirects CSV cannot match a star inside a path\n"
     "17 refused folder: Vercel bulk redirects CSV cannot match a folder and all below it\n"
     "9 refused regex: Vercel bulk redirects CSV cannot match a regular expression\n"
     "10 refused regex: Vercel bulk redirects CSV cannot match a regular expression\n"
     "11 refused regex: Vercel bulk redirects CSV cannot match a regular expression\n"},
};

static void files_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        check_written(&written[i]);
}

/* What is read of a file, written and read again, is the same. */
static void a_file_survives_being_written(void **state)
{
    static const struct {
        enum dt_format format;
        const char *text;
    } files[] = {
        {DT_FORMAT_NETLIFY, "/a /b 302\n/p* /w/:splat\n/x/:id id=:q /y/:id/:q 301!\n"
                            "http://h.example/* https://x.example/:splat 301\n"
                            "/l /m 302 Country=de Language=fr Cookie=uid\n"},
        {DT_FORMAT_PAGES, "/a /b 301\n/dir/* /n/:splat 302\n/x-:id.html /y/:id 307\n/* /:splat\n"},
        {DT_FORMAT_VERCEL,
         "{\"redirects\":[{\"source\":\"/a/:b*\",\"destination\":\"/c/:b*\"},"
         "{\"source\":\"/:p(\\\\d+)/x{-:y}?\",\"destination\":\"/:y/:p\",\"has\":["
         "{\"type\":\"host\",\"value\":\"(?:.+\\\\.)?h\\\\.example\"},"
         "{\"type\":\"header\",\"key\":\"k\",\"value\":{\"pre\":\"v\"}}]}]}"},
        {DT_FORMAT_VERCEL_BULK, "source,destination,statusCode,caseSensitive,query\n"
                                "/a,/b,301,false,true\n\"/x,y\",https://x.example/?a#b,308,true,"
                                "false\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct dt_convert *convert = NULL, *again = NULL;
        struct dt_ruleset *set = dt_ruleset_new(NULL), *second = dt_ruleset_new(NULL);
        const struct dt_convert_options options = {.to = files[i].format};
        assert_int_equal(
            dt_ruleset_read(set, DT_S("t"), dt_slice_str(files[i].text), files[i].format), DT_OK);
        assert_int_equal(dt_convert_new(set, &options, &convert), DT_OK);
        assert_int_equal(dt_convert_count(convert, DT_CONVERTED_WRITTEN), dt_ruleset_count(set));
        assert_int_equal(
            dt_ruleset_read(second, DT_S("t"), dt_convert_file(convert, 0).text, files[i].format),
            DT_OK);
        assert_int_equal(dt_convert_new(second, &options, &again), DT_OK);
        assert_true(dt_slice_eq(dt_convert_file(convert, 0).text, dt_convert_file(again, 0).text));
        dt_convert_free(convert);
        dt_convert_free(again);
        dt_ruleset_free(set);
        dt_ruleset_free(second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(netlify_is_read),
        cmocka_unit_test(pages_are_read),
        cmocka_unit_test(vercel_is_read),
        cmocka_unit_test(bulk_redirects_are_read),
        cmocka_unit_test(the_bulk_file_comes_first),
        cmocka_unit_test(files_are_written),
        cmocka_unit_test(a_file_survives_being_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
