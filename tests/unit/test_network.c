/* SPDX-License-Identifier: MIT
 *
 * Addresses and networks as text: one reading each, everything doubtful refused, and membership
 * held against a naive comparison bit by bit.
 */
#include "semantics/network.h"
#include "uri/ipv4.h"
#include "uri/ipv6.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* As eight pieces; IPv4 shows as ::ffff:hex. */
static struct dt_slice show(const uint8_t address[16], char *mem, size_t cap)
{
    uint16_t pieces[8];
    for (unsigned i = 0; i < 8; i++)
        pieces[i] = (uint16_t)(address[2 * i] << 8 | address[2 * i + 1]);
    struct dt_out out = dt_out_init(mem, cap);
    dt_ipv6_write(&out, pieces);
    dt_out_char(&out, '\0');
    return dt_out_slice(&out);
}

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want; /* NULL: refused */
    } CASES[] = {
        {"192.0.2.7", "::ffff:c000:207"},
        {"0.0.0.0", "::ffff:0:0"},
        {"255.255.255.255", "::ffff:ffff:ffff"},
        {"2001:db8::1", "2001:db8::1"},
        {"2001:DB8:0:0:0:0:0:A", "2001:db8::a"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"::", "::"},
        {"::1", "::1"},
        {"::ffff:192.0.2.7", "::ffff:c000:207"},
        {"::FFFF:c000:0207", "::ffff:c000:207"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"", NULL},
        {"localhost", NULL},
        {"192.0.2", NULL},
        {"192.0.2.", NULL},
        {"192.0.2.7.", NULL},
        {".192.0.2.7", NULL},
        {"192.0.2.7.1", NULL},
        {"192.0.2.256", NULL},
        {"192.0.2.07", NULL},
        {"0192.0.2.7", NULL},
        {"0x7f.0.0.1", NULL},
        {"127.1", NULL},
        {"2130706433", NULL},
        {" 192.0.2.7", NULL},
        {"192.0.2.7 ", NULL},
        {"192.0.2.7:80", NULL},
        {"[192.0.2.7]", NULL},
        {"192.0.2.7/32", NULL},
        {"+1.2.3.4", NULL},
        {"fe80::1%eth0", NULL},
        {"fe80::1%251", NULL},
        {"[fe80::1%25eth0]", NULL},
        {"[2001:db8::1", NULL},
        {"2001:db8::1]", NULL},
        {"[[::1]]", NULL},
        {"[::1]:80", NULL},
        {"[]", NULL},
        {"[:]", NULL},
        {":", NULL},
        {":::", NULL},
        {"1::2::3", NULL},
        {"12345::", NULL},
        {"1:2:3:4:5:6:7", NULL},
        {"1:2:3:4:5:6:7:8:9", NULL},
        {"::192.0.2.07", NULL},
        {"::192.0.2", NULL},
        {"g::", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint8_t address[16];
        char mem[64];
        enum dt_err err = dt_address_parse(dt_slice_str(CASES[i].text), address);
        if ((err == DT_OK) != (CASES[i].want != NULL))
            fail_msg("%s: %s", CASES[i].text, dt_err_name(err));
        if (err)
            assert_int_equal(err, DT_ERR_INVALID);
        else
            assert_string_equal(show(address, mem, sizeof mem).ptr, CASES[i].want);
    }
    uint8_t address[16];
    assert_int_equal(dt_address_parse(DT_SLICE_NONE, address), DT_ERR_INVALID);
    assert_int_equal(dt_address_parse(dt_slice_of("1.2.3.4\0", 8), address), DT_ERR_INVALID);
}

