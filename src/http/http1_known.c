/* SPDX-License-Identifier: MIT
 *
 * The fields that say where a message ends, whom it is for, and whether the connection goes on: the
 * ones that a proxy in front and we must read alike. What leaves room for two readings is refused.
 */
#include "http/http1_known.h"

#include "http/http1_chars.h"

#define MAX_KNOWN 1024u /* bytes of these fields' values, all together */

enum {
    SEEN_HOST = 1,
    SEEN_CLOSE = 2,
    SEEN_KEEP_ALIVE = 4,
    SEEN_LENGTH = 8,
    SEEN_CODING = 16,     /* Transfer-Encoding */
    SEEN_CHUNKED = 32,    /* ... and chunked is the last coding so far */
    SEEN_ODD_CODING = 64, /* ... and there was another coding */
};

const uint32_t dt_http1_known_lengths[32] = {
    ['c' & 31] = 1u << 10 | 1u << 14,
    ['e' & 31] = 1u << 6,
    ['h' & 31] = 1u << 4,
    ['t' & 31] = 1u << 17,
};

/* The bits in which four or eight bytes differ from a literal of lower-case letters and hyphens,
 * but for case. The text has no control bytes, so that bit 0x20 tells nothing but a letter's case.
 */
static inline uint64_t differs4(const char *text, const char *literal)
{
    uint32_t a = 0;
    uint32_t b = 0;
    memcpy(&a, text, 4);
    memcpy(&b, literal, 4);
    return (a | 0x20202020) ^ b;
}

static inline uint64_t differs8(const char *text, const char *literal)
{
    uint64_t a = 0;
    uint64_t b = 0;
    memcpy(&a, text, 8);
    memcpy(&b, literal, 8);
    return (a | 0x2020202020202020) ^ b;
}

/* Is text the word, but for case? A word has at least 4 bytes; the last piece compared overlaps. */
static inline __attribute__((always_inline)) bool is_word(struct dt_slice text,
                                                          struct dt_slice word)
{
    size_t len = word.len;
    uint64_t differs = 0;
    if (text.len != len)
        return false;
    if (len < 8)
        return (differs4(text.ptr, word.ptr) | differs4(text.ptr + len - 4, word.ptr + len - 4)) ==
               0;
    for (size_t i = 0; i + 8 <= len; i += 8)
        differs |= differs8(text.ptr + i, word.ptr + i);
    return (differs | differs8(text.ptr + len - 8, word.ptr + len - 8)) == 0;
}

/* The next element of a comma list, trimmed; false at the end of the list. */
static bool next_element(struct dt_slice *list, struct dt_slice *ret)
{
    struct dt_slice element = dt_slice_of(list->ptr, 0);
    if (!list->ptr)
        return false;
    while (element.len < list->len && element.ptr[element.len] != ',')
        element.len++;
    bool last = element.len == list->len;
    *list = last ? DT_SLICE_NONE
                 : dt_slice_of(list->ptr + element.len + 1, list->len - element.len - 1);
    while (element.len && dt_http1_is_space(element.ptr[0]))
        element = dt_slice_of(element.ptr + 1, element.len - 1);
    while (element.len && dt_http1_is_space(element.ptr[element.len - 1]))
        element.len--;
    *ret = element;
    return true;
}

/* RFC 9112 section 3.2. */
static bool read_host(struct dt_http1_state *state, struct dt_slice value, size_t at)
{
    struct dt_http_request *request = state->request;
    if (state->seen & SEEN_HOST)
        return dt_http1_bad(state, 400, at, "there are two Host fields");
    state->seen |= SEEN_HOST;
    /* Host is empty when the target has no authority; an http URL always has one, so in
     * origin-form HTTP/1.1 an empty one names nothing (RFC 9110 section 4.2.1). */
    bool may_be_empty = request->version == 10 || state->form != DT_HTTP1_TARGET_ORIGIN;
    if (value.len ? !dt_http1_authority_valid(value, false) : !may_be_empty)
        return dt_http1_bad(state, 400, at, "the Host field is invalid");
    if (state->form == DT_HTTP1_TARGET_ORIGIN || state->form == DT_HTTP1_TARGET_ASTERISK)
        request->authority = value;
    return true;
}

