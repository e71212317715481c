/* SPDX-License-Identifier: MIT
 * Times, all of a world near to one moment: a change of clocks, a leap day, the
 * end of a year. */
#include "generate.h"

#define HALF_HOUR 1800
#define NOON_2026_12_01 INT64_C(1796162400) /* 22:00 UTC */

/* The last one needs the system's zones. */
static const struct zone ZONES[] = {
    {"UTC", 0, 0, 0, false},
    {"Test/East", 19800, 19800, 0, false},
    {"Test/West", -34200, -34200, 0, false},
    {"Test/Shift", 3600, 10800, NOON_2026_12_01, false},
    {"Europe/Berlin", 0, 0, 0, true},
};

void generate_noon(struct maker *maker)
{
    static const int64_t NOONS[] = {
        NOON_2026_12_01, 1774746000, /* 2026-03-29T01:00Z, Berlin goes to summer time */
        1792890000,                  /* 2026-10-25T01:00Z, and back */
        1709208000,                  /* 2024-02-29T12:00Z */
        1798759800,                  /* 2026-12-31T23:30Z */
    };
    maker->noon = PICK(&maker->random, NOONS);
}

const struct zone *generate_zone(struct random *random)
{
    uint32_t count = sizeof ZONES / sizeof *ZONES;
    return &ZONES[random_below(random, zone_has_berlin() ? count : count - 1)];
}

static int64_t near_noon(struct maker *maker)
{
    return maker->noon + ((int64_t)random_below(&maker->random, 17) - 8) * HALF_HOUR;
}

/* "2026-12-01T22:00", seconds when there are any. */
static void write_civil(int64_t seconds, char *ret, size_t cap)
{
    int civil[6];
    civil_of(seconds, civil);
    int len = snprintf(ret, cap, "%04d-%02d-%02dT%02d:%02d", civil[0], civil[1], civil[2], civil[3],
                       civil[4]);
    if (civil[5])
        snprintf(ret + len, cap - (size_t)len, ":%02d", civil[5]);
}

/* A moment and one of the ways to write it. */
static int64_t generate_time(struct maker *maker, struct rule *rule, char ret[40])
{
    static const int OFFSETS[] = {0, 3600, -5400, 43200};
    struct random *random = &maker->random;
    int64_t at = near_noon(maker) + (random_one_in(random, 4) ? 15 : 0);
    if (random_one_in(random, 2)) { /* by the clocks of a zone: one that was not changed at noon */
        if (!rule->zone)
            rule->zone = generate_zone(random);
        int64_t local = at + zone_offset(rule->zone, maker->noon - 1);
        write_civil(local, ret, 40);
        return zone_instant(rule->zone, local);
    }
    int offset = PICK(random, OFFSETS);
    write_civil(at + offset, ret, 40);
    if (offset || random_one_in(random, 3)) {
        char text[16];
        int minutes = abs(offset) / 60;
        snprintf(text, sizeof text, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60 % 24,
                 minutes % 60);
        put(ret, 40, text);
    } else {
        put(ret, 40, "Z");
    }
    return at;
}

void generate_time_cond(struct maker *maker, struct rule *rule)
{
    const struct zone *zone = rule->zone;
    struct cond cond;
    do {
        cond = (struct cond){.kind = TIME, .from = 0, .until = NEVER};
        rule->zone = zone;
        uint32_t what = random_below(&maker->random, 4);
        if (what != 0)
            cond.until = generate_time(maker, rule, cond.until_text);
        if (what < 3)
            cond.from = generate_time(maker, rule, cond.from_text);
    } while (cond.from >= cond.until);
    rule->conds[rule->nconds++] = cond;
}

static void generate_hours(struct random *random, struct cond *cond)
{
    static const char *const HOURS[] = {"9-17",        "22:00-06:00", "0-12",       "01:30-03:30",
                                        "23:30-24:00", "12-23:59",    "02:00-03:00"};
    for (uint32_t n = 1 + random_below(random, 2); n; n--) {
        const char *hours = PICK(random, HOURS);
        if (!cond->nvalues || strcmp(hours, cond->values[0]) != 0)
            cond->values[cond->nvalues++] = hours;
    }
}

/* days= and hours= together are one; a negated one stands alone. */
void generate_windows(struct maker *maker, struct rule *rule)
{
    static const char *const DAYS[] = {"mon-fri", "sun",         "sat,sun",
                                       "fri-mon", "tue,thu-fri", "mon"};
    struct random *random = &maker->random;
    uint32_t what = 1 + random_below(random, 15);
    if (what & 3) {
        struct cond both = {.kind = WINDOW, .until = NEVER};
        both.days = what & 1 ? PICK(random, DAYS) : NULL;
        if (what & 2)
            generate_hours(random, &both);
        rule->conds[rule->nconds++] = both;
    }
    if ((what & 12) == 4) {
        struct cond days = {.kind = WINDOW, .negated = true, .until = NEVER};
        days.days = PICK(random, DAYS);
        rule->conds[rule->nconds++] = days;
    }
    if ((what & 12) == 8) {
        struct cond hours = {.kind = WINDOW, .negated = true, .until = NEVER};
        generate_hours(random, &hours);
        rule->conds[rule->nconds++] = hours;
    }
    if (rule->nconds && random_below(random, 4))
        rule->zone = generate_zone(random);
}

int64_t generate_now(struct maker *maker)
{
    struct random *random = &maker->random;
    if (!(maker->features & WITH_TIMES) || random_one_in(random, 10))
        return 0;
    int64_t now = near_noon(maker);
    if (random_one_in(random, 4))
        now += 86400 * (int64_t)random_below(random, 7);
    static const int EDGES[] = {-1, 0, 1, 15, 14, 700, -1000};
    return now + PICK(random, EDGES);
}
