/* SPDX-License-Identifier: MIT
 *
 * Every request head in the input is answered into one output, in order, so that a pipeline of
 * sixteen costs one send. An answer never waits for a body: what is decided needs the head only.
 * Afterwards the body is skipped to find the next head, if it is short; else the connection is
 * closed, with a linger so that the answer is not lost on the way (RFC 9112 section 9.6).
 *
 * Everything that could make two readers disagree on where a message ends is refused by the parser
 * and closes the connection: what follows is not looked at.
 */
#include "server/http1_conn.h"

#include "http/http1_body.h"
#include "http/http1_parse.h"
#include "net/peer.h"

#include <string.h>

/* An answer that has this much room in the output need not be tried twice: the longest are longer,
 * but those are rare. */
#define ROOM_FOR_MOST (8u << 10)

/* What a connection keeps between calls: the body that is being skipped, in conn->data. */
_Static_assert(sizeof(struct dt_http1_body) <= sizeof(((struct dt_net_conn *)0)->data),
               "a body's state fits a connection");

static struct dt_http1_body load_body(const struct dt_net_conn *conn)
{
    struct dt_http1_body body;
    memcpy(&body, conn->data, sizeof body);
    return body;
}

static void store_body(struct dt_net_conn *conn, const struct dt_http1_body *body)
{
    memcpy(conn->data, body, sizeof *body);
}

/* Writes an answer whole, or nothing when it does not fit. */
static bool put_answer(struct dt_http1_context *context, struct dt_net_turn *turn,
                       const struct dt_answer *answer, bool keep_alive)
{
    const struct dt_http_request *request = &context->request;
    struct dt_out before = turn->out;
    dt_http1_write(&turn->out, answer, &context->date, request->head, keep_alive, request->version);
    if (!turn->out.overflow)
        return true;
    turn->out = before;
    return false;
}

/* Answers what cannot be read. The request may be half filled, so it is made up anew. */
static enum dt_net_verdict refuse(struct dt_http1_context *context, struct dt_net_turn *turn,
                                  unsigned status, const char *reason)
{
    struct dt_answer answer;
    if (status == 0)
        return DT_NET_CLOSE;
    if (dt_out_room(&turn->out) < ROOM_FOR_MOST)
        return DT_NET_FULL;
    context->request.head = false;
    context->request.version = 11;
    dt_handler_refuse(context->handler, status, reason, &answer);
    (void)put_answer(context, turn, &answer, false);
    return DT_NET_LINGER;
}

/* Skips what is there of a body. DT_NET_MORE with the body's timer: more is to come; with the idle
 * timer: it is over. */
static enum dt_net_verdict skip_body(struct dt_net_conn *conn, struct dt_net_turn *turn)
{
    struct dt_http1_body body = load_body(conn);
    size_t used = 0;
    enum dt_http1_body_result result = dt_http1_body_skip(&body, turn->input, &used);
    turn->input = dt_slice_from(turn->input, used);
    if (result == DT_HTTP1_BODY_BAD || body.total > DT_HTTP1_DRAIN_MAX)
        return DT_NET_LINGER; /* the answer went out with the head; nothing can be added to it */
    turn->timer = result == DT_HTTP1_BODY_DONE ? DT_NET_TIMER_IDLE : DT_NET_TIMER_BODY;
    if (result == DT_HTTP1_BODY_DONE)
        memset(&body, 0, sizeof body);
    store_body(conn, &body);
    return DT_NET_MORE;
}

/* Can the next head be found after this one's body? rest is what has come behind the head. */
static bool body_is_short(const struct dt_http_request *request, struct dt_slice rest)
{
    if (request->body == DT_HTTP_BODY_NONE)
        return true;
    bool here = request->body == DT_HTTP_BODY_LENGTH && request->content_length <= rest.len;
    /* RFC 9110 section 10.1.1: after a final answer the client may send the body or leave it out,
     * and nothing tells which: the connection has lost its step. HTTP/1.0 has no expectations. */
    if (request->expect_continue && request->version >= 11 && !here)
        return false;
    return request->body == DT_HTTP_BODY_CHUNKED || request->content_length <= DT_HTTP1_DRAIN_MAX;
}

