/* SPDX-License-Identifier: MIT
 *
 * The chunked body skipper on any bytes, cut in any way, against a plain reader of the whole input
 * that follows the grammar of RFC 9112 section 7.1 line by line. The first byte of the input is the
 * size of the cuts.
 */
#include "http/http1_body.h"
#include "http/http1_chars.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool so)
{
    if (!so)
        abort();
}

/* ---- The plain reader --------------------------------------------------------------------- */

struct reader {
    const char *ptr;
    size_t len;
    size_t at;
    enum dt_http1_body_result result; /* MORE when the input ended, BAD; DONE: so far so good */
};

/* The next byte, or 0 and a result that is not DONE. */
static char peek(struct reader *reader)
{
    if (reader->result == DT_HTTP1_BODY_DONE && reader->at == reader->len)
        reader->result = DT_HTTP1_BODY_MORE;
    return reader->result == DT_HTTP1_BODY_DONE ? reader->ptr[reader->at] : '\0';
}

static bool good(const struct reader *reader)
{
    return reader->result == DT_HTTP1_BODY_DONE;
}

static void expect(struct reader *reader, char c)
{
    char got = peek(reader);
    if (!good(reader))
        return;
    if (got == c)
        reader->at++;
    else
        reader->result = DT_HTTP1_BODY_BAD;
}

static void bad_if(struct reader *reader, bool so)
{
    if (good(reader) && so)
        reader->result = DT_HTTP1_BODY_BAD;
}

static uint64_t read_size(struct reader *reader)
{
    static const char DIGITS[] = "0123456789abcdef";
    uint64_t size = 0;
    unsigned digits = 0;
    for (;; digits++, reader->at++) {
        char c = dt_ascii_lower(peek(reader));
        const char *digit = c ? strchr(DIGITS, c) : NULL;
        if (!good(reader) || !digit)
            break;
        bad_if(reader, digits == 16);
        size = size * 16 + (uint64_t)(digit - DIGITS);
    }
    bad_if(reader, digits == 0);
    return size;
}

/* Text up to a CR, at most max bytes of it. */
static size_t read_text(struct reader *reader, size_t max)
{
    size_t count = 0;
    for (;; count++, reader->at++) {
        char c = peek(reader);
        if (!good(reader) || c == '\r')
            return count;
        bad_if(reader, !dt_http1_is_text(c) || count == max);
    }
}

static void read_trailers(struct reader *reader)
{
    size_t left = 8192;
    while (peek(reader) != '\r' && good(reader)) {
        for (size_t name = 0; peek(reader) != ':' && good(reader); name++) {
            bad_if(reader, !dt_http1_is_token(peek(reader)) || left == 0);
            left--;
            reader->at++;
        }
        if (!good(reader))
            return;
        bad_if(reader, left == 0 || (reader->at > 0 && reader->ptr[reader->at - 1] == '\n'));
        expect(reader, ':');
        left--;
        left -= read_text(reader, left);
        expect(reader, '\r');
        expect(reader, '\n');
    }
}

static struct reader read_plainly(const char *ptr, size_t len)
{
    struct reader reader = {ptr, len, 0, DT_HTTP1_BODY_DONE};
    while (good(&reader)) {
        uint64_t size = read_size(&reader);
        if (peek(&reader) == ';') {
            reader.at++;
            (void)read_text(&reader, 256);
        }
        expect(&reader, '\r');
        expect(&reader, '\n');
        if (!good(&reader))
            break;
        if (size == 0) {
            read_trailers(&reader);
            expect(&reader, '\r');
            expect(&reader, '\n');
            break;
        }
        if (size > reader.len - reader.at) {
            reader.at = reader.len;
            reader.result = DT_HTTP1_BODY_MORE;
            break;
        }
        reader.at += (size_t)size;
        expect(&reader, '\r');
        expect(&reader, '\n');
    }
    return reader;
}

/* ---- The skipper -------------------------------------------------------------------------- */

static enum dt_http1_body_result skip(const char *ptr, size_t len, size_t step, size_t *ret_used)
{
    static struct dt_http_request request;
    struct dt_http1_body body;
    enum dt_http1_body_result result = DT_HTTP1_BODY_MORE;
    request.body = DT_HTTP_BODY_CHUNKED;
    dt_http1_body_begin(&body, &request);
    *ret_used = 0;
    for (size_t at = 0; at < len && result == DT_HTTP1_BODY_MORE; at += step) {
        size_t size = len - at < step ? len - at : step;
        size_t used = 0;
        result = dt_http1_body_skip(&body, dt_slice_of(ptr + at, size), &used);
        must(used <= size && (result != DT_HTTP1_BODY_MORE || used == size));
        *ret_used += used;
        must(body.total == *ret_used);
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *ptr = (const char *)data + 1;
    size_t len = size - 1;
    struct reader plain = read_plainly(ptr, len);
    size_t whole = 0;
    size_t cut = 0;
    must(skip(ptr, len, len ? len : 1, &whole) == plain.result);
    must(skip(ptr, len, (size_t)data[0] + 1, &cut) == plain.result);
    must(cut == whole);
    must(plain.result != DT_HTTP1_BODY_DONE || whole == plain.at);
    return 0;
}
