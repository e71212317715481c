/* SPDX-License-Identifier: MIT
 *
 * Soft 404: when a site goes, it is tempting to send every page of it to a home page. Search
 * engines take that for "not found", and readers for broken. Told once for each home page: when at
 * least HOME_MANY paths are sent there, or at least HOME_SOME that are more than half of all paths
 * that are redirected to that host. Home pages that are sent to home pages do not count, nor do
 * rules for a part of the visitors, nor temporary ones.
 */
#include "rules/check/lint.h"

#include "base/hash.h"
#include <detour/status.h>
#include <stdlib.h>

#define HOME_SOME 10u
#define HOME_MANY 50u

/* A host that rules lead to. */
struct home {
    struct dt_slice origin; /* "https://www.example.com"; empty: the host that was asked */
    uint32_t rule;          /* the first that leads to its home page */
    uint32_t homes;         /* rules that do */
    uint32_t all;           /* rules that lead anywhere on it */
};

struct homes {
    struct home *list; /* open addressing */
    size_t count, mask;
};

static uint64_t hash_of(struct dt_slice s)
{
    return dt_hash64(s.ptr, s.len, 0);
}

static struct home *slot_of(const struct homes *homes, struct dt_slice origin)
{
    size_t at = (size_t)hash_of(origin) & homes->mask;
    while (homes->list[at].all && !dt_slice_eq(homes->list[at].origin, origin))
        at = (at + 1) & homes->mask;
    return &homes->list[at];
}

static bool grow(struct homes *homes)
{
    struct homes more = {.mask = homes->mask ? homes->mask * 2 + 1 : 63, .count = homes->count};
    more.list = calloc(more.mask + 1, sizeof *more.list);
    if (!more.list)
        return false;
    for (size_t i = 0; homes->list && i <= homes->mask; i++)
        if (homes->list[i].all)
            *slot_of(&more, homes->list[i].origin) = homes->list[i];
    free(homes->list);
    *homes = more;
    return true;
}

/* A page of its own, whose target is always the same one. */
static bool is_page(const struct dt_rule *rule)
{
    if (rule->path_kind == DT_PATH_EXACT)
        return rule->nparams || (rule->path.len && !dt_slice_eq(rule->path, DT_S("/")));
    return rule->path_kind == DT_PATH_PATTERN || rule->path_kind == DT_PATH_GLOB ||
           (rule->path_kind == DT_PATH_PREFIX && rule->path.len);
}

static bool is_home(struct dt_slice rest)
{
    return rest.len == 0 || dt_slice_eq(rest, DT_S("/")) || rest.ptr[0] == '#';
}

static void add(struct dt_checker *checker, struct homes *homes, uint32_t number)
{
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    const struct dt_action *action = dt_ruleset_action(checker->set, rule->action);
    const struct dt_status *status = dt_status_get(action->status);
    if (!is_page(rule) || !status || status->permanence != DT_PERMANENCE_PERMANENT)
        return;
    struct dt_lint_target target = dt_lint_target(rule->target);
    if ((target.scheme.len && !target.web) || dt_lint_when(checker, rule).some)
        return;
    if (homes->count * 2 >= homes->mask && !grow(homes)) {
        checker->err = DT_ERR_NOMEM;
        return;
    }
    struct dt_slice origin =
        dt_slice_of(rule->target.ptr, (size_t)(target.rest.ptr - rule->target.ptr));
    if (target.scheme.len == 0) /* a path: of each host its own */
        origin = rule->host;
    struct home *home = slot_of(homes, origin);
    homes->count += home->all == 0;
    home->origin = origin;
    home->all++;
    if (!is_home(target.rest))
        return;
    if (home->homes++ == 0)
        home->rule = number;
}

static void tell(struct dt_checker *checker, const struct home *home)
{
    if (home->homes < HOME_MANY && (home->homes < HOME_SOME || home->homes * 2 <= home->all))
        return;
    struct dt_slice target = dt_ruleset_rule(checker->set, home->rule)->target;
    struct dt_finding *finding =
        dt_check_add(checker, DT_FIND_SOFT_404, home->rule, dt_lint_example(checker, home->rule),
                     "%u URLs are sent to the home page %.*s; this is the first", home->homes,
                     DT_SLICE_FMT(target));
    dt_lint_at_target(checker, finding);
}

void dt_lint_homes(struct dt_checker *checker)
{
    struct homes homes = {.list = NULL};
    for (uint32_t i = 0; i < checker->count && !checker->err; i++)
        add(checker, &homes, i);
    for (size_t i = 0; homes.list && !checker->err && i <= homes.mask; i++)
        if (homes.list[i].homes)
            tell(checker, &homes.list[i]);
    free(homes.list);
}
