/* SPDX-License-Identifier: MIT
 *
 * Firebase's destinations, and redirects whose source is a regular expression.
 */
#ifndef DT_RULES_FIREBASE_TARGET_H
#define DT_RULES_FIREBASE_TARGET_H

#include <detour/ruleset.h>

struct dt_reader;

/* The destination of a rule whose source was just read; at is how it is written in the file. */
bool dt_firebase_target(struct dt_reader *reader, struct dt_slice at, struct dt_slice text,
                        struct dt_rule *rule);

/* A regex and its destination, each as it is written and what that means. */
struct dt_firebase_regex_rule {
    struct dt_slice regex_at, regex;
    struct dt_slice target_at, target;
};

/* Adds what the redirect becomes: one rule, or two. rule says all but path and target. */
void dt_firebase_regex_rule(struct dt_reader *reader, const struct dt_firebase_regex_rule *in,
                            struct dt_rule *rule);

#endif
