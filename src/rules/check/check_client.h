/* SPDX-License-Identifier: MIT
 *
 * A client that follows redirects through compiled rules: the same person with the same fields,
 * address and moment asks for one URL after another, as a browser does.
 */
#ifndef DT_RULES_CHECK_CLIENT_H
#define DT_RULES_CHECK_CLIENT_H

#include "rules/check/checker.h"
#include "rules/match/request_url.h"

#define DT_TRIP_MAX 64u      /* hops: browsers give up at 20, curl at 50 */
#define DT_CLIENT_FIELDS 72u /* that are changed on the way, when there are so many */

struct dt_client {
    struct dt_checker *checker;
    const struct dt_names *names; /* hosts that some rule names */
    struct dt_request request;    /* where the client is */
    struct dt_field fields[DT_CLIENT_FIELDS];
    char *mem[2]; /* the URL asked for, and the next */
    unsigned side;
    bool crossed;  /* another host was asked before */
    bool stranger; /* and is one that no rule names: whose it is is not known */
};

enum dt_trip_end {
    DT_TRIP_ENDS,   /* no rule redirects the last URL */
    DT_TRIP_CIRCLE, /* the URL of hop `circle` is asked for again */
    DT_TRIP_GROWS,  /* no URL comes twice, but the same rules do, without end */
    DT_TRIP_LONG,   /* DT_TRIP_MAX hops, and on */
};

struct dt_trip_hop {
    uint32_t url, len; /* in text: the URL that was asked for */
    uint32_t more;     /* bytes behind it: the fragment that its Location had */
    uint32_t rule;     /* that answered */
    uint16_t status;
    uint64_t hash;
};

struct dt_trip {
    struct dt_trip_hop hops[DT_TRIP_MAX + 1];
    uint32_t count; /* of hops: answers that redirect */
    uint32_t circle;
    uint32_t last; /* the rule that answers the last URL without a redirect; UINT32_MAX: none */
    uint8_t end;   /* enum dt_trip_end */
    bool unsure; /* a host that may not be served by these rules, another cookie jar, or cookies set
                    on the way: not every such client goes so */
    char *text;
    size_t len, cap;
};

/* ---- Hosts that rules name: see check_names.c ---- */

struct dt_names {
    struct dt_slice *slots;
    size_t mask;
};

/* False: the checker has an error. */
bool dt_names_init(struct dt_names *names, struct dt_checker *checker);
void dt_names_release(struct dt_names *names);
/* Is it the host of some rule, or below one? */
bool dt_names_have(const struct dt_names *names, struct dt_slice host);

/* ---- */

/* False: memory is out. Released either way. */
bool dt_client_init(struct dt_client *client, struct dt_checker *checker);
void dt_client_release(struct dt_client *client);

/* Asks for this; what the request points to must live until the client's next start. */
void dt_client_start(struct dt_client *client, const struct dt_request *request);

/* The same for a URL, by the client of a request. False: not an http or https URL, or one that
 * nothing can be asked for. */
bool dt_client_start_url(struct dt_client *client, const struct dt_request *like,
                         struct dt_slice url);

/* The rules' answer; false when there is none: none matches, or it cannot be found out (the error
 * of the checker, if it must end). ret_rule is the set's. */
bool dt_client_ask(struct dt_client *client, struct dt_decision *ret, uint32_t *ret_rule);

/* True when the answer sends a client elsewhere. */
bool dt_decision_redirects(const struct dt_decision *decision);

/* Follows it. False: it leaves http and https, or is no URL. */
bool dt_client_go(struct dt_client *client, const struct dt_decision *decision);

/* ---- From a request to where it ends ---- */

void dt_trip_release(struct dt_trip *trip);
/* From where the client stands. False: the checker has an error. */
bool dt_trip_go(struct dt_trip *trip, struct dt_client *client);
/* The URL of a hop, as it was asked for. */
struct dt_slice dt_trip_url(const struct dt_trip *trip, uint32_t hop);
/* Where it ends, with a fragment. */
struct dt_slice dt_trip_final(const struct dt_trip *trip);

#endif
