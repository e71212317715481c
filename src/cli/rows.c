/* SPDX-License-Identifier: MIT
 *
 * The words of the flags that have a choice.
 */
#include "cli/rows.h"

const char *const dt_format_choices[] = {"auto",    "native",   "govuk-csv", "mdn-tsv",
                                         "netlify", "firebase", "apache",    NULL};
const char *const dt_color_choices[] = {"auto", "always", "never", NULL};
