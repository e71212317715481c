/* SPDX-License-Identifier: MIT
 *
 * The synthetic map, made and not stored: rule number i has a key and a target that follow from i
 * alone, with the lengths of real documentation paths (46 and 76 bytes at a million rules). The
 * same rules in each server's own format, in two versions whose targets differ in every rule and
 * have the same length, so that one answer tells which version gave it.
 *
 * usage: genmap detour|nginx|haproxy COUNT VERSION    the map, on standard output
 *        genmap keys COUNT SAMPLE     SAMPLE random keys of it, each with its target in version 1
 *                                     and 2: "KEY TAB TARGET TAB TARGET"
 *        genmap misses COUNT SAMPLE   SAMPLE paths of the same form that it has no key for
 */
#include "random.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct format {
    const char *name;
    const char *between;
    const char *after;
};

static const struct format formats[] = {
    {"detour", " ", " 307\n"},
    {"nginx", " ", ";\n"},
    {"haproxy", " ", "\n"},
};

/* 7919 is prime and no divisor of 1000: neighbours in the file live in different sections. */
static unsigned section(uint64_t i)
{
    return (unsigned)(i * 7919 % 1000);
}

static void put_key(uint64_t i)
{
    printf("/docs/section-%03u/page-%06" PRIu64 "-some-nice-title", section(i), i);
}

static void put_target(uint64_t i, int version)
{
    printf("https://www.example.com/new/docs/section-%03u/page-%06" PRIu64 "-the-new-title-%s",
           section(i), i, version == 1 ? "here" : "v002");
}

static int put_keys(uint64_t count, uint64_t sample)
{
    unsigned char *taken = calloc(count / 8 + 1, 1);
    if (taken == NULL || sample > count) {
        fputs("genmap: bad sample size\n", stderr);
        free(taken);
        return 1;
    }
    uint64_t state = 307;
    while (sample > 0) {
        uint64_t i = next_random(&state) % count;
        if ((taken[i / 8] >> (i % 8) & 1) != 0)
            continue;
        taken[i / 8] = (unsigned char)(taken[i / 8] | 1U << (i % 8));
        put_key(i);
        putchar('\t');
        put_target(i, 1);
        putchar('\t');
        put_target(i, 2);
        putchar('\n');
        sample--;
    }
    free(taken);
    return 0;
}

static int put_misses(uint64_t count, uint64_t sample)
{
    uint64_t state = 404;
    for (; sample > 0; sample--) {
        put_key(count + next_random(&state) % count);
        putchar('\n');
    }
    return 0;
}

static void put_map(const struct format *format, uint64_t count, int version)
{
    for (uint64_t i = 0; i < count; i++) {
        put_key(i);
        fputs(format->between, stdout);
        put_target(i, version);
        fputs(format->after, stdout);
    }
}

int main(int argc, char **argv)
{
    static char buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    if (argc != 4) {
        fputs(
            "usage: genmap detour|nginx|haproxy COUNT VERSION | genmap keys|misses COUNT SAMPLE\n",
            stderr);
        return 2;
    }
    uint64_t count = strtoull(argv[2], NULL, 10);
    int status = 2;
    if (strcmp(argv[1], "keys") == 0)
        status = put_keys(count, strtoull(argv[3], NULL, 10));
    if (strcmp(argv[1], "misses") == 0)
        status = put_misses(count, strtoull(argv[3], NULL, 10));
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(argv[1], formats[i].name) == 0) {
            put_map(&formats[i], count, atoi(argv[3]));
            status = 0;
        }
    }
    return fflush(stdout) != 0 ? 1 : status;
}
