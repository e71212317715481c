/* SPDX-License-Identifier: MIT
 *
 * A line that answers, written out: a rule for each alternative of its condition, for each pattern
 * of its tests, and for each line of the map that it asks.
 */
#include "rules/dialects/haproxy/haproxy.h"

#include <stdlib.h>

struct out {
    struct dt_haproxy *haproxy;
    const struct dt_haproxy_answer *answer;
    struct dt_haproxy_pieces pieces;
    const struct dt_haproxy_value *lookup; /* the map that is asked; NULL: none */
    struct dt_slice variable;              /* that holds what it has; empty: none */
    uint32_t file, line;                   /* of the answer */
};

static bool refuse(struct out *out, const char *name, const char *why)
{
    struct dt_reader *reader = out->haproxy->reader;
    return DT_REFUSE(reader, reader->text, name, "%s", why);
}

/* ---- The Location ---- */

static bool add_text(struct out *out, struct dt_slice text)
{
    struct dt_haproxy_pieces *pieces = &out->pieces;
    if (!text.len)
        return true;
    if (pieces->count == DT_HAPROXY_PIECES)
        return refuse(out, "haproxy-location", "more pieces than can be followed");
    pieces->list[pieces->count].value = (struct dt_haproxy_value){0};
    pieces->list[pieces->count++].text = text;
    return true;
}

/* Cuts log-format into text and expressions. */
static bool read_format(struct out *out, struct dt_slice format)
{
    struct dt_haproxy *haproxy = out->haproxy;
    struct dt_haproxy_expression *expression = &haproxy->expression;
    size_t from = 0, at = 0;
    out->pieces.count = 0;
    while (at < format.len) {
        if (format.ptr[at] != '%' || at + 1 == format.len) {
            at++;
            continue;
        }
        if (!add_text(out, dt_slice_of(format.ptr + from, at - from)))
            return false;
        at++;
        if (format.ptr[at] == '%') { /* one of the two */
            from = at++;
            continue;
        }
        if (format.ptr[at] != '[')
            return refuse(out, "haproxy-location", "no target can have a log variable");
        at++;
        if (out->pieces.count == DT_HAPROXY_PIECES ||
            !dt_haproxy_parse(haproxy, format, &at, expression) ||
            !dt_haproxy_value(haproxy, expression, &out->pieces.list[out->pieces.count].value))
            return false;
        out->pieces.list[out->pieces.count++].text = DT_SLICE_NONE;
        if (at == format.len || format.ptr[at] != ']')
            return refuse(out, "haproxy-location", "an expression that is not closed");
        from = ++at;
    }
    return add_text(out, dt_slice_from(format, from));
}

/* ---- Rules ---- */

/* All tests from number `at` on, then the rule. */
static bool expand(struct out *out, const struct dt_haproxy_all *all, unsigned at,
                   const struct dt_haproxy_wants *wants, const struct dt_haproxy_entry *entry)
{
    struct dt_haproxy *haproxy = out->haproxy;
    if (at == all->count) {
        dt_haproxy_go_to(haproxy, entry && entry->line ? out->lookup->map->file : out->file,
                         entry && entry->line ? entry->line : out->line);
        return dt_haproxy_make(haproxy, out->answer, &out->pieces, wants, out->lookup, entry);
    }
    const struct dt_haproxy_test *test = all->list[at];
    uint32_t count = dt_haproxy_is_choice(test) ? test->count : 1;
    for (uint32_t i = 0; i < count; i++) {
        struct dt_haproxy_wants copy = *wants;
        dt_haproxy_go_to(haproxy, out->file, out->line);
        switch (dt_haproxy_want(haproxy, test, i, &copy)) {
        case DT_HAPROXY_FINE:
            if (!expand(out, all, at + 1, &copy, entry))
                return false;
            break;
        case DT_HAPROXY_NEVER:
            break;
        case DT_HAPROXY_ERROR:
            return false;
        }
    }
    return true;
}

/* The key as a test of what is looked up; then all others. */
static bool expand_entry(struct out *out, const struct dt_haproxy_all *all,
                         const struct dt_haproxy_entry *entry)
{
    struct dt_haproxy_wants wants = {0};
    struct dt_slice key = entry->key;
    struct dt_haproxy_test test = {
        .value = *out->lookup, .how = out->lookup->how, .count = 1, .patterns = &key};
    if (test.how == DT_HAPROXY_REGM)
        test.how = DT_HAPROXY_REG;
    test.value.map = NULL;
    dt_haproxy_go_to(out->haproxy, out->lookup->map->file, entry->line);
    switch (dt_haproxy_want(out->haproxy, &test, 0, &wants)) {
    case DT_HAPROXY_NEVER:
        return true;
    case DT_HAPROXY_ERROR:
        return false;
    case DT_HAPROXY_FINE:
        break;
    }
    return expand(out, all, 0, &wants, entry);
}

