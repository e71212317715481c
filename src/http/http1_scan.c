/* SPDX-License-Identifier: MIT
 *
 * A parser that steps through a head byte by byte costs about a nanosecond a byte, and guesses a
 * branch wrong at the end of each name and each value. Here each 64-byte block becomes three bit
 * masks (token bytes, control bytes, LF), and a few words of arithmetic on them find, without a
 * branch, all line ends, the ends of all field names, the end of the head and the first byte that
 * breaks a rule. One addition does most of it: a 1 added at the first byte of a field name ripples
 * through the run of token bytes and comes out at the byte behind it.
 *
 * Only the masks depend on the machine. AVX-512 or AVX2 is used when the processor has it, SSE2 is
 * there on every x86-64, and a table serves the others.
 */
#include "http/http1_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,bmi,bmi2,popcnt")))
#endif

#define INLINE static inline __attribute__((always_inline))

/* What one block leaves for the next. */
struct carry {
    uint64_t ctl;  /* 1 when the last byte was a control byte other than LF */
    uint64_t lf;   /* the LF bits of the last two bytes, in bits 0 and 1 */
    uint64_t name; /* 1 when the last byte was inside a field name */
};

/* Which function reads a whole block, and which one the last n < 64 bytes at ptr; with_before: the
 * 64 bytes before ptr + n may be read too. */
struct classifier {
    dt_http1_classify *block;
    void (*tail)(const char *ptr, size_t n, bool with_before, struct dt_http1_masks *ret);
};

/* 64 for none; the test compiles to nothing where tzcnt exists. */
INLINE unsigned first_bit(uint64_t bits)
{
    return bits ? (unsigned)__builtin_ctzll(bits) : 64;
}

/* Returns the number of marks with these. */
INLINE uint32_t write_marks(uint64_t marks, size_t base, uint32_t n, uint16_t *at)
{
    uint32_t count = (uint32_t)__builtin_popcountll(marks);
    at += n;
    /* Four without asking: most blocks have that many or fewer, and a wrong guess costs more. */
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint16_t)(base + first_bit(marks));
        marks &= marks - 1;
    }
    for (uint32_t i = 4; __builtin_expect(i < count, 0); i++) {
        at[i] = (uint16_t)(base + first_bit(marks));
        marks &= marks - 1;
    }
    return n + count;
}

/* Indexes one block of which the bits in valid exist. False when the scan is over. */
INLINE bool step(const struct dt_http1_masks *masks, uint64_t valid, size_t base,
                 struct carry *carry, struct dt_http1_index *index)
{
    uint64_t token = masks->token;
    uint64_t lf = masks->lf;
    /* A control byte other than LF must stand right before an LF, and an LF right behind one. */
    uint64_t bad = ((masks->ctl << 1 | carry->ctl) ^ lf) & valid;
    /* Two LF with one byte between, which then is a control byte: the empty line. */
    uint64_t end = lf & (lf << 2 | carry->lf);
    uint64_t start = lf << 1 | carry->lf >> 1;
    uint64_t ripple = 0;
    bool over = __builtin_add_overflow(token, (start & token) | carry->name, &ripple);
    uint64_t marks = ((ripple & ~token) | lf) & valid;

    *carry = (struct carry){masks->ctl >> 63, lf >> 62, over};
    if (__builtin_expect((bad | end) == 0, 1)) {
        index->n = write_marks(marks, base, index->n, index->at);
        if (__builtin_expect(index->n < DT_HTTP1_MAX_MARKS, 1))
            return true;
        index->end = DT_HTTP1_SCAN_FULL;
        return false;
    }
    uint64_t stop = (bad | end) & -(bad | end);
    if (stop & bad) {
        index->n = write_marks(marks & (stop - 1), base, index->n, index->at);
        index->end = DT_HTTP1_SCAN_BAD;
        index->bad_at = (uint32_t)(base + first_bit(stop));
    } else {
        index->n = write_marks(marks & (stop | (stop - 1)), base, index->n, index->at);
        index->end = DT_HTTP1_SCAN_WHOLE;
    }
    return false;
}

