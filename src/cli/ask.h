/* SPDX-License-Identifier: MIT
 *
 * Asking the rules as a client would: from a method and an absolute URL to a request, and from the
 * answer to the URL that the client goes to next.
 */
#ifndef DT_CLI_ASK_H
#define DT_CLI_ASK_H

#include <detour/match.h>
#include <detour/status.h>
#include <detour/uri.h>

/* A request and the memory it points into. */
struct dt_ask {
    struct dt_request request;
    struct dt_url url;
    char *memory;
    struct dt_field *fields; /* those of the input behind a Host, if they have none */
};

/* Who asks for what, and when. All but method and url may be zero. */
struct dt_ask_input {
    struct dt_slice method;
    struct dt_slice url;
    struct dt_slice host; /* a Host field that replaces the URL's host and port; empty: none */
    const struct dt_field *fields;
    size_t nfields;
    int64_t at;          /* seconds since 1970 */
    uint8_t address[16]; /* as dt_request's */
    bool has_address;
    struct dt_slice country;
};

/* DT_ERR_URL when the URL is not absolute with http or https, DT_ERR_HOST, DT_ERR_NOMEM. What input
 * points to must outlive the ask. */
DT_MUST_USE enum dt_err dt_ask_init(struct dt_ask *ask, const struct dt_ask_input *input);
void dt_ask_release(struct dt_ask *ask);

/* What the server answers. */
struct dt_reply {
    struct dt_decision decision;    /* of the rules */
    const struct dt_status *status; /* never NULL; 404 when no rule matches or one says pass */
    bool refused;                   /* TRACE, CONNECT: 405, and the rules were not asked */
};

/* DT_ERR_DAMAGED, DT_ERR_SPACE, DT_ERR_LIMIT as dt_match. The reply points into scratch. */
DT_MUST_USE enum dt_err dt_ask_rules(const struct dt_ask *ask, const struct dt_snapshot *snapshot,
                                     struct dt_match_scratch *scratch, struct dt_reply *ret);

/* Where a client goes: location resolved against the URL asked for; a fragment is inherited (RFC
 * 9110 section 10.2.2). ret is to be released. */
DT_MUST_USE enum dt_err dt_ask_next(const struct dt_ask *ask, struct dt_slice location,
                                    struct dt_url *ret);

#endif
