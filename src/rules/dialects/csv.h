/* SPDX-License-Identifier: MIT
 *
 * Rows of comma-separated values (RFC 4180), one a line.
 */
#ifndef DT_RULES_CSV_H
#define DT_RULES_CSV_H

#include "base/buf.h"

struct dt_reader;

/* Splits the reader's line into fields, quotes undone, blanks around each cut off. Returns how many
 * there are; 0 after an error (csv-quote, csv-fields), among them more than max. */
size_t dt_csv_fields(struct dt_reader *reader, struct dt_slice *fields, size_t max);

/* Appends one field, in quotes when it needs them; no comma. */
void dt_csv_put(struct dt_buf *out, struct dt_slice field);

#endif
