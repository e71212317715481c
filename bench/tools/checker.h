/* SPDX-License-Identifier: MIT
 *
 * Is an answer right, and which version of the rules gave it? During a swap both versions are
 * right, but not both at the same time: once the new one has answered, an old answer to a request
 * that was sent later is stale.
 */
#ifndef BENCH_CHECKER_H
#define BENCH_CHECKER_H

#include "answers.h"
#include "connections.h"
#include "requests.h"

struct dt_checker {
    const struct dt_load_options *options;
    struct dt_load_counts *counts; /* of the run */
    int current; /* the version in force before the run: 0, 1, or -1 before the first answer */
};

struct dt_checker dt_checker_of(const struct dt_load_options *options);

void dt_checker_begin(struct dt_checker *checker, struct dt_load_counts *counts);
void dt_checker_end(struct dt_checker *checker);

/* Counts one answer; the request was sent and the answer came at these times. */
void dt_checker_see(struct dt_checker *checker, const struct dt_request *request,
                    const struct dt_answer *answer, uint64_t sent_ns, uint64_t now_ns);

#endif
