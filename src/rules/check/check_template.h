/* SPDX-License-Identifier: MIT
 *
 * A target taken apart, as what it makes: on which host, by which scheme, and which paths. In the
 * path a byte from 0x80 up stands for the capture of that number (see location.h).
 */
#ifndef DT_RULES_CHECK_TEMPLATE_H
#define DT_RULES_CHECK_TEMPLATE_H

#include "rules/check/check_paths.h"

struct dt_template {
    const struct dt_rule *rule; /* whose captures they are */
    bool relative;              /* a path: host, scheme and port are those of the request */
    bool own_host, own_scheme;  /* {host}, {scheme}, or relative */
    struct dt_slice host;       /* unless own_host */
    uint8_t scheme;             /* unless own_scheme; enum dt_scheme */
    uint16_t port;              /* 0: the request's, or the scheme's own when that is own_scheme */
    struct dt_slice origin;     /* as compiled: "https://" and host; empty when relative */
    struct dt_slice path;
    struct dt_slice query, fragment; /* compiled, with "?" and "#" in front; empty: none */
};

#define DT_TEMPLATE_ROOM 8192u

/* False: it is no path, http or https URL whose host is known, or has what cannot be reckoned with.
 * mem has DT_TEMPLATE_ROOM bytes. */
bool dt_template_of(const struct dt_rule *rule, char *mem, struct dt_template *ret);

/* How a capture looks in a path: DT_PATH_NAME when it is one segment that is something. */
char dt_template_symbol(const struct dt_rule *rule, unsigned number);

/* The paths that it makes; mem has DT_PATHS_ROOM bytes. */
void dt_template_paths(const struct dt_template *of, char *mem, struct dt_paths *ret);

/* True when every capture is a whole segment of something, or all behind the last slash, or the
 * path itself, so that URLs are resolved as they stand; and the text is in normal form. */
bool dt_template_is_whole(const struct dt_template *of);

#endif
