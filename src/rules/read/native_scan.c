/* SPDX-License-Identifier: MIT
 *
 * The table of byte kinds, and the slower questions; see native_scan.h.
 */
#include "rules/read/native_scan.h"

#define BLANK DT_BYTE_BLANK
#define CONTROL DT_BYTE_CONTROL
#define HIGH DT_BYTE_HIGH
#define UPPER DT_BYTE_UPPER
#define PERCENT DT_BYTE_PERCENT
#define DOT DT_BYTE_DOT
#define STAR DT_BYTE_STAR
#define COLON DT_BYTE_COLON
#define QUESTION DT_BYTE_QUESTION
#define HASH DT_BYTE_HASH
#define ODD DT_BYTE_ODD
#define BRACE DT_BYTE_BRACE

#define TIMES8(x) x, x, x, x, x, x, x, x

const uint16_t dt_byte_class[256] = {
    /* 00 to 1f */
    TIMES8(CONTROL),
    CONTROL,
    BLANK,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    TIMES8(CONTROL),
    TIMES8(CONTROL),
    /* space to / */
    BLANK,
    0,
    ODD,
    HASH,
    BRACE,
    PERCENT,
    0,
    0,
    0,
    0,
    STAR,
    0,
    0,
    0,
    DOT,
    0,
    /* 0 to ? */
    TIMES8(0),
    0,
    0,
    COLON,
    0,
    ODD,
    0,
    ODD,
    QUESTION,
    /* @ to _ */
    0,
    UPPER,
    UPPER,
    UPPER,
    UPPER,
    UPPER,
    UPPER,
    UPPER,
    TIMES8(UPPER),
    TIMES8(UPPER),
    UPPER,
    UPPER,
    UPPER,
    ODD,
    ODD,
    ODD,
    ODD,
    0,
    /* ` to DEL */
    ODD,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    TIMES8(0),
    TIMES8(0),
    0,
    0,
    0,
    BRACE,
    ODD,
    BRACE,
    0,
    CONTROL,
    /* 80 to ff */
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
    TIMES8(HIGH),
};

unsigned dt_scan_bits(struct dt_slice s)
{
    unsigned bits = 0;
    size_t at = 0;
    for (; s.len - at >= 8; at += 8)
        bits |= dt_byte_classes8(s.ptr + at);
    for (; at < s.len; at++)
        bits |= dt_byte_class[(unsigned char)s.ptr[at]];
    return bits;
}

struct dt_slice dt_scan_trim(struct dt_slice s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = dt_slice_from(s, 1);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

size_t dt_scan_find(struct dt_slice s, unsigned classes)
{
    size_t at = 0;
    while (at < s.len && !(dt_byte_class[(unsigned char)s.ptr[at]] & classes))
        at++;
    return at;
}

/* How many bytes the well-formed sequence at the start of s takes; 0 when there is none. */
static size_t sequence(struct dt_slice s)
{
    unsigned char first = (unsigned char)s.ptr[0];
    size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (len == 0 || first > 0xf4 || len > s.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (((unsigned char)s.ptr[i] & 0xc0) != 0x80)
            return 0;
    if (len < 3)
        return len;
    unsigned char second = (unsigned char)s.ptr[1];
    bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
               (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return bad ? 0 : len;
}

bool dt_scan_utf8(struct dt_slice s)
{
    while (s.len) {
        size_t len = sequence(s);
        if (len == 0)
            return false;
        s = dt_slice_from(s, len);
    }
    return true;
}
