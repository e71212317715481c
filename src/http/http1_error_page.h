/* SPDX-License-Identifier: MIT
 *
 * The page that stands in the body of an error answer when nobody wrote a better one.
 */
#ifndef DT_HTTP_HTTP1_ERROR_PAGE_H
#define DT_HTTP_HTTP1_ERROR_PAGE_H

#include <detour/slice.h>

/* A short, valid HTML document that names the status and says what to do; for the statuses that
 * the server answers by itself (400, 404, 405, 408, 410, 414, 417, 421, 429, 431, 451, 500, 501,
 * 503, 505), and empty for any other. Static: it lives for ever and says nothing about the request.
 */
struct dt_slice dt_http1_error_page(unsigned status);

#endif
