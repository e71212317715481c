/* SPDX-License-Identifier: MIT
 *
 * The request that `detour explain` asks about, from the words of the command line.
 */
#ifndef DT_CLI_EXPLAIN_INPUT_H
#define DT_CLI_EXPLAIN_INPUT_H

#include "cli/ask.h"
#include "cli/cmdline.h"

/* As given. */
struct dt_explain_words {
    const char *url;
    const char *method;
    const struct dt_texts *fields; /* "Name: value" each */
    const char *at;                /* NULL: not given, as those below */
    const char *address;
    const char *country;
};

/* The input and the memory that it points into, besides the words. */
struct dt_explain_input {
    struct dt_ask_input input;
    struct dt_field *fields;
    char country[2];
};

/* False with a message when a word is not what it should be. To be released in any case. */
bool dt_explain_input_read(const struct dt_command *command, const struct dt_explain_words *words,
                           struct dt_explain_input *ret);
void dt_explain_input_release(struct dt_explain_input *input);

#endif
