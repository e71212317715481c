/* SPDX-License-Identifier: MIT
 * UTF-8 decoder and encoder; see utf8.h. */
#include "uri/utf8.h"

uint32_t dt_utf8_next(struct dt_slice s, size_t *at, bool *ret_bad)
{
    unsigned first = (unsigned char)s.ptr[(*at)++];
    *ret_bad = false;
    if (first < 0x80)
        return first;

    /* The second byte's bounds keep out overlong forms, surrogates and what is past U+10FFFF. */
    unsigned lower = 0x80, upper = 0xbf, needed = 0;
    uint32_t cp = 0;
    if (first >= 0xc2 && first <= 0xdf) {
        needed = 1;
        cp = first & 0x1f;
    } else if (first >= 0xe0 && first <= 0xef) {
        needed = 2;
        cp = first & 0xf;
        lower = first == 0xe0 ? 0xa0 : lower;
        upper = first == 0xed ? 0x9f : upper;
    } else if (first >= 0xf0 && first <= 0xf4) {
        needed = 3;
        cp = first & 7;
        lower = first == 0xf0 ? 0x90 : lower;
        upper = first == 0xf4 ? 0x8f : upper;
    }
    for (unsigned i = 0; i < needed; i++) {
        unsigned c = *at < s.len ? (unsigned char)s.ptr[*at] : 0;
        if (c < lower || c > upper) {
            needed = 0;
            break;
        }
        cp = cp << 6 | (c & 0x3f);
        lower = 0x80;
        upper = 0xbf;
        (*at)++;
    }
    if (needed)
        return cp;
    *ret_bad = true;
    return 0xfffd;
}

void dt_utf8_put(struct dt_out *out, uint32_t cp)
{
    char bytes[4];
    size_t len = 0;
    if (cp < 0x80) {
        bytes[len++] = (char)cp;
    } else {
        unsigned tail = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
        static const unsigned LEAD[4] = {0, 0xc0, 0xe0, 0xf0};
        bytes[len++] = (char)(LEAD[tail] | cp >> (6 * tail));
        while (tail--)
            bytes[len++] = (char)(0x80 | (cp >> (6 * tail) & 0x3f));
    }
    dt_out_put(out, dt_slice_of(bytes, len));
}

bool dt_is_ascii(struct dt_slice s)
{
    unsigned seen = 0;
    for (size_t i = 0; i < s.len; i++)
        seen |= (unsigned char)s.ptr[i];
    return seen < 0x80;
}
