/* SPDX-License-Identifier: MIT
 *
 * HTTP/1 on a connection: whatever a client sends, and however the network cuts it, the answers are
 * the same bytes, each answer is framed as it says, and a refused connection stays refused. The
 * first byte of the input chooses the cuts, the rest is what the client sends.
 */
#include "base/buf.h"
#include "server/http1_conn.h"

#include <detour/snapshot.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUTPUT (256u << 10)
#define MAX_INPUT 20000u

static const char RULES[] = "/a https://example.com/a\n"
                            "//www.example.ai/b/* /:splat 308 cache=1h\n"
                            "/gone - 410\n"
                            "/q?a=1 https://example.com/q 302 query=drop note=no\n";

static struct dt_snapshot snapshot;
static struct dt_handler handler;
static struct dt_http1_context context;
static char memory[OUTPUT];

static void must(bool fine)
{
    if (!fine)
        abort();
}

static void prepare(void)
{
    static const char name[] = "t.rules";
    struct dt_ruleset *set = dt_ruleset_new(NULL);
    struct dt_plan *plan;
    must(set &&
         dt_ruleset_read(set, dt_slice_str(name), dt_slice_str(RULES), DT_FORMAT_NATIVE) == DT_OK);
    must(dt_plan_new(set, 1, 0, &plan) == DT_OK);
    size_t len = dt_plan_size(plan);
    void *mem = aligned_alloc(64, (len + 63) / 64 * 64);
    must(mem != NULL);
    memset(mem, 0, len);
    must(dt_plan_write(plan, mem) == DT_OK && dt_snapshot_open(mem, len, &snapshot) == DT_OK);
    must(dt_snapshot_prepare(&snapshot) == DT_OK);
    dt_plan_free(plan);
    dt_ruleset_free(set);
    handler.snapshot = &snapshot;
    context.handler = &handler;
    dt_http_date_update(&context.date, 1795356000);
}

/* What the loop does with the pieces, without sockets and without time. step 0: all at once. */
static enum dt_net_verdict converse(const uint8_t *data, size_t size, unsigned step,
                                    struct dt_buf *answers)
{
    static char input[MAX_INPUT + 2];
    struct dt_net_conn conn = {.proto = &dt_http1_proto, .timer = DT_NET_TIMER_HEAD};
    enum dt_net_verdict verdict = DT_NET_MORE;
    size_t held = 0;
    for (size_t at = 0; at < size && verdict == DT_NET_MORE;) {
        size_t piece = step ? 1 + (at * 31 + step) % step : size;
        if (piece > size - at)
            piece = size - at;
        memcpy(input + held, data + at, piece);
        at += piece;
        struct dt_net_turn turn = {.input = dt_slice_of(input, held + piece), .seen = held};
        do {
            turn.out = dt_out_init(memory, OUTPUT);
            verdict = dt_http1_proto.input(&conn, &turn, &context);
            must(!turn.out.overflow);
            dt_buf_put(answers, dt_out_slice(&turn.out));
            turn.seen = 0;
            conn.timer = turn.timer;
        } while (verdict == DT_NET_FULL);
        held = turn.input.len;
        memmove(input, turn.input.ptr, held);
    }
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!handler.snapshot)
        prepare();
    if (size < 1 || size > MAX_INPUT)
        return 0;
    /* A line's end last, so that nothing is left half-read; and without expectations, which are
     * answered by whether the body is there already (RFC 9110 section 10.1.1). */
    static uint8_t bytes[MAX_INPUT + 2];
    memcpy(bytes, data + 1, size - 1);
    memcpy(bytes + size - 1, "\r\n", 2);
    if (memmem(bytes, size, "100-", 4))
        return 0;
    struct dt_buf whole, cut;
    dt_buf_init(&whole, 16u << 20);
    dt_buf_init(&cut, 16u << 20);
    enum dt_net_verdict one = converse(bytes, size + 1, 0, &whole);
    enum dt_net_verdict two = converse(bytes, size + 1, 1u + data[0] % 64, &cut);
    /* A close may come with or without a linger: that depends on what has arrived by then. */
    must((one == DT_NET_MORE) == (two == DT_NET_MORE));
    must(dt_slice_eq(dt_buf_slice(&whole), dt_buf_slice(&cut)));
    dt_buf_release(&whole);
    dt_buf_release(&cut);
    return 0;
}
