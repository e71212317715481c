/* SPDX-License-Identifier: MIT
 *
 * A walk over a JSON text that jansson has found valid, for what jansson does not tell: where each
 * value stands, so that an error in it can be shown.
 */
#ifndef DT_RULES_JSON_TEXT_H
#define DT_RULES_JSON_TEXT_H

#include "base/arena.h"

struct dt_json_value {
    char kind;            /* '{', '[', '"', 't', 'f', 'n', or '0' for a number */
    struct dt_slice text; /* as written; of a string without its quotes */
};

/* The value at the start of *text, blanks before it passed over, which is cut off. False when there
 * is none. */
bool dt_json_value(struct dt_slice *text, struct dt_json_value *ret);

/* What stands between the brackets of an object or an array: for the two below. */
struct dt_slice dt_json_inside(const struct dt_json_value *value);

/* The next member of an object, or element of an array. False when there are no more. */
bool dt_json_member(struct dt_slice *inside, struct dt_json_value *ret_key,
                    struct dt_json_value *ret);
bool dt_json_element(struct dt_slice *inside, struct dt_json_value *ret);

/* What a string's text means: itself, or a copy without escapes in the arena. False when memory is
 * out. */
bool dt_json_decode(struct dt_arena *arena, struct dt_slice text, struct dt_slice *ret);

#endif