static void networks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want; /* NULL: refused */
        unsigned bits;
    } CASES[] = {
        {"10.0.0.0/8", "::ffff:a00:0", 104},
        {"0.0.0.0/0", "::ffff:0:0", 96},
        {"192.0.2.7", "::ffff:c000:207", 128},
        {"192.0.2.7/32", "::ffff:c000:207", 128},
        {"192.0.2.6/31", "::ffff:c000:206", 127},
        {"2001:db8::/32", "2001:db8::", 32},
        {"[2001:db8::]/32", "2001:db8::", 32},
        {"::/0", "::", 0},
        {"8000::/1", "8000::", 1},
        {"2001:db8::1/128", "2001:db8::1", 128},
        {"::ffff:10.0.0.0/104", "::ffff:a00:0", 104},
        {"10.0.0.0/33", NULL, 0},
        {"10.0.0.0/", NULL, 0},
        {"10.0.0.0/-1", NULL, 0},
        {"10.0.0.0/+8", NULL, 0},
        {"10.0.0.0/08", NULL, 0},
        {"10.0.0.0/8 ", NULL, 0},
        {"10.0.0.0/8/8", NULL, 0},
        {"10.0.0.0/255.0.0.0", NULL, 0},
        {"10.0.0.1/8", NULL, 0}, /* bits behind the prefix */
        {"10.128.0.0/8", NULL, 0},
        {"192.0.2.7/31", NULL, 0},
        {"128.0.0.0/0", NULL, 0},
        {"2001:db8::/129", NULL, 0},
        {"2001:db8::1/127", NULL, 0},
        {"2001:db8::1/32", NULL, 0},
        {"::1/0", NULL, 0},
        {"::/1000", NULL, 0},
        {"::/4294967296", NULL, 0},
        {"fe80::%eth0/10", NULL, 0},
        {"[2001:db8::/32]", NULL, 0},
        {"10/8", NULL, 0},
        {"/8", NULL, 0},
        {"", NULL, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dt_net net;
        char mem[64];
        enum dt_err err = dt_net_parse(dt_slice_str(CASES[i].text), &net);
        if ((err == DT_OK) != (CASES[i].want != NULL))
            fail_msg("%s: %s", CASES[i].text, dt_err_name(err));
        if (err)
            continue;
        assert_string_equal(show(net.address, mem, sizeof mem).ptr, CASES[i].want);
        assert_int_equal(net.bits, CASES[i].bits);
    }
}

static bool has(const char *net, const char *address)
{
    struct dt_net parsed;
    uint8_t bytes[16];
    assert_int_equal(dt_net_parse(dt_slice_str(net), &parsed), DT_OK);
    assert_int_equal(dt_address_parse(dt_slice_str(address), bytes), DT_OK);
    return dt_net_has(&parsed, bytes);
}

static void membership(void **state)
{
    (void)state;
    assert_true(has("10.0.0.0/8", "10.255.1.2"));
    assert_true(has("10.0.0.0/8", "::ffff:10.1.2.3"));
    assert_false(has("10.0.0.0/8", "11.0.0.0"));
    assert_false(has("10.0.0.0/8", "a00::"));
    assert_true(has("0.0.0.0/0", "203.0.113.9"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("::/0", "2001:db8::1"));
    assert_false(has("::/0", "203.0.113.9")); /* all of IPv6 is what it says */
    assert_false(has("::/80", "203.0.113.9"));
    assert_true(has("::ffff:0.0.0.0/96", "203.0.113.9"));
    assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(has("192.0.2.7", "192.0.2.7"));
    assert_false(has("192.0.2.7", "192.0.2.6"));
    assert_true(has("::1", "::1"));
}

/* One flipped bit is outside of the network exactly when it is one of the prefix. */
static void every_prefix_against_every_bit(void **state)
{
    (void)state;
    unsigned seed = 11;
    for (unsigned bits = 0; bits <= 128; bits++) {
        struct dt_net net = {.bits = (uint8_t)bits};
        uint8_t address[16];
        for (unsigned i = 0; i < 16; i++)
            address[i] = (uint8_t)rand_r(&seed);
        for (unsigned i = 0; i < bits; i++)
            net.address[i / 8] |= (uint8_t)(address[i / 8] & (0x80 >> i % 8));
        assert_true(dt_net_has(&net, address));
        for (unsigned i = 0; i < 128; i++) {
            address[i / 8] ^= (uint8_t)(0x80 >> i % 8);
            assert_int_equal(dt_net_has(&net, address), i >= bits);
            address[i / 8] ^= (uint8_t)(0x80 >> i % 8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(networks),
        cmocka_unit_test(membership),
        cmocka_unit_test(every_prefix_against_every_bit),
    };
    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
