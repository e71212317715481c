/* SPDX-License-Identifier: MIT
 *
 * A line of a rule file, cut into the cells that stand in columns.
 */
#ifndef DT_RULES_FMT_LINE_H
#define DT_RULES_FMT_LINE_H

#include "base/buf.h"

enum dt_fmt_kind {
    DT_FMT_BLANK,
    DT_FMT_COMMENT,
    DT_FMT_RULE,      /* source, target, status, options, comment */
    DT_FMT_EXPECT,    /* "@expect", method, URL and inputs, "->" and what is expected, comment */
    DT_FMT_DIRECTIVE, /* all of it, comment */
    DT_FMT_KEEP,      /* stays as it is */
};

#define DT_FMT_CELLS 5u
#define DT_FMT_NOTE 4u /* the cell of the comment */

struct dt_fmt_line {
    enum dt_fmt_kind kind;
    struct dt_slice cells[DT_FMT_CELLS]; /* in the scratch or in the line; empty: none */
};

/* Cuts a line without its end. scratch is cleared first, and holds what had to be written anew;
 * its error is the caller's to ask for. refused: the reader has an error in it. */
struct dt_fmt_line dt_fmt_cut(struct dt_slice text, bool refused, struct dt_buf *scratch);

#endif
