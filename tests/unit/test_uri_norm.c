/* SPDX-License-Identifier: MIT
 *
 * The normaliser against a naive one written from the words of RFC 3986 and <detour/uri.h>, over
 * random input; and its properties: idempotent, in bounds, no copy when there is nothing to do, and
 * the same path and query that the URL parser sees.
 */
#include "uri/char_class.h"
#include "uri/norm_scan.h"
#include <ctype.h>
#include <detour/uri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 1000000u
#define RAW_MAX 40u
#define OUT_MAX (3 * RAW_MAX + 1)

/* ---- the oracle: one character at a time, then RFC 3986 section 5.2.4 to the letter ---------- */

static const char UNRESERVED[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
static const char MORE_IN_PATH[] = "!$&'()*+,;=:@/";         /* the rest of pchar, and "/" */
static const char MORE_IN_QUERY[] = "!$&()*+,;=:@/?[]|^`{}"; /* without "'" */

static size_t put_escape(char *out, unsigned value)
{
    out[0] = '%';
    out[1] = "0123456789ABCDEF"[value / 16];
    out[2] = "0123456789ABCDEF"[value % 16];
    return 3;
}

/* The bytes that stand for themselves: of UNRESERVED alone, in a path, in a query. */
struct oracle_sets {
    bool unreserved[256], path[256], query[256];
};

static void oracle_add(bool *set, const char *bytes)
{
    for (; *bytes; bytes++)
        set[(unsigned char)*bytes] = true;
}

static const struct oracle_sets *oracle_sets(void)
{
    static struct oracle_sets sets;
    if (!sets.unreserved['a']) {
        oracle_add(sets.unreserved, UNRESERVED);
        oracle_add(sets.path, UNRESERVED);
        oracle_add(sets.path, MORE_IN_PATH);
        oracle_add(sets.query, UNRESERVED);
        oracle_add(sets.query, MORE_IN_QUERY);
    }
    return &sets;
}

static size_t oracle_bytes(const char *raw, size_t len, const bool *plain, char *out)
{
    const bool *unreserved = oracle_sets()->unreserved;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)raw[i];
        char hex[3] = {0};
        if (c == '%' && i + 2 < len) {
            hex[0] = raw[i + 1];
            hex[1] = raw[i + 2];
        }
        if (isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1])) {
            unsigned value = (unsigned)strtoul(hex, NULL, 16);
            i += 2;
            if (unreserved[value])
                out[n++] = (char)value;
            else
                n += put_escape(out + n, value);
        } else if (plain[c]) {
            out[n++] = (char)c;
        } else {
            n += put_escape(out + n, c);
        }
    }
    out[n] = 0;
    return n;
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static size_t oracle_dots(char *in, char *out)
{
    size_t n = 0;
    out[0] = 0;
    while (*in) {
        if (begins(in, "/./") || begins(in, "/../")) { /* 2B, 2C */
            bool up = in[2] == '.';
            in += up ? 3 : 2;
            if (up)
                n = strrchr(out, '/') ? (size_t)(strrchr(out, '/') - out) : 0;
        } else if (strcmp(in, "/.") == 0 || strcmp(in, "/..") == 0) {
            if (in[2] == '.')
                n = strrchr(out, '/') ? (size_t)(strrchr(out, '/') - out) : 0;
            in[1] = 0;
        } else { /* 2E */
            do
                out[n++] = *in++;
            while (*in && *in != '/');
        }
        out[n] = 0;
    }
    return n;
}

static size_t oracle_path(const char *raw, size_t len, char *out)
{
    char bytes[OUT_MAX + 1];
    if (len == 0)
        return (size_t)sprintf(out, "/");
    (void)oracle_bytes(raw, len, oracle_sets()->path, bytes);
    return oracle_dots(bytes, out);
}

/* ---- random input that is rich in what matters ---------------------------------------------- */

static uint64_t seed = 0x9e3779b97f4a7c15u;

static unsigned below(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 32) % n);
}

