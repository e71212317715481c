/* SPDX-License-Identifier: MIT
 * IPv4 parser and serialiser of the URL standard; see ipv4.h. */
#include "uri/ipv4.h"
#include "uri/char_class.h"

#define OVERFLOWN (UINT64_C(1) << 40) /* any value past 32 bits */

/* https://url.spec.whatwg.org/#ipv4-number-parser; saturates at OVERFLOWN. */
static bool parse_number(struct dt_slice part, uint64_t *ret)
{
    if (part.len == 0)
        return false;
    unsigned radix = 10;
    if (part.len >= 2 && part.ptr[0] == '0' && dt_ascii_lower(part.ptr[1]) == 'x') {
        radix = 16;
        part = dt_slice_from(part, 2);
    } else if (part.len >= 2 && part.ptr[0] == '0') {
        radix = 8;
        part = dt_slice_from(part, 1);
    }
    uint64_t value = 0; /* "0x" is 0 */
    for (size_t i = 0; i < part.len; i++) {
        if (!dt_char_is(part.ptr[i], DT_CHAR_HEX) || dt_hex_value(part.ptr[i]) >= radix)
            return false;
        value = value * radix + dt_hex_value(part.ptr[i]);
        if (value > OVERFLOWN)
            value = OVERFLOWN;
    }
    *ret = value;
    return true;
}

static struct dt_slice without_final_dot(struct dt_slice s)
{
    if (s.len && s.ptr[s.len - 1] == '.')
        s.len--;
    return s;
}

bool dt_ipv4_ends_in_number(struct dt_slice domain)
{
    domain = without_final_dot(domain);
    size_t from = domain.len;
    while (from > 0 && domain.ptr[from - 1] != '.')
        from--;
    struct dt_slice last = dt_slice_from(domain, from);
    if (last.len == 0 || !dt_char_is(last.ptr[0], DT_CHAR_DIGIT))
        return false;
    size_t digits = 0;
    while (digits < last.len && dt_char_is(last.ptr[digits], DT_CHAR_DIGIT))
        digits++;
    uint64_t number;
    return digits == last.len || parse_number(last, &number);
}

enum dt_err dt_ipv4_parse(struct dt_slice domain, uint32_t *ret_address)
{
    uint64_t parts[4];
    size_t count = 0;
    struct dt_slice rest = without_final_dot(domain);
    for (bool more = true; more; count++) {
        const char *dot = rest.len ? memchr(rest.ptr, '.', rest.len) : NULL;
        size_t len = dot ? (size_t)(dot - rest.ptr) : rest.len;
        if (count == 4 || !parse_number(dt_slice_of(rest.ptr, len), &parts[count]))
            return DT_ERR_HOST;
        more = dot != NULL;
        rest = dt_slice_from(rest, len + 1);
    }
    if (parts[count - 1] >= UINT64_C(1) << (8 * (5 - count)))
        return DT_ERR_HOST;
    uint64_t address = parts[count - 1];
    for (size_t i = 0; i + 1 < count; i++) {
        if (parts[i] > 255)
            return DT_ERR_HOST;
        address |= parts[i] << (8 * (3 - i));
    }
    *ret_address = (uint32_t)address;
    return DT_OK;
}

bool dt_ipv4_is_canonical(struct dt_slice s)
{
    unsigned value = 0, dots = 0;
    size_t digits = 0;
    for (size_t i = 0; i <= s.len; i++) {
        if (i == s.len || s.ptr[i] == '.') {
            if (digits == 0 || value > 255 || (i < s.len && ++dots > 3))
                return false;
            value = 0;
            digits = 0;
            continue;
        }
        if (!dt_char_is(s.ptr[i], DT_CHAR_DIGIT) || (digits > 0 && value == 0) || ++digits > 3)
            return false;
        value = value * 10 + dt_hex_value(s.ptr[i]);
    }
    return dots == 3;
}

void dt_ipv4_write(struct dt_out *out, uint32_t address)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        dt_out_uint(out, address >> shift & 255);
        if (shift)
            dt_out_char(out, '.');
    }
}
