/* SPDX-License-Identifier: MIT
 * Punycode; see punycode.h. Section numbers are those of RFC 3492. */
#include "uri/punycode.h"
#include "uri/char_class.h"

/* Section 5 */
#define BASE 36u
#define T_MIN 1u
#define T_MAX 26u
#define SKEW 38u
#define DAMP 700u
#define INITIAL_BIAS 72u
#define INITIAL_N 0x80u

/* Section 6.1 */
static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    uint32_t k = 0;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    return k <= bias + T_MIN ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
}

static void put_digit(struct dt_out *out, uint32_t digit)
{
    dt_out_char(out, (char)(digit < 26 ? 'a' + digit : '0' + digit - 26));
}

static void put_delta(struct dt_out *out, uint32_t delta, uint32_t bias)
{
    uint32_t q = delta;
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = threshold(k, bias);
        if (q < t)
            break;
        put_digit(out, t + (q - t) % (BASE - t));
        q = (q - t) / (BASE - t);
    }
    put_digit(out, q);
}

/* The smallest code point that is at least n; UINT32_MAX when there is none. */
static uint32_t next_code_point(const uint32_t *cps, size_t len, uint32_t n)
{
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < len; i++)
        if (cps[i] >= n && cps[i] < least)
            least = cps[i];
    return least;
}

/* Section 6.3 */
enum dt_err dt_punycode_encode(const uint32_t *cps, size_t len, struct dt_out *out)
{
    uint32_t basic = 0;
    for (size_t i = 0; i < len; i++) {
        if (cps[i] < INITIAL_N) {
            dt_out_char(out, (char)cps[i]);
            basic++;
        }
    }
    if (basic > 0)
        dt_out_char(out, '-');

    uint32_t n = INITIAL_N, bias = INITIAL_BIAS;
    uint64_t delta = 0;
    for (uint32_t done = basic; done < len; n++, delta++) {
        uint32_t next = next_code_point(cps, len, n);
        delta += (uint64_t)(next - n) * (done + 1);
        n = next;
        for (size_t i = 0; i < len; i++) {
            delta += cps[i] < n;
            if (delta > UINT32_MAX)
                return DT_ERR_HOST;
            if (cps[i] != n)
                continue;
            put_delta(out, (uint32_t)delta, bias);
            bias = adapt((uint32_t)delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
    return DT_OK;
}

/* One generalised variable-length integer (section 6.2's inner loop), added to *i. */
static bool read_delta(struct dt_slice in, size_t *at, uint32_t bias, uint32_t *i)
{
    uint64_t value = *i, weight = 1;
    for (uint32_t k = BASE;; k += BASE) {
        if (*at == in.len)
            return false;
        char c = in.ptr[(*at)++];
        uint32_t digit = dt_char_is(c, DT_CHAR_DIGIT) ? (uint32_t)(c - '0') + 26
                         : dt_char_alpha(c)           ? (uint32_t)((c | 0x20) - 'a')
                                                      : BASE;
        if (digit == BASE)
            return false;
        value += digit * weight;
        if (value > UINT32_MAX)
            return false;
        uint32_t t = threshold(k, bias);
        if (digit < t)
            break;
        weight *= BASE - t;
        if (weight > UINT32_MAX)
            return false;
    }
    *i = (uint32_t)value;
    return true;
}

/* Section 6.2 */
enum dt_err dt_punycode_decode(struct dt_slice in, uint32_t *cps, size_t cap, size_t *ret_len)
{
    size_t basic = in.len;
    while (basic > 0 && in.ptr[basic - 1] != '-')
        basic--;
    size_t at = basic;
    basic -= basic > 0; /* the delimiter */
    if (basic > cap)
        return DT_ERR_HOST;
    for (size_t j = 0; j < basic; j++)
        cps[j] = (unsigned char)in.ptr[j];

    uint32_t n = INITIAL_N, i = 0, bias = INITIAL_BIAS;
    size_t len = basic;
    while (at < in.len) {
        uint32_t before = i;
        if (len == cap || !read_delta(in, &at, bias, &i))
            return DT_ERR_HOST;
        uint32_t points = (uint32_t)len + 1;
        bias = adapt(i - before, points, before == 0);
        if (i / points > 0x10ffff - n)
            return DT_ERR_HOST;
        n += i / points;
        i %= points;
        if (n >= 0xd800 && n <= 0xdfff)
            return DT_ERR_HOST;
        memmove(cps + i + 1, cps + i, (len - i) * sizeof cps[0]);
        cps[i++] = n;
        len++;
    }
    *ret_len = len;
    return DT_OK;
}
