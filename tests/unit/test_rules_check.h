/* SPDX-License-Identifier: MIT
 *
 * What must be true of every rule set that the reader leaves behind, whatever the text was: used by
 * the unit tests on their tables and on real maps, and by the fuzz target on anything at all. A
 * broken promise ends the program.
 */
#ifndef DT_TEST_RULES_CHECK_H
#define DT_TEST_RULES_CHECK_H

#include "test_cond_dump.h"

#include <detour/ruleset.h>
#include <detour/status.h>
#include <detour/uri.h>
#include <stdio.h>
#include <stdlib.h>

#define RULES_CHECK(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define RULES_CHECK_MAX (8u << 10)

static inline bool rules_check_has(struct dt_slice s, const char *bytes)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] && strchr(bytes, s.ptr[i]))
            return true;
    return false;
}

static inline bool rules_check_is_mark(char c)
{
    return c >= DT_MARK_PATH && c <= DT_MARK_HOST;
}

static inline unsigned rules_check_captures(const struct dt_rule *rule)
{
    if (rule->more)
        return rule->more->captures;
    return rule->path_kind == DT_PATH_PREFIX || rule->path_kind == DT_PATH_GLOB ? 1 : 0;
}

/* Every byte may go on the wire, but for marks of captures that there are. */
static inline void rules_check_target_bytes(const struct dt_rule *rule, struct dt_slice target)
{
    for (size_t i = 0; i < target.len; i++) {
        char c = target.ptr[i];
        if (rules_check_is_mark(c)) {
            RULES_CHECK(i + 1 < target.len && (unsigned char)target.ptr[i + 1] >= 0x80);
            unsigned number = (unsigned char)target.ptr[++i] & 0x7f;
            RULES_CHECK(number < DT_CAPTURES_MAX ? number < rules_check_captures(rule)
                                                 : number < DT_CAPTURE_END);
            continue;
        }
        RULES_CHECK(c > ' ' && c < 0x7f && !strchr("\"<>\\", c));
    }
}

/* May this capture stand in a host that goes on with rest? */
static inline void rules_check_host_mark(const struct dt_rule *rule, unsigned number,
                                         struct dt_slice rest)
{
    unsigned labels = rule->more ? rule->more->labels : 0;
    unsigned first = rule->path_kind == DT_PATH_REGEX ? rules_check_captures(rule) - labels : 0;
    if ((rule->flags & DT_RULE_OPEN) || number == DT_CAPTURE_HOST)
        return;
    RULES_CHECK(number >= first && number < first + labels);
    if (rest.len && rest.ptr[rest.len - 1] == '.') /* the root's */
        rest.len--;
    const char *dot = rest.len ? memrchr(rest.ptr, '.', rest.len) : NULL;
    RULES_CHECK(dot && dot + 1 < rest.ptr + rest.len);
    for (const char *p = dot + 1; p < rest.ptr + rest.len; p++)
        RULES_CHECK(!rules_check_is_mark(*p));
}

/* The Location of an imagined request: every capture is "x". */
static inline struct dt_slice rules_check_fill(struct dt_slice target, char *mem, size_t cap)
{
    struct dt_capture captures[DT_CAPTURES_MAX];
    const struct dt_capture own[DT_CAPTURE_OWN] = {
        {DT_S("https"), DT_FROM_HOST}, {DT_S("x"), DT_FROM_HOST},  {DT_S("8443"), DT_FROM_HOST},
        {DT_S("/x"), DT_FROM_PATH},    {DT_S("x"), DT_FROM_QUERY},
    };
    for (size_t i = 0; i < DT_CAPTURES_MAX; i++)
        captures[i] = (struct dt_capture){DT_S("x"), DT_FROM_PATH};
    struct dt_location parts = {.rest = target,
                                .marks = true,
                                .ncaptures = DT_CAPTURES_MAX,
                                .captures = captures,
                                .own = own};
    struct dt_slice location;
    RULES_CHECK(dt_location_build(&parts, mem, cap, &location) == DT_OK);
    return location;
}

