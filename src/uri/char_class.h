/* SPDX-License-Identifier: MIT
 *
 * What a byte may be in a URL: one table, one bit for each set that the URL standard or RFC 3986
 * names, so that every encoder and every check of this layer asks the same place.
 * Sets named PCT_... are percent-encode sets (https://url.spec.whatwg.org/#percent-encoded-bytes);
 * every byte from 0x80 up is in all of them, since the standard's sets hold all code points past ~.
 */
#ifndef DT_URI_CHAR_CLASS_H
#define DT_URI_CHAR_CLASS_H

#include <stdbool.h>
#include <stdint.h>

enum dt_char_set {
    DT_PCT_C0 = 1 << 0,
    DT_PCT_FRAGMENT = 1 << 1,
    DT_PCT_QUERY = 1 << 2,
    DT_PCT_SPECIAL_QUERY = 1 << 3,
    DT_PCT_PATH = 1 << 4,
    DT_PCT_USERINFO = 1 << 5,
    DT_PCT_NORM_PATH = 1 << 6,    /* what dt_norm_path escapes */
    DT_PCT_NORM_QUERY = 1 << 7,   /* what dt_norm_query escapes */
    DT_NOT_IN_HOST = 1 << 8,      /* forbidden host code points */
    DT_NOT_IN_DOMAIN = 1 << 9,    /* forbidden domain code points, ASCII only */
    DT_CHAR_UNRESERVED = 1 << 10, /* RFC 3986 section 2.3 */
    DT_CHAR_HEX = 1 << 11,
    DT_CHAR_DIGIT = 1 << 12,
    DT_CHAR_SCHEME = 1 << 13,      /* RFC 3986 section 3.1, behind the first letter */
    DT_CHAR_HOST_PLAIN = 1 << 14,  /* a-z 0-9 - . */
    DT_CHAR_LOOK = 1 << 15,        /* % and /: what a normaliser looks at twice */
    DT_END_PATH = 1 << 16,         /* / ? #: ends a segment, or an authority */
    DT_END_SPECIAL_PATH = 1 << 17, /* and "\" with the special schemes */
    DT_END_OPAQUE_PATH = 1 << 18,  /* ? # */
    DT_END_QUERY = 1 << 19,        /* # */
};

extern const uint32_t dt_char_class[256];

static inline bool dt_char_is(char c, enum dt_char_set set)
{
    return (dt_char_class[(unsigned char)c] & (unsigned)set) != 0;
}

static inline bool dt_char_alpha(char c)
{
    return (unsigned)((unsigned char)(c | 0x20) - 'a') < 26u;
}

/* The value of a hex digit; c must be one. */
static inline unsigned dt_hex_value(char c)
{
    unsigned u = (unsigned char)c;
    return u <= '9' ? u - '0' : (u | 0x20u) - 'a' + 10u;
}

#endif
