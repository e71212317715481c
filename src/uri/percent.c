/* SPDX-License-Identifier: MIT
 * Percent-encoding; see percent.h. */
#include "uri/percent.h"

static const char HEX[] = "0123456789ABCDEF";

void dt_percent_byte(struct dt_out *out, char c)
{
    unsigned u = (unsigned char)c;
    char escape[3] = {'%', HEX[u >> 4], HEX[u & 15]};
    dt_out_put(out, dt_slice_of(escape, sizeof escape));
}

void dt_percent_encode(struct dt_out *out, struct dt_slice s, enum dt_char_set set)
{
    size_t run = 0; /* where the bytes that need no escape began */
    for (size_t i = 0; i < s.len; i++) {
        if (!dt_char_is(s.ptr[i], set))
            continue;
        dt_out_put(out, dt_slice_of(s.ptr + run, i - run));
        dt_percent_byte(out, s.ptr[i]);
        run = i + 1;
    }
    dt_out_put(out, dt_slice_from(s, run));
}

void dt_percent_decode(struct dt_out *out, struct dt_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '%' && dt_percent_at(s, i)) {
            dt_out_char(out, dt_percent_value(s, i));
            i += 2;
        } else {
            dt_out_char(out, s.ptr[i]);
        }
    }
}
