/* SPDX-License-Identifier: MIT
 *
 * Who asks, as far as rules want to know: the client's address and country, of which proxies tell,
 * and which of them are believed.
 */
#ifndef DT_SERVER_CLIENT_H
#define DT_SERVER_CLIENT_H

#include "http/request.h"
#include "server/country.h"

#include <detour/condition.h>
#include <detour/match.h>

#define DT_CLIENT_MAX_TRUSTED 256

/* What is believed. All zero: the peer is the client, and no country is known. */
struct dt_client_trust {
    unsigned count;
    struct dt_net proxies[DT_CLIENT_MAX_TRUSTED];
    struct dt_slice country_field; /* the field that tells the country; empty: none */
    const struct dt_country *country;
};

/* Adds networks, "10.0.0.0/8,2001:db8::1". DT_ERR_INVALID: *ret_bad is the one that is none;
 * DT_ERR_LIMIT. */
DT_MUST_USE enum dt_err dt_client_trust_add(struct dt_client_trust *trust, struct dt_slice list,
                                            struct dt_slice *ret_bad);

/* Sets what rules want to know (enum dt_need) of the client of a request; the rest stays as it is:
 * zero. country (2 bytes) must live as long as ret. */
void dt_client_find(const struct dt_client_trust *trust, const struct dt_http_request *request,
                    uint32_t needs, char country[2], struct dt_request *ret);

#endif
