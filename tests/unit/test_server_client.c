/* SPDX-License-Identifier: MIT
 *
 * Who asks: X-Forwarded-For read from its end, what is believed and what is not, countries from a
 * field; and rules over their limit, counted and named no oftener than they should be.
 */
#include "semantics/network.h"
#include "server/client.h"
#include "server/limited.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dt_client_trust trusting(const char *list)
{
    struct dt_client_trust trust = {0};
    struct dt_slice bad;
    if (list)
        assert_int_equal(dt_client_trust_add(&trust, dt_slice_str(list), &bad), DT_OK);
    return trust;
}

/* Fields as "Name: value" lines, each ended by LF. */
static void fill(struct dt_http_request *request, const char *fields)
{
    request->nfields = 0;
    while (*fields) {
        const char *end = strchr(fields, '\n');
        const char *colon = strchr(fields, ':');
        struct dt_field *field = &request->fields[request->nfields++];
        field->name = dt_slice_of(fields, (size_t)(colon - fields));
        field->value = dt_slice_of(colon + 2, (size_t)(end - colon - 2));
        fields = end + 1;
    }
}

static void who_the_client_is(void **state)
{
    (void)state;
    static const struct {
        const char *trust, *peer, *fields;
        const char *want; /* NULL: not known */
    } CASES[] = {
        {NULL, "192.0.2.1", "", "192.0.2.1"},
        {NULL, "2001:db8::7", "", "2001:db8::7"},
        {NULL, NULL, "X-Forwarded-For: 192.0.2.9\n", NULL},
        /* Not believed from anybody. */
        {NULL, "192.0.2.1", "X-Forwarded-For: 198.51.100.1\n", "192.0.2.1"},
        {"10.0.0.0/8", "192.0.2.1", "X-Forwarded-For: 198.51.100.1\n", "192.0.2.1"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 198.51.100.1\n", "198.51.100.1"},
        {"10.0.0.0/8", "10.0.0.1", "x-forwarded-FOR: 198.51.100.1\n", "198.51.100.1"},
        {"10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: \n", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "Forwarded: for=198.51.100.1\n", "10.0.0.1"},
        /* What a client wrote itself stands before what the proxy wrote. */
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 1.2.3.4, 198.51.100.1\n", "198.51.100.1"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: <x>, 198.51.100.1\n", "198.51.100.1"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 198.51.100.1 , 10.9.9.9\n", "198.51.100.1"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 198.51.100.1,10.9.9.9,\t10.8.8.8\n",
         "198.51.100.1"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 198.51.100.1,, ,10.9.9.9,\n", "198.51.100.1"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 10.7.7.7, 10.9.9.9\n", "10.7.7.7"},
        /* Two fields are one list (RFC 9110 section 5.3). */
        {"10.0.0.0/8", "10.0.0.1",
         "X-Forwarded-For: 198.51.100.1\nA: b\nX-Forwarded-For: 198.51.100.2\n", "198.51.100.2"},
        {"10.0.0.0/8", "10.0.0.1",
         "X-Forwarded-For: 198.51.100.1\nA: b\nX-Forwarded-For: 10.1.1.1\n", "198.51.100.1"},
        /* Ports. */
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 198.51.100.1:4711\n", "198.51.100.1"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 2001:db8::5\n", "2001:db8::5"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: [2001:db8::5]\n", "2001:db8::5"},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: [2001:db8::5]:4711\n", "2001:db8::5"},
        {"2001:db8::/32,10.0.0.1", "2001:db8::1",
         "X-Forwarded-For: ::ffff:192.0.2.7, ::ffff:10.0.0.1\n", "192.0.2.7"},
        {"2001:db8::/32, 10.0.0.1", "10.0.0.1", "X-Forwarded-For: 192.0.2.7, 2001:db8:9::9\n",
         "192.0.2.7"},
        /* Nobody knows. */
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 198.51.100.1, unknown\n", NULL},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: unknown, 10.1.1.1\n", NULL},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: 198.51.100.1.\n", NULL},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: [2001:db8::5\n", NULL},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: [\n", NULL},
        {"10.0.0.0/8", "10.0.0.1", "X-Forwarded-For: :\n", NULL},
    };
    struct dt_http_request *asked = calloc(1, sizeof *asked);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct dt_client_trust trust = trusting(CASES[i].trust);
        struct dt_request request = {0};
        uint8_t peer[16];
        uint8_t want[16];
        char country[2];
        fill(asked, CASES[i].fields);
        asked->peer = CASES[i].peer ? peer : NULL;
        if (CASES[i].peer)
            assert_int_equal(dt_address_parse(dt_slice_str(CASES[i].peer), peer), DT_OK);
        dt_client_find(&trust, asked, DT_NEED_ADDRESS, country, &request);
        if (request.has_address != (CASES[i].want != NULL))
            fail_msg("case %zu", i);
        if (CASES[i].want) {
            assert_int_equal(dt_address_parse(dt_slice_str(CASES[i].want), want), DT_OK);
            if (memcmp(want, request.address, 16) != 0)
                fail_msg("case %zu", i);
        }
        assert_int_equal(request.country.len, 0);

        struct dt_request none = {0};
        dt_client_find(&trust, asked, DT_NEED_TIME | DT_NEED_FIELDS, country, &none);
        assert_false(none.has_address);
    }
    free(asked);
}

