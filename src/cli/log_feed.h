/* SPDX-License-Identifier: MIT
 *
 * From the names of logs on a command line to blocks of lines in a known format.
 */
#ifndef DT_CLI_LOG_FEED_H
#define DT_CLI_LOG_FEED_H

#include "cli/cmdline.h"
#include "traffic/log_request.h"

#define DT_ROW_LOG_FORMAT(values, field)                                                           \
    {                                                                                              \
        .kind = DT_OPTION_TEXT, .name = "log-format", .arg = "FORMAT", .fallback = "auto",         \
        .offset = offsetof(struct values, field),                                                  \
        .help = "How the lines of a log are written: auto (by the first lines), combined, "        \
                "common, vhost-combined, json, or a log_format of nginx's, with $names, or a "     \
                "LogFormat of Apache's, with %letters"                                             \
    }

#define DT_ROW_LOG_HOST(values, field)                                                             \
    {                                                                                              \
        .kind = DT_OPTION_TEXT, .name = "host", .arg = "NAME",                                     \
        .offset = offsetof(struct values, field),                                                  \
        .help = "The host of requests whose line names none: most logs do not"                     \
    }

extern const char *const dt_scheme_choices[];
#define DT_ROW_LOG_SCHEME(values, field)                                                           \
    {                                                                                              \
        .kind = DT_OPTION_CHOICE, .name = "scheme", .arg = "SCHEME", .fallback = "http",           \
        .choices = dt_scheme_choices, .offset = offsetof(struct values, field),                    \
        .help = "http or https: of requests whose line does not say"                               \
    }

/* What is done with the lines. */
struct dt_log_sink {
    void *ctx;
    unsigned wants; /* enum dt_log_want */
    /* A log begins; name says its format for people. */
    void (*begin)(void *ctx, size_t number, const struct dt_log_format *format, const char *name);
    enum dt_err (*lines)(void *ctx, struct dt_slice lines);
    void (*long_line)(void *ctx);
    uint64_t (*count)(void *ctx); /* lines so far, for the progress */
};

/* Reads logs one after another; format as --log-format has it. False when one could not be read to
 * its end: that has been told, and what was read was handed on. */
bool dt_log_feed(const struct dt_command *command, const char *const *paths, size_t count,
                 const char *format, const struct dt_log_sink *sink);

/* Checks --log-format and --host before anything is read. False: a usage error was told. */
bool dt_log_feed_check(const struct dt_command *command, const char *format, const char *host);

#endif
