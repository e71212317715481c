/* SPDX-License-Identifier: MIT
 *
 * Comments of rule files, and the lines that they are about.
 */
#ifndef DT_RULES_COMMENTS_H
#define DT_RULES_COMMENTS_H

#include <detour/ruleset.h>

struct dt_comment {
    struct dt_slice text; /* behind the "#" and its blanks, to the end of the line */
    uint32_t file;
    uint32_t line;  /* where it stands */
    uint32_t about; /* its own line when something stands before it; of comment lines the first line
                       below them; 0: nothing stands there */
};

/* A walk over the comments of one file; what is set to 0 is the beginning. */
struct dt_comment_walk {
    const struct dt_ruleset *set;
    uint32_t file;
    uint32_t line; /* at `at`, from 0 */
    size_t at;
    uint32_t block_end, block_about; /* of comment lines below each other */
};

/* The next comment that has this text (empty: any); false at the end. A file whose format has no
 * comments with "#" has none. One pass over the text, at the speed of memmem. */
bool dt_comment_next(struct dt_comment_walk *walk, struct dt_slice having, struct dt_comment *ret);

#endif
