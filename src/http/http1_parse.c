/* SPDX-License-Identifier: MIT
 *
 * A head is read in two steps: http1_scan.c marks where lines and field names end, and this file
 * goes from mark to mark, once. Where RFC 9112 lets a recipient repair a message or refuse it, it
 * is refused: a proxy in front may have repaired it otherwise.
 *
 * An error is found as soon as the byte that makes it is there, and it is the same error however
 * the bytes were cut into reads. So everything goes in the order of the bytes: whole lines before a
 * break in the line structure behind them, and what only a whole head can lack at the end.
 *
 * After DT_HTTP1_MORE the caller comes again with the longer input and it is read from the start.
 * A client that sends one byte at a time so makes us read its head as often as it has bytes; that
 * costs at most about a microsecond for each of its packets (16 KiB, 100 fields), less than the
 * kernel spends on the packet, and there is no state to keep or to get wrong.
 */
#include "http/http1_parse.h"
#include "http/http1_chars.h"
#include "http/http1_scan.h"
#include "http/http1_target.h"

#include <detour/ruleset.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define MAX_METHOD 64u

enum {
    SEEN_HOST = 1,
    SEEN_CLOSE = 2,
    SEEN_KEEP_ALIVE = 4,
    SEEN_LENGTH = 8,
    SEEN_CODING = 16,     /* Transfer-Encoding */
    SEEN_CHUNKED = 32,    /* ... and chunked is the last coding so far */
    SEEN_ODD_CODING = 64, /* ... and there was another coding */
};

struct parse {
    const char *ptr; /* the request line begins here */
    size_t len;      /* bytes from there on, of what may be a head */
    size_t lead;     /* bytes of the empty line before it */
    struct dt_http_request *request;
    struct dt_http1_error *error;
    enum dt_http1_target_form form;
    unsigned seen;
};

/* Always false, for the caller to return. */
static __attribute__((cold, noinline)) bool bad(const struct parse *parse, uint16_t status,
                                                size_t at, const char *reason)
{
    *parse->error = (struct dt_http1_error){status, (uint32_t)(parse->lead + at), reason};
    return false;
}

/* ---- The request line -------------------------------------------------------------------------
 */

static bool bad_target(const struct parse *parse, size_t at, size_t target)
{
    if (parse->ptr[at] == '#')
        return bad(parse, 400, at, "the request target has a fragment");
    if (parse->ptr[at] == '\r')
        return bad(parse, 400, at, "the request line has no version");
    if (at == target)
        return bad(parse, 400, at, "the request target is empty");
    return bad(parse, 400, at, "a byte in the request target that may not stand there");
}

/* The first n bytes of a request line, byte by byte: is it a good beginning? whole: they end with
 * its CR. Only for lines that are cut or that read_line did not like. */
static __attribute__((cold)) bool check_line(const struct parse *parse, size_t n, bool whole)
{
    static const char VERSION[] = "HTTP/#.#\r";
    const char *ptr = parse->ptr;
    size_t at = 0;
    /* A TLS record of the handshake type: nobody there would read a HTTP answer. */
    if (ptr[0] == 0x16 && parse->lead == 0 && (parse->len == 1 || ptr[1] == 0x03))
        return parse->len == 1 || bad(parse, 0, 0, "TLS on a port without TLS");
    while (at < n && dt_http1_is_token(ptr[at]))
        at++;
    /* RFC 9112 section 3: a method that is longer than any known one. */
    if (at > MAX_METHOD)
        return bad(parse, 501, MAX_METHOD, "the method is too long");
    if (at == n)
        return true;
    if (at == 0 || ptr[at] != ' ')
        return bad(parse, 400, at, "the request line does not begin with a method and a space");
    size_t target = ++at;
    while (at < n && (uint8_t)ptr[at] > ' ' && ptr[at] != 0x7F && ptr[at] != '#')
        at++;
    if (at == n)
        return true;
    if (ptr[at] != ' ' || at == target)
        return bad_target(parse, at, target);
    at++;
    for (size_t i = 0; i < sizeof VERSION - 1; i++, at++) {
        if (at == n)
            return true;
        if (VERSION[i] == '#' ? ptr[at] < '0' || ptr[at] > '9' : ptr[at] != VERSION[i])
            return bad(parse, 400, at, "the request line does not end with a space and a version");
    }
    /* RFC 9110 section 15.6.6; the preface of HTTP/2 is such a line too. */
    if (whole && ptr[at - 4] != '1')
        return bad(parse, 505, at - 4, "this server speaks HTTP/1.0 and HTTP/1.1");
    return true;
}

