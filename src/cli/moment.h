/* SPDX-License-Identifier: MIT
 *
 * Moments on a command line: --at TIME.
 */
#ifndef DT_CLI_MOMENT_H
#define DT_CLI_MOMENT_H

#include "cli/cmdline.h"

#include <detour/slice.h>

/* The row of --at: a const char *. */
#define DT_ROW_AT(values, field, what)                                                             \
    {                                                                                              \
        .kind = DT_OPTION_TEXT, .name = "at", .arg = "TIME",                                       \
        .offset = offsetof(struct values, field), .help = (what)                                   \
    }

/* Seconds since 1970 of text, RFC 3339 with an offset; of the present when text is NULL. False with
 * a message when it is none. */
bool dt_moment_read(const struct dt_command *command, const char *text, int64_t *ret);

/* "2026-12-01T22:00:00Z"; buf has at least 32 bytes. */
struct dt_slice dt_moment_text(int64_t at, char *buf);

#endif
