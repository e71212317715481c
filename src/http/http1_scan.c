/* SPDX-License-Identifier: MIT
 *
 * A parser that steps through a head byte by byte costs about a nanosecond a byte, and guesses a
 * branch wrong at the end of each name and each value. Here each 64-byte block becomes three bit
 * masks (token bytes, control bytes, LF), and a few words of arithmetic on them find, without a
 * branch, all line ends, the ends of all field names, the end of the head and the first byte that
 * breaks a rule. One addition does most of it: a 1 added at the first byte of a field name ripples
 * through the run of token bytes and comes out at the byte behind it.
 *
 * Only the masks depend on the machine. AVX2 is used when the processor has it, SSE2 is there on
 * every x86-64, and a table serves the others.
 */
#include "http/http1_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#endif

#define INLINE static inline __attribute__((always_inline))

/* What one block leaves for the next: was its last byte ... */
struct carry {
    uint64_t ctl;   /* a control byte other than LF */
    uint64_t lf;    /* an LF */
    uint64_t name;  /* inside a field name */
    uint64_t empty; /* the first of its line, and a control byte: the CR of the empty line */
};

/* The bit number for 0 is never used; the test compiles to nothing where tzcnt exists. */
INLINE unsigned first_bit(uint64_t bits)
{
    return bits ? (unsigned)__builtin_ctzll(bits) : 64;
}

INLINE void write_marks(uint64_t marks, size_t base, struct dt_http1_index *index)
{
    uint16_t *at = index->at + index->n;
    uint32_t count = (uint32_t)__builtin_popcountll(marks);
    /* Four without asking: most blocks have that many or fewer, and a wrong guess costs more. */
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint16_t)(base + first_bit(marks));
        marks &= marks - 1;
    }
    for (uint32_t i = 4; __builtin_expect(i < count, 0); i++) {
        at[i] = (uint16_t)(base + first_bit(marks));
        marks &= marks - 1;
    }
    index->n += count;
}

/* Indexes one block of which the bits in valid exist. False when the scan is over. */
INLINE bool step(const struct dt_http1_masks *masks, uint64_t valid, size_t base,
                 struct carry *carry, struct dt_http1_index *index)
{
    uint64_t token = masks->token;
    uint64_t lf = masks->lf;
    uint64_t ctl = masks->ctl & ~lf;
    uint64_t start = lf << 1 | carry->lf;

    /* A control byte other than LF must stand right before an LF, and an LF right behind one. */
    uint64_t bad = (ctl << 1 | carry->ctl) ^ lf;
    bad |= start & ~(token | ctl);
    bad &= valid;

    uint64_t ripple = 0;
    bool over = __builtin_add_overflow(token, (start & token) | carry->name, &ripple);
    uint64_t empty = start & ctl;
    uint64_t end = lf & (empty << 1 | carry->empty);
    uint64_t marks = ((ripple & ~token) | lf) & valid;

    *carry = (struct carry){ctl >> 63, lf >> 63, over, empty >> 63};
    if (__builtin_expect((bad | end) == 0, 1)) {
        write_marks(marks, base, index);
        if (__builtin_expect(index->n < DT_HTTP1_MAX_MARKS, 1))
            return true;
        index->end = DT_HTTP1_SCAN_FULL;
        return false;
    }
    uint64_t stop = (bad | end) & -(bad | end);
    if (stop & end) {
        write_marks(marks & (stop | (stop - 1)), base, index);
        index->end = DT_HTTP1_SCAN_WHOLE;
    } else {
        write_marks(marks & (stop - 1), base, index);
        index->end = DT_HTTP1_SCAN_BAD;
        index->bad_at = (uint32_t)(base + first_bit(stop));
    }
    return false;
}

/* n < 64 bytes with spaces behind them, which are neither token nor control bytes. */
INLINE void pad_block(char block[64], const char *ptr, size_t n)
{
    memset(block, ' ', 64);
    if (n >= 32) {
        memcpy(block, ptr, 32);
        memcpy(block + n - 32, ptr + n - 32, 32);
    } else if (n >= 16) {
        memcpy(block, ptr, 16);
        memcpy(block + n - 16, ptr + n - 16, 16);
    } else {
        for (size_t i = 0; i < n; i++)
            block[i] = ptr[i];
    }
}

/* The loop over blocks, compiled once for each classifier. The last block is read together with
 * bytes before it, so that no byte past the end is touched. */
INLINE void scan(const char *ptr, size_t len, struct dt_http1_index *index,
                 dt_http1_classify *classify)
{
    struct carry carry = {0};
    struct dt_http1_masks masks = {0};
    index->n = 0;
    index->bad_at = 0;
    index->end = DT_HTTP1_SCAN_MORE;
    size_t base = 0;
    for (; len - base >= 64; base += 64) {
        classify(ptr + base, &masks);
        if (!step(&masks, ~UINT64_C(0), base, &carry, index))
            return;
    }
    size_t rest = len - base;
    if (rest == 0)
        return;
    if (base) {
        classify(ptr + len - 64, &masks);
        masks.token >>= 64 - rest;
        masks.ctl >>= 64 - rest;
        masks.lf >>= 64 - rest;
    } else {
        char block[64];
        pad_block(block, ptr, rest);
        classify(block, &masks);
    }
    (void)step(&masks, (UINT64_C(1) << rest) - 1, base, &carry, index);
}

/* ---- Any machine ------------------------------------------------------------------------------
 */

enum { IS_TOKEN = 1, IS_CTL = 2, IS_LF = 4 };

