/* SPDX-License-Identifier: MIT
 *
 * The native language, written: what its files share.
 */
#ifndef DT_RULES_NATIVE_WRITE_H
#define DT_RULES_NATIVE_WRITE_H

#include "rules/write/write.h"

/* Appends all options and conditions of a rule, a blank before each. What cannot be written is told
 * (dt_write_cannot): to be called before dt_write_go, into memory that is thrown away otherwise. */
void dt_native_options(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *out);

/* Appends " name=value", in quotes when it needs them. */
void dt_native_option(struct dt_buf *out, const char *name, struct dt_slice value);

/* Appends a value, in quotes when it needs them. */
void dt_native_quoted(struct dt_buf *out, struct dt_slice value);

/* Appends " cond=..." for each condition. */
void dt_native_conditions(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *out);

#endif
