/* SPDX-License-Identifier: MIT
 *
 * `detour convert`: rules of any dialect, written in any other. What the other cannot say is
 * refused, rule by rule and with its reason, and the exit status tells; nothing is lost without a
 * word.
 */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/convert_report.h"
#include "cli/rows.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct convert_values {
    const char *output;
    uint32_t to, format, color;
    bool approximate, json, keep_going, all;
};

/* The formats that can be written. */
static const char *const TO[] = {
    "native",           "govuk-csv",       "mdn-tsv",       "netlify",        "apache",
    "cloudflare-pages", "cloudflare-bulk", "vercel",        "vercel-bulk",    "nginx",
    "haproxy",          "caddy",           "wordpress-csv", "wordpress-json", NULL};

#define AT(field) .offset = offsetof(struct convert_values, field)

static const struct dt_option OPTIONS[] = {
    {.kind = DT_OPTION_CHOICE,
     .name = "to",
     .letter = 't',
     .arg = "FORMAT",
     .fallback = "native",
     .choices = TO,
     AT(to),
     .help = "What to write: native, netlify, cloudflare-pages, cloudflare-bulk, vercel, "
             "vercel-bulk, apache, nginx, haproxy, caddy, wordpress-csv, wordpress-json, govuk-csv "
             "or mdn-tsv"},
    {.kind = DT_OPTION_TEXT,
     .name = "output",
     .letter = 'o',
     .arg = "FILE",
     AT(output),
     .help = "Write there instead of the standard output; map files and pages go beside it"},
    {.kind = DT_OPTION_FLAG,
     .name = "approximate",
     AT(approximate),
     .help = "Write what can be said only nearly, too, each with a comment that says how it "
             "differs"},
    {.kind = DT_OPTION_FLAG,
     .name = "all",
     AT(all),
     .help = "Report every rule that is refused or approximated, not only the first ten of each "
             "reason"},
    DT_ROW_KEEP_GOING(convert_values, keep_going,
                      "When rules cannot be read, write those that could be"),
    DT_ROW_JSON(convert_values, json),
    DT_ROW_FORMAT(convert_values, format),
    DT_ROW_COLOR(convert_values, color),
};

static const char *const PROSE[] = {
    "Reads RULES as the server would, all together, and writes them as one file of another format, "
    "in an order that gives the same answers there. The result goes to the standard output or to "
    "FILE, and a report to the standard error: how many rules were read, written, approximated and "
    "refused, and why.",
    "A rule that the format cannot say is refused and left out. The exit status is 1 when a rule "
    "was refused or could not be read; what was written holds without it.",
    NULL,
};

static const struct dt_example EXAMPLES[] = {
    {"detour convert --to nginx -o redirects.conf rules/", "Serve a rule set with nginx"},
    {"detour convert _redirects > site.rules", "Move here from Netlify"},
    {"detour convert --to apache --approximate news.rules > .htaccess",
     "The nearest thing that Apache can do"},
};

static bool print(const struct dt_call *call, struct dt_slice text)
{
    if (fwrite(text.len ? text.ptr : "", 1, text.len, stdout) == text.len)
        return true;
    dt_complain(call->command, "cannot write to the standard output: %s", strerror(errno));
    return false;
}

/* "folder/of/output/" + name. */
static bool beside(const char *output, struct dt_slice name, char path[PATH_MAX])
{
    const char *slash = strrchr(output, '/');
    int folder = slash ? (int)(slash - output) + 1 : 0;
    int len = snprintf(path, PATH_MAX, "%.*s%.*s", folder, output, DT_SLICE_FMT(name));
    return len > 0 && len < PATH_MAX;
}

static bool save(const struct dt_call *call, const struct dt_convert *convert, const char *output)
{
    char path[PATH_MAX];
    /* What the first file speaks of is there before it is. */
    for (size_t i = dt_convert_file_count(convert); i-- > 0;) {
        struct dt_convert_file file = dt_convert_file(convert, i);
        if (!beside(output, i ? file.name : dt_slice_str(output), path) ||
            (i == 0 && snprintf(path, sizeof path, "%s", output) >= PATH_MAX)) {
            dt_complain(call->command, "%s: the name is too long", output);
            return false;
        }
        enum dt_err err = dt_file_replace(path, file.text.len ? file.text.ptr : "", file.text.len);
        if (err) {
            bool system = err == DT_ERR_IO || err == DT_ERR_NOT_FOUND;
            dt_complain(call->command, "%s: cannot be written: %s", path,
                        system ? strerror(errno) : dt_err_message(err));
            return false;
        }
    }
    return true;
}

