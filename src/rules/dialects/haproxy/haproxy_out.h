/* SPDX-License-Identifier: MIT
 *
 * The writing of HAProxy's lines, for the files that share the work.
 */
#ifndef DT_RULES_HAPROXY_OUT_H
#define DT_RULES_HAPROXY_OUT_H

#include "rules/dialects/haproxy/haproxy_form.h"
#include "rules/write/write.h"

#define DT_HAPROXY_WORD (64u << 10) /* bytes of a word; HAProxy's own limit is below it */

/* What the lines ask for, and the lines above them have to set. */
enum dt_haproxy_use {
    DT_HAPROXY_USES_HOST = 1,
    DT_HAPROXY_USES_PATH = 2,
    DT_HAPROXY_USES_QUERY = 4,
    DT_HAPROXY_USES_TAIL = 8,
    DT_HAPROXY_USES_KEY = 16,
    DT_HAPROXY_USES_SCHEME = 32,
    DT_HAPROXY_USES_PORT = 64,
    DT_HAPROXY_USES_URL = 128,
};

struct dt_haproxy_out {
    struct dt_write *write;
    struct dt_buf body; /* the lines of the rules */
    unsigned uses;      /* enum dt_haproxy_use */
};

/* ---- haproxy_words_out.c ---- */

/* Appends a word, in quotes where it needs them. */
void dt_haproxy_put_word(struct dt_buf *out, struct dt_slice word);
/* Appends text as log-format has it: each "%" twice. */
void dt_haproxy_put_format(struct dt_buf *out, struct dt_slice text);
/* Appends regsub("regex","with",flags) as it stands within a word. */
void dt_haproxy_put_regsub(struct dt_buf *out, struct dt_slice regex, const char *with,
                           const char *flags);
/* What a buffer has, in the writer's arena; the buffer is released. Empty after an error. */
struct dt_slice dt_haproxy_kept(struct dt_haproxy_out *out, struct dt_buf *buf);

/* ---- haproxy_prologue.c ---- */

/* The lines that set what is used. */
void dt_haproxy_prologue(const struct dt_haproxy_out *out, struct dt_buf *to);

/* ---- haproxy_conditions_out.c ---- */

/* Appends " { test }" for all that must hold besides what is in a map's key. */
void dt_haproxy_put_conditions(struct dt_haproxy_out *out, const struct dt_rule *rule,
                               struct dt_buf *to);
/* For the source: scheme, host, port, path, query. */
void dt_haproxy_put_source(struct dt_haproxy_out *out, const struct dt_rule *rule,
                           struct dt_buf *to);
/* For a capture that chooses the host. */
void dt_haproxy_put_test(struct dt_buf *to, bool negated, struct dt_slice expression,
                         const char *how, struct dt_slice pattern);

/* ---- haproxy_location_out.c ---- */

/* The Location as log-format. *ret_guard: it may begin with two slashes, which must be undone. */
struct dt_slice dt_haproxy_location(struct dt_haproxy_out *out, const struct dt_rule *rule,
                                    bool *ret_guard);
/* What becomes of the request's query behind a target, as log-format; empty: nothing. */
struct dt_slice dt_haproxy_tail(struct dt_haproxy_out *out, const struct dt_rule *rule);
/* Says what of a target cannot be said. */
void dt_haproxy_check_target(struct dt_haproxy_out *out, const struct dt_rule *rule);
/* Appends tests that captures which choose the host are names of hosts. */
void dt_haproxy_put_open(struct dt_haproxy_out *out, const struct dt_rule *rule, struct dt_buf *to);

/* ---- haproxy_order.c ---- */

/* Where a rule may stand: behind the block `after`, or in the block `within` or one behind it. */
struct dt_haproxy_slot {
    uint32_t after, within;
};

struct dt_haproxy_order;

/* The rules that will be asked about, so that only what they may meet is noted. NULL: no memory. */
struct dt_haproxy_order *dt_haproxy_order_new(const struct dt_ruleset *set, const uint32_t *rules,
                                              uint32_t count);
void dt_haproxy_order_free(struct dt_haproxy_order *order);
/* longest: it would stand in a map that finds the longest key. */
struct dt_haproxy_slot dt_haproxy_order_slot(const struct dt_haproxy_order *order,
                                             const struct dt_rule *rule, bool longest);
/* Notes that the rule stands in this block (from 1 on). False: no memory. */
bool dt_haproxy_order_note(struct dt_haproxy_order *order, const struct dt_rule *rule, bool longest,
                           uint32_t block);

/* ---- haproxy_map_out.c ---- */

#define DT_HAPROXY_SMALL 4u /* a map of fewer rules is written as lines */

/* How a map is asked. */
struct dt_haproxy_group {
    struct dt_slice tail; /* of the Location */
    uint32_t action;
    bool longest;  /* keys are folders: map_beg */
    bool below;    /* what is below the folder goes behind the target */
    bool any_host; /* keys have no host */
    bool query;    /* keys have the query */
    bool nocase, noslash, hash, guard;
};

/* False when the rule is for no map. */
bool dt_haproxy_group_of(struct dt_haproxy_out *out, const struct dt_rule *rule,
                         struct dt_haproxy_group *ret);
/* Appends the rule's lines in the map. */
void dt_haproxy_put_entry(struct dt_haproxy_out *out, const struct dt_haproxy_group *group,
                          const struct dt_rule *rule, struct dt_slice lead, struct dt_buf *map);
/* Appends the lines that ask the map of this name. */
void dt_haproxy_put_map(struct dt_haproxy_out *out, const struct dt_haproxy_group *group,
                        struct dt_slice name, uint32_t rules);
bool dt_haproxy_group_same(const struct dt_haproxy_group *a, const struct dt_haproxy_group *b);

/* ---- haproxy_write.c ---- */

/* Appends "http-request ..." up to its conditions; location is log-format, empty for none. */
void dt_haproxy_put_answer(struct dt_haproxy_out *out, const struct dt_action *action,
                           struct dt_slice location, struct dt_buf *to);

#endif
