/* SPDX-License-Identifier: MIT
 * Which of two rules that match wins: step by step as the language lists them.
 */
#include "oracle.h"

/* More specific is greater. */
static int host_order(const struct rule *rule)
{
    if (rule->host_form == ANY_HOST)
        return 0;
    if (rule->host_form == EXACT_HOST)
        return 10000;
    return 2 + 2 * (int)strlen(rule->host.s) + (rule->host_form == LABELS);
}

bool rule_beats(const struct rule *a, const struct rule *b, bool order_first)
{
    if (a->maintenance != b->maintenance)
        return a->maintenance;
    if (!a->maintenance && a->priority != b->priority)
        return a->priority > b->priority;
    if (order_first)
        return a->line < b->line;
    int steps[] = {
        host_order(a) - host_order(b),       -path_order(a, b),
        source_params(a) - source_params(b), a->only - b->only,
        (a->port != 0) - (b->port != 0),     (a->scheme != ANY_SCHEME) - (b->scheme != ANY_SCHEME),
        conds_count(a) - conds_count(b),
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i])
            return steps[i] > 0;
    return a->line < b->line;
}
