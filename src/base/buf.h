/* SPDX-License-Identifier: MIT
 *
 * A growable buffer with a mandatory cap. Overflow and a failed allocation are sticky, as in
 * dt_out: the caller asks once, at the end. For diagnostics, JSON, reports: not for requests.
 */
#ifndef DT_BASE_BUF_H
#define DT_BASE_BUF_H

#include <detour/err.h>
#include <detour/slice.h>
#include <stdarg.h>

struct dt_buf {
    char *ptr;
    size_t len;
    size_t size;
    size_t cap; /* never grows past this many bytes */
    enum dt_err err;
};

/* Allocates nothing yet. cap must be greater than 0. */
void dt_buf_init(struct dt_buf *buf, size_t cap);

/* Frees the bytes; the buffer is as after dt_buf_init with the same cap. */
void dt_buf_release(struct dt_buf *buf);

/* Empties the buffer and its error, keeps its memory. */
void dt_buf_clear(struct dt_buf *buf);

void dt_buf_put(struct dt_buf *buf, struct dt_slice s);
void dt_buf_str(struct dt_buf *buf, const char *str);
void dt_buf_char(struct dt_buf *buf, char c);
void dt_buf_printf(struct dt_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void dt_buf_vprintf(struct dt_buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* DT_ERR_LIMIT past the cap, DT_ERR_NOMEM without memory, else DT_OK. */
static inline enum dt_err dt_buf_err(const struct dt_buf *buf)
{
    return buf->err;
}

static inline struct dt_slice dt_buf_slice(const struct dt_buf *buf)
{
    return dt_slice_of(buf->ptr, buf->len);
}

#endif
