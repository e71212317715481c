/* SPDX-License-Identifier: MIT
 *
 * A rule set as text, so that tests are tables of two strings: what goes in, what must come out.
 *
 *   rule        3: https://.example.com:8443/dir/... ?a=1&b ic is only > https://x/{0} 308
 * options diagnostic  3:5+7 error target-relative: message expect      3:9 expect GET http://a/ 307
 * http://b/
 */
#ifndef DT_TEST_RULES_DUMP_H
#define DT_TEST_RULES_DUMP_H

#include "base/buf.h"
#include "test_cond_dump.h"
#include "test_rules_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* "dir/..." for a prefix, "<>" for a name, "<*>" for a star, "~(url)" for a regex. */
static inline void dump_path(struct dt_buf *out, const struct dt_rule *rule)
{
    bool marks = rule->path_kind == DT_PATH_PATTERN || rule->path_kind == DT_PATH_GLOB;
    if (rule->path_kind == DT_PATH_REGEX)
        dt_buf_printf(out, "~%s%s ", rule->flags & DT_RULE_URL ? "url" : "",
                      rule->flags & DT_RULE_RELATIVE ? "-relative" : "");
    for (size_t i = 0; i < rule->path.len; i++) {
        if (marks && rule->path.ptr[i] == DT_PATH_NAME)
            dt_buf_str(out, "<>");
        else if (marks && rule->path.ptr[i] == DT_PATH_STAR)
            dt_buf_str(out, rule->path_kind == DT_PATH_PATTERN ? "..." : "<*>");
        else
            dt_buf_char(out, rule->path.ptr[i]);
    }
    if (rule->path_kind == DT_PATH_PREFIX)
        dt_buf_str(out, "/...");
}

static inline void dump_source(struct dt_buf *out, const struct dt_rule *rule)
{
    static const char *const schemes[] = {"//", "http://", "https://"};
    static const char *const kinds[] = {"*", "", "*.", ".", ""};
    if (rule->host_kind != DT_HOST_ANY || rule->port || rule->scheme)
        dt_buf_printf(out, "%s%s", schemes[rule->scheme], kinds[rule->host_kind]);
    for (unsigned i = 0; rule->more && i < rule->more->labels; i++)
        dt_buf_printf(out, "<%u>.", i);
    dt_buf_put(out, rule->host);
    if (rule->port)
        dt_buf_printf(out, ":%u", rule->port);
    dump_path(out, rule);
    for (size_t i = 0; i < rule->nparams; i++)
        dt_buf_printf(out, "%s%.*s%s%.*s", i ? "&" : " ?", DT_SLICE_FMT(rule->params[i].name),
                      rule->params[i].any_value ? "" : "=", DT_SLICE_FMT(rule->params[i].value));
    for (unsigned i = 0; rule->more && i < rule->more->nqueries; i++)
        dt_buf_printf(out, " <%.*s>", DT_SLICE_FMT(rule->more->queries[i]));
    dt_buf_str(out, rule->flags & DT_RULE_IGNORE_CASE ? " ic" : "");
    dt_buf_str(out, rule->flags & DT_RULE_IGNORE_SLASH ? " is" : "");
    dt_buf_str(out, rule->flags & DT_RULE_EXACT_QUERY ? " only" : "");
    dt_buf_str(out, rule->flags & DT_RULE_OPEN ? " open" : "");
}

/* A capture: its place ("", "q", "f", "h"), and its number or what it is of the request. */
static inline void dump_mark(struct dt_buf *out, char place, char number)
{
    static const char *const places[] = {"", "q", "f", "h"};
    static const char *const own[] = {"scheme", "host", "port", "path", "query"};
    unsigned at = (unsigned char)number & 0x7f;
    dt_buf_printf(out, "{%s", places[place - DT_MARK_PATH]);
    if (at < DT_CAPTURES_MAX)
        dt_buf_printf(out, "%u}", at);
    else
        dt_buf_printf(out, "%s%s}", place == DT_MARK_PATH ? "" : " ", own[at - DT_CAPTURES_MAX]);
}

static inline void dump_target(struct dt_buf *out, struct dt_slice target)
{
    for (size_t i = 0; i < target.len; i++) {
        if (target.ptr[i] >= DT_MARK_PATH && target.ptr[i] <= DT_MARK_HOST) {
            dump_mark(out, target.ptr[i], target.ptr[i + 1]);
            i++;
        } else {
            dt_buf_char(out, target.ptr[i]);
        }
    }
}

