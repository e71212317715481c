/* SPDX-License-Identifier: MIT
 *
 * The section of conditions. It is made in memory by the compiler's pass, which so measures it, and
 * only copied when the snapshot is written.
 */
#include "rules/cond/cond_write.h"

#include <detour/snapshot.h>
#include <stdlib.h>

#define SECTION_MAX (UINT64_C(4) * UINT32_MAX) /* a reference counts 4 bytes */

/* ---- Blocks ---- */

static void pad(struct dt_cond_writer *w, size_t align)
{
    while (w->out.len % align && !dt_buf_err(&w->out))
        dt_buf_char(&w->out, 0);
}

void dt_cond_put(struct dt_cond_writer *w, uint64_t value, size_t len)
{
    dt_buf_put(&w->out, dt_slice_of((const char *)&value, len)); /* little-endian: layout.h */
}

void dt_cond_put_varint(struct dt_cond_writer *w, uint64_t value)
{
    unsigned char bytes[10], *end = dt_varint_put(bytes, value);
    dt_buf_put(&w->out, dt_slice_of((const char *)bytes, (size_t)(end - bytes)));
}

void dt_cond_begin(struct dt_cond_writer *w, size_t align)
{
    pad(w, align);
    w->start = w->out.len;
    dt_cond_put(w, 0, 8);
}

uint32_t dt_cond_end(struct dt_cond_writer *w)
{
    if (dt_buf_err(&w->out))
        return 0;
    char *start = w->out.ptr + w->start;
    uint32_t ref = (uint32_t)(w->start / 4), len = (uint32_t)(w->out.len - w->start - 8);
    memcpy(start + 4, &len, sizeof len);
    uint32_t check = dt_snap_check(start + 4, 4 + (size_t)len, w->plan->seed,
                                   dt_snap_place(DT_SECTION_CONDITIONS, ref));
    memcpy(start, &check, sizeof check);
    pad(w, 4);
    return ref;
}

/* ---- Fields ---- */

struct dt_slice dt_cond_field_name(const struct dt_condition *condition)
{
    switch ((enum dt_condition_kind)condition->kind) {
    case DT_CONDITION_HEADER:
        return condition->name;
    case DT_CONDITION_COOKIE:
        return DT_S("Cookie");
    case DT_CONDITION_LANG:
        return DT_S("Accept-Language");
    case DT_CONDITION_REFERER:
        return DT_S("Referer");
    case DT_CONDITION_UA:
        return DT_S("User-Agent");
    case DT_CONDITION_PERCENT:
        return condition->key == DT_PERCENT_COOKIE   ? DT_S("Cookie")
               : condition->key == DT_PERCENT_HEADER ? condition->name
                                                     : DT_SLICE_NONE;
    case DT_CONDITION_METHOD:
    case DT_CONDITION_COUNTRY:
    case DT_CONDITION_IP:
    case DT_CONDITION_TIME:
    case DT_CONDITION_WINDOW:
    case DT_CONDITION_PATH:
        break;
    }
    return DT_SLICE_NONE;
}

unsigned dt_cond_field_number(const struct dt_cond_writer *w, const struct dt_condition *condition)
{
    struct dt_slice name = dt_cond_field_name(condition);
    for (unsigned i = 0; i < w->name_count; i++)
        if (dt_slice_eq_nocase(w->names[i], name))
            return i;
    return DT_COND_NO_FIELD;
}

/* With the capitals that everybody writes, or that the first author did. */
static struct dt_slice spelling(const struct dt_ruleset *set, struct dt_slice name)
{
    static const struct dt_slice fixed[] = {
        {"Accept-Language", 15}, {"Cookie", 6}, {"Referer", 7}, {"User-Agent", 10}};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (dt_slice_eq_nocase(name, fixed[i]))
            return fixed[i];
    for (size_t i = 0; i < set->field_name_count; i++)
        if (dt_slice_eq_nocase(name, set->field_names[i]))
            return set->field_names[i];
    return name;
}

static int compare_names(const void *a, const void *b)
{
    const struct dt_slice *x = a, *y = b;
    for (size_t i = 0; i < x->len && i < y->len; i++) {
        int c = dt_ascii_lower(x->ptr[i]) - dt_ascii_lower(y->ptr[i]);
        if (c)
            return c;
    }
    return (x->len > y->len) - (x->len < y->len);
}

