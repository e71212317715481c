/* SPDX-License-Identifier: MIT
 *
 * The one normal form of paths and queries (RFC 3986 section 6.2.2), which compiler, matcher,
 * checker and explain all compare in.
 *
 * Three looks, each dearer and rarer than the one before: dt_scan_*_plain finds in a few
 * nanoseconds that nothing is to be done; first_change then judges escapes and dots one by one and
 * may still find the input normal; only what is left is rewritten, from the first change on.
 */
#include "uri/norm_scan.h"
#include "uri/percent.h"
#include <detour/uri.h>

/* RFC 3986 sections 6.2.2.1 and 6.2.2.2: digits in upper case, and only what must be escaped. */
static bool escape_is_normal(struct dt_slice s, size_t i)
{
    return dt_percent_at(s, i) && !(s.ptr[i + 1] >= 'a') && !(s.ptr[i + 2] >= 'a') &&
           !dt_char_is(dt_percent_value(s, i), DT_CHAR_UNRESERVED);
}

/* "." or ".." up to a "/" or the end, at i. */
static bool dot_segment_at(struct dt_slice s, size_t i)
{
    size_t dots = 0;
    while (dots < 2 && i + dots < s.len && s.ptr[i + dots] == '.')
        dots++;
    return dots > 0 && (i + dots == s.len || s.ptr[i + dots] == '/');
}

/* Where the normal form first differs from s; s.len when it does not. */
static size_t first_change(struct dt_slice s, enum dt_char_set escaped, bool segments)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!(dt_char_class[(unsigned char)c] & ((unsigned)escaped | DT_CHAR_LOOK)))
            continue;
        if (c == '%') {
            if (!escape_is_normal(s, i))
                return i;
            i += 2;
        } else if (dt_char_is(c, escaped)) {
            return i;
        } else if (segments && c == '/' && dot_segment_at(s, i + 1)) {
            return i + 1;
        }
    }
    return s.len;
}

/* Writes the normal form of the byte or escape at i; returns where the next one begins. */
static size_t put_normal(struct dt_out *out, struct dt_slice s, size_t i, enum dt_char_set escaped)
{
    char c = s.ptr[i];
    if (c == '%' && dt_percent_at(s, i)) {
        char value = dt_percent_value(s, i);
        if (dt_char_is(value, DT_CHAR_UNRESERVED))
            dt_out_char(out, value);
        else
            dt_percent_byte(out, value);
        return i + 3;
    }
    if (c == '%' || dt_char_is(c, escaped))
        dt_percent_byte(out, c);
    else
        dt_out_char(out, c);
    return i + 1;
}

/* RFC 3986 section 5.2.4: when the segment that began at seg is "." or "..", takes it back, and
 * with ".." the one before it too; the output then ends with "/". True when it did. */
static bool take_back_dots(struct dt_out *out, char *seg)
{
    struct dt_slice s = dt_slice_of(seg, (size_t)(out->pos - seg));
    if (!dt_slice_eq(s, DT_S(".")) && !dt_slice_eq(s, DT_S("..")))
        return false;
    if (s.len == 2 && seg - out->start > 1) {
        seg--; /* the "/" before this segment; back to the one before it */
        while (seg[-1] != '/')
            seg--;
    }
    out->pos = seg;
    return true;
}

static void rewrite_path(struct dt_out *out, struct dt_slice raw, size_t from)
{
    while (raw.ptr[from - 1] != '/') /* raw begins with one */
        from--;
    dt_out_put(out, dt_slice_of(raw.ptr, from));
    char *seg = out->pos;
    for (size_t i = from; i < raw.len;) {
        if (raw.ptr[i] != '/') {
            i = put_normal(out, raw, i, DT_PCT_NORM_PATH);
            continue;
        }
        if (!take_back_dots(out, seg))
            dt_out_char(out, '/');
        seg = out->pos;
        i++;
    }
    (void)take_back_dots(out, seg);
}

/* What the contract asks of buf once there is something to write. */
static bool has_room(struct dt_slice raw, size_t cap)
{
    return cap > 0 && raw.len <= (cap - 1) / 3;
}

enum dt_err dt_norm_path(struct dt_slice raw, char *buf, size_t cap, struct dt_slice *ret)
{
    if (raw.len > 0 && raw.ptr[0] != '/')
        return DT_ERR_URL;
    if (raw.len > 0 && dt_scan_path_plain(raw)) {
        *ret = raw;
        return DT_OK;
    }
    size_t change = first_change(raw, DT_PCT_NORM_PATH, true);
    if (raw.len > 0 && change == raw.len) {
        *ret = raw;
        return DT_OK;
    }
    if (!has_room(raw, cap))
        return DT_ERR_SPACE;
    struct dt_out out = dt_out_init(buf, cap);
    if (raw.len == 0)
        dt_out_char(&out, '/');
    else
        rewrite_path(&out, raw, change);
    *ret = dt_out_slice(&out);
    return DT_OK;
}

enum dt_err dt_norm_query(struct dt_slice raw, char *buf, size_t cap, struct dt_slice *ret)
{
    if (dt_scan_query_plain(raw)) {
        *ret = raw;
        return DT_OK;
    }
    size_t change = first_change(raw, DT_PCT_NORM_QUERY, false);
    if (change == raw.len) {
        *ret = raw;
        return DT_OK;
    }
    if (!has_room(raw, cap))
        return DT_ERR_SPACE;
    struct dt_out out = dt_out_init(buf, cap);
    dt_out_put(&out, dt_slice_of(raw.ptr, change));
    for (size_t i = change; i < raw.len;)
        i = put_normal(&out, raw, i, DT_PCT_NORM_QUERY);
    *ret = dt_out_slice(&out);
    return DT_OK;
}
