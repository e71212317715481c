/* SPDX-License-Identifier: MIT
 *
 * A snapshot is a compiled rule set: one immutable run of bytes, the same in a file and in memory,
 * opened by mapping it. Opening reads the header only; every record that a match touches carries
 * its own check, so that a damaged file gives an error and never a wrong answer.
 */
#ifndef DETOUR_SNAPSHOT_H
#define DETOUR_SNAPSHOT_H

#include <detour/err.h>
#include <detour/ruleset.h>
#include <detour/slice.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Compiling: plan, then write ---- */

struct dt_plan;

/* Sorts, interns and measures. seed keys the hash: random for each snapshot (the caller's entropy:
 * the library has none); created is seconds since 1970, for people. Adds diagnostics to the set:
 * duplicate and conflicting sources (warnings: the first in order wins). The set must outlive the
 * plan and not change meanwhile. DT_ERR_NOMEM, DT_ERR_LIMIT (more than 2^31 rules or 64 GiB). */
DT_MUST_USE enum dt_err dt_plan_new(struct dt_ruleset *set, uint64_t seed, uint64_t created,
                                    struct dt_plan **ret_plan);
void dt_plan_free(struct dt_plan *plan); /* accepts NULL */

/* tell is called while dt_plan_new compiles expressions, before each piece of work that may take
 * long: how many expressions it is for, and where in the files the rule of the first one stands. So
 * a process that was killed for what it cost has said what it was at. */
void dt_ruleset_tell(struct dt_ruleset *set,
                     void (*tell)(void *ctx, uint32_t file, uint32_t line, size_t count),
                     void *ctx);

/* The snapshot's size in bytes. */
size_t dt_plan_size(const struct dt_plan *plan);

/* Writes the snapshot to mem: dt_plan_size bytes, aligned to 64, zero-filled beforehand. */
DT_MUST_USE enum dt_err dt_plan_write(struct dt_plan *plan, void *mem);

/* ---- Opening ---- */

struct dt_regex_pool;
struct dt_part;

/* What opening finds out. Fields past `needs` are for src/rules only. */
struct dt_snapshot {
    const unsigned char *mem; /* the caller's; must outlive the snapshot */
    size_t len;
    uint64_t created; /* seconds since 1970 */
    uint64_t rules;
    uint32_t needs; /* enum dt_need: what a request must come with, besides its URI */
    uint32_t flags;
    uint64_t seed;
    uint64_t bucket_count;
    const unsigned char *buckets;
    const unsigned char *records;
    const unsigned char *strings;
    const unsigned char *actions;
    const unsigned char *conditions;
    const unsigned char *items;
    uint64_t records_len;
    uint64_t strings_len;
    uint64_t actions_len;
    uint64_t conditions_len;
    uint32_t suffix_labels; /* bit n: some *.host or .host rule's host has n labels (31: or more) */
    uint32_t host_count;
    uint32_t item_count;
    const struct dt_part *any;  /* in the header: what rules for any host have */
    struct dt_regex_pool *pool; /* by dt_snapshot_prepare; NULL before */
};

/* What rules ask of a request besides its URI. */
enum dt_need {
    DT_NEED_FIELDS = 1,
    DT_NEED_ADDRESS = 2,
    DT_NEED_COUNTRY = 4,
    DT_NEED_TIME = 8,
};

/* True when the bytes begin as a snapshot does, whatever their state: for format recognition. */
bool dt_snapshot_is(struct dt_slice bytes);

/* Reads and checks the header. mem (aligned to 64, as mmap gives) must stay as it is until the
 * snapshot is no longer used. DT_ERR_FOREIGN, DT_ERR_VERSION, DT_ERR_TORN, DT_ERR_DAMAGED. */
DT_MUST_USE enum dt_err dt_snapshot_open(const void *mem, size_t len, struct dt_snapshot *ret);

/* Makes an opened snapshot ready for its regexes: matching with one that has any is DT_ERR_INVALID
 * before. What it allocates belongs to the snapshot, which then serves one thread at a time. Does
 * nothing for a snapshot without regexes. Databases that were made by another version of the
 * scanner, or for another CPU, are made again here, which takes seconds. DT_ERR_NOMEM,
 * DT_ERR_DAMAGED. */
DT_MUST_USE enum dt_err dt_snapshot_prepare(struct dt_snapshot *snapshot);
/* The same in steps of a few milliseconds, until *ret_done: for who must answer meanwhile. */
DT_MUST_USE enum dt_err dt_snapshot_prepare_step(struct dt_snapshot *snapshot, bool *ret_done);
/* Frees what prepare allocated; the bytes stay. Accepts one that was not prepared. */
void dt_snapshot_release(struct dt_snapshot *snapshot);
/* The same in steps of less than a millisecond: true when it is done. */
bool dt_snapshot_release_step(struct dt_snapshot *snapshot);

/* Reads all of it: every section's checksum, every bucket, every record. ret_what (may be NULL)
 * names what is damaged: a static string. */
DT_MUST_USE enum dt_err dt_snapshot_verify(const struct dt_snapshot *snapshot,
                                           const char **ret_what);

/* Where a rule came from, by its number in a decision. Verifies the section first time it is asked:
 * not for the request path. */
struct dt_origin {
    struct dt_slice file;
    uint32_t line;
};
DT_MUST_USE enum dt_err dt_snapshot_origin(const struct dt_snapshot *snapshot, uint32_t rule,
                                           struct dt_origin *ret);

#ifdef __cplusplus
}
#endif
#endif
