/* SPDX-License-Identifier: MIT
 * Random rules and requests from a small world, so that they meet often. */
#ifndef DT_TEST_GENERATE_H
#define DT_TEST_GENERATE_H

#include "oracle.h"

#include <stdint.h>

struct random {
    uint64_t state;
};

uint32_t random_below(struct random *random, uint32_t n);

/* A rule, and its line in the native language, appended to text. */
void generate_rule(struct random *random, int line, struct rule *ret_rule, char *text, size_t cap);

/* A request; ret_path is its path in one of the spellings that have the same normal form. */
void generate_request(struct random *random, struct request *ret_request, char *ret_path,
                      size_t cap);

#endif
