/* SPDX-License-Identifier: MIT
 *
 * A test while it is put into words of our own, for the two files that do it.
 */
#ifndef DT_RULES_HAPROXY_WANT_H
#define DT_RULES_HAPROXY_WANT_H

#include "rules/dialects/haproxy/haproxy.h"

struct dt_haproxy_asked {
    struct dt_haproxy *haproxy;
    const struct dt_haproxy_test *test;
    struct dt_slice pattern; /* the one of a choice */
    struct dt_haproxy_wants *wants;
};

/* An error at the line. */
enum dt_haproxy_outcome dt_haproxy_asked_refuse(const struct dt_haproxy_asked *asked,
                                                const char *why);
/* Adds a condition as the native language writes it; releases the buffer. */
enum dt_haproxy_outcome dt_haproxy_asked_option(struct dt_haproxy_asked *asked, struct dt_buf *buf);
/* Wants this host, with "*" or "." before it. */
enum dt_haproxy_outcome dt_haproxy_asked_host(struct dt_haproxy_asked *asked, const char *lead,
                                              struct dt_slice name);

/* ---- haproxy_want_uri.c ---- */

enum dt_haproxy_outcome dt_haproxy_want_path(struct dt_haproxy_asked *asked);
enum dt_haproxy_outcome dt_haproxy_want_base(struct dt_haproxy_asked *asked);
enum dt_haproxy_outcome dt_haproxy_want_path_and_query(struct dt_haproxy_asked *asked,
                                                       struct dt_slice text);
enum dt_haproxy_outcome dt_haproxy_want_param(struct dt_haproxy_asked *asked);
enum dt_haproxy_outcome dt_haproxy_want_query(struct dt_haproxy_asked *asked);
enum dt_haproxy_outcome dt_haproxy_want_url(struct dt_haproxy_asked *asked);

#endif
