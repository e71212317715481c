/* SPDX-License-Identifier: MIT
 *
 * The URL parser against urltestdata.json of web-platform-tests: every case, every component.
 * There is no list of exceptions: a case that differs fails the test.
 */
#include "test_uri_data.h"
#include <detour/uri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum category {
    HTTP,    /* base or result is http or https */
    FAILURE, /* must be refused */
    OTHER,   /* any other scheme */
    CATEGORIES,
};

static const char *const CATEGORY_NAMES[] = {"http and https", "must fail", "other schemes"};

struct tally {
    unsigned passed[CATEGORIES];
    unsigned failed[CATEGORIES];
};

static bool is_http(struct dt_slice url)
{
    return dt_slice_starts(url, DT_S("http:")) || dt_slice_starts(url, DT_S("https:"));
}

static enum category category_of(const json_t *test)
{
    if (json_is_true(json_object_get(test, "failure")))
        return FAILURE;
    return is_http(uri_data_string(test, "base")) || is_http(uri_data_string(test, "href")) ? HTTP
                                                                                            : OTHER;
}

/* The API's attribute: delimiter and component, or nothing when the component is empty. */
static void decorated(char *text, size_t cap, const char *before, struct dt_slice s,
                      const char *behind)
{
    if (s.len == 0)
        text[0] = 0;
    else
        (void)snprintf(text, cap, "%s%.*s%s", before, DT_SLICE_FMT(s), behind);
}

static bool member_is(const json_t *test, const char *key, struct dt_slice got)
{
    struct dt_slice want = uri_data_string(test, key);
    if (!json_object_get(test, key) || dt_slice_eq(want, got))
        return true;
    struct dt_slice input = uri_data_string(test, "input");
    (void)printf("# <%.*s> %s: want <%.*s>, got <%.*s>\n", DT_SLICE_FMT(input), key,
                 DT_SLICE_FMT(want), DT_SLICE_FMT(got));
    return false;
}

static bool components_agree(const json_t *test, const struct dt_url *url)
{
    char protocol[256], host[4096], search[4096], hash[4096];
    decorated(protocol, sizeof protocol, "", url->scheme, ":");
    decorated(search, sizeof search, "?", url->query, "");
    decorated(hash, sizeof hash, "#", url->fragment, "");
    (void)snprintf(host, sizeof host, "%.*s%s%.*s", DT_SLICE_FMT(url->host),
                   url->port.len ? ":" : "", DT_SLICE_FMT(url->port));
    return member_is(test, "href", url->href) && member_is(test, "username", url->username) &&
           member_is(test, "password", url->password) && member_is(test, "hostname", url->host) &&
           member_is(test, "port", url->port) && member_is(test, "pathname", url->path) &&
           member_is(test, "protocol", dt_slice_str(protocol)) &&
           member_is(test, "host", dt_slice_str(host)) &&
           member_is(test, "search", dt_slice_str(search)) &&
           member_is(test, "hash", dt_slice_str(hash));
}

/* A serialised URL parsed again is the same URL. */
static bool stands_by_itself(const struct dt_url *url)
{
    struct dt_url again;
    if (dt_url_parse(url->href, NULL, &again))
        return false;
    bool same = dt_slice_eq(url->href, again.href) && dt_slice_eq(url->path, again.path);
    dt_url_release(&again);
    return same;
}

static bool run(const json_t *test)
{
    bool want_failure = json_is_true(json_object_get(test, "failure"));
    struct dt_url base = {0}, url = {0};
    const json_t *base_text = json_object_get(test, "base");
    enum dt_err err = DT_OK;
    if (json_is_string(base_text))
        err = dt_url_parse(uri_data_string(test, "base"), NULL, &base);
    if (!err)
        err = dt_url_parse(uri_data_string(test, "input"), json_is_string(base_text) ? &base : NULL,
                           &url);
    dt_url_release(&base);
    bool passed;
    if (err || want_failure) {
        passed = err && want_failure;
        if (!passed)
            (void)printf("# <%.*s>: want %s, got %s\n",
                         DT_SLICE_FMT(uri_data_string(test, "input")),
                         want_failure ? "failure" : "success", dt_err_message(err));
    } else {
        passed = components_agree(test, &url) && stands_by_itself(&url);
    }
    dt_url_release(&url);
    return passed;
}

static void test_urltestdata(void **state)
{
    (void)state;
    json_t *tests = uri_data_load("urltestdata.json");
    if (!tests)
        skip();
    struct tally tally = {0};
    size_t i;
    json_t *test;
    json_array_foreach(tests, i, test)
    {
        if (!json_is_object(test))
            continue; /* comments are strings */
        enum category category = category_of(test);
        if (run(test))
            tally.passed[category]++;
        else
            tally.failed[category]++;
    }
    json_decref(tests);
    unsigned failed = 0;
    for (enum category c = 0; c < CATEGORIES; c++) {
        (void)printf("# urltestdata.json, %s: %u passed, %u failed\n", CATEGORY_NAMES[c],
                     tally.passed[c], tally.failed[c]);
        failed += tally.failed[c];
    }
    assert_true(tally.passed[HTTP] > 0);
    assert_int_equal(failed, 0);
}

