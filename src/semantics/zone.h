/* SPDX-License-Identifier: MIT
 *
 * Time zones from TZif files (RFC 9636): offsets by instant, and instants by local time.
 */
#ifndef DT_SEMANTICS_ZONE_H
#define DT_SEMANTICS_ZONE_H

#include <detour/condition.h>
#include <detour/err.h>

#define DT_ZONE_MAX 1200u  /* transitions of a zone, those to 2200 included */
#define DT_ZONE_YEAR 2200  /* up to here the rule of the footer is written out */

/* Reads a TZif file, version 2 or later, with its footer (a POSIX TZ string, RFC 9636 section 3.3.1)
 * written out to DT_ZONE_YEAR. since and offsets have room for DT_ZONE_MAX. ret->name is left alone.
 * DT_ERR_INVALID when the file is not a TZif file or is damaged. */
DT_MUST_USE enum dt_err dt_zone_read(struct dt_slice bytes, int64_t *since, int32_t *offsets,
                                     struct dt_zone *ret);

/* Seconds east of UTC at an instant. zone may be NULL: UTC. */
int32_t dt_zone_offset(const struct dt_zone *zone, int64_t at);

/* The instant of a local time (read as UTC). One that occurs twice means the first; one that is
 * left out, when clocks go forward, means what a clock that had not been changed would show: the
 * same as RFC 5545 section 3.3.5. */
int64_t dt_zone_instant(const struct dt_zone *zone, int64_t local);

#endif
