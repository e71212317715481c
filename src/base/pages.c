/* SPDX-License-Identifier: MIT
 * Huge pages by advice; see pages.h. */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define WORTH_IT (2 * HUGE_PAGE)

void *dt_pages_alloc(size_t count, size_t element)
{
    if (element && count > SIZE_MAX / element - HUGE_PAGE)
        return NULL;
    size_t size = count * element;
    if (size < WORTH_IT)
        return malloc(size ? size : 1);
    size = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    void *mem = aligned_alloc(HUGE_PAGE, size);
    if (mem)
        (void)madvise(mem, size, MADV_HUGEPAGE); /* advice: without it all is as right, slower */
    return mem;
}

void *dt_pages_zalloc(size_t count, size_t element)
{
    void *mem = dt_pages_alloc(count, element);
    if (mem)
        memset(mem, 0, count * element);
    return mem;
}
