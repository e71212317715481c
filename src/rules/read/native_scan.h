/* SPDX-License-Identifier: MIT
 *
 * One pass over the bytes of a word, that finds its end and notes what kinds of bytes it has. A
 * word of plain bytes only, as nearly all are, then needs no second look.
 */
#ifndef DT_RULES_NATIVE_SCAN_H
#define DT_RULES_NATIVE_SCAN_H

#include <detour/slice.h>
#include <stdint.h>

enum dt_byte {
    DT_BYTE_BLANK = 1,    /* space, tab */
    DT_BYTE_CONTROL = 2,  /* other controls, DEL */
    DT_BYTE_HIGH = 4,     /* not ASCII */
    DT_BYTE_UPPER = 8,    /* A to Z */
    DT_BYTE_PERCENT = 16, /* % */
    DT_BYTE_DOT = 32,     /* . */
    DT_BYTE_STAR = 64,    /* * */
    DT_BYTE_COLON = 128,  /* : */
    DT_BYTE_QUESTION = 256,
    DT_BYTE_HASH = 512,
    DT_BYTE_ODD = 1024,   /* " < > \ ^ ` | [ ] : what the normaliser or an encoder may change */
    DT_BYTE_BRACE = 2048, /* $ { }: templates */
};

extern const uint16_t dt_byte_class[256];

static inline unsigned dt_byte_classes8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    const uint16_t *of = dt_byte_class;
    return (unsigned)(of[p[0]] | of[p[1]] | of[p[2]] | of[p[3]] | of[p[4]] | of[p[5]] | of[p[6]] |
                      of[p[7]]);
}

/* Reads bytes from p to end until a blank. Returns where it stopped; adds the classes to *bits.
 * Eight at a time: one branch for each byte would cost more than the rest of a line's reading. */
static inline const char *dt_scan_word(const char *p, const char *end, unsigned *bits)
{
    unsigned seen = *bits;
    while (end - p >= 8) {
        unsigned c = dt_byte_classes8(p);
        if (c & DT_BYTE_BLANK)
            break;
        seen |= c;
        p += 8;
    }
    while (p < end) {
        unsigned c = dt_byte_class[(unsigned char)*p];
        if (c & DT_BYTE_BLANK)
            break;
        seen |= c;
        p++;
    }
    *bits = seen;
    return p;
}

static inline const char *dt_scan_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* The classes of all bytes of s. */
unsigned dt_scan_bits(struct dt_slice s);

/* s without blanks at both ends. */
struct dt_slice dt_scan_trim(struct dt_slice s);

/* Where s has the first byte of one of these classes; s.len when there is none. */
size_t dt_scan_find(struct dt_slice s, unsigned classes);

/* How many bytes at the start of s spell "http://" (7) or "https://" (8), in any case; else 0. */
static inline size_t dt_scan_http(struct dt_slice s)
{
    if (s.len < 7 || (s.ptr[0] | 0x20) != 'h')
        return 0;
    if (dt_slice_eq_nocase(dt_slice_of(s.ptr, 7), DT_S("http://")))
        return 7;
    return s.len >= 8 && dt_slice_eq_nocase(dt_slice_of(s.ptr, 8), DT_S("https://")) ? 8 : 0;
}

/* How long the authority at the start of s is: up to "/", "?" or "#". */
static inline size_t dt_scan_authority(struct dt_slice s)
{
    size_t at = 0;
    while (at < s.len && s.ptr[at] != '/' && s.ptr[at] != '?' && s.ptr[at] != '#')
        at++;
    return at;
}

/* True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool dt_scan_utf8(struct dt_slice s);

static inline bool dt_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool dt_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A byte that a placeholder's name may have. */
static inline bool dt_is_word(char c)
{
    return dt_is_digit(c) || dt_is_alpha(c) || c == '_';
}

#endif
