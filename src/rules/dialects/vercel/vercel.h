/* SPDX-License-Identifier: MIT
 *
 * vercel.json's redirects: sources in the syntax of path-to-regexp 6.1 (sensitive, strict, "/" as
 * delimiter: what @vercel/routing-utils asks for), destinations with the same names, and the
 * conditions of "has" and "missing".
 */
#ifndef DT_RULES_VERCEL_H
#define DT_RULES_VERCEL_H

#include "rules/dialects/json_walk.h"
#include "rules/read/option.h"

struct dt_reader;
struct dt_buf;

#define DT_VERCEL_REDIRECTS 2048u   /* in a file */
#define DT_VERCEL_LENGTH 4096u      /* characters of a source, a destination, a value */
#define DT_VERCEL_CONDITIONS 16u    /* of a redirect, in "has" and in "missing" */
#define DT_VERCEL_BULK 1000000u     /* bulk redirects of a project */
#define DT_VERCEL_BULK_LENGTH 2048u /* characters of a source, a destination */

/* ---- path-to-regexp ---- */

enum dt_vercel_piece_kind {
    DT_VERCEL_TEXT,
    DT_VERCEL_PARAM, /* ":name", "(pattern)" or both, with a prefix perhaps */
    DT_VERCEL_GROUP, /* "{text}" with a modifier, which captures nothing */
};

struct dt_vercel_piece {
    uint8_t kind;
    char modifier;           /* '?', '*', '+' or 0 */
    struct dt_slice text;    /* of TEXT, escapes undone */
    struct dt_slice name;    /* empty: it has a number only */
    struct dt_slice pattern; /* empty: one segment, or more with '*' and '+' */
    struct dt_slice prefix, suffix;
    uint8_t group; /* its number, from 1 */
};

#define DT_VERCEL_PIECES 128u

struct dt_vercel_path {
    struct dt_vercel_piece list[DT_VERCEL_PIECES];
    unsigned count;
    unsigned groups;   /* that capture */
    unsigned unnamed;  /* how many of them have no name */
    const char *error; /* why it is none */
};

/* False when text is not in the syntax: ret->error says why (no memory too). */
bool dt_vercel_parse(struct dt_arena *arena, struct dt_slice text, struct dt_vercel_path *ret);

/* The piece of this name, the last one when there are several, as Vercel has it; NULL: there is
 * none. */
const struct dt_vercel_piece *dt_vercel_named(const struct dt_vercel_path *path,
                                              struct dt_slice name);

/* ---- One redirect ---- */

struct dt_vercel_redirect {
    struct dt_json_walk *walk;
    struct dt_vercel_path path;
    struct dt_options options; /* status, conditions */

    /* What "has" comes to. */
    struct dt_buf *conditions; /* in our language, behind each other */
    struct dt_slice hosts[32]; /* as behind "//" in our language; none: any */
    unsigned nhosts;
    struct dt_slice query;                       /* in our language, without "?" */
    struct dt_slice names[DT_VERCEL_CONDITIONS]; /* what it captures, for the destination */
    unsigned nnames;
};

/* The source as the rule's; hosts[host] of the redirect is its host. */
bool dt_vercel_source(struct dt_vercel_redirect *redirect, const struct dt_json_found *source,
                      unsigned host, struct dt_rule *rule);

/* The destination, behind the source. */
bool dt_vercel_target(struct dt_vercel_redirect *redirect, const struct dt_json_found *found,
                      struct dt_rule *rule);

/* "has" or "missing": a list. */
bool dt_vercel_conditions(struct dt_vercel_redirect *redirect, const struct dt_json_found *list,
                          bool missing);

#endif
