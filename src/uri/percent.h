/* SPDX-License-Identifier: MIT
 *
 * Percent-encoding and decoding of byte strings (RFC 3986 section 2.1,
 * https://url.spec.whatwg.org/#percent-encoded-bytes).
 */
#ifndef DT_URI_PERCENT_H
#define DT_URI_PERCENT_H

#include "base/out.h"
#include "uri/char_class.h"

/* "%" and two upper-case hex digits. */
void dt_percent_byte(struct dt_out *out, char c);

/* Writes s, the bytes in set as escapes. "%" itself is in no set: what is escaped stays so. */
void dt_percent_encode(struct dt_out *out, struct dt_slice s, enum dt_char_set set);

/* True when s has "%" and two hex digits at i. */
static inline bool dt_percent_at(struct dt_slice s, size_t i)
{
    return s.len - i > 2 && s.ptr[i] == '%' && dt_char_is(s.ptr[i + 1], DT_CHAR_HEX) &&
           dt_char_is(s.ptr[i + 2], DT_CHAR_HEX);
}

/* The byte that the escape at i stands for; dt_percent_at(s, i) must hold. */
static inline char dt_percent_value(struct dt_slice s, size_t i)
{
    return (char)(dt_hex_value(s.ptr[i + 1]) << 4 | dt_hex_value(s.ptr[i + 2]));
}

/* Decodes every escape; a "%" that begins none stays. */
void dt_percent_decode(struct dt_out *out, struct dt_slice s);

#endif
