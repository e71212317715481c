/* SPDX-License-Identifier: MIT
 * The parts of writing conditions. */
#ifndef DT_RULES_COND_WRITE_H
#define DT_RULES_COND_WRITE_H

#include "base/buf.h"
#include "rules/cond/cond_block.h"

/* Gives every condition on the language its rivals. DT_ERR_LIMIT: told as an error of the set. */
DT_MUST_USE enum dt_err dt_cond_rivals(struct dt_ruleset *set);

struct dt_cond_zone {
    const struct dt_zone *zone;
    uint32_t ref;
};

struct dt_cond_writer {
    struct dt_plan *plan;
    struct dt_buf out;
    size_t start;                          /* of the block that is being written */
    struct dt_slice names[DT_COND_FIELDS]; /* as they will stand in Vary */
    unsigned name_count;
    struct dt_cond_zone *zones;
    size_t zone_count, zone_room;
};

/* A block: its head is filled in at its end, which returns its reference. */
void dt_cond_begin(struct dt_cond_writer *w, size_t align);
uint32_t dt_cond_end(struct dt_cond_writer *w);

/* Numbers, as many low bytes as that. */
void dt_cond_put(struct dt_cond_writer *w, uint64_t value, size_t len);
void dt_cond_put_varint(struct dt_cond_writer *w, uint64_t value);

/* Writes the zone, once. False: no memory. */
bool dt_cond_zone_write(struct dt_cond_writer *w, const struct dt_zone *zone);
uint32_t dt_cond_zone_ref(const struct dt_cond_writer *w, const struct dt_zone *zone);

/* The name of the header field that a condition looks at; empty: none. */
struct dt_slice dt_cond_field_name(const struct dt_condition *condition);
unsigned dt_cond_field_number(const struct dt_cond_writer *w, const struct dt_condition *condition);

/* cond_encode.c: one set of conditions, within a block. */
void dt_cond_encode(struct dt_cond_writer *w, const struct dt_conditions *conditions);

#endif
