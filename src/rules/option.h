/* SPDX-License-Identifier: MIT
 *
 * The status and the options behind a target, and after @default.
 */
#ifndef DT_RULES_OPTION_H
#define DT_RULES_OPTION_H

#include <detour/ruleset.h>

struct dt_reader;

struct dt_options {
    struct dt_action action;
    struct dt_conditions conditions; /* in the set's arena */
    int32_t priority;
    uint8_t flags; /* enum dt_rule_flag */
    uint32_t seen; /* a bit for each option that was given in this text, private to option.c */
};

/* 307, the query passed, a note, no cache value. */
struct dt_options dt_options_standard(void);

/* Reads "308 cache=no # comment" on top of *options; all errors are told. */
bool dt_options_parse(struct dt_reader *reader, struct dt_slice text, struct dt_options *options);

/* Checks that the options fit each other and the target: a status that redirects has one, another
 * has none. target_word is the target as written; empty when there is none. */
bool dt_options_check(struct dt_reader *reader, const struct dt_options *options,
                      struct dt_slice target_word);

/* True for a status that a rule can answer. */
bool dt_options_status(unsigned status);
bool dt_options_redirects(unsigned status);
#define DT_STATUS_CHOICE "301, 302, 303, 307, 308, 404, 410, 451 and 503"

#endif
