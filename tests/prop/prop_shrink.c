/* SPDX-License-Identifier: MIT
 * See prop_shrink.h. */
#include "prop_shrink.h"
#include "generate.h"

struct trial {
    struct world *world;
    struct request *request;
    failing *fails;
    void *ctx;
};

static bool still_fails(const struct trial *trial)
{
    render_world(trial->world);
    return trial->fails(trial->world, trial->request, trial->ctx);
}

static bool drop_rules(const struct trial *trial)
{
    static struct world saved;
    bool dropped = false;
    for (int i = trial->world->count - 1; i >= 0 && trial->world->count > 1; i--) {
        struct world *world = trial->world;
        saved = *world;
        world->count--;
        for (int j = i; j < world->count; j++)
            world->rules[j] = world->rules[j + 1];
        if (still_fails(trial))
            dropped = true;
        else
            *world = saved;
    }
    return dropped;
}

/* Simpler rules: each change is a bit. */
static bool simplify(struct rule *rule, unsigned change)
{
    struct rule before = *rule;
    if (change < MAX_CONDS) {
        if ((int)change >= rule->nconds)
            return false;
        rule->nconds--;
        for (int i = (int)change; i < rule->nconds; i++)
            rule->conds[i] = rule->conds[i + 1];
        if (!rule->nconds)
            rule->zone = NULL;
    } else if (change == MAX_CONDS) {
        rule->nocase = rule->star_case = false;
    } else if (change == MAX_CONDS + 1) {
        rule->noslash = rule->only = false;
    } else if (change == MAX_CONDS + 2) {
        rule->cache = rule->set_header = NULL;
        rule->page = false;
    } else if (change == MAX_CONDS + 3) {
        rule->passing = PASS;
        rule->nnames = 0;
    } else if (change == MAX_CONDS + 4 && rule->nparams) {
        rule->nparams--;
    }
    return memcmp(&before, rule, sizeof before) != 0;
}

#define CHANGES (MAX_CONDS + 5)

static bool simplify_rules(const struct trial *trial)
{
    bool simpler = false;
    for (int i = 0; i < trial->world->count; i++)
        for (unsigned change = 0; change < CHANGES; change++) {
            struct rule saved = trial->world->rules[i];
            if (simplify(&trial->world->rules[i], change) && still_fails(trial))
                simpler = true;
            else
                trial->world->rules[i] = saved;
        }
    return simpler;
}

static bool simplify_request(const struct trial *trial)
{
    struct request *request = trial->request;
    bool simpler = false;
    for (int i = request->nheaders - 1; i >= 0; i--) {
        struct request saved = *request;
        request->nheaders--;
        for (int j = i; j < request->nheaders; j++)
            request->headers[j] = request->headers[j + 1];
        if (still_fails(trial))
            simpler = true;
        else
            *request = saved;
    }
    struct request saved = *request;
    snprintf(request->spelling, sizeof request->spelling, "%s", request->path.s);
    if (!still_fails(trial))
        *request = saved;
    if (!request->nparams)
        return simpler;
    saved = *request;
    request->nparams = 0;
    request->query.s[0] = 0;
    if (still_fails(trial))
        return true;
    *request = saved;
    return simpler;
}

void shrink(struct world *world, struct request *request, failing *fails, void *ctx)
{
    struct trial trial = {world, request, fails, ctx};
    for (bool smaller = true; smaller;) {
        smaller = drop_rules(&trial);
        smaller |= simplify_rules(&trial);
        smaller |= simplify_request(&trial);
    }
    render_world(world);
}
