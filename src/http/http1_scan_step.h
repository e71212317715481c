/* SPDX-License-Identifier: MIT
 *
 * The arithmetic on a block's masks, and the loop over the blocks, which http1_scan.c and
 * http1_scan_x86.c compile once for each classifier.
 */
#ifndef DT_HTTP_HTTP1_SCAN_STEP_H
#define DT_HTTP_HTTP1_SCAN_STEP_H

#include "http/http1_scan.h"

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

#endif
