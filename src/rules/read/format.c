/* SPDX-License-Identifier: MIT
 *
 * Which format a file is in: its name says so, or its beginning does.
 */
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

static const char *const format_names[] = {"auto",    "native",   "govuk-csv", "mdn-tsv",
                                           "netlify", "firebase", "apache"};
#define FORMATS (sizeof format_names / sizeof *format_names)

#define LOOK (64u << 10) /* how far a file is looked at */

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

static struct dt_slice first_line(struct dt_slice text)
{
    const char *newline = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
    return dt_slice_of(text.ptr, newline ? (size_t)(newline - text.ptr) : text.len);
}

/* An object that has "hosting" near its beginning: no rule of another format starts with "{". */
static bool is_firebase(struct dt_slice text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] && strchr(" \t\r\n", text.ptr[at]))
        at++;
    if (at == text.len || text.ptr[at] != '{')
        return false;
    return memmem(text.ptr, text.len < LOOK ? text.len : LOOK, "\"hosting\"", 9) != NULL;
}

/* The first line that is not a comment begins with a word that only Apache has. */
static bool is_apache(struct dt_slice text)
{
    static const char *const words[] = {"Redirect",     "RedirectMatch", "RedirectPermanent",
                                        "RedirectTemp", "RewriteEngine", "<IfModule",
                                        "<VirtualHost"};
    if (text.len > LOOK)
        text.len = LOOK;
    while (text.len) {
        struct dt_slice line = dt_scan_trim(first_line(text));
        text = dt_slice_from(text, first_line(text).len + 1);
        size_t len = 0;
        if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == '\r')
            continue;
        while (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\t')
            len++;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (len < line.len &&
                dt_slice_eq_nocase(dt_slice_of(line.ptr, len), dt_slice_str(words[i])))
                return true;
        return false;
    }
    return false;
}

enum dt_format dt_format_recognise(struct dt_slice name, struct dt_slice text)
{
    const char *slash = name.len ? memrchr(name.ptr, '/', name.len) : NULL;
    struct dt_slice base = slash ? dt_slice_from(name, (size_t)(slash - name.ptr) + 1) : name;
    struct dt_slice first = first_line(text);

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
    if (dt_slice_eq(base, DT_S("firebase.json")) || is_firebase(text))
        return DT_FORMAT_FIREBASE;
    if (dt_slice_eq(base, DT_S("htaccess")) || ends(base, DT_S(".htaccess")) || is_apache(text))
        return DT_FORMAT_APACHE;
    return DT_FORMAT_NATIVE;
}
