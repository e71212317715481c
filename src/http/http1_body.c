/* SPDX-License-Identifier: MIT
 *
 * Where does a request body end? With a Content-Length it is a subtraction. The chunked coding is a
 * small language, read here byte by byte but for the data, which is skipped at once. Everything is
 * bounded, and what a lenient reader would forgive (a bare LF, white space behind a size, a sign)
 * is an error: after it, the two ends of the connection may disagree where the next request begins.
 */
#include "http/http1_body.h"

#include "http/http1_chars.h"

#define MAX_DIGITS 16u     /* of a chunk size: 64 bits, so it cannot overflow */
#define MAX_EXTENSION 256u /* bytes of extensions in a chunk-size line */
#define MAX_TRAILER (8u << 10)

enum state {
    STATE_DONE,
    STATE_BAD,
    STATE_LENGTH,
    STATE_SIZE,      /* 1*HEXDIG */
    STATE_EXTENSION, /* from the ";" on */
    STATE_SIZE_LF,
    STATE_DATA,
    STATE_DATA_CR,
    STATE_DATA_LF,
    STATE_LINE, /* a trailer line or the last, empty one begins */
    STATE_NAME,
    STATE_VALUE,
    STATE_VALUE_LF,
    STATE_LAST_LF,
};

void dt_http1_body_begin(struct dt_http1_body *body, const struct dt_http_request *request)
{
    *body = (struct dt_http1_body){.state = STATE_DONE};
    if (request->body == DT_HTTP_BODY_CHUNKED) {
        body->state = STATE_SIZE;
    } else if (request->body == DT_HTTP_BODY_LENGTH && request->content_length) {
        body->state = STATE_LENGTH;
        body->left = request->content_length;
    }
}

/* -1 when it is no hexadecimal digit. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = dt_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum state read_size(struct dt_http1_body *body, char c)
{
    int value = hex_value(c);
    if (value >= 0) {
        if (body->digits == MAX_DIGITS)
            return STATE_BAD;
        body->digits++;
        body->left = body->left << 4 | (unsigned)value;
        return STATE_SIZE;
    }
    if (body->digits == 0)
        return STATE_BAD;
    body->line = 0;
    if (c == ';')
        return STATE_EXTENSION;
    return c == '\r' ? STATE_SIZE_LF : STATE_BAD;
}

/* One more byte that is kept nowhere but counted. */
static bool counted(struct dt_http1_body *body, unsigned max)
{
    return body->line++ < max;
}

/* chunked-body = *chunk last-chunk trailer-section CRLF (RFC 9112 section 7.1). */
static enum state read_byte(struct dt_http1_body *body, char c)
{
    switch ((enum state)body->state) {
    case STATE_SIZE:
        return read_size(body, c);
    case STATE_EXTENSION:
        if (c == '\r')
            return STATE_SIZE_LF;
        return dt_http1_is_text(c) && counted(body, MAX_EXTENSION) ? STATE_EXTENSION : STATE_BAD;
    case STATE_SIZE_LF:
        body->line = 0;
        body->digits = 0;
        if (c != '\n')
            return STATE_BAD;
        return body->left ? STATE_DATA : STATE_LINE;
    case STATE_DATA_CR:
        return c == '\r' ? STATE_DATA_LF : STATE_BAD;
    case STATE_DATA_LF:
        return c == '\n' ? STATE_SIZE : STATE_BAD;
    case STATE_LINE:
        if (c == '\r')
            return STATE_LAST_LF;
        return dt_http1_is_token(c) && counted(body, MAX_TRAILER) ? STATE_NAME : STATE_BAD;
    case STATE_NAME:
        if (!counted(body, MAX_TRAILER))
            return STATE_BAD;
        if (c == ':')
            return STATE_VALUE;
        return dt_http1_is_token(c) ? STATE_NAME : STATE_BAD;
    case STATE_VALUE:
        if (c == '\r')
            return STATE_VALUE_LF;
        return dt_http1_is_text(c) && counted(body, MAX_TRAILER) ? STATE_VALUE : STATE_BAD;
    case STATE_VALUE_LF:
        return c == '\n' ? STATE_LINE : STATE_BAD;
    case STATE_LAST_LF:
        return c == '\n' ? STATE_DONE : STATE_BAD;
    case STATE_DONE:
    case STATE_BAD:
    case STATE_LENGTH:
    case STATE_DATA:
        break;
    }
    return STATE_BAD;
}

enum dt_http1_body_result dt_http1_body_skip(struct dt_http1_body *body, struct dt_slice input,
                                             size_t *ret_used)
{
    size_t at = 0;
    while (at < input.len && body->state != STATE_DONE && body->state != STATE_BAD) {
        if (body->state == STATE_LENGTH || body->state == STATE_DATA) {
            size_t step = input.len - at < body->left ? input.len - at : (size_t)body->left;
            at += step;
            body->left -= step;
            if (body->left == 0)
                body->state = body->state == STATE_DATA ? STATE_DATA_CR : STATE_DONE;
        } else {
            body->state = (uint8_t)read_byte(body, input.ptr[at++]);
        }
    }
    body->total = at > UINT32_MAX - body->total ? UINT32_MAX : body->total + (uint32_t)at;
    *ret_used = at;
    if (body->state == STATE_DONE)
        return DT_HTTP1_BODY_DONE;
    return body->state == STATE_BAD ? DT_HTTP1_BODY_BAD : DT_HTTP1_BODY_MORE;
}
