/* SPDX-License-Identifier: MIT
 *
 * The names by which a target may ask for what its source captured, in the order in which
 * struct dt_rule_more counts. A source fills it, the target of the same line reads it.
 */
#ifndef DT_RULES_CAPTURES_H
#define DT_RULES_CAPTURES_H

#include <detour/location.h>

struct dt_reader;
struct dt_rule;

#define DT_LIMIT_NAMES 32u /* of a rule */

struct dt_capture_name {
    struct dt_slice name; /* "id" of ":id"; "splat" of "*" */
    uint8_t number;
    uint8_t from; /* enum dt_capture_from */
};

struct dt_capture_names {
    struct dt_capture_name list[DT_CAPTURES_MAX];
    uint8_t count;  /* of list */
    uint8_t labels; /* how many of them, from the first, are labels of the host */
    uint8_t groups; /* of a regex, without group 0 */
    bool regex;     /* $1 and ${name} are good; the names of groups are in the expression */
    bool broken;    /* the source has errors: what a target asks for may well be meant */
    struct dt_slice expression;
    struct dt_slice written; /* the same as it stands in the file */
};

static inline const struct dt_capture_name *dt_capture_find(const struct dt_capture_names *names,
                                                            struct dt_slice name)
{
    for (unsigned i = 0; i < names->count; i++)
        if (dt_slice_eq(names->list[i].name, name))
            return &names->list[i];
    return NULL;
}

/* Forgets the last line's. They are broken until a source was read to its end. */
static inline void dt_captures_begin(struct dt_capture_names *names)
{
    names->count = names->labels = names->groups = 0;
    names->regex = false;
    names->broken = true;
}

/* How many bytes at the start of s spell a name, after its ":": a letter or "_", then word
 * characters; 0 when it is none. */
size_t dt_capture_name_length(struct dt_slice s);

/* Adds a name that the source gives; at is where an error points to. False, with an error, for one
 * that is there already, for "splat", and for one too many. */
bool dt_capture_add(struct dt_reader *reader, struct dt_slice at,
                    const struct dt_capture_name *add);

/* Gives the rule what dt_rule_more tells beyond `star`: labels, names and query parameters. */
bool dt_capture_more(struct dt_reader *reader, struct dt_rule *rule, unsigned names, bool star);

#endif
