/* SPDX-License-Identifier: MIT
 *
 * Cache-Control that does not outlive what it is sent with.
 */
#include "semantics/freshness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void cases(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *want;      /* with 100 seconds left */
        const char *heuristic; /* likewise, of a status that is cached untold; NULL: the same */
    } CASES[] = {
        {"", "", "max-age=100"},
        {"max-age=3600", "max-age=100", NULL},
        {"max-age=100", "max-age=100", NULL},
        {"max-age=99", "max-age=99", NULL},
        {"max-age=0", "max-age=0", NULL},
        {"MAX-AGE=3600", "MAX-AGE=100", NULL},
        {"max-age=\"3600\"", "max-age=100", NULL}, /* RFC 9111 section 5.2 */
        {"max-age=\"60\"", "max-age=60", NULL},
        {"max-age = 3600", "max-age=100", NULL},
        {"max-age=99999999999999999999", "max-age=100", NULL},
        {"max-age=-1", "max-age=0", NULL}, /* what is no number is 0 */
        {"max-age=1.5", "max-age=0", NULL},
        {"max-age=ten", "max-age=0", NULL},
        {"max-age=", "max-age=0", NULL},
        {"max-age", "max-age=0", NULL},
        {"max-age=5, max-age=3600", "max-age=5, max-age=100", NULL},
        {"public, max-age=31536000, immutable", "public, max-age=100", NULL},
        {"immutable", "", "max-age=100"},
        {"IMMUTABLE, max-age=5", "max-age=5", NULL},
        {"s-maxage=3600", "s-maxage=100", "s-maxage=100, max-age=100"},
        {"max-age=10, s-maxage=3600", "max-age=10, s-maxage=100", NULL},
        {"S-MaxAge=3600,Max-Age=10", "S-MaxAge=100, Max-Age=10", NULL},
        /* stale-... begin where the age ends */
        {"max-age=60, stale-while-revalidate=600", "max-age=60, stale-while-revalidate=40", NULL},
        {"max-age=60, stale-while-revalidate=30", "max-age=60, stale-while-revalidate=30", NULL},
        {"stale-while-revalidate=600, max-age=60", "stale-while-revalidate=40, max-age=60", NULL},
        {"max-age=600, stale-if-error=600", "max-age=100, stale-if-error=0", NULL},
        {"max-age=10, s-maxage=90, stale-if-error=600",
         "max-age=10, s-maxage=90, stale-if-error=10", NULL},
        {"max-age=60, Stale-If-Error=\"999\"", "max-age=60, Stale-If-Error=40", NULL},
        {"stale-if-error=600", "stale-if-error=100", "stale-if-error=0, max-age=100"},
        {"no-cache, stale-if-error=600", "no-cache, stale-if-error=100", NULL},
        /* those that keep nothing need no limit */
        {"no-store", "no-store", NULL},
        {"NO-STORE", "NO-STORE", NULL},
        {"no-cache", "no-cache", NULL},
        {"no-store, max-age=3600", "no-store, max-age=100", NULL},
        {"no-cache=\"Set-Cookie\"", "no-cache=\"Set-Cookie\"",
         "no-cache=\"Set-Cookie\", max-age=100"},
        /* those that let a cache choose */
        {"public", "public, max-age=100", NULL},
        {"private", "private, max-age=100", NULL},
        {"private=\"X-Name\"", "private=\"X-Name\", max-age=100", NULL},
        {"must-revalidate", "must-revalidate", "must-revalidate, max-age=100"},
        {"publicity", "publicity", "publicity, max-age=100"},
        /* quoted strings and lists */
        {"ext=\"a, max-age=3600\"", "ext=\"a, max-age=3600\"",
         "ext=\"a, max-age=3600\", max-age=100"},
        {"ext=\"a\\\", max-age=3600\", max-age=5", "ext=\"a\\\", max-age=3600\", max-age=5", NULL},
        {"ext=\"a, max-age=3600", "ext=\"a, max-age=100", NULL}, /* no end: hides nothing */
        {"ext=\"a\\", "ext=\"a\\", "ext=\"a\\, max-age=100"},
        {"\", max-age=3600", "\", max-age=100", NULL},
        {" ,, public ,\tmax-age=3600 , ", "public, max-age=100", NULL},
        {",", "", "max-age=100"},
        {"a,b,c", "a, b, c", "a, b, c, max-age=100"},
        {"xmax-age=3600", "xmax-age=3600", "xmax-age=3600, max-age=100"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        for (int heuristic = 0; heuristic < 2; heuristic++) {
            struct dt_slice value = dt_slice_str(CASES[i].value);
            const char *want = heuristic && CASES[i].heuristic ? CASES[i].heuristic : CASES[i].want;
            assert_true(strlen(want) <= 2 * value.len + 32);
            for (size_t cap = 0; cap <= strlen(want); cap++) {
                char *mem = malloc(cap ? cap : 1);
                assert_non_null(mem);
                struct dt_slice got = DT_S("untouched");
                enum dt_err err = dt_freshness_cap(value, 100, heuristic, mem, cap, &got);
                assert_int_equal(err, cap < strlen(want) ? DT_ERR_SPACE : DT_OK);
                if (!dt_slice_eq(got, err ? DT_S("untouched") : dt_slice_str(want)))
                    fail_msg("%s: %.*s", CASES[i].value, DT_SLICE_FMT(got));
                free(mem);
            }
        }
}

static void what_is_left(void **state)
{
    (void)state;
    static const struct {
        uint64_t left;
        const char *want;
    } CASES[] = {
        {0, "max-age=0, stale-if-error=0"},
        {1, "max-age=1, stale-if-error=0"},
        {3601, "max-age=3600, stale-if-error=1"},
        {100000, "max-age=3600, stale-if-error=600"},
        {UINT32_MAX - 1, "max-age=3600, stale-if-error=600"},
        {UINT32_MAX, "max-age=3600,stale-if-error=600"}, /* no limit: as written */
        {UINT64_MAX, "max-age=3600,stale-if-error=600"},
    };
    const struct dt_slice value = DT_S("max-age=3600,stale-if-error=600");
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char mem[100];
        struct dt_slice got;
        assert_int_equal(dt_freshness_cap(value, CASES[i].left, true, mem, sizeof mem, &got),
                         DT_OK);
        assert_true(dt_slice_eq(got, dt_slice_str(CASES[i].want)));
        assert_int_equal(got.ptr == value.ptr, CASES[i].left >= UINT32_MAX);
    }
    char mem[32];
    struct dt_slice got;
    assert_int_equal(dt_freshness_cap(DT_SLICE_NONE, 7, true, mem, sizeof mem, &got), DT_OK);
    assert_true(dt_slice_eq(got, DT_S("max-age=7")));
    assert_int_equal(dt_freshness_cap(DT_SLICE_NONE, 7, false, mem, 0, &got), DT_OK);
    assert_int_equal(got.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(what_is_left),
    };
    return cmocka_run_group_tests_name("freshness", tests, NULL, NULL);
}
