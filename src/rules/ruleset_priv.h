/* SPDX-License-Identifier: MIT
 *
 * The inside of a rule set, for the reader that fills it and the compiler that reads it. All
 * strings of a rule live in the file's text or in the arena; both live as long as the set.
 */
#ifndef DT_RULES_RULESET_PRIV_H
#define DT_RULES_RULESET_PRIV_H

#include "base/arena.h"
#include "rules/intern.h"
#include <detour/ruleset.h>

#define DT_LIMIT_LINE (64u << 10)  /* bytes of a line */
#define DT_LIMIT_SOURCE (8u << 10) /* bytes of a source, as written and in normal form */
#define DT_LIMIT_TARGET (8u << 10) /* bytes of a target, as written and compiled */
#define DT_LIMIT_PARAMS 64u        /* query conditions of a rule */
#define DT_LIMIT_DEPTH 16u         /* of @include */
#define DT_LIMIT_FILES 10000u      /* of a set, so that includes cannot multiply without end */
#define DT_LIMIT_FIELD_NAMES 64u   /* header fields whose capitals are remembered */

/* Each line whose number is 1 more than a multiple of this has its offset noted. */
#define DT_LINE_MARK 256u

struct dt_rule_file {
    struct dt_slice name;
    struct dt_slice text; /* without its byte order mark */
    uint8_t format;       /* enum dt_format, as it was read */
    size_t *marks;        /* offsets of lines 1, 257, 513 and so on */
    size_t nmarks;
    size_t marks_cap;
};

/* Pages and zones that were read, each once; in the arena. */
struct dt_set_page {
    struct dt_slice name, text;
    const struct dt_set_page *next;
};

struct dt_set_zone {
    struct dt_zone zone;
    const struct dt_set_zone *next;
};

struct dt_condition_slot {
    uint32_t hash; /* of it, some bits: a set is not looked at in vain */
    uint32_t row;  /* 0: the slot is free */
};

struct dt_ruleset {
    struct dt_loader loader; /* load may be NULL */
    struct dt_arena arena;
    struct dt_intern strings; /* hosts */

    struct dt_rule *rules;
    size_t count;
    size_t cap;

    struct dt_action *actions;
    size_t action_count;
    size_t action_cap;
    uint32_t *action_slots; /* open addressing: index + 1, 0 is free */
    size_t action_mask;     /* slots - 1 */

    struct dt_conditions *conditions; /* row 0: none; no rows at all when no rule has any */
    size_t condition_count;
    size_t condition_cap;
    struct dt_condition_slot *condition_slots; /* open addressing */
    size_t condition_mask;
    struct dt_slice share_key; /* of @key, for percent= */
    uint32_t key_file;         /* where it was said */
    uint32_t key_line;
    struct dt_slice field_names[DT_LIMIT_FIELD_NAMES]; /* as first written */
    size_t field_name_count;
    const struct dt_set_page *pages;
    const struct dt_set_zone *zones;

    struct dt_rule_file *files;
    size_t file_count;
    size_t file_cap;

    struct dt_diag *diags;
    size_t diag_count;
    size_t diag_cap;
    size_t error_count;

    struct dt_expect *expects;
    size_t expect_count;
    size_t expect_cap;

    enum dt_order order; /* as @order says; UNSET when nothing was said */
    uint32_t order_file; /* where it was said */
    uint32_t order_line;
    const char *first_wanted; /* a format of which a file was read, and which wants order first */
    bool native;              /* a native rule was read: native_file, native_line is the first */
    bool order_reported;
    uint32_t native_file;
    uint32_t native_line;

    void (*tell)(void *ctx, uint32_t file, uint32_t line, size_t count); /* dt_ruleset_tell */
    void *tell_ctx;

    enum dt_err err; /* sticky: memory ran out */
    char scratch[3 * DT_LIMIT_SOURCE + 512];
};

/* The rules themselves, in file order; the compiler may sort an array of its own, not this one. */
static inline struct dt_rule *dt_ruleset_rules(struct dt_ruleset *set, size_t *ret_count)
{
    *ret_count = set->count;
    return set->rules;
}

/* Where in the files; col and span in bytes, col from 1. */
struct dt_place {
    uint32_t file;
    uint32_t line;
    uint32_t col;
    uint32_t span;
};

/* Adds a diagnostic, with the text of the place's line. name must be a literal. DT_ERR_NOMEM is
 * sticky in the set too. */
__attribute__((format(printf, 5, 6))) enum dt_err
dt_ruleset_diag_add(struct dt_ruleset *set, enum dt_severity severity, struct dt_place at,
                    const char *name, const char *format, ...);

/* Appends a copy of the rule. False when memory is out. */
bool dt_ruleset_add_rule(struct dt_ruleset *set, const struct dt_rule *rule);
bool dt_ruleset_add_expect(struct dt_ruleset *set, const struct dt_expect *expect);

/* The index of an action like this one; its strings must live as long as the set. False: no memory.
 */
bool dt_ruleset_intern_action(struct dt_ruleset *set, const struct dt_action *action,
                              uint32_t *ret_index);

/* The index of a set of conditions like this one (0 for an empty one); what it points to must live
 * as long as the set. False: no memory. */
bool dt_ruleset_intern_conditions(struct dt_ruleset *set, const struct dt_conditions *conditions,
                                  uint32_t *ret_index);

/* Makes room for one more element of `size` bytes in a growing array. False: memory is out, and the
 * array is as it was. */
bool dt_grow(void **array, size_t count, size_t *cap, size_t size);

#endif
