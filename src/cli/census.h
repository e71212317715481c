/* SPDX-License-Identifier: MIT
 *
 * What `detour check` counts: kinds of rules, and which of those with a time of their own are on.
 */
#ifndef DT_CLI_CENSUS_H
#define DT_CLI_CENSUS_H

#include "cli/json.h"

#define DT_CENSUS_SHOWN 50 /* rules that are on, as text */

/* "  3 with names, 10 regular expressions", when there is more than paths and folders. */
void dt_census_kinds_text(const struct dt_ruleset *set, const struct dt_render *render);
json_t *dt_census_kinds_json(const struct dt_ruleset *set);

/* Rules that depend on time, and maintenance: which are on at a moment, and until when. set may be
 * NULL: then there are none. */
void dt_census_timed_text(const struct dt_ruleset *set, int64_t at, const struct dt_render *render);
json_t *dt_census_timed_json(const struct dt_ruleset *set, int64_t at);

#endif
