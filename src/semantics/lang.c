/* SPDX-License-Identifier: MIT
 *
 * A field is read once, into a list of fixed length; then every offer is held against every range.
 * No client lists more languages than the list has room for, and one that does is served by the
 * first of them: that is what keeps a hostile field as cheap as a long one.
 */
#include "semantics/lang.h"
#include "semantics/ows.h"

#include <stdint.h>

#define NO_OFFER (-1)
#define HEAD 8u /* bytes */

/* A tag or range with its first bytes in lower case as one number: that settles most comparisons.
 */
struct tag {
    struct dt_slice text;
    uint64_t head;
};

struct range {
    struct tag tag;   /* "*" is empty */
    uint16_t quality; /* in thousandths */
    bool direct;      /* some offer is of this range (filtering) */
    int fallback;     /* else the offer that lookup ends at, or NO_OFFER */
    size_t fallback_len;
};

/* The bits of a head that a text of this length has. */
static const uint64_t HEAD_MASKS[] = {
    0,
    UINT64_C(0xff) << 56,
    UINT64_C(0xffff) << 48,
    UINT64_C(0xffffff) << 40,
    UINT64_C(0xffffffff) << 32,
    UINT64_C(0xffffffffff) << 24,
    UINT64_C(0xffffffffffff) << 16,
    UINT64_C(0xffffffffffffff) << 8,
    UINT64_MAX,
};

struct ranges {
    struct range list[DT_LANG_RANGES];
    size_t count;
};

static struct tag tag_of(struct dt_slice text)
{
    struct tag tag = {text, 0};
    for (size_t i = 0; i < HEAD; i++)
        tag.head = tag.head << 8 | (i < text.len ? (unsigned char)dt_ascii_lower(text.ptr[i]) : 0);
    return tag;
}

static bool is_letter(char c)
{
    return dt_ascii_lower(c) >= 'a' && dt_ascii_lower(c) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* RFC 4647 section 2.1: letters, then letters and digits, in pieces of 1 to 8. */
static bool is_range(struct dt_slice text)
{
    size_t piece = 0;
    bool first = true;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '-') {
            if (piece == 0)
                return false;
            piece = 0;
            first = false;
        } else if (++piece > 8 || !(is_letter(c) || (is_digit(c) && !first))) {
            return false;
        }
    }
    return piece > 0;
}

bool dt_lang_valid(struct dt_slice tag)
{
    for (size_t i = 0; i < tag.len; i++)
        if (tag.ptr[i] >= 'A' && tag.ptr[i] <= 'Z')
            return false;
    return tag.len > 1 && is_range(tag); /* one letter only begins something: x-, i- */
}

/* ---- reading the field ---- */

/* "q=0.8", RFC 9110 section 12.4.2. */
static bool parse_weight(struct dt_slice text, uint16_t *ret)
{
    if (text.len < 3 || text.len > 7 || dt_ascii_lower(text.ptr[0]) != 'q' || text.ptr[1] != '=' ||
        (text.ptr[2] != '0' && text.ptr[2] != '1') || (text.len > 3 && text.ptr[3] != '.'))
        return false;
    unsigned value = (unsigned)(text.ptr[2] - '0');
    for (size_t i = 4; i < 7; i++) {
        unsigned digit = 0;
        if (i < text.len) {
            if (!is_digit(text.ptr[i]))
                return false;
            digit = (unsigned)(text.ptr[i] - '0');
        }
        value = value * 10 + digit;
    }
    *ret = (uint16_t)value;
    return value <= 1000;
}

static bool parse_range(struct dt_slice text, struct range *ret)
{
    *ret = (struct range){.quality = 1000, .fallback = NO_OFFER};
    const char *semicolon = text.len ? memchr(text.ptr, ';', text.len) : NULL;
    if (semicolon) {
        size_t at = (size_t)(semicolon - text.ptr);
        if (!parse_weight(dt_ows_trim(dt_slice_from(text, at + 1)), &ret->quality))
            return false;
        text.len = at;
    }
    text = dt_ows_trim(text);
    if (dt_slice_eq(text, DT_S("*")))
        return true;
    ret->tag = tag_of(text);
    return is_range(text);
}

