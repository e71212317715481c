/* SPDX-License-Identifier: MIT
 *
 * Targets: the template of the Location, checked and encoded once, here, so that nothing a rule's
 * author writes can be misread on the wire.
 */
#ifndef DT_RULES_TARGET_H
#define DT_RULES_TARGET_H

#include <detour/ruleset.h>

struct dt_reader;

enum dt_target_mode {
    DT_TARGET_NATIVE,  /* :name, :splat, $1, ${name}, {host} and its like, by reader->captures */
    DT_TARGET_NETLIFY, /* :name and :splat; braces and dollars stand for themselves */
    DT_TARGET_LITERAL, /* no captures at all, spaces are encoded */
    DT_TARGET_DOLLAR, /* $1 to $9 and "\\$" only (Apache); braces and colons stand for themselves */
};

/* A target word (not "-"); bits are the classes of its bytes behind "http://" or "https://" if it
 * begins so. reader->captures says what there is to be asked for; a capture may choose the host
 * only when rule->flags has DT_RULE_OPEN already. Sets rule->target. */
bool dt_target_parse(struct dt_reader *reader, struct dt_slice word, unsigned bits,
                     enum dt_target_mode mode, struct dt_rule *rule);

/* The same for a word whose classes are not known yet. Not for an empty word. */
bool dt_target_read(struct dt_reader *reader, struct dt_slice word, enum dt_target_mode mode,
                    struct dt_rule *rule);

#endif