/* True when the n bytes at ptr may all stand in a request target: no space, HTAB or "#" (control
 * bytes were found before). room bytes may be read. *ret_query is where the first "?" is, or n. */
static bool scan_target(const char *ptr, size_t n, size_t room, size_t *ret_query)
{
    size_t query = n;
    size_t at = 0;
#if defined(__SSE2__)
    for (; at < n && room - at >= 16; at += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(ptr + at));
        __m128i no = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(' ')), v),
                                  _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));
        uint32_t inside = n - at >= 16 ? 0xFFFF : (1u << (n - at)) - 1;
        if ((uint32_t)_mm_movemask_epi8(no) & inside)
            return false;
        __m128i is_query = _mm_cmpeq_epi8(v, _mm_set1_epi8('?'));
        uint32_t mark = (uint32_t)_mm_movemask_epi8(is_query) & inside;
        if (mark && query == n)
            query = at + (unsigned)__builtin_ctz(mark);
    }
#endif
    for (; at < n; at++) {
        if ((uint8_t)ptr[at] <= ' ' || ptr[at] == '#')
            return false;
        if (ptr[at] == '?' && query == n)
            query = at;
    }
    *ret_query = query;
    return true;
}

/* method SP request-target SP HTTP-version CRLF (RFC 9112 section 3); lf is where it ends. */
static bool read_line(struct parse *parse, size_t lf)
{
    static const char VERSION[8] = {' ', 'H', 'T', 'T', 'P', '/', '1', '.'};
    const char *ptr = parse->ptr;
    struct dt_http_request *request = parse->request;
    size_t method = 0;
    size_t query = 0;
    while (dt_http1_is_token(ptr[method])) /* an LF follows */
        method++;
    size_t target = method + 1;
    if (method == 0 || method > MAX_METHOD || ptr[method] != ' ' || lf < target + 11 ||
        memcmp(ptr + lf - 10, VERSION, sizeof VERSION) != 0 || ptr[lf - 2] < '0' ||
        ptr[lf - 2] > '9' || ptr[lf - 1] != '\r' ||
        !scan_target(ptr + target, lf - 10 - target, parse->len - target, &query))
        return check_line(parse, lf, true) ? bad(parse, 400, 0, "the request line is bad") : false;

    request->method = dt_slice_of(ptr, method);
    request->head = method == 4 && memcmp(ptr, "HEAD", 4) == 0;
    /* RFC 9110 section 2.5: a higher minor version is read as the highest one known. */
    request->version = ptr[lf - 2] == '0' ? 10 : 11;
    const char *reason = dt_http1_target_read(dt_slice_of(ptr + target, lf - 10 - target), query,
                                              request, &parse->form);
    return reason ? bad(parse, 400, target, reason) : true;
}

/* ---- The fields that the layer itself must know -----------------------------------------------
 */

/* Does text equal a literal of lower-case letters and hyphens, but for case? len is that of both.
 * The text has no control bytes, so that bit 0x20 tells nothing but the case of a letter. */
static inline __attribute__((always_inline)) bool is_word(struct dt_slice text, const char *literal,
                                                          size_t len)
{
    const uint64_t fold = 0x2020202020202020;
    uint64_t differs = 0;
    size_t step = len < 8 ? 4 : 8;
    for (size_t i = 0; i < len; i += step) {
        size_t at = i + step <= len ? i : len - step;
        uint64_t a = 0;
        uint64_t b = 0;
        memcpy(&a, text.ptr + at, step);
        memcpy(&b, literal + at, step);
        differs |= (a | (fold >> (64 - 8 * step))) ^ b;
    }
    return differs == 0;
}

/* The next element of a comma list, trimmed; false at the end of the list. */
static bool next_element(struct dt_slice *list, struct dt_slice *ret)
{
    if (!list->ptr)
        return false;
    const char *comma = list->len ? memchr(list->ptr, ',', list->len) : NULL;
    size_t len = comma ? (size_t)(comma - list->ptr) : list->len;
    struct dt_slice element = dt_slice_of(list->ptr, len);
    *list = comma ? dt_slice_of(comma + 1, list->len - len - 1) : DT_SLICE_NONE;
    while (element.len && dt_http1_is_space(element.ptr[0]))
        element = dt_slice_from(element, 1);
    while (element.len && dt_http1_is_space(element.ptr[element.len - 1]))
        element.len--;
    *ret = element;
    return true;
}

