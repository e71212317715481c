/* SPDX-License-Identifier: MIT
 *
 * Following: where a client ends that goes where it is sent, as long as the same rules answer.
 */
#ifndef DT_TRAFFIC_HOPS_H
#define DT_TRAFFIC_HOPS_H

#include "rules/match/request_url.h"
#include <detour/match.h>

#define DT_HOPS_MAX 20u /* as browsers have it */

struct dt_hop {
    struct dt_request request; /* what was asked */
    struct dt_slice location;  /* of the answer; empty: it redirects no further */
    uint32_t rule;             /* that answered */
    uint16_t status;
};

enum dt_hops_end {
    DT_HOPS_LEFT,  /* the last target is answered by no rule */
    DT_HOPS_ENDED, /* the last answer does not redirect: 410 and its like */
    DT_HOPS_LOOP,  /* a request came again */
    DT_HOPS_CUT,   /* more than DT_HOPS_MAX */
};

struct dt_hops {
    unsigned count; /* rules that answered, one after another */
    enum dt_hops_end end;
    unsigned again; /* of a LOOP: the hop that the last one leads back to */
    struct dt_hop hops[DT_HOPS_MAX];
    size_t used;
    char mem[(size_t)512 << 10];
};

/* Follows from a request whose answer is known. The request must live as long as ret is used;
 * decision may lie in scratch, which is used for the next answers. DT_ERR_DAMAGED. */
DT_MUST_USE enum dt_err dt_hops_follow(const struct dt_snapshot *snapshot,
                                       const struct dt_request *request,
                                       const struct dt_decision *decision,
                                       struct dt_match_scratch *scratch, struct dt_hops *ret);

/* The request that a client makes of a Location, its parts in mem. False: it leaves http, or does
 * not fit. */
bool dt_hops_next(const struct dt_request *request, struct dt_slice location, uint16_t status,
                  char *mem, size_t cap, struct dt_request *ret);

#endif
