/* SPDX-License-Identifier: MIT
 * Between the parts of the oracle that ask about conditions. */
#ifndef DT_TEST_ORACLE_COND_H
#define DT_TEST_ORACLE_COND_H

#include "oracle.h"

/* UNKNOWN: the request does not say; then neither the condition nor its
 * negation holds. */
enum verdict { NO, YES, UNKNOWN };

struct asked {
    const struct world *world;
    const struct rule *rule;
    const struct cond *cond;
    const struct request *request;
    struct looked *looked;
};

/* Notes that a header field was looked at. */
void look(const struct asked *asked, const char *field);

/* Is the value, whatever its case, among the condition's? */
bool has_value(const struct cond *cond, const char *value);

/* oracle_fields.c */
bool glob(const char *pattern, const char *text, bool nocase);
const char *header(const struct asked *asked, const char *name, int *from);
/* The first cookie of this name, to ret; false: none. */
bool first_cookie(const struct asked *asked, const char *name, struct text *ret);
enum verdict header_holds(const struct asked *asked);
enum verdict cookie_holds(const struct asked *asked);
enum verdict referer_holds(const struct asked *asked);
enum verdict ua_holds(const struct asked *asked);

/* oracle_client.c */
enum verdict lang_holds(const struct asked *asked);
enum verdict ip_holds(const struct asked *asked);
enum verdict country_holds(const struct asked *asked);
enum verdict percent_holds(const struct asked *asked);
bool net_has(const char *net, const char *address);

#endif
