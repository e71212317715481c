/* SPDX-License-Identifier: MIT
 *
 * What a compile may cost, and what it was at when that was spent.
 */
#ifndef DT_SERVER_BUDGET_H
#define DT_SERVER_BUDGET_H

#include <detour/err.h>
#include <detour/ruleset.h>
#include <stdint.h>

#define DT_BUDGET_SPENT 3 /* the exit status of a process whose time is over */

struct dt_budget_note; /* shared by the two processes; private */

struct dt_budget {
    uint64_t memory;  /* bytes of address space */
    unsigned seconds; /* of CPU */
    struct dt_budget_note *note;
    const struct dt_ruleset *set; /* of dt_budget_watch */
};

/* In the parent, before it forks. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_budget_init(struct dt_budget *budget, uint64_t memory, unsigned seconds);
void dt_budget_release(struct dt_budget *budget); /* accepts all zero */

/* In the child: from here on it has so much. */
void dt_budget_begin(const struct dt_budget *budget);

/* In the child: what is compiled next is noted. The budget must outlive the compile. */
void dt_budget_watch(struct dt_budget *budget, struct dt_ruleset *set);

/* In the child, when memory is out: logs it. */
void dt_budget_no_memory(const struct dt_budget *budget);

/* In the parent, when the child has ended with a status of waitpid: logs it when that was not of
 * its own will. */
void dt_budget_ended(const struct dt_budget *budget, int status);

#endif
