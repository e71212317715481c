/* SPDX-License-Identifier: MIT
 *
 * A sticky share of clients: the same text falls into the same place among ten thousand, on every
 * machine and in every version, for the same key.
 */
#ifndef DT_SEMANTICS_SHARE_H
#define DT_SEMANTICS_SHARE_H

#include <detour/condition.h>
#include <detour/err.h>

/* 0 to 9999: the upper half of the 64-bit XXH3 of text, seeded with that of key, times 10000, the
 * upper half of that. */
unsigned dt_share_of(struct dt_slice key, struct dt_slice text);

/* "10", "12.5", "10-20": 10 is 0-10. In hundredths of a percent. "0" is nobody: the empty range
 * 0-0. DT_ERR_INVALID; also when a range is empty otherwise. */
DT_MUST_USE enum dt_err dt_share_range(struct dt_slice text, struct dt_range *ret);

#endif
