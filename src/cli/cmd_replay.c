/* SPDX-License-Identifier: MIT
 *
 * `detour replay`: what the rules would have answered to the requests that came. A rule set looks
 * right until the log of a day is held against it.
 */
#include "cli/commands.h"
#include "cli/log_feed.h"
#include "cli/moment.h"
#include "cli/replay_report.h"
#include "cli/rows.h"

#include <stdlib.h>

struct replay_values {
    const char *log_format, *host, *at;
    uint32_t scheme, top, distinct, format, color;
    bool json, all, paths, keep_going;
};

#define AT(field) .offset = offsetof(struct replay_values, field)

static const struct dt_option OPTIONS[] = {
    DT_ROW_LOG_FORMAT(replay_values, log_format),
    DT_ROW_LOG_HOST(replay_values, host),
    DT_ROW_LOG_SCHEME(replay_values, scheme),
    DT_ROW_AT(replay_values, at,
              "Ask as of this moment, 2026-12-01T22:00Z; without it: each request as of its own "
              "line's time"),
    {.kind = DT_OPTION_NUMBER,
     .name = "top",
     .letter = 'n',
     .arg = "NUMBER",
     AT(top),
     .fallback = "10",
     .min = 0,
     .max = 1000000,
     .help = "How many rules, misses and chains to show"},
    {.kind = DT_OPTION_FLAG,
     .name = "all",
     .letter = 'a',
     AT(all),
     .help = "Show them all, and each rule that was never hit"},
    {.kind = DT_OPTION_FLAG,
     .name = "paths",
     AT(paths),
     .help = "Count misses by path, whatever their query"},
    {.kind = DT_OPTION_NUMBER,
     .name = "distinct",
     .arg = "NUMBER",
     AT(distinct),
     .fallback = "2000000",
     .min = 1000,
     .max = 1000000000,
     .help = "How many different requests, and different misses, to remember: beyond it, counts of "
             "further misses are estimates. 2,000,000 take some 500 MB when there are so many"},
    DT_ROW_KEEP_GOING(replay_values, keep_going,
                      "When rules have errors, answer from those that could be read"),
    DT_ROW_JSON(replay_values, json),
    DT_ROW_FORMAT(replay_values, format),
    DT_ROW_COLOR(replay_values, color),
};

static const char *const PROSE[] = {
    "Answers the requests of access logs from RULES, a file, a folder or a snapshot, and says how "
    "many a rule answers, which rules they hit and which never, what they miss, with the rule that "
    "was perhaps meant, and which chains of redirects real visitors walk. No connection is made.",
    "LOG may be compressed by gzip; - is the standard input. Formats are recognised: common and "
    "combined logs, with a host before or behind them, and JSON, an object a line. Most logs do "
    "not "
    "name the host: --host does. The exit status is 1 when a log or the rules could not be read; "
    "lines that hold no request are counted and do not change it.",
    NULL,
};

static const struct dt_example EXAMPLES[] = {
    {"detour replay --host www.example.ai access.log rules/", "Would these rules answer that day?"},
    {"detour replay --all access.log*.gz rules/", "Which rules does nobody need any more?"},
    {"tail -n 100000 access.log | detour replay --json - rules/ | jq .misses",
     "What do people miss, for a program"},
};

/* ---- From the feed to the replay ---- */

struct sink {
    struct dt_replay *replay;
    struct dt_replay_log_name *logs;
};

static void begin(void *ctx, size_t at, const struct dt_log_format *format, const char *name)
{
    struct sink *sink = ctx;
    sink->logs[at].format = name;
    dt_replay_log(sink->replay, format);
}

static enum dt_err lines(void *ctx, struct dt_slice text)
{
    struct sink *sink = ctx;
    return dt_replay_lines(sink->replay, text);
}

static void long_line(void *ctx)
{
    struct sink *sink = ctx;
    dt_replay_long_line(sink->replay);
}

static uint64_t count(void *ctx)
{
    const struct sink *sink = ctx;
    return dt_replay_totals(sink->replay)->lines;
}

/* ---- The command ---- */

