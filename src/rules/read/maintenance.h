/* SPDX-License-Identifier: MIT
 *
 * The sentence for a time of works:
 *
 *   maintenance SOURCE [TARGET|-] [STATUS] [OPTIONS]
 */
#ifndef DT_RULES_MAINTENANCE_H
#define DT_RULES_MAINTENANCE_H

#include <detour/slice.h>

struct dt_reader;

/* True for a line (without blanks before it) that is such a sentence. */
bool dt_maintenance_is(struct dt_slice line);

void dt_maintenance_read(struct dt_reader *reader, struct dt_slice line);

#endif
