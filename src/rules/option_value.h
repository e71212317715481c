/* SPDX-License-Identifier: MIT
 *
 * A reader for each option's value; option.c has the table.
 */
#ifndef DT_RULES_OPTION_VALUE_H
#define DT_RULES_OPTION_VALUE_H

#include "rules/option.h"

/* One option as it stands in the line. */
struct dt_given {
    struct dt_reader *reader;
    struct dt_slice word; /* name=value */
    struct dt_slice name;
    struct dt_slice raw;   /* the value as written, with its quotes */
    struct dt_slice value; /* without them */
    bool quoted;
};

/* Decimal digits that say a number up to max. */
bool dt_value_number(struct dt_slice s, uint64_t max, uint64_t *ret);

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

#endif
