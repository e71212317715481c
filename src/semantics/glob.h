/* SPDX-License-Identifier: MIT
 * Patterns in which "*" stands for any run of bytes. Linear time: a star is never tried twice.
 */
#ifndef DT_SEMANTICS_GLOB_H
#define DT_SEMANTICS_GLOB_H

#include <detour/slice.h>

/* The whole text against the pattern. With fold, text is compared in lower case (ASCII), and the
 * pattern is in lower case already. */
bool dt_glob_match(struct dt_slice pattern, struct dt_slice text, bool fold);

/* Is the piece in the text somewhere? Case as above. */
bool dt_glob_contains(struct dt_slice piece, struct dt_slice text, bool fold);

#endif
