/* SPDX-License-Identifier: MIT
 *
 * The rule at the end of a TZif file: when clocks change in every year to come, as a POSIX TZ
 * string (POSIX.1-2017 section 8.3) with the extensions of RFC 9636 section 3.3.1.
 */
#ifndef DT_SEMANTICS_ZONE_RULE_H
#define DT_SEMANTICS_ZONE_RULE_H

#include <detour/err.h>
#include <detour/slice.h>
#include <stdint.h>

enum dt_zone_date {
    DT_ZONE_JULIAN,  /* Jn: 1 to 365, never counts 29 February */
    DT_ZONE_ORDINAL, /* n: 0 to 365, does */
    DT_ZONE_WEEKDAY, /* Mm.w.d: the w-th (5: last) weekday d (0: Sunday) of month m */
};

struct dt_zone_change {
    uint8_t date; /* enum dt_zone_date */
    uint8_t month, week;
    uint16_t day;
    int32_t time; /* seconds from midnight, by the clocks before the change; -167 to 167 hours */
};

struct dt_zone_rule {
    bool has_dst;
    int32_t standard; /* seconds east of UTC */
    int32_t summer;
    struct dt_zone_change to_summer, to_standard;
};

/* "CET-1CEST,M3.5.0,M10.5.0/3". DT_ERR_INVALID; also for summer time without dates. */
DT_MUST_USE enum dt_err dt_zone_rule_parse(struct dt_slice text, struct dt_zone_rule *ret);

/* When the rule makes summer begin and end. A year's summer ends in the next one in the south. */
void dt_zone_rule_summer(const struct dt_zone_rule *rule, int64_t year, int64_t *ret_begin,
                         int64_t *ret_end);

#endif
