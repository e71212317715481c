/* SPDX-License-Identifier: MIT
 *
 * What a target must not be, and what its author may have meant.
 */
#ifndef DT_RULES_TARGET_REFUSE_H
#define DT_RULES_TARGET_REFUSE_H

#include <detour/slice.h>

struct dt_reader;

/* True when the word begins with a scheme and ":". */
bool dt_target_has_scheme(struct dt_slice word);

/* An error for a scheme that runs code, or that is a slip of the pen; true for any other. */
bool dt_refuse_scheme(struct dt_reader *reader, struct dt_slice word);

/* An error for what is neither a scheme's nor an absolute path; true for an absolute path. */
bool dt_refuse_relative(struct dt_reader *reader, struct dt_slice word);

/* Always false. */
bool dt_refuse_backslash(struct dt_reader *reader, struct dt_slice at);
bool dt_refuse_long(struct dt_reader *reader, struct dt_slice word);

#endif
