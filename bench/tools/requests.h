/* SPDX-License-Identifier: MIT
 *
 * What the load generator asks and what it expects: request heads that are built once, each with
 * the Location that is right in version A of the rules and, for a swap, the one in version B.
 */
#ifndef BENCH_REQUESTS_H
#define BENCH_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>

struct dt_request {
    const char *head;
    size_t head_len;
    const char *location[2]; /* NULL: not known, any is right */
    size_t location_len[2];
};

struct dt_requests {
    struct dt_request *items;
    size_t count;
};

/* Reads a key file, "PATH [TAB LOCATION [TAB LOCATION]]" a line, and builds a GET for each, with
 * fields (each line ended by CR LF) after Host. "http://HOST/PATH" is a path of another host.
 * Lives as long as the process. False and a message on stderr when the file cannot be read or holds
 * nothing. */
bool dt_requests_read(const char *path, const char *fields, struct dt_requests *ret);

/* The same for one path; location may be NULL. */
bool dt_requests_one(const char *path, const char *location, const char *fields,
                     struct dt_requests *ret);

#endif
