/* SPDX-License-Identifier: MIT
 *
 * Expressions that only spell out a few texts: "^(www\.)?example\.com$" is two hosts. Written out,
 * they are conditions of our own.
 */
#ifndef DT_RULES_APACHE_LITERAL_H
#define DT_RULES_APACHE_LITERAL_H

#include "base/arena.h"

#define DT_APACHE_TEXTS 32u

struct dt_apache_texts {
    struct dt_slice list[DT_APACHE_TEXTS]; /* with "*" where the expression lets anything stand */
    unsigned count;
    bool dots; /* a "." was taken for itself */
};

/* The texts that the expression matches, in the arena. dots: "." is a full stop that its author
 * forgot to escape. False when the expression says more than a few texts, or memory is out. */
bool dt_apache_texts(struct dt_arena *arena, struct dt_slice expression, bool dots,
                     struct dt_apache_texts *ret);

#endif
