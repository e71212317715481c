/* SPDX-License-Identifier: MIT
 *
 * Dates and times in the proleptic Gregorian calendar: between seconds since 1970 and what people
 * write (RFC 3339). No clock, no time zone of the machine.
 */
#ifndef DT_SEMANTICS_CIVIL_H
#define DT_SEMANTICS_CIVIL_H

#include <detour/err.h>
#include <detour/slice.h>
#include <stdint.h>

struct dt_civil {
    int64_t year;
    uint8_t month, day; /* from 1 */
    uint8_t hour, minute, second;
    uint8_t weekday; /* 0: Monday */
};

/* Days since 1970-01-01. The date must be valid. */
int64_t dt_civil_days(int64_t year, unsigned month, unsigned day);
unsigned dt_civil_month_days(int64_t year, unsigned month);

/* Any second since 1970, negative too. */
struct dt_civil dt_civil_of(int64_t seconds);

/* Seconds since 1970 of a civil time taken for UTC. */
int64_t dt_civil_seconds(const struct dt_civil *civil);

/* "2026-12-01T22:00:00Z": RFC 3339, of years 1970 to 9999; a space or "t" for "T", "z" for "Z";
 * seconds may be left out, fractions of them are cut off, and so may be the offset: *ret_local is
 * then true and the result is the local time read as UTC. A date alone is its midnight, local. 60
 * seconds are the next minute. DT_ERR_INVALID: *ret_why is then a static sentence. */
DT_MUST_USE enum dt_err dt_civil_parse(struct dt_slice text, int64_t *ret_seconds, bool *ret_local,
                                       const char **ret_why);

/* "2026-12-01T22:00:00Z"; buf has at least 32 bytes. */
struct dt_slice dt_civil_print(int64_t seconds, char *buf);

#endif
