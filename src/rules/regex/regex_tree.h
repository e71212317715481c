/* SPDX-License-Identifier: MIT
 *
 * An expression as far as it is understood without matching anything: a tree of what stands one
 * after another. Shape and literal are read from it. What it does not understand it says so; what
 * it says is true.
 */
#ifndef DT_RULES_REGEX_TREE_H
#define DT_RULES_REGEX_TREE_H

#include "rules/regex/regex.h"

enum dt_regex_kind {
    DT_REGEX_CHAR,    /* this byte, in lower case when the tree ignores case */
    DT_REGEX_SPAN,    /* something that takes up bytes: a class, an escape, a backreference */
    DT_REGEX_NOTHING, /* takes up no bytes, and tells nothing: \b, a lookbehind */
    DT_REGEX_BEGIN,   /* ^ \A \G */
    DT_REGEX_END,     /* $ \z \Z */
    DT_REGEX_GROUP,   /* branches; a group of one branch that is there once is dissolved */
    DT_REGEX_AHEAD,   /* (?=...): branches, and it takes up no bytes */
    DT_REGEX_STOP,    /* nothing is known from here on */
};

struct dt_regex_branch;

struct dt_regex_node {
    struct dt_regex_node *next;
    struct dt_regex_branch *branches;
    uint8_t kind; /* enum dt_regex_kind */
    char byte;
    bool slash;    /* may match "/" */
    bool empty;    /* may match nothing */
    bool optional; /* GROUP: may be left out */
    bool many;     /* may be repeated */
};

struct dt_regex_branch {
    struct dt_regex_node *first;
    struct dt_regex_node *last;
    struct dt_regex_branch *next;
};

struct dt_regex_tree {
    struct dt_regex_branch *branches;
    bool nocase; /* as asked for, or by (?i) at the beginning */
};

/* Reads a valid expression. DT_ERR_SYNTAX: a repetition at *ret_at that PCRE2's versions read
 * differently ({,3}). DT_ERR_NOT_FOUND: it has something that cannot be read here. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_regex_parse(struct dt_slice text, bool nocase, struct dt_arena *arena,
                                       struct dt_regex_tree *ret, size_t *ret_at);

/* The atom at the beginning of text, of which *ret_len bytes are used; quantifiers are not part of
 * it. False when it is not understood. */
bool dt_regex_atom(struct dt_slice text, struct dt_regex_node *ret, size_t *ret_len);

/* {n} {n,} {n,m} at the beginning of text. 1: it is one. 0: these are literal bytes. -1: it depends
 * on PCRE2's version. */
int dt_regex_braces(struct dt_slice text, unsigned *ret_min, unsigned *ret_max, size_t *ret_len);

/* Is "/" or the path's end certainly what comes at the beginning of this list? */
bool dt_regex_breaks(const struct dt_regex_node *list);

/* A text that is in every match, or, when several have the same choice: one of these is. */
struct dt_regex_run {
    struct dt_slice text;
    uint32_t choice; /* ascending */
    bool begins;     /* it is where the path begins */
    bool ends;       /* behind it is "/", or the path's end */
};

struct dt_regex_runs {
    struct dt_regex_run *list;
    size_t count;
};

/* What they say lies in the arena; the shape is as struct dt_regex has it. text_len is the
 * expression's. DT_ERR_NOMEM. */
DT_MUST_USE enum dt_err dt_regex_find_runs(const struct dt_regex_tree *tree, size_t text_len,
                                           struct dt_arena *arena, struct dt_regex_runs *ret);
DT_MUST_USE enum dt_err dt_regex_find_shape(const struct dt_regex_tree *tree, size_t text_len,
                                            struct dt_arena *arena, struct dt_slice *ret);

#endif
