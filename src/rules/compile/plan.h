/* SPDX-License-Identifier: MIT
 *
 * What the compiler knows between measuring and writing. A plan is made in passes, a file each:
 * rank (order), hosts, nodes and pairs (what shares a key), strings (what targets share), then
 * layout, and at last the bytes. Rules are spoken of by rank: their number in order of precedence.
 */
#ifndef DT_RULES_PLAN_H
#define DT_RULES_PLAN_H

#include "base/arena.h"
#include "rules/ruleset_priv.h"
#include "rules/snapshot/layout.h"

#include <detour/ruleset.h>
#include <detour/snapshot.h>

#define DT_PLAN_NONE UINT32_MAX

/* An open-addressing index from hash to a row of some array; the rows hold the keys. */
struct dt_index_slot {
    uint32_t tag;
    uint32_t row; /* + 1; 0: empty */
};

struct dt_index {
    struct dt_index_slot *slots;
    uint64_t mask;
    uint64_t used;
};

/* A host name, and what has rules: exact, *.name, .name, and :a.name, :a.:b.name and so on. */
struct dt_plan_host {
    struct dt_slice name;
    struct dt_part parts[3];
    struct dt_plan_labels *labels; /* a list, by number of labels; NULL: none */
    uint64_t hash;
    uint32_t ref; /* record offset / 4 */
};

struct dt_plan_labels {
    struct dt_part part;
    struct dt_plan_labels *next;
    uint32_t count; /* of labels */
};

struct dt_plan_node {
    uint64_t hash;
    struct dt_slice path;
    uint32_t host_id;
    uint32_t ref;
    uint32_t first, last;   /* rules without query conditions, a list through plan->next */
    uint32_t pfirst, plast; /* rules with them */
    uint32_t count;         /* of the first list */
    uint32_t string;        /* row of strings that the path begins with, or DT_PLAN_NONE */
    uint8_t kind;
    uint8_t forms;
};

struct dt_plan_pair {
    uint64_t hash;
    struct dt_slice name, value;
    uint32_t node;
    uint32_t ref;
    uint32_t first, last;
    uint32_t uses; /* rules that have this parameter, whether or not they stand under it */
    uint32_t count;
    bool any_value;
};

/* A run of segments under a state; see layout.h. */
struct dt_plan_run {
    uint64_t hash;
    uint64_t owner; /* a state, or DT_PLAN_ROOT + a host id */
    struct dt_slice text;
    uint32_t ref;
    uint32_t state;             /* behind the name that follows; 0: none follows */
    uint32_t lengths;           /* of the runs under that state, as a mask */
    uint32_t first[2], last[2]; /* rules that end here; rules with a final star here. Of a shape:
                                   items, in the first */
    uint32_t count[2];
    uint8_t kind; /* DT_RECORD_RUN or DT_RECORD_SHAPE */
    uint8_t forms;
};
#define DT_PLAN_ROOT (UINT64_C(1) << 32)

/* A rule with an expression, by number: the order of ranks. */
struct dt_plan_item {
    uint32_t rank;
    uint32_t ref;
    uint32_t next; /* in its run's list */
    uint32_t star; /* of a glob: the number of the star's group */
    uint8_t kind;  /* enum dt_item_kind */
};

/* A beginning that targets or paths share. */
struct dt_plan_string {
    struct dt_slice text;
    uint64_t hash;
    uint32_t uses;
    uint32_t ref; /* DT_PLAN_NONE until it is used */
};

struct dt_plan {
    struct dt_ruleset *set;
    uint64_t seed, created;
    uint32_t count;
    bool monotone;

    uint32_t *rule_at;   /* rank -> rule; NULL when rank and rule number are the same */
    uint32_t *next;      /* rank -> next rank in its list */
    uint32_t *string_at; /* rank -> row of strings, or DT_PLAN_NONE */

    struct dt_plan_host *hosts;
    size_t host_count, host_room;
    struct dt_index host_index;
    uint32_t next_host_id;
    struct dt_part any;
    uint32_t suffix_labels;
    struct dt_arena arena; /* of hosts' labels and of runs' texts */

    struct dt_plan_run *runs;
    size_t run_count, run_room;
    struct dt_index run_index;
    uint32_t next_state;

    struct dt_plan_item *items;
    uint32_t item_count;
    struct dt_regex_item *expressions; /* of items, same order */
    void *pool;                        /* the section of expressions */
    size_t pool_len;

    uint32_t *shape_at; /* rule -> order of its path among those with stars and names; or NULL */
    uint32_t *condition_refs; /* by number of the set; offset / 4 */
    void *condition_section;
    uint32_t needs; /* enum dt_need */

    struct dt_plan_node *nodes;
    size_t node_count;
    struct dt_plan_pair *pairs;
    size_t pair_count, pair_room;

    struct dt_plan_string *strings;
    size_t string_count, string_room;

    uint32_t *action_refs;
    uint32_t *file_bases; /* file -> global line number before its line 1 */

    uint64_t bucket_count;
    uint64_t offsets[DT_SECTION_COUNT];
    uint64_t lens[DT_SECTION_COUNT];
    uint64_t size;
};

static inline const struct dt_rule *dt_plan_rule(const struct dt_plan *plan, uint32_t rank)
{
    return &plan->set->rules[plan->rule_at ? plan->rule_at[rank] : rank];
}

