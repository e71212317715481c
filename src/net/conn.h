/* SPDX-License-Identifier: MIT
 *
 * One connection: a 64-byte line in a table indexed by descriptor. An idle connection costs this
 * line and nothing else in user memory.
 */
#ifndef DT_NET_CONN_H
#define DT_NET_CONN_H

#include "base/out.h"

#include <detour/slice.h>
#include <stdint.h>

/* What a protocol says after it looked at the input. */
enum dt_net_verdict {
    DT_NET_MORE,   /* all that can be answered is; unread input is kept until more comes */
    DT_NET_FULL,   /* the output has too little room for another answer: send, then call again */
    DT_NET_CLOSE,  /* send the output, then close */
    DT_NET_LINGER, /* send the output, then discard what comes for a while, then close */
};

/* What a connection waits for; each has its time limit. */
enum dt_net_timer {
    DT_NET_TIMER_IDLE,   /* the next request */
    DT_NET_TIMER_HEAD,   /* the rest of a request head, counted from its first byte */
    DT_NET_TIMER_BODY,   /* the rest of a request body */
    DT_NET_TIMER_WRITE,  /* the client's taking of an answer */
    DT_NET_TIMER_LINGER, /* the client's closing */
};
#define DT_NET_TIMERS 5

/* One call of a protocol's input function. */
struct dt_net_turn {
    struct dt_slice input; /* unread bytes; the protocol moves its beginning past what it read */
    size_t seen;           /* of these, how many it saw in its last call and left */
    struct dt_out out;     /* it writes its answers here */
    bool last;             /* the server is stopping: the next answer is to be the last one */
    bool restart;          /* it sets this when a request was read: its timer starts anew */
    uint8_t timer;         /* it sets this with DT_NET_MORE: enum dt_net_timer */
};

struct dt_net_conn;

/* A protocol is a constant table of functions. */
struct dt_net_proto {
    const char *name;
    /* Reads what it can of turn->input. ctx is the loop's. */
    enum dt_net_verdict (*input)(struct dt_net_conn *conn, struct dt_net_turn *turn, void *ctx);
    /* The head timer ran out with part of a head read: says goodbye in out, or writes nothing. */
    void (*late)(struct dt_net_conn *conn, struct dt_out *out, void *ctx);
};

enum dt_net_state {
    DT_NET_FREE,
    DT_NET_SOURCE, /* not a connection: a listener, a channel, the timer */
    DT_NET_READING,
    DT_NET_WRITING, /* output is held; nothing is read until it has gone */
    DT_NET_LINGERING,
};

struct dt_net_conn {
    const struct dt_net_proto *proto;
    char *in;  /* held input, from the pool; NULL while there is none */
    char *out; /* held output, likewise */
    uint32_t in_len;
    uint32_t out_len;
    uint32_t progress; /* bytes of out sent; while lingering, bytes discarded */
    uint32_t deadline; /* second of the loop's clock */
    uint8_t state;     /* enum dt_net_state */
    uint8_t timer;     /* enum dt_net_timer, of the deadline */
    uint8_t then;      /* enum dt_net_verdict, due when the held output has gone */
    uint8_t wait;      /* enum dt_net_timer, likewise */
    bool polled;       /* known to epoll */
    bool peered;       /* its peer's address is in the loop's table; see peer.h */
    uint64_t data[2];  /* the protocol's; zero at first */
};
_Static_assert(sizeof(struct dt_net_conn) == 64, "a connection is one cache line");

#endif
