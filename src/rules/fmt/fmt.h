/* SPDX-License-Identifier: MIT
 *
 * The formatter of the native language. It changes white space, the order of options and quotes
 * that nothing needs, and no meaning; what it has formatted it leaves alone.
 */
#ifndef DT_RULES_FMT_H
#define DT_RULES_FMT_H

#include "base/buf.h"
#include <detour/ruleset.h>

/* Appends the text as it ought to be written. Lines that the reader refuses stay as they are, byte
 * for byte, but for their ends; *ret_refused counts them. Whether files and time zones that a line
 * names are there is not looked at. DT_ERR_NOMEM; DT_ERR_LIMIT past the cap of the buffer. */
DT_MUST_USE enum dt_err dt_fmt(struct dt_slice text, struct dt_buf *out, size_t *ret_refused);

/* The format that a file's name and beginning speak for: only NATIVE is formatted. */
enum dt_format dt_fmt_format(struct dt_slice name, struct dt_slice text);

#endif
