/* SPDX-License-Identifier: MIT
 *
 * Rules that never answer. A rule that answers its own witness is reached, and that is nearly all
 * of them; of the others, who answered instead is asked to account for every request that the rule
 * is for. Two rules with one source are told by the compiler, and not again.
 */
#include "rules/check/check_cover.h"

#include "base/hash.h"

#include <stdlib.h>

#define CANDIDATES 32u        /* rules that are looked at when the one that answers is not enough */
#define LISTS_MAX (1u << 16u) /* of candidates, in one check */

struct reach {
    struct dt_checker *checker;
    uint64_t *told; /* places of duplicates and conflicts, sorted */
    size_t told_count;
    uint32_t *place; /* rule -> where it stands among all, best first */
    uint32_t lists;
    struct dt_candidate candidates[CANDIDATES];
};

static int compare_places(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static uint64_t place_key(uint32_t file, uint32_t line)
{
    return (uint64_t)file << 32 | line;
}

static bool find_told(struct reach *reach)
{
    const struct dt_ruleset *set = reach->checker->set;
    size_t count = dt_ruleset_diag_count(set);
    reach->told = malloc((count + 1) * sizeof *reach->told);
    if (!reach->told)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct dt_diag *diag = dt_ruleset_diag(set, i);
        if (strcmp(diag->name, "duplicate") == 0 || strcmp(diag->name, "conflict") == 0)
            reach->told[reach->told_count++] = place_key(diag->file, diag->line);
    }
    qsort(reach->told, reach->told_count, sizeof *reach->told, compare_places);
    return true;
}

static bool is_told(const struct reach *reach, const struct dt_rule *rule)
{
    uint64_t key = place_key(rule->file, rule->line);
    return reach->told_count &&
           bsearch(&key, reach->told, reach->told_count, sizeof key, compare_places) != NULL;
}

/* Why a rule comes before another that it covers. */
static const char *reason(const struct dt_checker *checker, const struct dt_rule *winner,
                          const struct dt_rule *rule)
{
    if ((winner->flags & DT_RULE_MAINTENANCE) && !(rule->flags & DT_RULE_MAINTENANCE))
        return "maintenance without an end";
    if (winner->priority != rule->priority)
        return "it has the higher priority";
    if (dt_ruleset_order(checker->set) == DT_ORDER_FIRST)
        return "it comes first, and the first that matches wins";
    return "it comes first among equals";
}

static void tell(struct dt_checker *checker, enum dt_finding_id kind, uint32_t number, uint32_t by,
                 struct dt_slice example)
{
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    const struct dt_rule *winner = dt_ruleset_rule(checker->set, by);
    struct dt_slice file = dt_ruleset_file(checker->set, winner->file);
    struct dt_finding *finding =
        kind == DT_FIND_UNREACHABLE
            ? dt_check_add(checker, kind, number, example,
                           "never answers: %.*s:%u takes all that it is for (%s)",
                           DT_SLICE_FMT(file), winner->line, reason(checker, winner, rule))
            : dt_check_add(checker, kind, number, example,
                           "its plainest requests are answered by %.*s:%u, which is less specific "
                           "(%s)",
                           DT_SLICE_FMT(file), winner->line, reason(checker, winner, rule));
    if (finding)
        finding->other = by;
}

/* By another of the rules that match the witness and come before this one. */
static uint32_t find_other(struct reach *reach, uint32_t number, const struct dt_witness *witness)
{
    struct dt_checker *checker = reach->checker;
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    size_t count = 0;
    if (reach->lists++ >= LISTS_MAX)
        return DT_CHECK_NOBODY;
    enum dt_err err = dt_match_all(checker->snapshot, &witness->request, checker->scratch,
                                   CANDIDATES, reach->candidates, &count);
    if (err == DT_ERR_NOMEM || err == DT_ERR_DAMAGED)
        checker->err = err;
    for (size_t i = 0; !err && i < count && i < CANDIDATES; i++) {
        uint32_t by = checker->order[reach->candidates[i].rule];
        if (by == number || reach->place[by] > reach->place[number])
            break;
        if (dt_rule_covers(checker, dt_ruleset_rule(checker->set, by), rule, true) == DT_COVER_ALL)
            return by;
    }
    return DT_CHECK_NOBODY;
}

/* Somebody else answers: for all that the rule is for, or only for the plainest of it? */
static void look_at(struct reach *reach, uint32_t number, uint32_t by)
{
    struct dt_checker *checker = reach->checker;
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    const struct dt_rule *winner = dt_ruleset_rule(checker->set, by);
    struct dt_witness witness;
    if (reach->place[by] > reach->place[number] ||
        !dt_witness_make(checker->maker, number, 0, &witness))
        return;
    unsigned parts = dt_rule_covers(checker, winner, rule, true);
    uint32_t all = parts == DT_COVER_ALL ? by : find_other(reach, number, &witness);
    if (all != DT_CHECK_NOBODY) {
        tell(checker, DT_FIND_UNREACHABLE, number, all, witness.url);
        return;
    }
    const unsigned need = DT_COVER_PLACE | DT_COVER_ORIGIN;
    bool meant = winner->flags & DT_RULE_MAINTENANCE ||
                 (winner->conditions && winner->conditions != rule->conditions);
    if (!meant && (parts & need) == need &&
        !(dt_rule_covers(checker, rule, winner, false) & DT_COVER_PLACE))
        tell(checker, DT_FIND_SHADOWED, number, by, witness.url);
}

static void look_at_all(struct reach *reach)
{
    struct dt_checker *checker = reach->checker;
    for (uint32_t i = 0; i < checker->count; i++)
        reach->place[checker->order[i]] = i;
    for (uint32_t i = 0; i < checker->count && !checker->err; i++) {
        uint32_t by = checker->winner[i];
        if (by != DT_CHECK_NOBODY && by != i && !is_told(reach, dt_ruleset_rule(checker->set, i)))
            look_at(reach, i, by);
        dt_check_tick(checker);
    }
}

void dt_check_reach(struct dt_checker *checker)
{
    struct reach *reach = calloc(1, sizeof *reach);
    if (!reach) {
        checker->err = DT_ERR_NOMEM;
        return;
    }
    reach->checker = checker;
    reach->place = malloc(((size_t)checker->count + 1) * sizeof *reach->place);
    if (reach->place && find_told(reach))
        look_at_all(reach);
    else
        checker->err = DT_ERR_NOMEM;
    free(reach->place);
    free(reach->told);
    free(reach);
}
