/* SPDX-License-Identifier: MIT
 * Query conditions against a request's query; see walk.h. */
#include "rules/match/walk.h"
#include "semantics/query.h"

static struct dt_wanted next_condition(struct dt_cursor *c)
{
    uint64_t name = dt_cursor_varint(c), value = dt_cursor_varint(c);
    struct dt_wanted condition = {.any_value = value == 0};
    condition.name = dt_cursor_bytes(c, name);
    condition.value = dt_cursor_bytes(c, value ? value - 1 : 0);
    return condition;
}

static bool satisfies(const struct dt_wanted *condition, const struct dt_query_param *param)
{
    return dt_slice_eq(condition->name, param->name) &&
           (condition->any_value || dt_slice_eq(condition->value, param->value));
}

static bool some_param_satisfies(struct dt_slice query, const struct dt_wanted *condition)
{
    struct dt_query_param param;
    while (dt_query_next(&query, &param))
        if (satisfies(condition, &param))
            return true;
    return false;
}

bool dt_params_satisfy(struct dt_slice query, struct dt_cursor *others, uint64_t count,
                       const struct dt_wanted *pair, bool only)
{
    struct dt_cursor start = *others;
    bool all = true;
    for (uint64_t i = 0; i < count && !others->bad; i++) {
        struct dt_wanted condition = next_condition(others);
        all = all && some_param_satisfies(query, &condition);
    }
    if (!all || others->bad || !only)
        return all && !others->bad;
    struct dt_query_param param;
    while (dt_query_next(&query, &param)) {
        if (pair && satisfies(pair, &param))
            continue;
        struct dt_cursor again = start;
        bool wanted = false;
        for (uint64_t i = 0; i < count && !wanted; i++) {
            struct dt_wanted condition = next_condition(&again);
            wanted = satisfies(&condition, &param);
        }
        if (!wanted)
            return false;
    }
    return true;
}
