/* SPDX-License-Identifier: MIT
 *
 * Cookie fields, as browsers send them and as nobody should.
 */
#include "semantics/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <time.h>

/* "name=value|name=value|" */
static void list(struct dt_slice field, char *to, size_t cap)
{
    size_t len = 0;
    struct dt_cookie cookie;
    to[0] = '\0';
    while (dt_cookie_next(&field, &cookie))
        len += (size_t)snprintf(to + len, cap - len, "%.*s=%.*s|", DT_SLICE_FMT(cookie.name),
                                DT_SLICE_FMT(cookie.value));
}

static void cases(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        const char *want;
    } CASES[] = {
        {"", ""},
        {"a=b", "a=b|"},
        {"SID=31d4d96e407aad42; lang=en-US", "SID=31d4d96e407aad42|lang=en-US|"}, /* RFC 6265 3.1 */
        {"a=1;b=2;c=3", "a=1|b=2|c=3|"},
        {"a=1;  b=2 ;\tc=3\t;", "a=1|b=2|c=3|"},
        {" a = 1 ", "a=1|"},
        {"a=", "a=|"},
        {"a=;b=", "a=|b=|"},
        {"a=b=c==", "a=b=c==|"},
        {"a=\"quoted\"", "a=quoted|"},
        {"a=\" quoted \" ", "a= quoted |"},
        {"a=\"\"", "a=|"},
        {"a=\"", "a=\"|"},
        {"a=\"b", "a=\"b|"},
        {"a=b\"", "a=b\"|"},
        {"a=\"b;c\"=d", "a=\"b|c\"=d|"}, /* quotes do not keep a semicolon */
        {"flag; a=1", "a=1|"},
        {"flag", ""},
        {"=x; a=1", "a=1|"},
        {" =x", ""},
        {";;; ;", ""},
        {";a=1;;b=2;", "a=1|b=2|"},
        {"a=1; a=2", "a=1|a=2|"},
        {"A=1; a=2", "A=1|a=2|"},
        {"a=x,y", "a=x,y|"},
        {"$Version=1; a=b; $Path=/", "$Version=1|a=b|$Path=/|"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        size_t len = strlen(CASES[i].field);
        char *exact = malloc(len ? len : 1); /* so that a read past the end is seen */
        char got[200];
        assert_non_null(exact);
        memcpy(exact, CASES[i].field, len);
        list(dt_slice_of(exact, len), got, sizeof got);
        assert_string_equal(got, CASES[i].want);
        free(exact);
    }
    char got[8];
    list(DT_SLICE_NONE, got, sizeof got);
    assert_string_equal(got, "");
}

static void hostile_fields_are_cheap(void **state)
{
    (void)state;
    static const char *const UNITS[] = {";", "a=;", "a", "=", " ", "a=\"; "};
    for (size_t u = 0; u < sizeof UNITS / sizeof UNITS[0]; u++) {
        static char text[8192];
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = UNITS[u][i % strlen(UNITS[u])];
        enum { ROUNDS = 100 };
        struct timespec from, to;
        (void)clock_gettime(CLOCK_MONOTONIC, &from);
        for (unsigned i = 0; i < ROUNDS; i++) {
            struct dt_slice field = dt_slice_of(text, sizeof text);
            struct dt_cookie cookie;
            while (dt_cookie_next(&field, &cookie))
                assert_true(cookie.name.len > 0);
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &to);
        double each =
            ((double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3) /
            ROUNDS;
        print_message("# 8 KiB of '%s': %.1f microseconds\n", UNITS[u], each);
        assert_true(each < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(hostile_fields_are_cheap),
    };
    return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