/* Answers the request whose head is read. */
static enum dt_net_verdict answer_request(struct dt_net_conn *conn, struct dt_net_turn *turn,
                                          struct dt_http1_context *context, size_t head_len)
{
    struct dt_http_request *request = &context->request;
    struct dt_slice rest = dt_slice_from(turn->input, head_len);
    struct dt_answer answer;
    context->handler->now = context->date.now;
    request->peer = NULL;
    if (__builtin_expect(dt_handler_wants_peer(context->handler) && context->loop, 0))
        request->peer = dt_net_peer(context->loop, conn);
    dt_handler_answer(context->handler, request, &answer);

    /* A server that stops says so in its last answer; what is in the pipeline is answered first. */
    bool last = turn->last && rest.len == 0;
    bool keep = request->keep_alive && !answer.close && !last && body_is_short(request, rest);
    if (!put_answer(context, turn, &answer, keep)) {
        if (dt_out_len(&turn->out) > 0)
            return DT_NET_FULL;
        answer.body = DT_SLICE_NONE;
        if (!put_answer(context, turn, &answer, keep))
            return DT_NET_CLOSE; /* cannot be: a Location is far shorter than the output */
    }
    context->requests++;
    turn->input = rest;
    turn->restart = true;
    if (!keep) {
        bool body = request->body == DT_HTTP_BODY_CHUNKED || request->content_length > 0;
        return body || rest.len > 0 ? DT_NET_LINGER : DT_NET_CLOSE;
    }
    turn->timer = DT_NET_TIMER_IDLE;
    if (request->body != DT_HTTP_BODY_NONE) {
        struct dt_http1_body body;
        dt_http1_body_begin(&body, request);
        store_body(conn, &body);
        turn->timer = DT_NET_TIMER_BODY;
        return skip_body(conn, turn);
    }
    return DT_NET_MORE;
}

/* A head that was incomplete stays so until a line ends: no need to read it all again for each byte
 * of a client that dribbles. */
static bool still_partial(const struct dt_net_turn *turn)
{
    return turn->seen > 0 && turn->input.len < DT_HTTP1_MAX_HEAD &&
           !memchr(turn->input.ptr + turn->seen, '\n', turn->input.len - turn->seen);
}

static enum dt_net_verdict http1_input(struct dt_net_conn *conn, struct dt_net_turn *turn,
                                       void *ctx)
{
    struct dt_http1_context *context = ctx;
    turn->timer = conn->timer;
    if (conn->timer == DT_NET_TIMER_BODY) {
        enum dt_net_verdict verdict = skip_body(conn, turn);
        if (verdict != DT_NET_MORE || turn->timer == DT_NET_TIMER_BODY)
            return verdict;
    } else if (still_partial(turn)) {
        return DT_NET_MORE;
    }
    while (turn->input.len > 0) {
        if (dt_out_len(&turn->out) > 0 && dt_out_room(&turn->out) < ROOM_FOR_MOST)
            return DT_NET_FULL;
        size_t used = 0;
        struct dt_http1_error error;
        enum dt_http1_result result = dt_http1_parse(turn->input, &context->request, &used, &error);
        if (result == DT_HTTP1_BAD)
            return refuse(context, turn, error.status, error.reason);
        if (result == DT_HTTP1_MORE) {
            turn->timer = DT_NET_TIMER_HEAD;
            return DT_NET_MORE;
        }
        enum dt_net_verdict verdict = answer_request(conn, turn, context, used);
        if (verdict != DT_NET_MORE || turn->timer == DT_NET_TIMER_BODY)
            return verdict;
    }
    return DT_NET_MORE;
}

/* RFC 9110 section 15.5.9: the server "did not receive a complete request message within the time
 * that it was prepared to wait". */
static void http1_late(struct dt_net_conn *conn, struct dt_out *out, void *ctx)
{
    (void)conn;
    struct dt_net_turn turn = {.out = *out};
    (void)refuse(ctx, &turn, 408, "The request head took too long to arrive.");
    *out = turn.out;
}

const struct dt_net_proto dt_http1_proto = {
    .name = "http/1.1",
    .input = http1_input,
    .late = http1_late,
};
