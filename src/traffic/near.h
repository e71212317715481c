/* SPDX-License-Identifier: MIT
 *
 * For a path that no rule answers: the rule that was perhaps meant. Only what differs in a way that
 * people and programs do differ in is said; no guess is better than a wild one.
 */
#ifndef DT_TRAFFIC_NEAR_H
#define DT_TRAFFIC_NEAR_H

#include <detour/ruleset.h>

struct dt_near_index;

struct dt_near {
    uint32_t rule;    /* of the set */
    const char *name; /* stable, for programs: "case" */
    const char *says; /* for people: "in other case" */
};

/* Of rules with a path that is written out. The set must outlive it. NULL: no memory. */
struct dt_near_index *dt_near_new(const struct dt_ruleset *set);
void dt_near_free(struct dt_near_index *index); /* accepts NULL */

/* host and path in normal form; host may be empty: not known. False: nothing is near. Costs some
 * thousand hashes when all that is cheap finds nothing. */
bool dt_near_find(const struct dt_near_index *index, struct dt_slice host, struct dt_slice path,
                  struct dt_near *ret);

#endif
