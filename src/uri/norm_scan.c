/* SPDX-License-Identifier: MIT
 * The first look; see norm_scan.h.
 *
 * The sets are tested as ranges: adding a constant moves a range [lo, lo + n) to the bottom of the
 * signed bytes, where one compare finds it; unsigned wrap-around makes one range of everything
 * from DEL up and from the space down. */
#include "uri/norm_scan.h"
#include "uri/char_class.h"

static bool table_plain(struct dt_slice s, unsigned odd)
{
    unsigned seen = 0;
    for (size_t i = 0; i < s.len; i++)
        seen |= (dt_char_class[(unsigned char)s.ptr[i]] & odd) | (s.ptr[i] == '%' ? odd : 0u);
    return seen == 0;
}

static bool table_path_plain(struct dt_slice s)
{
    for (size_t i = 1; i < s.len; i++)
        if (s.ptr[i] == '.' && s.ptr[i - 1] == '/')
            return false;
    return table_plain(s, DT_PCT_NORM_PATH);
}

#ifdef __SSE2__
#include <emmintrin.h>

#define BLOCK 16u

static inline __m128i load(const char *ptr)
{
    return _mm_loadu_si128((const __m128i *)(const void *)ptr);
}

/* 0xff where a byte is in [lo, lo + count), taken modulo 256. */
static inline __m128i in_range(__m128i v, unsigned lo, unsigned count)
{
    __m128i moved = _mm_add_epi8(v, _mm_set1_epi8((char)(0x80u - lo)));
    return _mm_cmplt_epi8(moved, _mm_set1_epi8((char)(0x80u + count)));
}

static inline __m128i is(__m128i v, char c)
{
    return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

static inline __m128i or3(__m128i a, __m128i b, __m128i c)
{
    return _mm_or_si128(_mm_or_si128(a, b), c);
}

/* DEL, all non-ASCII, controls and the space: 0x7f to 0x120. Then " # % */
static inline __m128i odd_anywhere(__m128i v)
{
    return or3(in_range(v, 0x7f, 0xa2), in_range(v, '"', 2), is(v, '%'));
}

static inline __m128i odd_in_path(__m128i v)
{
    __m128i angles = or3(is(v, '<'), in_range(v, '>', 2), is(v, '`'));
    __m128i brackets = _mm_or_si128(in_range(v, '[', 4), in_range(v, '{', 3));
    return or3(odd_anywhere(v), angles, brackets);
}

static inline __m128i odd_in_query(__m128i v)
{
    __m128i angles = or3(is(v, '<'), is(v, '>'), is(v, '\''));
    return or3(odd_anywhere(v), angles, is(v, '\\'));
}

static inline __m128i odd_in_host(__m128i v)
{
    __m128i good = or3(in_range(v, 'a', 26), in_range(v, '0', 10), in_range(v, '-', 2));
    return _mm_cmpeq_epi8(good, _mm_setzero_si128());
}

static inline bool none(__m128i found)
{
    return _mm_movemask_epi8(found) == 0;
}

static inline uint64_t word(const char *ptr)
{
    uint64_t w;
    memcpy(&w, ptr, sizeof w);
    return w;
}

/* 8 to 16 bytes as their first and last eight: neighbours stay neighbours within a half, and the
 * seam can only pretend a pair that is not there. */
static inline __m128i load_halves(struct dt_slice s)
{
    return _mm_set_epi64x((long long)word(s.ptr + s.len - 8), (long long)word(s.ptr));
}

bool dt_scan_path_plain(struct dt_slice s)
{
    if (s.len < 8)
        return table_path_plain(s);
    if (s.len <= BLOCK) {
        __m128i v = load_halves(s);
        __m128i dots = _mm_and_si128(is(v, '.'), _mm_slli_si128(is(v, '/'), 1));
        return none(_mm_or_si128(odd_in_path(v), dots));
    }
    __m128i found = odd_in_path(load(s.ptr));
    for (size_t i = 1;; i += BLOCK) {
        if (i > s.len - BLOCK)
            i = s.len - BLOCK;
        __m128i v = load(s.ptr + i);
        __m128i dots = _mm_and_si128(is(v, '.'), is(load(s.ptr + i - 1), '/'));
        found = or3(found, odd_in_path(v), dots);
        if (i == s.len - BLOCK)
            return none(found);
    }
}

bool dt_scan_query_plain(struct dt_slice s)
{
    if (s.len < 8)
        return table_plain(s, DT_PCT_NORM_QUERY);
    if (s.len <= BLOCK)
        return none(odd_in_query(load_halves(s)));
    __m128i found = odd_in_query(load(s.ptr + s.len - BLOCK));
    for (size_t i = 0; i < s.len - BLOCK; i += BLOCK)
        found = _mm_or_si128(found, odd_in_query(load(s.ptr + i)));
    return none(found);
}

bool dt_scan_host_plain(struct dt_slice s)
{
    if (s.len >= 8 && s.len <= BLOCK)
        return none(odd_in_host(load_halves(s)));
    if (s.len < 8) {
        unsigned good = DT_CHAR_HOST_PLAIN;
        for (size_t i = 0; i < s.len; i++)
            good &= dt_char_class[(unsigned char)s.ptr[i]];
        return good != 0;
    }
    __m128i found = odd_in_host(load(s.ptr + s.len - BLOCK));
    for (size_t i = 0; i < s.len - BLOCK; i += BLOCK)
        found = _mm_or_si128(found, odd_in_host(load(s.ptr + i)));
    return none(found);
}

#else

bool dt_scan_path_plain(struct dt_slice s)
{
    return table_path_plain(s);
}

bool dt_scan_query_plain(struct dt_slice s)
{
    return table_plain(s, DT_PCT_NORM_QUERY);
}

bool dt_scan_host_plain(struct dt_slice s)
{
    unsigned good = DT_CHAR_HOST_PLAIN;
    for (size_t i = 0; i < s.len; i++)
        good &= dt_char_class[(unsigned char)s.ptr[i]];
    return good != 0;
}

#endif
