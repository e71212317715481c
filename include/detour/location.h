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
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled target is ASCII without control bytes, in which a mark stands for a capture: one of
 * these bytes, which say for what place, then 0x80 + the capture's number. */
#define DT_MARK_PATH '\x01'
#define DT_MARK_QUERY '\x02'
#define DT_MARK_FRAGMENT '\x03'
#define DT_MARK_HOST '\x04' /* scheme, host or port */

#define DT_CAPTURES_MAX 64u /* of a rule */
/* The numbers behind them: what every request has. */
enum dt_capture_own {
    DT_CAPTURE_SCHEME = DT_CAPTURES_MAX,
    DT_CAPTURE_HOST,
    DT_CAPTURE_PORT,
    DT_CAPTURE_PATH, /* with its first "/" */
    DT_CAPTURE_QUERY,
    DT_CAPTURE_END,
};
#define DT_CAPTURE_OWN (DT_CAPTURE_END - DT_CAPTURES_MAX)

/* What a capture is a piece of, which decides how it is encoded for the place it goes to:
 *   from PATH   into a query: & = + ; # ' are escaped. Into a path: ? and # are
 *   from VALUE  into a path: / ? # are escaped and + becomes %20. Into a query: as it is, but &
 *   from QUERY  into a query: as it is. Into a path: ? and # are escaped
 *   from HOST   as it is
 * Into a fragment: as it is. Every capture is normalised: no byte in it is below 0x21 or above
 * 0x7e, and "\\" is escaped wherever it goes. A regex or a star may cut an escape in two: the "%"
 * of a capture that ends within one becomes %25, so that what follows cannot complete it. */
enum dt_capture_from { DT_FROM_PATH, DT_FROM_VALUE, DT_FROM_QUERY, DT_FROM_HOST };

struct dt_capture {
    struct dt_slice text;
    uint8_t from; /* enum dt_capture_from */
};

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
    uint32_t ncaptures;
    const struct dt_capture *captures; /* a number past the last stands for nothing */
    const struct dt_capture *own;      /* DT_CAPTURE_OWN of them: scheme, host, port, path, query */
    struct dt_slice query;             /* the request's, normalised, without "?" */
    struct dt_slice names; /* for KEEP and WITHOUT: "a,b,utm_*"; a final * matches any rest */
    enum dt_query_mode mode;
};

/* Writes the Location to mem (cap bytes). It has no CR, LF, NUL or space, and when the target is a
 * path it never begins with "//" or "/\": such a path is written with "/." in front (RFC 3986
 * section 4.2; the WHATWG serialiser does the same), which resolves to the same path on the same
 * host. DT_ERR_SPACE when it does not fit. */
DT_MUST_USE enum dt_err dt_location_build(const struct dt_location *parts, char *mem, size_t cap,
                                          struct dt_slice *ret);

/* Writes one capture as dt_location_build puts it into a place (DT_MARK_...). DT_ERR_SPACE. */
DT_MUST_USE enum dt_err dt_location_capture(char place, const struct dt_capture *capture, char *mem,
                                            size_t cap, struct dt_slice *ret);

/* True when all captures in host places make a valid host and no more: letters, digits, "-", "_"
 * and ".", not empty. {host} with brackets, {scheme} and {port} are valid. */
bool dt_location_host_ok(const struct dt_location *parts);

/* True when a compiled target has a mark. */
bool dt_location_has_marks(struct dt_slice target);

#ifdef __cplusplus
}
#endif
#endif
