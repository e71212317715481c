/* SPDX-License-Identifier: MIT
 *
 * The prose of the man page that belongs to no flag.
 */
#ifndef DT_CLI_MAN_TEXT_H
#define DT_CLI_MAN_TEXT_H

#include <stdbool.h>

/* A term with its sentence, a paragraph (no term), or lines as they are (verbatim). */
struct dt_man_item {
    const char *term;
    const char *text;
    bool verbatim;
};

struct dt_man_section {
    const char *title;
    const struct dt_man_item *items; /* the last is all NULL */
};

extern const struct dt_man_section dt_man_description;
extern const struct dt_man_section dt_man_sections[]; /* the last has no title */

#endif
