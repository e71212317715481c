/* SPDX-License-Identifier: MIT
 *
 * Whatever a request brings along, in whatever part of it, put into whatever part of a target: the
 * Location stays one line of visible ASCII, and leads to the host that the rule names. Rules are
 * read, compiled and asked as in earnest; what a browser would make of the Location, our own URL
 * parser says.
 */
#include "snapshot_util.h"

#include <detour/uri.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* Raw, as no client may send them either: the normaliser takes what the HTTP parser would not. */
/* clang-format off */
static const char *const NASTY[] = {
    "", "x", "/", "//", "///", "%2F", "%2f%2F", "//evil.example", "/evil.example/x",
    "%2F%2Fevil.example", "\\evil.example", "\\\\evil.example", "%5C%5Cevil.example", "/\\evil",
    "evil.example", "evil.example:80", ":80", "@evil.example", "u:p@evil.example",
    ".evil.example", "%2eevil.example", ".", "..", "../..", "%2e%2E", "./", "..//evil.example",
    "/./evil.example", "/..//evil.example", "%00", "%00evil", "\r\nX: y",
    "%0D%0ASet-Cookie:%20a=b", "%0a", "\n", "\t", "\t//evil.example", " ", "%20",
    " //evil.example", "a b", "a?b", "a%3Fb", "a#b", "a%23b", "?x=1", "#x", "a&b=c", "&b=c",
    "a=b", "=", "a;b", "a+b", "a'b", "a\"b", "<script>", "%3Cb%3E", "b\xc3\xbchr.example",
    "%C3%BC", "xn--bcher-kva.example", "\xe2\x80\xa8", "\xef\xbc\x8f", "\xff\xfe", "\x7f",
    "\x01\x80", "\x04\x81", "\x04\xc1", "%", "%0", "%2", "%0d%", "%%30a", "%25", "{host}", "$1",
    ":x", "[::1]", "127.0.0.1", "0x7f.1", "1", "-", "a_b", "javascript:alert(1)",
    "http://evil.example/", "https:evil.example", "data:text/html,x", "(`^|{}[])*,!~",
};
/* clang-format on */

/* Where a capture comes from: a source, how a target names it, and the request that brings it. */
struct origin {
    const char *source;
    const char *name;
    const char *host, *path, *query; /* with "%s" in one of them */
};

static const struct origin ORIGINS[] = {
    {"/a/:x", ":x", "good.example", "/a/%s", ""},
    {"/a/*", ":splat", "good.example", "/a/%s", ""},
    {"/*", ":splat", "good.example", "/%s", ""},
    {"/a*z", ":splat", "good.example", "/a%sz", ""},
    {"/a/:x/*", ":x", "good.example", "/a/%s/b", ""},
    {"/a?q=:x", ":x", "good.example", "/a", "q=%s"},
    {"~^/a(.*)$", "$1", "good.example", "/a%s", ""},
    {"~^/(.)(.*)$", "${2}", "good.example", "/%s", ""},
    {"~.*", "$0", "good.example", "/%s", ""},
    {"~^https?://[^/]*/(.*)$", "$1", "good.example", "/%s", ""},
    {"~^//[^/]*/a[?](.*)$", "$1", "good.example", "/a", "%s"},
    {"~^https?://(.*)$", "$1", "good.example", "/a", "%s"},
    {"//:x.good.example/*", ":x", "%s.good.example", "/", ""},
    {"/*", "{path}", "good.example", "/%s", ""},
    {"/*", "{query}", "good.example", "/", "%s"},
    {"/*", "{host}", "%s.good.example", "/", ""},
};

/* Where it goes to, "%s", and the host that it must lead to; NULL for the one that was asked. */
struct place {
    const char *target;
    const char *host;
};

static const struct place PLACES[] = {
    {"/%s", NULL},
    {"/%s/", NULL},
    {"/%s%s", NULL},
    {"/%s/%s", NULL},
    {"/.%s", NULL},
    {"/./%s", NULL},
    {"/x/../%s", NULL},
    {"/x/%s", NULL},
    {"/x%sy", NULL},
    {"/x/%s?a=%s#%s", NULL},
    {"/?q=%s", NULL},
    {"/x?%s=1&b=%s", NULL},
    {"/?%s", NULL},
    {"/#%s", NULL},
    {"{scheme}://{host}/%s", NULL},
    {"https://{host}:{port}/x%s?%s", NULL},
    {"http://{host}?%s", NULL},
    {"https://to.example/%s", "to.example"},
    {"https://to.example/x/%s", "to.example"},
    {"https://to.example?%s", "to.example"},
    {"https://to.example#%s", "to.example"},
    {"https://to.example:8443/?x=%s", "to.example"},
    {"https://[::1]/%s", "[::1]"},
    {"myapp://to.example/%s?%s#%s", "to.example"},
};

/* Puts text wherever form has "%s". */
static size_t put(char *mem, size_t cap, const char *form, const char *text, size_t len)
{
    size_t at = 0;
    for (const char *p = form; *p; p++) {
        bool here = p[0] == '%' && p[1] == 's';
        assert_true(at + (here ? len : 1) < cap);
        memcpy(mem + at, here ? text : p, here ? len : 1);
        at += here ? len : 1;
        p += here;
    }
    mem[at] = 0;
    return at;
}

