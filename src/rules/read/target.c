/* SPDX-License-Identifier: MIT
 *
 * Targets. What may stand in a URL stays as its author wrote it: "https://www.gov.uk" gets no
 * slash, "topics[]=all" keeps its brackets. What may not (RFC 3986 section 2; the percent-encode
 * sets of the URL standard) is encoded here, once. A target of plain bytes is taken as it stands,
 * with no copy.
 */
#include "rules/read/target.h"

#include "rules/read/native_scan.h"
#include "rules/read/target_refuse.h"
#include "rules/read/target_work.h"
#include <detour/uri.h>

/* Bytes that need no second look behind the scheme. */
#define PLAIN (DT_BYTE_UPPER | DT_BYTE_DOT | DT_BYTE_QUESTION | DT_BYTE_HASH)

static bool fail(const struct dt_target_work *work, size_t at, size_t len, const char *name,
                 const char *why)
{
    return DT_REFUSE(work->reader, dt_slice_of(work->word.ptr + at, len), name, "%s", why);
}

/* The percent-encode sets (https://url.spec.whatwg.org/#percent-encoded-bytes), without "'", which
 * RFC 3986 lets stand in a query. */
static bool must_encode(unsigned char c, enum dt_target_part part)
{
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\')
        return true;
    if (part == DT_PART_PATH)
        return c == '^' || c == '`' || c == '{' || c == '}';
    return part == DT_PART_FRAGMENT && c == '`';
}

/* ---- Path, query and fragment ---- */

static void write_byte(struct dt_target_work *work, unsigned char c)
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
static void write_percent(struct dt_target_work *work, size_t at)
{
    bool escape =
        at + 2 < work->word.len && is_hex(work->word.ptr[at + 1]) && is_hex(work->word.ptr[at + 2]);
    dt_out_put(&work->out, escape ? DT_S("%") : DT_S("%25"));
}

static bool write_capture(struct dt_target_work *work, size_t at,
                          const struct dt_target_capture *capture)
{
    static const char places[] = {
        [DT_PART_PATH] = DT_MARK_PATH,
        [DT_PART_QUERY] = DT_MARK_QUERY,
        [DT_PART_FRAGMENT] = DT_MARK_FRAGMENT,
    };
    if (work->opaque && work->part == DT_PART_PATH)
        return fail(work, at, capture->len, "target-capture",
                    "a capture in a target that is neither http, https nor a path stands behind "
                    "its //host, or in its query");
    if (capture->number == DT_CAPTURE_PATH && work->part == DT_PART_PATH && at > 0 &&
        work->word.ptr[at - 1] == '/')
        dt_reader_warn(work->reader, dt_slice_of(work->word.ptr + at - 1, 1), "target-slash",
                       "{path} begins with a / of its own, and now there are two");
    dt_target_mark(work, places[work->part], capture->number);
    return true;
}

/* At a ":", "$" or "{". */
static bool write_sign(struct dt_target_work *work, size_t at, size_t *ret_len)
{
    struct dt_target_capture capture;
    enum dt_target_sign sign = dt_target_sign(work, at, &capture);
    *ret_len = capture.len;
    switch (sign) {
    case DT_SIGN_LITERAL:
        write_byte(work, (unsigned char)work->word.ptr[at]);
        return true;
    case DT_SIGN_CAPTURE:
        return write_capture(work, at, &capture);
    case DT_SIGN_NOTHING:
        return true;
    case DT_SIGN_WRONG:
        break;
    }
    return false;
}

/* True when the source has a "*" that a "*" here may be meant for. */
static bool has_splat(const struct dt_target_work *work)
{
    return (work->mode == DT_TARGET_NATIVE || work->mode == DT_TARGET_NETLIFY) &&
           dt_capture_find(&work->reader->captures, DT_S("splat"));
}

static bool write_special(struct dt_target_work *work, size_t at, size_t *ret_len)
{
    char c = work->word.ptr[at];
    bool dollar = c == '\\' && work->mode == DT_TARGET_DOLLAR && at + 1 < work->word.len &&
                  work->word.ptr[at + 1] == '$';
    *ret_len = 1;
    if (dollar) {
        *ret_len = 2;
        dt_out_char(&work->out, '$');
        return true;
    }
    if (c == '%') {
        write_percent(work, at);
        return true;
    }
    if (c == '\\' && work->part == DT_PART_PATH)
        return dt_refuse_backslash(work->reader, dt_slice_of(work->word.ptr + at, 1));
    if (c == ':' || c == '$' || c == '{')
        return write_sign(work, at, ret_len);
    if (c == '*' && has_splat(work))
        return fail(work, at, 1, "target-star",
                    "a \"*\" in a target captures nothing, did you mean "
                    ":splat");
    write_byte(work, (unsigned char)c);
    return true;
}

