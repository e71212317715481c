/* SPDX-License-Identifier: MIT
 *
 * Words on a terminal: wrapped, with thousands separated, and never with bytes that a terminal
 * obeys.
 */
#ifndef DT_CLI_TEXT_H
#define DT_CLI_TEXT_H

#include <detour/slice.h>
#include <stdint.h>
#include <stdio.h>

#define DT_TEXT_COLUMNS 80

/* Writes the words of text from column `at` on, wrapped before DT_TEXT_COLUMNS; later lines begin
 * with `indent` spaces. A word longer than a line stays whole. Ends with a newline. Control bytes
 * are written as "?", as in dt_text_safe. */
void dt_text_wrap(FILE *out, struct dt_slice text, size_t at, size_t indent);

/* Writes foreign text so that it cannot move the cursor or colour the screen: controls, DEL, C1
 * controls, directional overrides and bytes that are not UTF-8 become "?"; a tab becomes a space.
 * One column for one such character. */
void dt_text_safe(FILE *out, struct dt_slice text);

/* The columns that dt_text_safe(text) takes. */
size_t dt_text_columns(struct dt_slice text);

/* Reads one UTF-8 character at text.ptr (text must not be empty): gives its length in bytes, and
 * its number in *ret_char, or UINT32_MAX with length 1 for a byte that begins none. */
size_t dt_text_char(struct dt_slice text, uint32_t *ret_char);

/* "1,234,567", in one of the caller's buffers. */
struct dt_count {
    char text[28];
};
struct dt_count dt_count_text(uint64_t number);

/* "1 rule", "2 rules": the plural is noun + "s". */
void dt_print_count(FILE *out, uint64_t number, const char *noun);

#endif
