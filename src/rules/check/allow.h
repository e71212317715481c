/* SPDX-License-Identifier: MIT
 *
 * "# detour-allow: NAME[,NAME...] REASON": what the author of a rule knows, and means.
 */
#ifndef DT_RULES_ALLOW_H
#define DT_RULES_ALLOW_H

#include <detour/err.h>
#include <detour/ruleset.h>

/* One name of one comment. */
struct dt_allow {
    struct dt_slice name;
    struct dt_slice reason; /* empty: it silences nothing */
    uint32_t file, about;   /* the line that it is about; 0: none */
    uint32_t line, col;     /* where the name stands */
    bool used;              /* the caller's */
};

struct dt_allows {
    struct dt_allow *list; /* by file and the line that it is about */
    size_t count, cap;
};

/* Names of readers' and the compiler's warnings about one rule, which can be silenced as findings
 * can; NULL past the last. */
const char *dt_allow_warning(size_t at);

/* All of the set's files. DT_ERR_NOMEM. Slices point into the files' texts. */
DT_MUST_USE enum dt_err dt_allows_read(const struct dt_ruleset *set, struct dt_allows *ret);
void dt_allows_release(struct dt_allows *allows);

/* The one that silences this name at this line; NULL: none does. */
struct dt_allow *dt_allows_find(const struct dt_allows *allows, uint32_t file, uint32_t line,
                                struct dt_slice name);

#endif
