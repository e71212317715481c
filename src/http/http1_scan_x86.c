/* SPDX-License-Identifier: MIT
 *
 * The classifiers and scanners of x86-64; see http1_scan.c. Which instructions there are is asked
 * when the program runs, so that one build serves every machine.
 */
#include "http/http1_scan.h"

#include "http/http1_scan_step.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,bmi,bmi2,popcnt")))

/* ---- SSE2: comparisons only, for there is no byte shuffle --------------------------------- */

INLINE __m128i in_range_sse2(__m128i bytes, char low, char high)
{
    return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8((char)(low - 1))),
                         _mm_cmplt_epi8(bytes, _mm_set1_epi8((char)(high + 1))));
}

INLINE __m128i is_sse2(__m128i bytes, char c)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

INLINE void classify16_sse2(const char *ptr, unsigned shift, struct dt_http1_masks *ret)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)ptr);
    /* Bytes from 0x80 on are negative and below '!' too. */
    __m128i other = _mm_cmplt_epi8(v, _mm_set1_epi8('!'));
    other = _mm_or_si128(other, is_sse2(v, '"'));
    other = _mm_or_si128(other, in_range_sse2(v, '(', ')'));
    other = _mm_or_si128(other, is_sse2(v, ','));
    other = _mm_or_si128(other, is_sse2(v, '/'));
    other = _mm_or_si128(other, in_range_sse2(v, ':', '@'));
    other = _mm_or_si128(other, in_range_sse2(v, '[', ']'));
    other = _mm_or_si128(other, is_sse2(v, '{'));
    other = _mm_or_si128(other, is_sse2(v, '}'));
    other = _mm_or_si128(other, is_sse2(v, 0x7F));
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v);
    __m128i lf = is_sse2(v, '\n');
    low = _mm_andnot_si128(_mm_or_si128(is_sse2(v, '\t'), lf), low);
    __m128i ctl = _mm_or_si128(low, is_sse2(v, 0x7F));
    ret->token |= (uint64_t)(uint16_t)~_mm_movemask_epi8(other) << shift;
    ret->ctl |= (uint64_t)(uint16_t)_mm_movemask_epi8(ctl) << shift;
    ret->lf |= (uint64_t)(uint16_t)_mm_movemask_epi8(lf) << shift;
}

INLINE void classify_sse2(const char block[64], struct dt_http1_masks *ret)
{
    *ret = (struct dt_http1_masks){0};
    for (unsigned i = 0; i < 64; i += 16)
        classify16_sse2(block + i, i, ret);
}

static void classify_sse2_out(const char block[64], struct dt_http1_masks *ret)
{
    classify_sse2(block, ret);
}

static void tail_sse2(const char *ptr, size_t n, bool with_before, struct dt_http1_masks *ret)
{
    tail_by_block(ptr, n, with_before, ret, classify_sse2);
}

static void scan_sse2(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    scan(ptr, len, ret, (struct classifier){classify_sse2, tail_sse2});
}

dt_http1_classify *dt_http1_classifier_sse2(void)
{
    return classify_sse2_out;
}

dt_http1_scanner *dt_http1_scanner_sse2(void)
{
    return scan_sse2;
}

/* ---- AVX2 and AVX-512: two table look-ups, by the low and by the high half of a byte ------ */

/* A byte's class is LOW[byte & 15] & HIGH[byte >> 4], where each bit stands for a rectangle of the
 * ASCII table: the rows (high halves) are in its name, the columns in the comment. Bits 0 to 4 are
 * token bytes, bits 5 to 7 control bytes other than HTAB and LF. */
enum {
    R2 = 0x01,    /* ! # $ % & ' * + - . */
    R3567 = 0x02, /* columns 0 to 9 */
    R46 = 0x04,   /* columns 1 to F */
    R456 = 0x08,  /* columns A E F */
    R467 = 0x10,  /* columns A C E */
    C01 = 0x20,   /* all columns but 9 and A, where HTAB and LF are */
    C1 = 0x40,    /* columns 9 and A */
    C7 = 0x80,    /* column F, DEL */
};

INLINE __m128i low_table(void)
{
    const char odd = R2 | R3567 | R46 | C01; /* columns 1 3 4 5 6 7 */
    return _mm_setr_epi8(R3567 | C01, odd, R3567 | R46 | C01, odd, odd, odd, odd, odd,
                         R3567 | R46 | C01, R3567 | R46 | C1, R2 | R46 | R456 | R467 | C1,
                         R2 | R46 | C01, R46 | R467 | C01, R2 | R46 | C01,
                         R2 | R46 | R456 | R467 | C01, (char)(R46 | R456 | C01 | C7));
}

INLINE __m128i high_table(void)
{
    return _mm_setr_epi8(C01, C01 | C1, R2, R3567, R46 | R456 | R467, R3567 | R456,
                         R3567 | R46 | R456 | R467, (char)(R3567 | R467 | C7), 0, 0, 0, 0, 0, 0, 0,
                         0);
}

/* Three masks of 32 bits each. A saturating addition carries "0x20 or more", or "1 or more", into
 * the sign bit, which a mask takes. */
