/* SPDX-License-Identifier: MIT
 *
 * Targets. What may stand in a URL stays as its author wrote it: "https://www.gov.uk" gets no
 * slash, "topics[]=all" keeps its brackets. What may not (RFC 3986 section 2; the percent-encode
 * sets of the URL standard) is encoded here, once. A target of plain bytes is taken as it stands,
 * with no copy.
 */
#include "rules/target.h"

#include "base/out.h"
#include "rules/native_scan.h"
#include "rules/reader.h"
#include "rules/target_refuse.h"
#include <detour/uri.h>

/* Bytes that need no second look behind the scheme. */
#define PLAIN (DT_BYTE_UPPER | DT_BYTE_DOT | DT_BYTE_QUESTION | DT_BYTE_HASH)

enum part { PART_PATH, PART_QUERY, PART_FRAGMENT };

/* What is being written, and from where. */
struct work {
    struct dt_reader *reader;
    struct dt_slice word;
    enum dt_target_mode mode;
    enum part part;
    bool prefix; /* the source is dir/...: there is a :splat */
    struct dt_out out;
};

static bool fail(const struct work *work, size_t at, size_t len, const char *name, const char *why)
{
    return DT_REFUSE(work->reader, dt_slice_of(work->word.ptr + at, len), name, "%s", why);
}

/* The percent-encode sets (https://url.spec.whatwg.org/#percent-encoded-bytes), without "'", which
 * RFC 3986 lets stand in a query. */
static bool must_encode(unsigned char c, enum part part)
{
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\')
        return true;
    if (part == PART_PATH)
        return c == '^' || c == '`' || c == '{' || c == '}';
    return part == PART_FRAGMENT && c == '`';
}

/* ---- The authority ---- */

/* A ":name", "$1" or "{name}" where the host is chosen. In "[::1]:80" the colons are the address's.
 */
static bool has_capture(struct dt_slice authority)
{
    const char *bracket = memrchr(authority.ptr, ']', authority.len);
    size_t at = bracket ? (size_t)(bracket - authority.ptr) : 0;
    for (; at + 1 < authority.len; at++) {
        char c = authority.ptr[at], next = authority.ptr[at + 1];
        if ((c == ':' && (dt_is_alpha(next) || next == '_')) || (c == '$' && dt_is_digit(next)) ||
            (c == '{' && dt_is_alpha(next)))
            return true;
    }
    return false;
}

static bool bad_host(struct work *work, struct dt_slice at)
{
    return DT_REFUSE(work->reader, at, "target-host",
                     at.len ? "not a valid host" : "no host is there");
}

/* Writes "https://host:port"; *ret_end is where the path begins. */
static bool write_authority(struct work *work, size_t scheme, size_t *ret_end)
{
    struct dt_slice rest = dt_slice_from(work->word, scheme);
    struct dt_slice authority = dt_slice_of(rest.ptr, dt_scan_authority(rest));
    struct dt_slice name, host;
    uint16_t port;
    if (work->mode != DT_TARGET_LITERAL && has_capture(authority))
        return dt_refuse_open(work->reader, authority);
    if (authority.len && memchr(authority.ptr, '@', authority.len))
        return DT_REFUSE(work->reader, authority, "target-userinfo",
                         "a user name or password in a target is sent to everyone who asks");
    if (authority.len && memchr(authority.ptr, '\\', authority.len))
        return dt_refuse_backslash(work->reader, authority);
    if (authority.len == 0 || dt_authority_split(authority, &name, &port))
        return bad_host(work, authority);
    dt_out_put(&work->out, scheme == 7 ? DT_S("http://") : DT_S("https://"));
    if (name.len > DT_LIMIT_TARGET / 4 ||
        dt_host_parse(name, work->out.pos, dt_out_room(&work->out), &host))
        return bad_host(work, name);
    for (size_t i = 0; i < host.len; i++)
        if (must_encode((unsigned char)host.ptr[i], PART_PATH))
            return bad_host(work, name); /* the URL standard lets it pass, RFC 3986 does not */
    if (host.ptr == work->out.pos)
        work->out.pos += host.len;
    else
        dt_out_put(&work->out, host);
    size_t written = (size_t)(name.ptr - authority.ptr) + name.len;
    dt_out_put(&work->out, dt_slice_from(authority, written));
    *ret_end = scheme + authority.len;
    return true;
}

/* ---- Path, query and fragment ---- */

