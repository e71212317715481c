/* SPDX-License-Identifier: MIT
 *
 * The query of a source: parameters that must be there, in any order, and those whose value a
 * target may ask for.
 */
#include "rules/read/native_scan.h"
#include "rules/read/source_part.h"
#include "semantics/query.h"
#include <detour/uri.h>
#include <stdlib.h>

static int compare_params(const void *left, const void *right)
{
    const struct dt_param *a = left, *b = right;
    int order = dt_slice_cmp(a->name, b->name);
    if (order == 0)
        order = dt_slice_cmp(a->value, b->value);
    return order ? order : a->any_value - b->any_value;
}

size_t dt_source_order(struct dt_param *params, size_t count)
{
    if (count == 0)
        return 0;
    qsort(params, count, sizeof *params, compare_params);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (compare_params(&params[kept - 1], &params[i]) != 0)
            params[kept++] = params[i];
    return kept;
}

/* What was read of a query. */
struct query {
    struct dt_reader *reader;
    struct dt_slice raw;
    unsigned first; /* the number of the first capture */
    size_t nparams;
    size_t ncaptured;
    struct dt_param params[DT_LIMIT_PARAMS];
    struct dt_slice captured[DT_LIMIT_NAMES];
};

/* any: without "=" the name alone is asked for, else it has the empty value. */
static struct dt_param make_param(const struct dt_query_param *read, bool any)
{
    bool equals = read->text.len > read->name.len;
    return (struct dt_param){
        .name = read->name,
        .value = read->value.len ? read->value : DT_SLICE_NONE,
        .any_value = !equals && any,
    };
}

/* True for ":name" and nothing else. */
static bool is_capture(struct dt_slice value)
{
    return value.len > 1 && value.ptr[0] == ':' &&
           dt_capture_name_length(dt_slice_from(value, 1)) == value.len - 1;
}

static bool add_capture(struct query *query, const struct dt_query_param *param)
{
    struct dt_capture_name name = {
        .name = dt_slice_from(param->value, 1),
        .number = (uint8_t)(query->first + query->ncaptured),
        .from = DT_FROM_VALUE,
    };
    if (!dt_capture_add(query->reader, dt_source_place(query->raw, param->value), &name))
        return false;
    query->captured[query->ncaptured++] = param->name;
    return true;
}

static bool read_params(struct query *query, struct dt_slice text, unsigned how)
{
    struct dt_query_param param;
    while (dt_query_next(&text, &param)) {
        if (query->nparams == DT_LIMIT_PARAMS)
            return DT_REFUSE(query->reader, query->raw, "source-params",
                             "more than %u query conditions in one rule", DT_LIMIT_PARAMS);
        struct dt_param *made = &query->params[query->nparams++];
        *made = make_param(&param, how & DT_SOURCE_ANY);
        if (!(how & DT_SOURCE_CAPTURES) || !is_capture(param.value))
            continue;
        *made = (struct dt_param){.name = param.name, .any_value = true};
        if (!add_capture(query, &param))
            return false;
    }
    return true;
}

static void *copy(struct dt_reader *reader, const void *from, size_t size)
{
    void *mem = dt_arena_alloc(&reader->set->arena, size);
    if (!mem) {
        (void)dt_reader_nomem(reader);
        return NULL;
    }
    memcpy(mem, from, size);
    return mem;
}

static bool keep_captured(const struct query *query, struct dt_rule *rule)
{
    size_t count = query->ncaptured;
    struct dt_rule_more more = {.captures = (uint8_t)query->first};
    if (count == 0)
        return true;
    if (rule->more)
        more = *rule->more;
    more.captures = (uint8_t)(more.captures + count);
    more.nqueries = (uint8_t)count;
    more.queries = copy(query->reader, query->captured, count * sizeof *query->captured);
    if (!more.queries)
        return false;
    rule->more = copy(query->reader, &more, sizeof more);
    return rule->more != NULL;
}

static bool keep_params(struct query *query, struct dt_rule *rule)
{
    size_t count = dt_source_order(query->params, query->nparams);
    if (count == 0)
        return true;
    rule->params = copy(query->reader, query->params, count * sizeof *query->params);
    rule->nparams = (uint16_t)count;
    return rule->params != NULL;
}

/* How many captures the host and the path of a rule have. */
static unsigned captures_before(const struct dt_rule *rule)
{
    if (rule->more)
        return rule->more->captures;
    return rule->path_kind == DT_PATH_PREFIX || rule->path_kind == DT_PATH_GLOB;
}

bool dt_source_query(struct dt_reader *reader, struct dt_slice raw, unsigned how,
                     struct dt_rule *rule)
{
    struct dt_ruleset *set = reader->set;
    struct query query;
    struct dt_slice text;
    query.reader = reader;
    query.raw = raw;
    query.first = captures_before(rule);
    query.nparams = query.ncaptured = 0;
    rule->params = NULL;
    rule->nparams = 0;
    if (raw.len > DT_LIMIT_SOURCE || dt_norm_query(raw, set->scratch, sizeof set->scratch, &text) ||
        text.len > DT_LIMIT_SOURCE)
        return DT_REFUSE(reader, raw, "source-long", "a query of more than %u bytes",
                         DT_LIMIT_SOURCE);
    return dt_reader_keep(reader, &text) && read_params(&query, text, how) &&
           keep_captured(&query, rule) && keep_params(&query, rule);
}
