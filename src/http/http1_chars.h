/* SPDX-License-Identifier: MIT
 *
 * The character classes of RFC 9110 that head and body share.
 */
#ifndef DT_HTTP_HTTP1_CHARS_H
#define DT_HTTP_HTTP1_CHARS_H

#include <stdbool.h>
#include <stdint.h>

/* tchar (section 5.6.2) */
static inline bool dt_http1_is_token(char c)
{
    static const uint32_t TOKEN[4] = {0, 0x03FF6CFA, 0xC7FFFFFE, 0x57FFFFFF};
    return (uint8_t)c < 128 && (TOKEN[(uint8_t)c >> 5] >> (c & 31) & 1);
}

/* HTAB, space, VCHAR or obs-text (section 5.5) */
static inline bool dt_http1_is_text(char c)
{
    return ((uint8_t)c >= 0x20 && c != 0x7F) || c == '\t';
}

/* OWS (section 5.6.3) */
static inline bool dt_http1_is_space(char c)
{
    return c == ' ' || c == '\t';
}

#endif
