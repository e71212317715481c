/* SPDX-License-Identifier: MIT
 *
 * What a writer of a dialect works with. It gets the rules best first, so that where the first
 * match wins, the order alone keeps Detour's answers; it says of each what it cannot say, and what
 * it can say only nearly; whether the rule is then written is decided here, in one place:
 *
 *     for (uint32_t i = 0; i < write->count; i++) {
 *         const struct dt_rule *rule = dt_write_begin(write, write->order[i]);
 *         if (has a share) dt_write_cannot(write, "percent", "... cannot ask for a share");
 *         if (has an owner) dt_write_differs(write, "owner", "... has no comments");
 *         if (!dt_write_go(write))
 *             continue;
 *         dt_write_lead(write, &write->out, "# ");
 *         dt_buf_printf(&write->out, ...);
 *     }
 *
 * A rule for which dt_write_begin was never called, or not followed by dt_write_go, would be lost:
 * the driver ends such a conversion with an assertion.
 */
#ifndef DT_RULES_WRITE_H
#define DT_RULES_WRITE_H

#include "base/arena.h"
#include "base/buf.h"
#include <detour/convert.h>

#define DT_WRITE_FILES 64u /* of one conversion */

struct dt_write {
    const struct dt_ruleset *set;
    uint32_t count;
    const uint32_t *order; /* rules, best first: no rule wins over one before it */
    bool approximate;
    struct dt_slice file;  /* the main file's name, without folders; may be empty */
    struct dt_slice name;  /* the same without its ending; "redirects" when there is none */
    const char *title;     /* of the dialect, for messages: "nginx" */
    bool has_owner;        /* to be set by a writer that says owner= otherwise than as a comment */
    struct dt_buf out;     /* the main file */
    struct dt_arena arena; /* for what the writer keeps; lives until the result is freed */

    /* Private to write.c. */
    struct dt_convert *convert;
    uint32_t rule;
    size_t first_note;
    bool open, cannot;
};

/* ---- One rule after another ---- */

const struct dt_rule *dt_write_begin(struct dt_write *write, uint32_t rule);
/* There is no way to say it; name is a literal. */
__attribute__((format(printf, 3, 4))) void dt_write_cannot(struct dt_write *write, const char *name,
                                                           const char *format, ...);
/* What will be written differs in this. */
__attribute__((format(printf, 3, 4))) void
dt_write_differs(struct dt_write *write, const char *name, const char *format, ...);
/* True: write it (exactly, or nearly when that is allowed). False: it is refused. */
bool dt_write_go(struct dt_write *write);

/* After dt_write_go: what belongs above the rule, as comment lines that begin with mark: comments
 * that stand directly above it in its own file, owner=, and in what it is written only nearly. */
void dt_write_lead(struct dt_write *write, struct dt_buf *out, const char *mark);

/* Another file beside the main one; NULL when there are too many. The name is copied. */
struct dt_buf *dt_write_file(struct dt_write *write, struct dt_slice name);

/* A file of that name and text, unless there is one already. False: one of that name has another
 * text, or there are too many. */
bool dt_write_file_once(struct dt_write *write, struct dt_slice name, struct dt_slice text);

/* ---- A rule in pieces ---- */

static inline const struct dt_action *dt_write_action(const struct dt_write *write,
                                                      const struct dt_rule *rule)
{
    return dt_ruleset_action(write->set, rule->action);
}

static inline const struct dt_conditions *dt_write_conditions(const struct dt_write *write,
                                                              const struct dt_rule *rule)
{
    static const struct dt_conditions none = {NULL, 0};
    return rule->conditions ? dt_ruleset_conditions(write->set, rule->conditions) : &none;
}

enum dt_piece_kind {
    DT_PIECE_TEXT,  /* written out; of a target: as it is sent; of a path: in normal form */
    DT_PIECE_LABEL, /* a label of the host: number 0 is the first */
    DT_PIECE_NAME,  /* a segment: number 0 is the first :name of the path */
    DT_PIECE_STAR,  /* what the star took; of dir/... without its leading slash. In a path the
                       number DT_WRITE_FOLDER marks such a star: see dt_write_path */
    DT_PIECE_QUERY, /* a value of the query: number of rule->more->queries */
    DT_PIECE_GROUP, /* of a regex: its number, 0 is all of the match */
    DT_PIECE_OWN,   /* enum dt_capture_own: {scheme} {host} {port} {path} {query} */
};

#define DT_WRITE_FOLDER 1u

