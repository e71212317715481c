/* SPDX-License-Identifier: MIT
 *
 * `detour diff`: what two rule sets do differently. A diff of the files shows what was typed; this
 * shows what a visitor will notice, whatever the files look like: one may be in another format, in
 * another order, or a snapshot.
 */
#include "cli/commands.h"
#include "cli/diff_report.h"
#include "cli/log_feed.h"
#include "cli/log_progress.h"
#include "cli/moment.h"
#include "cli/rows.h"

#include <stdlib.h>
#include <string.h>

struct diff_values {
    struct dt_texts logs, ignore;
    const char *log_format, *host, *at;
    uint32_t scheme, top, format, color;
    bool json, all, keep_going;
};

#define AT(field) .offset = offsetof(struct diff_values, field)

static const struct dt_option OPTIONS[] = {
    {.kind = DT_OPTION_LIST,
     .name = "log",
     .letter = 'l',
     .arg = "LOG",
     AT(logs),
     .help = "Ask the requests of this access log too, and say how many of them change; may be "
             "given many times"},
    {.kind = DT_OPTION_LIST,
     .name = "ignore",
     .arg = "WHAT",
     AT(ignore),
     .help = "What may differ: status, cache, retry-after, fields (of set-header=) or body (the "
             "note or page); may be given many times, or with commas"},
    DT_ROW_AT(diff_values, at,
              "Ask as of this moment, 2026-12-01T22:00Z; without it: now, and the "
              "requests of logs as of their own time"),
    {.kind = DT_OPTION_NUMBER,
     .name = "top",
     .letter = 'n',
     .arg = "NUMBER",
     AT(top),
     .fallback = "10",
     .min = 0,
     .max = 1000000,
     .help = "How many groups of each kind to show"},
    {.kind = DT_OPTION_FLAG,
     .name = "all",
     .letter = 'a',
     AT(all),
     .help = "Show all groups, and every URL in them"},
    DT_ROW_LOG_FORMAT(diff_values, log_format),
    DT_ROW_LOG_HOST(diff_values, host),
    DT_ROW_LOG_SCHEME(diff_values, scheme),
    DT_ROW_KEEP_GOING(diff_values, keep_going,
                      "When rules have errors, compare those that could be read"),
    DT_ROW_JSON(diff_values, json),
    DT_ROW_FORMAT(diff_values, format),
    DT_ROW_COLOR(diff_values, color),
};

static const char *const PROSE[] = {
    "Asks two rule sets the same requests and shows those that they answer differently: the "
    "requests that each rule of both is for, some that just miss it, and with --log real ones. "
    "Status, target, Cache-Control, Retry-After, further fields and the note are compared; a "
    "target "
    "is the same when it leads to the same URL. What differs only in Vary is not shown.",
    "A and B may each be a file, a folder or a snapshot, in any format. Of a snapshot the rules "
    "cannot be listed: it is asked what the other side and the logs ask. The exit status is 0 when "
    "nothing differs, 1 when something does, 2 when the rules or a log cannot be read.",
    NULL,
};

static const struct dt_example EXAMPLES[] = {
    {"detour diff old.rules new.rules", "What will change for visitors?"},
    {"detour diff --log access.log.gz /etc/detour/live.snapshot rules/",
     "How many requests of yesterday would be answered otherwise?"},
    {"detour diff --ignore body rules/ nginx.conf", "Does a converted file do the same?"},
};

/* ---- What may differ ---- */

static bool read_ignored(const struct dt_call *call, unsigned *ret)
{
    static const struct {
        const char *name;
        unsigned bit;
    } WORDS[] = {{"status", DT_CHANGE_STATUS},
                 {"cache", DT_CHANGE_CACHE},
                 {"retry-after", DT_CHANGE_RETRY},
                 {"fields", DT_CHANGE_FIELDS},
                 {"body", DT_CHANGE_BODY}};
    const struct diff_values *values = call->values;
    *ret = 0;
    for (size_t i = 0; i < values->ignore.count; i++)
        for (const char *at = values->ignore.items[i]; *at;) {
            size_t len = strcspn(at, ","), w = 0;
            while (w < 5 && !(strlen(WORDS[w].name) == len && memcmp(WORDS[w].name, at, len) == 0))
                w++;
            if (w == 5) {
                dt_usage_error(call->command,
                               "--ignore wants status, cache, retry-after, fields or body, not "
                               "\"%.*s\"",
                               (int)len, at);
                return false;
            }
            *ret |= WORDS[w].bit;
            at += len + (at[len] == ',');
        }
    return true;
}

/* ---- From the feed to the comparison ---- */

static void begin(void *ctx, size_t at, const struct dt_log_format *format, const char *name)
{
    (void)at;
    (void)name;
    dt_compare_log(ctx, format);
}

static enum dt_err lines(void *ctx, struct dt_slice text)
{
    return dt_compare_lines(ctx, text);
}

static void long_line(void *ctx)
{
    dt_compare_long_line(ctx);
}

static uint64_t count(void *ctx)
{
    return dt_compare_totals(ctx)->log_lines;
}

