/* SPDX-License-Identifier: MIT
 *
 * Finding the expressions that could match, among thousands. Two ways, which a pool takes together:
 * words, for the many expressions that contain a text that hardly any other has, and Vectorscan for
 * the rest. Both report too much rather than too little.
 */
#ifndef DT_RULES_REGEX_SCAN_H
#define DT_RULES_REGEX_SCAN_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdint.h>

struct dt_scan_item {
    struct dt_slice text;
    uint32_t item;
    bool nocase;
    bool told;        /* by its words */
    bool prefiltered; /* Vectorscan takes it only approximately */
    bool always;      /* it cannot be scanned for, or need not: reported for every subject */
};

/* What a scan has found, each item once. */
struct dt_scan_hits {
    uint32_t *items; /* in no order; room for all of the scope */
    size_t count;
    size_t cap;
    uint32_t *seen; /* by item: the turn in which it was reported last */
    size_t item_count;
    uint32_t turn;
};

static inline void dt_scan_hit(struct dt_scan_hits *hits, uint32_t item)
{
    if (item >= hits->item_count || hits->seen[item] == hits->turn || hits->count == hits->cap)
        return;
    hits->seen[item] = hits->turn;
    hits->items[hits->count++] = item;
}

/* ---- Words ---- */

/* A text of which every match of its item contains one, and the place of the four bytes in it by
 * which it is looked for. */
struct dt_word {
    struct dt_slice run; /* in lower case when nocase */
    uint32_t gram;
    uint32_t owner; /* place of the item in the array */
    bool nocase;
    bool begins; /* it is where the subject begins */
    bool ends;   /* behind it is "/", or the subject's end */
};

struct dt_words {
    struct dt_word *list; /* by owner, ascending */
    size_t count;
};

/* Chooses words for the items of a scope, and marks those that have some as told. No more than
 * `share` items have the same one. Words are in the arena. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_words_choose(struct dt_scan_item *items, size_t count, size_t share,
                                        struct dt_arena *arena, struct dt_words *ret);

/* Appends the block of a scope: the items with words, and those that are reported always. */
void dt_words_write(const struct dt_scan_item *items, size_t count, const struct dt_words *words,
                    struct dt_buf *out);

/* Is the block whole? Then it can be scanned with. */
bool dt_words_valid(const void *block, size_t len);
void dt_words_scan(const void *block, struct dt_slice subject, struct dt_scan_hits *hits);

/* ---- Vectorscan; in a build without it, everything is reported ---- */

/* A database's block; the u32 item of each expression is behind it, then the serialised database.
 */
struct dt_scan_block {
    char version[32];  /* hs_version(), up to its date */
    uint64_t features; /* of the CPU that it was made for */
    uint64_t database_len;
    uint32_t count;
    uint32_t spare;
};

struct dt_scanner;
struct dt_scratch; /* what all scanners of a pool work in; NULL at first */

/* The expression of an item, when a database has to be made again. False: damaged. */
struct dt_scan_texts {
    bool (*get)(void *ctx, uint32_t item, struct dt_scan_item *ret);
    void *ctx;
};

bool dt_scanner_present(void);

/* Can it be scanned for? Sets prefiltered or always. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_scanner_judge(struct dt_scan_item *item);

/* Appends the block of a database for some items. DT_ERR_NOMEM; DT_ERR_LIMIT when Vectorscan does
 * not take them all together. */
DT_MUST_USE enum dt_err dt_scanner_write(const struct dt_scan_item *items, size_t count,
                                         struct dt_buf *out);

/* DT_ERR_DAMAGED, DT_ERR_NOMEM. The block must stay. */
DT_MUST_USE enum dt_err dt_scanner_open(const void *block, size_t len,
                                        const struct dt_scan_texts *texts,
                                        struct dt_scratch **scratch, struct dt_scanner **ret);
void dt_scanner_free(struct dt_scanner *scanner); /* accepts NULL, as the next does */
void dt_scratch_free(struct dt_scratch *scratch);

/* DT_ERR_DAMAGED. */
DT_MUST_USE enum dt_err dt_scanner_scan(const struct dt_scanner *scanner,
                                        struct dt_scratch *scratch, struct dt_slice subject,
                                        struct dt_scan_hits *hits);

#endif
