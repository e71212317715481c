/* SPDX-License-Identifier: MIT
 * Accept-Language (RFC 9110 section 12.5.4), ranges by RFC 4647: what
 * docs/rules.md says, offer by offer, range by range. */
#include "oracle.h"

#include <ctype.h>

#define RANGES_MAX 24

struct range {
    char tag[32];
    double quality;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* "de-CH;q=0.8": from s to end. */
static bool read_range(const char *s, const char *end, struct range *ret)
{
    size_t n = 0;
    while (s < end && is_blank(*s))
        s++;
    for (; s < end && *s != ';' && !is_blank(*s); s++)
        ret->tag[n++] = (char)tolower((unsigned char)*s);
    ret->tag[n] = 0;
    const char *quality = memchr(s, '=', (size_t)(end - s));
    ret->quality = quality ? strtod(quality + 1, NULL) : 1;
    return n > 0;
}

static int read_ranges(const struct request *request, struct range *ret)
{
    int count = 0;
    for (int i = 0; i < request->nheaders; i++) {
        if (!equal(request->headers[i].name, "accept-language", true))
            continue;
        const char *s = request->headers[i].value;
        for (const char *end = s; *s; s = *end ? end + 1 : end) {
            end = s + strcspn(s, ",");
            count += read_range(s, end, &ret[count]);
        }
    }
    return count;
}

/* "de" is the beginning of "de-ch", and of "de". */
static bool begins(const char *tag, const char *with)
{
    size_t n = strlen(with);
    return strncmp(tag, with, n) == 0 && (tag[n] == 0 || tag[n] == '-');
}

/* How well a range fits an offer: 0 not at all, 1 as "*"; 2 and more when the offer is what is left
 * of the range after cutting, 100 and more when the range is a beginning of the offer. One that
 * excludes says nothing of what is less than itself. */
static size_t fit(const struct range *range, const char *offer)
{
    if (strcmp(range->tag, "*") == 0)
        return 1;
    if (begins(offer, range->tag))
        return 100 + strlen(range->tag);
    return begins(range->tag, offer) && range->quality > 0 ? 2 + strlen(offer) : 0;
}

/* A range that is cut goes to the offer that needs the least cutting, and to none when it fits one
 * as it is. */
static bool fits_better_elsewhere(const struct range *range, const char *offer,
                                  const char *const *offers, int count)
{
    size_t here = fit(range, offer);
    if (here == 1 || here >= 100)
        return false;
    for (int i = 0; i < count; i++)
        if (fit(range, offers[i]) > here)
            return true;
    return false;
}

/* The range that speaks for an offer: the longest that is its beginning; else of those that are
 * cut to it the one with the best quality; else "*". -1: none. */
static int range_of(const struct range *ranges, int nranges, const char *offer,
                    const char *const *offers, int count)
{
    int own = -1;
    size_t best = 0;
    for (int i = 0; i < nranges; i++) {
        size_t now = fit(&ranges[i], offer);
        if (!now || fits_better_elsewhere(&ranges[i], offer, offers, count))
            continue;
        bool cut = now > 1 && now < 100;
        if (now > best || (cut && now == best && ranges[i].quality > ranges[own].quality)) {
            own = i;
            best = now;
        }
    }
    return own;
}

int lang_choose(const struct request *request, const char *const *offers, int count)
{
    struct range ranges[RANGES_MAX];
    int nranges = read_ranges(request, ranges), best = -1, best_at = 0;
    for (int i = 0; i < count; i++) {
        int own = range_of(ranges, nranges, offers[i], offers, count);
        if (own < 0 || ranges[own].quality <= 0)
            continue;
        if (best < 0 || ranges[own].quality > ranges[best_at].quality ||
            (ranges[own].quality == ranges[best_at].quality && own < best_at)) {
            best = i;
            best_at = own;
        }
    }
    return best;
}
