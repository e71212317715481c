/* SPDX-License-Identifier: MIT
 * How often each construct of the language decided an answer: a test that never
 * met one says nothing about it.
 */
#ifndef DT_TEST_PROP_TALLY_H
#define DT_TEST_PROP_TALLY_H

#include "oracle.h"

void tally_answer(const struct world *world, const struct request *request,
                  const struct answer *answer);

/* Prints the counts; false when one is 0. */
bool tally_report(void);

#endif
