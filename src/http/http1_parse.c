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
 * A client that sends one byte at a time so makes us read its head as often as it has bytes. That
 * is bounded by making each reading cheap, whatever stands in the head: one to ten microseconds for
 * 16 KiB (bench/micro_head.c tells), about what the kernel spends on such a packet. So there is no
 * state to keep between two readings, or to get wrong.
 */
#include "http/http1_chars.h"
#include "http/http1_known.h"
#include "http/http1_scan.h"
#include "http/http1_state.h"
#include "http/http1_target.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define MAX_METHOD 64u

__attribute__((cold)) bool dt_http1_bad(const struct dt_http1_state *state, uint16_t status,
                                        size_t at, const char *reason)
{
    *state->error = (struct dt_http1_error){status, (uint32_t)(state->lead + at), reason};
    return false;
}

/* ---- The request line --------------------------------------------------------------------- */

/* How many of the n bytes at ptr may stand in a request target: no space, control byte or "#". room
 * bytes may be read. *ret_query is where the first "?" among them is, or that number. */
static size_t target_span(const char *ptr, size_t n, size_t room, size_t *ret_query)
{
    size_t query = SIZE_MAX;
    size_t at = 0;
#if defined(__SSE2__)
    for (; at < n && room - at >= 16; at += 16) {
        uint32_t inside = n - at >= 16 ? 0xFFFF : (1u << (n - at)) - 1;
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(ptr + at));
        __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(' ')), v);
        __m128i no = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('#')),
                                  _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7F)));
        __m128i mark = _mm_cmpeq_epi8(v, _mm_set1_epi8('?'));
        if ((uint32_t)_mm_movemask_epi8(_mm_or_si128(low, no)) & inside)
            break; /* found again below */
        uint32_t marks = (uint32_t)_mm_movemask_epi8(mark) & inside;
        if (marks && query == SIZE_MAX)
            query = at + (unsigned)__builtin_ctz(marks);
    }
#endif
    for (; at < n; at++) {
        if ((uint8_t)ptr[at] <= ' ' || ptr[at] == '#' || ptr[at] == 0x7F)
            n = at;
        else if (ptr[at] == '?' && query == SIZE_MAX)
            query = at;
    }
    *ret_query = query < n ? query : n;
    return n;
}

static bool bad_target(const struct dt_http1_state *state, size_t at, size_t target)
{
    if (state->ptr[at] == '#')
        return dt_http1_bad(state, 400, at, "the request target has a fragment");
    if (state->ptr[at] == '\r')
        return dt_http1_bad(state, 400, at, "the request line has no version");
    if (at == target)
        return dt_http1_bad(state, 400, at, "the request target is empty");
    return dt_http1_bad(state, 400, at, "a byte in the request target that may not stand there");
}

/* The first n bytes of a request line, in order: is it a good beginning? whole: they end with its
 * CR. Only for lines that are cut or that read_line did not like. */
static __attribute__((cold)) bool check_line(const struct dt_http1_state *state, size_t n,
                                             bool whole)
{
    static const char VERSION[] = "HTTP/#.#\r";
    const char *ptr = state->ptr;
    size_t at = 0;
    size_t query = 0;
    /* A TLS record of the handshake type: nobody there would read an HTTP answer. */
    if (ptr[0] == 0x16 && state->lead == 0 && (state->len == 1 || ptr[1] == 0x03))
        return state->len == 1 || dt_http1_bad(state, 0, 0, "TLS on a port without TLS");
    while (at < n && at <= MAX_METHOD && dt_http1_is_token(ptr[at]))
        at++;
    /* RFC 9112 section 3: a method that is longer than any known one. */
    if (at > MAX_METHOD)
        return dt_http1_bad(state, 501, MAX_METHOD, "the method is too long");
    if (at == n)
        return true;
    if (at == 0 || ptr[at] != ' ')
        return dt_http1_bad(state, 400, at,
                            "the request line does not begin with a method and a space");
    size_t target = ++at;
    at += target_span(ptr + at, n - at, state->len - at, &query);
    if (at == n)
        return true;
    if (ptr[at] != ' ' || at == target)
        return bad_target(state, at, target);
    at++;
    for (size_t i = 0; i < sizeof VERSION - 1; i++, at++) {
        if (at == n)
            return true;
        if (VERSION[i] == '#' ? ptr[at] < '0' || ptr[at] > '9' : ptr[at] != VERSION[i])
            return dt_http1_bad(state, 400, at,
                                "the request line does not end with a space and a version");
    }
    /* RFC 9110 section 15.6.6; the preface of HTTP/2 is such a line too. */
    if (whole && ptr[at - 4] != '1')
        return dt_http1_bad(state, 505, at - 4, "this server speaks HTTP/1.0 and HTTP/1.1");
    return true;
}