/* RFC 9112 section 3.2. */
static bool read_host(struct parse *parse, struct dt_slice value, size_t at)
{
    struct dt_http_request *request = parse->request;
    if (parse->seen & SEEN_HOST)
        return bad(parse, 400, at, "there are two Host fields");
    parse->seen |= SEEN_HOST;
    /* Host is empty when the target has no authority; an http URL always has one, so in
     * origin-form HTTP/1.1 an empty one names nothing (RFC 9110 section 4.2.1). */
    bool may_be_empty = request->version == 10 || parse->form != DT_HTTP1_TARGET_ORIGIN;
    if (value.len ? !dt_http1_authority_valid(value, false) : !may_be_empty)
        return bad(parse, 400, at, "the Host field is invalid");
    if (parse->form == DT_HTTP1_TARGET_ORIGIN || parse->form == DT_HTTP1_TARGET_ASTERISK)
        request->authority = value;
    return true;
}

/* RFC 9112 section 9.3: close wins; what else is listed concerns other parties. */
static void read_connection(struct parse *parse, struct dt_slice value)
{
    struct dt_slice option;
    if (value.len == 10 && is_word(value, "keep-alive", 10)) { /* by far the most frequent value */
        parse->seen |= SEEN_KEEP_ALIVE;
        return;
    }
    while (next_element(&value, &option)) {
        if (option.len == 10 && is_word(option, "keep-alive", 10))
            parse->seen |= SEEN_KEEP_ALIVE;
        else if (option.len == 5 && is_word(option, "close", 5))
            parse->seen |= SEEN_CLOSE;
    }
}

/* HTAB beside the value of a framing field is white space as good as any (RFC 9110 section 5.6.3),
 * but there are readers that take it for a part of the value and then do not know the field. Nobody
 * writes it but who wants to make two readers differ. */
static bool has_tab_beside(struct dt_slice value)
{
    const char *before = value.ptr - 1; /* the colon is there at the latest */
    const char *behind = value.ptr + value.len;
    while (*before == ' ')
        before--;
    while (*behind == ' ')
        behind++;
    return *before == '\t' || *behind == '\t';
}

/* RFC 9110 section 8.6 lets a list of the same number pass or fail. It fails here: it shows that
 * somebody on the way joined two messages' fields. */
static bool read_length(struct parse *parse, struct dt_slice value, size_t at)
{
    uint64_t length = 0;
    if (parse->seen & SEEN_LENGTH)
        return bad(parse, 400, at, "there are two Content-Length fields");
    if (parse->seen & SEEN_CODING)
        return bad(parse, 400, at, "there are both Transfer-Encoding and Content-Length");
    parse->seen |= SEEN_LENGTH;
    for (size_t i = 0; i < value.len; i++) {
        unsigned digit = (unsigned)(uint8_t)value.ptr[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(length, 10u, &length) ||
            __builtin_add_overflow(length, digit, &length))
            return bad(parse, 400, at, "Content-Length is not a number that this server can count");
    }
    if (!value.len || has_tab_beside(value))
        return bad(parse, 400, at, "Content-Length is empty or has a HTAB beside it");
    parse->request->content_length = length;
    return true;
}

/* RFC 9112 sections 6.1 and 6.3. Empty list elements, which section 5.6.1 of RFC 9110 would ignore
 * in reasonable number, are refused: none is reasonable where the framing hangs on it. */
static bool read_coding(struct parse *parse, struct dt_slice value, size_t at)
{
    struct dt_slice coding;
    if (parse->request->version == 10)
        return bad(parse, 400, at, "Transfer-Encoding in an HTTP/1.0 request");
    if (parse->seen & SEEN_LENGTH)
        return bad(parse, 400, at, "there are both Transfer-Encoding and Content-Length");
    if (has_tab_beside(value))
        return bad(parse, 400, at, "Transfer-Encoding has a HTAB beside its value");
    parse->seen |= SEEN_CODING;
    while (next_element(&value, &coding)) {
        if (parse->seen & SEEN_CHUNKED)
            return bad(parse, 400, at, "chunked is not the final transfer coding");
        if (dt_slice_eq_nocase(coding, DT_S("chunked"))) {
            parse->seen |= SEEN_CHUNKED;
            continue;
        }
        parse->seen |= SEEN_ODD_CODING;
        if (!coding.len || !dt_http1_is_token(coding.ptr[0]))
            return bad(parse, 400, at, "Transfer-Encoding has an element that is no coding");
    }
    return true;
}

