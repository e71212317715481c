/* SPDX-License-Identifier: MIT
 *
 * Not built yet.
 */
#include "rules/check/check.h"

void dt_check_reach(struct dt_checker *checker)
{
    (void)checker;
}
