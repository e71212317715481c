/* SPDX-License-Identifier: MIT
 *
 * The kinds of findings, in the order of enum dt_finding_id: name, severity, what it means, how to
 * mend it. Reports, SARIF rules and documents are made from this table.
 */
#include "rules/check/check.h"

static const struct dt_finding_kind kinds[DT_FIND_COUNT] = {
    [DT_FIND_LOOP] = {"loop", DT_FINDING_ERROR,
                      "A client that asks for this URL is sent around in a circle and gives up.",
                      "Remove one rule of the circle, or let its source leave out the other's "
                      "target."},
};

const struct dt_finding_kind *dt_finding_kind(size_t at)
{
    return at < DT_FIND_COUNT ? &kinds[at] : NULL;
}

const struct dt_finding_kind *dt_finding_kind_find(struct dt_slice name)
{
    for (size_t i = 0; i < DT_FIND_COUNT; i++)
        if (kinds[i].name && dt_slice_eq(name, dt_slice_str(kinds[i].name)))
            return &kinds[i];
    return NULL;
}
