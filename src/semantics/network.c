/* SPDX-License-Identifier: MIT
 *
 * Addresses and networks, strictly: what two programs could read as two addresses (0127.0.0.1,
 * 127.1, a zone identifier that means another link on each machine) is refused, since a network
 * guards something. So this is not the URL standard's reading of hosts, which takes all of them.
 */
#include "semantics/network.h"

#include "base/out.h"
#include "uri/ipv4.h"
#include "uri/ipv6.h"

#define V4_BITS 96u /* of the prefix ::ffff:0:0/96, RFC 4291 section 2.5.5.2 */

static const uint8_t V4_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_v4(const uint8_t address[16])
{
    return memcmp(address, V4_PREFIX, sizeof V4_PREFIX) == 0;
}

static bool parse_v4(struct dt_slice text, uint8_t ret[16])
{
    uint32_t v4;
    if (!dt_ipv4_is_canonical(text) || dt_ipv4_parse(text, &v4) != DT_OK)
        return false;
    memcpy(ret, V4_PREFIX, sizeof V4_PREFIX);
    for (unsigned i = 0; i < 4; i++)
        ret[12 + i] = (uint8_t)(v4 >> (24 - 8 * i));
    return true;
}

/* *ret_v4: the text is of the IPv4 form, so that a prefix counts from there. */
static bool parse(struct dt_slice text, uint8_t ret[16], bool *ret_v4)
{
    if (!text.len || !memchr(text.ptr, ':', text.len)) {
        *ret_v4 = true;
        return parse_v4(text, ret);
    }
    if (text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = dt_slice_of(text.ptr + 1, text.len - 2);
    uint16_t pieces[8];
    if (dt_ipv6_parse(text, pieces) != DT_OK)
        return false;
    for (unsigned i = 0; i < 8; i++) {
        ret[2 * i] = (uint8_t)(pieces[i] >> 8);
        ret[2 * i + 1] = (uint8_t)pieces[i];
    }
    *ret_v4 = false;
    return true;
}

enum dt_err dt_address_parse(struct dt_slice text, uint8_t ret[16])
{
    uint8_t address[16];
    bool v4;
    if (!parse(text, address, &v4))
        return DT_ERR_INVALID;
    memcpy(ret, address, sizeof address);
    return DT_OK;
}

/* 0 to max in decimal, without leading zeros. */
static bool parse_bits(struct dt_slice text, unsigned max, unsigned *ret)
{
    if (text.len == 0 || text.len > 3 || (text.len > 1 && text.ptr[0] == '0'))
        return false;
    unsigned bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *ret = bits;
    return bits <= max;
}

static bool host_bits_set(const uint8_t address[16], unsigned bits)
{
    if (bits == 128)
        return false;
    if (address[bits / 8] & (0xffu >> bits % 8))
        return true;
    for (unsigned i = bits / 8 + 1; i < 16; i++)
        if (address[i])
            return true;
    return false;
}

enum dt_err dt_net_parse(struct dt_slice text, struct dt_net *ret)
{
    const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    size_t len = slash ? (size_t)(slash - text.ptr) : text.len;
    struct dt_net net;
    bool v4;
    if (!parse(dt_slice_of(text.ptr, len), net.address, &v4))
        return DT_ERR_INVALID;
    unsigned base = v4 ? V4_BITS : 0;
    unsigned bits = 128 - base;
    if (slash && !parse_bits(dt_slice_from(text, len + 1), 128 - base, &bits))
        return DT_ERR_INVALID;
    net.bits = (uint8_t)(base + bits);
    if (host_bits_set(net.address, net.bits))
        return DT_ERR_INVALID;
    *ret = net;
    return DT_OK;
}

bool dt_net_has(const struct dt_net *net, const uint8_t address[16])
{
    unsigned bits = net->bits;
    if (bits < V4_BITS && is_v4(address))
        return false;
    if (bits / 8 && memcmp(net->address, address, bits / 8) != 0)
        return false;
    if (bits % 8 == 0)
        return true;
    unsigned differ = (unsigned)(net->address[bits / 8] ^ address[bits / 8]);
    return (differ & (0xff00u >> bits % 8) & 0xffu) == 0;
}

struct dt_slice dt_net_print(const struct dt_net *net, bool always, char *buf)
{
    struct dt_out out = dt_out_init(buf, DT_NET_TEXT);
    bool v4 = net->bits >= V4_BITS && is_v4(net->address);
    unsigned bits = net->bits - (v4 ? V4_BITS : 0u);
    uint16_t pieces[8];
    for (unsigned i = 0; i < 8; i++)
        pieces[i] = (uint16_t)(net->address[2 * i] << 8 | net->address[2 * i + 1]);
    for (unsigned i = 12; v4 && i < 16; i++) {
        if (i > 12)
            dt_out_char(&out, '.');
        dt_out_uint(&out, net->address[i]);
    }
    if (!v4)
        dt_ipv6_write(&out, pieces);
    if (always || bits < (v4 ? 32u : 128u)) {
        dt_out_char(&out, '/');
        dt_out_uint(&out, bits);
    }
    return dt_out_slice(&out);
}
