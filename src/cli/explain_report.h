/* SPDX-License-Identifier: MIT
 *
 * What `detour explain` says about one request, as text or as JSON.
 */
#ifndef DT_CLI_EXPLAIN_REPORT_H
#define DT_CLI_EXPLAIN_REPORT_H

#include "cli/ask.h"
#include "cli/load.h"

#define DT_EXPLAIN_MAX 32 /* candidates shown */

/* All that is known; made by cmd_explain.c. */
struct dt_explain {
    const struct dt_load *load;
    const struct dt_ask *ask;
    struct dt_slice url; /* as given */
    bool at_given;       /* the time */
    struct dt_reply reply;
    struct dt_url next; /* where a client goes; href empty: nowhere */
    size_t ncandidates;
    struct dt_candidate candidates[DT_EXPLAIN_MAX];
    struct dt_place places[DT_EXPLAIN_MAX]; /* of the candidates */
};

void dt_explain_text(const struct dt_explain *explain, const struct dt_render *render);
int dt_explain_json(const struct dt_explain *explain, const struct dt_command *command, int code);

#endif
