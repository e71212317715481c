/* SPDX-License-Identifier: MIT
 *
 * JSON output by jansson. The objects are described in docs/json.md. A member that could not be
 * made for want of memory makes the whole object fail, never a shorter one.
 */
#ifndef DT_CLI_JSON_H
#define DT_CLI_JSON_H

#include "cli/load.h"

#include <jansson.h>

/* A string; bytes that are not UTF-8 become U+FFFD. NULL without memory. */
json_t *dt_json_text(struct dt_slice text);

/* null when text is empty. */
json_t *dt_json_optional(struct dt_slice text);

/* A number, or null for 0. */
json_t *dt_json_number_or_null(uint32_t number);

/* {"file", "line", "text"}; text is null when only a snapshot is known. */
json_t *dt_json_place(const struct dt_place *place);

/* One diagnostic. */
json_t *dt_json_diag(struct dt_slice file, const struct dt_diag *diag);

/* All diagnostics of the set, in order of file and line, as an array. */
json_t *dt_json_diags(const struct dt_load *load);

/* The problem lines as an array of strings. */
json_t *dt_json_problems(const struct dt_load *load);

/* Prints the object and frees it; gives code, or DT_EXIT_FINDINGS with a message when object is
 * NULL. */
int dt_json_print(const struct dt_command *command, json_t *object, int code);

#endif
