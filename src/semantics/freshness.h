/* SPDX-License-Identifier: MIT
 *
 * Cache-Control (RFC 9111 section 5.2.2) of an answer that is right only for a while: what lets a
 * cache keep it may not reach beyond that moment.
 */
#ifndef DT_SEMANTICS_FRESHNESS_H
#define DT_SEMANTICS_FRESHNESS_H

#include <detour/err.h>
#include <detour/slice.h>
#include <stdint.h>

/* Writes value with every max-age, s-maxage, stale-while-revalidate and stale-if-error such that
 * none lets a cache use the answer past `left` seconds (stale-... add to the age: they become what
 * is left behind the longest of the ages), and "immutable" left out. A value that leaves the time
 * to the cache gets max-age=left behind it: one with neither max-age nor no-store nor no-cache,
 * when heuristic (the status may be cached without being told so: RFC 9110 section 15.1) or when it
 * says public or private (RFC 9111 section 3). So an empty value stays empty unless heuristic. All
 * other directives stay as they are. left of UINT32_MAX or more: no limit, the value itself. The
 * result is never longer than twice the value and 32 bytes. DT_ERR_SPACE. */
DT_MUST_USE enum dt_err dt_freshness_cap(struct dt_slice value, uint64_t left, bool heuristic,
                                         char *mem, size_t cap, struct dt_slice *ret);

#endif
