/* SPDX-License-Identifier: MIT
 *
 * Time zones from TZif files (RFC 9636): offsets by instant, and instants by local time.
 */
#ifndef DT_SEMANTICS_ZONE_H
#define DT_SEMANTICS_ZONE_H

#include <detour/condition.h>
#include <detour/err.h>

#define DT_ZONE_MAX 1200u /* transitions of a zone, those to 2200 included */
#define DT_ZONE_YEAR 2200 /* up to here the rule of the footer is written out */

/* Reads a TZif file with its footer (a POSIX TZ string, RFC 9636 section 3.3) written out to
 * DT_ZONE_YEAR: behind the last change of the file, and from 1969 on. A footer without daylight
 * saving adds nothing, and what changes no offset is left out. since and offsets have room for
 * DT_ZONE_MAX. ret->name is left alone. DT_ERR_INVALID when the file is not a TZif file, is
 * damaged, has more changes than that, is of version 1 (32-bit times, no footer), or counts leap
 * seconds (the "right/" zones). What stands behind the footer is not looked at. */
DT_MUST_USE enum dt_err dt_zone_read(struct dt_slice bytes, int64_t *since, int32_t *offsets,
                                     struct dt_zone *ret);

/* Seconds east of UTC at an instant. zone may be NULL: UTC. */
int32_t dt_zone_offset(const struct dt_zone *zone, int64_t at);

/* The first change of offset behind an instant; INT64_MAX when there is none. */
int64_t dt_zone_next(const struct dt_zone *zone, int64_t at);

/* The instant of a local time (read as UTC). One that occurs twice means the first; one that is
 * left out, when clocks go forward, means what a clock that had not been changed would show: the
 * same as RFC 5545 section 3.3.5. */
int64_t dt_zone_instant(const struct dt_zone *zone, int64_t local);

#endif
