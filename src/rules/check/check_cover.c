/* SPDX-License-Identifier: MIT
 *
 * One rule over another: host, path, scheme, port, query and conditions are independent of one
 * another, so all of b is covered when each part of it is.
 */
#include "rules/check/check_cover.h"

#include "rules/check/check_paths.h"

#include <stdlib.h>

/* ---- Expressions ---- */

/* True for an expression that matches every path. */
static bool takes_all(struct dt_slice text)
{
    static const char *const all[] = {"",       "^",     "/",      "^/",      ".*",    "^.*",
                                      ".*$",    "^.*$",  "^/.*",   "^/.*$",   "(.*)",  "^(.*)",
                                      "^(.*)$", "(.*)$", "^/(.*)", "^/(.*)$", "/(.*)", "/(.*)$"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (dt_slice_eq(text, dt_slice_str(all[i])))
            return true;
    return false;
}

static bool is_plain(char c)
{
    char lower = dt_ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '-' ||
           c == '_' || c == '%' || c == '~' || c == '=' || c == ',' || c == '@' || c == ':';
}

/* The text that "^text" begins with, when that and perhaps ".*" is all there is. */
static bool literal_start(struct dt_slice expression, char *mem, struct dt_slice *ret)
{
    static const char *const ends[] = {"", ".*", ".*$", "(.*)", "(.*)$"};
    size_t len = 0, i = 1;
    if (!expression.len || expression.ptr[0] != '^')
        return false;
    for (; i < expression.len; i++) {
        char c = expression.ptr[i];
        bool escape = c == '\\' && i + 1 < expression.len;
        bool dot = escape && (expression.ptr[i + 1] == '.' || expression.ptr[i + 1] == '/' ||
                              expression.ptr[i + 1] == '-');
        if (!is_plain(c) && !dot)
            break;
        i += dot;
        mem[len++] = expression.ptr[i];
    }
    struct dt_slice rest = dt_slice_from(expression, i);
    *ret = dt_slice_of(mem, len);
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        if (dt_slice_eq(rest, dt_slice_str(ends[k])))
            return true;
    return false;
}

#define EXPRESSION_ROOM 8192u

/* Does "^text" take all of b's paths? They must begin with it. */
static bool start_covers(const struct dt_rule *a, const struct dt_paths *b)
{
    char *mem = malloc(EXPRESSION_ROOM + 1);
    struct dt_slice start;
    bool covers = mem && a->path.len <= EXPRESSION_ROOM && literal_start(a->path, mem, &start);
    if (covers) {
        mem[start.len] = DT_PATH_STAR;
        struct dt_paths paths = {.forms = {dt_slice_of(mem, start.len + 1)},
                                 .count = 1,
                                 .nocase = a->flags & DT_RULE_IGNORE_CASE,
                                 .exact = true};
        covers = dt_paths_cover(&paths, b);
    }
    free(mem);
    return covers;
}

/* A path in which nothing is open. */
static bool one_path(const struct dt_rule *rule)
{
    return rule->path_kind == DT_PATH_EXACT &&
           !(rule->flags & (DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH));
}

static bool expression_covers(const struct dt_rule *a, const struct dt_rule *b,
                              const struct dt_paths *paths, bool asked)
{
    const unsigned flags =
        DT_RULE_IGNORE_CASE | DT_RULE_IGNORE_SLASH | DT_RULE_URL | DT_RULE_RELATIVE;
    if (b->path_kind == DT_PATH_REGEX && (a->flags & flags) == (b->flags & flags) &&
        dt_slice_eq(a->path, b->path))
        return true;
    if (a->flags & DT_RULE_URL)
        return false;
    if (takes_all(a->path))
        return true;
    if (b->path_kind == DT_PATH_REGEX)
        return false;
    return (asked && one_path(b)) || start_covers(a, paths);
}

/* ---- Parts ---- */

static bool place_covers(const struct dt_rule *a, const struct dt_rule *b, bool asked)
{
    if (!dt_hosts_cover(a, b))
        return false;
    bool text_alike =
        a->path_kind == b->path_kind && dt_slice_eq(a->path, b->path) && a->flags == b->flags;
    if (text_alike)
        return true;
    char *mem = malloc((size_t)2 * DT_PATHS_ROOM);
    if (!mem)
        return false;
    struct dt_paths x, y;
    dt_paths_of(a, mem, &x);
    dt_paths_of(b, mem + DT_PATHS_ROOM, &y);
    bool covers =
        a->path_kind == DT_PATH_REGEX ? expression_covers(a, b, &y, asked) : dt_paths_cover(&x, &y);
    free(mem);
    return covers;
}

static bool param_implied(const struct dt_param *param, const struct dt_rule *by, bool fold)
{
    for (unsigned i = 0; i < by->nparams; i++) {
        const struct dt_param *has = &by->params[i];
        if (!(fold ? dt_slice_eq_nocase(param->name, has->name)
                   : dt_slice_eq(param->name, has->name)))
            continue;
        if (param->any_value)
            return true;
        if (!has->any_value && (fold ? dt_slice_eq_nocase(param->value, has->value)
                                     : dt_slice_eq(param->value, has->value)))
            return true;
    }
    return false;
}

static bool name_among(struct dt_slice name, const struct dt_rule *of, bool fold)
{
    for (unsigned i = 0; i < of->nparams; i++)
        if (fold ? dt_slice_eq_nocase(name, of->params[i].name)
                 : dt_slice_eq(name, of->params[i].name))
            return true;
    return false;
}

static bool params_cover(const struct dt_rule *a, const struct dt_rule *b)
{
    bool fold = a->flags & DT_RULE_IGNORE_CASE;
    if (!fold && (b->flags & DT_RULE_IGNORE_CASE) && (a->nparams || b->nparams))
        return false;
    for (unsigned i = 0; i < a->nparams; i++)
        if (!param_implied(&a->params[i], b, fold))
            return false;
    if (!(a->flags & DT_RULE_EXACT_QUERY))
        return true;
    if (!(b->flags & DT_RULE_EXACT_QUERY))
        return false;
    for (unsigned i = 0; i < b->nparams; i++)
        if (!name_among(b->params[i].name, a, fold))
            return false;
    return true;
}

static bool origin_covers(const struct dt_rule *a, const struct dt_rule *b)
{
    return (a->scheme == DT_SCHEME_ANY || a->scheme == b->scheme) &&
           (a->port == 0 || a->port == b->port);
}

unsigned dt_rule_covers(const struct dt_checker *checker, const struct dt_rule *a,
                        const struct dt_rule *b, bool asked)
{
    static const struct dt_conditions none = {NULL, 0};
    unsigned parts = 0;
    /* Of these, what is captured must be a host besides. */
    if (!(a->flags & DT_RULE_OPEN) && place_covers(a, b, asked))
        parts |= DT_COVER_PLACE;
    if (origin_covers(a, b))
        parts |= DT_COVER_ORIGIN;
    if (params_cover(a, b))
        parts |= DT_COVER_PARAMS;
    const struct dt_conditions *x =
        a->conditions ? dt_ruleset_conditions(checker->set, a->conditions) : &none;
    const struct dt_conditions *y =
        b->conditions ? dt_ruleset_conditions(checker->set, b->conditions) : &none;
    if (a->conditions == b->conditions ||
        dt_conditions_implied(x, y, one_path(b) ? b->path : DT_SLICE_NONE, checker->now))
        parts |= DT_COVER_CONDITIONS;
    return parts;
}