/* A capture, whatever it holds, cannot choose the host. */
static inline void rules_check_target_host(const struct dt_rule *rule, struct dt_slice target,
                                           const struct dt_url *base)
{
    char text[3 * RULES_CHECK_MAX];
    struct dt_url url = {0};
    RULES_CHECK(target.len <= RULES_CHECK_MAX);
    struct dt_slice filled = rules_check_fill(target, text, sizeof text);
    size_t len = filled.len;
    RULES_CHECK(dt_url_parse(filled, base, &url) == DT_OK);
    if (target.ptr[0] == '/') {
        RULES_CHECK(target.len == 1 || (target.ptr[1] != '/' && target.ptr[1] != '\\'));
        RULES_CHECK(dt_slice_eq(url.host, base->host));
    } else if (dt_url_is_http(&url)) {
        struct dt_slice host;
        size_t scheme = url.scheme.len + 3, at = 0, end;
        uint16_t port;
        for (end = scheme; end < len && !strchr("/?#", text[end]);)
            end++;
        filled = dt_slice_of(text + scheme, end - scheme);
        RULES_CHECK(dt_authority_split(filled, &host, &port) == DT_OK);
        RULES_CHECK(dt_slice_eq(host, url.host));
        RULES_CHECK(url.username.len == 0 && url.password.len == 0);
        /* now the same in the template */
        const char *slashes = memmem(target.ptr, target.len, "://", 3);
        RULES_CHECK(slashes);
        at = (size_t)(slashes - target.ptr) + 3;
        RULES_CHECK(!rules_check_is_mark(target.ptr[0]) ||
                    (at == 5 && (unsigned char)target.ptr[1] == 0x80 + DT_CAPTURE_SCHEME));
        size_t stop = at;
        while (stop < target.len && !strchr("/?#", target.ptr[stop]) &&
               target.ptr[stop] != DT_MARK_PATH)
            stop++;
        for (; at < stop; at++) {
            if (!rules_check_is_mark(target.ptr[at]))
                continue;
            RULES_CHECK(target.ptr[at] == DT_MARK_HOST && at + 1 < stop);
            unsigned number = (unsigned char)target.ptr[++at] & 0x7f;
            if (number == DT_CAPTURE_PORT && target.ptr[at - 2] == ':' && at + 1 == stop)
                continue;
            rules_check_host_mark(rule, number, dt_slice_of(target.ptr + at + 1, stop - at - 1));
        }
        RULES_CHECK(stop == target.len || target.ptr[stop] != DT_MARK_PATH ||
                    (unsigned char)target.ptr[stop + 1] == 0x80 + DT_CAPTURE_PATH);
    }
    dt_url_release(&url);
}

/* The marks in a path stand where they may. */
static inline void rules_check_pattern(const struct dt_rule *rule)
{
    unsigned names = 0, stars = 0;
    bool glob = rule->path_kind == DT_PATH_GLOB, final = false;
    for (size_t i = 0; i < rule->path.len; i++) {
        bool first = i > 0 && rule->path.ptr[i - 1] == '/';
        bool last = i + 1 == rule->path.len || rule->path.ptr[i + 1] == '/';
        if (rule->path.ptr[i] == DT_PATH_NAME) {
            RULES_CHECK(first && last);
            names++;
        } else if (rule->path.ptr[i] == DT_PATH_STAR) {
            final = first && i + 1 == rule->path.len;
            stars++;
        }
    }
    RULES_CHECK(names == (rule->more ? rule->more->names : 0));
    RULES_CHECK(glob ? stars == 1 : names > 0 && stars <= 1 && stars == final);
    RULES_CHECK(!glob || !final || (rule->flags & DT_RULE_IGNORE_SLASH));
}

static inline void rules_check_regex(const struct dt_rule *rule)
{
    RULES_CHECK(rule->path.len > 0 && rule->path.len <= RULES_CHECK_MAX && rule->more);
    for (size_t i = 0; i < rule->path.len; i++)
        RULES_CHECK(rule->path.ptr[i] >= ' ' && rule->path.ptr[i] < 0x7f);
    RULES_CHECK(!(rule->flags & DT_RULE_RELATIVE) || (rule->flags & DT_RULE_URL));
    RULES_CHECK(!(rule->flags & DT_RULE_URL) || rule->host_kind == DT_HOST_ANY);
}

