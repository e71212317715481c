/* SPDX-License-Identifier: MIT
 * Cookies in a Cookie field (RFC 6265 section 5.4, as read by servers: section 4.2.2).
 */
#ifndef DT_SEMANTICS_COOKIE_H
#define DT_SEMANTICS_COOKIE_H

#include <detour/slice.h>

struct dt_cookie {
    struct dt_slice name;
    struct dt_slice value; /* without the quotes around it, if any */
};

/* Cuts the next cookie off a field's value; false when there is none left. Pieces without "=", or
 * with nothing before it, are passed over. Names are kept as sent: their case counts. */
bool dt_cookie_next(struct dt_slice *field, struct dt_cookie *ret);

#endif
