/* SPDX-License-Identifier: MIT
 *
 * Rules for whole sites. A temporary one is right for a maintenance, and is what comes out when the
 * status is forgotten: told when it lasts for more than a week, or without end. And one that sends
 * http://example.com straight to www.example.com keeps the domain off the HSTS preload list, which
 * wants https://example.com first (hstspreload.org): told when the compiled rules really answer so.
 */
#include "rules/check/lint.h"

#include <detour/status.h>

#define DAY 86400
#define MAINTENANCE_DAYS 7

bool dt_lint_is_site(const struct dt_rule *rule)
{
    static const char *const all[] = {
        "^",       "^/",      ".*",       "^.*",      "^.*$",   "(.*)", "^(.*)$",   "^(.*)",
        "(.*)$",   "^/(.*)$", "^/(.*)",   "/(.*)$",   "^/.*$",  "^/.*", "/",        "/.*",
        "^(/.*)$", "^(/.*)",  "^/(.*?)$", "^/*(.*)$", "^(.+)$", "(.+)", "^/?(.*)$", "^/?(.*)"};
    if (rule->nparams || (rule->flags & DT_RULE_EXACT_QUERY))
        return false;
    if (rule->path_kind == DT_PATH_PREFIX)
        return rule->path.len == 0;
    if (rule->path_kind != DT_PATH_REGEX || (rule->flags & DT_RULE_URL))
        return false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (dt_slice_eq(rule->path, dt_slice_str(all[i])))
            return true;
    return false;
}

/* ---- Temporary ---- */

static void check_temporary(struct dt_checker *checker, uint32_t number,
                            const struct dt_lint_when *when)
{
    if (when->methods || when->recurring || when->until <= checker->now)
        return;
    int64_t from = when->from == DT_TIME_MIN ? checker->now : when->from;
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    unsigned status = dt_ruleset_action(checker->set, rule->action)->status;
    struct dt_slice example = dt_lint_example(checker, number);
    if (when->until == DT_TIME_MAX) {
        (void)dt_check_add(checker, DT_FIND_SITE_TEMPORARY, number, example,
                           "a %u for a whole site, without an end", status);
        return;
    }
    long long days = (long long)((when->until - from) / DAY);
    if (when->until - from > (int64_t)MAINTENANCE_DAYS * DAY)
        (void)dt_check_add(checker, DT_FIND_SITE_TEMPORARY, number, example,
                           "a %u for a whole site, for %lld days", status, days);
}

/* ---- HSTS ---- */

/* Leads the target to a host below that which was asked? */
static bool goes_below(const struct dt_rule *rule, struct dt_slice host)
{
    if (host.len > 3 && host.ptr[host.len - 2] == DT_MARK_HOST &&
        ((unsigned char)host.ptr[host.len - 1] & 0x7f) == DT_CAPTURE_HOST)
        return host.ptr[host.len - 3] == '.'; /* "www.{host}" */
    if (rule->host.len == 0 || host.len <= rule->host.len + 1 || dt_lint_marked(host))
        return false;
    struct dt_slice end = dt_slice_from(host, host.len - rule->host.len);
    return dt_slice_eq(end, rule->host) && end.ptr[-1] == '.';
}

static void check_hsts(struct dt_checker *checker, uint32_t number)
{
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    struct dt_lint_target target = dt_lint_target(rule->target);
    struct dt_witness witness;
    struct dt_decision decision;
    if (!target.web || rule->scheme == DT_SCHEME_HTTPS || (rule->port && rule->port != 80) ||
        !goes_below(rule, target.host) || !dt_witness_make(checker->maker, number, 0, &witness) ||
        witness.request.scheme != DT_SCHEME_HTTP ||
        dt_match(checker->snapshot, &witness.request, checker->scratch, &decision) != DT_OK ||
        !decision.matched || checker->order[decision.rule] != number)
        return;
    struct dt_finding *finding =
        dt_check_add(checker, DT_FIND_HSTS_ORDER, number, witness.url,
                     "http://%.*s is sent to %.*s before it was sent to https on its own host",
                     DT_SLICE_FMT(witness.request.host), DT_SLICE_FMT(decision.location));
    dt_lint_at_target(checker, finding);
}

void dt_lint_sites(struct dt_checker *checker)
{
    for (uint32_t i = 0; i < checker->count && !checker->err; i++) {
        const struct dt_rule *rule = dt_ruleset_rule(checker->set, i);
        bool site = dt_lint_is_site(rule);
        bool root = rule->path_kind == DT_PATH_EXACT && dt_slice_eq(rule->path, DT_S("/"));
        if (!site && !root)
            continue;
        unsigned code = dt_ruleset_action(checker->set, rule->action)->status;
        const struct dt_status *status = dt_status_get(code);
        struct dt_lint_when when = dt_lint_when(checker, rule);
        if (!status || !status->location || when.some)
            continue;
        if (site && status->permanence == DT_PERMANENCE_TEMPORARY)
            check_temporary(checker, i, &when);
        if (!when.methods)
            check_hsts(checker, i);
    }
}
