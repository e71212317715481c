/* SPDX-License-Identifier: MIT
 *
 * `detour check`: everything that is wrong with rule files, in one go. The files are read and
 * compiled as the server would do it, together, so that conflicts between them are found; then what
 * they promise with @expect is held against the compiled rules.
 */
#include "cli/check_report.h"
#include "cli/commands.h"
#include "cli/moment.h"
#include "cli/rows.h"

struct check_values {
    const char *at;
    uint32_t format, color;
    bool json;
};

static const struct dt_option OPTIONS[] = {
    DT_ROW_AT(
        check_values, at,
        "Try the expectations that name no time as of then, and say which of the rules with a "
        "time of their own are on: 2026-12-01T22:00Z; without it: now"),
    DT_ROW_JSON(check_values, json),
    DT_ROW_FORMAT(check_values, format),
    DT_ROW_COLOR(check_values, color),
};

static const char *const PROSE[] = {
    "Reads rule files as the server would, all together, and reports every error and warning with "
    "file, line and column. Then it asks the compiled rules what each @expect line promises, also "
    "when there were errors: of the rules that could be read.",
    "FILE may be a folder, or a snapshot: that is read whole and every checksum in it compared. "
    "Findings go to the standard output. The exit status is 1 when there was an error or an "
    "expectation did not hold; warnings alone leave it 0.",
    NULL,
};

static const struct dt_example EXAMPLES[] = {
    {"detour check examples/news.rules", "Check one file and what it includes"},
    {"detour check --at 2026-12-02T01:00Z rules/", "What will be on that night?"},
    {"detour check --json rules/ | jq .diagnostics", "Check a folder, for a program"},
};

static int run(const struct dt_call *call)
{
    const struct check_values *values = call->values;
    if (call->noperands == 0)
        return dt_usage_error(call->command, "which files?");

    struct dt_check check = {.call = call, .at_given = values->at != NULL};
    int code;
    if (!dt_moment_read(call->command, values->at, &check.at))
        return DT_EXIT_USAGE;
    enum dt_err err = dt_load_read(call, 0, values->format, &check.load);
    if (err == DT_ERR_INVALID) {
        dt_load_complain(&check.load, call->command);
        code = DT_EXIT_USAGE;
    } else if (err == DT_ERR_NOMEM) {
        dt_complain(call->command, "out of memory");
        code = DT_EXIT_FINDINGS;
    } else if (values->json) {
        code = dt_check_json(&check);
    } else {
        struct dt_render render = dt_render_to(stdout, (enum dt_color)values->color);
        code = dt_check_text(&check, &render);
    }
    dt_load_release(&check.load);
    return code;
}

const struct dt_command dt_cmd_check = {
    .name = "check",
    .summary = "Find what is wrong with rule files, and try what they expect",
    .operands = "FILE...",
    .prose = PROSE,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .examples = EXAMPLES,
    .nexamples = sizeof EXAMPLES / sizeof *EXAMPLES,
    .values_size = sizeof(struct check_values),
    .run = run,
};