static void read_field(struct dt_slice field, struct ranges *ranges)
{
    size_t at = 0;
    while (at < field.len && ranges->count < DT_LANG_RANGES) {
        if (field.ptr[at] == ',') { /* empty elements (RFC 9110 section 5.6.1.2) cost no search */
            at++;
            continue;
        }
        struct dt_slice rest = dt_slice_from(field, at);
        const char *comma = memchr(rest.ptr, ',', rest.len);
        size_t len = comma ? (size_t)(comma - rest.ptr) : rest.len;
        if (parse_range(dt_slice_of(rest.ptr, len), &ranges->list[ranges->count]))
            ranges->count++;
        at += len;
    }
}

/* ---- choosing ---- */

/* Basic filtering, RFC 4647 section 3.3.1: is the tag the range, or the range and "-" and more? */
static bool is_of(const struct tag *tag, const struct tag *range)
{
    size_t len = range->text.len;
    if (((tag->head ^ range->head) & HEAD_MASKS[len < HEAD ? len : HEAD]) != 0 ||
        tag->text.len < len || (tag->text.len > len && tag->text.ptr[len] != '-'))
        return false;
    return len <= HEAD || dt_slice_eq_nocase(dt_slice_of(tag->text.ptr, len), range->text);
}

/* Where a range that no offer is of ends at, cut from its end piece by piece (lookup, section 3.4):
 * the longest offer that it begins with. A range that excludes says nothing of what is less than
 * itself. */
static void settle(struct ranges *ranges, const struct tag *offer, int number)
{
    for (size_t i = 0; i < ranges->count; i++) {
        struct range *range = &ranges->list[i];
        if (!range->tag.text.len)
            continue;
        if (is_of(offer, &range->tag)) {
            range->direct = true;
        } else if (range->quality && offer->text.len > range->fallback_len &&
                   is_of(&range->tag, offer)) {
            range->fallback = number;
            range->fallback_len = offer->text.len;
        }
    }
}

/* The range that speaks for an offer: the longest that it is of; else, of those whose lookup ends
 * at it, the one with the best quality; else "*". NULL: none. */
static const struct range *range_of(const struct ranges *ranges, const struct tag *offer,
                                    int number)
{
    const struct range *filter = NULL;
    const struct range *lookup = NULL;
    const struct range *any = NULL;
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->list[i];
        size_t len = range->tag.text.len;
        if (!len)
            any = any ? any : range;
        else if (!range->direct)
            lookup = range->fallback == number && (!lookup || range->quality > lookup->quality)
                         ? range
                         : lookup;
        else if ((!filter || len > filter->tag.text.len) && is_of(offer, &range->tag))
            filter = range;
    }
    return filter ? filter : lookup ? lookup : any;
}

int dt_lang_choose(const struct dt_slice *values, size_t nvalues, const struct dt_slice *offers,
                   size_t noffers)
{
    struct ranges ranges;
    ranges.count = 0; /* the list itself is not worth clearing */
    for (size_t i = 0; i < nvalues; i++)
        read_field(values[i], &ranges);
    for (size_t i = 0; i < noffers; i++) {
        struct tag offer = tag_of(offers[i]);
        settle(&ranges, &offer, (int)i);
    }
    const struct range *best = NULL;
    int chosen = NO_OFFER;
    for (size_t i = 0; i < noffers; i++) {
        struct tag offer = tag_of(offers[i]);
        const struct range *range = range_of(&ranges, &offer, (int)i);
        if (!range || !range->quality)
            continue;
        if (!best || range->quality > best->quality ||
            (range->quality == best->quality && range < best)) {
            best = range;
            chosen = (int)i;
        }
    }
    return chosen;
}
