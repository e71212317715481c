/* SPDX-License-Identifier: MIT
 *
 * Text in HTML, where it stands as text or in an attribute value in quotes. Inlined, since a note
 * is written with almost every answer.
 */
#ifndef DT_SEMANTICS_HTML_H
#define DT_SEMANTICS_HTML_H

#include "base/out.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The longest text that stands for one byte is "&quot;". */
#define DT_HTML_ESCAPE_MAX 6u

/* What an attribute value stands in, if it does: with DT_HTML_ANY_QUOTE, apostrophes are escaped
 * too. */
enum dt_html_quote { DT_HTML_DOUBLE_QUOTE, DT_HTML_ANY_QUOTE };

static inline struct dt_slice dt_html_escape_of(char c, enum dt_html_quote quote)
{
    switch (c) {
    case '&':
        return DT_S("&amp;");
    case '<':
        return DT_S("&lt;");
    case '>':
        return DT_S("&gt;");
    case '"':
        return DT_S("&quot;");
    case '\'':
        return quote == DT_HTML_ANY_QUOTE ? DT_S("&#39;") : DT_SLICE_NONE;
    default:
        return DT_SLICE_NONE;
    }
}

/* How many bytes from `at` on need no escape: 16 at a time. */
static inline size_t dt_html_plain_run(struct dt_slice s, size_t at, enum dt_html_quote quote)
{
    size_t i = at;
#ifdef __SSE2__
    for (; i + 16 <= s.len; i += 16) {
        __m128i block = _mm_loadu_si128((const __m128i_u *)(const void *)(s.ptr + i));
        __m128i amp = _mm_cmpeq_epi8(block, _mm_set1_epi8('&'));
        __m128i quot = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
        __m128i less = _mm_cmpeq_epi8(block, _mm_set1_epi8('<'));
        __m128i more = _mm_cmpeq_epi8(block, _mm_set1_epi8('>'));
        if (quote == DT_HTML_ANY_QUOTE)
            quot = _mm_or_si128(quot, _mm_cmpeq_epi8(block, _mm_set1_epi8('\'')));
        unsigned found = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_or_si128(amp, quot), _mm_or_si128(less, more)));
        if (found)
            return i - at + (size_t)__builtin_ctz(found);
    }
#endif
    while (i < s.len && !dt_html_escape_of(s.ptr[i], quote).len)
        i++;
    return i - at;
}

static inline void dt_html_put(struct dt_out *out, struct dt_slice s, enum dt_html_quote quote)
{
    size_t at = 0;
    for (;;) {
        size_t plain = dt_html_plain_run(s, at, quote);
        dt_out_put(out, dt_slice_of(s.ptr + at, plain));
        at += plain;
        if (at >= s.len)
            return;
        dt_out_put(out, dt_html_escape_of(s.ptr[at++], quote));
    }
}

#endif
