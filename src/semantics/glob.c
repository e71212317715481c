/* SPDX-License-Identifier: MIT
 *
 * What stands before the first star and behind the last one is tied to the ends of the text; each
 * piece between is looked for from where the last one ended, and the first place is always as good
 * as any later one. So all depends on finding a piece in linear time. memmem does, but it knows no
 * case. Here its first and last bytes are compared at 16 places at once, and what passes is looked
 * at in full; a text made so that a lot passes uses up a budget, and then a rolling hash goes on.
 */
#include "semantics/glob.h"

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define NOWHERE SIZE_MAX

static bool equal(struct dt_slice lower, const char *text, bool fold)
{
    if (!fold)
        return lower.len == 0 || memcmp(lower.ptr, text, lower.len) == 0;
    for (size_t i = 0; i < lower.len; i++)
        if (lower.ptr[i] != dt_ascii_lower(text[i]))
            return false;
    return true;
}

/* Rabin and Karp: the hash of a window, the oldest byte leaving as the next one comes. What a
 * collision costs is one comparison; making many takes a piece of the attacker's own. */
static size_t find_rolling(struct dt_slice piece, struct dt_slice text, size_t from)
{
    const uint64_t base = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t want = 0;
    uint64_t have = 0;
    uint64_t power = 1; /* base to the piece's length */
    for (size_t i = 0; i < piece.len; i++) {
        want = want * base + (unsigned char)piece.ptr[i];
        have = have * base + (unsigned char)dt_ascii_lower(text.ptr[from + i]);
        power *= base;
    }
    for (size_t at = from;; at++) {
        if (have == want && equal(piece, text.ptr + at, true))
            return at;
        if (at + piece.len == text.len)
            return NOWHERE;
        have = have * base + (unsigned char)dt_ascii_lower(text.ptr[at + piece.len]) -
               power * (unsigned char)dt_ascii_lower(text.ptr[at]);
    }
}

#ifdef __SSE2__
/* Which of the 16 bytes from `at` on are c or its upper case. */
static unsigned same16(const char *at, char c)
{
    bool letter = c >= 'a' && c <= 'z';
    __m128i block = _mm_loadu_si128((const __m128i_u *)(const void *)at);
    __m128i folded = _mm_or_si128(block, _mm_set1_epi8(letter ? 0x20 : 0));
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(folded, _mm_set1_epi8(c)));
}
#endif

/* The first place of a lower-case piece, not longer than the text and not empty. */
static size_t find_folded(struct dt_slice piece, struct dt_slice text)
{
    size_t last = piece.len - 1;
    size_t places = text.len - last;
    size_t at = 0;
#ifdef __SSE2__
    size_t budget = 4 * text.len; /* bytes looked at in full */
    for (; at + 16 <= places; at += 16) {
        unsigned both = same16(text.ptr + at, piece.ptr[0]);
        if (both)
            both &= same16(text.ptr + at + last, piece.ptr[last]);
        for (; both; both &= both - 1) {
            size_t here = at + (size_t)__builtin_ctz(both);
            if (equal(piece, text.ptr + here, true))
                return here;
            if (budget < piece.len)
                return here + 1 < places ? find_rolling(piece, text, here + 1) : NOWHERE;
            budget -= piece.len;
        }
    }
#endif
    return at < places ? find_rolling(piece, text, at) : NOWHERE;
}

static size_t find(struct dt_slice piece, struct dt_slice text, bool fold)
{
    if (piece.len == 0)
        return 0;
    if (piece.len > text.len || !text.ptr)
        return NOWHERE;
    if (fold)
        return find_folded(piece, text);
    const char *found = memmem(text.ptr, text.len, piece.ptr, piece.len);
    return found ? (size_t)(found - text.ptr) : NOWHERE;
}

bool dt_glob_contains(struct dt_slice piece, struct dt_slice text, bool fold)
{
    return find(piece, text, fold) != NOWHERE;
}

/* Cuts what stands before the next star off, and the star; all of it when there is none. */
static struct dt_slice next_piece(struct dt_slice *pattern)
{
    const char *star = pattern->len ? memchr(pattern->ptr, '*', pattern->len) : NULL;
    size_t len = star ? (size_t)(star - pattern->ptr) : pattern->len;
    struct dt_slice piece = dt_slice_of(pattern->ptr, len);
    *pattern = dt_slice_from(*pattern, len + 1);
    return piece;
}

bool dt_glob_match(struct dt_slice pattern, struct dt_slice text, bool fold)
{
    if (!text.ptr)
        text = DT_S("");
    const char *star = pattern.len ? memrchr(pattern.ptr, '*', pattern.len) : NULL;
    if (!star)
        return pattern.len == text.len && equal(pattern, text.ptr, fold);
    struct dt_slice tail = dt_slice_from(pattern, (size_t)(star - pattern.ptr) + 1);
    struct dt_slice rest = dt_slice_of(pattern.ptr, (size_t)(star - pattern.ptr) + 1);
    struct dt_slice head = next_piece(&rest);
    if (head.len + tail.len > text.len || !equal(head, text.ptr, fold) ||
        !equal(tail, dt_slice_from(text, text.len - tail.len).ptr, fold))
        return false;
    text.len -= tail.len;
    text = dt_slice_from(text, head.len);
    while (rest.len) {
        struct dt_slice piece = next_piece(&rest);
        size_t at = find(piece, text, fold);
        if (at == NOWHERE)
            return false;
        text = dt_slice_from(text, at + piece.len);
    }
    return true;
}