struct asked {
    struct dt_request request;
    char raw[3][400];
    char normal[3][1600];
};

/* False when the host cannot be one. */
static bool make_request(struct asked *asked, const struct origin *origin, const char *text,
                         size_t len)
{
    const char *const forms[] = {origin->host, origin->path, origin->query};
    struct dt_slice raw[3], host, path, query;
    for (size_t i = 0; i < 3; i++)
        raw[i] = dt_slice_of(asked->raw[i],
                             put(asked->raw[i], sizeof asked->raw[i], forms[i], text, len));
    if (dt_norm_host(raw[0], asked->normal[0], sizeof asked->normal[0], &host))
        return false;
    assert_int_equal(dt_norm_path(raw[1], asked->normal[1], sizeof asked->normal[1], &path), DT_OK);
    assert_int_equal(dt_norm_query(raw[2], asked->normal[2], sizeof asked->normal[2], &query),
                     DT_OK);
    asked->request = (struct dt_request){.method = DT_S("GET"),
                                         .host = host,
                                         .path = path,
                                         .query = query,
                                         .port = 8080,
                                         .scheme = DT_SCHEME_HTTPS};
    return true;
}

static void assert_line(struct dt_slice location)
{
    for (size_t i = 0; i < location.len; i++)
        assert_true(location.ptr[i] > ' ' && location.ptr[i] < 0x7f &&
                    !strchr("\\<>", location.ptr[i]));
    for (size_t i = 0; i < location.len; i++) /* every escape is a whole one */
        if (location.ptr[i] == '%')
            assert_true(i + 2 < location.len && strchr("0123456789ABCDEF", location.ptr[i + 1]) &&
                        strchr("0123456789ABCDEF", location.ptr[i + 2]));
}

static void assert_host(struct dt_slice location, struct dt_slice asked, const char *want)
{
    char mem[2000];
    struct dt_url base, url;
    int len = snprintf(mem, sizeof mem, "https://%.*s:8080/old/page?q#f", DT_SLICE_FMT(asked));
    assert_int_equal(dt_url_parse(dt_slice_of(mem, (size_t)len), NULL, &base), DT_OK);
    assert_int_equal(dt_url_parse(location, &base, &url), DT_OK);
    struct dt_slice host = want ? dt_slice_str(want) : base.host;
    if (!dt_slice_eq(url.host, host))
        print_error("%.*s leads to %.*s\n", DT_SLICE_FMT(location), DT_SLICE_FMT(url.host));
    assert_true(dt_slice_eq(url.host, host));
    assert_int_equal(url.username.len + url.password.len, 0);
    dt_url_release(&url);
    dt_url_release(&base);
}

/* How many of the questions were answered. */
struct tally {
    size_t asked, answered;
};

static void ask(const struct compiled *compiled, const struct origin *origin,
                const struct place *place, const char *text, size_t len, struct tally *tally)
{
    struct asked asked;
    struct dt_decision decision;
    if (!make_request(&asked, origin, text, len))
        return;
    tally->asked++;
    assert_int_equal(dt_match(&compiled->snapshot, &asked.request, scratch(), &decision), DT_OK);
    if (!decision.matched)
        return;
    tally->answered++;
    assert_line(decision.location);
    assert_host(decision.location, asked.request.host, place->host);
}

static void compile_rule(const struct origin *origin, const struct place *place,
                         const char *options, struct compiled *ret)
{
    char target[200], text[400];
    put(target, sizeof target, place->target, origin->name, strlen(origin->name));
    (void)snprintf(text, sizeof text, "%s %s 307 %s\n", origin->source, target, options);
    compile(text, ret);
}

static size_t random_text(unsigned *seed, char *mem, size_t max)
{
    size_t len = 0, parts = 1 + (size_t)rand_r(seed) % 4;
    for (size_t i = 0; i < parts; i++) {
        const char *part = NASTY[(size_t)rand_r(seed) % COUNT(NASTY)];
        size_t part_len = strlen(part);
        if (len + part_len + 1 > max)
            break;
        memcpy(mem + len, part, part_len);
        len += part_len;
        if (rand_r(seed) % 4 == 0)
            mem[len++] = (char)(rand_r(seed) % 256);
    }
    return len;
}

static void no_capture_leads_elsewhere(void **state)
{
    (void)state;
    static const char *const OPTIONS[] = {"query=drop", "query=pass"};
    struct tally tally = {0, 0};
    unsigned seed = 9110;
    for (size_t i = 0; i < COUNT(ORIGINS) * COUNT(PLACES); i++) {
        const struct origin *origin = &ORIGINS[i / COUNT(PLACES)];
        const struct place *place = &PLACES[i % COUNT(PLACES)];
        struct compiled compiled;
        compile_rule(origin, place, OPTIONS[i % 2], &compiled);
        for (size_t j = 0; j < COUNT(NASTY); j++)
            ask(&compiled, origin, place, NASTY[j], strlen(NASTY[j]), &tally);
        for (size_t j = 0; j < 40; j++) {
            char text[100];
            size_t len = random_text(&seed, text, sizeof text);
            ask(&compiled, origin, place, text, len, &tally);
        }
        compiled_release(&compiled);
    }
    (void)printf("# %zu questions, %zu answers\n", tally.asked, tally.answered);
    assert_true(tally.answered > tally.asked / 2);
}

