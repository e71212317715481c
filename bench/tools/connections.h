/* SPDX-License-Identifier: MIT
 *
 * The load itself: connections that keep the server busy for a while and count what comes back.
 *
 * A closed loop: a connection sends its next request (or pipelined batch) when the last one is
 * answered. With a rate the requests have appointed times, spread evenly over the connections, and
 * a latency counts from the appointed time: a stall is seen by all the requests that it held up,
 * not only by the one that happened to be on its way.
 *
 * The loop never sleeps (epoll_wait with timeout 0), so that the server never pays for waking the
 * generator up. The generator needs a CPU of its own.
 */
#ifndef BENCH_CONNECTIONS_H
#define BENCH_CONNECTIONS_H

#include "histogram.h"
#include "requests.h"

#include <stdbool.h>
#include <stdint.h>

struct dt_load_options {
    uint16_t port;
    int connections;
    int depth;   /* requests that are sent together */
    bool visits; /* a connection for each request; the server closes it */
    double rate; /* requests a second in all; 0: as fast as answers come */
    int status;  /* the status that is right */
    bool any_location;
};

/* What one run saw. Version A is what the rules said before the run, B the other one. */
struct dt_load_counts {
    uint64_t requests; /* answered */
    uint64_t bytes;    /* of the answers */
    uint64_t begin_ns; /* CLOCK_MONOTONIC */
    uint64_t end_ns;
    uint64_t bad_status;
    uint64_t bad_location; /* neither A's nor B's */
    uint64_t broken;       /* connections that ended without a word in an answer */
    uint64_t lost;         /* requests without an answer */
    uint64_t refused;      /* connects that failed */
    uint64_t closing;      /* keep-alive connections that an answer said would be closed */
    uint64_t version[2];   /* answers of A, of B */
    uint64_t swapped_ns;   /* first answer of B; 0: none */
    uint64_t stale;        /* answers of A to requests sent after that */
};

struct dt_load;

/* Connects. NULL and a message on stderr when it cannot. Requests and options must outlive it. */
struct dt_load *dt_load_new(const struct dt_load_options *options,
                            const struct dt_requests *requests);
void dt_load_free(struct dt_load *load); /* accepts NULL */

/* Loads for so many seconds or so many requests, whichever ends first, waits for what is on its
 * way (two seconds at most), and leaves the connections open and idle. */
void dt_load_run(struct dt_load *load, double seconds, uint64_t requests,
                 struct dt_load_counts *ret_counts, struct dt_histogram *ret_latency_ns);

#endif