/* percent-encoding.json: its utf-8 column is what a query of an http URL becomes. */
static void test_percent_encoding(void **state)
{
    (void)state;
    json_t *tests = uri_data_load("percent-encoding.json");
    if (!tests)
        skip();
    unsigned passed = 0;
    size_t i;
    json_t *test;
    json_array_foreach(tests, i, test)
    {
        if (!json_is_object(test))
            continue;
        struct dt_slice input = uri_data_string(test, "input");
        struct dt_slice want = uri_data_string(json_object_get(test, "output"), "utf-8");
        char text[256];
        int len = snprintf(text, sizeof text, "https://doesnotmatter.invalid/?%.*s#%.*s",
                           DT_SLICE_FMT(input), DT_SLICE_FMT(input));
        struct dt_url url;
        assert_int_equal(dt_url_parse(dt_slice_of(text, (size_t)len), NULL, &url), DT_OK);
        assert_true(dt_slice_eq(url.query, want));
        assert_true(dt_slice_eq(url.fragment, want));
        dt_url_release(&url);
        passed++;
    }
    json_decref(tests);
    (void)printf("# percent-encoding.json: %u passed, 0 failed\n", passed);
    assert_true(passed > 0);
}

static void test_questions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t port;
        bool http;
    } CASES[] = {
        {"http://a/", 80, true},    {"https://a/", 443, true},     {"http://a:8080/", 8080, true},
        {"http://a:80/", 80, true}, {"https://a:80/", 80, true},   {"ws://a/", 80, false},
        {"wss://a/", 443, false},   {"ftp://a/", 21, false},       {"file:///a", 0, false},
        {"mailto:x", 0, false},     {"x://a:65535", 65535, false}, {"http://a:0/", 0, true}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_url url;
        assert_int_equal(dt_url_parse(dt_slice_str(CASES[i].text), NULL, &url), DT_OK);
        assert_int_equal(dt_url_port(&url), CASES[i].port);
        assert_int_equal(dt_url_is_http(&url), CASES[i].http);
        dt_url_release(&url);
        dt_url_release(&url); /* empty now */
    }
}

/* What the header promises beyond the standard: flags, errors, untouched outputs. */
static void test_contract(void **state)
{
    (void)state;
    struct dt_url url = {.has_host = true};
    assert_int_equal(dt_url_parse(DT_S("//no-base"), NULL, &url), DT_ERR_URL);
    assert_int_equal(dt_url_parse(DT_SLICE_NONE, NULL, &url), DT_ERR_URL);
    assert_int_equal(dt_url_parse(DT_S("http://a b/"), NULL, &url), DT_ERR_HOST);
    assert_int_equal(dt_url_parse(DT_S("http://1.2.3.999/"), NULL, &url), DT_ERR_HOST);
    assert_int_equal(dt_url_parse(DT_S("http://a:99999/"), NULL, &url), DT_ERR_URL);
    assert_true(url.has_host && !url.href.ptr);

    assert_int_equal(dt_url_parse(DT_S("http://a/?#"), NULL, &url), DT_OK);
    assert_true(url.has_host && url.has_query && url.has_fragment && !url.opaque_path);
    assert_true(url.query.len == 0 && url.fragment.len == 0);
    dt_url_release(&url);

    assert_int_equal(dt_url_parse(DT_S("mailto:x"), NULL, &url), DT_OK);
    assert_true(!url.has_host && !url.has_query && !url.has_fragment && url.opaque_path);
    dt_url_release(&url);

    /* DESIGN's classic: the colon forgotten makes a relative reference. */
    struct dt_url base;
    assert_int_equal(dt_url_parse(DT_S("http://www.example.ai/news"), NULL, &base), DT_OK);
    assert_int_equal(dt_url_parse(DT_S("http//www.example.ai/x"), &base, &url), DT_OK);
    dt_url_release(&base);
    assert_true(dt_slice_eq(url.path, DT_S("/http//www.example.ai/x")));
    dt_url_release(&url);

    /* Bytes that are not UTF-8 are read as U+FFFD, one for each ill-formed beginning. */
    assert_int_equal(dt_url_parse(DT_S("http://a/\xff\xe2\x82\xed\xa0\x80"), NULL, &url), DT_OK);
    assert_true(dt_slice_eq(url.path, DT_S("/%EF%BF%BD%EF%BF%BD%EF%BF%BD%EF%BF%BD%EF%BF%BD")));
    dt_url_release(&url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urltestdata),
        cmocka_unit_test(test_percent_encoding),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_contract),
    };
    return cmocka_run_group_tests_name("uri_wpt", tests, NULL, NULL);
}
