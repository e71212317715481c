/* SPDX-License-Identifier: MIT
 *
 * One rule's bytes. Measuring and writing are kept side by side here, since they must agree byte
 * for byte; plan_write.c asserts that they did.
 */
#include "rules/compile/plan.h"

/* Query conditions but the pair's. */
static unsigned others(const struct dt_rule *rule, const struct dt_plan_pair *pair)
{
    return pair ? rule->nparams - 1u : rule->nparams;
}

static size_t params_len(const struct dt_rule *rule, const struct dt_plan_pair *pair)
{
    unsigned count = others(rule, pair);
    if (!count)
        return 0;
    size_t len = dt_varint_len(count);
    for (unsigned i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        if (pair && dt_param_is(param, pair))
            continue;
        len += dt_varint_len(param->name.len) + param->name.len;
        len += param->any_value ? 1 : dt_varint_len(param->value.len + 1) + param->value.len;
    }
    return len;
}

static unsigned char *params_put(const struct dt_rule *rule, const struct dt_plan_pair *pair,
                                 unsigned char *pos)
{
    unsigned count = others(rule, pair);
    if (!count)
        return pos;
    pos = dt_varint_put(pos, count);
    for (unsigned i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        if (pair && dt_param_is(param, pair))
            continue;
        pos = dt_varint_put(pos, param->name.len);
        pos = dt_varint_put(pos, param->any_value ? 0 : param->value.len + 1);
        pos = dt_bytes_put(pos, param->name);
        pos = dt_bytes_put(pos, param->value);
    }
    return pos;
}

/* A text that may begin with a string: the string's reference + 1 or 0, then the rest. */
size_t dt_shared_len(const struct dt_plan *plan, uint32_t row, struct dt_slice text)
{
    const struct dt_plan_string *string = row == DT_PLAN_NONE ? NULL : &plan->strings[row];
    size_t rest = text.len - (string ? string->text.len : 0);
    return dt_varint_len(string ? (uint64_t)string->ref + 1 : 0) + dt_varint_len(rest) + rest;
}

unsigned char *dt_shared_put(const struct dt_plan *plan, uint32_t row, struct dt_slice text,
                             unsigned char *pos)
{
    const struct dt_plan_string *string = row == DT_PLAN_NONE ? NULL : &plan->strings[row];
    struct dt_slice rest = dt_slice_from(text, string ? string->text.len : 0);
    pos = dt_varint_put(pos, string ? (uint64_t)string->ref + 1 : 0);
    pos = dt_varint_put(pos, rest.len);
    return dt_bytes_put(pos, rest);
}

static unsigned conditions_of(const struct dt_plan *plan, const struct dt_rule *rule)
{
    return dt_ruleset_conditions(plan->set, rule->conditions)->count;
}

/* A mark for {host} or its like. */
static bool asks_for_own(struct dt_slice target)
{
    for (size_t i = 0; i < target.len; i++)
        if ((unsigned char)target.ptr[i] >= 0x80 + DT_CAPTURES_MAX)
            return true;
    return false;
}

static unsigned bits_of(const struct dt_rule *rule, const struct dt_plan_pair *pair)
{
    unsigned bits = rule->scheme == DT_SCHEME_HTTP    ? DT_ENTRY_HTTP
                    : rule->scheme == DT_SCHEME_HTTPS ? DT_ENTRY_HTTPS
                                                      : 0u;
    bits |= rule->port ? DT_ENTRY_PORT : 0u;
    bits |= (rule->flags & DT_RULE_EXACT_QUERY) ? DT_ENTRY_ONLY : 0u;
    bits |= others(rule, pair) ? DT_ENTRY_PARAMS : 0u;
    bits |= rule->target.len ? DT_ENTRY_TARGET : 0u;
    if (dt_location_has_marks(rule->target)) {
        bits |= DT_ENTRY_MARKS;
        bits |= asks_for_own(rule->target) ? DT_ENTRY_OWN : 0u;
    }
    bits |= rule->conditions ? DT_ENTRY_CONDITIONS : 0u;
    bits |= rule->more && rule->more->nqueries ? DT_ENTRY_QUERIES : 0u;
    bits |= (rule->flags & DT_RULE_OPEN) ? DT_ENTRY_OPEN : 0u;
    bits |= rule->priority ? DT_ENTRY_PRIORITY : 0u;
    bits |= (rule->flags & DT_RULE_MAINTENANCE) ? DT_ENTRY_MAINTENANCE : 0u;
    return bits > 0xff ? bits | DT_ENTRY_MORE : bits;
}

size_t dt_entry_len(const struct dt_plan *plan, uint32_t rank, const struct dt_plan_pair *pair)
{
    const struct dt_rule *rule = dt_plan_rule(plan, rank);
    unsigned bits = bits_of(rule, pair);
    size_t len = ((bits & DT_ENTRY_MORE) ? 2 : 1) + dt_varint_len(rank);
    len += (bits & DT_ENTRY_PORT) ? 2 : 0;
    len += params_len(rule, pair);
    if (bits & DT_ENTRY_TARGET)
        len += dt_shared_len(plan, plan->string_at[rank], rule->target);
    if (bits & DT_ENTRY_CONDITIONS)
        len += dt_varint_len(conditions_of(plan, rule)) +
               dt_varint_len(plan->condition_refs[rule->conditions]);
    if (bits & DT_ENTRY_QUERIES) {
        len += dt_varint_len(rule->more->nqueries);
        for (unsigned i = 0; i < rule->more->nqueries; i++)
            len += dt_varint_len(rule->more->queries[i].len) + rule->more->queries[i].len;
    }
    len += (bits & DT_ENTRY_PRIORITY) ? 4 : 0;
    return len + dt_varint_len(plan->action_refs[rule->action]);
}