/* method SP request-target SP HTTP-version CRLF (RFC 9112 section 3); lf is where it ends. */
static bool read_line(struct dt_http1_state *state, size_t lf)
{
    static const char VERSION[8] = {' ', 'H', 'T', 'T', 'P', '/', '1', '.'};
    const char *ptr = state->ptr;
    struct dt_http_request *request = state->request;
    size_t method = 0;
    size_t query = 0;
    while (dt_http1_is_token(ptr[method])) /* an LF follows */
        method++;
    size_t target = method + 1;
    size_t len = lf - target - 10;
    if (method == 0 || method > MAX_METHOD || ptr[method] != ' ' || lf < target + 11 ||
        memcmp(ptr + lf - 10, VERSION, sizeof VERSION) != 0 || ptr[lf - 2] < '0' ||
        ptr[lf - 2] > '9' || ptr[lf - 1] != '\r' ||
        target_span(ptr + target, len, state->len - target, &query) < len)
        return check_line(state, lf, true) ? dt_http1_bad(state, 400, 0, "the request line is bad")
                                           : false;

    request->method = dt_slice_of(ptr, method);
    request->head = method == 4 && memcmp(ptr, "HEAD", 4) == 0;
    /* RFC 9110 section 2.5: a higher minor version is read as the highest one known. */
    request->version = ptr[lf - 2] == '0' ? 10 : 11;
    const char *reason =
        dt_http1_target_read(dt_slice_of(ptr + target, len), query, request, &state->form);
    return reason ? dt_http1_bad(state, 400, target, reason) : true;
}

/* ---- The field lines ---------------------------------------------------------------------- */

/* The line that begins at start has no good name before the byte at end. */
static __attribute__((cold, noinline)) bool bad_name(const struct dt_http1_state *state,
                                                     size_t start, size_t end)
{
    char first = state->ptr[start];
    if (dt_http1_is_space(first)) /* RFC 9112 section 5.2; or white space before the first field */
        return dt_http1_bad(state, 400, start, "a folded field line");
    if (first == ':')
        return dt_http1_bad(state, 400, start, "an empty field name");
    if (!dt_http1_is_token(first))
        return dt_http1_bad(state, 400, start, "a byte that may not stand in a field name");
    if (dt_http1_is_space(state->ptr[end]))
        return dt_http1_bad(state, 400, end, "white space in or behind a field name");
    return dt_http1_bad(state, 400, end, "a byte that may not stand in a field name");
}

/* field-name ":" OWS field-value OWS CRLF (RFC 9112 section 5), count times; at[0] is the end of
 * the line before. */
static bool read_fields(struct dt_http1_state *state, const uint16_t *at, size_t count)
{
    const char *ptr = state->ptr;
    struct dt_field *field = state->request->fields;
    for (size_t i = 0; i < count; i++, field++) {
        size_t start = at[2 * i] + 1u;
        size_t colon = at[2 * i + 1];
        size_t end = at[2 * i + 2] - 1u; /* of the value; the CR */
        if (__builtin_expect(ptr[colon] != ':', 0))
            return bad_name(state, start, colon);
        if (__builtin_expect(ptr[end] != '\r', 0))
            return dt_http1_bad(state, 400, end, "a control byte in the head");
        if (__builtin_expect(i == DT_HTTP_MAX_FIELDS, 0))
            return dt_http1_bad(state, 431, start, "there are too many fields");
        size_t value = colon + 1;
        value += ptr[value] == ' ';
        while (__builtin_expect(dt_http1_is_space(ptr[value]), 0)) /* stops at the CR */
            value++;
        while (__builtin_expect(end > value && dt_http1_is_space(ptr[end - 1]), 0))
            end--;
        size_t len = colon - start;
        field->name = dt_slice_of(ptr + start, len);
        field->value = dt_slice_of(ptr + value, end - value);
        if (dt_http1_known_maybe(field->name) && !dt_http1_known_read(state, field))
            return false;
    }
    state->request->nfields = (uint16_t)count;
    return true;
}

