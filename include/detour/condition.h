/* SPDX-License-Identifier: MIT
 *
 * Conditions: what must hold of a request, besides its URI, for a rule to answer it. Each may be
 * negated, its values are alternatives, and all conditions of a rule must hold. What the library
 * cannot know (the time, the client's address and country) is an input; see match.h.
 */
#ifndef DETOUR_CONDITION_H
#define DETOUR_CONDITION_H

#include <detour/slice.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dt_condition_kind {
    DT_CONDITION_METHOD, /* texts: exact (RFC 9110 section 9.1: case counts) */
    DT_CONDITION_HEADER, /* name: lower-case; texts: patterns with "*", exact case; none: present */
    DT_CONDITION_COOKIE, /* name: as written; texts: likewise (RFC 6265 section 4.2) */
    DT_CONDITION_LANG,   /* texts: language tags, lower-case; rivals: all that rules of the same
                            source name, negated or not, in file order */
    DT_CONDITION_COUNTRY, /* texts: two upper-case letters each (ISO 3166-1) */
    DT_CONDITION_IP,      /* nets */
    DT_CONDITION_REFERER, /* texts: host patterns ("a.example", "*.a.example", ".a.example"), or URL
                             patterns with "*" when they have a "/" behind the host: about the
                             field as sent, or when they begin with "//", about it from there on */
    DT_CONDITION_UA,      /* texts, lower-case: contained, or patterns when they have a "*" */
    DT_CONDITION_TIME,    /* from <= now < until */
    DT_CONDITION_WINDOW,  /* days and ranges (minutes of the day), in a zone */
    DT_CONDITION_PERCENT, /* ranges in hundredths of a percent; name and key say what is hashed;
                             when that is not there, or empty, the address is (16 bytes) */
    DT_CONDITION_PATH,    /* texts: normal paths, exact, or "/dir/" + "*": of except= */
};

enum dt_percent_key { DT_PERCENT_ADDRESS, DT_PERCENT_COOKIE, DT_PERCENT_HEADER };

#define DT_TIME_MIN INT64_MIN /* no from */
#define DT_TIME_MAX INT64_MAX /* no until */

/* An IPv6 network; IPv4 is ::ffff:0:0/96 (RFC 4291 section 2.5.5.2). */
struct dt_net {
    uint8_t address[16]; /* bits behind the prefix are zero */
    uint8_t bits;        /* 0 to 128 */
};

/* from <= x < to. For hours: minutes of the day, and to may be less than from: over midnight. For
 * percent: 0 to 10000. */
struct dt_range {
    uint16_t from;
    uint16_t to;
};

/* A time zone's offsets (RFC 9636), with its rule for the future written out to the year 2200. */
struct dt_zone {
    struct dt_slice name;
    uint32_t count;
    const int64_t *since;   /* ascending; seconds since 1970 */
    const int32_t *offsets; /* seconds east of UTC, from since[i] on */
    int32_t first;          /* before since[0] */
};

struct dt_condition {
    uint8_t kind; /* enum dt_condition_kind */
    bool negated;
    uint8_t days;   /* bit 0: Monday; of WINDOW; 0x7f: all */
    uint8_t key;    /* enum dt_percent_key */
    uint16_t count; /* of texts, nets or ranges */
    uint16_t nrivals;
    struct dt_slice name;
    const struct dt_slice *texts; /* sorted, no duplicates */
    const struct dt_slice *rivals;
    const struct dt_net *nets;
    const struct dt_range *ranges;
    int64_t from, until;        /* of TIME */
    const struct dt_zone *zone; /* of WINDOW; NULL: UTC */
};

/* The conditions of a rule, in order of kind; sets that are alike are one. */
struct dt_conditions {
    const struct dt_condition *list;
    uint32_t count;
};

#ifdef __cplusplus
}
#endif
#endif
