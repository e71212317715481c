/* SPDX-License-Identifier: MIT
 * Growable buffer with a cap; see buf.h. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_SIZE 256u

void dt_buf_init(struct dt_buf *buf, size_t cap)
{
    *buf = (struct dt_buf){.cap = cap};
}

void dt_buf_release(struct dt_buf *buf)
{
    free(buf->ptr);
    dt_buf_init(buf, buf->cap);
}

void dt_buf_clear(struct dt_buf *buf)
{
    buf->len = 0;
    buf->err = DT_OK;
}

/* Room for more bytes behind len, or the sticky error. */
static bool reserve(struct dt_buf *buf, size_t more)
{
    if (buf->err)
        return false;
    if (more > buf->cap - buf->len) {
        buf->err = DT_ERR_LIMIT;
        return false;
    }
    if (buf->len + more <= buf->size)
        return true;
    size_t size = buf->size ? buf->size : buf->cap < FIRST_SIZE ? buf->cap : FIRST_SIZE;
    while (size < buf->len + more)
        size = size > buf->cap / 2 ? buf->cap : size * 2;
    char *ptr = realloc(buf->ptr, size);
    if (!ptr) {
        buf->err = DT_ERR_NOMEM;
        return false;
    }
    buf->ptr = ptr;
    buf->size = size;
    return true;
}

void dt_buf_put(struct dt_buf *buf, struct dt_slice s)
{
    if (s.len == 0 || !reserve(buf, s.len))
        return;
    memcpy(buf->ptr + buf->len, s.ptr, s.len);
    buf->len += s.len;
}

void dt_buf_str(struct dt_buf *buf, const char *str)
{
    dt_buf_put(buf, dt_slice_str(str));
}

void dt_buf_char(struct dt_buf *buf, char c)
{
    dt_buf_put(buf, dt_slice_of(&c, 1));
}

void dt_buf_vprintf(struct dt_buf *buf, const char *format, va_list args)
{
    if (buf->err)
        return;
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (need < 0) {
        buf->err = DT_ERR_INVALID;
        return;
    }
    size_t len = (size_t)need;
    if (buf->cap - buf->len <= len) { /* the NUL needs a byte too */
        buf->err = DT_ERR_LIMIT;
        return;
    }
    if (!reserve(buf, len + 1))
        return;
    (void)vsnprintf(buf->ptr + buf->len, len + 1, format, args);
    buf->len += len;
}

void dt_buf_printf(struct dt_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    dt_buf_vprintf(buf, format, args);
    va_end(args);
}
