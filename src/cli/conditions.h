/* SPDX-License-Identifier: MIT
 *
 * Conditions as a rule file has them, and which rules are on at a moment.
 */
#ifndef DT_CLI_CONDITIONS_H
#define DT_CLI_CONDITIONS_H

#include "base/buf.h"

#include <detour/ruleset.h>

/* Appends one condition: "!header=X-Beta:1,2". */
void dt_condition_text(const struct dt_condition *condition, struct dt_buf *out);

/* A rule that times or windows switch, at a moment. */
struct dt_timed {
    bool timed;         /* false: no time matters to it, and the rest is on and never changes */
    bool on;            /* as far as time goes */
    int64_t changes_at; /* when on becomes off, or off on; DT_TIME_MAX: never, or not for years */
};
struct dt_timed dt_timed_rule(const struct dt_ruleset *set, const struct dt_rule *rule, int64_t at);

#endif
