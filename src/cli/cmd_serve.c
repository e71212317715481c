/* SPDX-License-Identifier: MIT
 *
 * `detour serve`: the command line of the server. All it does is in src/server; here are its flags.
 */
#include "cli/commands.h"
#include "cli/rows.h"
#include "server/serve.h"

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(x) #x
#define DAY 86400

struct serve_values {
    struct dt_texts listen;
    const char *user;
    uint32_t workers, max_connections, buffer_mib;
    uint32_t head_timeout, idle_timeout, write_timeout, body_timeout, linger_timeout, drain_timeout;
    uint32_t compile_time, format;
    uint64_t compile_memory;
    struct dt_texts trust_proxy;
    const char *country_header, *country_db;
    bool watch, keep_going, http10_fallback, no_note, quiet;
};

#define AT(field) .offset = offsetof(struct serve_values, field)
#define TIMEOUT(flag, field, default_seconds, sentence)                                            \
    {                                                                                              \
        .kind = DT_OPTION_SECONDS, .name = (flag), .arg = "TIME",                                  \
        .fallback = TEXT_OF(default_seconds) "s", AT(field), .min = 1, .max = DAY,                 \
        .help = (sentence)                                                                         \
    }

static const struct dt_option OPTIONS[] = {
    {.kind = DT_OPTION_LIST,
     .name = "listen",
     .letter = 'l',
     .arg = "ADDR:PORT",
     .fallback = DT_SERVE_LISTEN,
     .env = "DETOUR_LISTEN",
     AT(listen),
     .help =
         "Listen there; also [V6]:PORT, :PORT for every address, or PORT; port 0 picks a free one"},
    {.kind = DT_OPTION_NUMBER,
     .name = "workers",
     .letter = 'w',
     .arg = "N",
     .fallback = "0",
     .env = "DETOUR_WORKERS",
     AT(workers),
     .max = DT_SERVE_MAX_WORKERS,
     .help = "Worker processes; 0: one for each CPU"},
    {.kind = DT_OPTION_FLAG,
     .name = "watch",
     AT(watch),
     .help = "Load the rules again when a file changes; SIGHUP does the same at any time"},
    DT_ROW_KEEP_GOING(serve_values, keep_going,
                      "Serve the rules that could be read, and log each line that was refused"),
    DT_ROW_FORMAT(serve_values, format),
    {.kind = DT_OPTION_TEXT,
     .name = "user",
     .arg = "NAME",
     AT(user),
     .help = "When started as root, become this user once the sockets are open"},
    {.kind = DT_OPTION_LIST,
     .name = "trust-proxy",
     .arg = "NETS",
     AT(trust_proxy),
     .help = "Addresses and networks of the proxies in front, with commas between them "
             "(10.0.0.0/8,2001:db8::1): the client's address is then the last one in "
             "X-Forwarded-For that is none of theirs"},
    {.kind = DT_OPTION_TEXT,
     .name = "country-header",
     .arg = "NAME",
     AT(country_header),
     .help = "A header field with the client's country, two letters, for country=; with "
             "--trust-proxy it is believed from those proxies only"},
    {.kind = DT_OPTION_TEXT,
     .name = "country-db",
     .arg = "FILE",
     AT(country_db),
     .help = "A database in MaxMind's format that tells countries by address, when the header "
             "does not"},
    {.kind = DT_OPTION_FLAG,
     .name = "no-note",
     AT(no_note),
     .help = "Send no page of the server's own with what the rules answer"},
    {.kind = DT_OPTION_FLAG,
     .name = "http10-fallback",
     AT(http10_fallback),
     .help = "To HTTP/1.0 clients, answer 302 for 307 and 303, and 301 for 308"},
    TIMEOUT("head-timeout", head_timeout, DT_SERVE_HEAD_TIMEOUT,
            "Time for a whole request head, from its first byte: 90, 90s, 5m or 1h"),
    TIMEOUT("idle-timeout", idle_timeout, DT_SERVE_IDLE_TIMEOUT,
            "Time between two requests of a connection"),
    TIMEOUT("write-timeout", write_timeout, DT_SERVE_WRITE_TIMEOUT,
            "Time for a client to take an answer"),
    TIMEOUT("body-timeout", body_timeout, DT_SERVE_BODY_TIMEOUT,
            "Time to read past the body of a request"),
    TIMEOUT("linger-timeout", linger_timeout, DT_SERVE_LINGER_TIMEOUT,
            "Time to discard what still comes before a connection is closed"),
    TIMEOUT("drain-timeout", drain_timeout, DT_SERVE_DRAIN_TIMEOUT,
            "Time for requests in progress after SIGTERM"),
    TIMEOUT("compile-time", compile_time, DT_SERVE_COMPILE_TIME,
            "CPU time that loading rules may take; when it is over the old rules stay"),
    {.kind = DT_OPTION_BYTES,
     .name = "compile-memory",
     .arg = "SIZE",
     .fallback = "16g",
     AT(compile_memory),
     .min = UINT64_C(64) << 20,
     .max = UINT64_C(1) << 50,
     .help = "Address space that loading rules may take, likewise"},
    {.kind = DT_OPTION_NUMBER,
     .name = "max-connections",
     .arg = "N",
     .fallback = "0",
     AT(max_connections),
     .max = 10000000,
     .help = "Connections a worker; 0: as many as the limit of open files allows"},
    {.kind = DT_OPTION_NUMBER,
     .name = "buffer-mib",
     .arg = "N",
     .fallback = TEXT_OF(DT_SERVE_BUFFER_MIB),
     AT(buffer_mib),
     .min = 1,
     .max = 65536,
     .help = "MiB a worker may spend on half-received heads and answers not yet taken"},
    {.kind = DT_OPTION_FLAG, .name = "quiet", .letter = 'q', AT(quiet), .help = "Log errors only"},
};