/* RFC 9112 section 9.3: close wins; what else is listed concerns other parties. Never bad. */
static bool read_connection(struct dt_http1_state *state, struct dt_slice value)
{
    struct dt_slice option;
    if (is_word(value, DT_S("keep-alive"))) { /* by far the most frequent value */
        state->seen |= SEEN_KEEP_ALIVE;
        return true;
    }
    while (next_element(&value, &option)) {
        if (is_word(option, DT_S("keep-alive")))
            state->seen |= SEEN_KEEP_ALIVE;
        else if (is_word(option, DT_S("close")))
            state->seen |= SEEN_CLOSE;
    }
    return true;
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
static bool read_length(struct dt_http1_state *state, struct dt_slice value, size_t at)
{
    uint64_t length = 0;
    if (state->seen & SEEN_LENGTH)
        return dt_http1_bad(state, 400, at, "there are two Content-Length fields");
    if (state->seen & SEEN_CODING)
        return dt_http1_bad(state, 400, at, "there are both Transfer-Encoding and Content-Length");
    state->seen |= SEEN_LENGTH;
    for (size_t i = 0; i < value.len; i++) {
        unsigned digit = (unsigned)(uint8_t)value.ptr[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(length, 10u, &length) ||
            __builtin_add_overflow(length, digit, &length))
            return dt_http1_bad(state, 400, at,
                                "Content-Length is not a number that this server can count");
    }
    if (!value.len || has_tab_beside(value))
        return dt_http1_bad(state, 400, at, "Content-Length is empty or has a HTAB beside it");
    state->request->content_length = length;
    return true;
}

/* RFC 9112 sections 6.1 and 6.3. Empty list elements, which section 5.6.1 of RFC 9110 would ignore
 * in reasonable number, are refused: none is reasonable where the framing hangs on it. */
static bool read_coding(struct dt_http1_state *state, struct dt_slice value, size_t at)
{
    struct dt_slice coding;
    if (state->request->version == 10)
        return dt_http1_bad(state, 400, at, "Transfer-Encoding in an HTTP/1.0 request");
    if (state->seen & SEEN_LENGTH)
        return dt_http1_bad(state, 400, at, "there are both Transfer-Encoding and Content-Length");
    if (has_tab_beside(value))
        return dt_http1_bad(state, 400, at, "Transfer-Encoding has a HTAB beside its value");
    state->seen |= SEEN_CODING;
    while (next_element(&value, &coding)) {
        if (state->seen & SEEN_CHUNKED)
            return dt_http1_bad(state, 400, at, "chunked is not the final transfer coding");
        if (dt_slice_eq_nocase(coding, DT_S("chunked"))) {
            state->seen |= SEEN_CHUNKED;
            continue;
        }
        state->seen |= SEEN_ODD_CODING;
        if (!coding.len || !dt_http1_is_token(coding.ptr[0]))
            return dt_http1_bad(state, 400, at,
                                "Transfer-Encoding has an element that is no coding");
    }
    return true;
}

/* RFC 9110 section 10.1.1: ignored in HTTP/1.0; an expectation that is not known may be answered
 * with 417 or ignored, and a redirect needs nothing that could be expected. Never bad. */
static bool read_expect(struct dt_http1_state *state, struct dt_slice value)
{
    struct dt_slice expectation;
    if (state->request->version == 10)
        return true;
    while (next_element(&value, &expectation))
        if (dt_slice_eq_nocase(expectation, DT_S("100-continue")))
            state->request->expect_continue = true;
    return true;
}

/* So that no head is slow to read, however often it is read while it comes in. */
static inline bool is_short(struct dt_http1_state *state, struct dt_slice value, size_t at)
{
    state->known += value.len;
    return state->known <= MAX_KNOWN ||
           dt_http1_bad(state, 431, at,
                        "the fields about this connection and message are too long");
}

bool dt_http1_known_read(struct dt_http1_state *state, const struct dt_field *field)
{
    struct dt_slice name = field->name;
    struct dt_slice value = field->value;
    size_t at = (size_t)(name.ptr - state->ptr);
    if (is_word(name, DT_S("host")))
        return is_short(state, value, at) && read_host(state, value, at);
    if (is_word(name, DT_S("connection")))
        return is_short(state, value, at) && read_connection(state, value);
    if (is_word(name, DT_S("content-length")))
        return is_short(state, value, at) && read_length(state, value, at);
    if (is_word(name, DT_S("transfer-encoding")))
        return is_short(state, value, at) && read_coding(state, value, at);
    if (is_word(name, DT_S("expect")))
        return is_short(state, value, at) && read_expect(state, value);
    return true;
}

/* RFC 9112 sections 3.2, 6.3 and 9.3. */
bool dt_http1_known_finish(struct dt_http1_state *state, size_t at)
{
    struct dt_http_request *request = state->request;
    if (request->version == 11 && !(state->seen & SEEN_HOST))
        return dt_http1_bad(state, 400, at, "there is no Host field");
    if (state->seen & SEEN_CODING) {
        if (!(state->seen & SEEN_CHUNKED))
            return dt_http1_bad(state, 400, at, "chunked is not the final transfer coding");
        if (state->seen & SEEN_ODD_CODING)
            return dt_http1_bad(state, 501, at, "a transfer coding that this server does not know");
        request->body = DT_HTTP_BODY_CHUNKED;
    } else if (request->content_length) {
        request->body = DT_HTTP_BODY_LENGTH;
    }
    request->keep_alive =
        !(state->seen & SEEN_CLOSE) && (request->version == 11 || (state->seen & SEEN_KEEP_ALIVE));
    return true;
}
