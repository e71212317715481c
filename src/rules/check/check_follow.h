/* SPDX-License-Identifier: MIT
 *
 * Following rules: what the parts of it share. Each rule's witnesses are sent through the compiled
 * rules; what cannot be found so, since it takes a certain word in a certain place, is found by
 * laying targets over sources (check_cycle.c), and again proven by asking.
 */
#ifndef DT_RULES_CHECK_FOLLOW_H
#define DT_RULES_CHECK_FOLLOW_H

#include "rules/check/check_client.h"

enum dt_follow_flag {
    DT_FOLLOW_CHAIN = 1, /* a chain was told at this rule */
    DT_FOLLOW_LOOP = 2,  /* it is part of a loop that was told */
    DT_FOLLOW_OWN = 4,   /* its plainest request goes on beyond its own answer */
    DT_FOLLOW_TOLD = 8,  /* a loop was told at this rule */
};

#define DT_FOLLOW_QUERY (10u << 10)

struct dt_follow {
    struct dt_checker *checker;
    struct dt_names names;
    struct dt_client client;
    struct dt_trip trip;
    uint8_t *flags;     /* enum dt_follow_flag, of each rule */
    uint32_t *stranger; /* a rule whose plainest request is answered by this one, and goes on;
                           UINT32_MAX: none */
    uint32_t *next;     /* the rule that its plainest request leads to; UINT32_MAX: none */
    bool schemes;       /* some rule looks at scheme or port */
    bool hosts;         /* some rule looks at the host */
    bool queries;       /* some rule asks that there be no query, or no more than it names */
    bool goes_on;       /* some next is not UINT32_MAX */
    char query[DT_FOLLOW_QUERY];
};

/* Tells what a trip shows: the loop that it ends in, or the chain that begins with its first rule.
 * Each is told once. */
void dt_follow_tell(struct dt_follow *follow);

/* As dt_follow_tell, of loops only; possible: the client was put together from several rules. */
void dt_follow_tell_loop(struct dt_follow *follow, bool possible);

/* Asks for a request, and goes on as long as it is redirected; nothing is kept in the trip when it
 * is one hop or none. True when there is a trip. */
bool dt_follow_request(struct dt_follow *follow, const struct dt_request *request);

/* check_long.c: circles of more hops than a trip has. */
void dt_follow_long(struct dt_follow *follow);

/* The parts that lay rules over one another. */
void dt_follow_cycles(struct dt_follow *follow);
void dt_follow_flatten(struct dt_follow *follow);

#endif
