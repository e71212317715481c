/* SPDX-License-Identifier: MIT
 *
 * What `detour explain` says about one request, as text or as JSON.
 */
#ifndef DT_CLI_EXPLAIN_REPORT_H
#define DT_CLI_EXPLAIN_REPORT_H

#include "cli/ask.h"
#include "cli/json.h"
#include "cli/load.h"

#define DT_EXPLAIN_MAX 32    /* candidates shown */
#define DT_EXPLAIN_MISSED 16 /* rules that do not apply, shown */

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
    struct dt_built built;                  /* the Location, piece by piece */
    size_t nmissed;
    struct dt_missed missed[DT_EXPLAIN_MISSED];
    struct dt_place missed_places[DT_EXPLAIN_MISSED];
};

/* ---- explain_pieces.c: what was captured, and how the Location was put together ---- */

/* The name of a capture in the winner's target: ":id", "$1", "{host}". With a snapshot alone, where
 * names are not known: "capture 1". */
void dt_explain_capture(const struct dt_explain *explain, unsigned number, struct dt_buf *out);
void dt_explain_pieces_text(const struct dt_explain *explain, const struct dt_render *render);
json_t *dt_explain_captures_json(const struct dt_explain *explain);
json_t *dt_explain_pieces_json(const struct dt_explain *explain);

/* ---- explain_missed.c: rules for this path that do not apply ---- */

void dt_explain_missed_text(const struct dt_explain *explain, const struct dt_render *render);
json_t *dt_explain_missed_json(const struct dt_explain *explain);

/* ---- explain_report.c ---- */

void dt_explain_place(FILE *out, const struct dt_place *place);

void dt_explain_text(const struct dt_explain *explain, const struct dt_render *render);
int dt_explain_json(const struct dt_explain *explain, const struct dt_command *command, int code);

#endif