#define T IS_TOKEN
#define C IS_CTL
static const uint8_t CLASSES[256] = {
    C, C, C, C, C, C, C, C, C, 0, C | IS_LF, C, C, C, C, C, /* 00: HTAB is no control byte here */
    C, C, C, C, C, C, C, C, C, C, C,         C, C, C, C, C, /* 10 */
    0, T, 0, T, T, T, T, T, 0, 0, T,         T, 0, T, T, 0, /* 20: ! # $ % & ' * + - . */
    T, T, T, T, T, T, T, T, T, T, 0,         0, 0, 0, 0, 0, /* 30: digits */
    0, T, T, T, T, T, T, T, T, T, T,         T, T, T, T, T, /* 40: not @ */
    T, T, T, T, T, T, T, T, T, T, T,         0, 0, 0, T, T, /* 50: not [ \ ] */
    T, T, T, T, T, T, T, T, T, T, T,         T, T, T, T, T, /* 60 */
    T, T, T, T, T, T, T, T, T, T, T,         0, T, 0, T, C, /* 70: not { }; DEL is a control */
};
#undef T
#undef C

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

static void scan_scalar(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    scan(ptr, len, ret, classify_scalar);
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
    __m128i ctl = _mm_or_si128(_mm_andnot_si128(is_sse2(v, '\t'), low), is_sse2(v, 0x7F));
    ret->token |= (uint64_t)(uint16_t)~_mm_movemask_epi8(other) << shift;
    ret->ctl |= (uint64_t)(uint16_t)_mm_movemask_epi8(ctl) << shift;
    ret->lf |= (uint64_t)(uint16_t)_mm_movemask_epi8(is_sse2(v, '\n')) << shift;
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

static void scan_sse2(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    scan(ptr, len, ret, classify_sse2);
}

dt_http1_classify *dt_http1_classifier_sse2(void)
{
    return classify_sse2_out;
}

dt_http1_scanner *dt_http1_scanner_sse2(void)
{
    return scan_sse2;
}

/* ---- AVX2: two table look-ups, by the low and by the high half of a byte ----------------------
 */

/* A byte's class is LOW[byte & 15] & HIGH[byte >> 4], where each bit stands for a rectangle of the
 * ASCII table: the rows (high halves) in the comment, the columns by LOW. Bits 0 to 4 are token
 * bytes, bits 5 to 7 control bytes. */
#define R2 0x01    /* row 2: ! # $ % & ' * + - . */
#define R3567 0x02 /* rows 3 5 6 7: columns 0 to 9 */
#define R46 0x04   /* rows 4 6: columns 1 to F */
#define R456 0x08  /* rows 4 5 6: columns A E F */
#define R467 0x10  /* rows 4 6 7: columns A C E */
#define C01 0x20   /* rows 0 1: all columns but 9, where HTAB is */
#define C1 0x40    /* row 1: column 9 */
#define C7 0x80    /* row 7: column F, DEL */

INLINE TARGET_AVX2 void classify32_avx2(const char *ptr, uint32_t *ret_token, uint32_t *ret_ctl,
                                        uint32_t *ret_lf)
{
    const __m256i low = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        R3567 | C01, R2 | R3567 | R46 | C01, R3567 | R46 | C01, R2 | R3567 | R46 | C01,
        R2 | R3567 | R46 | C01, R2 | R3567 | R46 | C01, R2 | R3567 | R46 | C01,
        R2 | R3567 | R46 | C01, R3567 | R46 | C01, R3567 | R46 | C1, R2 | R46 | R456 | R467 | C01,
        R2 | R46 | C01, R46 | R467 | C01, R2 | R46 | C01, R2 | R46 | R456 | R467 | C01,
        (char)(R46 | R456 | C01 | C7)));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        C01, C01 | C1, R2, R3567, R46 | R456 | R467, R3567 | R456, R3567 | R46 | R456 | R467,
        (char)(R3567 | R467 | C7), 0, 0, 0, 0, 0, 0, 0, 0));
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)ptr);
    __m256i half = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0F));
    __m256i is = _mm256_and_si256(_mm256_shuffle_epi8(low, v), _mm256_shuffle_epi8(high, half));
    /* A saturating addition carries "0x20 or more", or "1 or more", into the sign bit. */
    uint32_t ctl = (uint32_t)_mm256_movemask_epi8(_mm256_adds_epu8(is, _mm256_set1_epi8(0x60)));
    uint32_t any = (uint32_t)_mm256_movemask_epi8(_mm256_adds_epu8(is, _mm256_set1_epi8(0x7F)));
    __m256i lf = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n'));
    *ret_lf = (uint32_t)_mm256_movemask_epi8(lf);
    *ret_ctl = ctl;
    *ret_token = any & ~ctl;
}

INLINE TARGET_AVX2 void classify_avx2(const char block[64], struct dt_http1_masks *ret)
{
    uint32_t token[2];
    uint32_t ctl[2];
    uint32_t lf[2];
    classify32_avx2(block, &token[0], &ctl[0], &lf[0]);
    classify32_avx2(block + 32, &token[1], &ctl[1], &lf[1]);
    ret->token = token[0] | (uint64_t)token[1] << 32;
    ret->ctl = ctl[0] | (uint64_t)ctl[1] << 32;
    ret->lf = lf[0] | (uint64_t)lf[1] << 32;
}

static TARGET_AVX2 void classify_avx2_out(const char block[64], struct dt_http1_masks *ret)
{
    classify_avx2(block, ret);
}

static TARGET_AVX2 void scan_avx2(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    scan(ptr, len, ret, classify_avx2);
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
    if (__builtin_expect(has_avx2(), 1))
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

dt_http1_scanner *dt_http1_scanner_sse2(void)
{
    return NULL;
}

dt_http1_scanner *dt_http1_scanner_avx2(void)
{
    return NULL;
}

void dt_http1_scan(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    scan_scalar(ptr, len, ret);
}

#endif