static const char *const PROSE[] = {
    "Answers HTTP requests by the rules in RULES: files, folders of rule files (*.rules, *.csv, "
    "*.tsv, _redirects, firebase.json, .htaccess), or one snapshot made by detour compile.",
    "SIGHUP loads the rules again; when they are bad the old ones stay and the log says why. "
    "SIGTERM and Ctrl-C end it after the requests in progress. The log goes to the standard error.",
    NULL,
};

static const struct dt_example EXAMPLES[] = {
    {"detour serve examples/news.rules", "Serve on 127.0.0.1:8307"},
    {"detour serve --listen :80 --user www-data --watch /etc/detour",
     "Serve a folder of rules on port 80, reload when a file in it changes"},
    {"detour serve --keep-going --format govuk-csv mappings/",
     "Serve a foreign map and log what could not be read"},
};

static int run(const struct dt_call *call)
{
    const struct serve_values *values = call->values;
    if (call->noperands == 0)
        return dt_usage_error(call->command, "which rules? Name a file, a folder or a snapshot");
    const struct dt_serve_options options = {
        .listen = (const char *const *)values->listen.items,
        .nlisten = values->listen.count,
        .paths = (const char *const *)call->operands,
        .npaths = call->noperands,
        .user = values->user,
        .workers = values->workers,
        .max_connections = values->max_connections,
        .buffer_mib = values->buffer_mib,
        .head_timeout = values->head_timeout,
        .idle_timeout = values->idle_timeout,
        .write_timeout = values->write_timeout,
        .body_timeout = values->body_timeout,
        .linger_timeout = values->linger_timeout,
        .drain_timeout = values->drain_timeout,
        .compile_time = values->compile_time,
        .compile_memory = values->compile_memory,
        .trust_proxy = (const char *const *)values->trust_proxy.items,
        .ntrust_proxy = values->trust_proxy.count,
        .country_header = values->country_header,
        .country_db = values->country_db,
        .format = (enum dt_format)values->format,
        .watch = values->watch,
        .keep_going = values->keep_going,
        .http10_fallback = values->http10_fallback,
        .no_note = values->no_note,
        .quiet = values->quiet,
    };
    return dt_serve(&options);
}

const struct dt_command dt_cmd_serve = {
    .name = "serve",
    .summary = "Answer requests by the rules",
    .operands = "RULES...",
    .prose = PROSE,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .examples = EXAMPLES,
    .nexamples = sizeof EXAMPLES / sizeof *EXAMPLES,
    .values_size = sizeof(struct serve_values),
    .run = run,
};
