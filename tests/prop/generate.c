/* SPDX-License-Identifier: MIT
 * Worlds: see generate.h. */
#include "generate.h"

uint32_t random_below(struct random *random, uint32_t n)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return (uint32_t)((random->state >> 20) % n);
}

static void generate_rule(struct maker *maker, struct world *world, struct rule *rule)
{
    struct random *random = &maker->random;
    memset(rule, 0, sizeof *rule);
    rule->retry_after = NO_RETRY_AFTER;
    /* Conditions tell rules of the same source apart. */
    bool again = world->count && (maker->features & WITH_CONDITIONS) && random_one_in(random, 4);
    if (again) {
        const struct rule *like = &world->rules[random_below(random, (uint32_t)world->count)];
        *rule = *like;
        rule->nconds = rule->nnames = 0;
        rule->zone = NULL;
        rule->target.s[0] = 0;
        rule->names[0].s[0] = rule->names[1].s[0] = 0;
        rule->open = rule->page = false;
        rule->cache = rule->set_header = NULL;
        rule->passing = PASS;
        rule->retry_after = NO_RETRY_AFTER;
    } else {
        generate_source(maker, rule);
        rule->maintenance = (maker->features & WITH_MAINTENANCE) && random_one_in(random, 10);
    }
    generate_conds(maker, rule);
    generate_target(maker, rule);
    generate_action(maker, rule);
}

void generate_world(struct maker *maker, struct world *ret)
{
    static const char *const KEYS[] = {NULL, NULL, "other key", "k"};
    struct random *random = &maker->random;
    maker->features = random_one_in(random, 5) ? 0 : random_below(random, 128);
    if (random_one_in(random, 2)) /* costly: a world with them is compiled in milliseconds */
        maker->features &= ~(unsigned)WITH_REGEXES;
    generate_noon(maker);
    uint32_t count = 1 + random_below(random, RULES_MAX);
    ret->first = random_one_in(random, 4);
    ret->key = maker->features & WITH_CONDITIONS ? PICK(random, KEYS) : NULL;
    bool flat = random_one_in(random, 2); /* no priorities: the early exit is in use */
    for (ret->count = 0; ret->count < (int)count; ret->count++) {
        struct rule *rule = &ret->rules[ret->count];
        generate_rule(maker, ret, rule);
        if (flat)
            rule->priority = 0;
    }
    render_world(ret);
}
