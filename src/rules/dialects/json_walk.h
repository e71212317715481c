/* SPDX-License-Identifier: MIT
 *
 * A JSON file that is read as rules: jansson says whether it is JSON at all, and a walk over its
 * text (json_text.h) finds each value with its line, so that an error is shown where it is. Lines
 * are counted forwards, and few of them twice.
 */
#ifndef DT_RULES_JSON_WALK_H
#define DT_RULES_JSON_WALK_H

#include "rules/dialects/json_text.h"

#include <stdint.h>

struct dt_reader;

/* A line that was reached. */
struct dt_json_place {
    struct dt_slice text;
    uint32_t line;
};

struct dt_json_walk {
    struct dt_reader *reader;
    struct dt_json_place here; /* that was reached last */

    /* Private: the last line of the file that was reached, and while lines are gone through once
     * more, what is to be read of them. */
    struct dt_json_place last, anchor;
    const char *again;
};

/* A value that was looked for. */
struct dt_json_found {
    struct dt_json_value value;
    struct dt_json_place place;
    bool is;
};

/* Begins the walk over the reader's whole text; *ret is the value that it is. False when it is
 * empty, or no JSON, which is an error (json-syntax): comments and double keys are. */
bool dt_json_begin(struct dt_json_walk *walk, struct dt_reader *reader, struct dt_json_value *ret);

/* Makes the line of p the reader's; fast when p is not before what was reached. False when it
 * cannot be read, which was told. */
bool dt_json_reach(struct dt_json_walk *walk, const char *p);

/* Where what is reached next may begin: values before here are reached again by going through lines
 * from this place on. Without it that is from the beginning. */
void dt_json_anchor(struct dt_json_walk *walk);

/* Makes a line that was reached before the reader's. */
void dt_json_go_to(struct dt_json_walk *walk, struct dt_json_place place);

/* Reaches a value, and notes its place. */
bool dt_json_find(struct dt_json_walk *walk, const struct dt_json_value *value,
                  struct dt_json_found *ret);

/* The empty place at which a value begins, for errors about it as a whole. */
static inline struct dt_slice dt_json_start(const struct dt_json_value *value)
{
    return dt_slice_of(value->text.ptr, 0);
}

/* What the text of a string that was found means, at its place. False after an error: control
 * characters, no memory. */
bool dt_json_string(struct dt_json_walk *walk, const struct dt_json_found *found,
                    struct dt_slice *ret);

/* Appends text as a JSON string, with its quotes. */
struct dt_buf;
void dt_json_put(struct dt_buf *out, struct dt_slice text);

#endif