static void progress(void *ctx, uint64_t done, uint64_t total)
{
    dt_log_progress_show(ctx, "rules", done, total, done);
}

/* ---- The command ---- */

/* One operand as a rule set that can be asked. */
static bool prepare(const struct dt_call *call, size_t operand, struct dt_load *load)
{
    const struct diff_values *values = call->values;
    struct dt_render render = dt_render_to(stderr, (enum dt_color)values->color);
    struct dt_call one = *call;
    one.noperands = operand + 1;
    enum dt_err err = dt_load_read(&one, operand, values->format, load);
    bool readable = load->files.set || load->files.snapshot_fd >= 0;
    dt_load_complain(load, call->command);
    if (dt_load_errors(load) && load->files.set && !values->keep_going)
        dt_load_render(load, &render);
    if (err == DT_ERR_NOMEM)
        dt_complain(call->command, "out of memory");
    if (err != DT_OK && !(values->keep_going && readable && err != DT_ERR_NOMEM)) {
        if (err == DT_ERR_SYNTAX)
            dt_complain(call->command, "%s has errors; --keep-going compares the rest",
                        call->operands[operand]);
        return false;
    }
    err = dt_load_compile(load);
    if (err)
        dt_complain(call->command, "%s cannot be compiled: %s", call->operands[operand],
                    dt_err_message(err));
    return err == DT_OK;
}

static int report(const struct dt_call *call, const struct dt_load loads[2],
                  struct dt_compare *compare)
{
    const struct diff_values *values = call->values;
    const struct dt_compare_totals *totals = dt_compare_totals(compare);
    const struct dt_diff_report found = {
        .loads = loads,
        .paths = {call->operands[0], call->operands[1]},
        .compare = compare,
        .top = values->top,
        .all = values->all,
        .logs = values->logs.count > 0,
    };
    int code = totals->differ || totals->log_differ ? DT_EXIT_FINDINGS : DT_EXIT_OK;
    if (values->json)
        return dt_diff_json(&found, call->command, code);
    struct dt_render render = dt_render_to(stdout, (enum dt_color)values->color);
    enum dt_err err = dt_diff_text(&found, &render);
    if (err)
        dt_complain(call->command, "%s", dt_err_message(err));
    return err ? DT_EXIT_USAGE : code;
}

static int compare(const struct dt_call *call, const struct dt_load loads[2], unsigned ignore,
                   int64_t at)
{
    const struct diff_values *values = call->values;
    struct dt_log_progress bar;
    const struct dt_compare_options options = {
        .snapshots = {&loads[0].snapshot, &loads[1].snapshot},
        .sets = {loads[0].files.set, loads[1].files.set},
        .ignore = ignore,
        .now = at,
        .defaults = {.host = dt_slice_str(values->host),
                     .scheme = values->scheme ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP,
                     .at = values->at ? at : 0},
        .distinct = 2000000,
        .all = values->all,
        .progress = progress,
        .ctx = &bar,
    };
    struct dt_compare *compare = dt_compare_new(&options);
    int code = DT_EXIT_USAGE;
    enum dt_err err = compare ? DT_OK : DT_ERR_NOMEM;
    dt_log_progress_begin(&bar);
    if (!err)
        err = dt_compare_rules(compare);
    dt_log_progress_end(&bar);
    const struct dt_log_sink feed = {compare, dt_compare_wants(&options), begin, lines, long_line,
                                     count};
    bool fine = !err && dt_log_feed(call->command, values->logs.items, values->logs.count,
                                    values->log_format, &feed);
    if (fine)
        err = dt_compare_end(compare);
    if (err)
        dt_complain(call->command, "%s", dt_err_message(err));
    else if (fine)
        code = report(call, loads, compare);
    dt_compare_free(compare);
    return code;
}

static int run(const struct dt_call *call)
{
    const struct diff_values *values = call->values;
    struct dt_load loads[2];
    unsigned ignore;
    int64_t at = 0;
    int code = DT_EXIT_USAGE;
    if (call->noperands != 2)
        return dt_usage_error(call->command, "name two rule sets to compare");
    if (!read_ignored(call, &ignore) || !dt_moment_read(call->command, values->at, &at) ||
        !dt_log_feed_check(call->command, values->log_format, values->host))
        return DT_EXIT_USAGE;
    bool first = prepare(call, 0, &loads[0]);
    bool second = prepare(call, 1, &loads[1]);
    if (first && second) {
        if (!loads[0].files.set && !loads[1].files.set && !values->logs.count)
            code = dt_usage_error(call->command, "two snapshots can only be compared over a log: "
                                                 "give one with --log");
        else
            code = compare(call, loads, ignore, at);
    }
    dt_load_release(&loads[0]);
    dt_load_release(&loads[1]);
    return code;
}

const struct dt_command dt_cmd_diff = {
    .name = "diff",
    .summary = "Say what two rule sets answer differently",
    .operands = "A B",
    .prose = PROSE,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .examples = EXAMPLES,
    .nexamples = sizeof EXAMPLES / sizeof *EXAMPLES,
    .values_size = sizeof(struct diff_values),
    .run = run,
};
