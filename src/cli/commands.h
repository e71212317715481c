/* SPDX-License-Identifier: MIT
 *
 * The commands, and the pages that are made from their tables.
 */
#ifndef DT_CLI_COMMANDS_H
#define DT_CLI_COMMANDS_H

#include "cli/cmdline.h"

#include <stdio.h>

extern const struct dt_command dt_cmd_serve;
extern const struct dt_command dt_cmd_check;
extern const struct dt_command dt_cmd_explain;
extern const struct dt_command dt_cmd_compile;
extern const struct dt_command dt_cmd_convert;
extern const struct dt_command dt_cmd_fmt;
extern const struct dt_command dt_cmd_diff;
extern const struct dt_command dt_cmd_replay;

/* In the order of the help; NULL past the last. */
const struct dt_command *dt_command_at(size_t at);

/* NULL when there is none of that name. */
const struct dt_command *dt_command_find(const char *name);

/* "detour --help". */
void dt_help_program(FILE *out);

/* "detour COMMAND --help". */
void dt_help_command(FILE *out, const struct dt_command *command);

/* The man page detour(1) as roff. */
void dt_man_page(FILE *out);

#endif
