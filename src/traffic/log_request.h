/* SPDX-License-Identifier: MIT
 *
 * From a line of a log to the request that the rules would be asked with, had they been there then:
 * in normal form, as of its own time, with what the log says of the client.
 */
#ifndef DT_TRAFFIC_LOG_REQUEST_H
#define DT_TRAFFIC_LOG_REQUEST_H

#include "traffic/log_line.h"

#include <detour/match.h>

#define DT_LOG_TARGET_MAX ((size_t)16 << 10)
#define DT_LOG_HOST_MAX 512u

/* Where requests of a line that says nothing of it went. */
struct dt_log_defaults {
    struct dt_slice host; /* with or without port; empty: none */
    uint8_t scheme;       /* enum dt_scheme; ANY is http */
    int64_t at;           /* the time of all; 0: each line's own */
    unsigned wants;       /* enum dt_log_want: what else is put into requests */
};

/* Memory of the requests of one log after another; and what the line before had, for the next line
 * nearly always has the same host and the same second. */
struct dt_log_reader {
    struct dt_log_defaults defaults;
    char default_host[DT_LOG_HOST_MAX];
    struct dt_slice authority; /* normalised into host: what was written */
    uint8_t scheme;
    uint16_t port;
    bool host_ok;
    struct dt_slice host;
    struct dt_slice time_text;
    int64_t time;
    struct dt_field fields[DT_LOG_FIELDS + 1];
    char authority_mem[DT_LOG_HOST_MAX], host_mem[3 * DT_LOG_HOST_MAX + 32], time_mem[64];
    char path[3 * DT_LOG_TARGET_MAX + 1], query[3 * DT_LOG_TARGET_MAX + 1];
    char joined[DT_LOG_TARGET_MAX];
};

void dt_log_reader_init(struct dt_log_reader *reader, const struct dt_log_defaults *defaults);

/* Where a request went: the same for nearly all lines, so it is settled before the path is looked
 * at. */
struct dt_log_site {
    struct dt_slice host; /* in normal form; empty: not known */
    uint16_t port;
    uint8_t scheme;
};

/* Settles what a line says of its target: the path and query as the client sent them in
 * *ret_target, the site in *ret_site. asked: false for "*" and "host:port" and what no rule is
 * asked about: TRACE and CONNECT. All of it lives until the next line. */
enum dt_log_bad dt_log_reader_site(struct dt_log_reader *reader, const struct dt_log_line *line,
                                   struct dt_log_site *ret_site, struct dt_slice *ret_target,
                                   bool *ret_asked);

/* The request, behind dt_log_reader_site of the same line. It lives until the next line. */
enum dt_log_bad dt_log_reader_request(struct dt_log_reader *reader, const struct dt_log_line *line,
                                      const struct dt_log_site *site, struct dt_slice target,
                                      struct dt_request *ret);

/* Seconds since 1970 of "17/May/2015:10:05:03 +0000", RFC 3339, or seconds or milliseconds since
 * 1970. */
bool dt_log_time(struct dt_slice text, int64_t *ret);

#endif
