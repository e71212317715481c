/* SPDX-License-Identifier: MIT
 * Makes a failing pair small: takes out rules, conditions and parts of the
 * request one by one while it still fails.
 */
#ifndef DT_TEST_PROP_SHRINK_H
#define DT_TEST_PROP_SHRINK_H

#include "oracle.h"

/* True: the pair fails. */
typedef bool failing(struct world *world, struct request *request, void *ctx);

void shrink(struct world *world, struct request *request, failing *fails, void *ctx);

#endif
