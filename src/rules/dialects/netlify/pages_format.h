/* SPDX-License-Identifier: MIT
 *
 * What the reader and the writer of Cloudflare Pages' _redirects both know. Limits are those of
 * workers-sdk (constants.ts); the documentation says 1,000 characters a line, the parser reads
 * 2,000.
 */
#ifndef DT_RULES_PAGES_FORMAT_H
#define DT_RULES_PAGES_FORMAT_H

#include <detour/slice.h>

#define DT_PAGES_STATIC 2000u   /* rules without placeholders, before the first with one */
#define DT_PAGES_DYNAMIC 100u   /* the others */
#define DT_PAGES_LINE 2000u     /* characters that are read */
#define DT_PAGES_PROMISED 1000u /* characters that are documented */
#define DT_PAGES_NAMES 32u      /* placeholders of a source that we read */

/* The length of a placeholder's name behind its ":": a letter, then word characters; 0: none. */
size_t dt_pages_name(struct dt_slice text);

/* Does a source have a "*" or a placeholder? */
bool dt_pages_dynamic(struct dt_slice text);

/* Would Cloudflare take a path as target for a loop? */
bool dt_pages_loops(struct dt_slice from, struct dt_slice to);

/* Does a target have a query of its own, so that the request's is not passed on? */
bool dt_pages_query(struct dt_slice target);

#endif
