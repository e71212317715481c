/* SPDX-License-Identifier: MIT
 *
 * A string is a pointer and a length, passed by value: bytes that somebody else owns, never
 * NUL-terminated by contract. Functions that keep a slice say for how long its bytes must live.
 */
#ifndef DETOUR_SLICE_H
#define DETOUR_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dt_slice {
    const char *ptr; /* may be NULL only when len is 0 */
    size_t len;      /* bytes */
};

/* A slice of a string literal, without its NUL; and the slice of nothing. C++ has no compound
 * literals. */
#ifdef __cplusplus
#define DT_S(literal) (dt_slice{("" literal), sizeof(literal) - 1})
#define DT_SLICE_NONE (dt_slice{NULL, 0})
#else
#define DT_S(literal) ((struct dt_slice){("" literal), sizeof(literal) - 1})
#define DT_SLICE_NONE ((struct dt_slice){NULL, 0})
#endif

/* For printf("%.*s", DT_SLICE_FMT(s)). */
#define DT_SLICE_FMT(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

static inline struct dt_slice dt_slice_of(const char *ptr, size_t len)
{
    struct dt_slice s = {ptr, len};
    return s;
}

static inline struct dt_slice dt_slice_str(const char *str)
{
    return dt_slice_of(str, str ? strlen(str) : 0);
}

static inline bool dt_slice_eq(struct dt_slice a, struct dt_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The part from `from` on; empty when `from` is past the end. */
static inline struct dt_slice dt_slice_from(struct dt_slice s, size_t from)
{
    if (from >= s.len)
        return dt_slice_of(s.ptr ? s.ptr + s.len : NULL, 0);
    return dt_slice_of(s.ptr + from, s.len - from);
}

static inline bool dt_slice_starts(struct dt_slice s, struct dt_slice with)
{
    return s.len >= with.len && (with.len == 0 || memcmp(s.ptr, with.ptr, with.len) == 0);
}

/* ASCII only: 'A' to 'Z' become 'a' to 'z', all else stays. */
static inline char dt_ascii_lower(char c)
{
    return (char)((c >= 'A' && c <= 'Z') ? c | 0x20 : c);
}

static inline bool dt_slice_eq_nocase(struct dt_slice a, struct dt_slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (dt_ascii_lower(a.ptr[i]) != dt_ascii_lower(b.ptr[i]))
            return false;
    return true;
}

/* Three-way, bytewise, shorter first. */
static inline int dt_slice_cmp(struct dt_slice a, struct dt_slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

#ifdef __cplusplus
}
#endif
#endif
