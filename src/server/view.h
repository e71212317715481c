/* SPDX-License-Identifier: MIT
 *
 * A worker's view of snapshots: the one it answers by, the one it will answer by next, and old ones
 * on their way out. Every step is a slice small enough to stand between two requests.
 */
#ifndef DT_SERVER_VIEW_H
#define DT_SERVER_VIEW_H

#include <detour/snapshot.h>
#include <stdint.h>

#define DT_VIEW_SLICE (2u << 20) /* bytes mapped or unmapped at a time: a huge page */
#define DT_VIEW_LEAVING 8

struct dt_view_map {
    char *mem; /* NULL: none */
    size_t len;
    size_t done; /* bytes mapped in so far, or, when leaving, bytes already unmapped */
    uint32_t generation;
    struct dt_snapshot snapshot;
};

struct dt_view {
    struct dt_view_map current;
    struct dt_view_map next;
    struct dt_view_map leaving[DT_VIEW_LEAVING];
    unsigned nleaving;
    bool warm;          /* current may be mapped in whole: reading it waits for no disk */
    bool changed;       /* the current one is new, and older ones may be mapped yet */
    enum dt_err failed; /* why the next one was given up; the caller tells and sets DT_OK */
    uint32_t failed_generation;
};

/* Maps fd (which it closes) and checks its header. The first snapshot is made ready for its regular
 * expressions and current at once; a later one is mapped in and made ready, slice by slice, before
 * it becomes so. An error changes nothing. in_memory: reading it cannot wait for a disk. */
DT_MUST_USE enum dt_err dt_view_offer(struct dt_view *view, int fd, uint32_t generation,
                                      bool in_memory);

/* Does one slice of what is to be done. Returns false when there was nothing. */
bool dt_view_work(struct dt_view *view);

/* True, once, when the current snapshot is new and all older ones are unmapped. */
bool dt_view_settled(struct dt_view *view);

#endif
