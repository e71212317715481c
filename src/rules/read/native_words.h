/* SPDX-License-Identifier: MIT
 *
 * The words of a directive, one by one, and the directives that have files of their own.
 */
#ifndef DT_RULES_NATIVE_WORDS_H
#define DT_RULES_NATIVE_WORDS_H

#include "rules/read/reader.h"

struct dt_words {
    struct dt_reader *reader;
    struct dt_slice rest;
};

/* The next word; empty, at the place where it is missed, when there is none. */
struct dt_slice dt_words_next(struct dt_words *words);

/* The same for a word that may be in quotes as a whole: *ret_text is what is between them. False
 * after an error: a quote that is not closed. */
bool dt_words_quoted(struct dt_words *words, struct dt_slice *ret_word, struct dt_slice *ret_text);

/* True when nothing but a comment follows; else an error. */
bool dt_words_end(struct dt_words *words);

/* An error: what is expected at this place. False. */
bool dt_words_missing(struct dt_words *words, struct dt_slice at, const char *wanted);

void dt_native_include(struct dt_words *words);
void dt_native_expect(struct dt_words *words);

#endif
