/* SPDX-License-Identifier: MIT
 *
 * What paths a source takes and what paths a target makes, as texts in which DT_PATH_NAME stands
 * for a segment that is something and DT_PATH_STAR for any run of bytes; and how such sets of paths
 * lie to one another.
 */
#ifndef DT_RULES_CHECK_PATHS_H
#define DT_RULES_CHECK_PATHS_H

#include <detour/ruleset.h>

/* One text, or two: a folder is itself, and itself with "/" and anything behind. */
struct dt_paths {
    struct dt_slice forms[2];
    unsigned count;
    bool nocase;
    bool exact; /* false: it may be fewer, as of an expression */
};

#define DT_PATHS_ROOM (2u * 8192u + 16u)

/* The paths of a rule's source; mem has DT_PATHS_ROOM bytes. */
void dt_paths_of(const struct dt_rule *rule, char *mem, struct dt_paths *ret);

/* True only when every path of b is one of a; a must be exact. */
bool dt_paths_cover(const struct dt_paths *a, const struct dt_paths *b);

/* False only when no path is one of both. */
bool dt_paths_meet(const struct dt_paths *a, const struct dt_paths *b);

/* A path of both, for words[] in place of what both leave open: names take one each, in turn, and
 * so do stars when fill_stars. mem has cap bytes. False: there is none, or it does not fit. */
struct dt_paths_words {
    const struct dt_slice *words;
    unsigned count;
    bool fill_stars;
};
bool dt_paths_common(struct dt_slice a, struct dt_slice b, const struct dt_paths_words *words,
                     char *mem, size_t cap, struct dt_slice *ret);

/* The same of hosts: true only when every host of b's is one of a's; false only when there is none
 * of both. */
bool dt_hosts_cover(const struct dt_rule *a, const struct dt_rule *b);
bool dt_hosts_meet(const struct dt_rule *a, const struct dt_rule *b);
/* Is one host, in normal form, among the rule's? */
bool dt_host_among(const struct dt_rule *rule, struct dt_slice host);

#endif
