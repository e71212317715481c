/* SPDX-License-Identifier: MIT
 *
 * The usual mistakes in a target: a forgotten colon makes an absolute URL a relative one that
 * browsers resolve below the page's own folder (RFC 3986 section 4.2), and nobody notices until the
 * 404.
 */
#include "rules/read/target_refuse.h"

#include "rules/read/diag.h"
#include "rules/read/native_scan.h"
#include "rules/read/reader.h"

/* Schemes that run code in, or read from, the place of whoever follows them. */
static const char *const dangerous[] = {"javascript", "data", "vbscript", "file", "blob"};

/* Last labels that are rather a file's ending than a host's. */
static const char *const endings[] = {"html", "htm", "php", "asp",  "aspx", "jsp", "pdf",
                                      "xml",  "txt", "js",  "json", "css",  "cgi", "xhtml"};

static bool listed(struct dt_slice word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (dt_slice_eq_nocase(word, dt_slice_str(names[i])))
            return true;
    return false;
}

static size_t scheme_length(struct dt_slice word)
{
    if (word.len == 0 || !dt_is_alpha(word.ptr[0]))
        return 0;
    size_t len = 1;
    while (len < word.len && (dt_is_alpha(word.ptr[len]) || dt_is_digit(word.ptr[len]) ||
                              strchr("+-.", word.ptr[len])))
        len++;
    return len < word.len && word.ptr[len] == ':' ? len : 0;
}

bool dt_target_has_scheme(struct dt_slice word)
{
    return scheme_length(word) > 0;
}

/* "http" or "https" for what is likely to mean one of them; NULL for all else. */
static const char *likely_scheme(struct dt_slice name)
{
    size_t http = dt_diag_distance(name, DT_S("http"));
    size_t https = dt_diag_distance(name, DT_S("https"));
    size_t least = http <= https ? http : https;
    bool h = name.len && (name.ptr[0] | 0x20) == 'h';
    if (least > 2 || (least == 2 && !h) || name.len < 3)
        return NULL;
    return http <= https ? "http" : "https";
}

static struct dt_slice without_slashes(struct dt_slice s)
{
    while (s.len && s.ptr[0] == '/')
        s = dt_slice_from(s, 1);
    return s;
}

/* The first segment looks like the name of a host. */
static bool looks_like_host(struct dt_slice word)
{
    size_t len = dt_scan_authority(word);
    struct dt_slice first = dt_slice_of(word.ptr, len);
    const char *dot = memrchr(first.ptr, '.', first.len);
    if (!dot || dot == first.ptr || memchr(first.ptr, '@', first.len) ||
        dot + 1 == first.ptr + first.len)
        return false;
    struct dt_slice last = dt_slice_from(first, (size_t)(dot - first.ptr) + 1);
    const char *colon = memchr(last.ptr, ':', last.len);
    if (colon)
        last.len = (size_t)(colon - last.ptr);
    return dt_is_alpha(first.ptr[0]) && last.len >= 2 &&
           !listed(last, endings, sizeof endings / sizeof *endings);
}

static bool relative(struct dt_reader *reader, struct dt_slice word, const char *before,
                     struct dt_slice after)
{
    return DT_REFUSE(reader, word, "target-relative", "a relative reference, did you mean %s%.*s",
                     before, DT_SLICE_FMT(after));
}

bool dt_refuse_scheme(struct dt_reader *reader, struct dt_slice word)
{
    size_t len = scheme_length(word);
    struct dt_slice name = dt_slice_of(word.ptr, len);
    struct dt_slice rest = dt_slice_from(word, len + 1);
    if (listed(name, dangerous, sizeof dangerous / sizeof *dangerous))
        return DT_REFUSE(reader, word, "target-scheme",
                         "a %.*s: target is not safe to follow: a target is http://, "
                         "https:// or a path",
                         DT_SLICE_FMT(name));
    bool port = rest.len && dt_is_digit(rest.ptr[0]);
    if (memchr(name.ptr, '.', name.len) || (port && !likely_scheme(name)))
        return relative(reader, word, "http://", word);
    const char *likely = likely_scheme(name);
    if (likely)
        return DT_REFUSE(reader, word, "target-scheme",
                         "not http:// or https://, did you mean %s://%.*s", likely,
                         DT_SLICE_FMT(without_slashes(rest)));
    return true;
}

/* "301": the target was left out. */
static bool is_status(struct dt_slice word)
{
    return word.len == 3 && dt_is_digit(word.ptr[0]) && dt_is_digit(word.ptr[1]) &&
           dt_is_digit(word.ptr[2]);
}

/* "http//host/x" */
static bool refuse_forgotten_colon(struct dt_reader *reader, struct dt_slice word)
{
    const char *slashes = memmem(word.ptr, word.len, "//", 2);
    size_t len = slashes ? (size_t)(slashes - word.ptr) : 0;
    const char *likely = likely_scheme(dt_slice_of(word.ptr, len));
    if (!likely)
        return true;
    return DT_REFUSE(reader, word, "target-relative",
                     "a relative reference, did you mean %s://%.*s", likely,
                     DT_SLICE_FMT(without_slashes(dt_slice_from(word, len))));
}

/* "{host}/x", ":splat": a capture in front of all. */
static bool refuse_capture(struct dt_reader *reader, struct dt_slice word)
{
    const char *before = dt_slice_starts(word, DT_S("{host}"))   ? "https://"
                         : dt_slice_starts(word, DT_S("{path}")) ? "{scheme}://{host}"
                                                                 : "/";
    return DT_REFUSE(reader, word, "target-open",
                     "a target begins with /, http://, https:// or {scheme}://, did you mean "
                     "%s%.*s",
                     before, DT_SLICE_FMT(word));
}

bool dt_refuse_relative(struct dt_reader *reader, struct dt_slice word)
{
    if (word.ptr[0] == '/' && word.len > 1 && (word.ptr[1] == '/' || word.ptr[1] == '\\'))
        return DT_REFUSE(reader, word, "target-host",
                         "\"%.2s\" names another host, did you mean https://%.*s", word.ptr,
                         (int)(word.len - 2), word.ptr + 2);
    if (word.ptr[0] == '/')
        return true;
    if (word.ptr[0] == ':' || word.ptr[0] == '$' || word.ptr[0] == '{')
        return refuse_capture(reader, word);
    if (word.ptr[0] == '\\')
        return dt_refuse_backslash(reader, dt_slice_of(word.ptr, 1));
    if (is_status(word))
        return DT_REFUSE(reader, word, "target-missing",
                         "a status where the target is expected, did you mean - %.*s",
                         DT_SLICE_FMT(word));
    if (!refuse_forgotten_colon(reader, word))
        return false;
    if (looks_like_host(word))
        return relative(reader, word, "https://", word);
    struct dt_slice path = word;
    while (dt_slice_starts(path, DT_S("./")) || dt_slice_starts(path, DT_S("../")))
        path = dt_slice_from(path, path.ptr[1] == '/' ? 2 : 3);
    return relative(reader, word, "/", path);
}

bool dt_refuse_backslash(struct dt_reader *reader, struct dt_slice at)
{
    return DT_REFUSE(reader, at, "target-backslash",
                     "a backslash, which browsers take for /: write / or %%5C");
}

bool dt_refuse_long(struct dt_reader *reader, struct dt_slice word)
{
    return DT_REFUSE(reader, dt_slice_of(word.ptr, 1), "target-long",
                     "a target of more than %u bytes, encoded", DT_LIMIT_TARGET);
}
