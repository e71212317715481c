/* SPDX-License-Identifier: MIT
 *
 * Regular expressions before they are matched: is one valid, and what is known of every path that
 * it matches. PCRE2 decides what an expression means; what is said here may be less than the truth,
 * and is never more.
 */
#ifndef DT_RULES_REGEX_H
#define DT_RULES_REGEX_H

#include "base/arena.h"

#include <detour/err.h>
#include <stdint.h>

/* The options that all expressions are compiled with, here and when they are matched: PCRE2's
 * defaults (not anchored, "." is no newline, bytes and not UTF-8), CASELESS with nocase, and
 * NEVER_BACKSLASH_C, NEVER_UTF, NEVER_UCP. Callouts and verbs that set limits are refused. */

struct dt_regex {
    uint16_t groups; /* that capture, without group 0 */
    bool nocase;     /* as asked for, or by (?i) at its beginning: shape and literal are folded */
    /* Every path that matches begins with these segments, and after them comes "/" or its end:
     * "/archive/" DT_PATH_NAME "/team7" of ^/archive/([0-9]+)/team7(/.*)?$. A DT_PATH_NAME stands
     * for a segment of any content, none too. In lower case with nocase. Empty: nothing is known,
     * or the expression is not tied to the beginning. */
    struct dt_slice shape;
    /* The longest text that is somewhere in every match; in lower case with nocase. May be
     * empty. */
    struct dt_slice literal;
};

struct dt_regex_error {
    size_t at;         /* offset in the expression */
    char message[160]; /* without full stop */
};

/* Checks an expression. Slices of ret are in the arena or in text. DT_ERR_SYNTAX fills ret_error:
 * not valid, more than DT_CAPTURES_MAX - 1 groups, compiled to more than 64 KiB, or not ASCII.
 * DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_regex_check(struct dt_slice text, bool nocase, struct dt_arena *arena,
                                       struct dt_regex *ret, struct dt_regex_error *ret_error);

/* The number of a named group, 0 when there is none of this name. text is valid. */
unsigned dt_regex_group(struct dt_slice text, struct dt_slice name);

/* text as an expression that means these very bytes. Appends to mem; false when it does not fit. */
bool dt_regex_quote(struct dt_slice text, char *mem, size_t cap, size_t *len);

#endif