/* {path} right behind the host is a path still. */
static void a_path_behind_the_host_is_a_path(void **state)
{
    (void)state;
    static const struct place AT[] = {{"https://to.example%s", "to.example"},
                                      {"https://{host}%s", NULL},
                                      {"https://to.example:81%s?x", "to.example"},
                                      {"myapp://to.example%s", "to.example"}};
    static const struct origin FROM = {"/*", "{path}", "good.example", "/%s", ""};
    struct tally tally = {0, 0};
    for (size_t i = 0; i < COUNT(AT); i++) {
        struct compiled compiled;
        compile_rule(&FROM, &AT[i], "", &compiled);
        for (size_t j = 0; j < COUNT(NASTY); j++)
            ask(&compiled, &FROM, &AT[i], NASTY[j], strlen(NASTY[j]), &tally);
        compiled_release(&compiled);
    }
    assert_int_equal(tally.asked, tally.answered);
}

/* A label of the host that was asked stays below what the rule names. */
static void labels_stay_below_their_host(void **state)
{
    (void)state;
    struct compiled compiled;
    size_t answered = 0;
    static const struct origin FROM = {"//:x.good.example/*", ":x", "%s.good.example", "/", ""};
    static const struct place AT = {"https://%s.to.example/", NULL};
    compile_rule(&FROM, &AT, "", &compiled);
    for (size_t i = 0; i < COUNT(NASTY); i++) {
        struct asked asked;
        struct dt_decision decision;
        struct dt_url url;
        if (!make_request(&asked, &FROM, NASTY[i], strlen(NASTY[i])))
            continue;
        assert_int_equal(dt_match(&compiled.snapshot, &asked.request, scratch(), &decision), DT_OK);
        if (!decision.matched)
            continue;
        assert_line(decision.location);
        assert_int_equal(dt_url_parse(decision.location, NULL, &url), DT_OK);
        struct dt_slice tail = DT_S(".to.example");
        assert_true(url.host.len >= tail.len &&
                    dt_slice_eq(dt_slice_from(url.host, url.host.len - tail.len), tail));
        assert_true(!memchr(url.host.ptr, '.', url.host.len - tail.len));
        dt_url_release(&url);
        answered++;
    }
    assert_true(answered > 5);
    compiled_release(&compiled);
}

static bool is_host(struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", s.ptr[i]))
            return false;
    return s.len > 0;
}

/* With open=yes the request chooses the host, and nothing but the host. */
static void open_rules_answer_hosts_only(void **state)
{
    (void)state;
    static const struct place AT[] = {{"https://%s/x", NULL},
                                      {"https://%s:8443/x", NULL},
                                      {"https://a.%s/x", NULL},
                                      {"https://%s.to.example/x", NULL},
                                      {"{scheme}://a%s.to.example/%s", NULL}};
    size_t answered = 0, refused = 0;
    for (size_t i = 0; i < COUNT(ORIGINS) * COUNT(AT); i++) {
        const struct origin *origin = &ORIGINS[i / COUNT(AT)];
        struct compiled compiled;
        if (strcmp(origin->name, "{path}") == 0 || strcmp(origin->name, "{host}") == 0)
            continue;
        compile_rule(origin, &AT[i % COUNT(AT)], "open=yes", &compiled);
        for (size_t j = 0; j < COUNT(NASTY); j++) {
            struct asked asked;
            struct dt_decision decision;
            if (!make_request(&asked, origin, NASTY[j], strlen(NASTY[j])))
                continue;
            assert_int_equal(dt_match(&compiled.snapshot, &asked.request, scratch(), &decision),
                             DT_OK);
            refused += !decision.matched;
            answered += decision.matched;
            if (!decision.matched)
                continue;
            struct dt_slice s = decision.location;
            assert_line(s);
            assert_true(dt_slice_starts(s, DT_S("https://")));
            s = dt_slice_from(s, 8);
            size_t len = 0;
            while (len < s.len && !strchr("/?#:", s.ptr[len]))
                len++;
            assert_true(is_host(dt_slice_of(s.ptr, len)));
            assert_true(len < s.len && (s.ptr[len] == '/' ||
                                        dt_slice_starts(dt_slice_from(s, len), DT_S(":8443/"))));
        }
        compiled_release(&compiled);
    }
    (void)printf("# open: %zu answers, %zu refused\n", answered, refused);
    assert_true(answered > 100 && refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_capture_leads_elsewhere),
        cmocka_unit_test(a_path_behind_the_host_is_a_path),
        cmocka_unit_test(labels_stay_below_their_host),
        cmocka_unit_test(open_rules_answer_hosts_only),
    };
    return cmocka_run_group_tests_name("capture safety", tests, NULL, NULL);
}
