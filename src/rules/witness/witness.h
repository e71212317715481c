/* SPDX-License-Identifier: MIT
 *
 * Witnesses: requests that a rule is for, made from the rule alone. The checker follows them, diff
 * asks both sides for them. What is open in a source is filled with words that hardly any other
 * rule has, so that what answers a witness answers the rule at large.
 */
#ifndef DT_RULES_WITNESS_H
#define DT_RULES_WITNESS_H

#include <detour/err.h>
#include <detour/match.h>
#include <detour/ruleset.h>

/* A request that a rule matches, whoever wins it. Slices live until the maker's next witness. */
struct dt_witness {
    struct dt_slice url;       /* absolute, as a client has it: "http://www.example.com/a?x=1" */
    struct dt_request request; /* the same in normal form, with fields, address, country and time */
};

struct dt_witness_maker;

/* now: for rules without a time of their own. NULL: no memory. The set must outlive it. */
struct dt_witness_maker *dt_witness_new(const struct dt_ruleset *set, int64_t now);
void dt_witness_free(struct dt_witness_maker *maker); /* accepts NULL */

/* The rule's witness number `variant`. 0 is the plainest: http, names and stars filled with a word;
 * 1, 2 and on: what the star takes is empty, longer, the other scheme. False when there is no such
 * variant; for variant 0 that is: no request could be found (an expression that is not understood,
 * conditions that exclude each other). Fields of the request that conditions do not ask for are
 * absent. */
bool dt_witness_make(struct dt_witness_maker *maker, uint32_t rule, unsigned variant,
                     struct dt_witness *ret);

/* A text that the expression matches, verified; nocase as in rules. False: none was found. */
bool dt_regex_example(struct dt_slice expression, bool nocase, char *mem, size_t cap,
                      struct dt_slice *ret);

#endif
