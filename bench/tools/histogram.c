/* SPDX-License-Identifier: MIT
 *
 * A bucket's number is the value's exponent and the six bits after its leading one: values below 64
 * have a bucket each, and from there the buckets double in width with each power of two.
 */
#include "histogram.h"

#include <string.h>

enum { SUB_BITS = 6 };

static unsigned bucket_of(uint64_t value)
{
    if (value < DT_HISTOGRAM_SUB)
        return (unsigned)value;
    unsigned exponent = 63U - (unsigned)__builtin_clzll(value);
    unsigned shift = exponent - SUB_BITS;
    unsigned sub = (unsigned)(value >> shift) & (DT_HISTOGRAM_SUB - 1);
    return (shift + 1) * DT_HISTOGRAM_SUB + sub;
}

/* The greatest value that falls in the bucket. */
static uint64_t bucket_end(unsigned bucket)
{
    if (bucket < DT_HISTOGRAM_SUB)
        return bucket;
    unsigned shift = bucket / DT_HISTOGRAM_SUB - 1;
    uint64_t first = (uint64_t)(DT_HISTOGRAM_SUB + bucket % DT_HISTOGRAM_SUB) << shift;
    return first + ((UINT64_C(1) << shift) - 1);
}

void dt_histogram_clear(struct dt_histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

void dt_histogram_add(struct dt_histogram *histogram, uint64_t value)
{
    histogram->count++;
    if (value > histogram->max)
        histogram->max = value;
    histogram->buckets[bucket_of(value)]++;
}

uint64_t dt_histogram_quantile(const struct dt_histogram *histogram, double part)
{
    if (histogram->count == 0)
        return 0;
    uint64_t below = 0;
    for (unsigned i = 0; i < DT_HISTOGRAM_BUCKETS; i++) {
        below += histogram->buckets[i];
        if ((double)below >= part * (double)histogram->count) {
            uint64_t end = bucket_end(i);
            return end < histogram->max ? end : histogram->max;
        }
    }
    return histogram->max;
}