static void which_country(void **state)
{
    (void)state;
    static const struct {
        const char *trust, *peer, *fields, *want;
    } CASES[] = {
        {NULL, "192.0.2.1", "CF-IPCountry: DE\n", "DE"},
        {NULL, "192.0.2.1", "cf-ipcountry: de\n", "DE"},
        {NULL, NULL, "CF-IPCountry: DE\n", "DE"},
        {NULL, "192.0.2.1", "CF-IPCountry: DE\nCF-IPCountry: at\n", "AT"},
        {NULL, "192.0.2.1", "CF-IPCountry: D\n", ""},
        {NULL, "192.0.2.1", "CF-IPCountry: DEU\n", ""},
        {NULL, "192.0.2.1", "CF-IPCountry: T1\n", ""},
        {NULL, "192.0.2.1", "CF-IPCountry: D@\n", ""},
        {NULL, "192.0.2.1", "CF-IPCountry: \n", ""},
        {NULL, "192.0.2.1", "", ""},
        {"10.0.0.0/8", "192.0.2.1", "CF-IPCountry: DE\n", ""},
        {"10.0.0.0/8", NULL, "CF-IPCountry: DE\n", ""},
        {"10.0.0.0/8", "10.0.0.1", "CF-IPCountry: DE\nX-Forwarded-For: 1.2.3.4\n", "DE"},
    };
    struct dt_http_request *asked = calloc(1, sizeof *asked);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct dt_client_trust trust = trusting(CASES[i].trust);
        struct dt_request request = {0};
        uint8_t peer[16];
        char country[2];
        trust.country_field = DT_S("CF-IPCountry");
        fill(asked, CASES[i].fields);
        asked->peer = CASES[i].peer ? peer : NULL;
        if (CASES[i].peer)
            assert_int_equal(dt_address_parse(dt_slice_str(CASES[i].peer), peer), DT_OK);
        dt_client_find(&trust, asked, DT_NEED_COUNTRY, country, &request);
        if (!dt_slice_eq(request.country, dt_slice_str(CASES[i].want)))
            fail_msg("case %zu", i);
        assert_false(request.has_address);
        assert_true(dt_slice_eq(request.country_field, trust.country_field));
    }
    free(asked);
}

static void networks_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *list, *bad;
    } CASES[] = {
        {"", ""},
        {"x", "x"},
        {"10.0.0.0/8,", ""},
        {"10.0.0.0/8, 10.0.0.1/8,::1", "10.0.0.1/8"},
        {"10.0.0.0/33", "10.0.0.0/33"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct dt_client_trust trust = {0};
        struct dt_slice bad;
        assert_int_equal(dt_client_trust_add(&trust, dt_slice_str(CASES[i].list), &bad),
                         DT_ERR_INVALID);
        assert_true(dt_slice_eq(bad, dt_slice_str(CASES[i].bad)));
    }
    struct dt_client_trust trust = {0};
    struct dt_slice bad;
    for (int i = 0; i < DT_CLIENT_MAX_TRUSTED; i++)
        assert_int_equal(dt_client_trust_add(&trust, DT_S("10.0.0.1"), &bad), DT_OK);
    assert_int_equal(dt_client_trust_add(&trust, DT_S("10.0.0.1"), &bad), DT_ERR_LIMIT);
}

/* ---- limits ---- */

static void limits_are_counted(void **state)
{
    (void)state;
    struct dt_limited limited = {0};
    for (uint32_t rule = 0; rule < 10; rule++)
        dt_limited_note(&limited, rule, 1);
    dt_limited_note(&limited, 3, 2);
    assert_int_equal(limited.total, 12);
    assert_int_equal(limited.n, DT_LIMITED_RULES);
    assert_int_equal(limited.rules[3].count, 3);
    limited.n = 0;
    dt_limited_note(&limited, 9, 1);
    assert_int_equal(limited.rules[0].rule, 9);
    assert_int_equal(limited.rules[0].count, 1);
}

static void limits_are_named_once_a_minute(void **state)
{
    (void)state;
    static struct dt_limited_log log;
    uint64_t count = 0;
    assert_true(dt_limited_add(&log, 1, 7, 2, 6000, &count));
    assert_int_equal(count, 2);
    assert_false(dt_limited_add(&log, 1, 7, 1, 6059, &count));
    assert_false(dt_limited_add(&log, 1, 7, 5, 6010, &count));
    assert_true(dt_limited_add(&log, 1, 8, 1, 6010, &count)); /* another rule */
    assert_int_equal(count, 1);
    assert_true(dt_limited_add(&log, 2, 7, 1, 6010, &count)); /* another snapshot's */
    assert_true(dt_limited_add(&log, 1, 7, 1, 6060, &count));
    assert_int_equal(count, 7);
    /* More than can be remembered: the oldest is forgotten. */
    for (uint32_t rule = 100; rule < 200; rule++)
        assert_true(dt_limited_add(&log, 1, rule, 1, 6120, &count));
    assert_false(dt_limited_add(&log, 1, 199, 1, 6130, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_the_client_is),
        cmocka_unit_test(which_country),
        cmocka_unit_test(networks_that_are_none),
        cmocka_unit_test(limits_are_counted),
        cmocka_unit_test(limits_are_named_once_a_minute),
    };
    return cmocka_run_group_tests_name("server_client", tests, NULL, NULL);
}
