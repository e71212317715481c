/* SPDX-License-Identifier: MIT
 * Query conditions against a request's query; see walk.h. */
#include "rules/walk.h"

bool dt_params_next(struct dt_slice *query, struct dt_slice *ret_name, struct dt_slice *ret_value)
{
    while (query->len) {
        const char *amp = memchr(query->ptr, '&', query->len);
        size_t len = amp ? (size_t)(amp - query->ptr) : query->len;
        struct dt_slice piece = dt_slice_of(query->ptr, len);
        *query = dt_slice_from(*query, amp ? len + 1 : len);
        if (!len)
            continue;
        const char *eq = memchr(piece.ptr, '=', len);
        size_t name = eq ? (size_t)(eq - piece.ptr) : len;
        *ret_name = dt_slice_of(piece.ptr, name);
        *ret_value = dt_slice_from(piece, eq ? name + 1 : len);
        return true;
    }
    return false;
}

static struct dt_condition next_condition(struct dt_cursor *c)
{
    uint64_t name = dt_cursor_varint(c), value = dt_cursor_varint(c);
    struct dt_condition condition = {.any_value = value == 0};
    condition.name = dt_cursor_bytes(c, name);
    condition.value = dt_cursor_bytes(c, value ? value - 1 : 0);
    return condition;
}

static bool satisfies(const struct dt_condition *condition, struct dt_slice name,
                      struct dt_slice value)
{
    return dt_slice_eq(condition->name, name) &&
           (condition->any_value || dt_slice_eq(condition->value, value));
}

static bool some_param_satisfies(struct dt_slice query, const struct dt_condition *condition)
{
    struct dt_slice name, value;
    while (dt_params_next(&query, &name, &value))
        if (satisfies(condition, name, value))
            return true;
    return false;
}

bool dt_params_satisfy(struct dt_slice query, struct dt_cursor *others, uint64_t count,
                       const struct dt_condition *pair, bool only)
{
    struct dt_cursor start = *others;
    bool all = true;
    for (uint64_t i = 0; i < count && !others->bad; i++) {
        struct dt_condition condition = next_condition(others);
        all = all && some_param_satisfies(query, &condition);
    }
    if (!all || others->bad || !only)
        return all && !others->bad;
    struct dt_slice name, value;
    while (dt_params_next(&query, &name, &value)) {
        if (pair && satisfies(pair, name, value))
            continue;
        struct dt_cursor again = start;
        bool wanted = false;
        for (uint64_t i = 0; i < count && !wanted; i++) {
            struct dt_condition condition = next_condition(&again);
            wanted = satisfies(&condition, name, value);
        }
        if (!wanted)
            return false;
    }
    return true;
}
