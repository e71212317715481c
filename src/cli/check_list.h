/* SPDX-License-Identifier: MIT
 *
 * Everything a check has to say, in one list: what readers and compiler said, and the findings.
 */
#ifndef DT_CLI_CHECK_LIST_H
#define DT_CLI_CHECK_LIST_H

#include "cli/load.h"

#include <detour/check.h>

struct dt_check_item {
    const struct dt_diag *diag;       /* of a reader or of the compiler; else NULL */
    const struct dt_finding *finding; /* else NULL */
    const char *name;                 /* stable */
    uint8_t severity;                 /* enum dt_finding_severity */
    bool silenced;                    /* by a comment; the reason is never empty then */
    uint32_t file, line;
    struct dt_slice reason;
};

struct dt_check_list {
    struct dt_check_item *items; /* by file and line */
    size_t count;
    size_t counts[3]; /* by severity, without those that are silenced */
    size_t silenced;
};

/* result may be NULL: there are no findings. What ignore names is left out, but for errors of
 * readers. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_check_list_make(const struct dt_load *load,
                                           const struct dt_check_result *result,
                                           const struct dt_texts *ignore,
                                           struct dt_check_list *ret);
void dt_check_list_release(struct dt_check_list *list);

/* True for a name that a finding or a warning about a rule may have. */
bool dt_check_is_name(const char *name);
/* The nearest of these; NULL: none is near. */
const char *dt_check_near_name(const char *name);

/* "error", "warning", "note". */
const char *dt_check_severity_word(uint8_t severity);

/* What is meant in the line, 1-based byte and bytes: of a finding about the whole rule, its first
 * word. */
void dt_check_item_place(const struct dt_check_item *item, struct dt_slice line, uint32_t *ret_col,
                         uint32_t *ret_span);

#endif
