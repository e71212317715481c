/* SPDX-License-Identifier: MIT
 *
 * Targets that a machine takes and a person did not mean. The reader refuses what is no URL; what
 * is one by accident is found here: "/http//www.example.ai/x" is a good path, "https://http://x" a
 * good URL of the host "http". Only the beginning is judged: archives and proxies have whole URLs
 * within their paths, and mean them.
 */
#include "rules/check/lint.h"

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "http", "https", or a slip of the pen that can hardly be a word of its own. */
static bool is_http_like(struct dt_slice name)
{
    static const char *const slips[] = {"http", "https", "htp",    "htps",   "htttp", "htpps",
                                        "hhtp", "hhtps", "httpp",  "httpss", "httsp", "htttps",
                                        "htpp", "hhttp", "hhttps", "httos",  "ttps",  "ttp"};
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
        if (dt_slice_eq_nocase(name, dt_slice_str(slips[i])))
            return true;
    return false;
}

/* Schemes that are meant as such wherever a colon stands behind them. */
static bool is_scheme(struct dt_slice name)
{
    static const char *const schemes[] = {"mailto", "javascript", "data", "ftp", "tel", "file"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (dt_slice_eq_nocase(name, dt_slice_str(schemes[i])))
            return true;
    return is_http_like(name);
}

static struct dt_slice letters(struct dt_slice s)
{
    size_t len = 0;
    while (len < s.len && is_alpha(s.ptr[len]))
        len++;
    return dt_slice_of(s.ptr, len);
}

/* What is wrong with a path's beginning; s is behind its first "/". NULL: nothing. */
static const char *wrong_path(struct dt_slice s)
{
    if (dt_slice_starts(s, DT_S("./")))
        s = dt_slice_from(s, 2);
    struct dt_slice name = letters(s);
    struct dt_slice behind = dt_slice_from(s, name.len);
    if (dt_slice_starts(behind, DT_S(":")) && is_scheme(name))
        return "the path begins with a scheme: it is a page of the host that was asked";
    if (dt_slice_starts(behind, DT_S("%3A")) && is_http_like(name))
        return "the path begins with an encoded scheme: it is a page of the host that was asked";
    if (dt_slice_starts(behind, DT_S("//")) && is_http_like(name))
        return "the path begins with a scheme whose colon was forgotten: it is a page of the host "
               "that was asked";
    return NULL;
}

static bool has_empty_label(struct dt_slice host)
{
    return host.len && (host.ptr[0] == '.' || memmem(host.ptr, host.len, "..", 2));
}

/* "www{host}": what comes out is a name that anyone can register. */
static bool is_glued(struct dt_slice host)
{
    for (size_t i = 0; i + 1 < host.len; i++) {
        if (host.ptr[i] != DT_MARK_HOST ||
            ((unsigned char)host.ptr[i + 1] & 0x7f) != DT_CAPTURE_HOST)
            continue;
        if (i > 0 &&
            (is_alpha(host.ptr[i - 1]) || (host.ptr[i - 1] >= '0' && host.ptr[i - 1] <= '9')))
            return true;
    }
    return false;
}

/* What is wrong with host and port of a target; NULL: nothing. */
static const char *wrong_host(const struct dt_lint_target *target)
{
    if (is_http_like(target->host))
        return "the host is a scheme: one of two is too much";
    if (dt_slice_eq(target->host, DT_S("www")))
        return "the host is \"www\" and nothing more";
    if (has_empty_label(target->host))
        return "the host has two dots in a row, or begins with one";
    if (is_glued(target->host))
        return "a dot is missing in front of {host}";
    bool http = dt_slice_eq(target->scheme, DT_S("http"));
    bool https = dt_slice_eq(target->scheme, DT_S("https"));
    if ((http && dt_slice_eq(target->port, DT_S("443"))) ||
        (https && dt_slice_eq(target->port, DT_S("80"))))
        return "the port is that of the other scheme";
    if (dt_slice_eq(target->port, DT_S("0")))
        return "nothing listens on port 0";
    return NULL;
}

/* "https://a.example/https://a.example/x": two were put together. */
static bool is_doubled(const struct dt_lint_target *target)
{
    struct dt_slice rest = target->rest;
    if (!dt_slice_starts(rest, DT_S("/")) || target->host.len == 0)
        return false;
    struct dt_slice name = letters(dt_slice_from(rest, 1));
    struct dt_slice behind = dt_slice_from(rest, 1 + name.len);
    if (!is_http_like(name))
        return false;
    size_t skip = dt_slice_starts(behind, DT_S("://"))  ? 3
                  : dt_slice_starts(behind, DT_S(":/")) ? 2
                  : dt_slice_starts(behind, DT_S("//")) ? 2
                                                        : 0;
    return skip && dt_slice_starts(dt_slice_from(behind, skip), target->host);
}

/* The reader refuses it for http and https; other schemes have hosts too. */
static bool has_userinfo(const struct dt_lint_target *target)
{
    if (target->web || target->scheme.len == 0 || !dt_slice_starts(target->rest, DT_S("//")))
        return false;
    struct dt_slice rest = dt_slice_from(target->rest, 2);
    size_t len = 0;
    while (len < rest.len && !strchr("/?#", rest.ptr[len]))
        len++;
    return len && memchr(rest.ptr, '@', len);
}

static const char *what_is_wrong(const struct dt_lint_target *target)
{
    if (target->web) {
        const char *wrong = wrong_host(target);
        if (!wrong && is_doubled(target))
            wrong = "the URL stands in it twice";
        return wrong;
    }
    if (has_userinfo(target))
        return "a user name or password is sent to everyone who asks";
    return dt_slice_starts(target->whole, DT_S("/")) ? wrong_path(dt_slice_from(target->whole, 1))
                                                     : NULL;
}

/* ---- A host at the beginning of a path ---- */

/* "www.example.com" of "www.example.com/x". */
static bool begins_with_host(struct dt_slice s)
{
    if (s.len < 4 || !dt_slice_eq_nocase(dt_slice_of(s.ptr, 4), DT_S("www.")))
        return false;
    size_t at = 4, dots = 0, label = 0;
    for (; at < s.len && !strchr("/?#:", s.ptr[at]) && !dt_lint_is_mark(s.ptr[at]); at++) {
        char c = s.ptr[at];
        if (c == '.') {
            dots++;
            label = 0;
        } else if (is_alpha(c)) {
            label++;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            label = 0;
        } else {
            return false;
        }
    }
    return dots > 0 && label >= 2;
}

/* ---- Placeholders that nothing fills ---- */

static struct dt_slice placeholder(struct dt_slice target)
{
    static const char *const words[] = {":splat", "${", "{{", "%7B%7B", "$%7B", "%{"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct dt_slice word = dt_slice_str(words[i]);
        const char *at = memmem(target.ptr, target.len, word.ptr, word.len);
        if (at)
            return dt_slice_of(at, word.len);
    }
    for (size_t i = 0; i + 1 < target.len; i++) {
        bool end = i + 2 == target.len || strchr("/?#&.-_", target.ptr[i + 2]);
        if (target.ptr[i] == '$' && target.ptr[i + 1] >= '0' && target.ptr[i + 1] <= '9' && end)
            return dt_slice_of(target.ptr + i, 2);
    }
    return DT_SLICE_NONE;
}

/* ---- What cannot be seen ---- */

/* Blanks at an end, and characters without width; encoded, as they are sent. */
static const char *invisible(const struct dt_lint_target *target)
{
    static const struct {
        const char *bytes, *name;
    } hidden[] = {
        {"%E2%80%8B", "a zero width space (U+200B)"},
        {"%E2%80%8E", "a left-to-right mark (U+200E)"},
        {"%E2%80%8F", "a right-to-left mark (U+200F)"},
        {"%E2%81%A0", "a word joiner (U+2060)"},
        {"%EF%BB%BF", "a byte order mark (U+FEFF)"},
        {"%C2%AD", "a soft hyphen (U+00AD)"},
        {"%0D", "a carriage return"},
        {"%0A", "a line feed"},
        {"%00", "a NUL"},
    };
    struct dt_slice rest = target->rest;
    if (!memchr(target->whole.ptr, '%', target->whole.len))
        return NULL;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (memmem(rest.ptr, rest.len, hidden[i].bytes, strlen(hidden[i].bytes)))
            return hidden[i].name;
    struct dt_slice tail = rest.len > 3 ? dt_slice_from(rest, rest.len - 3) : rest;
    if (dt_slice_eq(tail, DT_S("%20")) || dt_slice_eq(tail, DT_S("%09")))
        return "a blank at the end";
    if (rest.len > 6 && dt_slice_eq(dt_slice_from(rest, rest.len - 6), DT_S("%C2%A0")))
        return "a no-break space (U+00A0) at the end";
    if (dt_slice_starts(rest, DT_S("/%20")))
        return "a blank at the beginning of the path";
    return NULL;
}

/* ---- The whole ---- */

void dt_lint_malformed(struct dt_checker *checker, uint32_t number,
                       const struct dt_lint_target *target)
{
    struct dt_finding *finding;
    const char *wrong = what_is_wrong(target);
    if (wrong) {
        finding = dt_check_add(checker, DT_FIND_TARGET_SUSPICIOUS, number,
                               dt_lint_example(checker, number), "%s", wrong);
        dt_lint_at_target(checker, finding);
        return;
    }
    bool path = target->whole.len && target->whole.ptr[0] == '/';
    if (path && begins_with_host(dt_slice_from(target->whole, 1))) {
        finding = dt_check_add(checker, DT_FIND_TARGET_HOST_IN_PATH, number,
                               dt_lint_example(checker, number),
                               "the path begins with the name of a host");
        dt_lint_at_target(checker, finding);
    }
    struct dt_slice empty = placeholder(target->rest);
    if (empty.len) {
        finding = dt_check_add(checker, DT_FIND_TARGET_PLACEHOLDER, number,
                               dt_lint_example(checker, number),
                               "\"%.*s\" is sent as it stands there", DT_SLICE_FMT(empty));
        dt_lint_at_target(checker, finding);
    }
    const char *hidden = invisible(target);
    if (hidden) {
        finding = dt_check_add(checker, DT_FIND_TARGET_INVISIBLE, number,
                               dt_lint_example(checker, number), "the target has %s", hidden);
        dt_lint_at_target(checker, finding);
    }
}
