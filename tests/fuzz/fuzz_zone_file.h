/* SPDX-License-Identifier: MIT
 *
 * A small TZif file (RFC 9636): Central European Time, one change long ago, summers by its footer.
 */
#ifndef DT_FUZZ_ZONE_FILE_H
#define DT_FUZZ_ZONE_FILE_H

#include <detour/slice.h>

#define ZONE_HEADER(ntimes, ntypes)                                                                \
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" ntimes "\0\0\0" ntypes     \
    "\0\0\0\4"
#define ZONE_TYPES "\0\0\x0c\x88\0\0\0\0\x0e\x10\0\0" /* +00:53:28, +01:00 */

static inline struct dt_slice fuzz_zone_file(void)
{
    return DT_S(ZONE_HEADER(
        "\0", "\1") "\0\0\x0e\x10\0\0"
                    "CET\0" ZONE_HEADER("\1", "\2") "\xff\xff\xff\xff\x6f\xa2\x61\xf8\1" ZONE_TYPES
                                                    "CET\0\nCET-1CEST,M3.5.0,M10.5.0/3\n");
}

#endif