struct sorted {
    const struct dt_haproxy_entry *entry;
    size_t at;
};

static int longer_first(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    if (x->entry->key.len != y->entry->key.len)
        return x->entry->key.len > y->entry->key.len ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

/* map_beg finds the longest key; of the others, lists are asked in order, and a text is there once.
 */
static bool expand_map(struct out *out, const struct dt_haproxy_all *all, bool found)
{
    const struct dt_haproxy_map *map = out->lookup->map;
    struct sorted *list = malloc((map->count + 1u) * sizeof *list);
    bool fine = true;
    if (!list)
        return dt_reader_nomem(out->haproxy->reader);
    for (uint32_t i = 0; i < map->count; i++)
        list[i] = (struct sorted){&map->entries[i], i};
    if (out->lookup->how == DT_HAPROXY_BEG)
        qsort(list, map->count, sizeof *list, longer_first);
    for (uint32_t i = 0; i < map->count && !out->haproxy->reader->set->err; i++)
        fine &= expand_entry(out, all, list[i].entry);
    free(list);
    dt_haproxy_go_to(out->haproxy, out->file, out->line);
    if (out->lookup->has_default) {
        struct dt_haproxy_entry entry = {.value = out->lookup->otherwise};
        struct dt_haproxy_wants wants = {0};
        return fine && expand(out, all, 0, &wants, &entry);
    }
    if (!found && !out->answer->ignore_empty && out->answer->location)
        return refuse(out, "haproxy-map",
                      "what the map does not have is sent an empty Location: ask for -m found, or "
                      "say ignore-empty");
    return fine;
}

static bool same_lookup(const struct dt_haproxy_value *a, const struct dt_haproxy_value *b)
{
    return a->map == b->map && a->subject == b->subject && a->how == b->how &&
           a->lower == b->lower && dt_slice_eq(a->name, b->name);
}

/* Takes out "-m found" of the map or the variable. False: of another one. */
static bool take_found(struct out *out, struct dt_haproxy_all *all, bool *ret_found)
{
    *ret_found = false;
    for (unsigned i = 0; i < all->count;) {
        const struct dt_haproxy_test *test = all->list[i];
        bool variable = test->value.subject == DT_HAPROXY_IS_VARIABLE;
        if (!variable && !test->value.map) {
            i++;
            continue;
        }
        bool same = variable ? dt_slice_eq(test->value.name, out->variable)
                             : out->lookup && same_lookup(&test->value, out->lookup);
        if (test->negated || test->how != DT_HAPROXY_FOUND || !same)
            return refuse(out, "haproxy-map",
                          "a test of a map or a variable that is not the one of the Location");
        *ret_found = true;
        all->list[i] = all->list[--all->count];
    }
    return true;
}

/* All alternatives of the condition; more: what must hold besides; NULL: nothing. */
static bool expand_all(struct out *out, const struct dt_haproxy_cond *cond,
                       const struct dt_haproxy_all *more)
{
    static const struct dt_haproxy_all always = {.count = 0};
    unsigned count = cond->count ? cond->count : 1;
    for (unsigned i = 0; i < count; i++) {
        struct dt_haproxy_all all = cond->count ? cond->list[i] : always;
        struct dt_haproxy_wants wants = {0};
        bool found;
        if (!take_found(out, &all, &found))
            return false;
        for (unsigned j = 0; more && j < more->count; j++) {
            if (all.count == DT_HAPROXY_TESTS)
                return refuse(out, "haproxy-acl", "more tests than can be followed");
            all.list[all.count++] = more->list[j];
        }
        bool fine = out->lookup ? expand_map(out, &all, found || out->variable.len)
                                : expand(out, &all, 0, &wants, NULL);
        if (!fine)
            return false;
    }
    return true;
}

/* ---- Variables ---- */

/* One thing that the variable may hold. */
static bool expand_held(struct out *out, const struct dt_haproxy_held *held,
                        const struct dt_haproxy_cond *cond)
{
    static const struct dt_haproxy_all always = {.count = 0};
    unsigned count = held->cond ? held->cond->count : 1;
    struct dt_haproxy_pieces pieces = out->pieces;
    if (held->format.len) {
        if (pieces.count != 1)
            return refuse(out, "haproxy-variable", "a format within another");
        if (!read_format(out, held->format))
            return false;
    } else if (held->value.map) {
        out->lookup = &held->value;
    } else if (held->value.subject) {
        for (unsigned i = 0; i < pieces.count; i++)
            if (pieces.list[i].value.subject == DT_HAPROXY_IS_VARIABLE)
                out->pieces.list[i].value = held->value;
    } else {
        return refuse(out, "haproxy-variable", "what a variable is set to cannot be followed");
    }
    bool fine = true;
    for (unsigned i = 0; fine && i < count; i++)
        fine = expand_all(out, cond, held->cond ? &held->cond->list[i] : &always);
    out->pieces = pieces;
    out->lookup = NULL;
    return fine;
}

/* The variable and the map that the Location has, or else the condition. */
static bool find_lookup(struct out *out, const struct dt_haproxy_cond *cond)
{
    for (unsigned i = 0; i < out->pieces.count; i++) {
        const struct dt_haproxy_value *value = &out->pieces.list[i].value;
        if (value->subject == DT_HAPROXY_IS_VARIABLE && !value->map) {
            if (out->variable.len && !dt_slice_eq(out->variable, value->name))
                return refuse(out, "haproxy-variable", "two variables in one Location");
            out->variable = value->name;
        } else if (value->map) {
            if (out->lookup && !same_lookup(out->lookup, value))
                return refuse(out, "haproxy-map", "two maps in one Location");
            out->lookup = value;
        }
    }
    if (out->variable.len && out->lookup)
        return refuse(out, "haproxy-map", "a map and a variable in one Location");
    for (unsigned i = 0; i < cond->count && !out->variable.len && !out->lookup; i++) {
        for (unsigned j = 0; j < cond->list[i].count; j++) {
            const struct dt_haproxy_test *test = cond->list[i].list[j];
            if (test->negated || test->how != DT_HAPROXY_FOUND)
                continue;
            if (test->value.map)
                out->lookup = &test->value;
            else if (test->value.subject == DT_HAPROXY_IS_VARIABLE)
                out->variable = test->value.name;
        }
    }
    return true;
}

/* Behind a line that answers whenever the variable is set, it is not set. */
static void forget(struct dt_haproxy *haproxy, const struct dt_haproxy_cond *cond)
{
    const struct dt_haproxy_test *test =
        cond->count == 1 && cond->list[0].count == 1 ? cond->list[0].list[0] : NULL;
    if (!test || test->negated || test->how != DT_HAPROXY_FOUND ||
        test->value.subject != DT_HAPROXY_IS_VARIABLE)
        return;
    struct dt_haproxy_var *var = dt_haproxy_var(haproxy, test->value.name);
    if (var)
        var->held = NULL;
}

/* "append-slash": a rule for paths without one, before the other. */
static bool with_slash(struct out *out, const struct dt_haproxy_cond *cond)
{
    static struct dt_slice pattern[] = {{"[^/]$", 5}};
    static const struct dt_haproxy_test test = {.value = {.subject = DT_HAPROXY_IS_PATH},
                                                .how = DT_HAPROXY_REG,
                                                .count = 1,
                                                .patterns = pattern};
    static const struct dt_haproxy_all all = {.list = {&test}, .count = 1};
    struct dt_haproxy_pieces pieces = out->pieces;
    bool fine = add_text(out, DT_S("/")) && expand_all(out, cond, &all);
    out->pieces = pieces;
    return fine && expand_all(out, cond, NULL);
}

static void expand_variable(struct out *out, const struct dt_haproxy_cond *cond)
{
    struct dt_haproxy *haproxy = out->haproxy;
    struct dt_haproxy_var *var = dt_haproxy_var(haproxy, out->variable);
    if (!var || !var->held)
        (void)refuse(out, "haproxy-variable", "a variable that is set nowhere above");
    for (const struct dt_haproxy_held *held = var ? var->held : NULL; held; held = held->next)
        if (!expand_held(out, held, cond))
            break;
    dt_haproxy_go_to(haproxy, out->file, out->line);
    forget(haproxy, cond);
}

void dt_haproxy_answer(struct dt_haproxy *haproxy, const struct dt_haproxy_answer *answer,
                       const struct dt_haproxy_cond *cond)
{
    struct dt_reader *reader = haproxy->reader;
    struct out out = {
        .haproxy = haproxy, .answer = answer, .file = reader->file, .line = reader->line};
    if ((answer->location && !read_format(&out, answer->format)) || !find_lookup(&out, cond))
        return;
    if (out.variable.len)
        expand_variable(&out, cond);
    else
        (void)(answer->append_slash ? with_slash(&out, cond) : expand_all(&out, cond, NULL));
    dt_haproxy_go_to(haproxy, out.file, out.line);
}
