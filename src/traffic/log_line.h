/* SPDX-License-Identifier: MIT
 *
 * One line of an access log: what it says of the request, in slices of the line. Nothing is judged
 * here but whether a request can be found at all; log_request.h makes a request of it.
 */
#ifndef DT_TRAFFIC_LOG_LINE_H
#define DT_TRAFFIC_LOG_LINE_H

#include <detour/ruleset.h>

#define DT_LOG_FIELDS 24u                 /* header fields of a line; more are not read */
#define DT_LOG_SCRATCH ((size_t)96 << 10) /* for what is written with escapes */
#define DT_LOG_FORMAT_ITEMS 40u
#define DT_LOG_FORMAT_TEXT 1024u

/* Why a line has no request that could be asked. */
enum dt_log_bad {
    DT_LOG_GOOD,
    DT_LOG_BAD_FORM,    /* not of the format */
    DT_LOG_BAD_JSON,    /* not a JSON object */
    DT_LOG_BAD_NONE,    /* an object without a request */
    DT_LOG_BAD_REQUEST, /* "-", or what a TLS client sent to a port without TLS */
    DT_LOG_BAD_TARGET,  /* neither a path nor an http URL */
    DT_LOG_BAD_HOST,
    DT_LOG_BAD_LONG, /* more than is kept of a line */
    DT_LOG_BAD_COUNT,
};

/* "log-request", "no HTTP request: ..."; stable, and for people. */
const char *dt_log_bad_name(enum dt_log_bad bad);
const char *dt_log_bad_text(enum dt_log_bad bad);

/* What a part of a line is. */
enum dt_log_part {
    DT_LOG_SKIP,
    DT_LOG_ADDRESS,
    DT_LOG_HOST,
    DT_LOG_PORT,
    DT_LOG_SCHEME,
    DT_LOG_METHOD,
    DT_LOG_TARGET,  /* as the client sent it, with the query */
    DT_LOG_PATH,    /* without the query */
    DT_LOG_QUERY,   /* with or without "?" */
    DT_LOG_REQUEST, /* "GET /a HTTP/1.1" */
    DT_LOG_STATUS,
    DT_LOG_TIME,
    DT_LOG_FIELD, /* a header field */
    DT_LOG_PARTS,
};

/* What replaying wants besides the URI; see dt_need. */
enum dt_log_want {
    DT_LOG_WANT_FIELDS = 1,
    DT_LOG_WANT_ADDRESS = 2,
    DT_LOG_WANT_TIME = 4,
    DT_LOG_WANT_ALL = 7,
};

struct dt_log_item {
    uint8_t part;           /* enum dt_log_part */
    bool quoted;            /* it stands in quotes: \" does not end it */
    struct dt_slice name;   /* of a FIELD */
    struct dt_slice behind; /* what ends it; empty: the line's end */
};

/* How lines are written. Slices point into its own text: it is used where it was made. */
struct dt_log_format {
    bool json;
    uint8_t wants;  /* enum dt_log_want: what else is read */
    uint8_t nitems; /* items past `enough` are not looked at */
    uint8_t enough;
    uint16_t len;
    struct dt_slice lead; /* what stands before the first item */
    struct dt_log_item items[DT_LOG_FORMAT_ITEMS];
    char text[DT_LOG_FORMAT_TEXT];
};

/* Of "common", "combined", "vhost-combined", "json", or a format as nginx (log_format, with $names)
 * or Apache (LogFormat, with %letters) have them. DT_ERR_INVALID: *ret_why is a static sentence. */
DT_MUST_USE enum dt_err dt_log_format_read(struct dt_slice text, struct dt_log_format *ret,
                                           const char **ret_why);
/* What else is to be read of a line, of enum dt_log_want; all at first. */
void dt_log_format_want(struct dt_log_format *format, unsigned wants);
/* Finds the format in which most of the first lines of a log are written; name is a static text, or
 * the format written out. DT_ERR_INVALID when hardly any line has a request in any. */
DT_MUST_USE enum dt_err dt_log_format_guess(struct dt_slice lines, struct dt_log_format *ret,
                                            const char **ret_name);
/* The value of --log-format for people: names, NULL-ended. */
extern const char *const dt_log_format_names[];

struct dt_log_line {
    struct dt_slice parts[DT_LOG_PARTS]; /* by enum dt_log_part; empty: the line does not say */
    uint8_t ranks[DT_LOG_PARTS];         /* of JSON: how well the key fits */
    uint16_t nfields;
    struct dt_field fields[DT_LOG_FIELDS];
    size_t used; /* of scratch */
    bool spilt;  /* it did not fit */
    bool whole;  /* the line went on to the end of the format, as far as that is wanted */
    char scratch[DT_LOG_SCRATCH];
};

/* text is one line without its end. Slices live as long as text and ret. A request line is taken
 * apart: METHOD and TARGET are then set. */
DT_MUST_USE enum dt_log_bad dt_log_line_read(const struct dt_log_format *format,
                                             struct dt_slice text, struct dt_log_line *ret);

/* ---- for the readers of lines ---- */

/* One line of JSON. */
enum dt_log_bad dt_log_json_read(struct dt_slice text, unsigned wants, struct dt_log_line *ret);
/* Takes "GET /a HTTP/1.1" apart. */
bool dt_log_request_line(struct dt_slice text, struct dt_log_line *ret);
/* Room for len bytes of the line's scratch; NULL, and spilt is set, when there is none. */
char *dt_log_scratch(struct dt_log_line *line, size_t len);
/* The text without Apache's and nginx's escapes: \xHH, \", \\, \n, \t and the like. */
struct dt_slice dt_log_unescape(struct dt_log_line *line, struct dt_slice text);
bool dt_log_is_method(struct dt_slice text);

#endif
