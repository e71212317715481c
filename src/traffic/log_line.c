/* SPDX-License-Identifier: MIT
 *
 * Reading a line is a walk over the format: each part ends where the text that stands behind it
 * begins. Nothing is copied, and the walk ends with the last part that anybody wants; a log of a
 * hundred million lines is read at the speed of memchr.
 *
 * A line that was cut short behind its request still has one, so what is missing there is not an
 * error.
 */
#include "traffic/log_line.h"

/* X(name, text), in the order of enum dt_log_bad */
static const char *const BAD[DT_LOG_BAD_COUNT][2] = {
    {"log-good", "good"},
    {"log-form", "not a line of this format"},
    {"log-json", "not a JSON object"},
    {"log-none", "no request in it"},
    {"log-request", "no HTTP request in it"},
    {"log-target", "its target is neither a path nor an http URL"},
    {"log-host", "its host is not a valid one"},
    {"log-long", "it is too long"},
};

const char *dt_log_bad_name(enum dt_log_bad bad)
{
    return BAD[bad][0];
}

const char *dt_log_bad_text(enum dt_log_bad bad)
{
    return BAD[bad][1];
}

char *dt_log_scratch(struct dt_log_line *line, size_t len)
{
    if (len > sizeof line->scratch - line->used) {
        line->spilt = true;
        return NULL;
    }
    char *mem = line->scratch + line->used;
    line->used += len;
    return mem;
}

/* ---- Escapes ---- */

static int hex(char c)
{
    c = dt_ascii_lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What stands behind a backslash at `from`; *ret_len bytes were taken. */
static char unescaped(struct dt_slice text, size_t from, size_t *ret_len)
{
    char c = text.ptr[from];
    *ret_len = 1;
    if (c == 'x' && from + 2 < text.len) {
        int high = hex(text.ptr[from + 1]), low = hex(text.ptr[from + 2]);
        if (high >= 0 && low >= 0) {
            *ret_len = 3;
            return (char)(high * 16 + low);
        }
    }
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == 'v' ? '\v' : c;
}

struct dt_slice dt_log_unescape(struct dt_log_line *line, struct dt_slice text)
{
    if (!text.ptr || !text.len || !memchr(text.ptr, '\\', text.len))
        return text;
    char *mem = dt_log_scratch(line, text.len);
    if (!mem)
        return DT_SLICE_NONE;
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        size_t taken = 0;
        char c = text.ptr[i++];
        if (c == '\\' && i < text.len) {
            c = unescaped(text, i, &taken);
            i += taken;
        }
        mem[len++] = c;
    }
    return dt_slice_of(mem, len);
}

/* ---- The request line (RFC 9112 section 3) ---- */

bool dt_log_is_method(struct dt_slice text)
{
    if (text.len == 0 || text.len > 32)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        char low = dt_ascii_lower(c);
        bool letter = low >= 'a' && low <= 'z';
        if (!letter && (i == 0 || !(c == '-' || c == '_' || (c >= '0' && c <= '9'))))
            return false;
    }
    return true;
}

/* Where the version begins, with its blank; text.len when there is none: HTTP/0.9. */
static size_t version_at(struct dt_slice text)
{
    static const struct dt_slice VERSION = {" HTTP/", 6};
    size_t from = text.len > 9 ? text.len - 9 : 0;
    for (size_t i = from; i + VERSION.len <= text.len; i++)
        if (memcmp(text.ptr + i, VERSION.ptr, VERSION.len) == 0)
            return i;
    return text.len;
}

bool dt_log_request_line(struct dt_slice text, struct dt_log_line *ret)
{
    const char *blank = text.len ? memchr(text.ptr, ' ', text.len) : NULL;
    if (!blank)
        return false;
    struct dt_slice method = dt_slice_of(text.ptr, (size_t)(blank - text.ptr));
    size_t from = method.len + 1, to = version_at(text);
    if (!dt_log_is_method(method) || to <= from)
        return false;
    ret->parts[DT_LOG_METHOD] = method;
    ret->parts[DT_LOG_TARGET] = dt_log_unescape(ret, dt_slice_of(text.ptr + from, to - from));
    return true;
}

