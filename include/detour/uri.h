/* SPDX-License-Identifier: MIT
 *
 * URLs as the WHATWG URL standard reads them (https://url.spec.whatwg.org/), for http and https in
 * full and for every other scheme as opaque as safety allows; and the one normaliser that compiler,
 * matcher, checker and explain share, so that a rule and a request are compared in one form.
 */
#ifndef DETOUR_URI_H
#define DETOUR_URI_H

#include <detour/err.h>
#include <detour/slice.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A parsed URL. Every slice points into href, which the URL owns; dt_url_release frees it.
 * The slices are the components as the standard serialises them, without their delimiters:
 * scheme "https", username, password, host "xn--bcher-kva.example" or "[::1]", port "8080"
 * (empty for the default port), path "/a", query "b=1", fragment "c". */
struct dt_url {
    struct dt_slice href;
    struct dt_slice scheme;
    struct dt_slice username;
    struct dt_slice password;
    struct dt_slice host;
    struct dt_slice port;
    struct dt_slice path;
    struct dt_slice query;
    struct dt_slice fragment;
    bool has_host;     /* false: the host is null, as in "mailto:x" */
    bool has_query;    /* "?" was there, even with nothing behind it */
    bool has_fragment; /* "#" was there, even with nothing behind it */
    bool opaque_path;  /* "mailto:x": the path is not a list of segments */
};

/* Parses input against base (NULL: input must be absolute). Input is UTF-8; bytes that are not are
 * read as U+FFFD, as the standard's decoder does. Errors: DT_ERR_URL, DT_ERR_HOST, DT_ERR_NOMEM.
 * base stays the caller's and may be released afterwards. */
DT_MUST_USE enum dt_err dt_url_parse(struct dt_slice input, const struct dt_url *base,
                                     struct dt_url *ret_url);

/* Frees href and empties the URL; an all-zero URL is accepted. */
void dt_url_release(struct dt_url *url);

/* The port in effect: the URL's own, else the scheme's default (80, 443, 21), else 0. */
uint16_t dt_url_port(const struct dt_url *url);

/* True for "http" and "https". */
bool dt_url_is_http(const struct dt_url *url);

/* "Domain to ASCII" of the URL standard with beStrict false, through libidn2's UTS 46 processing,
 * plus the host parser's checks (forbidden code points, IPv4 in all its spellings, [IPv6]).
 * The result is written to buf (cap bytes, in which the input must fit too) and ret_host points
 * there. DT_ERR_HOST, DT_ERR_SPACE, DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_host_parse(struct dt_slice input, char *buf, size_t cap,
                                      struct dt_slice *ret_host);

/* ---- The normaliser (RFC 3986 section 6.2.2) ---------------------------------------------------
 *
 * Each returns the input itself, with no copy, when it is in normal form already (the common case,
 * found in one pass), else the normal form written to buf. buf needs 3 * raw.len + 1 bytes, else
 * DT_ERR_SPACE. No allocation. Idempotent: normal(normal(x)) == normal(x). */

/* Path: starts with "/" (else DT_ERR_URL; an empty path becomes "/"). Percent-escapes upper-case;
 * escaped unreserved characters (RFC 3986 section 2.3) decoded; "." and ".." segments removed, also
 * when written as %2e; %2F, %5C and %00 never decoded; a byte that may not stand in a path
 * (controls, space, DEL, non-ASCII, and " < > \ ^ ` { | } [ ] # ?) percent-encoded; "%" without two
 * hex digits becomes %25. Empty segments stay: "//" is not "/". */
DT_MUST_USE enum dt_err dt_norm_path(struct dt_slice raw, char *buf, size_t cap,
                                     struct dt_slice *ret);

/* Query, without "?": the same treatment of escapes and bytes, but "/", "?", "[", "]", "|", "^",
 * "`", "{", "}" may stand as they are ("\" becomes %5C, "'" %27), and nothing is a segment. "+"
 * stays. */
DT_MUST_USE enum dt_err dt_norm_query(struct dt_slice raw, char *buf, size_t cap,
                                      struct dt_slice *ret);

/* Host, without port: as dt_host_parse, with a fast path for lower-case letters, digits, "-" and
 * "."; and one trailing dot removed ("example.com." is the same host here). DT_ERR_HOST when that
 * leaves nothing, or another trailing dot. buf needs 16 bytes at least ("0" is 0.0.0.0); a
 * non-ASCII name beyond what the DNS allows may need more than 3 * raw.len + 1 and be DT_ERR_SPACE.
 * libidn2 allocates, for non-ASCII names only. */
DT_MUST_USE enum dt_err dt_norm_host(struct dt_slice raw, char *buf, size_t cap,
                                     struct dt_slice *ret);

/* Splits "host", "host:port", "[v6]", "[v6]:port" (RFC 3986 section 3.2); the brackets stay with
 * the host. No port or an empty one: ret_port is 0. The host is not checked beyond its brackets.
 * DT_ERR_HOST for a bad port (not decimal, over 65535), userinfo, or an empty host. */
DT_MUST_USE enum dt_err dt_authority_split(struct dt_slice authority, struct dt_slice *ret_host,
                                           uint16_t *ret_port);

#ifdef __cplusplus
}
#endif
#endif