static bool write_rest(struct dt_target_work *work, size_t at)
{
    bool fine = true;
    while (at < work->word.len) {
        char c = work->word.ptr[at];
        size_t len = 1;
        if (c == '?' && work->part == DT_PART_PATH)
            work->part = DT_PART_QUERY;
        else if (c == '#')
            work->part = DT_PART_FRAGMENT;
        if (dt_byte_class[(unsigned char)c] & ~(unsigned)PLAIN)
            fine &= write_special(work, at, &len);
        else
            dt_out_char(&work->out, c);
        at += len;
    }
    return fine;
}

/* ---- The whole ---- */

static bool keep(struct dt_target_work *work, struct dt_rule *rule)
{
    struct dt_slice target = dt_out_slice(&work->out);
    if (work->out.overflow || target.len > DT_LIMIT_TARGET)
        return dt_refuse_long(work->reader, work->word);
    if (dt_slice_eq(target, work->word))
        target = work->word;
    rule->target = target;
    return dt_reader_keep(work->reader, &rule->target);
}

/* False, with an error, when there is a capture between from and to. */
static bool has_none(struct dt_target_work *work, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++) {
        struct dt_target_capture capture;
        if (!strchr(":${", work->word.ptr[at]))
            continue;
        enum dt_target_sign sign = dt_target_sign(work, at, &capture);
        if (sign == DT_SIGN_WRONG)
            return false;
        if (sign != DT_SIGN_LITERAL)
            return fail(work, at, capture.len, "target-open",
                        "in the host of an http or https target only");
    }
    return true;
}

/* mailto:, an app's own scheme: whatever the URL parser takes. Captures stand behind "//host", or
 * in query and fragment, where they cannot become a host. */
static bool other_scheme(struct dt_target_work *work, struct dt_rule *rule)
{
    struct dt_url url;
    const char *colon = memchr(work->word.ptr, ':', work->word.len);
    size_t at = (size_t)(colon - work->word.ptr) + 1, end = at;
    work->opaque = !dt_slice_starts(dt_slice_from(work->word, at), DT_S("//"));
    if (!work->opaque) {
        end = at + 2 + dt_target_authority(work, at + 2);
        if (!has_none(work, at + 2, end))
            return false;
    }
    enum dt_err err = dt_url_parse(work->word, NULL, &url);
    if (err == DT_ERR_NOMEM)
        return dt_reader_nomem(work->reader);
    if (err)
        return DT_REFUSE(work->reader, work->word, "target-url", "not a valid URL");
    dt_url_release(&url);
    dt_out_put(&work->out, dt_slice_of(work->word.ptr, at));
    return write_rest(work, at) && keep(work, rule);
}

static bool parse_slowly(struct dt_target_work *work, struct dt_rule *rule)
{
    struct dt_slice own = DT_S("{scheme}://");
    size_t scheme = dt_scan_http(work->word), at = 0;
    if (work->mode == DT_TARGET_NATIVE && dt_slice_starts(work->word, own)) {
        scheme = own.len;
        dt_target_mark(work, DT_MARK_HOST, DT_CAPTURE_SCHEME);
        dt_out_put(&work->out, DT_S("://"));
    } else if (scheme) {
        dt_out_put(&work->out, scheme == 7 ? DT_S("http://") : DT_S("https://"));
    } else if (dt_target_has_scheme(work->word)) {
        return dt_refuse_scheme(work->reader, work->word) && other_scheme(work, rule);
    } else if (!dt_refuse_relative(work->reader, work->word)) {
        return false;
    }
    if (scheme && !dt_target_host(work, scheme, &at))
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

static bool check_open(struct dt_target_work *work, const struct dt_rule *rule)
{
    if (work->open.len == 0 || (rule->flags & DT_RULE_OPEN))
        return true;
    return DT_REFUSE(work->reader, work->open, "target-open",
                     "would let the request choose the host%s",
                     work->mode == DT_TARGET_NATIVE ? ": write open=yes if it may" : "");
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
    struct dt_target_work work = {
        .reader = reader,
        .word = word,
        .mode = mode,
        .out = dt_out_init(reader->set->scratch, sizeof reader->set->scratch),
    };
    return parse_slowly(&work, rule) && check_open(&work, rule);
}

bool dt_target_read(struct dt_reader *reader, struct dt_slice word, enum dt_target_mode mode,
                    struct dt_rule *rule)
{
    unsigned bits = dt_scan_bits(dt_slice_from(word, dt_scan_http(word)));
    return dt_target_parse(reader, word, bits, mode, rule);
}
