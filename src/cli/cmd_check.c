/* SPDX-License-Identifier: MIT
 *
 * `detour check`: everything that is wrong with rule files, in one go. The files are read and
 * compiled as the server would do it, together, so that conflicts between them are found; the
 * compiled rules are asked where requests end; then what the files promise with @expect is held
 * against them.
 */
#include "cli/commands.h"
#include "cli/flat_output.h"
#include "cli/moment.h"
#include "cli/rows.h"

#include <string.h>

struct check_values {
    const char *at, *output;
    struct dt_texts ignore;
    uint32_t format, color, fail_on;
    bool json, sarif, junit, flatten, all, verbose;
};

/* In the order of enum dt_finding_severity. */
static const char *const FAIL_ON[] = {"error", "warning", "note", NULL};

#define AT(field) .offset = offsetof(struct check_values, field)

static const struct dt_option OPTIONS[] = {
    DT_ROW_AT(
        check_values, at,
        "Try the expectations that name no time as of then, and say which of the rules with a "
        "time of their own are on: 2026-12-01T22:00Z; without it: now"),
    {.kind = DT_OPTION_CHOICE,
     .name = "fail-on",
     .arg = "SEVERITY",
     .fallback = "error",
     .choices = FAIL_ON,
     AT(fail_on),
     .help = "The least that makes the exit status 1: error, warning or note"},
    {.kind = DT_OPTION_LIST,
     .name = "ignore",
     .arg = "NAME",
     AT(ignore),
     .help = "Leave out findings of this name; may be given many times"},
    {.kind = DT_OPTION_FLAG,
     .name = "verbose",
     .letter = 'v',
     AT(verbose),
     .help = "Show notes too, and what is silenced, with its reason"},
    {.kind = DT_OPTION_FLAG,
     .name = "all",
     AT(all),
     .help = "Show all findings of a kind; without it: the first 20"},
    DT_ROW_JSON(check_values, json),
    {.kind = DT_OPTION_FLAG,
     .name = "sarif",
     AT(sarif),
     .help = "Print SARIF 2.1.0, for code hosts"},
    {.kind = DT_OPTION_FLAG,
     .name = "junit",
     AT(junit),
     .help = "Print JUnit XML, for build servers"},
    {.kind = DT_OPTION_FLAG,
     .name = "flatten",
     AT(flatten),
     .help = "Write the rules with chains resolved, in the native language: to -o FILE, or to the "
             "standard output, and the findings to the standard error then"},
    {.kind = DT_OPTION_TEXT,
     .name = "output",
     .letter = 'o',
     .arg = "FILE",
     AT(output),
     .help = "Where --flatten writes to; the file is replaced as a whole"},
    DT_ROW_FORMAT(check_values, format),
    DT_ROW_COLOR(check_values, color),
};

static const char *const PROSE[] = {
    "Reads rule files as the server would, all together, and reports every error and warning with "
    "file, line and column. Then it asks the compiled rules: which lead in circles or chains, "
    "which "
    "never answer, which targets and statuses were hardly meant; docs/check.md explains each "
    "finding. Last it tries what each @expect line promises, also when there were errors: of the "
    "rules that could be read.",
    "A finding is silenced by a comment behind its rule or right above it, with the reason: "
    "# detour-allow: NAME REASON.",
    "FILE may be a folder, or a snapshot: that is read whole and every checksum in it compared. "
    "Findings go to the standard output. The exit status is 1 when there was an error or an "
    "expectation did not hold; --fail-on sets it for warnings or notes too.",
    NULL,
};

static const struct dt_example EXAMPLES[] = {
    {"detour check examples/news.rules", "Check one file and what it includes"},
    {"detour check --at 2026-12-02T01:00Z rules/", "What will be on that night?"},
    {"detour check --fail-on warning --sarif rules/ > detour.sarif", "In a build"},
    {"detour check --flatten -o flat.rules rules/", "Resolve chains"},
    {"detour check --json rules/ | jq .findings", "Check a folder, for a program"},
};

/* False, with a message, for what cannot go together or is not there. */
static bool is_usable(const struct dt_call *call)
{
    const struct check_values *values = call->values;
    bool report = values->json || values->sarif || values->junit;
    if (call->noperands == 0)
        dt_usage_error(call->command, "which files?");
    else if (values->json + values->sarif + values->junit > 1)
        dt_usage_error(call->command, "one of --json, --sarif and --junit");
    else if (values->output && !values->flatten)
        dt_usage_error(call->command, "-o FILE is where --flatten writes to");
    else if (values->flatten && report && !values->output)
        dt_usage_error(call->command, "both would go to the standard output: --flatten -o FILE");
    else
        return true;
    return false;
}

static bool are_names(const struct dt_call *call)
{
    const struct check_values *values = call->values;
    for (size_t i = 0; i < values->ignore.count; i++) {
        const char *name = values->ignore.items[i], *near;
        if (dt_check_is_name(name))
            continue;
        near = dt_check_near_name(name);
        if (near)
            dt_usage_error(call->command, "there is no finding \"%s\", did you mean \"%s\"", name,
                           near);
        else
            dt_usage_error(call->command, "there is no finding \"%s\"", name);
        return false;
    }
    return true;
}

static int report(struct dt_check *check)
{
    const struct check_values *values = check->call->values;
    if (values->json)
        return dt_check_json(check);
    if (values->sarif)
        return dt_check_sarif(check);
    if (values->junit)
        return dt_check_junit(check);
    FILE *out = values->flatten && !values->output ? stderr : stdout;
    struct dt_render render = dt_render_to(out, (enum dt_color)values->color);
    return dt_check_text(check, &render);
}

static int work(struct dt_check *check)
{
    const struct check_values *values = check->call->values;
    if (!dt_check_prepare(check))
        return DT_EXIT_FINDINGS;
    int code = report(check);
    if (values->flatten) {
        int written = dt_flat_output(check, values->output);
        code = code ? code : written;
    }
    dt_check_release(check);
    return code;
}

static int run(const struct dt_call *call)
{
    const struct check_values *values = call->values;
    if (!is_usable(call) || !are_names(call))
        return DT_EXIT_USAGE;
    struct dt_check check = {
        .call = call,
        .at_given = values->at != NULL,
        .ignore = values->ignore,
        .fail_on = (uint8_t)values->fail_on,
        .all = values->all,
        .verbose = values->verbose,
    };
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
    } else {
        code = work(&check);
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
