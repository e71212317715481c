/* SPDX-License-Identifier: MIT
 *
 * Regular expressions that say no more than a pattern of the hosted platforms does: text, segments
 * and stars, as in ^/docs/([^/]+)/page-(.*)\.html$. Readers make them where a native pattern would
 * say too much or too little; writers know them again.
 */
#ifndef DT_RULES_PLAIN_REGEX_H
#define DT_RULES_PLAIN_REGEX_H

#include "base/arena.h"
#include <detour/ruleset.h>

enum dt_plain_kind {
    DT_PLAIN_TEXT,    /* itself */
    DT_PLAIN_SEGMENT, /* a group: one byte or more, no "/" */
    DT_PLAIN_ANY,     /* a group: any bytes, none too */
};

struct dt_plain {
    struct dt_slice text; /* of TEXT, without backslashes */
    uint8_t kind;
    uint8_t group; /* its number, from 1 */
};

#define DT_PLAIN_MAX 64u

struct dt_plain_regex {
    struct dt_plain list[DT_PLAIN_MAX];
    unsigned count;
    unsigned groups;
};

/* Takes an expression apart that is tied to both ends. False when it says more, or memory is out.
 * Texts are in the arena. */
bool dt_plain_regex(struct dt_arena *arena, struct dt_slice expression, struct dt_plain_regex *ret);

#endif
