/* SPDX-License-Identifier: MIT
 *
 * A request in normal form as a URL, for people.
 */
#ifndef DT_RULES_REQUEST_URL_H
#define DT_RULES_REQUEST_URL_H

#include <detour/match.h>

/* "http://host:8080/path?query"; without a host the path and the query alone. Empty when it does
 * not fit. */
struct dt_slice dt_request_url(const struct dt_request *request, char *mem, size_t cap);

#endif