static inline void dump_action(struct dt_buf *out, const struct dt_action *action)
{
    static const char *const modes[] = {"", " drop", " keep", " without"};
    dt_buf_printf(out, " %u%s", action->status, modes[action->query]);
    if (action->names.len)
        dt_buf_printf(out, ":%.*s", DT_SLICE_FMT(action->names));
    if (action->cache.len)
        dt_buf_printf(out, " cache=%.*s", DT_SLICE_FMT(action->cache));
    if (action->retry_after == DT_RETRY_AFTER_UNTIL)
        dt_buf_str(out, " retry=until");
    else if (action->retry_after != DT_RETRY_AFTER_NONE)
        dt_buf_printf(out, " retry=%u", action->retry_after);
    if (!action->note)
        dt_buf_str(out, " note=no");
    if (action->note_text.len)
        dt_buf_printf(out, " note=<%.*s>", DT_SLICE_FMT(action->note_text));
    if (action->owner.len)
        dt_buf_printf(out, " owner=<%.*s>", DT_SLICE_FMT(action->owner));
    if (action->fields.len)
        dt_buf_printf(out, " fields=<%.*s>", (int)action->fields.len - 2, action->fields.ptr);
    if (action->page.len)
        dt_buf_printf(out, " page=<%.*s>", DT_SLICE_FMT(action->page));
}

static inline void dump_rule(struct dt_buf *out, const struct dt_ruleset *set,
                             const struct dt_rule *rule)
{
    if (rule->file)
        dt_buf_printf(out, "%.*s:", DT_SLICE_FMT(dt_ruleset_file(set, rule->file)));
    dt_buf_printf(out, "%u: ", rule->line);
    dump_source(out, rule);
    dt_buf_str(out, " > ");
    dump_target(out, rule->target);
    dump_action(out, dt_ruleset_action(set, rule->action));
    if (rule->priority)
        dt_buf_printf(out, " priority=%d", (int)rule->priority);
    dt_buf_str(out, rule->flags & DT_RULE_MAINTENANCE ? " maintenance" : "");
    cond_dump(out, dt_ruleset_conditions(set, rule->conditions));
    dt_buf_char(out, '\n');
}

static inline void dump_inputs(struct dt_buf *out, const struct dt_expect *expect)
{
    if (expect->at != DT_TIME_MIN) {
        dt_buf_str(out, " at=");
        cond_dump_time(out, expect->at);
    }
    for (size_t i = 0; i < expect->nfields; i++)
        dt_buf_printf(out, " %.*s=<%.*s>", DT_SLICE_FMT(expect->fields[i].name),
                      DT_SLICE_FMT(expect->fields[i].value));
    if (expect->has_address)
        dt_buf_printf(out, " ip=..%u.%u", expect->address[14], expect->address[15]);
    if (expect->country.len)
        dt_buf_printf(out, " country=%.*s", DT_SLICE_FMT(expect->country));
}

static inline void dump_set(struct dt_buf *out, const struct dt_ruleset *set)
{
    for (size_t i = 0; i < dt_ruleset_count(set); i++)
        dump_rule(out, set, dt_ruleset_rule(set, i));
    for (size_t i = 0; i < dt_ruleset_diag_count(set); i++) {
        const struct dt_diag *diag = dt_ruleset_diag(set, i);
        if (diag->file)
            dt_buf_printf(out, "%.*s:", DT_SLICE_FMT(dt_ruleset_file(set, diag->file)));
        dt_buf_printf(out, "%u:%u+%u %s %s: %.*s\n", diag->line, diag->col, diag->span,
                      diag->severity == DT_SEVERITY_ERROR ? "error" : "warning", diag->name,
                      DT_SLICE_FMT(diag->message));
    }
    for (size_t i = 0; i < dt_ruleset_expect_count(set); i++) {
        const struct dt_expect *expect = dt_ruleset_expect(set, i);
        dt_buf_printf(out, "%u:%u expect %.*s %.*s %u %.*s", expect->line, expect->col,
                      DT_SLICE_FMT(expect->method), DT_SLICE_FMT(expect->url), expect->status,
                      DT_SLICE_FMT(expect->location));
        dump_inputs(out, expect);
        dt_buf_char(out, '\n');
    }
}

/* Fails the test, with both texts, when the set is not as wanted. */
static inline void dump_compare(const struct dt_ruleset *set, const char *in, const char *want)
{
    struct dt_buf out;
    rules_check(set);
    dt_buf_init(&out, 1u << 20);
    dump_set(&out, set);
    dt_buf_char(&out, 0);
    assert_int_equal(dt_buf_err(&out), DT_OK);
    bool same = strcmp(out.ptr, want) == 0;
    if (!same)
        print_error("---- in\n%s\n---- wanted\n%s---- got\n%s----\n", in, want, out.ptr);
    dt_buf_release(&out);
    assert_true(same);
}

struct rules_case {
    const char *in;
    const char *want;
};

static inline void dump_run_with(const struct dt_loader *loader, const struct rules_case *cases,
                                 size_t count, enum dt_format format)
{
    for (size_t i = 0; i < count; i++) {
        struct dt_ruleset *set = dt_ruleset_new(loader);
        assert_non_null(set);
        enum dt_err err = dt_ruleset_read(set, DT_S("t"), dt_slice_str(cases[i].in), format);
        assert_int_equal(err, dt_ruleset_error_count(set) ? DT_ERR_SYNTAX : DT_OK);
        dump_compare(set, cases[i].in, cases[i].want);
        dt_ruleset_free(set);
    }
}

#define DUMP_RUN(cases, format) dump_run_with(NULL, cases, sizeof(cases) / sizeof *(cases), format)

#endif
