/* SPDX-License-Identifier: MIT
 *
 * The hypertext note. People see it when a client does not follow: old tools, a body that may not
 * be sent again without asking (RFC 9110 section 15.4), curl without -L. So it is one small page,
 * valid HTML, the link escaped for both places that it stands in.
 */
#include "base/out.h"

#include <detour/note.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define NOTE_HEAD_MAX 256u /* of any status */
#define TEXT_MAX 128u      /* of any default sentence */
#define LINK_1 " <a href=\""
#define LINK_2 "\">"
#define LINK_3 "</a>"
#define TAIL "\n</html>\n"

/* The longest text that stands for one byte is "&quot;". */
#define ESCAPE_MAX 6u

static struct dt_slice escape_of(char c)
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
    default:
        return DT_SLICE_NONE;
    }
}

/* How many bytes from `at` on need no escape. This runs for each answer, so 16 bytes at a time. */
static size_t plain_run(struct dt_slice s, size_t at)
{
    size_t i = at;
#ifdef __SSE2__
    for (; i + 16 <= s.len; i += 16) {
        __m128i block = _mm_loadu_si128((const __m128i_u *)(const void *)(s.ptr + i));
        __m128i amp = _mm_cmpeq_epi8(block, _mm_set1_epi8('&'));
        __m128i quot = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
        __m128i less = _mm_cmpeq_epi8(block, _mm_set1_epi8('<'));
        __m128i more = _mm_cmpeq_epi8(block, _mm_set1_epi8('>'));
        unsigned found = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_or_si128(amp, quot), _mm_or_si128(less, more)));
        if (found)
            return i - at + (size_t)__builtin_ctz(found);
    }
#endif
    while (i < s.len && !escape_of(s.ptr[i]).len)
        i++;
    return i - at;
}

static void put_escaped(struct dt_out *out, struct dt_slice s)
{
    size_t at = 0;
    for (;;) {
        size_t plain = plain_run(s, at);
        dt_out_put(out, dt_slice_of(s.ptr + at, plain));
        at += plain;
        if (at >= s.len)
            return;
        dt_out_put(out, escape_of(s.ptr[at++]));
    }
}

static struct dt_slice default_text(const struct dt_status *status)
{
    switch (status->code) {
    case 301:
    case 308:
        return DT_S("This page has moved for good. It is now at");
    case 302:
    case 307:
        return DT_S("This page is elsewhere for a while. For now it is at");
    case 303:
        return DT_S("The answer is on another page:");
    case 404:
        return DT_S("There is nothing at this address.");
    case 410:
        return DT_S("This page is gone and will not come back.");
    case 451:
        return DT_S("This page may not be shown for legal reasons.");
    case 503:
        return DT_S("This page is not available just now. Please come back later.");
    default:
        return status->reason;
    }
}

size_t dt_note_max(struct dt_slice location, struct dt_slice text)
{
    size_t fixed = sizeof(LINK_1 LINK_2 LINK_3 TAIL) + NOTE_HEAD_MAX + TEXT_MAX;
    return fixed + ESCAPE_MAX * (2 * location.len + text.len);
}

enum dt_err dt_note_build(const struct dt_status *status, struct dt_slice location,
                          struct dt_slice text, char *mem, size_t cap, struct dt_slice *ret)
{
    struct dt_out out = dt_out_init(mem, cap);
    dt_out_put(&out, status->note_head);
    if (text.len)
        put_escaped(&out, text);
    else
        dt_out_put(&out, default_text(status));
    if (location.len) {
        dt_out_put(&out, DT_S(LINK_1));
        char *from = out.pos;
        put_escaped(&out, location);
        struct dt_slice escaped = dt_slice_of(from, (size_t)(out.pos - from));
        dt_out_put(&out, DT_S(LINK_2));
        dt_out_put(&out, escaped);
        dt_out_put(&out, DT_S(LINK_3));
    }
    dt_out_put(&out, DT_S(TAIL));
    if (out.overflow)
        return DT_ERR_SPACE;
    *ret = dt_out_slice(&out);
    return DT_OK;
}
