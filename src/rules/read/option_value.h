/* SPDX-License-Identifier: MIT
 *
 * A reader for each option's value; option.c has the table.
 */
#ifndef DT_RULES_OPTION_VALUE_H
#define DT_RULES_OPTION_VALUE_H

#include "rules/read/option.h"

/* One option as it stands in the line. */
struct dt_given {
    struct dt_reader *reader;
    struct dt_slice word;  /* name=value */
    struct dt_slice name;  /* without "!" */
    struct dt_slice raw;   /* the value as written, with its quotes */
    struct dt_slice value; /* without them */
    uint8_t option;        /* enum dt_option */
    bool negated;
    bool quoted;
};

/* Sets name, negated and raw from word, which has a "=" or is a name alone. */
void dt_given_split(struct dt_given *given);

/* Takes the quotes off raw: value is the text between them, or a copy without the backslashes.
 * False after an error. */
bool dt_given_unquote(struct dt_given *given);

/* piece when it lies in the line, else the value as written: what an error points to. */
struct dt_slice dt_given_at(const struct dt_given *given, struct dt_slice piece);

/* Decimal digits that say a number up to max. */
bool dt_value_number(struct dt_slice s, uint64_t max, uint64_t *ret);

/* "Name: value" (RFC 9110 section 5): false after an error. */
bool dt_value_field(const struct dt_given *given, struct dt_field *ret);

/* A token (RFC 9110 section 5.6.2). */
bool dt_value_token(struct dt_slice s);

/* Each sets its part of the options. False after an error, which was told. The value is not empty.
 */
bool dt_value_priority(const struct dt_given *given, struct dt_options *options);
bool dt_value_cache(const struct dt_given *given, struct dt_options *options);
bool dt_value_retry_after(const struct dt_given *given, struct dt_options *options);
bool dt_value_case(const struct dt_given *given, struct dt_options *options);
bool dt_value_slash(const struct dt_given *given, struct dt_options *options);
bool dt_value_params(const struct dt_given *given, struct dt_options *options);
bool dt_value_query(const struct dt_given *given, struct dt_options *options);
bool dt_value_note(const struct dt_given *given, struct dt_options *options);
bool dt_value_owner(const struct dt_given *given, struct dt_options *options);
bool dt_value_open(const struct dt_given *given, struct dt_options *options);

/* option_text.c: what is sent besides */
bool dt_value_set_header(const struct dt_given *given, struct dt_options *options);
bool dt_value_page(const struct dt_given *given, struct dt_options *options);

#endif