static size_t random_text(char *raw, size_t cap, unsigned odd)
{
#define P(text)                                                                                    \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
    static const struct dt_slice PIECES[] = {
        P("/"),   P("/"),   P("."),   P(".."),  P("/."),  P("/.."),      P("/./"), P("%2e"),
        P("%2E"), P("%2f"), P("%2F"), P("%5c"), P("%00"), P("%41"),      P("%7e"), P("%c3"),
        P("%C3"), P("%"),   P("%2"),  P("%%"),  P("%zz"), P("a"),        P("b-_"), P("~c"),
        P("dir"), P("x.y"), P("+"),   P("&"),   P("="),   P(";"),        P(":"),   P("@"),
        P("!"),   P("'"),   P("*"),   P("|"),   P("["),   P("]"),        P("^"),   P("{"),
        P("}"),   P("\""),  P("<"),   P(">"),   P("`"),   P("news.html")};
#undef P
    size_t want = below((unsigned)cap + 1), len = 0;
    while (len < want) {
        if (below(100) < odd) {
            raw[len++] = (char)below(256);
            continue;
        }
        struct dt_slice piece = PIECES[below(sizeof PIECES / sizeof PIECES[0])];
        size_t n = piece.len < want - len ? piece.len : want - len;
        memcpy(raw + len, piece.ptr, n);
        len += n;
    }
    return len;
}

/* Exactly as long as it says, so that a sanitizer sees any step outside. */
static struct dt_slice exact(const char *raw, size_t len)
{
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, raw, len);
    return dt_slice_of(copy, len);
}

static void release(struct dt_slice s)
{
    union {
        const char *shared;
        char *owned;
    } u = {s.ptr};
    free(u.owned);
}

/* ---- the comparison ------------------------------------------------------------------------- */

struct kind {
    enum dt_err (*norm)(struct dt_slice, char *, size_t, struct dt_slice *);
    const char *url_before; /* makes a URL of a normal form */
    struct dt_slice (*of_url)(const struct dt_url *);
};

static struct dt_slice url_path(const struct dt_url *url)
{
    return url->path;
}

static struct dt_slice url_query(const struct dt_url *url)
{
    return url->query;
}

static const struct kind PATH = {dt_norm_path, "http://h", url_path};
static const struct kind QUERY = {dt_norm_query, "http://h/?", url_query};

static struct dt_slice parsed(const struct kind *kind, struct dt_slice s, struct dt_url *url)
{
    char text[OUT_MAX + 16];
    int len = snprintf(text, sizeof text, "%s", kind->url_before);
    memcpy(text + len, s.ptr, s.len);
    assert_int_equal(dt_url_parse(dt_slice_of(text, (size_t)len + s.len), NULL, url), DT_OK);
    return kind->of_url(url);
}

static void complain(struct dt_slice raw, struct dt_slice want, struct dt_slice got)
{
    fail_msg("<%.*s>: want <%.*s>, got <%.*s>", DT_SLICE_FMT(raw), DT_SLICE_FMT(want),
             DT_SLICE_FMT(got));
}

static void check(const struct kind *kind, struct dt_slice raw, struct dt_slice want)
{
    size_t cap = 3 * raw.len + 1;
    char *buf = malloc(cap), again[3 * OUT_MAX + 1];
    assert_non_null(buf);
    struct dt_slice got, twice;
    assert_int_equal(kind->norm(raw, buf, cap, &got), DT_OK);
    if (!dt_slice_eq(got, want))
        complain(raw, want, got);
    assert_int_equal(got.ptr == raw.ptr, dt_slice_eq(raw, want));

    assert_int_equal(kind->norm(got, again, sizeof again, &twice), DT_OK);
    assert_ptr_equal(twice.ptr, got.ptr);
    assert_int_equal(twice.len, got.len);
    if (got.ptr != raw.ptr)
        assert_int_equal(kind->norm(raw, buf, cap - 1, &twice), DT_ERR_SPACE);
    free(buf);
}

