/* SPDX-License-Identifier: MIT
 *
 * An operator's own page: HTML in which a few words in braces stand for what is known of the
 * answer. All other braces stay as they are, so that CSS and scripts need no care.
 */
#ifndef DETOUR_PAGE_H
#define DETOUR_PAGE_H

#include <detour/err.h>
#include <detour/slice.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DT_PAGE_MAX (64u << 10) /* bytes of a template */

/* What {status} {reason} {url} {host} {path} {location} {retry_after} {until} stand for; escaped
 * for HTML text and attribute values in quotes. */
struct dt_page {
    uint16_t status;     /* {status}; {reason} is its phrase */
    struct dt_slice url; /* as asked for, without fragment */
    struct dt_slice host;
    struct dt_slice path;
    struct dt_slice location; /* may be empty */
    uint32_t retry_after;     /* seconds; UINT32_MAX: {retry_after} is empty */
    int64_t until;            /* seconds since 1970, as RFC 3339; INT64_MAX: {until} is empty */
};

/* Writes the page. DT_ERR_SPACE. */
DT_MUST_USE enum dt_err dt_page_build(struct dt_slice text, const struct dt_page *page, char *mem,
                                      size_t cap, struct dt_slice *ret);

#ifdef __cplusplus
}
#endif
#endif
