/* SPDX-License-Identifier: MIT
 *
 * Which format a file is in: its name says so, or its beginning does.
 */
#include "rules/dialects/dialect.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

const char *dt_format_name(enum dt_format format)
{
    const struct dt_dialect *dialect = dt_dialect(format);
    return dialect ? dialect->name : format == DT_FORMAT_AUTO ? "auto" : NULL;
}

const char *dt_format_title(enum dt_format format)
{
    const struct dt_dialect *dialect = dt_dialect(format);
    return dialect ? dialect->title : NULL;
}

bool dt_format_writes(enum dt_format format)
{
    const struct dt_dialect *dialect = dt_dialect(format);
    return dialect && dialect->write;
}

enum dt_err dt_format_parse(struct dt_slice name, enum dt_format *ret)
{
    for (unsigned i = 0; dt_format_name((enum dt_format)i); i++) {
        if (dt_slice_eq(name, dt_slice_str(dt_format_name((enum dt_format)i)))) {
            *ret = (enum dt_format)i;
            return DT_OK;
        }
    }
    return DT_ERR_INVALID;
}

bool dt_look_ends(struct dt_slice s, struct dt_slice with)
{
    return s.len >= with.len && dt_slice_eq_nocase(dt_slice_from(s, s.len - with.len), with);
}

char dt_look_first(struct dt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.ptr[i] || !strchr(" \t\r\n", text.ptr[i]))
            return text.ptr[i];
    return 0;
}

static struct dt_slice first_line(struct dt_slice text)
{
    const char *newline = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
    return dt_slice_of(text.ptr, newline ? (size_t)(newline - text.ptr) : text.len);
}

bool dt_look_word(struct dt_slice text, const char *const *words)
{
    while (text.len) {
        struct dt_slice line = dt_scan_trim(first_line(text));
        text = dt_slice_from(text, first_line(text).len + 1);
        size_t len = 0;
        if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == '\r')
            continue;
        while (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\t')
            len++;
        for (; *words; words++)
            if (len < line.len &&
                dt_slice_eq_nocase(dt_slice_of(line.ptr, len), dt_slice_str(*words)))
                return true;
        return false;
    }
    return false;
}

/* Formats that look at more than a name come before those whose beginning is nearly anything. */
enum dt_format dt_format_recognise(struct dt_slice name, struct dt_slice text)
{
    static const enum dt_format order[] = {
        DT_FORMAT_CLOUDFLARE_BULK,
        DT_FORMAT_VERCEL_BULK,
        DT_FORMAT_WORDPRESS_CSV,
        DT_FORMAT_GOVUK,
        DT_FORMAT_MDN,
        DT_FORMAT_NETLIFY,
        DT_FORMAT_OPENPUBLISHING,
        DT_FORMAT_WORDPRESS_JSON,
        DT_FORMAT_VERCEL,
        DT_FORMAT_FIREBASE,
        DT_FORMAT_APACHE,
        DT_FORMAT_HAPROXY,
        DT_FORMAT_CADDY,
        DT_FORMAT_NGINX,
    };
    const char *slash = name.len ? memrchr(name.ptr, '/', name.len) : NULL;
    if (text.len > DT_LOOK)
        text.len = DT_LOOK;
    const struct dt_look look = {
        .base = slash ? dt_slice_from(name, (size_t)(slash - name.ptr) + 1) : name,
        .first = first_line(text),
        .text = text,
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (dt_dialect(order[i])->is(&look))
            return order[i];
    return DT_FORMAT_NATIVE;
}
