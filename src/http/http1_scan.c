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

#include "http/http1_scan_step.h"

/* ---- Any machine -------------------------------------------------------------------------- */

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

/* ---- This machine ------------------------------------------------------------------------- */

#if defined(__x86_64__)

void dt_http1_scan(const char *ptr, size_t len, struct dt_http1_index *ret)
{
    dt_http1_scan_x86(ptr, len, ret);
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