static inline void rules_check_path(const struct dt_rule *rule)
{
    char text[RULES_CHECK_MAX + 2], scratch[3 * RULES_CHECK_MAX + 8];
    struct dt_slice normal;
    size_t len = rule->path.len;
    RULES_CHECK((rule->flags & (DT_RULE_URL | DT_RULE_RELATIVE)) == 0 ||
                rule->path_kind == DT_PATH_REGEX);
    if (rule->path_kind == DT_PATH_REGEX) {
        rules_check_regex(rule);
        return;
    }
    RULES_CHECK(len <= RULES_CHECK_MAX);
    bool marks = rule->path_kind == DT_PATH_PATTERN || rule->path_kind == DT_PATH_GLOB;
    if (marks)
        rules_check_pattern(rule);
    for (size_t i = 0; i < len; i++)
        text[i] = marks && rule->path.ptr[i] <= DT_PATH_STAR ? 'x' : rule->path.ptr[i];
    if (len == 0 || rule->path_kind == DT_PATH_PREFIX)
        text[len++] = '/';
    RULES_CHECK(text[0] == '/');
    RULES_CHECK(rule->path_kind == DT_PATH_PREFIX || rule->path.len ||
                (rule->flags & DT_RULE_IGNORE_SLASH));
    if (rule->flags & DT_RULE_IGNORE_CASE) {
        for (size_t i = 0; i < len; i++)
            RULES_CHECK(!(text[i] >= 'A' && text[i] <= 'Z'));
        return; /* lower-case escapes are not the normal form */
    }
    RULES_CHECK(dt_norm_path(dt_slice_of(text, len), scratch, sizeof scratch, &normal) == DT_OK);
    /* "/a/.." without its final "/" cannot be: dots were resolved before it was taken off */
    RULES_CHECK(dt_slice_eq(normal, dt_slice_of(text, len)));
}

static inline void rules_check_more(const struct dt_rule *rule)
{
    const struct dt_rule_more *more = rule->more;
    if (!more) {
        RULES_CHECK(rule->host_kind != DT_HOST_LABELS && rule->path_kind != DT_PATH_PATTERN);
        return;
    }
    bool star =
        rule->path_kind == DT_PATH_PREFIX || rule->path_kind == DT_PATH_GLOB ||
        (rule->path_kind == DT_PATH_PATTERN && rule->path.ptr[rule->path.len - 1] == DT_PATH_STAR);
    RULES_CHECK((rule->host_kind == DT_HOST_LABELS) == (more->labels > 0));
    RULES_CHECK(more->captures <= DT_CAPTURES_MAX);
    RULES_CHECK((more->nqueries == 0) == (more->queries == NULL));
    if (rule->path_kind == DT_PATH_REGEX)
        RULES_CHECK(more->names == 0 && more->nqueries == 0 && more->captures > more->labels);
    else
        RULES_CHECK(more->captures == more->labels + more->names + star + more->nqueries);
    for (size_t i = 0; i < more->nqueries; i++) {
        bool found = false;
        for (size_t j = 0; j < rule->nparams && !found; j++)
            found =
                rule->params[j].any_value && dt_slice_eq(rule->params[j].name, more->queries[i]);
        RULES_CHECK(found);
    }
}

static inline int rules_check_param_order(const struct dt_param *a, const struct dt_param *b)
{
    int order = dt_slice_cmp(a->name, b->name);
    if (order == 0)
        order = dt_slice_cmp(a->value, b->value);
    return order ? order : a->any_value - b->any_value;
}

static inline void rules_check_params(const struct dt_rule *rule)
{
    char scratch[3 * RULES_CHECK_MAX + 8];
    RULES_CHECK((rule->nparams == 0) == (rule->params == NULL));
    for (size_t i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        const struct dt_slice parts[] = {param->name, param->value};
        RULES_CHECK(i == 0 || rules_check_param_order(&rule->params[i - 1], param) < 0);
        RULES_CHECK(!rules_check_has(param->name, "&=#") && !rules_check_has(param->value, "&#"));
        RULES_CHECK(!param->any_value || param->value.len == 0);
        for (size_t j = 0; j < 2; j++) {
            struct dt_slice normal;
            RULES_CHECK(dt_norm_query(parts[j], scratch, sizeof scratch, &normal) == DT_OK);
            RULES_CHECK((rule->flags & DT_RULE_IGNORE_CASE) || dt_slice_eq(normal, parts[j]));
        }
    }
}