/* The normal form is one that the URL parser leaves alone. */
static void check_url(const struct kind *kind, struct dt_slice normal)
{
    struct dt_url url;
    struct dt_slice seen = parsed(kind, normal, &url);
    if (!dt_slice_eq(seen, normal))
        complain(normal, normal, seen);
    dt_url_release(&url);
}

/* Both ways to the normal form meet: through the URL parser and without it. Not for input in which
 * the two read something else: "\" (a slash to the parser), "?" and "#" (ends of the component),
 * what the parser takes out (tab, newline, trailing space), and bytes that are not UTF-8. */
static void check_detour(const struct kind *kind, struct dt_slice raw, struct dt_slice normal)
{
    for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i] < ' ' || raw.ptr[i] == '\\' || raw.ptr[i] == '?' || raw.ptr[i] == '#')
            return;
    if (raw.len && raw.ptr[raw.len - 1] == ' ')
        return;
    struct dt_url url;
    char buf[3 * OUT_MAX + 1];
    struct dt_slice got;
    assert_int_equal(kind->norm(parsed(kind, raw, &url), buf, sizeof buf, &got), DT_OK);
    if (!dt_slice_eq(got, normal))
        complain(raw, normal, got);
    dt_url_release(&url);
}

static void test_random_paths(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char text[RAW_MAX] = "/", want_text[OUT_MAX + 1];
        size_t len = i % 64 ? 1 + random_text(text + 1, sizeof text - 1, i & 7) : 0;
        struct dt_slice raw = exact(text, len);
        struct dt_slice want = dt_slice_of(want_text, oracle_path(text, len, want_text));
        check(&PATH, raw, want);
        if (i % 16 == 1) {
            check_url(&PATH, want);
            check_detour(&PATH, raw, want);
        }
        release(raw);
    }
}

static void test_random_queries(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        char text[RAW_MAX], want_text[OUT_MAX + 1];
        size_t len = random_text(text, sizeof text, i & 7);
        struct dt_slice raw = exact(text, len);
        struct dt_slice want =
            dt_slice_of(want_text, oracle_bytes(text, len, oracle_sets()->query, want_text));
        check(&QUERY, raw, want);
        if (i % 16 == 1) {
            check_url(&QUERY, want);
            check_detour(&QUERY, raw, want);
        }
        release(raw);
    }
}

/* ---- the first look, byte by byte ----------------------------------------------------------- */

static void check_scan(bool (*plain)(struct dt_slice), unsigned char c, bool good)
{
    for (size_t len = 1; len <= 40; len++) {
        for (size_t at = 0; at < len; at++) {
            char text[40];
            memset(text, 'a', sizeof text);
            text[at] = (char)c;
            struct dt_slice s = exact(text, len);
            assert_int_equal(plain(s), good);
            release(s);
        }
    }
}

static void test_scans(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        bool escape = c == '%';
        check_scan(dt_scan_path_plain, (unsigned char)c,
                   !escape && !dt_char_is((char)c, DT_PCT_NORM_PATH));
        check_scan(dt_scan_query_plain, (unsigned char)c,
                   !escape && !dt_char_is((char)c, DT_PCT_NORM_QUERY));
        check_scan(dt_scan_host_plain, (unsigned char)c, dt_char_is((char)c, DT_CHAR_HOST_PLAIN));
    }
    for (size_t len = 2; len <= 40; len++) {
        for (size_t at = 0; at + 1 < len; at++) {
            char text[40];
            memset(text, 'a', sizeof text);
            memcpy(text + at, "/.", 2);
            struct dt_slice s = exact(text, len);
            assert_false(dt_scan_path_plain(s));
            release(s);
        }
    }
}

/* ---- cases in words ------------------------------------------------------------------------- */