/* ---- Walking ---- */

static bool is_escaped(const char *from, const char *at)
{
    size_t slashes = 0;
    while (at > from && *--at == '\\')
        slashes++;
    return slashes % 2 != 0;
}

/* Where the part that begins at `from` ends; NULL: nothing of what should stand behind it does. */
static const char *end_of(const struct dt_log_item *item, const char *from, const char *end)
{
    struct dt_slice behind = item->behind;
    if (behind.len == 0)
        return end;
    for (const char *at = from; (at = memchr(at, behind.ptr[0], (size_t)(end - at))); at++) {
        if ((size_t)(end - at) < behind.len)
            break;
        if (behind.len > 1 && memcmp(at, behind.ptr, behind.len) != 0)
            continue;
        if (!item->quoted || !is_escaped(from, at))
            return at;
    }
    return NULL;
}

static void take(const struct dt_log_item *item, struct dt_slice value, struct dt_log_line *ret)
{
    if (value.len == 1 && value.ptr[0] == '-')
        return; /* both servers write "-" for what is not there */
    if (item->part == DT_LOG_FIELD) {
        if (value.len && ret->nfields < DT_LOG_FIELDS)
            ret->fields[ret->nfields++] =
                (struct dt_field){item->name, dt_log_unescape(ret, value)};
    } else if (item->part != DT_LOG_SKIP && !ret->parts[item->part].len) {
        ret->parts[item->part] = value;
    }
}

/* Is there a request in what was taken? */
static enum dt_log_bad settle(struct dt_log_line *ret)
{
    struct dt_slice *parts = ret->parts;
    if (parts[DT_LOG_REQUEST].len)
        return dt_log_request_line(parts[DT_LOG_REQUEST], ret)
                   ? ret->spilt ? DT_LOG_BAD_LONG : DT_LOG_GOOD
                   : DT_LOG_BAD_REQUEST;
    if (!parts[DT_LOG_TARGET].len)
        parts[DT_LOG_TARGET] = parts[DT_LOG_PATH];
    if (!parts[DT_LOG_TARGET].len)
        return ret->whole ? DT_LOG_BAD_REQUEST : DT_LOG_BAD_FORM;
    if (memchr(parts[DT_LOG_TARGET].ptr, '\\', parts[DT_LOG_TARGET].len))
        parts[DT_LOG_TARGET] = dt_log_unescape(ret, parts[DT_LOG_TARGET]);
    if (parts[DT_LOG_METHOD].len && !dt_log_is_method(parts[DT_LOG_METHOD]))
        return DT_LOG_BAD_REQUEST;
    return ret->spilt ? DT_LOG_BAD_LONG : DT_LOG_GOOD;
}

enum dt_log_bad dt_log_line_read(const struct dt_log_format *format, struct dt_slice text,
                                 struct dt_log_line *ret)
{
    memset(ret->parts, 0, sizeof ret->parts);
    ret->nfields = 0;
    ret->used = 0;
    ret->spilt = false;
    ret->whole = true;
    if (format->json)
        return dt_log_json_read(text, format->wants, ret);
    if (!text.ptr || !text.len || !dt_slice_starts(text, format->lead))
        return DT_LOG_BAD_FORM;
    const char *at = text.ptr + format->lead.len;
    const char *end = text.ptr + text.len;
    for (size_t i = 0; i < format->enough && ret->whole; i++) {
        const struct dt_log_item *item = &format->items[i];
        const char *stop = end_of(item, at, end);
        ret->whole = stop != NULL;
        take(item, dt_slice_of(at, (size_t)((stop ? stop : end) - at)), ret);
        if (stop)
            at = stop + item->behind.len;
    }
    /* What a cut line ends with is no whole request. */
    if (!ret->whole && ret->parts[DT_LOG_REQUEST].len &&
        version_at(ret->parts[DT_LOG_REQUEST]) == ret->parts[DT_LOG_REQUEST].len)
        return DT_LOG_BAD_FORM;
    return settle(ret);
}
