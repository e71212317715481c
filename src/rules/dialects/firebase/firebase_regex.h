/* SPDX-License-Identifier: MIT
 *
 * A glob as a regular expression; see firebase_glob.h, which calls it for what nothing simpler can
 * say.
 */
#ifndef DT_RULES_FIREBASE_REGEX_H
#define DT_RULES_FIREBASE_REGEX_H

#include <detour/ruleset.h>

struct dt_reader;

bool dt_firebase_regex(struct dt_reader *reader, struct dt_slice at, struct dt_slice glob,
                       struct dt_rule *rule);

#endif
