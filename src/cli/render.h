/* SPDX-License-Identifier: MIT
 *
 * Diagnostics as compilers give them: file:line:column, severity, message, name; the line; a caret.
 */
#ifndef DT_CLI_RENDER_H
#define DT_CLI_RENDER_H

#include <detour/ruleset.h>
#include <stdio.h>

enum dt_color { DT_COLOR_AUTO, DT_COLOR_ALWAYS, DT_COLOR_NEVER }; /* in the order of --color */

/* What is coloured; a style is empty text when there is no colour. */
struct dt_render {
    FILE *out;
    const char *bold, *error, *warning, *fine, *faint, *reset;
};

/* AUTO: colours when out is a terminal, TERM is not "dumb", and NO_COLOR is not set
 * (https://no-color.org). */
struct dt_render dt_render_to(FILE *out, enum dt_color when);

/* "news.rules:12:31: error: message [name]" and the line below it. file is the name of diag->file.
 */
void dt_render_diag(const struct dt_render *render, struct dt_slice file,
                    const struct dt_diag *diag);

/* The same with another word, and colour, for how bad it is: "note". */
void dt_render_said(const struct dt_render *render, struct dt_slice file,
                    const struct dt_diag *diag, const char *word, const char *colour);

/* The line with a caret below column col (1-based byte; 0: no caret) and span - 1 tildes; a long
 * line is cut to the part around the caret. */
void dt_render_line(const struct dt_render *render, struct dt_slice text, uint32_t col,
                    uint32_t span);

#endif
