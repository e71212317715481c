/* SPDX-License-Identifier: MIT
 *
 * `detour check --flatten`: the rule set with its chains resolved.
 */
#ifndef DT_CLI_FLAT_OUTPUT_H
#define DT_CLI_FLAT_OUTPUT_H

#include "cli/check_report.h"

/* Writes the set in the native language to output, or to the standard output when it is NULL, and
 * says on the standard error how many rules were changed. Changes the set: comes last. Gives an
 * exit code: DT_EXIT_OK when all of it was written. */
int dt_flat_output(struct dt_check *check, const char *output);

#endif
