/* SPDX-License-Identifier: MIT
 *
 * Windows in the week: on these days, at these hours, by the clocks of a zone. A range that ends
 * before it begins runs over midnight, and belongs to the day on which it begins: days=fri
 * hours=22:00-06:00 is still on at three on Saturday morning. Clock time is what counts: when
 * clocks go forward, a window can be shorter than it looks, or never be.
 */
#ifndef DT_SEMANTICS_WINDOW_H
#define DT_SEMANTICS_WINDOW_H

#include <detour/condition.h>
#include <detour/err.h>

/* "mon-fri", "sat,sun", "fri-mon"; the case of letters does not matter. DT_ERR_INVALID. */
DT_MUST_USE enum dt_err dt_window_days(struct dt_slice text, uint8_t *ret_days);

/* "9-17", "09:00-17:30", "22:00-06:00", "0-24": one range, its end not in it. 24 or 24:00 may end
 * it, not begin it. DT_ERR_INVALID; also when it is empty. */
DT_MUST_USE enum dt_err dt_window_range(struct dt_slice text, struct dt_range *ret);

/* Is the window on? No ranges: all day. *ret_changes is a moment after now before which that does
 * not change: the next one at which it does, or one some days ahead that is safe to believe in. */
bool dt_window_on(uint8_t days, const struct dt_range *ranges, size_t count,
                  const struct dt_zone *zone, int64_t now, int64_t *ret_changes);

#endif
