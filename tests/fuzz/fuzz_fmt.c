/* SPDX-License-Identifier: MIT
 *
 * The formatter: whatever is in a file, its rules stay what they are, and formatting is done after
 * one pass.
 */
#include "../unit/test_fmt_check.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fmt_holds(dt_slice_of(size ? (const char *)data : "", size));
    return 0;
}
