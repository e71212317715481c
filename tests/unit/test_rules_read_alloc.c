/* SPDX-License-Identifier: MIT
 *
 * The reader without memory: each allocation of a read fails in turn, with all that follow. The
 * failure is told, the set can still be freed, nothing leaks, and with all the memory it wants the
 * read succeeds.
 */
#include "test_rules_dump.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static unsigned calls_left = UINT32_MAX; /* that succeed; then all fail */

static bool may_succeed(void)
{
    if (calls_left == 0)
        return false;
    if (calls_left != UINT32_MAX)
        calls_left--;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return may_succeed() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_succeed() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return may_succeed() ? __real_realloc(ptr, size) : NULL;
}

static const char text[] =
    "//b\xc3\xbc"
    "cher.example/%7ex?b=1&a /\xc3\xa9 301 note=\"a \\\"b\\\"\" case=ignore\n"
    "/d/* https://H.example/:splat?x=:splat cache=1h query=keep:\xc3\xa9\n"
    "/n/:a/:%69d/*?Q=:q&b=1 /:a/:id/:q/:splat case=ignore\n/g*z /:splat\n"
    "//:t.h.example/x?y=:y https://:t.b\xc3\xbc"
    "cher.example/:y\n"
    "~^/caf\xc3\xa9(?<n>x) /$1/${n}\n@host :u.h.example\n~^/z{u}? /${u}\n/:v /:u\n@host *\n"
    "/broken\n/x mailto:a@b.example\n@host .h.example\n@default owner=me\n/y /z\n"
    "/c /d method=GET header=A:x,y !cookie=b lang=DE country=de ip=::1,10.0.0.0/8 ua=X hours=1-2\n"
    "/c /d referer=A.example,//b.example/* percent=5:header:X from=2026-01-01T00:00Z "
    "except=/x,::1\n"
    "/e - 410 page=p set-header=\"A: \\\"b\\\"\"\nmaintenance /f/* /g until=2030-01-01T00:00Z\n"
    "@key k\n@expect http://h.example/ header=A:b header=C:d ip=::1 -> 404\n"
    "@include sub\n@expect http://h.example/a -> 307 http://h.example/b\n";

static enum dt_err load(void *ctx, struct dt_slice name, struct dt_slice *ret_text)
{
    (void)ctx;
    (void)name;
    *ret_text = DT_S("/i /j 302\n/i nothing\n");
    return DT_OK;
}

/* Rules, hosts and actions past the first size of every array and table. */
static struct dt_slice many_rules(struct dt_buf *buf)
{
    for (unsigned i = 0; i < 150; i++)
        dt_buf_printf(
            buf, "//h%u.example/a /b%u owner=o%u cookie=c:%u\n@expect http://a/ -> 404\n/x%u\n", i,
            i, i, i, i);
    return dt_buf_slice(buf);
}

/* Reads with `calls` allocations allowed; false when memory ran out. */
static bool read_with(struct dt_slice rules, unsigned calls)
{
    struct dt_loader loader = {.load = load};
    calls_left = calls;
    struct dt_ruleset *set = dt_ruleset_new(&loader);
    enum dt_err err =
        set ? dt_ruleset_read(set, DT_S("dir/a"), rules, DT_FORMAT_NATIVE) : DT_ERR_NOMEM;
    if (err == DT_ERR_NOMEM && set)
        assert_int_equal(dt_ruleset_read(set, DT_S("b"), DT_S("/a /b"), DT_FORMAT_NATIVE),
                         DT_ERR_NOMEM);
    calls_left = UINT32_MAX;
    if (err != DT_ERR_NOMEM) {
        assert_int_equal(err, DT_ERR_SYNTAX);
        rules_check(set);
    }
    dt_ruleset_free(set);
    return err != DT_ERR_NOMEM;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct dt_buf buf;
    dt_buf_init(&buf, 1u << 20);
    const struct dt_slice texts[] = {dt_slice_of(text, sizeof text - 1), many_rules(&buf)};
    for (size_t i = 0; i < 2; i++) {
        unsigned calls = 0;
        while (!read_with(texts[i], calls))
            calls++;
        (void)printf("# %u allocations\n", calls);
        assert_true(calls > 5);
    }
    dt_buf_release(&buf);
}

/* The other formats. */
static void dialects(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Old Url,New Url,Status\n\"http://H.example/A\"\"b\"\"\",https://\xc3\xa9.example/,301\n",
        "/\xc3\xa9\t/\xc3\xa9\n",
        "http://h.example/%7e/* a=\xc3\xa9 /\xc3\xa9/:splat\n",
        "{\"hosting\":{\"i18n\":1,\"redirects\":["
        "{\"source\":\"/a{,/**}\",\"destination\":\"/\\u00e9\"},"
        "{\"source\":\"/a/:b/:c*\",\"destination\":\"/:c*:b\"},"
        "{\"source\":\"x/:b*{,.html}/!(a|b)\",\"destination\":\"/:b\"},"
        "{\"regex\":\"(.*)/\\\\.html$\",\"destination\":\":1/x\"}]}}",
        "Header \\\nset\nRedirect \"/a b\" http://H.example/\nRedirect 410 /b/\n"
        "RedirectMatch \"(.*)/[^ ]$\" http://h.example$1\n<VirtualHost *:80>\nServerName "
        "h.example\n"
        "RewriteEngine On\nRewriteCond %{HTTP_HOST} ^(a|b)\\.x$ [NC]\n"
        "RewriteCond %{HTTP_COOKIE} a=1 [OR]\nRewriteCond %{REMOTE_ADDR} ^10\\.\n"
        "RewriteCond %{REQUEST_URI} !^/k\nRewriteRule ^/c(.*) /d$1 [R,L]\n"
        "</VirtualHost>\n",
        "RewriteEngine On\nRewriteCond %{HTTP_HOST} ^www\\.(.+)$\nRewriteRule ^ https://%1/ [R]\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bool done = false;
        for (unsigned calls = 0; !done; calls++) {
            calls_left = calls;
            struct dt_ruleset *set = dt_ruleset_new(NULL);
            enum dt_err err = set ? dt_ruleset_read(set, DT_S("a"), dt_slice_str(texts[i]),
                                                    i < 5 ? (enum dt_format)(DT_FORMAT_GOVUK + i)
                                                          : DT_FORMAT_APACHE)
                                  : DT_ERR_NOMEM;
            calls_left = UINT32_MAX;
            done = err == DT_OK;
            assert_true(done || err == DT_ERR_NOMEM);
            dt_ruleset_free(set);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(dialects),
    };
    return cmocka_run_group_tests_name("rules: reading without memory", tests, NULL, NULL);
}
