/* SPDX-License-Identifier: MIT
 *
 * The one handler that every protocol's requests reach: from a request to an answer by the rules.
 */
#ifndef DT_SERVER_HANDLER_H
#define DT_SERVER_HANDLER_H

#include "base/log.h"
#include "http/request.h"
#include "server/client.h"
#include "server/limited.h"

#include <detour/match.h>

#define DT_HANDLER_NOTE_MAX (128u << 10)
#define DT_HANDLER_AUTHORITY_MAX 256u
#define DT_HANDLER_URL_MAX (17u << 10)
#define DT_HANDLER_NORM_MAX (3 * (16u << 10) + 1) /* of a path or query in a 16 KiB head */

struct dt_handler {
    const struct dt_snapshot *snapshot; /* the caller's; swapped between requests */
    struct dt_client_trust trust;
    bool http10_fallback;
    bool no_note;
    int64_t now; /* seconds since 1970; the caller sets it once a turn */
    struct dt_log_limit damaged_log;
    struct dt_limited limited;                /* the caller empties it */
    char authority[DT_HANDLER_AUTHORITY_MAX]; /* the last one that was read; see read_host */
    size_t authority_len;                     /* 0: none yet */
    char host[4 * DT_HANDLER_AUTHORITY_MAX];  /* what it came to, normalised */
    size_t host_len;
    uint16_t port; /* 0: none was written */
    char path[DT_HANDLER_NORM_MAX];
    char query[DT_HANDLER_NORM_MAX];
    char url[DT_HANDLER_URL_MAX]; /* for a page */
    char country[2];
    char note[DT_HANDLER_NOTE_MAX];
    struct dt_match_scratch scratch;
};

/* Does the request have to say who sent it? */
static inline bool dt_handler_wants_peer(const struct dt_handler *handler)
{
    return (handler->snapshot->needs & (DT_NEED_ADDRESS | DT_NEED_COUNTRY)) != 0;
}

/* A dt_http_handler; ctx is a struct dt_handler. */
void dt_handler_answer(void *ctx, const struct dt_http_request *request,
                       struct dt_answer *ret_answer);

/* The answer to a request that a protocol could not read: a status of 4xx or 5xx with a sentence,
 * and the connection is to be closed. */
void dt_handler_refuse(struct dt_handler *handler, unsigned status, const char *reason,
                       struct dt_answer *ret_answer);

#endif
