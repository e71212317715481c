/* SPDX-License-Identifier: MIT
 * The naive matcher; see oracle.h. */
#include "oracle.h"

struct candidate {
    const struct rule *rule;
    struct captures captures;
};

/* All whose URI matches, whatever their conditions say, and where they stand,
 * best first. */
struct candidates {
    struct candidate list[RULES_MAX];
    const struct candidate *ranked[RULES_MAX];
    int count;
};

static void find(const struct world *world, const struct request *request, struct candidates *ret)
{
    ret->count = 0;
    for (int i = 0; i < world->count; i++) {
        struct candidate *now = &ret->list[ret->count];
        now->rule = &world->rules[i];
        if (!source_matches(now->rule, request, &now->captures))
            continue;
        int at = ret->count++;
        for (; at > 0 && rule_beats(now->rule, ret->ranked[at - 1]->rule, world->first); at--)
            ret->ranked[at] = ret->ranked[at - 1];
        ret->ranked[at] = now;
    }
}

static bool answers(const struct world *world, const struct candidate *candidate,
                    const struct request *request, struct looked *looked)
{
    const struct rule *rule = candidate->rule;
    return (!rule->open || location_host_ok(rule, request, &candidate->captures)) &&
           conds_hold(world, rule, request, looked);
}

static int64_t retry_after(const struct rule *rule, const struct request *request)
{
    if (rule->retry_after != RETRY_AFTER_UNTIL)
        return rule->retry_after;
    int64_t until = conds_until(rule);
    return until == NEVER ? NO_RETRY_AFTER : until - request->now;
}

void oracle_answer(const struct world *world, const struct request *request, struct answer *ret)
{
    static struct candidates all;
    find(world, request, &all);
    ret->rule = NULL;
    ret->location[0] = 0;
    ret->retry_after = NO_RETRY_AFTER;
    ret->looked.count = 0;
    ret->looked.any = false;
    for (int i = 0; i < all.count && !ret->rule; i++) {
        if (!answers(world, all.ranked[i], request, &ret->looked))
            continue;
        ret->rule = all.ranked[i]->rule;
        location_build(ret->rule, request, &all.ranked[i]->captures, ret->location,
                       sizeof ret->location);
        ret->retry_after = retry_after(ret->rule, request);
    }
}

int oracle_all(const struct world *world, const struct request *request,
               const struct rule *ret[RULES_MAX])
{
    static struct candidates all;
    struct looked looked = {0};
    int found = 0;
    find(world, request, &all);
    for (int i = 0; i < all.count; i++)
        if (answers(world, all.ranked[i], request, &looked))
            ret[found++] = all.ranked[i]->rule;
    return found;
}