/* Would the output take the place of what is read? */
static bool is_input(const struct dt_call *call, const char *output)
{
    struct stat to, from;
    for (size_t i = 0; stat(output, &to) == 0 && i < call->noperands; i++)
        if (stat(call->operands[i], &from) == 0 && from.st_dev == to.st_dev &&
            from.st_ino == to.st_ino)
            return true;
    return false;
}

static int deliver(const struct dt_convert_report *report)
{
    const struct dt_call *call = report->call;
    const struct convert_values *values = call->values;
    const struct dt_convert *convert = report->convert;
    bool whole =
        dt_convert_count(convert, DT_CONVERTED_REFUSED) == 0 && dt_load_errors(report->load) == 0;
    int code = whole ? DT_EXIT_OK : DT_EXIT_FINDINGS;
    if (!values->output && !values->json && dt_convert_file_count(convert) > 1)
        return dt_usage_error(call->command,
                              "this becomes %zu files: name the first with -o FILE, the others go "
                              "beside it",
                              dt_convert_file_count(convert));
    if (values->output && !save(call, convert, values->output))
        return DT_EXIT_FINDINGS;
    if (values->json)
        return dt_json_print(call->command, dt_convert_report_json(report), code);
    if (!values->output && !print(call, dt_convert_file(convert, 0).text))
        return DT_EXIT_FINDINGS;
    struct dt_render render = dt_render_to(stderr, (enum dt_color)values->color);
    dt_convert_report_text(report, &render);
    return code;
}

static int convert(const struct dt_call *call, struct dt_load *load)
{
    const struct convert_values *values = call->values;
    struct dt_convert_options options = {.approximate = values->approximate};
    if (dt_format_parse(dt_slice_str(TO[values->to]), &options.to))
        return DT_EXIT_USAGE;
    if (values->output) {
        const char *slash = strrchr(values->output, '/');
        options.name = dt_slice_str(slash ? slash + 1 : values->output);
    }
    struct dt_convert *result;
    enum dt_err err = dt_convert_new(load->files.set, &options, &result);
    if (err) {
        dt_complain(call->command, "the rules cannot be converted: %s", dt_err_message(err));
        return DT_EXIT_FINDINGS;
    }
    const struct dt_convert_report report = {
        .call = call,
        .load = load,
        .convert = result,
        .to = options.to,
        .output = values->output,
        .all = values->all,
    };
    int code = deliver(&report);
    dt_convert_free(result);
    return code;
}

static int run(const struct dt_call *call)
{
    const struct convert_values *values = call->values;
    struct dt_render render = dt_render_to(stderr, (enum dt_color)values->color);
    struct dt_load load;
    int code = DT_EXIT_FINDINGS;
    if (call->noperands == 0)
        return dt_usage_error(call->command, "which rules? Name a file or a folder");
    if (values->output && is_input(call, values->output))
        return dt_usage_error(call->command, "%s is what is read: name another file for the output",
                              values->output);
    enum dt_err err = dt_load_read(call, 0, values->format, &load);
    if (!values->json)
        dt_load_complain(&load, call->command);
    if (load.files.set && !values->json)
        dt_load_render(&load, &render);
    if (err == DT_ERR_NOMEM)
        dt_complain(call->command, "out of memory");
    else if (err == DT_ERR_INVALID)
        code = DT_EXIT_USAGE;
    else if (!load.files.set && load.files.snapshot_fd >= 0)
        code = dt_usage_error(call->command, "%s is a snapshot: convert what it was compiled from",
                              call->operands[0]);
    else if (!load.files.set || (err && !values->keep_going))
        dt_complain(call->command, "nothing written; --keep-going writes the rest");
    else
        code = convert(call, &load);
    dt_load_release(&load);
    return code;
}

const struct dt_command dt_cmd_convert = {
    .name = "convert",
    .summary = "Write rules in another server's format",
    .operands = "RULES...",
    .prose = PROSE,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .examples = EXAMPLES,
    .nexamples = sizeof EXAMPLES / sizeof *EXAMPLES,
    .values_size = sizeof(struct convert_values),
    .run = run,
};