static inline void rules_check_rule(const struct dt_ruleset *set, const struct dt_rule *rule,
                                    const struct dt_url *base)
{
    char scratch[RULES_CHECK_MAX];
    struct dt_slice host;
    const struct dt_action *action = dt_ruleset_action(set, rule->action);
    RULES_CHECK(rule->file < dt_ruleset_file_count(set) && rule->line >= 1);
    RULES_CHECK(dt_ruleset_line(set, rule->file, rule->line).len > 0);
    RULES_CHECK(action != NULL);
    if (action->status == DT_STATUS_PASS) {
        RULES_CHECK(rule->target.len == 0);
    } else {
        RULES_CHECK(dt_status_get(action->status) && dt_status_get(action->status)->answerable);
        RULES_CHECK(dt_status_get(action->status)->location == (rule->target.len > 0));
    }
    RULES_CHECK((rule->host_kind == DT_HOST_ANY) == (rule->host.len == 0));
    if (rule->host.len) {
        RULES_CHECK(dt_norm_host(rule->host, scratch, sizeof scratch, &host) == DT_OK);
        RULES_CHECK(dt_slice_eq(host, rule->host));
    }
    rules_check_path(rule);
    rules_check_params(rule);
    rules_check_more(rule);
    if (rule->target.len) {
        rules_check_target_bytes(rule, rule->target);
        rules_check_target_host(rule, rule->target, base);
    }
}

static inline void rules_check_action(const struct dt_action *action)
{
    for (size_t i = 0; i < action->cache.len; i++)
        RULES_CHECK(action->cache.ptr[i] >= ' ' && action->cache.ptr[i] < 0x7f);
    RULES_CHECK(!rules_check_has(action->note_text, "\r\n") &&
                !rules_check_has(action->owner, "\r\n"));
    RULES_CHECK((action->query == DT_QUERY_KEEP || action->query == DT_QUERY_WITHOUT) ==
                (action->names.len > 0));
}

static inline void rules_check_diag(const struct dt_ruleset *set, const struct dt_diag *diag)
{
    RULES_CHECK(diag->file < dt_ruleset_file_count(set));
    RULES_CHECK(diag->message.len > 0 && diag->name && diag->name[0]);
    RULES_CHECK(diag->line >= 1 && diag->col >= 1 && diag->span >= 1);
    RULES_CHECK((size_t)diag->col - 1 + diag->span <= diag->text.len + 1);
    RULES_CHECK(dt_slice_starts(dt_ruleset_line(set, diag->file, diag->line), diag->text));
}

static inline void rules_check(const struct dt_ruleset *set)
{
    size_t errors = 0;
    struct dt_url base;
    RULES_CHECK(dt_url_parse(DT_S("http://base.example/"), NULL, &base) == DT_OK);
    for (size_t i = 0; i < dt_ruleset_count(set); i++)
        rules_check_rule(set, dt_ruleset_rule(set, i), &base);
    dt_url_release(&base);
    for (size_t i = 0; i < dt_ruleset_action_count(set); i++)
        rules_check_action(dt_ruleset_action(set, i));
    for (size_t i = 0; i < dt_ruleset_conditions_count(set); i++)
        cond_check(dt_ruleset_conditions(set, i));
    for (size_t i = 0; i < dt_ruleset_diag_count(set); i++) {
        rules_check_diag(set, dt_ruleset_diag(set, i));
        errors += dt_ruleset_diag(set, i)->severity == DT_SEVERITY_ERROR;
    }
    RULES_CHECK(errors == dt_ruleset_error_count(set));
    for (size_t i = 0; i < dt_ruleset_expect_count(set); i++) {
        const struct dt_expect *expect = dt_ruleset_expect(set, i);
        struct dt_url url;
        RULES_CHECK(dt_url_parse(expect->url, NULL, &url) == DT_OK);
        dt_url_release(&url);
        RULES_CHECK(expect->method.len > 0 && expect->line >= 1 && expect->col >= 1);
    }
    RULES_CHECK(dt_ruleset_rule(set, dt_ruleset_count(set)) == NULL);
    RULES_CHECK(dt_ruleset_action(set, dt_ruleset_action_count(set)) == NULL);
    RULES_CHECK(dt_ruleset_diag(set, dt_ruleset_diag_count(set)) == NULL);
    RULES_CHECK(dt_ruleset_expect(set, dt_ruleset_expect_count(set)) == NULL);
    RULES_CHECK(dt_ruleset_order(set) <= DT_ORDER_FIRST);
}

#endif
