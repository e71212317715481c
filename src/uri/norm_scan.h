/* SPDX-License-Identifier: MIT
 *
 * The first look at a path, a query or a host: is every byte one that stands for itself? Nearly
 * always the answer is yes, so it is found sixteen bytes at a time where the machine has SSE2 and
 * by the table otherwise. A false "no" only costs a second, exact look; a false "yes" would be a
 * wrong redirect, so the unit test holds both ways of looking to the table, byte by byte.
 */
#ifndef DT_URI_NORM_SCAN_H
#define DT_URI_NORM_SCAN_H

#include <detour/slice.h>

/* True: no byte of s is "%" or needs an escape in a path, and no "." follows a "/". */
bool dt_scan_path_plain(struct dt_slice s);

/* True: no byte of s is "%" or needs an escape in a query. */
bool dt_scan_query_plain(struct dt_slice s);

/* True: all bytes are a-z, 0-9, "-" or ".". */
bool dt_scan_host_plain(struct dt_slice s);

#endif