/* RFC 9110 section 10.1.1: ignored in HTTP/1.0; an expectation that is not known may be answered
 * with 417 or ignored, and a redirect needs nothing that could be expected. */
static void read_expect(struct parse *parse, struct dt_slice value)
{
    struct dt_slice expectation;
    if (parse->request->version == 10)
        return;
    while (next_element(&value, &expectation))
        if (dt_slice_eq_nocase(expectation, DT_S("100-continue")))
            parse->request->expect_continue = true;
}

static bool read_known(struct parse *parse, const struct dt_http_field *field)
{
    struct dt_slice name = field->name;
    struct dt_slice value = field->value;
    size_t at = (size_t)(name.ptr - parse->ptr);
    if (name.len == 4 && is_word(name, "host", 4))
        return read_host(parse, value, at);
    if (name.len == 10 && is_word(name, "connection", 10))
        read_connection(parse, value);
    else if (name.len == 14 && is_word(name, "content-length", 14))
        return read_length(parse, value, at);
    else if (name.len == 17 && is_word(name, "transfer-encoding", 17))
        return read_coding(parse, value, at);
    else if (name.len == 6 && is_word(name, "expect", 6))
        read_expect(parse, value);
    return true;
}

/* ---- The field lines --------------------------------------------------------------------------
 */

/* By the low five bits of a name's first letter, the lengths (one bit each) of names that
 * read_known knows and that begin so. */
static const uint32_t KNOWN[32] = {
    ['c' & 31] = 1u << 10 | 1u << 14,
    ['e' & 31] = 1u << 6,
    ['h' & 31] = 1u << 4,
    ['t' & 31] = 1u << 17,
};

/* The line that begins at start has no good name before the byte at end. */
static __attribute__((cold, noinline)) bool bad_name(const struct parse *parse, size_t start,
                                                     size_t end)
{
    char first = parse->ptr[start];
    if (dt_http1_is_space(first)) /* RFC 9112 section 5.2; or white space before the first field */
        return bad(parse, 400, start, "a folded field line");
    if (first == ':')
        return bad(parse, 400, start, "an empty field name");
    if (!dt_http1_is_token(first))
        return bad(parse, 400, start, "a byte that may not stand in a field name");
    if (dt_http1_is_space(parse->ptr[end]))
        return bad(parse, 400, end, "white space in or behind a field name");
    return bad(parse, 400, end, "a byte that may not stand in a field name");
}

/* field-name ":" OWS field-value OWS CRLF (RFC 9112 section 5), count times; at[0] is the end of
 * the line before. */
static bool read_fields(struct parse *parse, const uint16_t *at, size_t count)
{
    const char *ptr = parse->ptr;
    struct dt_http_field *field = parse->request->fields;
    for (size_t i = 0; i < count; i++, field++) {
        size_t start = at[2 * i] + 1u;
        size_t colon = at[2 * i + 1];
        size_t end = at[2 * i + 2] - 1u; /* of the value; the CR */
        if (__builtin_expect(ptr[colon] != ':', 0))
            return bad_name(parse, start, colon);
        if (__builtin_expect(ptr[end] != '\r', 0))
            return bad(parse, 400, end, "a control byte in the head");
        if (__builtin_expect(i == DT_HTTP_MAX_FIELDS, 0))
            return bad(parse, 431, start, "there are too many fields");
        size_t value = colon + 1;
        value += ptr[value] == ' ';
        while (__builtin_expect(dt_http1_is_space(ptr[value]), 0)) /* stops at the CR */
            value++;
        while (__builtin_expect(end > value && dt_http1_is_space(ptr[end - 1]), 0))
            end--;
        size_t len = colon - start;
        field->name = dt_slice_of(ptr + start, len);
        field->value = dt_slice_of(ptr + value, end - value);
        if (len < 32 && (KNOWN[ptr[start] & 31] >> len & 1) && !read_known(parse, field))
            return false;
    }
    parse->request->nfields = (uint16_t)count;
    return true;
}

/* ---- The whole --------------------------------------------------------------------------------
 */

