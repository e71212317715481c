/* SPDX-License-Identifier: MIT
 * Random rules and requests from a small world, so that they meet often.
 */
#ifndef DT_TEST_GENERATE_H
#define DT_TEST_GENERATE_H

#include "oracle.h"

#include <detour/slice.h>

struct random {
    uint64_t state;
};

uint32_t random_below(struct random *random, uint32_t n);

static inline bool random_one_in(struct random *random, uint32_t n)
{
    return random_below(random, n) == 0;
}

#define PICK(random, array) ((array)[random_below((random), sizeof(array) / sizeof((array)[0]))])

/* What a world has besides exact paths and folders. */
enum feature {
    WITH_PATTERNS = 1, /* names and stars, in hosts and queries too */
    WITH_REGEXES = 2,
    WITH_TEMPLATES = 4, /* {host} and the like in targets, open=yes */
    WITH_CONDITIONS = 8,
    WITH_TIMES = 16,
    WITH_ACTIONS = 32, /* pass, pages, fields, caching */
    WITH_MAINTENANCE = 64,
};

/* One of a world's many makers. */
struct maker {
    struct random random;
    unsigned features;
    int64_t noon; /* what times are near to */
};

/* The rules of a new world, and its text. */
void generate_world(struct maker *maker, struct world *ret);
/* A request for it; half of them are made to fit one of its rules. */
void generate_request(struct maker *maker, const struct world *world, struct request *ret);

/* generate_source.c */
const char *generate_host(struct random *random);
/* A path in normal form of up to 4 segments; some are empty, some end in a
 * slash. */
void generate_path(struct random *random, struct text *ret, bool may_be_empty);
const char *generate_segment(struct random *random);
int generate_port(struct random *random);
void generate_pair(struct random *random, struct pair *ret);
const char *generate_param_name(struct random *random);
void generate_source(struct maker *maker, struct rule *rule);

/* pool_regex.c */
const struct regex *generate_regex(struct random *random);

/* generate_target.c: status, target, and what becomes of the query */
void generate_target(struct maker *maker, struct rule *rule);
/* The other options of an answer. */
void generate_action(struct maker *maker, struct rule *rule);

/* generate_cond.c */
void generate_conds(struct maker *maker, struct rule *rule);
void generate_client(struct maker *maker, struct request *ret);

/* generate_time.c */
void generate_noon(struct maker *maker);
const struct zone *generate_zone(struct random *random);
void generate_time_cond(struct maker *maker, struct rule *rule);
void generate_windows(struct maker *maker, struct rule *rule);
int64_t generate_now(struct maker *maker);

/* zone_file.c: a TZif file (RFC 9636) by its name, which lives as long as the
 * program. */
bool zone_file(struct dt_slice name, struct dt_slice *ret);
bool zone_has_berlin(void);

/* render_rules.c: the rules as text; sets each rule's line. */
void render_world(struct world *world);

#endif
