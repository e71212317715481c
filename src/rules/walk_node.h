/* SPDX-License-Identifier: MIT
 *
 * One key of the table: the rules that stand under it, and those below it that wait for a query
 * parameter. Private to the walk.
 */
#ifndef DT_RULES_WALK_NODE_H
#define DT_RULES_WALK_NODE_H

#include "rules/walk.h"

/* The rules of one host pattern, and which of its paths are worth a probe. */
struct dt_walk_level {
    struct dt_slice host; /* the pattern's name */
    uint32_t host_id;
    uint32_t variants;
    uint32_t depths[2];
    uint8_t host_kind;
    bool stop; /* a hit here cannot be beaten by a later step of this level */
};

/* Where in the walk an entry is read. */
struct dt_walk_place {
    const struct dt_walk_level *level;
    struct dt_slice path;  /* the request's, in the form of the node */
    struct dt_slice query; /* likewise */
    size_t key_len;        /* of the prefix */
    uint32_t depth;
    uint8_t path_kind;
    const struct dt_wanted *pair;
};

/* Remembers that the snapshot cannot be trusted; always false. */
bool dt_walk_damaged(struct dt_walk *walk);

/* The next record that the probe comes upon; whether it has the key is for the caller to see. False
 * at the end, or when walk->err is set. */
bool dt_walk_next(struct dt_walk *walk, struct dt_probe *probe, struct dt_record *ret);

/* Takes what matches under one path in one form (enum dt_node_form). False when walk->err is set.
 */
bool dt_walk_node(struct dt_walk *walk, const struct dt_walk_place *place, unsigned forms);

#endif
