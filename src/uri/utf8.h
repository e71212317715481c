/* SPDX-License-Identifier: MIT
 *
 * UTF-8 as the Encoding standard decodes it (https://encoding.spec.whatwg.org/#utf-8-decoder):
 * shortest forms only, no surrogates, nothing past U+10FFFF; an ill-formed sequence is replaced
 * by one U+FFFD for its longest well-formed beginning.
 */
#ifndef DT_URI_UTF8_H
#define DT_URI_UTF8_H

#include "base/out.h"

/* The code point at *at, which moves past it; U+FFFD and *ret_bad true for an ill-formed one.
 * *at must be less than s.len. */
uint32_t dt_utf8_next(struct dt_slice s, size_t *at, bool *ret_bad);

/* Appends cp, which must be a Unicode scalar value. */
void dt_utf8_put(struct dt_out *out, uint32_t cp);

bool dt_is_ascii(struct dt_slice s);

#endif
