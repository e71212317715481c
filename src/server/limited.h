/* SPDX-License-Identifier: MIT
 *
 * Rules whose regular expression cost too much and was taken for no match: counted where it
 * happens, named in the log elsewhere, each once a minute at most.
 */
#ifndef DT_SERVER_LIMITED_H
#define DT_SERVER_LIMITED_H

#include <stdbool.h>
#include <stdint.h>

/* ---- In a worker ---- */

#define DT_LIMITED_RULES 8 /* that are told apart between two reports */

struct dt_limited {
    uint64_t total; /* ever */
    unsigned n;     /* of rules; set it to 0 to begin anew */
    struct {
        uint32_t rule;
        uint32_t count;
    } rules[DT_LIMITED_RULES];
};

/* A request met `count` limits, the first of them at rule. */
void dt_limited_note(struct dt_limited *limited, uint32_t rule, uint32_t count);

/* ---- In the control process ---- */

#define DT_LIMITED_NAMED 64 /* rules that are remembered */

/* All zero: none was named yet. */
struct dt_limited_log {
    struct {
        uint32_t generation;
        uint32_t rule;
        uint64_t count; /* since it was named last */
        int64_t minute; /* when that was; of the Unix clock */
        bool used;
    } rules[DT_LIMITED_NAMED];
};

/* Adds what a worker has counted. True when the rule is to be named now: *ret_count is then how
 * often it met its limit since the last time. */
bool dt_limited_add(struct dt_limited_log *log, uint32_t generation, uint32_t rule, uint32_t count,
                    int64_t now, uint64_t *ret_count);

/* Logs it. fd is open on the snapshot; what is wrong with that is logged instead. */
void dt_limited_name(int fd, uint32_t rule, uint64_t count);

#endif