/* The loop over blocks, compiled once for each classifier. */
INLINE void scan(const char *ptr, size_t len, struct dt_http1_index *ret,
                 struct classifier classifier)
{
    struct carry carry = {0};
    struct dt_http1_masks masks = {0};
    ret->n = 0;
    ret->end = DT_HTTP1_SCAN_MORE;
    size_t base = 0;
    for (; len - base >= 64; base += 64) {
        classifier.block(ptr + base, &masks);
        if (!step(&masks, ~UINT64_C(0), base, &carry, ret))
            return;
    }
    size_t rest = len - base;
    if (rest == 0)
        return;
    classifier.tail(ptr + base, rest, base != 0, &masks);
    (void)step(&masks, (UINT64_C(1) << rest) - 1, base, &carry, ret);
}

/* The last n < 64 bytes, read with bytes before them that were seen already, or from a copy with
 * spaces behind, which are neither token nor control bytes: no byte past the end is touched. */
INLINE void tail_by_block(const char *ptr, size_t n, bool with_before, struct dt_http1_masks *ret,
                          dt_http1_classify *classify)
{
    char block[64];
    if (with_before) {
        classify(ptr + n - 64, ret);
        ret->token >>= 64 - n;
        ret->ctl >>= 64 - n;
        ret->lf >>= 64 - n;
        return;
    }
    memset(block, ' ', sizeof block);
    memcpy(block, ptr, n);
    classify(block, ret);
}

/* ---- Any machine ------------------------------------------------------------------------------
 */

enum { IS_TOKEN = 1, IS_CTL = 2, IS_LF = 4 };

#define T IS_TOKEN
#define C IS_CTL
#define L IS_LF
static const uint8_t CLASSES[256] = {
    C, C, C, C, C, C, C, C, C, 0, L, C, C, C, C, C, /* 00: HTAB is nothing here */
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, /* 10 */
    0, T, 0, T, T, T, T, T, 0, 0, T, T, 0, T, T, 0, /* 20: ! # $ % & ' * + - . */
    T, T, T, T, T, T, T, T, T, T, 0, 0, 0, 0, 0, 0, /* 30: digits */
    0, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* 40: not @ */
    T, T, T, T, T, T, T, T, T, T, T, 0, 0, 0, T, T, /* 50: not [ \ ] */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* 60 */
    T, T, T, T, T, T, T, T, T, T, T, 0, T, 0, T, C, /* 70: not { }; DEL is a control */
};
#undef T
#undef C
#undef L

INLINE void classify_scalar(const char block[64], struct dt_http1_masks *ret)
{
    uint64_t token = 0;
    uint64_t ctl = 0;
    uint64_t lf = 0;
    for (unsigned i = 0; i < 64; i++) {
        uint64_t is = CLASSES[(uint8_t)block[i]];
        token |= (is & 1) << i;
        ctl |= (is >> 1 & 1) << i;
        lf |= (is >> 2) << i;
    }
    *ret = (struct dt_http1_masks){token, ctl, lf};
}

static void classify_scalar_out(const char block[64], struct dt_http1_masks *ret)
{
    classify_scalar(block, ret);
}

static void tail_scalar(const char *ptr, size_t n, bool with_before, struct dt_http1_masks *ret)
{
    tail_by_block(ptr, n, with_before, ret, classify_scalar);
}

static void scan_scalar(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    scan(ptr, len, ret, (struct classifier){classify_scalar, tail_scalar});
}

dt_http1_classify *dt_http1_classifier_scalar(void)
{
    return classify_scalar_out;
}

dt_http1_scanner *dt_http1_scanner_scalar(void)
{
    return scan_scalar;
}

#if defined(__x86_64__)

/* ---- SSE2: comparisons only, for there is no byte shuffle -------------------------------------
 */

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

/* ---- AVX2 and AVX-512: two table look-ups, by the low and by the high half of a byte ----------
 */

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

void dt_http1_scan(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    if (has_avx512())
        scan_avx512(ptr, len, ret);
    else if (has_avx2())
        scan_avx2(ptr, len, ret);
    else
        scan_sse2(ptr, len, ret);
}

#else

dt_http1_classify *dt_http1_classifier_sse2(void)
{
    return NULL;
}

dt_http1_classify *dt_http1_classifier_avx2(void)
{
    return NULL;
}

dt_http1_classify *dt_http1_classifier_avx512(void)
{
    return NULL;
}

dt_http1_scanner *dt_http1_scanner_sse2(void)
{
    return NULL;
}

dt_http1_scanner *dt_http1_scanner_avx2(void)
{
    return NULL;
}

dt_http1_scanner *dt_http1_scanner_avx512(void)
{
    return NULL;
}

void dt_http1_scan(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    scan_scalar(ptr, len, ret);
}

#endif
