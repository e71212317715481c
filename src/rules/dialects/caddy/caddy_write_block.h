/* SPDX-License-Identifier: MIT
 *
 * The blocks of a site: a map and its redir, or a matcher and its redir.
 */
#ifndef DT_RULES_CADDY_WRITE_BLOCK_H
#define DT_RULES_CADDY_WRITE_BLOCK_H

#include "rules/dialects/caddy/caddy_write.h"

struct dt_caddy_entry {
    const struct dt_caddy_line *line;
    bool first, second; /* which of its inputs are written */
    size_t next;        /* of the block, + 1; 0: the last */
};

struct dt_caddy_block {
    const struct dt_caddy_line *like; /* its first line, which says form and answer */
    size_t head, tail;                /* entries, + 1 */
    size_t count;
    unsigned number; /* of those with its name */
};

struct dt_caddy_blocks {
    struct dt_write *write;
    const char *prefix; /* of names */
    struct dt_caddy_block *list;
    size_t count, cap;
    struct dt_caddy_entry *entries;
    size_t nentries, entry_cap;
    size_t *open; /* entries whose lines are for more than one path */
    size_t nopen, open_cap;
    uint32_t *inputs; /* entry + 1 by what is written: open addressing */
    uint32_t *paths;  /* block + 1 by path, for lines that are for one: likewise */
    bool closed;      /* the last one answers every request */
    size_t mask;
};

void dt_caddy_blocks_init(struct dt_caddy_blocks *blocks, struct dt_write *write,
                          const char *prefix);
void dt_caddy_blocks_release(struct dt_caddy_blocks *blocks);

/* Puts a line into the last block of its kind, where no line between answers the same requests;
 * else into one of its own. A line that never answers, for one before it says the same, is left
 * out. */
void dt_caddy_place(struct dt_caddy_blocks *blocks, const struct dt_caddy_line *line);

/* Writes them; last is a line behind them, or NULL. in_route: always in a route. */
void dt_caddy_blocks_put(struct dt_caddy_blocks *blocks, const char *last, bool in_route,
                         struct dt_buf *out);

#endif
