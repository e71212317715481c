/* SPDX-License-Identifier: MIT
 * The parts of evaluating conditions: cond_eval.c, and cond_field.c for those on header fields. */
#ifndef DT_RULES_COND_ASK_H
#define DT_RULES_COND_ASK_H

#include "rules/cond/cond_block.h"

enum dt_answer { DT_ANSWER_NO, DT_ANSWER_YES, DT_ANSWER_UNKNOWN };

struct dt_ask {
    const struct dt_snapshot *snapshot;
    const struct dt_request *request;
    struct dt_cond_outcome *ret;
    struct dt_cursor block;         /* what is asked next; bad: damaged */
    uint32_t known;                 /* numbers of fields that were looked for before: */
    uint16_t first[DT_COND_FIELDS]; /* their first lines; the request's nfields: none */
};

/* The next text of the block. */
static inline struct dt_slice dt_ask_text(struct dt_ask *ask)
{
    return dt_cursor_bytes(&ask->block, dt_cursor_varint(&ask->block));
}

/* The value of a cookie, or of the first line of a field (its name in lower case); empty when there
 * is none. Notes the field as looked at. */
struct dt_slice dt_ask_value(struct dt_ask *ask, unsigned field, bool cookie, struct dt_slice name);

/* Each reads its condition off the block. */
enum dt_answer dt_ask_header(struct dt_ask *ask);
enum dt_answer dt_ask_cookie(struct dt_ask *ask);
enum dt_answer dt_ask_lang(struct dt_ask *ask);
enum dt_answer dt_ask_referer(struct dt_ask *ask);
enum dt_answer dt_ask_ua(struct dt_ask *ask);

/* Is a Referer what a referer= asks for? A host pattern, or one for URLs. */
bool dt_referer_is(struct dt_slice pattern, struct dt_slice value);

#endif
