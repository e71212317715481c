/* SPDX-License-Identifier: MIT
 *
 * The uri layer when memory is out. Linked with --wrap=malloc: the nth allocation of libdetour
 * fails, for every n that matters; nothing may leak, crash or touch the result.
 */
#include <detour/uri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static int until_failure = -1; /* allocations that still succeed; below 0: all */

void *__wrap_malloc(size_t size)
{
    if (until_failure == 0)
        return NULL;
    if (until_failure > 0)
        until_failure--;
    return __real_malloc(size);
}

static void test_parse(void **state)
{
    (void)state;
    char long_host[700] = "http://";
    memset(long_host + 7, 'a', sizeof long_host - 8);
    memcpy(long_host + 7, "%61", 3);
    const char *const inputs[] = {"http://a/", "http://a/\xc3\xa9", long_host};
    const int allocations[] = {1, 2, 2};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        struct dt_url url = {0};
        for (int n = 0; n <= allocations[i]; n++) {
            until_failure = n;
            enum dt_err err = dt_url_parse(dt_slice_str(inputs[i]), NULL, &url);
            until_failure = -1;
            assert_int_equal(err, n < allocations[i] ? DT_ERR_NOMEM : DT_OK);
            assert_int_equal(url.href.ptr != NULL, !err);
        }
        dt_url_release(&url);
    }
}

/* What a request may carry is normalised without memory, whatever it holds. */
static void test_norm(void **state)
{
    (void)state;
    char buf[256];
    struct dt_slice got;
    uint16_t port;
    until_failure = 0;
    enum dt_err err = dt_norm_path(DT_S("/%7e/../\xff"), buf, sizeof buf, &got);
    err |= dt_norm_query(DT_S("a=%41'\xff"), buf, sizeof buf, &got);
    err |= dt_norm_host(DT_S("WWW.%65xample.AI."), buf, sizeof buf, &got);
    err |= dt_norm_host(DT_S("[1::0:0]"), buf, sizeof buf, &got);
    err |= dt_norm_host(DT_S("0x7f.1"), buf, sizeof buf, &got);
    err |= dt_authority_split(DT_S("www.example.ai:80"), &got, &port);
    until_failure = -1;
    assert_int_equal(err, DT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_norm),
    };
    return cmocka_run_group_tests_name("uri_alloc", tests, NULL, NULL);
}
