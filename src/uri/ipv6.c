/* SPDX-License-Identifier: MIT
 * IPv6 parser and serialiser of the URL standard; see ipv6.h. */
#include "uri/ipv6.h"
#include "uri/char_class.h"

struct cursor {
    struct dt_slice in;
    size_t at;
};

static bool at_end(const struct cursor *c)
{
    return c->at == c->in.len;
}

static bool at_char(const struct cursor *c, char want)
{
    return !at_end(c) && c->in.ptr[c->at] == want;
}

static bool at_digit(const struct cursor *c)
{
    return !at_end(c) && dt_char_is(c->in.ptr[c->at], DT_CHAR_DIGIT);
}

/* One decimal byte of the IPv4 tail: no leading zero, at most 255. */
static bool parse_byte(struct cursor *c, unsigned *ret)
{
    if (!at_digit(c))
        return false;
    unsigned value = 0;
    for (size_t digits = 0; at_digit(c); digits++) {
        if (digits > 0 && value == 0)
            return false;
        value = value * 10 + dt_hex_value(c->in.ptr[c->at++]);
        if (value > 255)
            return false;
    }
    *ret = value;
    return true;
}

/* "1.2.3.4" at the end of the address fills two pieces. */
static bool parse_tail(struct cursor *c, uint16_t pieces[2])
{
    unsigned bytes[4];
    for (size_t i = 0; i < 4; i++) {
        if (i > 0 && !at_char(c, '.'))
            return false;
        c->at += i > 0;
        if (!parse_byte(c, &bytes[i]))
            return false;
    }
    pieces[0] = (uint16_t)(bytes[0] << 8 | bytes[1]);
    pieces[1] = (uint16_t)(bytes[2] << 8 | bytes[3]);
    return at_end(c);
}

/* Up to four hex digits; returns how many. */
static size_t parse_piece(struct cursor *c, uint16_t *ret)
{
    unsigned value = 0;
    size_t digits = 0;
    while (digits < 4 && !at_end(c) && dt_char_is(c->in.ptr[c->at], DT_CHAR_HEX)) {
        value = value << 4 | dt_hex_value(c->in.ptr[c->at++]);
        digits++;
    }
    *ret = (uint16_t)value;
    return digits;
}

/* Moves the pieces behind "::" to the end, zeros between. */
static void spread(uint16_t pieces[8], size_t count, size_t compress)
{
    for (size_t to = 8; count > compress; pieces[count] = 0)
        pieces[--to] = pieces[--count];
}

enum dt_err dt_ipv6_parse(struct dt_slice input, uint16_t ret_pieces[8])
{
    enum { NONE = 9 };
    struct cursor c = {input, 0};
    uint16_t pieces[8] = {0};
    size_t count = 0;
    size_t compress = NONE;

    if (at_char(&c, ':')) {
        if (input.len < 2 || input.ptr[1] != ':')
            return DT_ERR_HOST;
        c.at = 2;
        compress = 0;
    }
    while (!at_end(&c)) {
        if (count == 8)
            return DT_ERR_HOST;
        if (at_char(&c, ':')) { /* the second of "::" */
            if (compress != NONE)
                return DT_ERR_HOST;
            c.at++;
            compress = count;
            continue;
        }
        size_t start = c.at;
        size_t digits = parse_piece(&c, &pieces[count]);
        if (at_char(&c, '.') && digits > 0) {
            c.at = start;
            if (count > 6 || !parse_tail(&c, pieces + count))
                return DT_ERR_HOST;
            count += 2;
            break;
        }
        if (digits == 0)
            return DT_ERR_HOST;
        count++;
        if (at_end(&c))
            break;
        if (!at_char(&c, ':') || ++c.at == input.len)
            return DT_ERR_HOST;
    }
    if (compress == NONE ? count != 8 : count == 8)
        return DT_ERR_HOST;
    if (compress != NONE)
        spread(pieces, count, compress);
    memcpy(ret_pieces, pieces, sizeof pieces);
    return DT_OK;
}

static void write_piece(struct dt_out *out, uint16_t piece)
{
    static const char HEX[] = "0123456789abcdef";
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = ((unsigned)piece >> shift) & 15u;
        started = started || digit || shift == 0;
        if (started)
            dt_out_char(out, HEX[digit]);
    }
}

void dt_ipv6_write(struct dt_out *out, const uint16_t pieces[8])
{
    size_t best = 8, best_len = 1; /* RFC 5952 section 4.2.2: never for a single zero */
    for (size_t i = 0; i < 8; i++) {
        size_t len = 0;
        while (i + len < 8 && pieces[i + len] == 0)
            len++;
        if (len > best_len) {
            best = i;
            best_len = len;
        }
        i += len;
    }
    for (size_t i = 0; i < 8; i++) {
        if (i == best) {
            dt_out_put(out, i == 0 ? DT_S("::") : DT_S(":"));
            i += best_len - 1;
            continue;
        }
        write_piece(out, pieces[i]);
        if (i != 7)
            dt_out_char(out, ':');
    }
}