struct dt_piece {
    struct dt_slice text; /* of TEXT */
    uint8_t kind;         /* enum dt_piece_kind */
    uint8_t number;       /* see above */
    char place;           /* of a target: DT_MARK_PATH, _QUERY, _FRAGMENT or _HOST; of TEXT: that
                             which it begins in */
};

struct dt_pieces {
    struct dt_piece *list; /* in the writer's arena */
    size_t count;
};

/* The target; no pieces when there is none. */
struct dt_pieces dt_write_target(struct dt_write *write, const struct dt_rule *rule);

/* The path of a source that is no regex: TEXT, NAME and STAR. Of dir/... the last pieces are TEXT
 * "/dir" and STAR, which stands for nothing, "/", or "/" and more. */
struct dt_pieces dt_write_path(struct dt_write *write, const struct dt_rule *rule);

/* What in the source a capture's number (as in targets) stands for. */
struct dt_piece dt_write_capture(const struct dt_rule *rule, unsigned number);

/* How many captures of each kind the source has. */
unsigned dt_write_names(const struct dt_rule *rule);
unsigned dt_write_labels(const struct dt_rule *rule);
bool dt_write_has_star(const struct dt_rule *rule);

/* ---- As a regular expression ---- */

enum dt_write_regex_flag {
    DT_WRITE_DECODED = 1, /* for servers that ask about the decoded path: %20 is written as a blank,
                             and so on; "%2F" and what decodes to a control byte stay as they are */
};

/* Appends the path of any source as PCRE, tied to both ends ("^...$") unless it is a regex of the
 * rule's own. Its groups are the names in order, then the star; of a regex its own. `slash` and
 * `case` of the rule: a "/?" before the end is in it, for case the writer needs a flag of the
 * dialect (rule->flags & DT_RULE_IGNORE_CASE). False when it cannot be said. */
bool dt_write_regex(struct dt_write *write, const struct dt_rule *rule, unsigned flags,
                    struct dt_buf *out);
/* The group of that expression that a piece of the target is. */
unsigned dt_write_group(const struct dt_rule *rule, const struct dt_piece *piece);

/* Appends text so that PCRE takes each byte for itself. */
void dt_write_quoted(struct dt_buf *out, struct dt_slice text);

/* The path written out with its escapes undone, for servers that compare decoded paths; in the
 * arena. False when that would be ambiguous: %2F, %00 and other controls. */
bool dt_write_decode(struct dt_write *write, struct dt_slice path, struct dt_slice *ret);

/* ---- What most dialects cannot say ---- */

enum dt_write_can {
    DT_CAN_SCHEME = 1 << 0,
    DT_CAN_PORT = 1 << 1,
    DT_CAN_HOST = 1 << 2,       /* an exact host */
    DT_CAN_HOST_BELOW = 1 << 3, /* "*.host" and ".host" */
    DT_CAN_LABELS = 1 << 4,
    DT_CAN_REGEX = 1 << 5,
    DT_CAN_REGEX_URL = 1 << 6,
    DT_CAN_PARAMS = 1 << 7, /* query conditions */
    DT_CAN_NO_CASE = 1 << 8,
    DT_CAN_NO_SLASH = 1 << 9,
    DT_CAN_GLOB = 1 << 10, /* a star that is not at the end */
    DT_CAN_NAMES = 1 << 11,
    DT_CAN_STAR = 1 << 12, /* dir/... */
    DT_CAN_CACHE = 1 << 13,
    DT_CAN_RETRY_AFTER = 1 << 14,
    DT_CAN_FIELDS = 1 << 15,
    DT_CAN_COMMENT = 1 << 16, /* owner= */
};

/* Says of everything that a rule has and the dialect has not (can: enum dt_write_can) that it
 * cannot be said; and of pages and notes of the operator's own that the body differs. Conditions
 * are not looked at. */
void dt_write_check(struct dt_write *write, const struct dt_rule *rule, unsigned can);

/* Says of each condition that the dialect cannot ask for it, but for those in the mask (1 <<
 * enum dt_condition_kind). */
void dt_write_check_conditions(struct dt_write *write, const struct dt_rule *rule, unsigned can);

/* The name of a condition in the native language: "cookie". */
const char *dt_write_condition_name(const struct dt_condition *condition);

/* A source as the native language writes it, for messages and comments. */
void dt_write_native_source(struct dt_write *write, const struct dt_rule *rule, struct dt_buf *out);

#endif
