/* SPDX-License-Identifier: MIT
 *
 * Rules that can be asked: from the paths on a command line to a snapshot in memory, whether they
 * were text or a snapshot already.
 */
#ifndef DT_CLI_LOAD_H
#define DT_CLI_LOAD_H

#include "base/buf.h"
#include "cli/cmdline.h"
#include "cli/render.h"
#include "server/rulefiles.h"

struct dt_load {
    struct dt_rulefiles files;   /* files.set is NULL when the path was a snapshot */
    struct dt_buf problems;      /* lines "PATH: reason" */
    struct dt_snapshot snapshot; /* after dt_load_compile */
    void *memory;                /* of the snapshot made here; else NULL */
    size_t size;
    enum dt_err err; /* what dt_rulefiles_load said */
    uint32_t format; /* as asked for */
};

/* Reads the operands of a call from number `first` on. err as dt_rulefiles_load; *ret is always set
 * and to be given to dt_load_release. */
enum dt_err dt_load_read(const struct dt_call *call, size_t first, uint32_t format,
                         struct dt_load *ret);

/* Fills load->snapshot, ready to be asked; adds the compiler's warnings to the set. */
DT_MUST_USE enum dt_err dt_load_compile(struct dt_load *load);

void dt_load_release(struct dt_load *load);

/* A random seed for a snapshot's hash. */
uint64_t dt_load_seed(void);

/* How many error diagnostics and problem lines there are. */
size_t dt_load_errors(const struct dt_load *load);
size_t dt_load_warnings(const struct dt_load *load);

/* Prints the problem lines to stderr, "detour COMMAND: " before each. */
void dt_load_complain(const struct dt_load *load, const struct dt_command *command);

/* The diagnostics in order of file and line, for free(); NULL without memory. */
const struct dt_diag **dt_load_sorted_diags(const struct dt_load *load, size_t *ret_count);

/* Prints all diagnostics. */
void dt_load_render(const struct dt_load *load, const struct dt_render *render);

/* Where a rule stands, by its number in a decision; text is empty when only a snapshot is known. */
struct dt_place {
    struct dt_slice file;
    struct dt_slice text;
    uint32_t line;
};
DT_MUST_USE enum dt_err dt_load_place(const struct dt_load *load, uint32_t rule,
                                      struct dt_place *ret);

/* The rule that stands there, of several on one line the first; NULL when only a snapshot is known.
 */
const struct dt_rule *dt_load_rule(const struct dt_load *load, const struct dt_place *place);

#endif