static inline uint8_t dt_plan_forms(const struct dt_rule *rule)
{
    unsigned forms = (rule->flags & DT_RULE_IGNORE_CASE) ? DT_FORM_NOCASE : 0;
    size_t len = rule->path.len; /* a star at the end takes in whatever there is */
    bool star =
        rule->path_kind == DT_PATH_PREFIX || (len && rule->path.ptr[len - 1] == DT_PATH_STAR);
    if (!star && (rule->flags & DT_RULE_IGNORE_SLASH))
        forms |= DT_FORM_NOSLASH;
    return (uint8_t)forms;
}

/* ---- plan_index.c ---- */
DT_MUST_USE enum dt_err dt_index_init(struct dt_index *index, size_t rows);
void dt_index_release(struct dt_index *index);
/* Doubles when more than half full. Rows keep their numbers. hash_of gives a row's hash. */
DT_MUST_USE enum dt_err dt_index_grow(struct dt_index *index,
                                      uint64_t (*hash_of)(const void *rows, uint32_t row),
                                      const void *rows);
static inline uint64_t dt_index_start(const struct dt_index *index, uint64_t hash)
{
    return hash & index->mask;
}

/* ---- passes, in order ---- */
DT_MUST_USE enum dt_err dt_plan_shapes(struct dt_plan *plan);
DT_MUST_USE enum dt_err dt_plan_rank(struct dt_plan *plan);
DT_MUST_USE enum dt_err dt_plan_nodes(struct dt_plan *plan); /* with hosts */
DT_MUST_USE enum dt_err dt_plan_runs(struct dt_plan *plan);
DT_MUST_USE enum dt_err dt_plan_regexes(struct dt_plan *plan);
DT_MUST_USE enum dt_err dt_plan_pairs(struct dt_plan *plan);
DT_MUST_USE enum dt_err dt_plan_strings(struct dt_plan *plan);
DT_MUST_USE enum dt_err dt_plan_duplicates(struct dt_plan *plan);
DT_MUST_USE enum dt_err dt_plan_layout(struct dt_plan *plan);

/* The host id of a rule, a new one when needed; notes in the host's masks what the rule needs. */
DT_MUST_USE enum dt_err dt_plan_host_id(struct dt_plan *plan, const struct dt_rule *rule,
                                        struct dt_part **ret_part);

/* Adds a rank (or an item's number) to what is found behind the path text, whose names are marks,
 * under a host's part. */
DT_MUST_USE enum dt_err dt_plan_run_add(struct dt_plan *plan, struct dt_part *part,
                                        const struct dt_plan_run *like, struct dt_slice path,
                                        uint32_t number);

/* Bytes of one rule in a node or a pair; skip is the parameter that the pair holds already. */
size_t dt_entry_len(const struct dt_plan *plan, uint32_t rank, const struct dt_plan_pair *pair);
unsigned char *dt_entry_put(const struct dt_plan *plan, uint32_t rank,
                            const struct dt_plan_pair *pair, unsigned char *pos);

/* One of a run's two lists of rules, with its length in front, so that it can be passed over. */
size_t dt_run_list_len(const struct dt_plan *plan, const struct dt_plan_run *run, unsigned list);
unsigned char *dt_run_list_put(const struct dt_plan *plan, const struct dt_plan_run *run,
                               unsigned list, unsigned char *pos);

/* A part of a host's record. */
size_t dt_part_len(const struct dt_part *part);
unsigned char *dt_part_put(const struct dt_part *part, unsigned char *pos);

/* A path or a target: the reference + 1 of the string that it begins with, or 0, then the rest. */
size_t dt_shared_len(const struct dt_plan *plan, uint32_t row, struct dt_slice text);
unsigned char *dt_shared_put(const struct dt_plan *plan, uint32_t row, struct dt_slice text,
                             unsigned char *pos);

/* Two rules with the same query conditions; they are sorted. */
static inline bool dt_rule_params_eq(const struct dt_rule *a, const struct dt_rule *b)
{
    if (a->nparams != b->nparams)
        return false;
    for (unsigned i = 0; i < a->nparams; i++)
        if (a->params[i].any_value != b->params[i].any_value ||
            !dt_slice_eq(a->params[i].name, b->params[i].name) ||
            !dt_slice_eq(a->params[i].value, b->params[i].value))
            return false;
    return true;
}

static inline uint64_t dt_rule_params_hash(const struct dt_rule *rule, uint64_t hash)
{
    for (unsigned i = 0; i < rule->nparams; i++) {
        const struct dt_param *param = &rule->params[i];
        hash = dt_hash64(param->name.ptr, param->name.len, hash * 31 + param->any_value);
        hash = dt_hash64(param->value.ptr, param->value.len, hash);
    }
    return hash;
}

/* The texts of an action, in the order in which they are written. */
#define DT_ACTION_TEXTS(action)                                                                    \
    {                                                                                              \
        (action)->names, (action)->cache, (action)->note_text, (action)->owner, (action)->fields,  \
            (action)->page                                                                         \
    }

/* True when the rule's parameter is the pair's. */
static inline bool dt_param_is(const struct dt_param *param, const struct dt_plan_pair *pair)
{
    return param->any_value == pair->any_value && dt_slice_eq(param->name, pair->name) &&
           dt_slice_eq(param->value, pair->value);
}

#endif
