/* SPDX-License-Identifier: MIT
 *
 * Messages between supervisor, control and workers: fixed size, each with at most one descriptor,
 * never waiting.
 */
#ifndef DT_SERVER_CHANNEL_H
#define DT_SERVER_CHANNEL_H

#include <detour/err.h>
#include <stdbool.h>
#include <stdint.h>

enum dt_message_type {
    DT_MESSAGE_SNAPSHOT = 1, /* control -> supervisor -> worker, with the descriptor */
    DT_MESSAGE_WARM,         /* likewise: the snapshot's file is in memory now, map all of it */
    DT_MESSAGE_ADOPTED,      /* worker -> supervisor: answers by it, older ones are unmapped */
    DT_MESSAGE_REFUSED, /* worker -> supervisor: it could not be opened; value is the enum dt_err */
    DT_MESSAGE_RELEASE, /* supervisor -> control: nobody uses an older one any more */
    DT_MESSAGE_RELOAD,  /* supervisor -> control: read the rules again */
    DT_MESSAGE_DRAIN,   /* supervisor -> worker: finish and exit */
    DT_MESSAGE_LIMITED, /* worker -> supervisor -> control, there with the snapshot's descriptor: a
                           rule met a match limit */
};

struct dt_message {
    uint32_t type;
    uint32_t generation; /* of the snapshot; counts up from 1 */
    uint64_t value;      /* SNAPSHOT: its number of rules; LIMITED: the rule, and from bit 32 on
                            how often */
    uint64_t in_memory;  /* SNAPSHOT: not 0 when reading it cannot wait for a disk */
};

/* Two ends, non-blocking and close-on-exec. DT_ERR_IO. */
DT_MUST_USE enum dt_err dt_channel_pair(int ret_fds[2]);

/* Sends message, with a copy of pass_fd unless that is -1. False when the other end is gone or
 * takes nothing. */
bool dt_channel_send(int fd, const struct dt_message *message, int pass_fd);

/* 1: a message, and *ret_fd is the caller's, or -1. 0: none is there. -1: the other end is gone. */
int dt_channel_receive(int fd, struct dt_message *ret, int *ret_fd);

#endif
