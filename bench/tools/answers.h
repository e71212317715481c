/* SPDX-License-Identifier: MIT
 *
 * Reading answers: as much of HTTP/1.1 as a redirect's answer needs. Length by Content-Length or by
 * the chunked coding (its end is looked for, not parsed), Location, and whether the server will
 * close.
 */
#ifndef BENCH_ANSWERS_H
#define BENCH_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

struct dt_answer {
    size_t len; /* of head and body */
    int status;
    const char *location; /* into the bytes; NULL when there is none */
    size_t location_len;
    bool closing;
};

/* False when the bytes hold no whole answer yet. */
bool dt_answer_read(const char *bytes, size_t len, struct dt_answer *ret);

#endif
