/* SPDX-License-Identifier: MIT
 *
 * How a conversion went: what became of each rule that could not be written as it is, and a line
 * with the counts.
 */
#ifndef DT_CLI_CONVERT_REPORT_H
#define DT_CLI_CONVERT_REPORT_H

#include "cli/json.h"

#include <detour/convert.h>

struct dt_convert_report {
    const struct dt_call *call;
    const struct dt_load *load;
    const struct dt_convert *convert;
    enum dt_format to;
    const char *output; /* NULL: standard output */
    bool all;           /* every note, however many there are */
};

/* To render->out, which is the standard error: the output may be the standard one. */
void dt_convert_report_text(const struct dt_convert_report *report, const struct dt_render *render);
/* NULL without memory. */
json_t *dt_convert_report_json(const struct dt_convert_report *report);

#endif
