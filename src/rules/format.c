/* SPDX-License-Identifier: MIT
 *
 * Which format a file is in: its name says so, or its first line does.
 */
#include "rules/reader.h"

static const char *const format_names[] = {"auto", "native", "govuk-csv", "mdn-tsv", "netlify"};
#define FORMATS (sizeof format_names / sizeof *format_names)

const char *dt_format_name(enum dt_format format)
{
    return (size_t)format < FORMATS ? format_names[format] : NULL;
}

enum dt_err dt_format_parse(struct dt_slice name, enum dt_format *ret)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (dt_slice_eq(name, dt_slice_str(format_names[i]))) {
            *ret = (enum dt_format)i;
            return DT_OK;
        }
    }
    return DT_ERR_INVALID;
}

static bool ends(struct dt_slice s, struct dt_slice with)
{
    return s.len >= with.len && dt_slice_eq_nocase(dt_slice_from(s, s.len - with.len), with);
}

enum dt_format dt_format_recognise(struct dt_slice name, struct dt_slice text)
{
    const char *slash = name.len ? memrchr(name.ptr, '/', name.len) : NULL;
    struct dt_slice base = slash ? dt_slice_from(name, (size_t)(slash - name.ptr) + 1) : name;
    const char *newline = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
    struct dt_slice first =
        dt_slice_of(text.ptr, newline ? (size_t)(newline - text.ptr) : text.len);

    struct dt_slice old_url = DT_S("Old Url,");
    bool header = first.len >= old_url.len &&
                  dt_slice_eq_nocase(dt_slice_of(first.ptr, old_url.len), old_url);
    if (header || (ends(base, DT_S(".csv")) && memchr(first.ptr ? first.ptr : "", ',', first.len)))
        return DT_FORMAT_GOVUK;
    if (dt_slice_eq(base, DT_S("_redirects.txt")) ||
        (dt_slice_starts(first, DT_S("# FROM-URL")) && memchr(first.ptr, '\t', first.len)))
        return DT_FORMAT_MDN;
    if (dt_slice_eq(base, DT_S("_redirects")))
        return DT_FORMAT_NETLIFY;
    return DT_FORMAT_NATIVE;
}