unsigned char *dt_entry_put(const struct dt_plan *plan, uint32_t rank,
                            const struct dt_plan_pair *pair, unsigned char *pos)
{
    const struct dt_rule *rule = dt_plan_rule(plan, rank);
    unsigned bits = bits_of(rule, pair);
    *pos++ = (unsigned char)bits;
    if (bits & DT_ENTRY_MORE)
        *pos++ = (unsigned char)(bits >> 8);
    pos = dt_varint_put(pos, rank);
    if (bits & DT_ENTRY_PORT)
        pos = dt_bytes_put(pos, dt_slice_of((const char *)&rule->port, 2));
    pos = params_put(rule, pair, pos);
    if (bits & DT_ENTRY_TARGET)
        pos = dt_shared_put(plan, plan->string_at[rank], rule->target, pos);
    if (bits & DT_ENTRY_CONDITIONS) {
        pos = dt_varint_put(pos, conditions_of(plan, rule));
        pos = dt_varint_put(pos, plan->condition_refs[rule->conditions]);
    }
    if (bits & DT_ENTRY_QUERIES) {
        pos = dt_varint_put(pos, rule->more->nqueries);
        for (unsigned i = 0; i < rule->more->nqueries; i++) {
            pos = dt_varint_put(pos, rule->more->queries[i].len);
            pos = dt_bytes_put(pos, rule->more->queries[i]);
        }
    }
    if (bits & DT_ENTRY_PRIORITY)
        pos = dt_bytes_put(pos, dt_slice_of((const char *)&rule->priority, 4));
    return dt_varint_put(pos, plan->action_refs[rule->action]);
}

/* ---- the lists of a run ---- */

static size_t entries_len(const struct dt_plan *plan, const struct dt_plan_run *run, unsigned list)
{
    size_t len = dt_varint_len(run->count[list]);
    for (uint32_t rank = run->first[list]; rank != DT_PLAN_NONE; rank = plan->next[rank])
        len += dt_entry_len(plan, rank, NULL);
    return len;
}

size_t dt_run_list_len(const struct dt_plan *plan, const struct dt_plan_run *run, unsigned list)
{
    size_t len = entries_len(plan, run, list);
    return dt_varint_len(len) + len;
}

unsigned char *dt_run_list_put(const struct dt_plan *plan, const struct dt_plan_run *run,
                               unsigned list, unsigned char *pos)
{
    pos = dt_varint_put(pos, entries_len(plan, run, list));
    pos = dt_varint_put(pos, run->count[list]);
    for (uint32_t rank = run->first[list]; rank != DT_PLAN_NONE; rank = plan->next[rank])
        pos = dt_entry_put(plan, rank, NULL, pos);
    return pos;
}

/* ---- a host's parts ---- */

static unsigned part_bits(const struct dt_part *part)
{
    unsigned bits = part->variants;
    for (unsigned i = 0; i < DT_FORMS; i++)
        bits |= part->patterns[i] ? DT_PART_PATTERNS : 0u;
    if (dt_part_has_items(part))
        bits |= DT_PART_ITEMS;
    return bits;
}

static size_t fields_of(const struct dt_part *part, uint32_t ret[DT_PART_FIELDS])
{
    unsigned bits = part_bits(part);
    size_t count = 0;
    ret[count++] = part->depths[0];
    ret[count++] = part->depths[1];
    for (unsigned i = 0; (bits & DT_PART_PATTERNS) && i < DT_FORMS; i++)
        ret[count++] = part->patterns[i];
    if (bits & DT_PART_ITEMS) {
        ret[count++] = part->shapes[0];
        ret[count++] = part->shapes[1];
        for (unsigned i = 0; i < 3; i++)
            ret[count++] = part->scopes[i];
        ret[count++] = part->best_item;
    }
    return count;
}

size_t dt_part_len(const struct dt_part *part)
{
    uint32_t fields[DT_PART_FIELDS];
    size_t len = dt_varint_len(part->id);
    if (!part->id)
        return len;
    size_t count = fields_of(part, fields);
    for (size_t i = 0; i < count; i++)
        len += dt_varint_len(fields[i]);
    return len + 1;
}

unsigned char *dt_part_put(const struct dt_part *part, unsigned char *pos)
{
    uint32_t fields[DT_PART_FIELDS];
    pos = dt_varint_put(pos, part->id);
    if (!part->id)
        return pos;
    size_t count = fields_of(part, fields);
    *pos++ = (unsigned char)part_bits(part);
    for (size_t i = 0; i < count; i++)
        pos = dt_varint_put(pos, fields[i]);
    return pos;
}
