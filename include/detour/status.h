/* SPDX-License-Identifier: MIT
 *
 * The one table of what statuses mean. Server, follower, checker and auditor ask it; nothing else
 * knows about statuses. Each row cites its section in src/semantics/status.c.
 */
#ifndef DETOUR_STATUS_H
#define DETOUR_STATUS_H

#include <detour/slice.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dt_permanence {
    DT_PERMANENCE_NONE,      /* not a redirect (404, 410, 451, 503) or none implied (300, 304) */
    DT_PERMANENCE_TEMPORARY, /* keep the original URI for later requests */
    DT_PERMANENCE_PERMANENT, /* use the new URI from now on */
};

/* The method of the redirected request. */
enum dt_method_rule {
    DT_METHOD_NONE,        /* the status redirects nothing */
    DT_METHOD_KEEP,        /* 307, 308: the same method and the same body */
    DT_METHOD_GET,         /* 303: GET, but HEAD stays HEAD; the body is dropped */
    DT_METHOD_POST_TO_GET, /* 301, 302: POST becomes GET, the others stay (RFC 9110, Fetch) */
};

/* What search engines make of it. */
enum dt_index_signal {
    DT_INDEX_NONE,     /* no redirect signal */
    DT_INDEX_KEEP_OLD, /* temporary: the original URL stays indexed */
    DT_INDEX_MOVE,     /* permanent: the target becomes the indexed URL */
    DT_INDEX_REMOVE,   /* 404, 410, 451: the URL leaves the index */
    DT_INDEX_RETRY,    /* 503: crawl again later, nothing changes yet */
};

struct dt_status {
    uint16_t code;
    uint16_t http10;    /* what an HTTP/1.0 client would understand: 307 -> 302; itself otherwise */
    uint8_t permanence; /* enum dt_permanence */
    uint8_t method;     /* enum dt_method_rule */
    uint8_t index;      /* enum dt_index_signal */
    bool heuristic_cache;        /* cacheable without explicit freshness (RFC 9110 section 15.1) */
    bool location;               /* redirects to its Location */
    bool answerable;             /* a rule may ask for it */
    struct dt_slice reason;      /* "Temporary Redirect" */
    struct dt_slice status_line; /* "HTTP/1.1 307 Temporary Redirect\r\n" */
    struct dt_slice note_head;   /* the HTML of a note up to its sentence */
    const char *source;          /* "RFC 9110 section 15.4.8" */
};

/* The row of a status code; NULL when the table has none. */
const struct dt_status *dt_status_get(unsigned code);

/* The method that the user agent uses next: method itself, "GET", or empty when not redirected. */
struct dt_slice dt_status_next_method(const struct dt_status *status, struct dt_slice method);

/* True when a body goes along to the next request. */
bool dt_status_keeps_body(const struct dt_status *status, struct dt_slice method);

#ifdef __cplusplus
}
#endif
#endif
