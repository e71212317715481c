/* SPDX-License-Identifier: MIT
 *
 * The table of statuses. HTTP/1.0 had 301 and 302, whose text said "same method" while every
 * browser sent GET. HTTP/1.1 therefore split 302: 303 says what browsers did (GET next), 307 says
 * what the text had meant (the same method); 308 later did for 301 what 307 did for 302 (RFC 7538).
 * 301 and 302 themselves were then allowed the change that everybody makes: POST becomes GET. A 3xx
 * is behaviour asked of the client, not an error.
 */
#include <detour/status.h>

/* The beginning of a hypertext note (note.c), in one piece, since every answer copies it. */
#define NOTE_HEAD(reason)                                                                          \
    "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>" reason                    \
    "</title>\n<h1>" reason "</h1>\n<p>"

#define ROW(code, http10, permanence, method, index, heuristic, location, answerable, reason,      \
            source)                                                                                \
    {                                                                                              \
        code, http10, DT_PERMANENCE_##permanence, DT_METHOD_##method, DT_INDEX_##index, heuristic, \
            location, answerable, {reason, sizeof(reason) - 1},                                    \
            {"HTTP/1.1 " #code " " reason "\r\n",                                                  \
             sizeof("HTTP/1.1 " #code " " reason "\r\n") - 1},                                     \
            {NOTE_HEAD(reason), sizeof(NOTE_HEAD(reason)) - 1}, source                             \
    }

/* Sorted by code. The columns: HTTP/1.0 fallback, permanence, next method, what search engines take
 * from it, heuristically cacheable (RFC 9110 section 15.1), redirects to Location, a rule may
 * answer it. The HTTP/1.0 fallbacks: RFC 1945 section 9.3 knows 301 and 302 only. */
static const struct dt_status TABLE[] = {
    ROW(200, 200, NONE, NONE, NONE, true, false, false, "OK", "RFC 9110 section 15.3.1"),
    ROW(300, 300, NONE, NONE, NONE, true, false, false, "Multiple Choices",
        "RFC 9110 section 15.4.1"),
    ROW(301, 301, PERMANENT, POST_TO_GET, MOVE, true, true, true, "Moved Permanently",
        "RFC 9110 section 15.4.2"),
    ROW(302, 302, TEMPORARY, POST_TO_GET, KEEP_OLD, false, true, true, "Found",
        "RFC 9110 section 15.4.3"),
    ROW(303, 302, TEMPORARY, GET, KEEP_OLD, false, true, true, "See Other",
        "RFC 9110 section 15.4.4"),
    ROW(304, 304, NONE, NONE, NONE, false, false, false, "Not Modified", "RFC 9110 section 15.4.5"),
    ROW(305, 305, NONE, NONE, NONE, false, false, false, "Use Proxy", "RFC 9110 section 15.4.6"),
    ROW(307, 302, TEMPORARY, KEEP, KEEP_OLD, false, true, true, "Temporary Redirect",
        "RFC 9110 section 15.4.8"),
    ROW(308, 301, PERMANENT, KEEP, MOVE, true, true, true, "Permanent Redirect",
        "RFC 9110 section 15.4.9"),
    ROW(400, 400, NONE, NONE, NONE, false, false, false, "Bad Request", "RFC 9110 section 15.5.1"),
    ROW(404, 404, NONE, NONE, REMOVE, true, false, true, "Not Found", "RFC 9110 section 15.5.5"),
    ROW(405, 405, NONE, NONE, NONE, true, false, false, "Method Not Allowed",
        "RFC 9110 section 15.5.6"),
    ROW(408, 408, NONE, NONE, NONE, false, false, false, "Request Timeout",
        "RFC 9110 section 15.5.9"),
    ROW(410, 410, NONE, NONE, REMOVE, true, false, true, "Gone", "RFC 9110 section 15.5.11"),
    ROW(413, 413, NONE, NONE, NONE, false, false, false, "Content Too Large",
        "RFC 9110 section 15.5.14"),
    ROW(414, 414, NONE, NONE, NONE, true, false, false, "URI Too Long", "RFC 9110 section 15.5.15"),
    ROW(417, 417, NONE, NONE, NONE, false, false, false, "Expectation Failed",
        "RFC 9110 section 15.5.18"),
    ROW(421, 421, NONE, NONE, NONE, false, false, false, "Misdirected Request",
        "RFC 9110 section 15.5.20"),
    ROW(429, 429, NONE, NONE, RETRY, false, false, false, "Too Many Requests",
        "RFC 6585 section 4"),
    ROW(431, 431, NONE, NONE, NONE, false, false, false, "Request Header Fields Too Large",
        "RFC 6585 section 5"),
    ROW(451, 451, NONE, NONE, REMOVE, true, false, true, "Unavailable For Legal Reasons",
        "RFC 7725 section 3"),
    ROW(500, 500, NONE, NONE, RETRY, false, false, false, "Internal Server Error",
        "RFC 9110 section 15.6.1"),
    ROW(501, 501, NONE, NONE, NONE, true, false, false, "Not Implemented",
        "RFC 9110 section 15.6.2"),
    ROW(503, 503, NONE, NONE, RETRY, false, false, true, "Service Unavailable",
        "RFC 9110 section 15.6.4"),
    ROW(505, 505, NONE, NONE, NONE, false, false, false, "HTTP Version Not Supported",
        "RFC 9110 section 15.6.6"),
};

#define ROWS (sizeof TABLE / sizeof TABLE[0])

const struct dt_status *dt_status_get(unsigned code)
{
    size_t low = 0, high = ROWS;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (TABLE[mid].code == code)
            return &TABLE[mid];
        if (TABLE[mid].code < code)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* Methods are case-sensitive (RFC 9110 section 9.1). */
struct dt_slice dt_status_next_method(const struct dt_status *status, struct dt_slice method)
{
    switch ((enum dt_method_rule)status->method) {
    case DT_METHOD_KEEP:
        return method;
    case DT_METHOD_GET: /* Fetch: "not GET or HEAD" becomes GET */
        return dt_slice_eq(method, DT_S("HEAD")) ? method : DT_S("GET");
    case DT_METHOD_POST_TO_GET:
        return dt_slice_eq(method, DT_S("POST")) ? DT_S("GET") : method;
    case DT_METHOD_NONE:
        break;
    }
    return DT_SLICE_NONE;
}

bool dt_status_keeps_body(const struct dt_status *status, struct dt_slice method)
{
    struct dt_slice next = dt_status_next_method(status, method);
    return next.len > 0 && dt_slice_eq(next, method) && status->method != DT_METHOD_GET;
}
