/* SPDX-License-Identifier: MIT
 *
 * The short hypertext note for people (RFC 9110 section 15.4: "a short hypertext note with a
 * hyperlink to the different URI"): small valid HTML, the link escaped.
 */
#ifndef DETOUR_NOTE_H
#define DETOUR_NOTE_H

#include <detour/err.h>
#include <detour/slice.h>
#include <detour/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most bytes that a note for this location and this text can take. */
size_t dt_note_max(struct dt_slice location, struct dt_slice text);

/* Writes the note of a status: its reason as title, text (a sentence for people; may be empty: a
 * default for the status), and the link when location is not empty. DT_ERR_SPACE when it does not
 * fit. */
DT_MUST_USE enum dt_err dt_note_build(const struct dt_status *status, struct dt_slice location,
                                      struct dt_slice text, char *mem, size_t cap,
                                      struct dt_slice *ret);

#ifdef __cplusplus
}
#endif
#endif
