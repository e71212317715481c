/* SPDX-License-Identifier: MIT
 *
 * Which word was meant: the optimal string alignment distance (insertions, deletions, replacements
 * and swaps of neighbours), over short words only. A guess is worth making when at most a third of
 * the letters are wrong; a worse one would only puzzle.
 */
#include "cli/cmdline.h"

#include <string.h>

#define WORD_MAX 32

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

const char *dt_nearest(const char *word, const char *(*at)(const void *ctx, size_t i),
                       const void *ctx)
{
    size_t len = strlen(word);
    const char *best = NULL;
    unsigned best_distance = 1 + (unsigned)len / 3;
    if (len < 2 || len > WORD_MAX)
        return NULL;
    const char *known = NULL;
    for (size_t i = 0; (known = at(ctx, i)) != NULL; i++) {
        size_t known_len = strlen(known);
        if (known_len > WORD_MAX)
            continue;
        if (known_len > len && memcmp(known, word, len) == 0)
            return known; /* a beginning says more than a distance */
        unsigned d = distance(word, len, known, known_len);
        if (d <= best_distance && (d < best_distance || !best)) {
            best = known;
            best_distance = d;
        }
    }
    return best;
}
