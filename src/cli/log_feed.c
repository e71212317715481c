/* SPDX-License-Identifier: MIT
 *
 * Each log has its own format: a site moves to another server, and its logs are replayed together.
 */
#include "cli/log_feed.h"
#include "cli/log_input.h"
#include "cli/log_progress.h"

#include <detour/uri.h>
#include <stdlib.h>
#include <string.h>

const char *const dt_scheme_choices[] = {"http", "https", NULL};

static bool is_auto(const char *format)
{
    return strcmp(format, "auto") == 0;
}

bool dt_log_feed_check(const struct dt_command *command, const char *format, const char *host)
{
    const char *why = NULL;
    struct dt_log_format parsed;
    char mem[3 * DT_LOG_HOST_MAX];
    struct dt_slice name, normal;
    uint16_t port;
    if (!is_auto(format) && dt_log_format_read(dt_slice_str(format), &parsed, &why) != DT_OK) {
        dt_usage_error(command,
                       "--log-format wants auto, combined, common, vhost-combined, json, or a "
                       "format with $names or %%letters, not \"%s\": %s",
                       format, why);
        return false;
    }
    if (!host)
        return true;
    if (strlen(host) < DT_LOG_HOST_MAX &&
        dt_authority_split(dt_slice_str(host), &name, &port) == DT_OK &&
        dt_norm_host(name, mem, sizeof mem, &normal) == DT_OK)
        return true;
    dt_usage_error(command, "--host wants a host, perhaps with a port, not \"%s\"", host);
    return false;
}

struct feed {
    const struct dt_command *command;
    const char *const *paths;
    const char *wanted; /* as --log-format has it */
    const struct dt_log_sink *sink;
    struct dt_log_progress progress;
    struct dt_log_format format;
};

static enum dt_err begin(struct feed *feed, size_t number, struct dt_slice lines)
{
    const char *why = NULL, *name = feed->wanted;
    enum dt_err err;
    if (is_auto(feed->wanted))
        err = lines.len ? dt_log_format_guess(lines, &feed->format, &name)
                        : dt_log_format_read(DT_S("combined"), &feed->format, &why);
    else
        err = dt_log_format_read(dt_slice_str(feed->wanted), &feed->format, &why);
    if (err)
        return err;
    dt_log_format_want(&feed->format, feed->sink->wants);
    feed->sink->begin(feed->sink->ctx, number, &feed->format, lines.len ? name : "empty");
    return DT_OK;
}

static bool complain(struct feed *feed, const char *path, const char *why)
{
    dt_log_progress_end(&feed->progress);
    dt_complain(feed->command, "%s: %s", strcmp(path, "-") == 0 ? "the standard input" : path, why);
    return false;
}

static bool read_log(struct feed *feed, size_t number)
{
    const char *path = feed->paths[number];
    struct dt_log_input *input = NULL;
    const struct dt_log_sink *sink = feed->sink;
    struct dt_slice lines = DT_SLICE_NONE;
    bool fine = true, cut = false, begun = false;
    enum dt_err err = dt_log_input_open(path, &input);
    if (err)
        fine = complain(feed, path, dt_log_input_message(input, err));
    while (fine) {
        err = dt_log_input_next(input, &lines, &cut);
        if (err) {
            fine = complain(feed, path, dt_log_input_message(input, err));
        } else if (!begun) {
            err = begin(feed, number, lines);
            begun = true;
            if (err)
                fine = complain(feed, path,
                                err == DT_ERR_INVALID
                                    ? "its lines are in no format that is known: say which with "
                                      "--log-format"
                                    : dt_err_message(err));
        }
        if (!fine || (!lines.len && !cut))
            break;
        if (cut)
            sink->long_line(sink->ctx);
        err = sink->lines(sink->ctx, lines);
        if (err)
            fine = complain(feed, path, dt_err_message(err));
        dt_log_progress_show(&feed->progress, "lines", dt_log_input_done(input),
                             dt_log_input_size(input), sink->count(sink->ctx));
    }
    dt_log_input_close(input);
    return fine;
}

bool dt_log_feed(const struct dt_command *command, const char *const *paths, size_t count,
                 const char *format, const struct dt_log_sink *sink)
{
    struct feed *feed = calloc(1, sizeof *feed);
    bool fine = feed != NULL;
    if (!feed) {
        dt_complain(command, "out of memory");
        return false;
    }
    feed->command = command;
    feed->paths = paths;
    feed->wanted = format;
    feed->sink = sink;
    dt_log_progress_begin(&feed->progress);
    for (size_t i = 0; i < count; i++)
        fine &= read_log(feed, i);
    dt_log_progress_end(&feed->progress);
    free(feed);
    return fine;
}