static void test_paths(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"", "/"},
        {"/", "/"},
        {"//", "//"},
        {"/a/../b", "/b"},
        {"/../../b", "/b"},
        {"/a/b/..", "/a/"},
        {"/a/b/.", "/a/b/"},
        {"/a//../b", "/a/b"},
        {"/..//evil", "//evil"},
        {"/%2e%2E/x", "/x"},
        {"/.%2e", "/"},
        {"/a/%2e%2e%2fb", "/a/..%2Fb"},
        {"/.well-known/x", "/.well-known/x"},
        {"/.../x", "/.../x"},
        {"/a%2fb%5cc%00", "/a%2Fb%5Cc%00"},
        {"/%7Euser/%41", "/~user/A"},
        {"/100%", "/100%25"},
        {"/%2", "/%252"},
        {"/%%32e", "/%252e"},
        {"/a\\b", "/a%5Cb"},
        {"/caf\xc3\xa9", "/caf%C3%A9"},
        {"/a b?c#d", "/a%20b%3Fc%23d"},
        {"/topics[]", "/topics%5B%5D"},
        {"/a;v=1,2:3@4!$&'()*+", "/a;v=1,2:3@4!$&'()*+"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        check(&PATH, dt_slice_str(CASES[i][0]), dt_slice_str(CASES[i][1]));
    char buf[16];
    struct dt_slice got = DT_S("untouched");
    assert_int_equal(dt_norm_path(DT_S("a/b"), buf, sizeof buf, &got), DT_ERR_URL);
    assert_int_equal(dt_norm_path(DT_S("%2Fa"), buf, sizeof buf, &got), DT_ERR_URL);
    assert_int_equal(dt_norm_path(DT_SLICE_NONE, buf, 0, &got), DT_ERR_SPACE);
    assert_true(dt_slice_eq(got, DT_S("untouched")));
}

static void test_queries(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"", ""},
        {"a=1&b", "a=1&b"},
        {"topics[]=a|b^`{}?/", "topics[]=a|b^`{}?/"},
        {"q=%41+b", "q=A+b"},
        {"q='\\\"", "q=%27%5C%22"},
        {"q=%26%3d", "q=%26%3D"},
        {"/../a", "/../a"},
        {"q=a b#", "q=a%20b%23"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        check(&QUERY, dt_slice_str(CASES[i][0]), dt_slice_str(CASES[i][1]));
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"example.com", "example.com"},
        {"example.com.", "example.com"},
        {"EXAMPLE.com.", "example.com"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {"a_b.c", "a_b.c"},
        {"a..b", "a..b"},
        {"0", "0.0.0.0"},
        {"127.1.", "127.0.0.1"},
        {"127.0.0.1", "127.0.0.1"},
        {"0x7F000001", "127.0.0.1"},
        {"1.2.3.4.example", "1.2.3.4.example"},
        {"[::1]", "[::1]"},
        {"[0:0::1]", "[::1]"},
        {"%61.b", "a.b"},
        {"a.256", NULL},
        {"1.2.3.256", NULL},
        {"", NULL},
        {".", NULL},
        {"a..", NULL},
        {"a:80", NULL},
        {"[::1]:80", NULL},
        {"user@a", NULL},
        {"a b", NULL},
        {"a/b", NULL},
        {"a%2fb", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_slice raw = dt_slice_str(CASES[i][0]), got = DT_SLICE_NONE, twice;
        char buf[128], again[128];
        enum dt_err err = dt_norm_host(raw, buf, raw.len < 5 ? 16 : 3 * raw.len + 1, &got);
        if (!CASES[i][1]) {
            assert_int_equal(err, DT_ERR_HOST);
            assert_null(got.ptr);
            continue;
        }
        assert_int_equal(err, DT_OK);
        if (!dt_slice_eq(got, dt_slice_str(CASES[i][1])))
            complain(raw, dt_slice_str(CASES[i][1]), got);
        assert_int_equal(dt_norm_host(got, again, sizeof again, &twice), DT_OK);
        assert_ptr_equal(twice.ptr, got.ptr);
    }
}