static bool prepare(const struct dt_call *call, struct dt_load *load, int *ret_code)
{
    const struct replay_values *values = call->values;
    struct dt_render render = dt_render_to(stderr, (enum dt_color)values->color);
    enum dt_err err = dt_load_read(call, call->noperands - 1, values->format, load);
    bool readable = load->files.set || load->files.snapshot_fd >= 0;
    *ret_code = err == DT_ERR_INVALID ? DT_EXIT_USAGE : DT_EXIT_FINDINGS;
    dt_load_complain(load, call->command);
    if (dt_load_errors(load) && load->files.set && !values->keep_going)
        dt_load_render(load, &render);
    if (err == DT_ERR_NOMEM)
        dt_complain(call->command, "out of memory");
    if (err != DT_OK && !(values->keep_going && readable && err != DT_ERR_NOMEM)) {
        if (err == DT_ERR_SYNTAX)
            dt_complain(call->command, "the rules have errors; --keep-going answers from the rest");
        return false;
    }
    err = dt_load_compile(load);
    if (err)
        dt_complain(call->command, "the rules cannot be compiled: %s", dt_err_message(err));
    return err == DT_OK;
}

static int report(const struct dt_call *call, struct dt_replay_report *report, int code)
{
    const struct replay_values *values = call->values;
    struct dt_near_index *near = NULL;
    if (report->load->files.set && dt_replay_totals(report->replay)->missed)
        near = dt_near_new(report->load->files.set);
    report->near = near;
    enum dt_err err = dt_replay_report_hits(report);
    if (!err && values->json) {
        code = dt_replay_json(report, call->command, code);
    } else if (!err) {
        struct dt_render render = dt_render_to(stdout, (enum dt_color)values->color);
        err = dt_replay_text(report, &render);
    }
    if (err) {
        dt_complain(call->command, "%s", dt_err_message(err));
        code = DT_EXIT_FINDINGS;
    }
    dt_near_free(near);
    free(report->hits);
    return code;
}

static int replay(const struct dt_call *call, const struct dt_load *load, int64_t at)
{
    const struct replay_values *values = call->values;
    size_t nlogs = call->noperands - 1;
    const struct dt_replay_options options = {
        .snapshot = &load->snapshot,
        .defaults = {.host = dt_slice_str(values->host),
                     .scheme = values->scheme ? DT_SCHEME_HTTPS : DT_SCHEME_HTTP,
                     .at = at},
        .distinct = values->distinct,
        .without_query = values->paths,
    };
    struct sink sink = {dt_replay_new(&options), calloc(nlogs, sizeof *sink.logs)};
    int code = DT_EXIT_FINDINGS;
    if (sink.replay && sink.logs) {
        const struct dt_log_sink feed = {
            &sink, dt_replay_wants(&load->snapshot), begin, lines, long_line, count};
        for (size_t i = 0; i < nlogs; i++)
            sink.logs[i].path = call->operands[i];
        bool fine = dt_log_feed(call->command, (const char *const *)call->operands, nlogs,
                                values->log_format, &feed);
        struct dt_replay_report found = {.load = load,
                                         .replay = sink.replay,
                                         .logs = sink.logs,
                                         .nlogs = nlogs,
                                         .top = values->top,
                                         .all = values->all};
        bool any = false;
        for (size_t i = 0; i < nlogs; i++)
            any |= sink.logs[i].format != NULL;
        if (dt_replay_end(sink.replay) != DT_OK)
            dt_complain(call->command, "out of memory");
        else if (any)
            code = report(call, &found, fine ? DT_EXIT_OK : DT_EXIT_FINDINGS);
    } else {
        dt_complain(call->command, "out of memory");
    }
    dt_replay_free(sink.replay);
    free(sink.logs);
    return code;
}

static int run(const struct dt_call *call)
{
    const struct replay_values *values = call->values;
    struct dt_load load;
    int64_t at = 0;
    int code;
    if (call->noperands < 2)
        return dt_usage_error(call->command, call->noperands
                                                 ? "which rules? Name them after the logs"
                                                 : "which log, and which rules?");
    if (!dt_log_feed_check(call->command, values->log_format, values->host) ||
        (values->at && !dt_moment_read(call->command, values->at, &at)))
        return DT_EXIT_USAGE;
    if (prepare(call, &load, &code))
        code = replay(call, &load, at);
    dt_load_release(&load);
    return code;
}

const struct dt_command dt_cmd_replay = {
    .name = "replay",
    .summary = "Answer an access log from the rules, and say what they hit and miss",
    .operands = "LOG... RULES",
    .prose = PROSE,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .examples = EXAMPLES,
    .nexamples = sizeof EXAMPLES / sizeof *EXAMPLES,
    .values_size = sizeof(struct replay_values),
    .run = run,
};