/* What only a whole head can lack. lf is where it ends. */
static bool finish(struct parse *parse, size_t lf)
{
    struct dt_http_request *request = parse->request;
    if (parse->ptr[lf - 1] != '\r')
        return bad(parse, 400, lf - 1, "a control byte in the head");
    if (request->version == 11 && !(parse->seen & SEEN_HOST))
        return bad(parse, 400, lf, "there is no Host field");
    if (parse->seen & SEEN_CODING) {
        if (!(parse->seen & SEEN_CHUNKED))
            return bad(parse, 400, lf, "chunked is not the final transfer coding");
        if (parse->seen & SEEN_ODD_CODING)
            return bad(parse, 501, lf, "a transfer coding that this server does not know");
        request->body = DT_HTTP_BODY_CHUNKED;
    } else if (request->content_length) {
        request->body = DT_HTTP_BODY_LENGTH;
    }
    request->keep_alive =
        !(parse->seen & SEEN_CLOSE) && (request->version == 11 || (parse->seen & SEEN_KEEP_ALIVE));
    return true;
}

/* Why the byte at bad_at breaks the lines. */
static bool bad_structure(const struct parse *parse, size_t at)
{
    char before = at ? parse->ptr[at - 1] : '\0';
    if (at && before == '\r')
        return bad(parse, 400, at - 1, "a CR without LF");
    if (at && before != '\n' && !dt_http1_is_text(before))
        return bad(parse, 400, at - 1, "a control byte in the head");
    return bad(parse, 400, at, "an LF without CR");
}

/* Is what follows the last whole line a good beginning? len bytes of the head are to be looked at.
 */
static bool check_rest(const struct parse *parse, const struct dt_http1_index *index, size_t len)
{
    if (index->n == 0)
        return check_line(parse, len, false);
    bool named = index->n % 2 == 0; /* the last mark is behind a name */
    size_t start = index->at[index->n - (named ? 2 : 1)] + 1u;
    size_t end = named ? index->at[index->n - 1] : start;
    char c = start < len ? parse->ptr[end] : ':';
    if (named ? c != ':' : dt_http1_is_text(c) && !dt_http1_is_token(c) && start < len)
        return bad_name(parse, start, end);
    if (index->end == DT_HTTP1_SCAN_BAD)
        return true;
    char last = parse->ptr[len - 1];
    if (!dt_http1_is_text(last) && last != '\r' && last != '\n')
        return bad(parse, 400, len - 1, "a control byte in the head");
    return true;
}

/* The input has no whole, good head. */
static __attribute__((cold)) enum dt_http1_result
cut(const struct parse *parse, const struct dt_http1_index *index, bool at_limit)
{
    bool broken = index->end == DT_HTTP1_SCAN_BAD;
    size_t len = broken ? index->bad_at : parse->len;
    if (check_rest(parse, index, len)) {
        if (broken)
            (void)bad_structure(parse, len);
        else if (!at_limit)
            return DT_HTTP1_MORE;
        else if (index->n)
            (void)bad(parse, 431, len, "the fields are too long");
        else
            (void)bad(parse, 414, len, "the request line is too long");
    }
    return DT_HTTP1_BAD;
}

enum dt_http1_result dt_http1_parse(struct dt_slice input, struct dt_http_request *ret_request,
                                    size_t *ret_used, struct dt_http1_error *ret_error)
{
    struct dt_http1_index index;
    struct parse parse = {.request = ret_request, .error = ret_error};
    if (input.len >= 2 && input.ptr[0] == '\r' && input.ptr[1] == '\n')
        parse.lead = 2;
    size_t limit = input.len < DT_HTTP1_MAX_HEAD ? input.len : DT_HTTP1_MAX_HEAD;
    parse.len = limit - parse.lead;
    if (parse.len == 0 || (input.len == 1 && input.ptr[0] == '\r'))
        return DT_HTTP1_MORE;
    parse.ptr = input.ptr + parse.lead;
    dt_http1_scan(parse.ptr, parse.len, &index);

    ret_request->authority = DT_SLICE_NONE;
    ret_request->content_length = 0;
    ret_request->body = DT_HTTP_BODY_NONE;
    ret_request->expect_continue = false;
    if (index.n &&
        (!read_line(&parse, index.at[0]) || !read_fields(&parse, index.at, (index.n - 1) / 2)))
        return DT_HTTP1_BAD;
    if (__builtin_expect(index.end != DT_HTTP1_SCAN_WHOLE, 0))
        return cut(&parse, &index, input.len >= DT_HTTP1_MAX_HEAD);
    size_t lf = index.at[index.n - 1];
    if (!finish(&parse, lf))
        return DT_HTTP1_BAD;
    *ret_used = parse.lead + lf + 1;
    return DT_HTTP1_DONE;
}
