/* SPDX-License-Identifier: MIT
 *
 * All expressions of a snapshot, compiled: PCRE2 with its JIT for each, made when it is first
 * needed, and scanners that find in one pass which of thousands could match. Vectorscan is the
 * scanner; a build without it looks for each expression's longest literal instead. The pool is
 * bytes in a section of the snapshot, and while it is used an object of one thread.
 */
#ifndef DT_RULES_REGEX_POOL_H
#define DT_RULES_REGEX_POOL_H

#include <detour/err.h>
#include <detour/slice.h>
#include <stdint.h>

/* ---- Compiling ---- */

struct dt_regex_item {
    struct dt_slice text;
    struct dt_slice literal; /* of struct dt_regex */
    uint32_t scope;          /* scanned together; meaningless without scan */
    bool nocase;
    bool scan;        /* false: it is found otherwise, and only matched here */
    bool prefiltered; /* out: Vectorscan takes it only approximately */
    bool unscanned;   /* out: not at all; it is tried on each request of its scope */
};

struct dt_regex_build {
    /* Before work that may take long: what is being compiled, as numbers of items. May be NULL. */
    void (*progress)(void *ctx, size_t first, size_t count);
    void *ctx;
    uint64_t seed; /* of the checks */
};

/* Makes the section of all items, whose numbers are their places in the array: for free(). The
 * bytes do not depend on where they will stand, but they must be aligned to 64 there. DT_ERR_NOMEM,
 * DT_ERR_LIMIT when the scanner gave up on a scope as a whole. */
DT_MUST_USE enum dt_err dt_regex_pool_build(struct dt_regex_item *items, size_t count,
                                            const struct dt_regex_build *build, void **ret_bytes,
                                            size_t *ret_len);

/* ---- Matching ---- */

struct dt_regex_pool;

/* Opens a section. The bytes stay the caller's, and must stay. Nothing is compiled yet: step does
 * it, one scanner a call, each a few milliseconds at most unless a scanner does not fit this CPU or
 * this version of Vectorscan and is made again. DT_ERR_DAMAGED, DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_regex_pool_open(const void *bytes, size_t len, uint64_t seed,
                                           struct dt_regex_pool **ret);
DT_MUST_USE enum dt_err dt_regex_pool_step(struct dt_regex_pool *pool, bool *ret_done);
void dt_regex_pool_free(struct dt_regex_pool *pool); /* accepts NULL */
/* Frees some of what was compiled, for who must answer meanwhile; true when little is left. Nothing
 * may be asked of the pool any more, but to be freed. */
bool dt_regex_pool_free_some(struct dt_regex_pool *pool);

size_t dt_regex_pool_count(const struct dt_regex_pool *pool);
struct dt_slice dt_regex_pool_text(const struct dt_regex_pool *pool, uint32_t item);

/* The items of a scope that could match the subject, ascending: a pointer into the pool, good until
 * the next scan (items may be matched meanwhile). No item that does match is missing.
 * DT_ERR_DAMAGED. */
DT_MUST_USE enum dt_err dt_regex_pool_scan(struct dt_regex_pool *pool, uint32_t scope,
                                           struct dt_slice subject, const uint32_t **ret_items,
                                           size_t *ret_count);

enum dt_regex_result {
    DT_REGEX_NO,
    DT_REGEX_YES,
    DT_REGEX_LIMIT,   /* it would cost too much, and is taken for no */
    DT_REGEX_DAMAGED, /* the bytes, or memory is out */
};

/* Does the item match? groups (2 * (groups + 1) offsets: begin and end of each; SIZE_MAX for one
 * that took no part) is a pointer into the pool, good until the next call. Allocates only when the
 * item is asked about for the first time. */
enum dt_regex_result dt_regex_pool_match(struct dt_regex_pool *pool, uint32_t item,
                                         struct dt_slice subject, const size_t **ret_groups,
                                         unsigned *ret_count);

#endif