static void write_byte(struct work *work, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";
    if (!must_encode(c, work->part)) {
        dt_out_char(&work->out, (char)c);
        return;
    }
    char text[] = {'%', hex[c >> 4], hex[c & 15]};
    dt_out_put(&work->out, dt_slice_of(text, sizeof text));
}

static bool is_hex(char c)
{
    return dt_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* A "%" that begins no escape is a percent sign, and is written as one. */
static void write_percent(struct work *work, size_t at)
{
    bool escape =
        at + 2 < work->word.len && is_hex(work->word.ptr[at + 1]) && is_hex(work->word.ptr[at + 2]);
    dt_out_put(&work->out, escape ? DT_S("%") : DT_S("%25"));
}

/* At a ":". Writes a capture's mark, or the ":" itself; *ret_len is how many bytes were read. */
static bool write_colon(struct work *work, size_t at, size_t *ret_len)
{
    struct dt_slice rest = dt_slice_from(work->word, at + 1);
    size_t len = 0;
    while (len < rest.len && dt_is_word(rest.ptr[len]))
        len++;
    *ret_len = 1;
    if (dt_slice_eq(dt_slice_of(rest.ptr, len), DT_S("splat"))) {
        if (!work->prefix)
            return fail(work, at, len + 1, "target-capture",
                        ":splat stands for what a source that ends in /* leaves over, and this one "
                        "does not");
        dt_out_char(&work->out, work->part == PART_QUERY ? DT_MARK_QUERY : DT_MARK_PATH);
        dt_out_char(&work->out, '\x80');
        *ret_len = len + 1;
        return true;
    }
    if (len && !dt_is_digit(rest.ptr[0]) && strchr("/=&?#", work->word.ptr[at - 1]))
        return fail(work, at, len + 1, "not-built",
                    "a placeholder is not built yet (a colon that is meant as one is written %3A)");
    dt_out_char(&work->out, ':');
    return true;
}

/* At a "$" or "{": templates of the native language. */
static bool check_template(struct work *work, size_t at)
{
    struct dt_slice rest = dt_slice_from(work->word, at + 1);
    size_t len = 0;
    while (len < rest.len && dt_is_word(rest.ptr[len]))
        len++;
    if (work->word.ptr[at] == '$' && len && dt_is_digit(rest.ptr[0]))
        return fail(work, at, 2, "not-built",
                    "a group of a regular expression is not built yet (a dollar sign that is meant "
                    "as one is written %24)");
    if (work->word.ptr[at] == '{' && len && len < rest.len && rest.ptr[len] == '}')
        return fail(
            work, at, len + 2, "not-built",
            "a part of the request in braces is not built yet (a brace that is meant as one "
            "is written %7B)");
    return true;
}

static bool write_special(struct work *work, size_t at, size_t *ret_len)
{
    char c = work->word.ptr[at];
    bool captures = work->mode != DT_TARGET_LITERAL;
    *ret_len = 1;
    if (c == '%') {
        write_percent(work, at);
        return true;
    }
    if (c == '\\' && work->part == PART_PATH)
        return dt_refuse_backslash(work->reader, dt_slice_of(work->word.ptr + at, 1));
    if (c == ':' && captures)
        return write_colon(work, at, ret_len);
    if (c == '*' && captures && work->prefix)
        return fail(work, at, 1, "target-star",
                    "a \"*\" in a target captures nothing, did you mean "
                    ":splat");
    if ((c == '$' || c == '{') && work->mode == DT_TARGET_NATIVE && !check_template(work, at))
        return false;
    write_byte(work, (unsigned char)c);
    return true;
}

static bool write_rest(struct work *work, size_t at)
{
    while (at < work->word.len) {
        char c = work->word.ptr[at];
        size_t len = 1;
        if (c == '?' && work->part == PART_PATH)
            work->part = PART_QUERY;
        else if (c == '#')
            work->part = PART_FRAGMENT;
        if (dt_byte_class[(unsigned char)c] & ~(unsigned)PLAIN) {
            if (!write_special(work, at, &len))
                return false;
        } else {
            dt_out_char(&work->out, c);
        }
        at += len;
    }
    return true;
}

/* ---- The whole ---- */

static bool keep(struct work *work, struct dt_rule *rule)
{
    struct dt_slice target = dt_out_slice(&work->out);
    if (work->out.overflow || target.len > DT_LIMIT_TARGET)
        return dt_refuse_long(work->reader, work->word);
    if (dt_slice_eq(target, work->word))
        target = work->word;
    rule->target = target;
    return dt_reader_keep(work->reader, &rule->target);
}

/* mailto:, an app's own scheme: whatever the URL parser takes, without captures. */
static bool other_scheme(struct work *work, struct dt_rule *rule)
{
    struct dt_url url;
    enum dt_err err = dt_url_parse(work->word, NULL, &url);
    if (err == DT_ERR_NOMEM)
        return dt_reader_nomem(work->reader);
    if (err)
        return DT_REFUSE(work->reader, work->word, "target-url", "not a valid URL");
    dt_url_release(&url);
    const char *colon = memchr(work->word.ptr, ':', work->word.len);
    size_t at = (size_t)(colon - work->word.ptr) + 1;
    struct dt_slice rest = dt_slice_from(work->word, at);
    if (work->mode != DT_TARGET_LITERAL && dt_slice_starts(rest, DT_S("//"))) {
        struct dt_slice behind = dt_slice_from(rest, 2);
        if (has_capture(dt_slice_of(behind.ptr, dt_scan_authority(behind))))
            return dt_refuse_open(work->reader, work->word);
    }
    dt_out_put(&work->out, dt_slice_of(work->word.ptr, at));
    if (!write_rest(work, at))
        return false;
    size_t marks = dt_scan_find(dt_out_slice(&work->out), DT_BYTE_CONTROL);
    if (marks < dt_out_len(&work->out))
        return fail(work, 0, work->word.len, "target-capture",
                    ":splat in a target that is neither http, https nor a path");
    return keep(work, rule);
}

static bool parse_slowly(struct work *work, struct dt_rule *rule)
{
    size_t scheme = dt_scan_http(work->word);
    size_t at = 0;
    if (scheme == 0 && dt_target_has_scheme(work->word))
        return dt_refuse_scheme(work->reader, work->word) && other_scheme(work, rule);
    if (scheme == 0 && !dt_refuse_relative(work->reader, work->word))
        return false;
    if (scheme && !write_authority(work, scheme, &at))
        return false;
    return write_rest(work, at) && keep(work, rule);
}

/* A target whose every byte is plain, and whose host is in normal form. */
static bool is_plain(struct dt_reader *reader, struct dt_slice word, unsigned bits)
{
    if (bits & ~(unsigned)PLAIN)
        return false;
    if (word.ptr[0] == '/')
        return word.len == 1 || word.ptr[1] != '/';
    struct dt_slice http = DT_S("http://"), https = DT_S("https://");
    size_t scheme = dt_slice_starts(word, https)  ? https.len
                    : dt_slice_starts(word, http) ? http.len
                                                  : 0;
    if (scheme == 0)
        return false;
    struct dt_slice rest = dt_slice_from(word, scheme);
    struct dt_slice last = reader->target_host;
    if (last.len && dt_slice_starts(rest, last) &&
        (rest.len == last.len || rest.ptr[last.len] == '/'))
        return true;
    struct dt_slice host = dt_slice_of(rest.ptr, dt_scan_authority(rest)), normal;
    char *scratch = reader->set->scratch;
    if (host.len == 0 || host.len > DT_LIMIT_TARGET / 4 ||
        dt_host_parse(host, scratch, sizeof reader->set->scratch, &normal) ||
        !dt_slice_eq(host, normal))
        return false;
    reader->target_host = host;
    return true;
}

bool dt_target_parse(struct dt_reader *reader, struct dt_slice word, unsigned bits,
                     enum dt_target_mode mode, struct dt_rule *rule)
{
    if (word.len > DT_LIMIT_TARGET)
        return dt_refuse_long(reader, word);
    if (is_plain(reader, word, bits)) {
        rule->target = word;
        return true;
    }
    if (!dt_reader_check_text(reader, word, bits))
        return false;
    struct work work = {
        .reader = reader,
        .word = word,
        .mode = mode,
        .prefix = rule->path_kind == DT_PATH_PREFIX,
        .out = dt_out_init(reader->set->scratch, sizeof reader->set->scratch),
    };
    return parse_slowly(&work, rule);
}

bool dt_target_read(struct dt_reader *reader, struct dt_slice word, enum dt_target_mode mode,
                    struct dt_rule *rule)
{
    unsigned bits = dt_scan_bits(dt_slice_from(word, dt_scan_http(word)));
    return dt_target_parse(reader, word, bits, mode, rule);
}
