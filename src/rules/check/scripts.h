/* SPDX-License-Identifier: MIT
 *
 * Scripts of host names: which letters may stand in one label.
 */
#ifndef DT_RULES_SCRIPTS_H
#define DT_RULES_SCRIPTS_H

#include <detour/slice.h>
#include <stdint.h>

enum dt_script_verdict {
    DT_SCRIPT_PLAIN,     /* one script, or such as are written together */
    DT_SCRIPT_MIXED,     /* letters of scripts that are not: names[] has two of them */
    DT_SCRIPT_LOOKALIKE, /* one script, but each letter looks like a Latin one */
};

/* Judges one label of code points. ret_names: two of the scripts ("Latin", "Cyrillic") when they
 * are MIXED, one when it is a LOOKALIKE. */
enum dt_script_verdict dt_script_judge(const uint32_t *cps, size_t len, const char *ret_names[2]);

#endif
