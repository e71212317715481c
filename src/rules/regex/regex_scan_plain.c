/* SPDX-License-Identifier: MIT
 *
 * A build without Vectorscan: words find what they can, and the rest is tried every time. A
 * snapshot that was made with Vectorscan is read all the same.
 */
#include "rules/regex/regex_scan.h"

#include <stdlib.h>

struct dt_scanner {
    const uint32_t *items;
    uint32_t count;
};

bool dt_scanner_present(void)
{
    return false;
}

enum dt_err dt_scanner_judge(struct dt_scan_item *item)
{
    item->prefiltered = false;
    item->always = true;
    return DT_OK;
}

enum dt_err dt_scanner_write(const struct dt_scan_item *items, size_t count, struct dt_buf *out)
{
    (void)items;
    (void)count;
    (void)out;
    return DT_ERR_LIMIT;
}

enum dt_err dt_scanner_open(const void *mem, size_t len, const struct dt_scan_texts *texts,
                            struct dt_scratch **scratch, struct dt_scanner **ret)
{
    const struct dt_scan_block *block = mem;
    (void)texts;
    (void)scratch;
    if (len < sizeof *block || (len - sizeof *block) / 4 < block->count)
        return DT_ERR_DAMAGED;
    struct dt_scanner *scanner = malloc(sizeof *scanner);
    if (!scanner)
        return DT_ERR_NOMEM;
    *scanner = (struct dt_scanner){(const uint32_t *)(block + 1), block->count};
    *ret = scanner;
    return DT_OK;
}

void dt_scanner_free(struct dt_scanner *scanner)
{
    free(scanner);
}

void dt_scratch_free(struct dt_scratch *scratch)
{
    (void)scratch;
}

enum dt_err dt_scanner_scan(const struct dt_scanner *scanner, struct dt_scratch *scratch,
                            struct dt_slice subject, struct dt_scan_hits *hits)
{
    (void)scratch;
    (void)subject;
    for (uint32_t i = 0; i < scanner->count; i++)
        dt_scan_hit(hits, scanner->items[i]);
    return DT_OK;
}
