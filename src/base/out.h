/* SPDX-License-Identifier: MIT
 *
 * A writer into fixed memory. Overflow is sticky: nothing is written past the end, every later
 * write is dropped, and the caller asks once, before the bytes are used, whether all of it fitted.
 */
#ifndef DT_BASE_OUT_H
#define DT_BASE_OUT_H

#include <detour/slice.h>
#include <stdint.h>

struct dt_out {
    char *start;
    char *pos;
    char *end;
    bool overflow;
};

static inline struct dt_out dt_out_init(char *mem, size_t cap)
{
    return (struct dt_out){mem, mem, mem + cap, false};
}

static inline size_t dt_out_len(const struct dt_out *out)
{
    return (size_t)(out->pos - out->start);
}

static inline size_t dt_out_room(const struct dt_out *out)
{
    return (size_t)(out->end - out->pos);
}

static inline struct dt_slice dt_out_slice(const struct dt_out *out)
{
    return dt_slice_of(out->start, dt_out_len(out));
}

static inline void dt_out_put(struct dt_out *out, struct dt_slice s)
{
    if (s.len > dt_out_room(out)) {
        out->overflow = true;
        out->end = out->pos; /* sticky: nothing fits any more */
        return;
    }
    if (s.len)
        memcpy(out->pos, s.ptr, s.len);
    out->pos += s.len;
}

static inline void dt_out_char(struct dt_out *out, char c)
{
    if (out->pos == out->end) {
        out->overflow = true;
        return;
    }
    *out->pos++ = c;
}

/* Decimal, no leading zeros. */
static inline void dt_out_uint(struct dt_out *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    dt_out_put(out, dt_slice_of(digits + at, sizeof digits - at));
}

#endif
