/* SPDX-License-Identifier: MIT
 *
 * A target while it is read, for the files that share the work.
 */
#ifndef DT_RULES_TARGET_WORK_H
#define DT_RULES_TARGET_WORK_H

#include "base/out.h"
#include "rules/read/reader.h"
#include "rules/read/target.h"

enum dt_target_part { DT_PART_PATH, DT_PART_QUERY, DT_PART_FRAGMENT };

struct dt_target_work {
    struct dt_reader *reader;
    struct dt_slice word;
    enum dt_target_mode mode;
    enum dt_target_part part;
    bool opaque;          /* a path that is no list of segments, as in mailto:x */
    struct dt_slice open; /* the first capture that would choose the host; empty: none */
    struct dt_out out;
};

/* ---- target_capture.c ---- */

/* What stands at a ":", "$", "{" or "\\" of a target. */
enum dt_target_sign {
    DT_SIGN_LITERAL, /* itself */
    DT_SIGN_CAPTURE,
    DT_SIGN_NOTHING, /* a group that the expression does not have, which Apache lets pass */
    DT_SIGN_WRONG,   /* an error was told */
};

struct dt_target_capture {
    unsigned number;
    unsigned from; /* enum dt_capture_from */
    size_t len;    /* bytes of the word; 1 for a LITERAL */
};

enum dt_target_sign dt_target_sign(struct dt_target_work *work, size_t at,
                                   struct dt_target_capture *ret);

/* Writes a mark. */
static inline void dt_target_mark(struct dt_target_work *work, char place, unsigned number)
{
    dt_out_char(&work->out, place);
    dt_out_char(&work->out, (char)(0x80 + number));
}

/* How long the authority at `at` is: up to "/", "?", "#" or {path}. */
size_t dt_target_authority(const struct dt_target_work *work, size_t at);

/* ---- target_host.c ---- */

/* Writes host and port at `at`; *ret_end is where the path begins. */
bool dt_target_host(struct dt_target_work *work, size_t at, size_t *ret_end);

#endif
