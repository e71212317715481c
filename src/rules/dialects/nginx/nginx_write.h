/* SPDX-License-Identifier: MIT
 *
 * A rule set as nginx's configuration, for the files that share the work.
 *
 * What a request gets is the value of one variable, $redirect: "301:/new". It comes from maps,
 * which nginx looks up by hashing: one map for strings, one for expressions, for each host; a map's
 * default is the next one. A few `if` lines in the server turn the value into an answer.
 */
#ifndef DT_RULES_NGINX_WRITE_H
#define DT_RULES_NGINX_WRITE_H

#include "rules/dialects/nginx/nginx_helper.h"
#include "rules/write/write.h"

#define DT_NGINX_TOKEN_MAX 3900u /* nginx reads no longer word */
#define DT_NGINX_GATES 24u       /* of one rule */

/* How rows of one map are looked up. */
enum dt_nginx_lane {
    DT_NGINX_LANE_LOWER,  /* strings without a capital */
    DT_NGINX_LANE_MIXED,  /* strings with one: another map looks at the case */
    DT_NGINX_LANE_NOCASE, /* strings in any case */
    DT_NGINX_LANE_REGEX,
};

/* A map of our own: "map $request_method $detour_when_1 { ... }". */
struct dt_nginx_gate {
    struct dt_slice text; /* what stands behind the name, from " {" on */
    struct dt_slice head; /* what stands before it: "map $scheme" */
    uint64_t hash;
};

struct dt_nginx_entry {
    const struct dt_rule *rule;
    struct dt_slice value;
    struct dt_slice lead;    /* comments */
    struct dt_slice keys[6]; /* strings, or one expression */
    uint8_t key_count;
    uint8_t lane;
    bool bare, only;
    struct dt_slice gates; /* "${detour_when_1}"...: in front of what is looked up */
    uint8_t gate_count;
};

/* What fields an answer has besides its Location. */
struct dt_nginx_class {
    struct dt_slice cache, fields;
    uint32_t retry_after;
};

struct dt_nginx_writing {
    struct dt_write *write;
    struct dt_nginx_entry *entries; /* best first */
    size_t count;
    struct dt_nginx_gate *gates;
    size_t gate_count, gate_cap;
    struct dt_nginx_gate *queries; /* maps that leave parameters out */
    size_t query_count, query_cap;
    struct dt_nginx_class *classes;
    size_t class_count, class_cap;
    uint32_t *answers; /* pairs of status and class + 1 that are in use */
    size_t answer_count, answer_cap;
    unsigned helpers; /* a bit for each that is spoken of */
    bool dollar;      /* a target has one */
    bool guard;       /* a target may come to begin with "//" */
    size_t longest;   /* of the strings */
    size_t most;      /* of one map */
    size_t tables;    /* maps in all */
};

/* Fills an entry with what a rule says; the rule was begun. False: memory is out. */
bool dt_nginx_write_rule(struct dt_nginx_writing *writing, const struct dt_rule *rule,
                         struct dt_nginx_entry *ret);

/* The conditions of a rule, each as a variable that is "1" when it holds. */
bool dt_nginx_write_gates(struct dt_nginx_writing *writing, const struct dt_rule *rule, bool params,
                          struct dt_nginx_entry *ret);
/* The number of the gate that asks for a query parameter and captures it. */
size_t dt_nginx_query_gate(struct dt_nginx_writing *writing, struct dt_slice name, bool nocase);

/* The number of a map like this one, added when it is new. */
size_t dt_nginx_gate_intern(struct dt_nginx_writing *writing, struct dt_nginx_gate **list,
                            size_t *count, size_t *cap, struct dt_slice head, struct dt_buf *text);

/* All maps of rules. False: memory is out. */
bool dt_nginx_write_maps(struct dt_nginx_writing *writing, struct dt_buf *out);

/* A text in the quotes of nginx. */
void dt_nginx_put_quoted(struct dt_buf *out, struct dt_slice text);

/* The bytes of a buffer, in the writer's arena; clears it. */
struct dt_slice dt_nginx_take(struct dt_nginx_writing *writing, struct dt_buf *buf);

#endif