/* The fast way gives what the host parser gives, and what it gives is what a URL holds. */
static void test_random_hosts(void **state)
{
    (void)state;
    static const char *const PIECES[] = {"a",
                                         "xyz",
                                         "example",
                                         ".",
                                         ".",
                                         ".com",
                                         "-",
                                         "--",
                                         "0",
                                         "0x",
                                         "7f",
                                         "127",
                                         "1",
                                         "09",
                                         "xn--",
                                         "EX",
                                         "_",
                                         "%41",
                                         "www.very-long-label"};
    for (unsigned i = 0; i < ROUNDS / 10; i++) {
        char text[96], buf[400], slow_buf[400], again[1200];
        int len = 0;
        for (unsigned n = below(8); n > 0; n--)
            len += sprintf(text + len, "%s", PIECES[below(sizeof PIECES / sizeof PIECES[0])]);
        struct dt_slice raw = exact(text, (size_t)len), got, slow, twice;
        enum dt_err err = dt_norm_host(raw, buf, sizeof buf, &got);
        enum dt_err slow_err = dt_host_parse(raw, slow_buf, sizeof slow_buf, &slow);
        if (!slow_err) {
            slow.len -= slow.ptr[slow.len - 1] == '.';
            if (slow.len == 0 || slow.ptr[slow.len - 1] == '.')
                slow_err = DT_ERR_HOST;
        }
        assert_int_equal(err, slow_err);
        if (!err) {
            if (!dt_slice_eq(got, slow))
                complain(raw, slow, got);
            assert_int_equal(dt_norm_host(got, again, sizeof again, &twice), DT_OK);
            assert_ptr_equal(twice.ptr, got.ptr);
            assert_int_equal(twice.len, got.len);
            struct dt_url url;
            char href[512];
            int n = snprintf(href, sizeof href, "http://%.*s/", DT_SLICE_FMT(got));
            assert_int_equal(dt_url_parse(dt_slice_of(href, (size_t)n), NULL, &url), DT_OK);
            assert_true(dt_slice_eq(url.host, got));
            dt_url_release(&url);
        }
        release(raw);
    }
}

static void test_authorities(void **state)
{
    (void)state;
    static const struct {
        const char *authority, *host; /* NULL: DT_ERR_HOST */
        uint16_t port;
    } CASES[] = {
        {"example.com", "example.com", 0},
        {"example.com:", "example.com", 0},
        {"example.com:80", "example.com", 80},
        {"example.com:65535", "example.com", 65535},
        {"example.com:0008080", "example.com", 8080},
        {"[::1]", "[::1]", 0},
        {"[::1]:", "[::1]", 0},
        {"[::1]:443", "[::1]", 443},
        {"", NULL, 0},
        {":80", NULL, 0},
        {"[", NULL, 0},
        {"[::1", NULL, 0},
        {"[::1]x", NULL, 0},
        {"[::1]x:1", NULL, 0},
        {"a:65536", NULL, 0},
        {"a:99999999999999999999", NULL, 0},
        {"a:+1", NULL, 0},
        {"a:1 ", NULL, 0},
        {"a:8a", NULL, 0},
        {"::1", NULL, 0},
        {"a:1:2", NULL, 0},
        {"user@a", NULL, 0},
        {"user:1@a", NULL, 0},
        {"a@", NULL, 0},
        {"@", NULL, 0},
        {"[@]", NULL, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_slice authority = exact(CASES[i].authority, strlen(CASES[i].authority));
        struct dt_slice host = DT_S("untouched");
        uint16_t port = 9;
        enum dt_err err = dt_authority_split(authority, &host, &port);
        assert_int_equal(err, CASES[i].host ? DT_OK : DT_ERR_HOST);
        assert_true(dt_slice_eq(host, dt_slice_str(CASES[i].host ? CASES[i].host : "untouched")));
        assert_int_equal(port, CASES[i].host ? CASES[i].port : 9);
        release(authority);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),          cmocka_unit_test(test_queries),
        cmocka_unit_test(test_hosts),          cmocka_unit_test(test_authorities),
        cmocka_unit_test(test_scans),          cmocka_unit_test(test_random_paths),
        cmocka_unit_test(test_random_queries), cmocka_unit_test(test_random_hosts),
    };
    return cmocka_run_group_tests_name("uri_norm", tests, NULL, NULL);
}
