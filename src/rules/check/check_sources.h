/* SPDX-License-Identifier: MIT
 *
 * Which rules may match what a target makes? Rules are found by the first segments of their
 * sources that are written out, and by their host, so that a hundred thousand of them cost one
 * target no more than ten.
 */
#ifndef DT_RULES_CHECK_SOURCES_H
#define DT_RULES_CHECK_SOURCES_H

#include "rules/check/checker.h"

struct dt_source_entry {
    uint32_t tag; /* of the hash */
    uint32_t rule;
    uint32_t next; /* + 1; 0: the last */
};

struct dt_sources {
    uint32_t *heads; /* + 1 */
    struct dt_source_entry *entries;
    size_t count, room;
    uint64_t mask;
};

/* False: the checker has an error. */
bool dt_sources_init(struct dt_sources *sources, struct dt_checker *checker);
void dt_sources_release(struct dt_sources *sources);

#define DT_SOURCE_KEYS 12u

struct dt_source_walk {
    const struct dt_sources *sources;
    uint64_t keys[DT_SOURCE_KEYS];
    unsigned count, at;
    uint32_t entry;
};

/* All rules that may match a path of this form (see check_paths.h) on a host; an empty one: on any.
 * None is left out, some are too many. */
void dt_sources_start(const struct dt_sources *sources, struct dt_slice host, struct dt_slice form,
                      struct dt_source_walk *ret);
bool dt_sources_next(struct dt_source_walk *walk, uint32_t *ret_rule);

#endif
