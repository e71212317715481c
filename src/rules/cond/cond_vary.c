/* SPDX-License-Identifier: MIT
 *
 * Vary (RFC 9110 section 12.5.5): the names of the fields that an answer depended on, or "*" when
 * it depended on what no field tells.
 */
#include "rules/cond/cond_block.h"

#include "base/out.h"
#include "rules/snapshot/record.h"

static int compare(struct dt_slice a, struct dt_slice b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int c = dt_ascii_lower(a.ptr[i]) - dt_ascii_lower(b.ptr[i]);
        if (c)
            return c;
    }
    return (a.len > b.len) - (a.len < b.len);
}

static void put(struct dt_out *out, struct dt_slice name)
{
    if (dt_out_len(out))
        dt_out_put(out, DT_S(", "));
    dt_out_put(out, name);
}

/* The fields of the mask, and one more (or none) at its place among them. */
static bool list(const struct dt_snapshot *snapshot, uint32_t vary, struct dt_slice more,
                 struct dt_out *out)
{
    struct dt_slice body;
    if (!dt_block_at(snapshot, DT_SECTION_CONDITIONS, 0, &body))
        return false;
    struct dt_cursor names = {(const unsigned char *)body.ptr,
                              (const unsigned char *)body.ptr + body.len, false};
    uint64_t count = dt_cursor_varint(&names);
    for (unsigned i = 0; i < count && i < DT_COND_FIELDS; i++) {
        struct dt_slice name = dt_cursor_bytes(&names, dt_cursor_varint(&names));
        if (!(vary & UINT32_C(1) << i))
            continue;
        int order = more.len ? compare(more, name) : 1;
        if (order < 0)
            put(out, more);
        if (order <= 0)
            more = DT_SLICE_NONE;
        put(out, name);
        vary &= ~(UINT32_C(1) << i);
    }
    if (more.len)
        put(out, more);
    return !names.bad && !vary;
}

bool dt_cond_vary(const struct dt_snapshot *snapshot, uint32_t vary, struct dt_slice country_field,
                  char *mem, size_t cap, struct dt_slice *ret)
{
    struct dt_out out = dt_out_init(mem, cap);
    bool country = vary & DT_VARY_COUNTRY;
    bool any = (vary & DT_VARY_ANY) || (country && !country_field.len);
    if (!any &&
        !list(snapshot, vary & ~DT_VARY_COUNTRY, country ? country_field : DT_SLICE_NONE, &out))
        return false;
    if (any || out.overflow) {
        out = dt_out_init(mem, cap);
        dt_out_char(&out, '*');
    }
    if (out.overflow)
        return false;
    *ret = dt_out_slice(&out);
    return true;
}
