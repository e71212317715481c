/* SPDX-License-Identifier: MIT
 *
 * One match with PCRE2, within a bound that holds whatever the expression and the subject are:
 * about two milliseconds at worst.
 */
#ifndef DT_RULES_REGEX_MATCH_H
#define DT_RULES_REGEX_MATCH_H

#include "rules/regex/regex_pcre.h"
#include "rules/regex/regex_pool.h"

/* An expression compiled; all zero until it is needed. */
struct dt_regex_code {
    pcre2_code *quick;
    pcre2_code *careful; /* it counts its steps */
    uint16_t groups;     /* with group 0 */
    bool one_place;      /* a match can begin at one place only */
    bool compiled;       /* by the JIT, too */
};

struct dt_matcher;

struct dt_matcher *dt_matcher_new(void); /* NULL when memory is out */
void dt_matcher_free(struct dt_matcher *matcher);

bool dt_regex_code_init(struct dt_regex_code *code, struct dt_slice text, bool nocase);
void dt_regex_code_release(struct dt_regex_code *code);

/* DT_REGEX_LIMIT: it has to be asked again, carefully, with the expression that code is made of. */
enum dt_regex_result dt_matcher_quick(struct dt_matcher *matcher, const struct dt_regex_code *code,
                                      struct dt_slice subject);
enum dt_regex_result dt_matcher_careful(struct dt_matcher *matcher, struct dt_regex_code *code,
                                        struct dt_slice text, bool nocase, struct dt_slice subject);

/* Of the last match: as for dt_regex_pool_match, 2 * code->groups offsets. */
const size_t *dt_matcher_groups(const struct dt_matcher *matcher);

#endif
