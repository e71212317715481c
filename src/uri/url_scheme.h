/* SPDX-License-Identifier: MIT
 *
 * The special schemes (https://url.spec.whatwg.org/#special-scheme): those whose URLs have "/" and
 * "\" alike, a host that is a domain, and mostly a default port.
 */
#ifndef DT_URI_URL_SCHEME_H
#define DT_URI_URL_SCHEME_H

#include <detour/slice.h>
#include <stdint.h>

struct dt_url_scheme {
    struct dt_slice name;
    uint16_t port; /* 0: none */
    bool is_file;
};

/* scheme in lower case; NULL: not special. */
const struct dt_url_scheme *dt_url_scheme_special(struct dt_slice scheme);

#endif