static void add_names(struct dt_cond_writer *w, const struct dt_conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct dt_condition *condition = &conditions->list[i];
        struct dt_slice name = dt_cond_field_name(condition);
        if (name.len && w->name_count < DT_COND_FIELDS &&
            dt_cond_field_number(w, condition) == DT_COND_NO_FIELD)
            w->names[w->name_count++] = spelling(w->plan->set, name);
    }
}

static void write_names(struct dt_cond_writer *w)
{
    qsort(w->names, w->name_count, sizeof *w->names, compare_names);
    dt_cond_begin(w, 4);
    dt_cond_put_varint(w, w->name_count);
    for (unsigned i = 0; i < w->name_count; i++) {
        dt_cond_put_varint(w, w->names[i].len);
        dt_buf_put(&w->out, w->names[i]);
    }
    (void)dt_cond_end(w);
}

/* ---- What is needed ---- */

static uint32_t needs_of(const struct dt_condition *condition)
{
    uint32_t needs = dt_cond_field_name(condition).len ? DT_NEED_FIELDS : 0u;
    if (condition->kind == DT_CONDITION_IP || condition->kind == DT_CONDITION_PERCENT)
        needs |= DT_NEED_ADDRESS;
    if (condition->kind == DT_CONDITION_COUNTRY)
        needs |= DT_NEED_COUNTRY;
    if (condition->kind == DT_CONDITION_TIME || condition->kind == DT_CONDITION_WINDOW)
        needs |= DT_NEED_TIME;
    return needs;
}

/* ---- The section ---- */

/* Marks the sets that rules have: what a rule had before its rivals were known is not written.
 * False when there are none. */
static bool mark_used(struct dt_plan *plan)
{
    bool any = false;
    for (size_t i = 0; i < plan->set->condition_count; i++)
        plan->condition_refs[i] = 0;
    for (size_t i = 0; i < plan->set->count; i++) {
        plan->condition_refs[plan->set->rules[i].conditions] = 1;
        any |= plan->set->rules[i].conditions != 0;
    }
    plan->condition_refs[0] = 0;
    return any;
}

static bool write_zones(struct dt_cond_writer *w, const struct dt_conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (conditions->list[i].zone && !dt_cond_zone_write(w, conditions->list[i].zone))
            return false;
    return true;
}

static bool write_sets(struct dt_cond_writer *w)
{
    struct dt_plan *plan = w->plan;
    const struct dt_ruleset *set = plan->set;
    for (size_t i = 1; i < set->condition_count; i++)
        if (plan->condition_refs[i])
            add_names(w, &set->conditions[i]);
    write_names(w);
    for (size_t i = 1; i < set->condition_count; i++)
        if (plan->condition_refs[i] && !write_zones(w, &set->conditions[i]))
            return false;
    for (size_t i = 1; i < set->condition_count; i++) {
        if (!plan->condition_refs[i])
            continue;
        for (size_t c = 0; c < set->conditions[i].count; c++)
            plan->needs |= needs_of(&set->conditions[i].list[c]);
        dt_cond_begin(w, 4);
        dt_cond_encode(w, &set->conditions[i]);
        plan->condition_refs[i] = dt_cond_end(w);
    }
    return true;
}

enum dt_err dt_plan_conditions(struct dt_plan *plan)
{
    if (plan->set->condition_count < 2)
        return DT_OK;
    enum dt_err err = dt_cond_rivals(plan->set);
    if (err)
        return err;
    plan->condition_refs = malloc(plan->set->condition_count * sizeof *plan->condition_refs);
    if (!plan->condition_refs)
        return DT_ERR_NOMEM;
    if (!mark_used(plan))
        return DT_OK;
    struct dt_cond_writer w = {.plan = plan};
    dt_buf_init(&w.out, SECTION_MAX);
    err = write_sets(&w) ? dt_buf_err(&w.out) : DT_ERR_NOMEM;
    free(w.zones);
    if (err) {
        dt_buf_release(&w.out);
        return err;
    }
    plan->condition_section = w.out.ptr;
    plan->lens[DT_SECTION_CONDITIONS] = w.out.len;
    return DT_OK;
}

void dt_conditions_write(const struct dt_plan *plan, unsigned char *section)
{
    memcpy(section, plan->condition_section, plan->lens[DT_SECTION_CONDITIONS]);
}
