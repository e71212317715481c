/* SPDX-License-Identifier: MIT
 *
 * A witness while it is made: its URL here, what conditions ask for in witness_cond.c.
 */
#ifndef DT_RULES_WITNESS_PRIV_H
#define DT_RULES_WITNESS_PRIV_H

#include "base/out.h"
#include "rules/witness/witness.h"

#define DT_WITNESS_FIELDS 96u
#define DT_WITNESS_MEM (256u << 10)

struct dt_witness_maker {
    const struct dt_ruleset *set;
    int64_t now;
    struct dt_slice share_key;
    struct dt_field fields[DT_WITNESS_FIELDS];
    unsigned nfields;
    struct dt_out out; /* texts of this witness, in mem */
    char mem[DT_WITNESS_MEM];
};

/* Fills method, fields, address, country and time of a request whose path is known. False: no
 * request can fulfil them, or none was found. */
bool dt_witness_conditions(struct dt_witness_maker *maker, const struct dt_conditions *conditions,
                           struct dt_request *request);

#endif
