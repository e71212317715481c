/* SPDX-License-Identifier: MIT
 *
 * The status and the options behind a target, and after @default.
 */
#ifndef DT_RULES_OPTION_H
#define DT_RULES_OPTION_H

#include <detour/ruleset.h>

struct dt_reader;
struct dt_cond_item;

/* Each word that may stand there, by number. */
enum dt_option {
    DT_OPTION_PRIORITY,
    DT_OPTION_CACHE,
    DT_OPTION_RETRY_AFTER,
    DT_OPTION_CASE,
    DT_OPTION_SLASH,
    DT_OPTION_PARAMS,
    DT_OPTION_QUERY,
    DT_OPTION_NOTE,
    DT_OPTION_OWNER,
    DT_OPTION_SET_HEADER,
    DT_OPTION_PAGE,
    DT_OPTION_OPEN,
    /* conditions */
    DT_OPTION_METHOD,
    DT_OPTION_HEADER,
    DT_OPTION_COOKIE,
    DT_OPTION_LANG,
    DT_OPTION_COUNTRY,
    DT_OPTION_IP,
    DT_OPTION_REFERER,
    DT_OPTION_UA,
    DT_OPTION_FROM,
    DT_OPTION_UNTIL,
    DT_OPTION_DAYS,
    DT_OPTION_HOURS,
    DT_OPTION_TZ,
    DT_OPTION_PERCENT,
    DT_OPTION_EXCEPT,
    DT_OPTION_COUNT,
    DT_OPTION_STATUS = DT_OPTION_COUNT, /* a number, or pass */
};

/* The bit of an option that was given. */
static inline uint64_t dt_option_bit(unsigned option, bool negated)
{
    return UINT64_C(1) << (option + (negated ? 32 : 0));
}

struct dt_options {
    struct dt_action action;
    struct dt_conditions conditions; /* in the set's arena */
    /* What the conditions were made of: as given, the newest first; from inherited on, by @default,
     * where a rule's own of the same name and negation come in their place. */
    const struct dt_cond_item *items;
    const struct dt_cond_item *inherited;
    int32_t priority;
    uint8_t flags; /* enum dt_rule_flag */
    uint64_t seen; /* dt_option_bit of each that was given in this text */
};

/* 307, the query passed, a note, no cache value. */
struct dt_options dt_options_standard(void);

/* Reads "308 cache=no # comment" on top of *options; all errors are told. */
bool dt_options_parse(struct dt_reader *reader, struct dt_slice text, struct dt_options *options);

/* Checks that the options fit each other and the target: a status that redirects has one, another
 * has none. target_word is the target as written; empty when there is none. */
bool dt_options_check(struct dt_reader *reader, const struct dt_options *options,
                      struct dt_slice target_word);

/* Does a text of options that is read on top of these say open=yes? For who must know before the
 * options are read; says nothing of errors. */
bool dt_options_open(struct dt_slice text, const struct dt_options *options);

/* True for a word that is an option or a status rather than a target. */
bool dt_options_word(struct dt_slice word);

/* True for a status that a rule can answer; not for pass. */
bool dt_options_status(unsigned status);
bool dt_options_redirects(unsigned status);
#define DT_STATUS_CHOICE "301, 302, 303, 307, 308, 404, 410, 451 and 503"

/* The end of the word at p in which a quoted value (name="...") may have blanks; *ret_closed is
 * false when a quote is left open. */
const char *dt_option_word_end(const char *p, const char *end, bool *ret_closed);

#endif