/* ---- The whole ---------------------------------------------------------------------------- */

/* Why the byte at bad_at breaks the lines. */
static bool bad_structure(const struct dt_http1_state *state, size_t at)
{
    char before = at ? state->ptr[at - 1] : '\0';
    if (at && before == '\r')
        return dt_http1_bad(state, 400, at - 1, "a CR without LF");
    if (at && before != '\n' && !dt_http1_is_text(before))
        return dt_http1_bad(state, 400, at - 1, "a control byte in the head");
    return dt_http1_bad(state, 400, at, "an LF without CR");
}

/* Is what follows the last whole line a good beginning? len bytes of the head are to be looked at.
 */
static bool check_rest(const struct dt_http1_state *state, const struct dt_http1_index *index,
                       size_t len)
{
    if (index->n == 0)
        return check_line(state, len, false);
    bool named = index->n % 2 == 0; /* the last mark is behind a name */
    size_t start = index->at[index->n - (named ? 2 : 1)] + 1u;
    size_t end = named ? index->at[index->n - 1] : start;
    char c = start < len ? state->ptr[end] : ':';
    if (named ? c != ':' : dt_http1_is_text(c) && !dt_http1_is_token(c) && start < len)
        return bad_name(state, start, end);
    if (index->end == DT_HTTP1_SCAN_BAD)
        return true;
    char last = state->ptr[len - 1];
    if (!dt_http1_is_text(last) && last != '\r' && last != '\n')
        return dt_http1_bad(state, 400, len - 1, "a control byte in the head");
    return true;
}

/* The input has no whole, good head. */
static __attribute__((cold)) enum dt_http1_result
cut(const struct dt_http1_state *state, const struct dt_http1_index *index, bool at_limit)
{
    bool broken = index->end == DT_HTTP1_SCAN_BAD;
    size_t len = broken ? index->bad_at : state->len;
    if (check_rest(state, index, len)) {
        if (broken)
            (void)bad_structure(state, len);
        else if (!at_limit)
            return DT_HTTP1_MORE;
        else if (index->n)
            (void)dt_http1_bad(state, 431, len, "the fields are too long");
        else
            (void)dt_http1_bad(state, 414, len, "the request line is too long");
    }
    return DT_HTTP1_BAD;
}

enum dt_http1_result dt_http1_parse(struct dt_slice input, struct dt_http_request *ret_request,
                                    size_t *ret_used, struct dt_http1_error *ret_error)
{
    struct dt_http1_index index;
    struct dt_http1_state state = {.request = ret_request, .error = ret_error};
    if (input.len >= 2 && input.ptr[0] == '\r' && input.ptr[1] == '\n')
        state.lead = 2;
    size_t limit = input.len < DT_HTTP1_MAX_HEAD ? input.len : DT_HTTP1_MAX_HEAD;
    state.len = limit - state.lead;
    if (state.len == 0 || (input.len == 1 && input.ptr[0] == '\r'))
        return DT_HTTP1_MORE;
    state.ptr = input.ptr + state.lead;
    dt_http1_scan(state.ptr, state.len, &index);

    ret_request->authority = DT_SLICE_NONE;
    ret_request->content_length = 0;
    ret_request->body = DT_HTTP_BODY_NONE;
    ret_request->expect_continue = false;
    if (index.n &&
        (!read_line(&state, index.at[0]) || !read_fields(&state, index.at, (index.n - 1) / 2)))
        return DT_HTTP1_BAD;
    if (__builtin_expect(index.end != DT_HTTP1_SCAN_WHOLE, 0))
        return cut(&state, &index, input.len >= DT_HTTP1_MAX_HEAD);
    size_t lf = index.at[index.n - 1];
    if (state.ptr[lf - 1] != '\r' &&
        !dt_http1_bad(&state, 400, lf - 1, "a control byte in the head"))
        return DT_HTTP1_BAD;
    if (!dt_http1_known_finish(&state, lf))
        return DT_HTTP1_BAD;
    *ret_used = state.lead + lf + 1;
    return DT_HTTP1_DONE;
}
