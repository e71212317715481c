/* SPDX-License-Identifier: MIT
 *
 * Building a Location (RFC 9110 section 10.2.2) that is safe by construction: the parts were
 * encoded when the rule was compiled, captures come from a normalised request and are encoded again
 * for the place they stand in, and no capture can choose the host.
 */
#ifndef DETOUR_LOCATION_H
#define DETOUR_LOCATION_H

#include <detour/err.h>
#include <detour/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled target is a string without control bytes, in which these marks stand for a capture. */
#define DT_MARK_SPLAT_PATH '\x01'  /* the rest of a dir/ path, for a path or a fragment */
#define DT_MARK_SPLAT_QUERY '\x02' /* the same, for a query: & = + # are encoded too */

/* What becomes of the request's query. */
enum dt_query_mode {
    DT_QUERY_PASS, /* added to the target; keys that the target has itself win */
    DT_QUERY_DROP,
    DT_QUERY_KEEP,    /* only the named keys */
    DT_QUERY_WITHOUT, /* all but the named keys */
};

struct dt_location {
    struct dt_slice prefix; /* the shared beginning of the target; no marks and no # in it */
    struct dt_slice rest;   /* what follows; marks allowed */
    bool marks;             /* rest has marks */
    struct dt_slice splat;  /* normalised */
    struct dt_slice query;  /* the request's, normalised, without "?" */
    struct dt_slice names;  /* for KEEP and WITHOUT: "a,b,utm_*"; a final * matches any rest */
    enum dt_query_mode mode;
};

/* Writes the Location to mem (cap bytes). It has no CR, LF, NUL or space, and when the target is a
 * path it never begins with "//" or "/\": such a path is written with "/." in front (RFC 3986
 * section 4.2; the WHATWG serialiser does the same), which resolves to the same path on the same
 * host. DT_ERR_SPACE when it does not fit. */
DT_MUST_USE enum dt_err dt_location_build(const struct dt_location *parts, char *mem, size_t cap,
                                          struct dt_slice *ret);

#ifdef __cplusplus
}
#endif
#endif