INLINE TARGET_AVX2 void classify32_avx2(const char *ptr, uint32_t *ret_any, uint32_t *ret_ctl,
                                        uint32_t *ret_lf)
{
    const __m256i low = _mm256_broadcastsi128_si256(low_table());
    const __m256i high = _mm256_broadcastsi128_si256(high_table());
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)ptr);
    __m256i half = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0F));
    __m256i is = _mm256_and_si256(_mm256_shuffle_epi8(low, v), _mm256_shuffle_epi8(high, half));
    __m256i ctl = _mm256_adds_epu8(is, _mm256_set1_epi8(0x60));
    __m256i any = _mm256_adds_epu8(is, _mm256_set1_epi8(0x7F));
    __m256i lf = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n'));
    *ret_any = (uint32_t)_mm256_movemask_epi8(any);
    *ret_ctl = (uint32_t)_mm256_movemask_epi8(ctl);
    *ret_lf = (uint32_t)_mm256_movemask_epi8(lf);
}

/* The 32 bytes at ptr and the 32 bytes at ptr + second, which is at most 32. */
INLINE TARGET_AVX2 void classify_pair_avx2(const char *ptr, size_t second,
                                           struct dt_http1_masks *ret)
{
    uint32_t any[2];
    uint32_t ctl[2];
    uint32_t lf[2];
    classify32_avx2(ptr, &any[0], &ctl[0], &lf[0]);
    classify32_avx2(ptr + second, &any[1], &ctl[1], &lf[1]);
    ret->ctl = ctl[0] | (uint64_t)ctl[1] << second;
    ret->token = (any[0] | (uint64_t)any[1] << second) & ~ret->ctl;
    ret->lf = lf[0] | (uint64_t)lf[1] << second;
}

INLINE TARGET_AVX2 void classify_avx2(const char block[64], struct dt_http1_masks *ret)
{
    classify_pair_avx2(block, 32, ret);
}

INLINE TARGET_AVX2 void tail_avx2(const char *ptr, size_t n, bool with_before,
                                  struct dt_http1_masks *ret)
{
    if (!with_before &&
        n >= 32) /* the common small head: no copy, whose bytes would be waited for */
        classify_pair_avx2(ptr, n - 32, ret);
    else
        tail_by_block(ptr, n, with_before, ret, classify_avx2);
}

static TARGET_AVX2 void classify_avx2_out(const char block[64], struct dt_http1_masks *ret)
{
    classify_avx2(block, ret);
}

static TARGET_AVX2 void scan_avx2(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    scan(ptr, len, ret, (struct classifier){classify_avx2, tail_avx2});
}

/* The same with masks in the instructions; bytes that a load leaves out are 0, are then control
 * bytes, and are no part of the valid ones. */
INLINE TARGET_AVX512 void classify_part_avx512(const char *ptr, uint64_t part,
                                               struct dt_http1_masks *ret)
{
    const __m512i low = _mm512_broadcast_i32x4(low_table());
    const __m512i high = _mm512_broadcast_i32x4(high_table());
    __m512i v = _mm512_maskz_loadu_epi8(part, ptr);
    __m512i half = _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(0x0F));
    __m512i is = _mm512_and_si512(_mm512_shuffle_epi8(low, v), _mm512_shuffle_epi8(high, half));
    ret->token = _mm512_test_epi8_mask(is, _mm512_set1_epi8(R2 | R3567 | R46 | R456 | R467));
    ret->ctl = _mm512_test_epi8_mask(is, _mm512_set1_epi8((char)(C01 | C1 | C7)));
    ret->lf = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\n'));
}

INLINE TARGET_AVX512 void classify_avx512(const char block[64], struct dt_http1_masks *ret)
{
    classify_part_avx512(block, ~UINT64_C(0), ret);
}

INLINE TARGET_AVX512 void tail_avx512(const char *ptr, size_t n, bool with_before,
                                      struct dt_http1_masks *ret)
{
    (void)with_before;
    classify_part_avx512(ptr, (UINT64_C(1) << n) - 1, ret);
}

static TARGET_AVX512 void classify_avx512_out(const char block[64], struct dt_http1_masks *ret)
{
    classify_avx512(block, ret);
}

static TARGET_AVX512 void scan_avx512(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    scan(ptr, len, ret, (struct classifier){classify_avx512, tail_avx512});
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

dt_http1_classify *dt_http1_classifier_avx512(void)
{
    return has_avx512() ? classify_avx512_out : NULL;
}

dt_http1_scanner *dt_http1_scanner_avx512(void)
{
    return has_avx512() ? scan_avx512 : NULL;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

dt_http1_classify *dt_http1_classifier_avx2(void)
{
    return has_avx2() ? classify_avx2_out : NULL;
}

dt_http1_scanner *dt_http1_scanner_avx2(void)
{
    return has_avx2() ? scan_avx2 : NULL;
}

void dt_http1_scan_x86(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    if (has_avx512())
        scan_avx512(ptr, len, ret);
    else if (has_avx2())
        scan_avx2(ptr, len, ret);
    else
        scan_sse2(ptr, len, ret);
}

#endif
